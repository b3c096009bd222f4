# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of a few nodes, run by snn-run and compared with what NumPy gives."""

import subprocess

from model import *

TYPES = {"float32": F32, "int64": I64, "bool": BOOL, "uint8": U8,
         "int32": TensorProto.INT32}


class Runner:
    def __init__(self, snn_run, base, wanted=()):
        self.snn_run, self.base, self.wanted = snn_run, base, wanted
        self.failures = []
        self.count = 0

    def run(self, name, nodes, inputs, expected, constants=(), opset=17,
            shapes=None, flags=(), tolerance=2e-5):
        """`inputs` by name, with the shapes in `shapes` or their own; `expected` by
        the name of the output."""
        if self.wanted and name not in self.wanted:
            return
        self.count += 1
        shapes = shapes or {}
        values = [value(key, shapes.get(key, x.shape), TYPES[x.dtype.name])
                  for key, x in inputs.items()]
        path = f"{self.base}-{name}"
        result = model(nodes, values, list(expected), constants, opset=opset)
        result.opset_import.append(helper.make_operatorsetid("com.microsoft", 1))
        onnx.save(result, path + ".onnx")
        np.savez(path + ".in.npz", **inputs)
        ran = subprocess.run(
            [self.snn_run, path + ".onnx", "--input", path + ".in.npz",
             "--output", path + ".out.npz", *flags],
            capture_output=True, text=True)
        if ran.returncode:
            self.failures.append(f"{name}: {ran.stderr.strip()}")
            return
        have = np.load(path + ".out.npz")
        for key, want in expected.items():
            want, got = np.asarray(want), have[key]
            if got.shape != want.shape:
                self.failures.append(
                    f"{name}: {key} has the shape {got.shape}, not {want.shape}")
            elif got.dtype.kind != want.dtype.kind:
                self.failures.append(
                    f"{name}: {key} has the type {got.dtype}, not {want.dtype}")
            elif not np.allclose(got, want, rtol=tolerance, atol=tolerance / 10,
                                 equal_nan=True):
                self.failures.append(
                    f"{name}: {key} differs by {np.abs(got - want).max()}")

    def finish(self):
        """The exit status, after a line for each failure."""
        for failure in self.failures:
            print(failure)
        print(f"{self.count - len(self.failures)} of {self.count} cases")
        return 1 if self.failures or not self.count else 0
