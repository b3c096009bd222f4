# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""M-TTFS and phase coding of one float model, side by side on one chip.

    codings.py mimo [--count 1000] --output RESULT.json
    codings.py model MODEL.onnx --inputs X.npz --labels Y.npz --calibrate C.npz
               --output RESULT.json
    codings.py table RESULT.json...

Both codings are those of 8-bit weights: M-TTFS with 8-bit activations, phase coding with
--phases phases (16) of base --base (1.4). Error rates, spikes and energies come from
`snnc --compare-systems` (docs/compare.md) on the chip common-22nm, from spikes that the
simulators count. mimo is the bundled detector after 18 pilots, with the seeded test set
of examples/mimo. The tools are taken from the PATH.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
MIMO = os.path.join(HERE, "..", "examples", "mimo")
NAMES = {"matterhorn": "M-TTFS, W8A8", "spikedattention": "phase"}
TASK = """schema_version: 1
name: codings
inputs: {inputs}
calibrate: {calibrate}
common_chip: common-22nm
scoring:
  labels: {labels}
  array: {array}
{scoring}systems:
  - system: matterhorn
    model: {model}
  - system: spikedattention
    model: {model}
    flags: ["--phase-steps={phases}", "--phase-base={base}"]
"""


def compare(args, folder, model, inputs, labels, calibrate, scoring, array):
    task = os.path.join(folder, "task.yaml")
    with open(task, "w") as file:
        file.write(TASK.format(model=os.path.abspath(model), array=array,
                               inputs=os.path.abspath(inputs), scoring=scoring,
                               labels=os.path.abspath(labels),
                               calibrate=os.path.abspath(calibrate),
                               phases=args.phases, base=args.base))
    out = os.path.join(folder, "out")
    result = subprocess.run(["snnc", "--compare-systems", task, "-o", out],
                            capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stdout + result.stderr)
    with open(os.path.join(out, "comparison.json")) as file:
        comparison = json.load(file)
    comparison.update(model=os.path.basename(model), phases=args.phases,
                      base=args.base)
    with open(args.output, "w") as file:
        json.dump(comparison, file, indent=2)
        file.write("\n")


def run_mimo(args):
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        subprocess.run([sys.executable, os.path.join(MIMO, "make_inputs.py"),
                        "--count", str(args.count), "--output-dir", data],
                       check=True)
        path = lambda name: os.path.join(data, name + ".npz")
        compare(args, folder, os.path.join(MIMO, "mimo_float.onnx"),
                path("inputs"), path("labels"), path("calibration"),
                "  output: logits\n  last_only: true\n  digits: 4\n", "labels")


def run_model(args):
    with np.load(args.labels) as file:
        array = file.files[0]
    with tempfile.TemporaryDirectory() as folder:
        compare(args, folder, args.model, args.inputs, args.labels,
                args.calibrate, "", array)


def table(args):
    results = []
    for path in args.results:
        with open(path) as file:
            results.append(json.load(file))
    columns = []
    for result in results:
        for row in result["systems"]:
            name = NAMES[row["system"]]
            if name == "phase":
                name += f", T = {result['phases']}, B = {result['base']}"
            if all(c[0]["model"] != result["model"] or c[2] != name
                   for c in columns):
                columns.append((result, row, name))

    def line(title, cell):
        print(f"| {title} | " + " | ".join(cell(*c) for c in columns) + " |")

    line("", lambda result, row, name: result["model"].removesuffix(".onnx"))
    print("| --- |" + " --- |" * len(columns))
    line("coding", lambda result, row, name: name)
    line("samples", lambda result, row, name: str(result["samples"]))
    line("error rate", lambda result, row, name: f"{row['error_rate']:.4f}")
    line("spikes an inference", lambda result, row, name: f"{row['spikes']:,.0f}")
    line("energy, uJ",
         lambda result, row, name: f"{row['common']['energy_pj'] * 1e-6:,.2f}")
    kinds = sorted({k for _, row, _ in columns
                    for k in row["common"]["components_pj"]})
    for kind in kinds:
        line(kind.replace("_", " "), lambda result, row, name: "{:,.2f}".format(
            row["common"]["components_pj"].get(kind, 0) * 1e-6))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    mimo = commands.add_parser("mimo")
    mimo.set_defaults(run=run_mimo)
    mimo.add_argument("--count", type=int, default=1000)
    model = commands.add_parser("model")
    model.set_defaults(run=run_model)
    model.add_argument("model")
    for name in ("inputs", "labels", "calibrate"):
        model.add_argument("--" + name, required=True)
    for command in (mimo, model):
        command.add_argument("--phases", type=int, default=16)
        command.add_argument("--base", type=float, default=1.4)
        command.add_argument("--output", required=True)
    command = commands.add_parser("table")
    command.set_defaults(run=table)
    command.add_argument("results", nargs="+")
    args = parser.parse_args()
    args.run(args)


main()
