# All systems on one task: error rates, spikes and energies of the comparison are
# recomputed from what the simulators and the energy reports wrote.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

import numpy as np

from e2e import MIMO, Checks, execute, load, load_json, must, scratch

COUNT = 24
SPIKING = {"meta-spikeformer", "xpikeformer"}


def symbol_errors(decided, labels):
    """Of pairs of QPSK symbols, after all pilots."""
    a, b = decided[:, -1], labels[:, -1]
    return ((a // 4 != b // 4).mean() + (a % 4 != b % 4).mean()) / 2


def write_task(folder):
    """The bundled task, with a small test set of its own."""
    must([sys.executable, os.path.join(MIMO, "make_inputs.py"), "--count",
          COUNT, "--calibration-count", 32, "--output-dir",
          os.path.join(folder, "data")])
    with open(os.path.join(MIMO, "task.yaml")) as file:
        text = file.read().replace("model: ", f"model: {MIMO}/")
    path = os.path.join(folder, "task.yaml")
    with open(path, "w") as file:
        file.write(text)
    return path


def check_row(checks, folder, row, labels):
    name = row["system"]
    if not checks.check("problem" not in row,
                        f"{name}: {row.get('problem', 'ran')}"):
        return
    outputs = load(os.path.join(folder, name, "outputs.npz"))["logits"]
    ours = symbol_errors(outputs.argmax(-1), labels)
    checks.check(abs(row["error_rate"] - ours) < 1e-12,
                 f"{name}: error rate {row['error_rate']:.4f}")
    stats = load_json(os.path.join(folder, name, "stats.json"))
    spikes = sum(s["spikes"] for s in stats["sites"].values()) / COUNT
    checks.check(abs(row["spikes"] - spikes) < 1e-6 and spikes > 0,
                 f"{name}: {spikes:.1f} spikes")
    for kind in ("own", "common"):
        figure = row[kind]
        leaves = sum(figure["components_pj"].values())
        checks.check(
            figure["energy_pj"] > 0
            and abs(leaves - figure["energy_pj"]) < 1e-6 * leaves,
            f"{name}: {kind} energy {figure['energy_pj'] * 1e-6:.3f} uJ is the "
            "sum of its components")
        report = load_json(os.path.join(folder, name, kind, "energy.json"))
        checks.check(report["rates"]["sources"] == ["measured"],
                     f"{name}: {kind} rates are measured")
    checks.check(row["common"]["latency_ns"] > 0, f"{name}: common latency")


def main():
    checks = Checks()
    with scratch() as folder:
        task = write_task(folder)
        labels = load(os.path.join(folder, "data", "labels.npz"))
        out = os.path.join(folder, "out")
        must(["snnc", "--compare-systems", task, "-o", out])
        result = load_json(os.path.join(out, "comparison.json"))
        checks.check(result["schema_version"] == 1
                     and result["samples"] == COUNT, "samples")
        reference = symbol_errors(labels["lmmse"], labels["labels"])
        checks.check(abs(result["reference"]["error_rate"] - reference) < 1e-12,
                     f"reference error rate {reference:.4f}")
        rows = result["systems"]
        checks.check(len(rows) == 4, "four systems")
        for row in rows:
            check_row(checks, out, row, labels["labels"])
        checks.check({row["common"]["chip"] for row in rows
                      if "common" in row} == {"common-22nm"}, "one chip")
        ranked = sorted((r for r in rows if "rank" in r),
                        key=lambda r: r["rank"])
        energies = [r["common"]["energy_pj"] for r in ranked]
        checks.check(energies == sorted(energies)
                     and [r["rank"] for r in ranked] == [1, 2, 3, 4],
                     "ranked by common energy")

        single = os.path.join(folder, "single")
        run = execute(["snnc", os.path.join(MIMO, "mimo_float.onnx"),
                       "--compare-systems", task, "-o", single])
        checks.check(run.returncode == 0, "one softmax model")
        for row in load_json(os.path.join(single,
                                          "comparison.json"))["systems"]:
            problem = row.get("problem")
            wanted = "needs retraining" if row["system"] in SPIKING else None
            checks.check(problem == wanted, f"{row['system']}: {problem}")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
