# snnc --search: dead zones and widths by site that keep a budget, and what is said of them
# is what the compiled simulator does.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""search_sites.py: searches on the MIMO networks."""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, compile_model, execute, load, load_json,
                 mimo_prompts, must, scratch)

MODEL = os.path.join(MIMO, "mimo_w1a4_k0.onnx")
FLOAT = os.path.join(MIMO, "mimo_float.onnx")



class Bench:
    def __init__(self, checks, folder):
        self.checks, self.folder = checks, folder
        self.prompts, labels = mimo_prompts(folder, 80)
        self.labels = os.path.join(folder, "labels.npy")
        np.save(self.labels, np.asarray(labels, np.int32))

    def path(self, name):
        return os.path.join(self.folder, name)

    def search(self, model, name, *flags):
        if "--search-inputs" not in flags:
            flags = ("--search-inputs", self.prompts, *flags)
        out = compile_model(model, self.path(name), "--self-check=off", *flags)
        return out, load_json(os.path.join(out, "search.json"))

    def run(self, out, first):
        """The simulator on every second row, from `first` on."""
        x, y, s = (self.path(n) for n in ("half.npz", "y.npz", "s.json"))
        np.savez(x, prompt=load(self.prompts)["prompt"][first::2])
        must([os.path.join(out, "sim"), "--input", x, "--output", y, "--stats",
              s])
        return next(iter(load(y).values())), load_json(s), x


def decide(logits):
    return logits.argmax(-1)


def check_said(bench, out, data, reference):
    """What search.json says of the network on both halves."""
    for half, first in (("searched", 0), ("unseen", 1)):
        y, stats, x = bench.run(out, first)
        said = data["found"][half]
        spikes = stats["totals"]["spikes"] / stats["samples"]
        right = (decide(y) == reference(x, first)).mean()
        bench.checks.check(
            abs(said["spikes_per_sample"] - spikes) < 1e-6 and
            abs(said["value"] - right) < 1e-9 and
            said["low"] < said["value"] < said["high"] and
            said["samples"] == 40,
            f"{data['metric']}, {half}: {said['value']:.4f} and "
            f"{said['spikes_per_sample']:.1f} spikes, the simulator "
            f"{right:.4f} and {spikes:.1f}")


def check_best(bench, data):
    found = data["found"]["searched"]
    kept = [u for u in data["uniform"]
            if u["searched"]["value"] >= data["budget"]]
    bench.checks.check(
        data["kept"] and found["value"] >= data["budget"] and
        all(found["cost"] <= u["searched"]["cost"] for u in kept),
        f"{data['search']}: keeps {data['metric']} {data['budget']} at "
        f"{found['cost']:.1f}, equal choices that do at "
        f"{[round(u['searched']['cost'], 1) for u in kept]}")
    # By site it errs no more than equal choices that keep the budget, up to the first that
    # does not, or than the second of all.
    keeps = [u["searched"]["value"] >= data["budget"] for u in data["uniform"]] + [False]
    errors = [u["error"] for u in data["uniform"]][:max(2, keeps.index(False))]
    bench.checks.check(data["error_limit"] == max(errors) and errors[0] == 0 and
                       (data["found"]["name"] != "by site" or
                        0 < data["found"]["error"] <= data["error_limit"]),
                       f"{data['search']}: error {data['found']['error']:.5f} of at most "
                       f"{data['error_limit']:.5f}")
    sites = {s["name"]: s["value"] for s in data["sites"]}
    flags = dict(e.split("=") for e in data["found"]["flags"].split(","))
    bench.checks.check({n: str(v) for n, v in sites.items()} == flags and
                       len(set(flags.values())) > 1,
                       f"{data['search']}: sites differ: {flags}")


def check_dead_zones(bench):
    flags = ("--search", "dead-zones:agreement:-0.03")
    out, data = bench.search(MODEL, "zones", *flags)
    check_best(bench, data)

    def imported(x, first):
        z = bench.path("float.npz")
        must(["snn-run", MODEL, "--input", x, "--output", z])
        return decide(next(iter(load(z).values())))

    check_said(bench, out, data, imported)
    # The flags that it names are the whole decision.
    plain = compile_model(MODEL, bench.path("plain"), "--self-check=off",
                          "--dead-zone", data["found"]["flags"])
    same = [open(os.path.join(f, "model.mlir"), "rb").read()
            for f in (out, plain)]
    bench.checks.check(same[0] == same[1], "--dead-zone with what was found "
                       "gives the same module")


