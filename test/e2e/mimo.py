# The bundled example, step by step as scripts/quickstart.sh does it, on fewer
# prompts; what summarise.py prints is recomputed from the simulators' own outputs.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mimo.py [COUNT]: COUNT prompts, 1000 by default."""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, compile_model, load, load_json, must, scratch,
                 simulate)
from reference import Reference

PILOTS, NOISE = 18, 0.1


def symbols(classes):
    """The two QPSK symbols of a class, as numbers 0 to 3."""
    return np.stack([np.asarray(classes) // 4, np.asarray(classes) % 4])


def error_rate(decided, sent):
    return float((symbols(decided) != symbols(sent)).mean())


def lmmse(prompt):
    """The detection after all pilots of one prompt, written out: channel estimate
    from the pilots, equaliser that knows the estimate's error, nearest point."""
    prompt = prompt.astype(np.float64)
    received = prompt[:, 0:2] + 1j * prompt[:, 2:4]
    sent = (prompt[1:, 8:10] + 1j * prompt[1:, 10:12]).T
    gram = np.linalg.inv(sent @ sent.conj().T + NOISE * np.eye(2))
    channel = received[:PILOTS].T @ sent.conj().T @ gram
    extra = NOISE * np.trace(gram).real / 2
    covariance = channel @ channel.conj().T / 2 + (NOISE + extra) * np.eye(2)
    y = channel.conj().T @ np.linalg.inv(covariance) @ received[PILOTS] / 2
    one, two = 2 * (y.real > 0) + (y.imag > 0)
    return 4 * one + two


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    checks = Checks()
    with scratch() as folder:
        data = os.path.join(folder, "data")
        must([sys.executable, os.path.join(MIMO, "make_inputs.py"), "--count",
              count, "--output-dir", data])
        inputs = os.path.join(data, "inputs.npz")
        calibration = os.path.join(data, "calibration.npz")
        runs, stats = {}, {}
        for name, model, flags in (
                ("float-w8a8", "mimo_float", ["--calibrate", calibration]),
                ("w1a4-k0", "mimo_w1a4_k0", []),
                ("w1a4-k1", "mimo_w1a4_k1", [])):
            out = compile_model(os.path.join(MIMO, model + ".onnx"),
                                os.path.join(folder, name), *flags)
            statistics = os.path.join(out, "stats.json")
            runs[name] = simulate(out, inputs, os.path.join(out, "outputs.npz"),
                                  stats=statistics)["logits"]
            stats[name] = load_json(statistics)
        summary = os.path.join(folder, "summary.json")
        command = [sys.executable, os.path.join(MIMO, "summarise.py"), "--data",
                   data, "--json", summary]
        for name in runs:
            command += ["--run", f"{name}={os.path.join(folder, name)}"]
        print(must(command))
        summary = load_json(summary)

        prompts = load(inputs)["prompt"]
        sent = load(os.path.join(data, "labels.npz"))["labels"][:, -1]
        base = error_rate([lmmse(p) for p in prompts], sent)
        checks.check(abs(base - summary["lmmse"]) < 1e-12,
                     f"LMMSE error rate {base:.5f}, printed "
                     f"{summary['lmmse']:.5f}")
        checks.check([r["name"] for r in summary["runs"]] == list(runs),
                     "one row a network")
        for row in summary["runs"]:
            name = row["name"]
            rate = error_rate(runs[name][:, -1].argmax(-1), sent)
            checks.check(abs(rate - row["symbol_error_rate"]) < 1e-12,
                         f"{name}: error rate {rate:.5f}, printed "
                         f"{row['symbol_error_rate']:.5f}")
            checks.check(abs(rate / base - row["against_lmmse"]) < 1e-9,
                         f"{name}: {rate / base:.3f} x LMMSE, printed "
                         f"{row['against_lmmse']:.3f}")
            sites = stats[name]["sites"].values()
            spikes = sum(sum(s["slots"]) for s in sites)
            neurons = sum(s["neurons"] for s in sites)
            checks.check(
                abs(spikes / count - row["spikes_per_detection"]) < 1e-6
                and abs(1 - spikes / neurons - row["silent_fraction"]) < 1e-9
                and stats[name]["samples"] == count,
                f"{name}: {spikes / count:.1f} spikes a detection, "
                f"{1 - spikes / neurons:.3f} silent, printed "
                f"{row['spikes_per_detection']:.1f} and "
                f"{row['silent_fraction']:.3f}")
        # The counts themselves, from the independent executor.
        part = {"prompt": prompts[:200]}
        few = os.path.join(folder, "few.npz")
        np.savez(few, **part)
        for name in ("w1a4-k0", "w1a4-k1"):
            reference = Reference(os.path.join(
                MIMO, f"mimo_w1a4_{name[-2:]}.onnx"))
            y = reference.run(part)
            checks.equal(y, {"logits": runs[name][:200]},
                         f"{name}: outputs = reference")
            statistics = os.path.join(folder, "few.json")
            simulate(os.path.join(folder, name), few,
                     os.path.join(folder, "few-y.npz"), stats=statistics)
            counted = load_json(statistics)["totals"]["spikes"]
            expected = sum(c.spikes for c in reference.counts.values())
            checks.check(counted == expected, f"{name}: {counted} spikes on 200 "
                         f"prompts, the reference counts {expected}")
        ratios = {r["name"]: r["against_lmmse"] for r in summary["runs"]}
        checks.check(ratios["float-w8a8"] < 0.85 and ratios["w1a4-k0"] < 1
                     and ratios["w1a4-k1"] < 1.1,
                     "the detectors are as good as the example says: " + ", ".join(
                         f"{n} {r:.2f} x LMMSE" for n, r in ratios.items()))
        spikes = {r["name"]: r["spikes_per_detection"] for r in summary["runs"]}
        checks.check(spikes["w1a4-k1"] < spikes["w1a4-k0"],
                     "the dead zone saves spikes")
    return checks.finish()


sys.exit(main())
