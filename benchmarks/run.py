# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times simulators against ONNX Runtime, interleaved in one run.

    benchmarks/run.py [--build DIR] [--work DIR] [--rounds 7] [--runs 50]
                      [--model FILE.onnx --calibrate FILE.npz]
                      [--all [--output PAGE.md]]

Without --model: the BERT-tiny stack (2 layers, 128 wide, 2 heads, 512, sequence
64) of make_bert.py, ours compiled from the float file to W8A8, beside ONNX
Runtime on the float and on the dynamically quantised file. --all: besides, the
BERT-tiny stack at sequence 128 and the BERT-base stack, with activations of 8
and 4 bits, the modes, and the time and memory of compilation, as a table. One
thread each; medians of the rounds' medians, least and greatest, and the ratio.

Before a row is timed, the fast mode's output is compared with the event mode's,
which shares no kernel of integration or firing with it: no wrong network is
timed. ONNX Runtime is npm's onnxruntime-node, installed into the work folder;
rows whose peer cannot run say so.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = "onnxruntime-node@1.30.0"
BASE = ["--layers", 12, "--hidden", 768, "--heads", 12, "--feedforward", 3072,
        "--sequence", 128]


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


class Bench:
    def __init__(self, options):
        self.build, self.rounds = options.build, options.rounds
        self.runs = options.runs
        self.work = options.work.resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.environment = None

    def install_peer(self):
        """npm's ONNX Runtime; whether there is one."""
        if not (self.work / "node_modules" / "onnxruntime-node").exists():
            (self.work / "package.json").write_text("{}\n")
            try:
                done = subprocess.run(
                    ["npm", "install", "--ignore-scripts", "--silent",
                     PACKAGE], cwd=self.work)
            except FileNotFoundError:
                return False
            if done.returncode:
                return False
        self.environment = dict(os.environ,
                                NODE_PATH=str(self.work / "node_modules"))
        return True

    def compile(self, model, name, calibration, *flags):
        """Compiles to work/NAME; seconds, and the peak of memory in MB."""
        start = time.monotonic()
        run(self.build / "bin" / "snnc", model, "-o", self.work / name,
            "--calibrate", calibration, "--emit", "sim", *flags)
        seconds = time.monotonic() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        return seconds, peak

    def ours(self, name, sample, mode="fast", **variables):
        text = run(self.work / name / "sim", "--input", sample, "--output",
                   self.work / f"{name}.npz", "--threads", 1, "--mode", mode,
                   "--benchmark", self.runs,
                   env=dict(os.environ, **variables))
        return json.loads(text)["median_ms"]

    def peer(self, model):
        text = run("node", HERE / "time_onnxruntime.js", model, self.runs,
                   env=self.environment)
        return json.loads(text)["median_ms"]

    def check(self, name, sample):
        """The fast mode's bytes are the event mode's."""
        outputs = []
        for mode in ("fast", "event"):
            path = self.work / f"{name}.{mode}.npz"
            run(self.work / name / "sim", "--input", sample, "--output", path,
                "--mode", mode)
            outputs.append(path.read_bytes())
        if outputs[0] != outputs[1]:
            sys.exit(f"error: {name}: fast and event mode differ")

    def interleave(self, timers):
        """The medians of every timer's rounds: {name: [ms]}."""
        times = {name: [] for name in timers}
        for _ in range(self.rounds):
            for name, timer in timers.items():
                times[name].append(timer())
        return times


def calibration_of(bench, name, shape, count):
    path = bench.work / f"{name}.calibration.npz"
    np.savez(path, x=np.random.default_rng(1).standard_normal(
        (count, *shape)).astype(np.float32))
    sample = bench.work / f"{name}.sample.npz"
    one_sample(path, sample)
    return path, sample


def print_times(times, mine):
    middle = statistics.median(times[mine])
    print(f"{'':<30}{'median ms':>10}{'min':>8}{'max':>8}{'ours / peer':>13}")
    for name, values in times.items():
        value = statistics.median(values)
        print(f"{name:<30}{value:>10.3f}{min(values):>8.3f}"
              f"{max(values):>8.3f}{middle / value:>13.2f}")


