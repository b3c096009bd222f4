#!/usr/bin/env python3
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Dead zones by site against equal ones: the table of docs/sweeps.md.

    site_search.py BUILD COLLECTION [--forms "NAME; ..."] [--losses 0,0.01,0.02] [--rows N]

COLLECTION is a folder with models/NAME.onnx and data/NAME.*.npz. For each network and
loss, `snnc --search dead-zones:accuracy:-LOSS` chooses dead zones on every second sentence
of the development set of SST-2. A row compares what it found with the equal dead zone of
least spikes that is at least as accurate on the other sentences, which no choice has seen.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

# Name, model, flags.
FORMS = [
    ("w1a4_k0", "sst2_bert_tiny_w1a4_k0", []),
    ("w1a4_k1", "sst2_bert_tiny_w1a4_k1", []),
    ("float, W8A8", "sst2_bert_tiny", ["--calibrate", "{calibration}"]),
    ("float, W8A4", "sst2_bert_tiny", ["--calibrate", "{calibration}", "--act-bits", "4"]),
    # Without what takes longest of a compilation.
    ("float, W8A4, plain", "sst2_bert_tiny",
     ["--calibrate", "{calibration}", "--act-bits", "4", "--equalize=off",
      "--probability=softmax", "--fit-weights=off"]),
]


def search(options, model, flags, loss, folder):
    data = os.path.join(options.collection, "data")
    flags = [f.format(calibration=os.path.join(data, "sst2_calib.npz")) for f in flags]
    inputs, labels = (os.path.join(data, f"sst2_dev.{k}.npz") for k in ("inputs", "labels"))
    if options.rows:
        for path, name in ((inputs, "x.npz"), (labels, "l.npz")):
            with np.load(path) as arrays:
                np.savez(os.path.join(folder, name),
                         **{k: arrays[k][:options.rows] for k in arrays.files})
        inputs, labels = (os.path.join(folder, n) for n in ("x.npz", "l.npz"))
    command = [os.path.join(options.build, "bin", "snnc"),
               os.path.join(options.collection, "models", model + ".onnx"), "-o",
               os.path.join(folder, "out"), "--emit=report", "--compile-to=quantise",
               "--search", f"dead-zones:accuracy:-{loss}", "--search-inputs", inputs,
               "--search-labels", labels, *flags]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    if options.verbose:
        print(done.stdout, file=sys.stderr)
    with open(os.path.join(folder, "out", "search.json")) as file:
        return json.load(file)


def cell(score):
    return f"{100 * score['value']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f}) %"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("collection")
    parser.add_argument("--forms", default="", help="names of forms; default: all")
    parser.add_argument("--losses", default="0.0001,0.01,0.02")
    parser.add_argument("--rows", type=int, default=0, help="of the development set")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    wanted = [n.strip() for n in options.forms.split(";") if n.strip()]
    unknown = [n for n in wanted if n not in [f[0] for f in FORMS]]
    if unknown:
        parser.error(f"no form {unknown[0]!r}; forms are, between semicolons: "
                     + "; ".join(f[0] for f in FORMS))
    print("| network | loss allowed | accuracy, searched | accuracy, unseen | spikes a "
          "sentence, unseen | equal dead zone | its accuracy, unseen | its spikes | fewer "
          "spikes | networks tried |")
    print("| --- " * 10 + "|")
    for name, model, flags in FORMS:
        if wanted and name not in wanted:
            continue
        for loss in options.losses.split(","):
            with tempfile.TemporaryDirectory(prefix="snn-search-") as folder:
                data = search(options, model, flags, loss, folder)
            found = data["found"]
            equal = [u for u in data["uniform"]
                     if u["unseen"]["value"] >= found["unseen"]["value"]]
            text = "none | | | "
            if equal:
                best = min(equal, key=lambda u: u["unseen"]["spikes_per_sample"])
                spikes = best["unseen"]["spikes_per_sample"]
                fewer = 1 - found["unseen"]["spikes_per_sample"] / spikes
                text = (f"{best['name']} | {cell(best['unseen'])} | {spikes:,.0f} | "
                        f"{100 * fewer:.1f} % ")
            print(f"| {name} | {100 * float(loss):.1f} | {cell(found['searched'])} | "
                  f"{cell(found['unseen'])} | {found['unseen']['spikes_per_sample']:,.0f} | "
                  f"{text}| {data['tried']} |", flush=True)


if __name__ == "__main__":
    main()
