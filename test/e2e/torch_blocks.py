# The networks of spiking_blocks.py exported anew: the float network computes PyTorch's own
# results, and the files of Inputs/blocks hold the same weights.
#
# REQUIRES: torch
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
INPUTS = os.path.join(HERE, "Inputs")
sys.path.insert(0, INPUTS)

import spiking_blocks
from e2e import Checks, interpret, scratch


def weights(path):
    """The initialisers and constants of a model, by contents."""
    graph = onnx.load(path).graph
    tensors = list(graph.initializer) + [
        a.t for n in graph.node if n.op_type == "Constant" for a in n.attribute if a.name == "value"]
    return sorted(numpy_helper.to_array(t).tobytes() for t in tensors)


def main():
    checks = Checks()
    with scratch() as folder:
        for name in spiking_blocks.NETWORKS:
            to = lambda file: os.path.join(folder, f"{name}{file}")
            model = spiking_blocks.make(name)
            spiking_blocks.export(model, to(".onnx"))
            checks.check(weights(to(".onnx")) ==
                         weights(os.path.join(INPUTS, "blocks", name + ".onnx")),
                         f"{name}: weights of the file")
            x = np.random.default_rng(5).integers(0, 17, [4, 3, 8, 8]).astype(np.float32) / 16
            np.savez(to("x.npz"), x=x)
            with torch.no_grad():
                expected = {"y": model(torch.from_numpy(x)).numpy()}
            checks.equal(expected, interpret(to(".onnx"), to("x.npz"), to("y.npz")),
                         f"{name}: as PyTorch")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
