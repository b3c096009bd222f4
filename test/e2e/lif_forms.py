# Forms of neurons that exporters write: recognised, they fire as the exported nodes do,
# at thresholds as well, where most of these membranes are.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (RECOVERY, Checks, compile_model, interpret, must, scratch,
                 simulate)

STEPS, BATCH, CHANNELS = 4, 64, 8


def make_model(compare, thresholds, folded):
    """STEPS steps of h = v + (x - v) / 2 with a hard reset; ``compare`` maps the names
    of h and a result to nodes. ``folded``: the network gets [B, C], repeats it to
    [T * B, C] and makes [T, B, C] of that in one reshape."""
    constants = {"tau": np.float32(2), "one": np.float32(1), "zero": np.float32(0),
                 "theta": np.float32(thresholds),
                 "axis0": np.array([0], np.int64),
                 "repeats": np.array([STEPS, 1], np.int64),
                 "apart": np.array([STEPS, -1, CHANNELS], np.int64)}
    nodes, steps = [], []

    def add(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output,
                                      **attributes))
        return output

    if folded:
        add("Tile", ["x", "repeats"], "repeated")
        add("Reshape", ["repeated", "apart"], "current")
    for t in range(STEPS):
        constants[f"t{t}"] = np.int64(t)
        add("Gather", ["current" if folded else "x", f"t{t}"], f"x{t}", axis=0)
        v = f"v{t}" if t else "zero"
        add("Sub", [f"x{t}", v], f"d{t}")
        add("Div", [f"d{t}", "tau"], f"e{t}")
        add("Add", [v, f"e{t}"], f"h{t}")
        compare(add, f"h{t}", f"c{t}")
        add("Cast", [f"c{t}"], f"s{t}", to=TensorProto.FLOAT)
        add("Sub", ["one", f"s{t}"], f"n{t}")
        add("Mul", [f"n{t}", f"h{t}"], f"v{t + 1}")
        steps.append(add("Unsqueeze", [f"s{t}", "axis0"], f"u{t}"))
    add("Concat", steps, "spikes", axis=0)
    add("ReduceMean", ["spikes"], "y", axes=[0], keepdims=0)
    shape = ["batch", CHANNELS] if folded else [STEPS, BATCH, CHANNELS]
    graph = helper.make_graph(
        nodes, "lif",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.array(value), name)
         for name, value in constants.items()])
    return helper.make_model(graph,
                             opset_imports=[helper.make_operatorsetid("", 13)])


def at_least(add, h, result):
    add("Sub", [h, "theta"], result + "m")
    add("GreaterOrEqual", [result + "m", "zero"], result)


def above(add, h, result):
    add("Sub", [h, "theta"], result + "m")
    add("Greater", [result + "m", "zero"], result)


def above_directly(add, h, result):
    add("Less", ["theta", h], result)


def not_at_most(add, h, result):
    add("LessOrEqual", [h, "theta"], result + "m")
    add("Not", [result + "m"], result)


CHANNEL = np.float32([.25, .5, 1, 2, 1, .5, .25, 4])  # scales that round nothing
CASES = [("reached", at_least, 1), ("above", above, 1), ("above 0", above, 0),
         ("above, directly", above_directly, .5),
         ("not at most", not_at_most, 1), ("thresholds by channel", at_least, CHANNEL),
         ("above thresholds by channel", above, CHANNEL)]


def main():
    checks = Checks()
    random = np.random.default_rng(3)
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        for folded in (False, True):
            for name, compare, thresholds in CASES:
                label = name + (", folded batch" if folded else "")
                onnx.save(make_model(compare, thresholds, folded), to("net.onnx"))
                shape = (STEPS, BATCH, CHANNELS)[folded:]
                x = random.integers(-8, 17, shape).astype(np.float32) / 4
                np.savez(to("x.npz"), x=x)
                must(["snn-opt", to("net.onnx"), *RECOVERY, "-o", to("lif.mlir")])
                with open(to("lif.mlir")) as file:
                    text = file.read()
                checks.check(text.count("spike.lif ") == 1
                             and "onnx.cast" not in text, f"{label}: recognised")
                exported = interpret(to("net.onnx"), to("x.npz"), to("a.npz"))
                found = interpret(to("lif.mlir"), to("x.npz"), to("b.npz"))
                checks.equal(exported, found, f"{label}: as exported")
                checks.check(0.1 < exported["y"].mean() < 0.9,
                             f"{label}: rate {exported['y'].mean():.2f}")
        out = compile_model(to("net.onnx"), to("out"))
        for mode in ("fast", "event", "stepped"):
            got = simulate(out, to("x.npz"), to("c.npz"), mode)
            checks.equal(exported, got, f"{label}: sim {mode}")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
