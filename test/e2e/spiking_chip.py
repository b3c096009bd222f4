# Networks trained to spike on chips: the virtual chip equals the simulator.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bundled detectors with spike-driven and with stochastic attention, on chips
with and without an engine for them, ideal devices: every bit of the outputs and
the spikes of every site are the simulator's, and so are the operations of the
attention. Another seed draws other spikes, in both alike. One wrong cell is seen.
"""

import argparse
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "Inputs"))

from chip_equality import lossless_chip
from e2e import (MIMO, Checks, compile_model, execute, load, load_json,
                 mimo_prompts, must, scratch, simulate)

COUNTS = ("all_spikes", "all_neurons", "accumulations", "ands", "coincidences",
          "draws", "comparisons")


def run_image(image, inputs, output, *flags):
    must(["snn-run", image, "--input", inputs, "--output", output, *flags])
    return load(output)


def compare_sites(checks, a, b, label):
    a, b = load_json(a)["sites"], load_json(b)["sites"]
    wrong = [(site, key) for site in a for key in COUNTS
             if a[site].get(key) != b.get(site, {}).get(key)]
    checks.check(a.keys() == b.keys() and not wrong,
                 f"{label}: {len(a)} sites count alike {wrong[:3]}")


def check_network(checks, folder, name, chip, inputs, engine):
    label = f"mimo_{name} on {os.path.basename(chip)}"
    path = lambda *parts: os.path.join(folder, *parts)
    out = path(f"{name}-{os.path.basename(chip)}")
    result = execute(["snnc", os.path.join(MIMO, f"mimo_{name}.onnx"), "-o", out,
                      "--chip", chip, "--calibrate", path("prompts.npz"),
                      "--remarks=spike-to-xbar"])
    said = result.stderr[-300:].strip() if result.returncode else ""
    if not checks.check(not result.returncode, f"{label}: compiles {said}"):
        return
    said = "Engine" if engine else "DigitalProduct"
    checks.check(f"{said}" in result.stderr, f"{label}: remark {said}")
    image = os.path.join(out, "image.snnimg")
    expected = simulate(out, inputs, path("sim.npz"), stats=path("sim.json"))
    actual = run_image(image, inputs, path("chip.npz"), "--stats",
                       path("chip.json"))
    checks.equal(expected, actual, f"{label}: image = simulator")
    compare_sites(checks, path("sim.json"), path("chip.json"), label)
    if name == "ssa":
        must([os.path.join(out, "sim"), "--input", inputs, "--output",
              path("seed.npz"), "--seed", 5])
        other = load(path("seed.npz"))
        checks.check(any((other[k] != expected[k]).any() for k in other),
                     f"{label}: another seed gives other outputs")
        checks.equal(other, run_image(image, inputs, path("chip.npz"), "--seed",
                                      5), f"{label}: and the same on the chip")


def check_wrong_cell(checks, folder, inputs):
    image = os.path.join(folder, "sdsa-matterhorn-22nm", "image.snnimg")
    noisy = run_image(image, inputs, os.path.join(folder, "noisy.npz"),
                      "--noise", "stuck_on=0.01")
    ideal = run_image(image, inputs, os.path.join(folder, "ideal.npz"))
    checks.check(any((noisy[k] != ideal[k]).any() for k in noisy),
                 "stuck cells change the outputs")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=8)
    options = parser.parse_args()
    checks = Checks()
    with scratch() as folder:
        mimo_prompts(folder, 16)
        inputs, _ = mimo_prompts(folder, options.rows, "inputs.npz")
        pcm = lossless_chip("xpikeformer-pcm", folder)
        for name, chip, engine in (("sdsa", "matterhorn-22nm", False),
                                   ("sdsa", pcm, False),
                                   ("sdsa", "common-22nm", True),
                                   ("ssa", "matterhorn-22nm", False),
                                   ("ssa", pcm, True)):
            check_network(checks, folder, name, chip, inputs, engine)
        check_wrong_cell(checks, folder, inputs)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
