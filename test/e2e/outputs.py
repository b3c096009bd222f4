# Outputs that are constant, that are inputs or each other, and names beyond ASCII: one
# shape and one name in snn-run, in a simulator's three modes and on the virtual chip.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "Inputs"))
sys.path.insert(0, os.path.join(HERE, "..", "Import", "Inputs"))

from e2e import Checks, compile_model, interpret, load_json, scratch, simulate
from model import const, node, save, value


def main():
    checks = Checks()
    random = np.random.default_rng(37)
    w = random.normal(size=(6, 4)).astype(np.float32)
    table = np.arange(6, dtype=np.float32).reshape(2, 3)
    x = random.normal(size=(5, 6)).astype(np.float32)
    wanted = {"größe": x @ w, "again": x @ w, "x_out": x, "table": table}
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        save(to("m.onnx"),
             [node("MatMul", "eingang_ü w", "größe"), node("Identity", "größe", "again"),
              node("Identity", "eingang_ü", "x_out"), node("Identity", "constant", "table")],
             [value("eingang_ü", ["n", 6])],
             [value("größe", ["n", 4]), value("again", ["n", 4]), value("x_out", ["n", 6]),
              value("table", [2, 3])],
             [const("w", w), const("constant", table)])
        np.savez(to("x.npz"), **{"eingang_ü": x})

        def check(label, arrays, tolerance):
            checks.check(sorted(arrays) == sorted(wanted), f"{label}: names {sorted(arrays)}")
            for name, array in arrays.items():
                expected = wanted.get(name)
                same = expected is not None and array.shape == expected.shape
                checks.check(same, f"{label}: {name} has the shape {array.shape}")
                if same:
                    error = np.abs(array - expected).max()
                    checks.check(error <= tolerance, f"{label}: {name} is {error:.2g} off")

        check("snn-run", interpret(to("m.onnx"), to("x.npz"), to("y.npz")), 1e-6)
        out = compile_model(to("m.onnx"), to("out"), "--calibrate", to("x.npz"),
                            "--chip", "common-22nm")
        for mode in ("fast", "event", "stepped"):
            check(mode, simulate(out, to("x.npz"), to("s.npz"), mode, threads=2), .2)
        check("image", interpret(os.path.join(out, "image.snnimg"), to("x.npz"), to("c.npz")), .2)
        names = load_json(os.path.join(out, "energy.json"))
        checks.check(names is not None, "energy.json is UTF-8")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
