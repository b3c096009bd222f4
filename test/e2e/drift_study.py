# Drift of phase change memory and what global drift compensation gives back.
#
# RUN: %python %s mimo --seeds 4 --rows 100
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A network on xpikeformer-pcm, read 1 s, 1 h, 1 day, 30 days and 1 year after it
was programmed, with and without compensation, for several seeds. Cells have
programming noise and drift; --noise chooses other effects.

    drift_study.py mimo|sst2 [--seeds 8] [--rows N] [--probe-rows 16]
                   [--policy lossless|calibrated] [--noise EFFECTS]
                   [--json FILE] [--plot FILE.svg]

Prints a table of accuracies (mean and spread over the seeds) and checks: the
relative error of every layer's sums against those at t = 0, on the same inputs,
grows with time; compensation cuts its median at one day at least by half and
restores the mean magnitude within 1 %; where the uncompensated loss of accuracy
at one day exceeds four standard errors, compensation recovers at least half of
it, otherwise it is not significantly worse. sst2 needs the collection of public
models.
"""

import argparse
import json
import math
import os
import statistics
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "Inputs"))

from chip_equality import lossless_chip
from e2e import (MIMO, Checks, collection, compile_model, load, load_json,
                 mimo_prompts, must, rows, scratch)

DAY = 86400
TIMES = {"1 s": 1, "1 h": 3600, "1 day": DAY, "30 days": 30 * DAY,
         "1 year": 365 * DAY}


def prepare(options, folder):
    """Model, inputs, labels and how logits become decisions."""
    inputs = os.path.join(folder, "inputs.npz")
    if options.network == "mimo":
        source, labels = mimo_prompts(folder, options.rows or 1000)
        model = os.path.join(MIMO, "mimo_w1a4_k1.onnx")
        arrays, labels = load(source), np.asarray(labels)
        if labels.ndim == 2:
            labels = labels[:, -1]
    else:
        model = collection("models", "sst2_bert_tiny_w1a4_k1.onnx")
        arrays = load(collection("data", "sst2_dev.inputs.npz"))
        labels = load(collection("data", "sst2_dev.labels.npz"))["labels"]
    count = options.rows or len(labels)
    np.savez(inputs, **rows(arrays, count))
    return model, inputs, labels[:count]


def accuracy(outputs, labels):
    logits = outputs["logits"]
    if logits.ndim == 3:
        logits = logits[:, -1]
    return float((logits.argmax(-1) == labels).mean())


def spread(values):
    return statistics.stdev(values) if len(values) > 1 else 0.0


def standard_error(values):
    return spread(values) / math.sqrt(len(values))


class Study:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        model, self.inputs, self.labels = prepare(options, folder)
        chip = "xpikeformer-pcm"
        if options.policy == "lossless":
            chip = lossless_chip(chip, folder)
        flags = ["--chip", chip]
        if options.policy == "calibrated":
            flags += ["--calibrate", self.inputs]
        out = compile_model(model, os.path.join(folder, "out"), *flags)
        self.image = os.path.join(out, "image.snnimg")

    def run(self, seed, seconds, compensate, *flags):
        output = os.path.join(self.folder, "y.npz")
        command = ["snn-run", self.image, "--input", self.inputs, "--output",
                   output, "--noise", self.options.noise, "--seed", seed,
                   "--time", seconds,
                   # The chip's description says that it compensates.
                   f"--compensate={str(compensate).lower()}", *flags]
        must(command)
        return accuracy(load(output), self.labels)

    def layers(self, seed):
        """Per layer, time and compensation: what the sums have become."""
        stats = os.path.join(self.folder, "probes.json")
        self.run_limited(seed, stats)
        return load_json(stats)["probes"]

    def run_limited(self, seed, stats):
        must(["snn-run", self.image, "--input", self.inputs, "--noise",
              self.options.noise, "--seed", seed, "--limit",
              self.options.probe_rows, "--stats", stats, "--probe-times",
              ",".join(map(str, TIMES.values()))])


def check_layers(checks, probes):
    """probes: one list per seed. Entries of one layer, time and compensation
    are averaged over the seeds."""
    mean = {}
    for entries in probes:
        for e in entries:
            mean.setdefault((e["node"], e["compensate"], e["seconds"]),
                            []).append(e)
    mean = {key: {f: statistics.mean(e[f] for e in entries)
                  for f in ("relative_error", "median_error", "mean_magnitude",
                            "reference_magnitude")}
            for key, entries in mean.items()}
    nodes = list(dict.fromkeys(node for node, _, _ in mean))
    times = sorted(TIMES.values())
    bad = [n for n in nodes for c in (False, True) for a, b in
           zip(times, times[1:]) if mean[n, c, a]["relative_error"] >=
           mean[n, c, b]["relative_error"]]
    checks.check(not bad, f"{len(nodes)} layers: the relative error grows with "
                 f"time {sorted(set(bad)) if bad else ''}")
    still = [n for n in nodes if mean[n, False, DAY]["median_error"] <= 0]
    checks.check(not still, f"1 day: every layer has errors to compensate {still}")
    ratios = [mean[n, True, DAY]["median_error"] /
              mean[n, False, DAY]["median_error"] for n in nodes
              if n not in still] or [math.inf]
    checks.check(max(ratios) <= 0.5, "1 day: the compensated median error is "
                 f"{min(ratios):.3f} to {max(ratios):.3f} of the uncompensated "
                 "(at most 0.5)")
    restored = [abs(mean[n, True, DAY]["mean_magnitude"] /
                    mean[n, True, DAY]["reference_magnitude"] - 1)
                for n in nodes]
    lost = [1 - mean[n, False, DAY]["mean_magnitude"] /
            mean[n, False, DAY]["reference_magnitude"] for n in nodes]
    checks.check(max(restored) <= 0.01, "1 day: compensation restores the mean "
                 f"magnitude within {max(restored):.2%} (1 %); without it "
                 f"{min(lost):.1%} to {max(lost):.1%} are lost")
    return {"nodes": nodes, "median_ratio": ratios, "restored": max(restored),
            "errors": {f"{n}|{c}|{t}": mean[n, c, t]["relative_error"]
                       for n, c, t in mean}}


def check_accuracy(checks, fresh, results):
    loss = [a - b for a, b in zip(fresh, results["1 day", False])]
    gain = [b - a for a, b in zip(results["1 day", False],
                                  results["1 day", True])]
    error = standard_error(loss)
    if statistics.mean(loss) > 4 * error:
        checks.check(statistics.mean(gain) >= statistics.mean(loss) / 2,
                     f"1 day: compensation gives back {statistics.mean(gain):.4f} "
                     f"of a loss of {statistics.mean(loss):.4f} (half)")
    else:
        checks.check(statistics.mean(gain) >= -2 * standard_error(gain),
                     f"1 day: a loss of {statistics.mean(loss):.4f} is within "
                     f"four standard errors of {error:.4f}; compensation changes "
                     f"{statistics.mean(gain):+.4f}, not significantly worse")


def print_table(ideal, fresh, results):
    def cell(values):
        return f"{statistics.mean(values):.2%} ± {spread(values):.2%}"

    print("\n| read after | without compensation | with compensation |")
    print("| --- | --- | --- |")
    print(f"| ideal devices | {ideal:.2%} | |")
    print(f"| 0 s | {cell(fresh)} | |")
    for name in TIMES:
        print(f"| {name} | {cell(results[name, False])} | "
              f"{cell(results[name, True])} |")
    print()


def draw(path, ideal, fresh, results, title):
    import matplotlib
    matplotlib.use("svg")
    import matplotlib.pyplot as plt
    matplotlib.rcParams["svg.hashsalt"] = "drift"
    figure, axes = plt.subplots(figsize=(6.4, 4.0))
    axes.axhline(ideal, color="gray", linestyle=":", label="ideal devices")
    for compensate, label in ((True, "with compensation"),
                              (False, "without compensation")):
        means = [statistics.mean(results[n, compensate]) for n in TIMES]
        errors = [spread(results[n, compensate]) for n in TIMES]
        axes.errorbar(list(TIMES.values()), means, errors, marker="o",
                      markersize=4, capsize=3, label=label)
    axes.set_xscale("log")
    axes.set_xticks(list(TIMES.values()))
    axes.set_xticklabels(list(TIMES))
    axes.minorticks_off()
    axes.set_xlabel("time after programming")
    axes.set_ylabel("accuracy")
    axes.set_title(title)
    axes.grid(True, alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", choices=("mimo", "sst2"))
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--probe-rows", type=int, default=16)
    parser.add_argument("--policy", choices=("lossless", "calibrated"),
                        default="lossless")
    parser.add_argument("--noise", default="programming,drift")
    parser.add_argument("--json")
    parser.add_argument("--plot")
    options = parser.parse_args()
    if options.network == "sst2" and not collection("models"):
        print("skipped: no collection of public models (../shared)")
        return 0
    checks = Checks()
    with scratch() as folder:
        study = Study(options, folder)
        noise, options.noise = options.noise, "ideal"
        ideal = study.run(0, 0, False)
        options.noise = noise
        fresh = [study.run(s, 0, False) for s in range(options.seeds)]
        results = {(name, c): [study.run(s, seconds, c)
                               for s in range(options.seeds)]
                   for name, seconds in TIMES.items() for c in (False, True)}
        probes = [study.layers(s) for s in range(options.seeds)]
    print_table(ideal, fresh, results)
    layers = check_layers(checks, probes)
    check_accuracy(checks, fresh, results)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"ideal": ideal, "fresh": fresh, "layers": layers,
                       "results": {f"{n}|{c}": v
                                   for (n, c), v in results.items()}},
                      file, indent=1)
    if options.plot:
        draw(options.plot, ideal, fresh, results,
             f"{options.network} on xpikeformer-pcm, {options.seeds} seeds")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
