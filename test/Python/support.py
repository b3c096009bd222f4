# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the package's tests share. They run under lit, and under pytest."""

import functools
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MIMO = str(SOURCE / "examples" / "mimo" / "mimo_w1a4_k1.onnx")
if str(SOURCE / "python") not in sys.path:
    sys.path.insert(0, str(SOURCE / "python"))
sys.path.insert(0, str(SOURCE / "examples" / "mimo"))

import snnc  # noqa: E402


@functools.lru_cache(maxsize=None)
def mimo(**options):
    """The bundled model, compiled once a test file."""
    return snnc.compile(MIMO, **options)


def prompts(count, seed=0):
    import mimo_task
    return mimo_task.generate(seed, count)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="snnc-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def sim(self, net, x, *flags):
        """Outputs of the program of a network."""
        np.savez(self.folder / "x.npz", **(
            x if isinstance(x, dict) else {net.inputs[0].name: x}))
        subprocess.run([str(net.directory / "sim"), "--input",
                        str(self.folder / "x.npz"), "--output",
                        str(self.folder / "y.npz"), *flags], check=True)
        with np.load(self.folder / "y.npz") as arrays:
            return dict(arrays)


def write_model(path, nodes, inputs, outputs, constants=(), opset=17):
    """An ONNX file; needs the package onnx."""
    from onnx import helper, save
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(constants))
    save(helper.make_model(graph, opset_imports=[
        helper.make_opsetid("", opset)], ir_version=8), os.fspath(path))
    return str(path)


main = unittest.main
