# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the energy, latency and area report of one BERT-base layer.

    benchmarks/energy.py [--build DIR] [--work DIR] [--runs 9] [--sequence 128]
                         [--peak PROGRAM]

The layer (768 wide, 12 heads, 3072, random 1-bit weights) is mapped to
matterhorn-22nm once; then the pass that reads the mapped module and writes
energy.json, trace.json and the page is timed as a process of its own, median of
CPU time. NeuroSim's core cannot be installed here; it took 330 s for the same
layer on a machine with a fp32 peak of 130 GFLOP/s on one core. --peak names a
program that prints a line "fp32 FMA AVX-512 X GFLOP/s"; NeuroSim's time is then
scaled by 130 / X. The line says so.
"""

import argparse
import pathlib
import re
import resource
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PEER_SECONDS, PEER_PEAK = 330.0, 130.0


def run(*command):
    done = subprocess.run([str(part) for part in command], text=True,
                          capture_output=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build")
    parser.add_argument("--work", type=pathlib.Path, default="out/energy")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--sequence", type=int, default=128)
    parser.add_argument("--peak", type=pathlib.Path)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    model, tools = options.work / "layer.onnx", options.build / "bin"
    run(sys.executable, HERE / "make_bert.py", model, "--layers", 1, "--hidden",
        768, "--heads", 12, "--feedforward", 3072, "--sequence",
        options.sequence, "--activation", "relu")
    run(tools / "snnc", model, "-o", options.work, "--chip", "matterhorn-22nm",
        "--weight-bits", 1, "--act-bits", 4, "--kv-bits", 1, "--calibrate",
        "random:1", "--mask", "zero", "--assume", "rate=0.38", "--compile-to",
        "image", "--dump-phases", options.work / "phases")
    mapped = next((options.work / "phases").glob("*image.mlir"))
    report = (f"assume=rate=0.38 output={options.work}/energy.json "
              f"trace={options.work}/trace.json page={options.work}/report.html")
    seconds = []
    for _ in range(options.runs):
        before = cpu_seconds()
        run(tools / "snn-opt", mapped, f"--xbar-report-energy={report}", "-o",
            "/dev/null")
        seconds.append(cpu_seconds() - before)
    ours, peer, note = statistics.median(seconds), PEER_SECONDS, "recorded"
    if options.peak:
        found = re.search(r"fp32 FMA AVX-512\s+([\d.]+)", run(options.peak))
        if not found:
            sys.exit(f"error: {options.peak} prints no fp32 peak")
        peer *= PEER_PEAK / float(found[1])
        note = f"recorded 330 s at {PEER_PEAK:.0f} GFLOP/s, scaled to {found[1]}"
    print(f"report of one BERT-base layer, {options.sequence} tokens: {ours:.3f} s"
          f" CPU; NeuroSim core {peer:.0f} s ({note}); ratio {peer / ours:.0f}")


if __name__ == "__main__":
    main()
