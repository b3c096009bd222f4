# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make_seeds.py DIR: small good files of every kind, a folder a target.

The tools come from PATH. Networks are small, so that a fuzzer runs thousands of
mutants a minute."""

import glob
import os
import shutil
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "test", "Import", "Inputs"))

from model import BOOL, F32, I64, const, model, node, value

# Byte behind an array file: its kind, as FuzzArrays.cpp reads it.
KINDS = {".npz": b"\0", ".npy": b"\1", ".pb": b"\2", ".safetensors": b"\3"}


def attention():
    """One head over four tokens, and a feed-forward layer."""
    random = np.random.default_rng(3)
    draw = lambda *shape: random.standard_normal(shape) * 0.4
    weights = [const(f"w{n}", draw(4, 4)) for n in "qkvo"]
    weights += [const("w1", draw(4, 8)), const("b1", draw(8)),
                const("w2", draw(8, 4)), const("half", 0.5)]
    nodes = [node("MatMul", f"x w{n}", n) for n in "qkv"]
    nodes += [
        node("Transpose", "k", "kt", perm=[0, 2, 1]),
        node("MatMul", "q kt", "s"), node("Mul", "s half", "scaled"),
        node("Softmax", "scaled", "p", axis=-1), node("MatMul", "p v", "a"),
        node("MatMul", "a wo", "o"), node("Add", "x o", "r"),
        node("MatMul", "r w1", "h0"), node("Add", "h0 b1", "h1"),
        node("Relu", "h1", "h2"), node("MatMul", "h2 w2", "h3"),
        node("Add", "r h3", "y")]
    return model(nodes, [value("x", [1, 4, 4])], ["y"], weights)


def operators():
    """Reshapes, slices, loops and constants."""
    body = helper.make_graph(
        [node("Identity", "go", "going"), node("Relu", "v", "w")], "body",
        [value("t", [], I64), value("go", [], BOOL), value("v", [2, 6])],
        [value("going", [], BOOL), value("w", [2, 6])])
    return [
        model([node("Reshape", "x s", "a"), node("Slice", "a b e", "h"),
               node("Concat", "h h", "c", axis=0), node("Tile", "c r", "y")],
              [value("x", [2, 6])], ["y"],
              [const("s", [3, -1]), const("b", [1, 0]), const("e", [3, 2]),
               const("r", [1, 2])]),
        model([node("Loop", "trips yes x", "y", body=body)],
              [value("x", [2, 6])], ["y"],
              [const("trips", 3), const("yes", True, bool)]),
        model([node("Conv", "x w", "c", pads=[1, 1, 1, 1], group=1),
               node("MaxPool", "c", "p", kernel_shape=[2, 2]),
               node("Pad", "p n", "q"), node("ReduceMean", "q", "m", axes=[2]),
               node("Squeeze", "m a", "y")],
              [value("x", [1, 1, 4, 4])], ["y"],
              [const("w", np.ones((2, 1, 3, 3))),
               const("n", [0, 0, 1, 0, 0, 0, 0, 1]), const("a", [2])],
              opset=17),
        model([node("Shape", "x", "n"), node("ConstantOfShape", "n", "z"),
               node("Expand", "half n", "e"), node("Add", "z e", "f"),
               node("Split", "f", "g h", axis=1), node("Sub", "g h", "y")],
              [value("x", [2, 6])], ["y"], [const("half", 0.5)])]


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def must(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main():
    out = sys.argv[1]
    shutil.rmtree(out, ignore_errors=True)
    to = lambda *parts: os.path.join(out, *parts)
    block = attention()
    for i, made in enumerate([block, *operators()]):
        write(to("onnx", f"{i}.onnx"), made.SerializeToString())

    work = to("work")
    for coding, flags in (("mttfs", ["--act-bits", "4"]),
                          ("phase", ["--coding", "phase"])):
        folder = os.path.join(work, coding)
        must("snnc", to("onnx", "0.onnx"), "-o", folder, "--calibrate",
             "random:8", "--chip", "common-22nm", "--emit", "ir,image,report",
             "--dump-phases", os.path.join(folder, "phases"), *flags)
        for path in glob.glob(os.path.join(folder, "phases", "*.mlir")):
            write(to("mlir", coding + "-" + os.path.basename(path)),
                  read(path))
        write(to("image", coding + ".snnimg"),
              read(os.path.join(folder, "image.snnimg")))
        for path in glob.glob(os.path.join(folder, "*.safetensors")):
            write(to("arrays", coding + ".safetensors"),
                  read(path) + KINDS[".safetensors"])
    for path in glob.glob(os.path.join(SOURCE, "test", "Dialect", "*",
                                       "round-trip.mlir")):
        write(to("mlir", path.split(os.sep)[-2] + ".mlir"), read(path))

    arrays = {"x": np.arange(12, dtype=np.float32).reshape(3, 4),
              "n": np.array([1, 2, 3], np.int64), "b": np.array(True)}
    path = os.path.join(work, "a.npz")
    np.savez(path, **arrays)
    write(to("arrays", "stored"), read(path) + KINDS[".npz"])
    np.savez_compressed(path, **arrays)
    write(to("arrays", "deflated"), read(path) + KINDS[".npz"])
    path = os.path.join(work, "a.npy")
    np.save(path, np.asfortranarray(arrays["x"]))
    write(to("arrays", "npy"), read(path) + KINDS[".npy"])
    write(to("arrays", "pb"), numpy_helper.from_array(
        arrays["x"], "x").SerializeToString() + KINDS[".pb"])

    for path in glob.glob(os.path.join(SOURCE, "chips", "*.yaml")):
        write(to("yaml", os.path.basename(path)), read(path))
    write(to("yaml", "task"), b"""schema_version: 1
name: small
inputs: x.npz
calibrate: x.npz
scoring: {labels: y.npz, array: labels, digits: 2}
systems:
  - {system: matterhorn, model: a.onnx}
""")
    write(to("statistics", "levels.json"), b"""{"schema_version": 1,
 "model": "m", "coding": "mttfs", "mode": "fast", "samples": 2,
 "sites": {"s": {"neurons": 8, "spikes": 3, "all_neurons": 8, "all_spikes": 3,
  "max_level": 15, "mask": 0, "radius": 0,
  "slots": [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}},
 "layers": []}
""")
    shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
