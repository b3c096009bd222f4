# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times simulators against ONNX Runtime, interleaved in one run.

    benchmarks/run.py [--build DIR] [--work DIR] [--rounds 7] [--runs 50]
                      [--model FILE.onnx --calibrate FILE.npz]

Without --model: the BERT-tiny stack (2 layers, 128 wide, 2 heads, 512, sequence
64) of make_bert.py, ours compiled from the float file to W8A8, beside ONNX
Runtime on the float and on the dynamically quantised file. One thread each;
medians of the rounds' medians, and their ratio. ONNX Runtime is npm's
onnxruntime-node, installed into the work folder.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = "onnxruntime-node@1.30.0"


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], text=True,
                          capture_output=True, **options)
    if done.returncode:
        sys.exit(f"error: {' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def one_sample(calibration, path):
    """The first row of every calibration array."""
    arrays = np.load(calibration)
    np.savez(path, **{name: arrays[name][:1] for name in arrays.files})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path,
                        default=HERE.parent / "build")
    parser.add_argument("--work", type=pathlib.Path,
                        default=HERE.parent / "out" / "benchmarks")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--calibrate", type=pathlib.Path)
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)

    if not (work / "node_modules" / "onnxruntime-node").exists():
        (work / "package.json").write_text("{}\n")
        run("npm", "install", "--ignore-scripts", "--silent", PACKAGE,
            cwd=work)
    environment = dict(os.environ, NODE_PATH=str(work / "node_modules"))

    if options.model:
        if not options.calibrate:
            parser.error("--model needs --calibrate")
        ours, calibration = options.model, options.calibrate
        peers = {"ONNX Runtime, this file": options.model}
    else:
        ours = work / "bert.onnx"
        dynamic = work / "bert-dynamic.onnx"
        run(sys.executable, HERE / "make_bert.py", ours, dynamic)
        calibration = work / "calibration.npz"
        np.savez(calibration, x=np.random.default_rng(1).standard_normal(
            (16, 64, 128)).astype(np.float32))
        peers = {"ONNX Runtime, fp32": ours,
                 "ONNX Runtime, dynamic int8": dynamic}
    run(options.build / "bin" / "snnc", ours, "-o", work / "ours",
        "--calibrate", calibration)
    sample = work / "sample.npz"
    one_sample(calibration, sample)

    times = {name: [] for name in ["SNNC, W8A8", *peers]}
    for _ in range(options.rounds):
        text = run(work / "ours" / "sim", "--input", sample, "--output",
                   work / "output.npz", "--threads", 1, "--benchmark",
                   options.runs)
        times["SNNC, W8A8"].append(json.loads(text)["median_ms"])
        for name, model in peers.items():
            text = run("node", HERE / "time_onnxruntime.js", model,
                       options.runs, env=environment)
            times[name].append(json.loads(text)["median_ms"])

    mine = statistics.median(times["SNNC, W8A8"])
    print(f"{'':<30}{'median ms':>10}{'min':>8}{'max':>8}{'ours / peer':>13}")
    for name, values in times.items():
        middle = statistics.median(values)
        print(f"{name:<30}{middle:>10.3f}{min(values):>8.3f}"
              f"{max(values):>8.3f}{mine / middle:>13.2f}")


if __name__ == "__main__":
    main()