def check_accuracy(bench):
    """Labels, and picojoules of the spikes on a chip."""
    labels = np.load(bench.labels)
    # Decisions of every position; the labels are of the last.
    out = compile_model(MODEL, bench.path("probe"), "--emit", "sim")
    y, _, _ = bench.run(out, 0)
    full = np.zeros((len(labels), *y.shape[1:-1]), np.int64)
    full[..., -1] = labels.reshape(len(labels), -1)[:, -1]
    path = bench.path("full.npy")
    np.save(path, full)
    right = (decide(y) == full[::2]).mean()
    out, data = bench.search(MODEL, "accuracy", "--search",
                             f"dead-zones:accuracy:{right * 0.8}",
                             "--search-labels", path, "--chip", "common-22nm",
                             "--search-cost", "energy")
    check_best(bench, data)
    check_said(bench, out, data, lambda x, first: full[first::2])
    bench.checks.check(data["cost"] == "energy", "cost is energy")


def check_bits(bench):
    # A float network is calibrated for every candidate: few rows, few passes.
    x = load(bench.prompts)["prompt"]
    np.savez(bench.path("calibration.npz"), prompt=x[:8])
    np.savez(bench.path("some.npz"), prompt=x[8:24])
    out, data = bench.search(FLOAT, "bits", "--search", "bits:error:0.2",
                             "--search-inputs", bench.path("some.npz"),
                             "--calibrate", bench.path("calibration.npz"),
                             "--equalize=off", "--probability=softmax",
                             "--fit-weights=off", "--emit=report")
    found = data["found"]["searched"]
    kept = [u["searched"]["cost"] for u in data["uniform"]
            if u["searched"]["value"] <= 0.2]
    bench.checks.check(data["kept"] and found["value"] <= 0.2 and
                       all(found["cost"] <= c for c in kept),
                       f"bits: error {found['value']:.4f} in "
                       f"{found['cost']:.1f} slots, equal widths in {kept}")
    bits = {s["name"]: s["bits"] for s in
            load_json(os.path.join(out, "quantisation.json"))["sites"]}
    bench.checks.check(all(bits[s["name"]] == s["value"]
                           for s in data["sites"]), "bits are those found")


def check_refusals(bench):
    cases = [
        (["--search", "dead-zones:0.9"], "--search needs dead-zones or bits"),
        (["--search", "dead-zones:agreement:0.9"], "give --search-inputs"),
        (["--search", "dead-zones:agreement:0.9", "--dead-zone", "1"],
         "--dead-zone has no effect with --search dead-zones"),
        (["--search", "bits:agreement:0.9"], "--search bits needs --calibrate"),
        (["--search", "dead-zones:accuracy:0.9"], "needs --search-labels"),
        (["--search-labels", bench.labels],
         "--search-labels has no effect without --search"),
        (["--search", "dead-zones:error:0.9", "--search-cost", "energy"],
         "--search-cost energy needs --chip"),
        (["--search", "dead-zones:accuracy:0.9", "--search-inputs",
          bench.prompts, "--search-labels", bench.prompts],
         "needs labels that are integers"),
    ]
    for flags, text in cases:
        result = execute(["snnc", MODEL, "-o", bench.path("refused"), *flags])
        bench.checks.check(result.returncode == 1 and text in result.stderr,
                           f"{' '.join(flags[:2])}: {text}")
        if text not in result.stderr:
            print(result.stderr)
    result = execute(["snnc", MODEL, "-o", bench.path("none"), "--search",
                      "dead-zones:error:0", "--search-inputs", bench.prompts])
    bench.checks.check(result.returncode == 0 and "warning" in result.stderr and
                       "finds no dead-zones that keep" in result.stderr,
                       "a budget that none keeps is a warning")


def main():
    checks = Checks()
    with scratch() as folder:
        bench = Bench(checks, folder)
        check_dead_zones(bench)
        check_accuracy(bench)
        check_bits(bench)
        check_refusals(bench)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