def run_one(bench, options):
    if not bench.install_peer():
        sys.exit(f"error: cannot install {PACKAGE}")
    if options.model:
        ours, calibration = options.model, options.calibrate
        peers = {"ONNX Runtime, this file": options.model}
        sample = bench.work / "sample.npz"
        one_sample(calibration, sample)
    else:
        ours = bench.work / "bert.onnx"
        dynamic = bench.work / "bert-dynamic.onnx"
        run(sys.executable, HERE / "make_bert.py", ours, dynamic)
        calibration, sample = calibration_of(bench, "bert", (64, 128), 16)
        peers = {"ONNX Runtime, fp32": ours,
                 "ONNX Runtime, dynamic int8": dynamic}
    bench.compile(ours, "ours", calibration)
    bench.check("ours", sample)
    timers = {"SNNC, W8A8": lambda: bench.ours("ours", sample)}
    for name, model in peers.items():
        timers[name] = lambda model=model: bench.peer(model)
    print_times(bench.interleave(timers), "SNNC, W8A8")


def measure_peak(bench):
    """The machine's multiply-accumulates of bytes, 10^9 a second."""
    binary = bench.work / "peak"
    run(os.environ.get("CXX", "c++").split()[0], "-std=c++17", "-O2",
        HERE / "peak.cpp", "-o", binary)
    return json.loads(run(binary))["vnni_gmac_per_s"]


def run_all(bench, options):
    has_peer = bench.install_peer()
    lines = [f"# Times of {time.strftime('%Y-%m-%d')}", "",
             "Written by `benchmarks/run.py --all`: one thread, batch 1, medians"
             f" of {bench.rounds} interleaved rounds of {bench.runs} runs, least"
             " and greatest in brackets. Peer / ours: above 1, ours is ahead.",
             "",
             f"Vector multiply-accumulates of this machine in the same run: "
             f"{measure_peak(bench):.0f} * 10^9 a second.", "",
             "| network | ours, ms | peer | peer, ms | peer / ours |",
             "| --- | --- | --- | --- | --- |"]
    compiled = []

    def text(values):
        return (f"{statistics.median(values):.3f} "
                f"({min(values):.3f} to {max(values):.3f})")

    for label, size, shape in (
            ("BERT-tiny stack, sequence 128", ["--sequence", 128], (128, 128)),
            ("BERT-base stack, sequence 128", BASE, (128, 768))):
        key = label.split()[0].lower()
        model = bench.work / f"{key}.onnx"
        dynamic = bench.work / f"{key}-dynamic.onnx"
        run(sys.executable, HERE / "make_bert.py", model, dynamic, *size)
        calibration, sample = calibration_of(bench, key, shape, 4)
        timers = {}
        for bits in (8, 4):
            name = f"{key}-a{bits}"
            seconds, peak = bench.compile(model, name, calibration,
                                          "--act-bits", bits)
            compiled.append((f"{label}, W8A{bits}", seconds, peak,
                             model.stat().st_size / 1e6))
            bench.check(name, sample)
            timers[f"W8A{bits}"] = lambda name=name: bench.ours(name, sample)
        for mode in ("event", "stepped"):
            timers[f"W8A8, {mode}"] = lambda mode=mode: bench.ours(
                f"{key}-a8", sample, mode)
        timers["W8A8, SNN_ISA=avx512"] = lambda: bench.ours(
            f"{key}-a8", sample, SNN_ISA="avx512")
        peers = {"ONNX Runtime, dynamic int8": dynamic,
                 "ONNX Runtime, fp32": model}
        if has_peer:
            for name, file in peers.items():
                timers[name] = lambda file=file: bench.peer(file)
        times = bench.interleave(timers)
        for name in timers:
            if name in peers:
                continue
            for peer in peers:
                if not has_peer:
                    lines.append(f"| {label}, {name} | {text(times[name])} | "
                                 f"{peer} | not installed | |")
                    continue
                ratio = (statistics.median(times[peer])
                         / statistics.median(times[name]))
                lines.append(f"| {label}, {name} | {text(times[name])} | {peer}"
                             f" | {text(times[peer])} | {ratio:.2f} |")
    lines += ["", "| compilation to a simulator, 4 samples | s | peak MB of any "
              "compilation so far | model MB |", "| --- | --- | --- | --- |"]
    for name, seconds, peak, size in compiled:
        lines.append(f"| {name} | {seconds:.1f} | {peak:.0f} | {size:.0f} |")
    page = "\n".join(lines) + "\n"
    print(page, end="")
    if options.output:
        options.output.write_text(page)


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
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--output", type=pathlib.Path)
    options = parser.parse_args()
    if options.model and not options.calibrate:
        parser.error("--model needs --calibrate")
    if options.all and options.model:
        parser.error("--all has models of its own")
    bench = Bench(options)
    if options.all:
        run_all(bench, options)
    else:
        run_one(bench, options)


if __name__ == "__main__":
    main()
