#!/usr/bin/env python3
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Accuracy and cost of networks of few bits: the tables of docs/quantisation.md.

    low_bits.py BUILD COLLECTION --chip common-22nm [--rows 64] [--models NAME,...]
                [--forms "NAME; ..."] [--test N]

COLLECTION is a folder with models/NAME.onnx and data/NAME.*.npz. Each network is
calibrated on the first --rows rows, which are not rows of the test (sentences have a
file of their own), and its simulator runs on the test's. Printed are, as rows of
Markdown: the agreement of predictions with the float network and its standard error;
the squared error of the outputs over their variance; of networks that predict tokens
the perplexity and its ratio to the float network's; slots, spikes and silence per
neuron; with --chip the energy (full, per tile) and the latency of one sample on that
chip, of the spikes that the test's rows made. --test takes its first N rows only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

PLAIN = ["--equalize", "off", "--probability", "softmax", "--fit-weights", "off"]
# Name, flags.
FORMS = [
    ("W8A8", []),
    ("W8A8 in 30 slots", ["--digits", "2"]),
    ("W8A6 in 14 slots", ["--act-bits", "6", "--digits", "2"]),
    ("W8A6 in 14 slots, plain", ["--act-bits", "6", "--digits", "2", *PLAIN]),
    ("W8A4", ["--act-bits", "4"]),
    ("W8A4, plain", ["--act-bits", "4,single=4", *PLAIN]),
    ("W8A4, k = 1", ["--act-bits", "4", "--dead-zone", "1"]),
    ("W8A4, k = 1, plain", ["--act-bits", "4,single=4", "--dead-zone", "1", *PLAIN]),
    ("W4A4", ["--act-bits", "4", "--weight-bits", "4"]),
    ("W4A4, plain", ["--act-bits", "4,single=4", "--weight-bits", "4", *PLAIN]),
]
MODELS = ["sst2_bert_tiny", "vit_mnist_op17", "vit_cifar_ibp", "stories260k"]


def load(path):
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays.files}


def read_task(data, name, rows):
    """Calibration inputs, test inputs, and the float outputs where stored."""
    file = lambda text: load(os.path.join(data, text + ".npz"))
    head = lambda arrays: {k: v[:rows] for k, v in arrays.items()}
    if name == "sst2_bert_tiny":
        return (head(file("sst2_calib")), file("sst2_dev.inputs"),
                file(name + ".outputs"))
    if name == "stories260k":
        text = file("stories260k_text")
        windows = lambda ids: {"ids": ids.reshape(-1, 64)}
        return head(windows(text["cal"])), windows(text["ev"]), None
    inputs = file("mnist_std.inputs" if "mnist" in name else name + ".inputs")
    tail = lambda arrays: {k: v[rows:] for k, v in arrays.items()}
    return head(inputs), tail(inputs), tail(file(name + ".outputs"))


def run(*command):
    result = subprocess.run([str(c) for c in command], capture_output=True,
                            text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr}")


def perplexity(logits, ids):
    logits = logits.astype(float)
    logits -= logits.max(-1, keepdims=True)
    chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return float(np.exp(-np.take_along_axis(chances[:, :-1], ids[:, 1:, None],
                                            -1).mean()))


def measure(options, name, folder, flags, task, reference):
    out = os.path.join(folder, "out")
    path = lambda text: os.path.join(folder, text)
    chip = ["--chip", options.chip, "--emit", "sim,report", "--dump-phases",
            path("phases")] if options.chip else []
    run(os.path.join(options.build, "bin", "snnc"),
        os.path.join(options.collection, "models", name + ".onnx"), "-o", out,
        "--calibrate", path("calibration.npz"), *flags, *chip)
    run(os.path.join(out, "sim"), "--input", path("test.npz"), "--output",
        path("y.npz"), "--stats", path("s.json"))
    y = next(iter(load(path("y.npz")).values()))
    with open(path("s.json")) as file:
        sites = json.load(file)["sites"]
    with open(os.path.join(out, "quantisation.json")) as file:
        bits = {s["name"]: s["bits"] for s in json.load(file)["sites"]}
    equal = y.argmax(-1) == reference.argmax(-1)
    error = ((y - reference)**2).sum() / ((reference - reference.mean())**2).sum()
    agree = 100 * equal.mean()
    spread = 100 * equal.std() / np.sqrt(equal.size)
    # Digits of one neuron are sent one after the other.
    neurons = slots = spikes = 0
    for site, count in sites.items():
        slots += count["neurons"] * (2**bits[site] - 1)
        spikes += count["spikes"]
        neurons += 0 if site.endswith("/low") else count["neurons"]
    text = f"{agree:.1f} +- {spread:.1f} % | {error:.4f} | "
    if "ids" in task[1]:
        now, was = (perplexity(v, task[1]["ids"]) for v in (y, reference))
        text += f"{now:.2f} ({now / was:.2f}) | "
    else:
        text += "| "
    text += f"{slots / neurons:.1f} | {spikes / neurons:.2f}"
    if options.chip:
        # The mapped module under the rates of this run.
        mapped = next(p for p in os.listdir(path("phases"))
                      if p.endswith("image.mlir"))
        run(os.path.join(options.build, "bin", "snn-opt"),
            os.path.join(path("phases"), mapped), "-o", os.devnull,
            f"--xbar-report-energy=stats={path('s.json')} "
            f"output={path('energy.json')}")
        with open(path("energy.json")) as file:
            report = json.load(file)
        energy = report["totals"]["full_per_tile_pj"]["total"]
        latency = report["latency"]["latency_ns"]
        text += f" | {energy / 1e6:.2f} | {latency / 1e3:.1f}"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("collection")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--forms", default="",
                        help="names of forms; default: all")
    parser.add_argument("--chip")
    parser.add_argument("--test", type=int, help="rows of the test; default: all")
    options = parser.parse_args()
    wanted = [n.strip() for n in options.forms.split(";") if n.strip()]
    unknown = [n for n in wanted if n not in dict(FORMS)]
    if unknown:
        parser.error(f"no form {unknown[0]!r}; forms are, between semicolons: "
                     + "; ".join(n for n, _ in FORMS))
    print("| network | form | agreement | error | perplexity (ratio) | slots | "
          "spikes |" + (" uJ | us |" if options.chip else ""))
    print("| --- " * (9 if options.chip else 7) + "|")
    for name in options.models.split(","):
        task = read_task(os.path.join(options.collection, "data"), name,
                         options.rows)
        if options.test:
            first = lambda arrays: {k: v[:options.test] for k, v in arrays.items()}
            task = (task[0], first(task[1]), task[2] and first(task[2]))
        with tempfile.TemporaryDirectory(prefix="snn-low-bits-") as folder:
            path = lambda text: os.path.join(folder, text)
            np.savez(path("calibration.npz"), **task[0])
            np.savez(path("test.npz"), **task[1])
            if task[2] is None:
                run(os.path.join(options.build, "bin", "snn-run"),
                    os.path.join(options.collection, "models", name + ".onnx"),
                    "--input", path("test.npz"), "--output",
                    path("float.npz"))
            outputs = task[2] if task[2] is not None else load(path("float.npz"))
            reference = next(iter(outputs.values()))
            for form, flags in FORMS:
                if wanted and form not in wanted:
                    continue
                text = measure(options, name, folder, flags, task, reference)
                print(f"| {name} | {form} | {text} |", flush=True)


if __name__ == "__main__":
    main()
