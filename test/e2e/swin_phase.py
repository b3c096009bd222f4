# A Swin transformer is imported, converted to phase coding and run, with an error
# against float that is measured at the end of every block.
#
# RUN: %python %s %source/examples/swin/make_swin.py
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""swin_phase.py MAKE_SWIN [SIZE]

An encoder rounds by at most (B - 1) / (B + 1), so by a root mean square of that over
the root of 3. A sum has at most six encoders in its branch and its skip (input,
query, key, score, value, context), whose errors are independent: after n sums the
error is to be at most sqrt(6 n) times that of one encoder.
"""

import os
import sys

import numpy as np
import onnx

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (Checks, compile_model, interpret, load, load_json, must, rows,
                 scratch, simulate)


BASE, PHASES = 1.15, 40
ENCODER = (BASE - 1) / (BASE + 1) / 3 ** 0.5


def expose_blocks(source, target):
    """Makes every skip connection's sum an output of the model, in order."""
    model = onnx.shape_inference.infer_shapes(onnx.load(source))
    constants = {t.name for t in model.graph.initializer}
    types = {v.name: v for v in model.graph.value_info}
    shape = lambda name: str(types[name].type) if name in types else name
    names = []
    for node in model.graph.node:
        if (node.op_type == "Add" and not constants & set(node.input)
                and node.output[0] in types
                and shape(node.input[0]) == shape(node.input[1])):
            names.append(node.output[0])
            model.graph.output.append(types[node.output[0]])
    onnx.save(model, target)
    return names


def relative_error(a, b):
    return float(np.sqrt(np.square(a - b).mean() / np.square(b).mean()))


def main():
    script, size = sys.argv[1], (sys.argv[2:] or ["test"])[0]
    checks = Checks()
    with scratch() as folder:
        path = lambda name: os.path.join(folder, name)
        must([sys.executable, script, path("swin.onnx"), "--size", size,
              "--samples", 32, "--inputs", path("x.npz"), "--outputs",
              path("y.npz")])
        blocks = expose_blocks(path("swin.onnx"), path("blocks.onnx"))
        images = load(path("x.npz"))
        np.savez(path("calibration.npz"), **rows(images, 24))
        np.savez(path("test.npz"), **{n: a[24:] for n, a in images.items()})
        out = compile_model(
            path("blocks.onnx"), path("out"), "--coding", "phase",
            "--attention", "trace-woss", "--phase-base", BASE, "--phase-steps",
            PHASES, "--calibrate", path("calibration.npz"), phases=True)
        y = simulate(out, path("test.npz"), path("fast.npz"))
        wanted = interpret(path("blocks.onnx"), path("test.npz"),
                           path("float.npz"))
        checks.equal(interpret(os.path.join(out, "phases", "1.quantise.mlir"),
                               path("test.npz"), path("q.npz")), y,
                     "the simulator computes the quantised network")
        report = load_json(os.path.join(out, "quantisation.json"))
        attentions = sum(s["kind"] == "probability" for s in report["sites"])
        text = open(os.path.join(out, "model.mlir")).read()
        checks.check(not report["float_products"]
                     and text.count("spike.woss") == attentions > 0
                     and "onnx.softmax" not in text,
                     f"{attentions} attentions without a float product")
        checks.check(len(blocks) >= 2 * attentions, f"{len(blocks)} sums")
        for n, name in enumerate(blocks):
            error = relative_error(y[name], wanted[name])
            limit = ENCODER * (6 * (n + 1)) ** 0.5
            checks.check(error <= limit, f"sum {n}: relative error {error:.3f}, "
                         f"at most {limit:.3f}")
        error = relative_error(y["logits"], wanted["logits"])
        checks.check(error <= limit, f"logits: relative error {error:.3f}")
    return checks.finish()


sys.exit(main())
