# One network in every quantised form: nothing but attention stays in float, and that
# only where the form leaves it there. Weights in floats cost what stored ones do.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (SOURCE, Checks, compile_model, interpret, load_json, scratch,
                 simulate)

MAKE = os.path.join(SOURCE, "benchmarks", "make_quantised_bert.py")
FORMS = ("qdq_tensor", "qdq_axis", "qat", "qonnx", "qoperator", "dynamic")
LAYERS = 2


def main():
    checks = Checks()
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        subprocess.run([sys.executable, MAKE, folder, "--sequence", "16",
                        "--layers", str(LAYERS)], check=True)
        inputs = to("inputs.npz")
        outputs, energy = {}, {}
        for form in FORMS:
            model, out = to(form + ".onnx"), to(form)
            flags = ["--chip", "common-22nm"]
            if form == "dynamic":
                flags += ["--calibrate", inputs]
            compile_model(model, out, *flags)
            report = load_json(os.path.join(out, "quantisation.json"))
            left = report["float_products"]
            may = [f"layer{n}.{name}" for n in range(LAYERS)
                   for name in ("scores", "context")] \
                if form == "dynamic" else []
            integer = len(report["products"]) + len(report["attention"])
            checks.check(len(left) <= len(may) and integer + len(may) >=
                         8 * LAYERS,
                         f"{form}: {integer} integer products, in float: {left}")
            fixed = [site["name"] for site in report["sites"]
                     if site.get("dynamic")]
            checks.check((form == "dynamic") == bool(fixed)
                         and len(fixed) in (0, 4 * LAYERS),
                         f"{form}: {len(fixed)} dynamic quantisers")
            results = [simulate(out, inputs, to(f"{form}.{mode}.npz"), mode)
                       for mode in ("fast", "event", "stepped")]
            checks.equal(results[0], results[1], f"{form}: fast and event")
            checks.equal(results[0], results[2], f"{form}: fast and stepped")
            outputs[form] = results[0]
            energy[form] = load_json(os.path.join(out, "energy.json"))
            # Of which compilation, and sections that hold the file's name.
            energy[form].pop("digest", None)
            energy[form].pop("image", None)
            own = interpret(model, inputs, to(form + ".npz"))["y"]
            worst = np.abs(own - results[0]["y"]).mean() / np.ptp(own)
            checks.check(worst <= 0.01, f"{form}: the file and its network "
                         f"differ by {worst:.1e} of the range on average")
        for form in ("qat", "qonnx"):
            checks.equal(outputs["qdq_axis"], outputs[form],
                         f"qdq_axis and {form}")
        for part in ("total", "paper_total", "breakdown"):
            if part in energy["qat"]:
                checks.check(energy["qat"][part] == energy["qdq_axis"][part],
                             f"energy of qat and qdq_axis: {part}")
        checks.check(energy["qat"] == energy["qdq_axis"],
                     "energy.json of qat and qdq_axis is the same")
    return checks.finish()


sys.exit(main())
