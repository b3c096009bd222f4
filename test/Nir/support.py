# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of .nir files share. They run under lit, and under pytest."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
for path in (HERE, SOURCE / "python"):
    if str(path) not in sys.path:
        sys.path.insert(0, str(path))
os.environ.setdefault("SNNC_HOME", str(SOURCE / "build"))

import make  # noqa: E402
import snnc  # noqa: E402

F = np.float32
MODES = ("fast", "event", "stepped")


#: Whether every network becomes a simulator (simulators-slow.py): each takes a
#: compilation of C++, which is most of the time of these tests.
ALL_SIMULATORS = os.environ.get("SNNC_NIR_SIMULATORS") == "1"


def snnc_tool():
    return shutil.which("snnc") or str(SOURCE / "build" / "bin" / "snnc")


class Interpreted:
    """A network at the end of phase `engines`, run by the reference interpreter."""

    modes = ("fast",)

    def __init__(self, net, path):
        self.directory, self.diagnostics = net.directory, net.diagnostics
        self._net = net  # its folder lives as long as this
        self._input = "x"
        if path.suffix == ".nir":
            with h5py.File(path) as file:
                nodes = file["node/nodes"]
                self._input, = (name for name in nodes
                                if nodes[name]["type"][()] == b"Input")

    def run(self, x, mode="fast"):
        with tempfile.TemporaryDirectory(prefix="snnc-nir-") as folder:
            place = pathlib.Path(folder)
            np.savez(place / "x.npz", **{self._input: x})
            subprocess.run(
                [str(pathlib.Path(snnc_tool()).with_name("snn-run")),
                 str(self.directory / "model.mlir"), "--input", str(place / "x.npz"),
                 "--output", str(place / "y.npz")], check=True)
            with np.load(place / "y.npz") as arrays:
                result, = arrays.values()
                return result


def compiled(path, simulate, emit=(), **options):
    """A network of either kind."""
    path = pathlib.Path(path)
    if simulate or ALL_SIMULATORS:
        if emit:
            options["emit"] = ["sim", "ir", "report", *emit]
        net = snnc.compile(path, **options)
        net.modes = MODES
        return net
    return Interpreted(snnc.compile(path, compile_to="engines",
                                    emit=["ir", "report", *emit], **options), path)


class Case(unittest.TestCase):
    """A folder with the fixtures, made once a class."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="snnc-nir-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        make.make(cls.folder)

    def write(self, nodes, edges=None, name="net", **storage):
        return make.write(self.folder / f"{name}.nir", nodes,
                          edges or make.chain(nodes), **storage)

    def command(self, model, *flags):
        """snnc on a model; the finished process."""
        return subprocess.run(
            [snnc_tool(), str(model), "-o", str(self.folder / "out"), *map(str, flags)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="backslashreplace", timeout=600)

    def compile(self, model, dt=1e-4, steps=100, simulate=False, **options):
        """A network: a simulator where `simulate` says so, else for the reference
        interpreter, which computes the same bits."""
        path = model if os.path.sep in str(model) else self.folder / f"{model}.nir"
        return compiled(path, simulate, nir_dt=dt, nir_steps=steps, **options)

    def labels(self, net):
        with open(net.directory / "fidelity.json") as file:
            return {n["name"]: n for n in json.load(file)["nodes"]}

    def check_modes(self, net, x, expected):
        """All modes of the simulator give `expected`, bit for bit; or the interpreter
        does."""
        for mode in net.modes:
            y = net.run(x, mode=mode)
            np.testing.assert_array_equal(y, expected, err_msg=mode)


def neurons(x, n, threshold, decay=True, reset=0., subtract=False):
    """Spikes of LIF neurons, time on axis 0: float32, in the order of the documents;
    above the threshold, as NIR has it."""
    v, spikes = np.zeros_like(x[0], F), np.zeros_like(x, F)
    n, threshold, keep = F(n), F(threshold), F(1) - F(1) / F(n)
    for t in range(len(x)):
        h = v + (x[t] - v) / n if decay else v * keep + x[t]
        spikes[t] = h > threshold
        v = np.where(h > threshold, h - threshold if subtract else F(reset), h)
    return spikes


def convolve(x, node):
    """A Conv2d node on [T, C, H, W], in float64."""
    w, b = node["weight"].astype(float), node["bias"].astype(float)
    s, p = node["stride"][0], node["padding"][0]
    x = np.pad(x.astype(float), [(0, 0), (0, 0), (p, p), (p, p)])
    k = w.shape[2]
    rows = (x.shape[2] - k) // s + 1
    columns = (x.shape[3] - k) // s + 1
    y = np.empty((len(x), len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            part = x[:, :, i * s:i * s + k, j * s:j * s + k]
            y[:, :, i, j] = np.tensordot(part, w, ([1, 2, 3], [1, 2, 3])) + b
    return y.astype(F)


def pooled(x, size, stride=None):
    """Sums of windows of [T, C, H, W]."""
    stride = stride or size
    rows = (x.shape[2] - size) // stride + 1
    columns = (x.shape[3] - size) // stride + 1
    return np.stack([np.stack(
        [x[:, :, i * stride:i * stride + size, j * stride:j * stride + size].sum((2, 3))
         for j in range(columns)], -1) for i in range(rows)], -2)


main = unittest.main
