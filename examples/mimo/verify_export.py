# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs an exported MIMO model with numpy alone and reports its error rate.

A plain evaluator of the operators that export.py writes, with an option to
apply the dead zone D(q) (codes within 1 of the zero point become the zero
point) after every activation quantiser, as in training.  Used to check the
exported files against the trained models; needs the onnx package to read them.
"""

import argparse
import json
import pathlib

import numpy as np
import onnx
from onnx import numpy_helper

import mimo_task
from make_inputs import EVALUATION_SEED


def _softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def _norm(x, scale, bias, epsilon):
    x = x - x.mean(-1, keepdims=True)
    deviation = np.sqrt((x * x).mean(-1, keepdims=True) + epsilon)
    return x / deviation * scale + bias


def _reshape(x, shape):
    return x.reshape([d or x.shape[i] for i, d in enumerate(shape)])


def run(model, prompt, dead_zone=0):
    """logits of an onnx model for prompt [count, 19, 12]."""
    values = {i.name: numpy_helper.to_array(i)
              for i in model.graph.initializer}
    values["prompt"] = prompt
    for node in model.graph.node:
        x = [values[name] for name in node.input]
        attributes = {a.name: onnx.helper.get_attribute_value(a)
                      for a in node.attribute}
        kind = node.op_type
        if kind == "QuantizeLinear":
            y = np.clip(np.rint(x[0] / x[1]) + int(x[2]), 0, 255)
            y = y.astype(np.uint8)
        elif kind == "Clip":
            y = np.clip(x[0], x[1], x[2])
        elif kind == "DequantizeLinear":
            codes = x[0].astype(np.int32) - int(x[2])
            if x[0].dtype == np.uint8:
                codes[np.abs(codes) <= dead_zone] = 0
            y = codes.astype(np.float32) * x[1]
        elif kind == "LayerNormalization":
            y = _norm(*x, attributes["epsilon"])
        elif kind == "Transpose":
            y = x[0].transpose(attributes["perm"])
        else:
            y = {"MatMul": np.matmul, "Add": np.add, "Div": np.divide,
                 "Relu": lambda a: np.maximum(a, 0), "Softmax": _softmax,
                 "Reshape": _reshape}[kind](*x)
        values[node.output[0]] = y
    return values["logits"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--dead-zone", type=int, default=0)
    parser.add_argument("--seed", type=int, default=EVALUATION_SEED)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--output", type=pathlib.Path,
                        help="write the logits to this .npz")
    options = parser.parse_args()
    prompt, labels = mimo_task.generate(options.seed, options.count)
    model = onnx.load(str(options.model))
    logits = np.concatenate([
        run(model, prompt[i:i + 500], options.dead_zone)
        for i in range(0, len(prompt), 500)])
    if options.output:
        np.savez(options.output, logits=logits)
    rates = mimo_task.symbol_error_rate(logits.argmax(-1), labels)
    lmmse = mimo_task.symbol_error_rate(mimo_task.lmmse_detect(prompt), labels)
    print(json.dumps({"model": options.model.name,
                      "dead_zone": options.dead_zone,
                      "count": options.count, "ser": rates[-1],
                      "lmmse": lmmse[-1], "ratio": rates[-1] / lmmse[-1]}))


if __name__ == "__main__":
    main()
