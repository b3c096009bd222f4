# RepConv with the border writes of the published export equals the one convolution
# that spike-merge-repconv makes of it, which equals the closed form in float64.
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

from e2e import Checks, interpret, must, scratch

TOLERANCE = 1e-6  # of the sum of magnitudes that a result is made of


def border_indices(shape, axis, position):
    """The index tuples of one row or column, as exporters enumerate them."""
    ranges = [range(size) for size in shape]
    ranges[axis] = [position % shape[axis]]
    grid = np.meshgrid(*ranges, indexing="ij")
    return np.stack(grid, axis=-1).astype(np.int64)


def make_model(random, batch, inputs, middle, outputs, side, order):
    """The graph of one RepConv and its weights in float64."""
    w1 = random.normal(size=(middle, inputs, 1, 1)).astype(np.float32)
    b1 = random.normal(size=middle).astype(np.float32)
    wd = random.normal(size=(middle, 1, 3, 3)).astype(np.float32)
    w3 = random.normal(size=(outputs, middle, 1, 1)).astype(np.float32)
    b3 = random.normal(size=outputs).astype(np.float32)
    weights = {"w1": w1, "b1": b1, "wd": wd, "w3": w3, "b3": b3,
               "edge": b1.reshape(1, middle, 1, 1),
               "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64)}
    nodes = [helper.make_node("Conv", ["x", "w1", "b1"], ["a"], name="first"),
             helper.make_node("Pad", ["a", "pads"], ["p0"], name="pad")]
    shape = (batch, middle, side + 2, side + 2)
    for number, (axis, position) in enumerate(order):
        part = list(shape)
        part[axis] = 1
        weights[f"i{number}"] = border_indices(shape, axis, position)
        weights[f"s{number}"] = np.array(part, np.int64)
        nodes += [
            helper.make_node("Expand", ["edge", f"s{number}"], [f"e{number}"]),
            helper.make_node("ScatterND", [f"p{number}", f"i{number}",
                                           f"e{number}"], [f"p{number + 1}"])]
    nodes += [helper.make_node("Conv", ["p4", "wd"], ["d"], name="depthwise",
                               group=middle),
              helper.make_node("Conv", ["d", "w3", "b3"], ["y"], name="last")]
    graph = helper.make_graph(
        nodes, "repconv",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT,
                                       [batch, inputs, side, side])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(w, name) for name, w in weights.items()])
    proto = helper.make_model(
        graph, opset_imports=[helper.make_operatorsetid("", 13)])
    w1, b1, wd, w3, b3 = (weights[n].astype(np.float64)
                          for n in ("w1", "b1", "wd", "w3", "b3"))
    weight = np.einsum("om,myx,mi->oiyx", w3[:, :, 0, 0], wd[:, 0],
                       w1[:, :, 0, 0])
    bias = b3 + w3[:, :, 0, 0] @ (wd.sum((1, 2, 3)) * b1)
    return proto, weight, bias


def convolve(x, weight, bias):
    """3x3, padding 1, in float64."""
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    side = x.shape[2] - 2
    y = np.zeros((len(x), len(weight), side, side))
    for dy in range(3):
        for dx in range(3):
            y += np.einsum("oi,bihw->bohw", weight[:, :, dy, dx],
                           x[:, :, dy:dy + side, dx:dx + side])
    return y + bias[:, None, None]


def main():
    checks = Checks()
    random = np.random.default_rng(11)
    orders = ([(2, 0), (2, -1), (3, 0), (3, -1)],
              [(3, 0), (3, -1), (2, 0), (2, -1)])
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        for trial in range(6):
            batch, inputs, middle, outputs, side = (
                int(random.integers(*bounds)) for bounds in
                ((1, 4), (1, 20), (1, 20), (1, 20), (2, 9)))
            proto, weight, bias = make_model(random, batch, inputs, middle,
                                             outputs, side, orders[trial % 2])
            onnx.save(proto, to("net.onnx"))
            x = random.normal(size=(batch, inputs, side, side)).astype(np.float32)
            np.savez(to("x.npz"), x=x)
            must(["snn-opt", to("net.onnx"), "--canonicalize",
                  "--spike-merge-repconv", "--snn-externalize-weights=archive="
                  + to("merged.safetensors"), "-o", to("merged.mlir")])
            with open(to("merged.mlir")) as file:
                count = file.read().count("onnx.conv ")
            exact = convolve(x, weight, bias)
            magnitude = convolve(abs(x), abs(weight), abs(bias)).max()
            whole = interpret(to("net.onnx"), to("x.npz"), to("a.npz"))["y"]
            merged = interpret(to("merged.mlir"), to("x.npz"), to("b.npz"))["y"]
            for name, y in (("exported", whole), ("merged", merged)):
                error = abs(y - exact).max() / magnitude
                checks.check(error <= TOLERANCE,
                             f"{batch}x{inputs}x{side}x{side} over {middle} to "
                             f"{outputs}: {name} network is off by {error:.1e}")
            checks.check(count == 1, f"{count} convolution is left")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
