# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Accuracy and spikes of phase coding against the number of phases.

    phase_sweep.py measure MODEL.onnx --inputs X.npz --labels Y.npz
                   --calibrate C.npz [--search-rows 64] --output RESULT.json
    phase_sweep.py table RESULT.json...
    phase_sweep.py plot RESULT.json... --output PLOT.svg

measure compiles the network with `--coding phase --attention trace_woss` for every
number of phases that `--phase-search` tries, from 4 to 40. The base is the one whose
outputs are nearest to the float network's on the first rows of the calibration
inputs, never on the evaluation data. It also compiles the network with M-TTFS coding,
W8A8, for comparison. The tools are taken from the PATH; plot needs
matplotlib.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np


def arrays(path):
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def run(*command):
    result = subprocess.run([str(c) for c in command], capture_output=True,
                            text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr}")



def evaluate(args, labels, folder, inputs, *flags):
    """Compiles with `flags`: outputs on `inputs`, and counts per sample."""
    out = os.path.join(folder, "out")
    run("snnc", args.model, "-o", out, "--calibrate", args.calibrate,
        "--emit", "sim,report", *flags)
    y, stats = os.path.join(folder, "y.npz"), os.path.join(folder, "s.json")
    run(os.path.join(out, "sim"), "--input", inputs, "--output", y, "--stats",
        stats)
    with open(stats) as file:
        totals = json.load(file)["totals"]
    return arrays(y), totals


def rate(values, labels):
    values = next(iter(values.values())).reshape(len(labels), -1)
    return float((values.argmax(1) == labels).mean())


def best_bases(args, folder):
    """The least calibration error and its base, for every number of phases."""
    few = os.path.join(folder, "few.npz")
    np.savez(few, **{name: values[:args.search_rows]
                     for name, values in arrays(args.calibrate).items()})
    out = os.path.join(folder, "search")
    # No candidate has an error of 0, so that all are tried.
    run("snnc", args.model, "-o", out, "--calibrate", few, "--coding", "phase",
        "--phase-search", "error:0", "--compile-to", "quantise", "--emit",
        "report")
    with open(os.path.join(out, "quantisation.json")) as file:
        tried = json.load(file)["phase_search"]
    best = {}
    for entry in tried:
        if "uniform_phases" in entry:
            found = entry["error"], entry["uniform_base"]
            phases = entry["uniform_phases"]
            best[phases] = min(best.get(phases, found), found)
    return dict(sorted(best.items()))


def measure(args):
    labels = next(iter(arrays(args.labels).values()))
    result = {"model": os.path.basename(args.model), "samples": len(labels),
              "rows": []}
    with tempfile.TemporaryDirectory() as folder:
        y = os.path.join(folder, "float.npz")
        run("snn-run", args.model, "--input", args.inputs, "--output", y)
        result["float_accuracy"] = rate(arrays(y), labels)
        values, totals = evaluate(args, labels, folder, args.inputs)
        result["mttfs"] = {"accuracy": rate(values, labels), **totals}
        for phases, (error, base) in best_bases(args, folder).items():
            flags = ["--coding", "phase", "--attention", "trace_woss",
                     "--phase-steps", phases, "--phase-base", base]
            values, totals = evaluate(args, labels, folder, args.inputs, *flags)
            result["rows"].append({"phases": phases, "base": base,
                                   "calibration_error": error,
                                   "accuracy": rate(values, labels), **totals})
            print(json.dumps(result["rows"][-1]), flush=True)
    with open(args.output, "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")


def load(paths):
    for path in paths:
        with open(path) as file:
            yield json.load(file)


def table(args):
    for result in load(args.results):
        print(f"{result['model']}, {result['samples']} samples, float "
              f"{100 * result['float_accuracy']:.2f} %:\n")
        print("| T | B | accuracy | spikes per sample | silent |")
        print("| --- | --- | --- | --- | --- |")
        rows = [(row["phases"], row["base"], row) for row in result["rows"]]
        for phases, base, row in rows + [("M-TTFS", "W8A8", result["mttfs"])]:
            print(f"| {phases} | {base} | {100 * row['accuracy']:.2f} % | "
                  f"{row['spikes_per_sample']:,.0f} | "
                  f"{100 * row['silent_fraction']:.1f} % |")
        print()


def plot(args):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "snnc"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    for index, result in enumerate(load(args.results)):
        colour = f"C{index}"
        name = result["model"].removesuffix(".onnx")
        axes.plot([row["phases"] for row in result["rows"]],
                  [100 * row["accuracy"] for row in result["rows"]], "o-",
                  color=colour, label=name)
        axes.axhline(100 * result["float_accuracy"], color=colour, ls=":",
                     lw=1)
    axes.set_xlabel("phases T, at the best base B")
    axes.set_ylabel("accuracy, %")
    axes.legend(title="dotted: float")
    axes.grid(alpha=.3)
    figure.tight_layout()
    figure.savefig(args.output, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("measure")
    command.set_defaults(run=measure)
    command.add_argument("model")
    for name in ("inputs", "labels", "calibrate", "output"):
        command.add_argument("--" + name, required=True)
    command.add_argument("--search-rows", type=int, default=64)
    command = commands.add_parser("table")
    command.set_defaults(run=table)
    command.add_argument("results", nargs="+")
    command = commands.add_parser("plot")
    command.set_defaults(run=plot)
    command.add_argument("results", nargs="+")
    command.add_argument("--output", required=True)
    args = parser.parse_args()
    args.run(args)


main()
