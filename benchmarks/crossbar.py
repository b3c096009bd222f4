# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the virtual crossbars beside recorded times of CrossSim.

    benchmarks/crossbar.py [--build DIR] [--peak BINARY] [--rounds 5]

A layer of 768 x 768 weights, 128 input vectors, one thread, CPU time. CrossSim
(github.com/sandialabs/cross-sim) cannot be installed from packages; its times were
recorded on a machine of this kind and are scaled here by the quotient of the
machines' fp32 peaks (--peak: a binary that prints a line with fp32 and GFLOP/s).
Without --peak they stand as they were recorded. Needs the target
snn_crossbar_benchmark (-DSNN_BUILD_BENCHMARKS=ON).
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess

HERE = pathlib.Path(__file__).resolve().parent

RECORDED_PEAK = 130.0  # GFLOP/s, fp32
# Our benchmark: (CrossSim's work, recorded milliseconds, wanted quotient).
PEERS = {"one_shot": ("converters", 21.0, 5),
         "bit_sliced": ("input bits, a conversion each", 210.0, 15),
         "read_noise": ("the same and read noise", 68600.0, 300)}


def run_once(binary):
    text = subprocess.run([binary, "--benchmark_format=json",
                           "--benchmark_min_time=0.3"], check=True,
                          capture_output=True, text=True).stdout
    return {b["name"].split("/")[1]: b["cpu_time"]
            for b in json.loads(text)["benchmarks"]}


def measure_peak(binary):
    """The fp32 peak of one thread, GFLOP/s."""
    text = subprocess.run([binary], check=True, capture_output=True,
                          text=True).stdout
    found = re.findall(r"fp32.*?([\d.]+) GFLOP", text)
    if not found:
        raise SystemExit(f"{binary} prints no fp32 peak:\n{text}")
    return max(map(float, found))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path,
                        default=HERE.parent / "build")
    parser.add_argument("--peak", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    binary = options.build / "bin" / "snn_crossbar_benchmark"
    peaks, rounds = [], []
    for _ in range(options.rounds):
        if options.peak:
            peaks.append(measure_peak(options.peak))
        rounds.append(run_once(binary))
    # The peak is wall time: the least disturbed run counts.
    scale = RECORDED_PEAK / max(peaks) if peaks else 1.0
    print(f"recorded times of CrossSim, scaled by {scale:.2f}"
          + ("" if peaks else " (no --peak: as recorded)"))
    print(f"{'setup':12} {'ours ms':>9} {'recorded ms':>12} {'quotient':>9} "
          f"{'scaled':>9}")
    for name in rounds[0]:
        ours = statistics.median(r[name] for r in rounds)
        if name not in PEERS:
            print(f"{name:12} {ours:9.2f}")
            continue
        work, recorded, goal = PEERS[name]
        print(f"{name:12} {ours:9.2f} {recorded:12.1f} {recorded / ours:9.1f} "
              f"{recorded * scale / ours:9.1f}  (goal {goal}; {work})")


if __name__ == "__main__":
    main()
