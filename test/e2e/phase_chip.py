# The virtual chip runs phase coding from an image alone: trains enter crossbars slot
# by slot, and it fires with the simulator, on chips with and without an engine for
# trace-driven products.
#
# RUN: %python %s mimo
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""phase_chip.py [mimo] [sst2 [SAMPLES]]

The rule: neurons fire in the same phase, but for those within 1e-6 of a threshold,
which are counted and below 1e-5 of all; outputs agree within 1e-4 of their range,
predictions on 99.9 %. mimo: the bundled float detector. sst2: the float classifier
of the collection of public models (skipped without it).
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.path.insert(0, os.path.dirname(__file__))

from chip_equality import change_conductances, run_image
from e2e import (MIMO, Checks, collection, compile_model, different_bits,
                 execute, load, load_json, mimo_prompts, rows, scratch,
                 simulate)


def compile_phase(model, calibration, folder, chip, base, phases, *flags):
    return compile_model(
        model, os.path.join(folder, chip), "--coding", "phase", "--attention",
        "trace-woss", "--phase-base", base, "--phase-steps", phases,
        "--calibrate", calibration, "--chip", chip, "--verify-mapping", *flags,
        phases=True)


def compare(checks, label, out, inputs, folder):
    """Simulator against virtual chip; returns the simulator's outputs."""
    stats = [os.path.join(folder, name) for name in ("sim.json", "chip.json")]
    y = simulate(out, inputs, os.path.join(folder, "sim.npz"), stats=stats[0])
    got = run_image(os.path.join(out, "image.snnimg"), inputs,
                    os.path.join(folder, "chip.npz"), "--stats", stats[1])
    counted = load_json(stats[1])
    sites, chip = load_json(stats[0])["sites"], counted["sites"]
    near = sum(s["near_threshold"] for s in sites.values())
    neurons = sum(s["all_neurons"] for s in sites.values())
    moved = sum(sum(abs(a - b) for a, b in zip(s["slots"], chip[name]["slots"]))
                for name, s in sites.items())
    checks.check(sorted(sites) == sorted(chip) and near <= max(1, 1e-5 * neurons)
                 and (near > 0 or moved == 0),
                 f"{label}: {len(sites)} sites, {neurons} neurons, {near} at a "
                 f"threshold, {moved} spikes moved")
    for name, expected in y.items():
        worst = np.abs(got[name] - expected).max() / np.ptp(expected)
        same = (got[name].argmax(-1) == expected.argmax(-1)).mean()
        checks.check(worst <= 1e-4 and same >= 0.999,
                     f"{label}: '{name}' within {worst:.1e} of its range, "
                     f"predictions agree on {same:.2%}")
    layers = counted["layers"]
    checks.check(all(l["conversions"] > 0 and l["saturations"] == 0
                     for l in layers),
                 f"{label}: {sum(l['conversions'] for l in layers)} conversions "
                 "without saturation")
    return y


def mutations(checks, label, out, inputs, y, folder):
    broken = os.path.join(folder, "broken.snnimg")
    image = os.path.join(out, "image.snnimg")

    def cell(part):
        part[0] ^= 1

    def swap(part):
        half = min(len(part) // 4, 512)
        part[:half], part[half:2 * half] = part[half:2 * half], part[:half]

    for what, change in (("one wrong conductance", cell),
                         ("two swapped tiles", swap)):
        change_conductances(image, broken, change)
        got = run_image(broken, inputs, os.path.join(folder, "broken.npz"))
        checks.check(different_bits(y, got) > 0, f"{label}: noticed: {what}")
    module = os.path.join(out, "phases", "5.image.mlir")
    same = execute(["snn-run", "--compare", module, image, "--input", inputs])
    checks.check(same.returncode == 0,
                 f"{label}: {same.stdout.strip() or same.stderr.strip()}")
    change_conductances(image, broken, cell)
    other = execute(["snn-run", "--compare", module, broken, "--input", inputs])
    checks.check(other.returncode == 1 and "differs first at" in other.stdout,
                 f"{label}: {other.stdout.strip()}")


def mimo(checks):
    model = os.path.join(MIMO, "mimo_float.onnx")
    with scratch() as folder:
        calibration, _ = mimo_prompts(folder, 64, "calibration.npz", seed=7)
        inputs, _ = mimo_prompts(folder, 48)
        for chip, base, phases in (("common-22nm", 1.15, 40),
                                   ("matterhorn-22nm", 1.4, 16),
                                   ("isaac-like", 2.0, 8)):
            label = f"mimo_float, T = {phases}, B = {base} on {chip}"
            out = compile_phase(model, calibration, folder, chip, base, phases)
            y = compare(checks, label, out, inputs, folder)
            text = open(os.path.join(out, "phases", "5.image.mlir")).read()
            engine = "trace_woss" if chip == "common-22nm" else "digital"
            checks.check(f'engine = "{engine}"' in text,
                         f"{label}: attention on '{engine}'")
            if chip == "common-22nm":
                few = os.path.join(folder, "few.npz")
                np.savez(few, **rows(load(inputs), 8))
                mutations(checks, label, out, few,
                          {n: a[:8] for n, a in y.items()}, folder)
                noisy = [run_image(os.path.join(out, "image.snnimg"), few,
                                   os.path.join(folder, "noisy.npz"), "--noise",
                                   "all", "--seed", seed) for seed in (1, 1, 2)]
                checks.equal(noisy[0], noisy[1], f"{label}: a seed is a device")
                checks.check(different_bits(noisy[0], noisy[2]) > 0
                             and all(np.isfinite(a).all()
                                     for a in noisy[0].values()),
                             f"{label}: another seed is another device")
        refused = execute(["snnc", model, "-o", os.path.join(folder, "no"),
                           "--coding", "phase", "--phase-release", "bert",
                           "--calibrate", calibration, "--chip", "common-22nm"])
        checks.check(refused.returncode == 1
                     and "--phase-release none" in refused.stderr,
                     "a released form is refused")


def sst2(checks, samples):
    inputs = collection("data", "sst2_dev.inputs.npz")
    with scratch() as folder:
        few = os.path.join(folder, "x.npz")
        np.savez(few, **rows(load(inputs), samples))
        out = compile_phase(collection("models", "sst2_bert_tiny.onnx"),
                            collection("data", "sst2_calib.npz"), folder,
                            "common-22nm", 1.4, 16)
        compare(checks, f"sst2_bert_tiny, {samples} sentences", out, few, folder)


def main():
    checks = Checks()
    arguments = sys.argv[1:] or ["mimo", "sst2"]
    while arguments:
        part = arguments.pop(0)
        if part == "mimo":
            mimo(checks)
        elif collection() is None:
            print("skipped: no collection of models (set SNNC_SHARED)")
        else:
            number = arguments and arguments[0].isdigit()
            sst2(checks, int(arguments.pop(0)) if number else 872)
    return checks.finish()


sys.exit(main())
