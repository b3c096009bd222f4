#!/usr/bin/env python3
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a second rank brings: the table of docs/simulator.md.

    ranks.py MODEL.onnx INPUTS.npz [--build DIR] [--repeat 20] [--rounds 5] [FLAGS of snnc]

Compiles the model and runs the inputs, repeated, with --stats and one thread: in one process,
in two ranks, and as two processes that know nothing of each other, each with a file of one half;
in turn, seconds by the clock. The last is what the machine can give at most. Outputs are compared.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]


def start(command):
    return subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL)


def seconds(*commands):
    """Of all commands side by side."""
    begin = time.monotonic()
    running = [start(c) for c in commands]
    if any([process.wait() for process in running]):
        sys.exit("error: a run failed")
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("inputs", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build")
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    options, flags = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="snn-ranks-") as name:
        work = pathlib.Path(name)
        subprocess.run([options.build / "bin" / "snnc", options.model, "-o", work / "out",
                        "--emit", "sim", *flags], check=True)
        with np.load(options.inputs) as arrays:
            rows = {k: np.concatenate([arrays[k]] * options.repeat) for k in arrays.files}
        count = len(next(iter(rows.values())))
        half = count // 2
        parts = {"all": slice(None), "first": slice(0, half), "second": slice(half, None)}
        for part, chosen in parts.items():
            np.savez(work / f"{part}.npz", **{k: v[chosen] for k, v in rows.items()})

        def sim(part, output, *more):
            return [work / "out" / "sim", "--input", work / f"{part}.npz", "--output",
                    work / f"{output}.npz", "--stats", work / f"{output}.json", "--threads", 1,
                    *more]

        forms = {
            "one process": [sim("all", "one")],
            "two ranks": [[*MPIRUN, "-np", 2, *sim("all", "ranks")]],
            "two processes, halves": [sim("first", "a"),
                                      sim("second", "b", "--first-sample", half)],
        }
        times = {form: [] for form in forms}
        for _ in range(options.rounds):
            for form, commands in forms.items():
                times[form].append(seconds(*commands))
        same = all((work / f"one.{end}").read_bytes() == (work / f"ranks.{end}").read_bytes()
                   for end in ("npz", "json"))
        if not same:
            sys.exit("error: two ranks give other files than one process")
    middle = {form: statistics.median(values) for form, values in times.items()}
    print(f"{count} samples, files of two ranks equal those of one process")
    print("| run | seconds | least to greatest | of one process |\n| --- | --- | --- | --- |")
    for form, values in times.items():
        print(f"| {form} | {middle[form]:.2f} | {min(values):.2f} to {max(values):.2f} | "
              f"{middle['one process'] / middle[form]:.2f} |")
    share = middle["two processes, halves"] / middle["two ranks"]
    print(f"Two ranks reach {100 * share:.0f} % of what two processes do.")


if __name__ == "__main__":
    main()
