# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a BERT encoder stack with random weights as ONNX (opset 17).

    make_bert.py FLOAT.onnx [DYNAMIC.onnx] [--layers 2 --hidden 128 --heads 2
                                            --feedforward 512 --sequence 64
                                            --activation gelu|relu]

FLOAT holds standard float operators. DYNAMIC is the same network in the form
that dynamic quantisation emits: DynamicQuantizeLinear and MatMulInteger for the
products with weights. Input `x` and output `y` are [1, sequence, hidden].
"""

import argparse

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Stack:
    """One network while it is being written."""

    def __init__(self, options, dynamic):
        self.options = options
        self.dynamic = dynamic
        self.random = np.random.default_rng(options.seed)
        self.nodes, self.constants, self.quantised = [], [], {}

    def constant(self, name, value, dtype=np.float32):
        self.constants.append(
            numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, op, inputs, output, **attributes):
        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(helper.make_node(op, inputs, outputs,
                                           name=outputs[0], **attributes))
        return outputs[0]

    def linear(self, x, name, inputs, outputs):
        weight = (self.random.standard_normal((inputs, outputs))
                  / np.sqrt(inputs)).astype(np.float32)
        bias = self.constant(name + ".bias",
                             self.random.standard_normal(outputs) * 0.02)
        if not self.dynamic:
            self.constant(name + ".weight", weight)
            product = self.node("MatMul", [x, name + ".weight"],
                                name + ".product")
            return self.node("Add", [product, bias], name)
        scale = np.abs(weight).max() / 127
        self.constant(name + ".weight", np.rint(weight / scale), np.int8)
        self.constant(name + ".scale", scale)
        self.constant(name + ".zero", 0, np.int8)
        if x not in self.quantised:
            parts = [x + ".q", x + ".scale", x + ".zero"]
            self.node("DynamicQuantizeLinear", [x], parts)
            self.quantised[x] = parts
        q, q_scale, q_zero = self.quantised[x]
        product = self.node(
            "MatMulInteger", [q, name + ".weight", q_zero, name + ".zero"],
            name + ".integer")
        real = self.node("Cast", [product], name + ".real",
                         to=TensorProto.FLOAT)
        both = self.node("Mul", [q_scale, name + ".scale"], name + ".both")
        product = self.node("Mul", [real, both], name + ".product")
        return self.node("Add", [product, bias], name)

    def norm(self, x, name):
        hidden = self.options.hidden
        return self.node(
            "LayerNormalization",
            [x, self.constant(name + ".gamma", np.ones(hidden)),
             self.constant(name + ".beta", np.zeros(hidden))],
            name, axis=-1, epsilon=1e-12)

    def build(self):
        o = self.options
        head = o.hidden // o.heads
        split = self.constant("split", [1, o.sequence, o.heads, head], np.int64)
        joined = self.constant("joined", [1, o.sequence, o.hidden], np.int64)
        root = self.constant("root", 1 / np.sqrt(head))
        sqrt2 = self.constant("sqrt2", np.sqrt(2))
        one, half = self.constant("one", 1), self.constant("half", 0.5)
        x = "x"
        for layer in range(o.layers):
            p = f"layer{layer}."
            parts = {}
            for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]),
                                ("v", [0, 2, 1, 3])):
                t = self.linear(x, p + part, o.hidden, o.hidden)
                t = self.node("Reshape", [t, split], p + part + ".split")
                parts[part] = self.node("Transpose", [t], p + part + ".heads",
                                        perm=order)
            t = self.node("MatMul", [parts["q"], parts["k"]], p + "scores")
            t = self.node("Mul", [t, root], p + "scaled")
            t = self.node("Softmax", [t], p + "probabilities", axis=-1)
            t = self.node("MatMul", [t, parts["v"]], p + "context")
            t = self.node("Transpose", [t], p + "tokens", perm=[0, 2, 1, 3])
            t = self.node("Reshape", [t, joined], p + "joined")
            t = self.linear(t, p + "out", o.hidden, o.hidden)
            y = self.norm(self.node("Add", [t, x], p + "sum1"), p + "norm1")
            f = self.linear(y, p + "up", o.hidden, o.feedforward)
            if o.activation == "relu":
                t = self.node("Relu", [f], p + "relu")
            else:
                t = self.node("Div", [f, sqrt2], p + "gelu.div")
                t = self.node("Erf", [t], p + "gelu.erf")
                t = self.node("Add", [t, one], p + "gelu.add")
                t = self.node("Mul", [f, t], p + "gelu.mul")
                t = self.node("Mul", [t, half], p + "gelu")
            t = self.linear(t, p + "down", o.feedforward, o.hidden)
            x = self.norm(self.node("Add", [t, y], p + "sum2"), p + "norm2")
        self.node("Identity", [x], "y")
        shape = [1, o.sequence, o.hidden]
        graph = helper.make_graph(
            self.nodes, "bert",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
            self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("float_model")
    parser.add_argument("dynamic_model", nargs="?")
    parser.add_argument("--activation", choices=("gelu", "relu"),
                        default="gelu")
    for name, value in (("layers", 2), ("hidden", 128), ("heads", 2),
                        ("feedforward", 512), ("sequence", 64), ("seed", 0)):
        parser.add_argument("--" + name, type=int, default=value)
    options = parser.parse_args()
    onnx.save(Stack(options, False).build(), options.float_model)
    if options.dynamic_model:
        onnx.save(Stack(options, True).build(), options.dynamic_model)


if __name__ == "__main__":
    main()
