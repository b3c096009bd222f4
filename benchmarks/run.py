# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times simulators against ONNX Runtime, interleaved in one run.

    benchmarks/run.py [--build DIR] [--work DIR] [--rounds 7] [--runs 50] [--cpu]
                      [--model FILE.onnx --calibrate FILE.npz]
                      [--all [--only TEXT] [--output PAGE.md]]

Without --model: the BERT-tiny stack (2 layers, 128 wide, 2 heads, 512, sequence
64) of make_bert.py, ours compiled from the float file to W8A8, beside ONNX
Runtime on the float and on the dynamically quantised file. --all: besides, the
BERT-tiny stack at sequence 128 and the BERT-base stack, with activations of 8
and 4 bits, the modes, two threads, their QDQ files, the networks of
torch_networks.py beside PyTorch, starts, and the time and memory of compilation,
as a table; where the time goes by `sim --profile`. --only takes the networks whose
label has a text, "BERT-base" or "LIF". One thread each unless a row
says otherwise; medians of the rounds' medians, least and greatest, and the ratio.
A round has --runs runs, or as many as fit into half a second.

Before a row is timed, the simulator's output is compared with the interpreter's,
which computes the network of phase `engines` with plain loops, or, for large ones,
with its event mode's: no wrong network is timed. ONNX Runtime is npm's onnxruntime-node, installed into the work folder
unless $NODE_PATH has it; rows whose peer cannot run say so.
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
        self.runs, self.cpu = options.runs, options.cpu
        self.chosen_runs = {}
        self.work = options.work.resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.environment = None

    def install_peer(self):
        """npm's ONNX Runtime; whether there is one."""
        for folder in os.environ.get("NODE_PATH", "").split(os.pathsep):
            if (pathlib.Path(folder) / "onnxruntime-node").exists():
                self.environment = dict(os.environ)
                return True
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
            "--calibrate", calibration, "--emit", "sim,ir", *flags)
        seconds = time.monotonic() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        return seconds, peak

    def choose_runs(self, key, measure):
        """Runs of a round: --runs, or as many as fit into half a second."""
        if key not in self.chosen_runs:
            once = max(measure(1), 0.01)
            self.chosen_runs[key] = max(1, min(self.runs, int(500 / once)))
        return measure(self.chosen_runs[key])

    def ours(self, name, sample, mode="fast", threads=1, flags=(), **variables):
        def measure(runs):
            text = run(self.work / name / "sim", "--input", sample, "--output",
                       self.work / f"{name}.npz", "--threads", threads, "--mode",
                       mode, "--benchmark", runs, *flags,
                       env=dict(os.environ, **variables))
            return json.loads(text)["cpu_median_ms" if self.cpu and threads == 1
                                    else "median_ms"]
        return self.choose_runs(
            (name, mode, threads, flags, *sorted(variables.items())), measure)

    def start(self, name, sample):
        """Milliseconds of a whole process with one sample."""
        begin = time.monotonic()
        run(self.work / name / "sim", "--input", sample, "--output",
            self.work / f"{name}.npz", "--threads", 1)
        return (time.monotonic() - begin) * 1e3

    def profile(self, name, sample):
        """The sums by kind of `sim --profile`."""
        text = run(self.work / name / "sim", "--input", sample, "--output",
                   self.work / f"{name}.npz", "--threads", 1, "--benchmark",
                   min(self.runs, 10), "--profile",
                   self.work / f"{name}.trace.json")
        return text[text.index("\n") + 1:].split("\n\n")[:2]

    def peer(self, model):
        def measure(runs):
            text = run("node", HERE / "time_onnxruntime.js", model, runs,
                       env=self.environment)
            return json.loads(text)["cpu_median_ms" if self.cpu else
                                    "median_ms"]
        return self.choose_runs(model, measure)

    def torch(self, network, runs):
        """Milliseconds of a network of torch_networks.py in PyTorch."""
        return float(run(sys.executable, HERE / "torch_networks.py", "time",
                         network, runs, *(["--cpu"] if self.cpu else [])))

    def check(self, name, sample, by_events=False):
        """The simulator's arrays are the interpreter's; with `by_events`, where
        plain loops would take minutes, those of its event mode, which shares no
        code with the fast one for integration or firing."""
        paths = [self.work / f"{name}.{part}.npz" for part in ("sim", "run")]
        run(self.work / name / "sim", "--input", sample, "--output", paths[0])
        if by_events:
            run(self.work / name / "sim", "--mode", "event", "--input", sample,
                "--output", paths[1])
        else:
            run(self.build / "bin" / "snn-run",
                self.work / name / "model.mlir", "--input", sample, "--output",
                paths[1])
        mine, reference = (np.load(path) for path in paths)
        for key in reference.files:
            if mine[key].tobytes() != reference[key].tobytes():
                sys.exit(f"error: {name}: '{key}' differs from the "
                         "reference's")

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


def text_of(values):
    return (f"{statistics.median(values):.3f} "
            f"({min(values):.3f} to {max(values):.3f})")


def bert_rows(bench, label, size, shape, has_peer, page):
    """The rows of one stack; what is compiled, how long it takes."""
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
        page["compiled"].append((f"{label}, W8A{bits}, 4 samples", seconds,
                                 peak, model.stat().st_size / 1e6))
        bench.check(name, sample)
        timers[f"W8A{bits}"] = lambda name=name: bench.ours(name, sample)
    name = f"{key}-a8"
    timers["W8A8, two threads"] = lambda: bench.ours(name, sample, threads=2)
    for mode in ("event", "stepped"):
        timers[f"W8A8, {mode}"] = lambda mode=mode: bench.ours(name, sample,
                                                               mode)
    timers["W8A8, SNN_ISA=avx512"] = lambda: bench.ours(name, sample,
                                                        SNN_ISA="avx512")
    timers["W8A8, SNN_ISA=avxvnni"] = lambda: bench.ours(name, sample,
                                                         SNN_ISA="avxvnni")
    timers["W8A8, SNN_ISA=avx2"] = lambda: bench.ours(name, sample,
                                                      SNN_ISA="avx2")
    timers["W8A8, --stats"] = lambda: bench.ours(
        name, sample, flags=("--stats", bench.work / "stats.json"))
    timers["W8A8, process with one sample"] = lambda: bench.start(name, sample)
    peers = {"ONNX Runtime, dynamic int8": dynamic, "ONNX Runtime, fp32": model}
    if has_peer:
        for peer, file in peers.items():
            timers[peer] = lambda file=file: bench.peer(file)
    times = bench.interleave(timers)
    for name_, values in times.items():
        if name_ in peers:
            continue
        # Variants stand beside the peer of the same bits.
        for peer in peers if name_ in ("W8A8", "W8A4") else list(peers)[:1]:
            row = f"| {label}, {name_} | {text_of(values)} | {peer} | "
            if not has_peer:
                page["rows"].append(row + "not installed | |")
                continue
            ratio = (statistics.median(times[peer])
                     / statistics.median(values))
            page["rows"].append(row + f"{text_of(times[peer])} | {ratio:.2f} |")
    page["profiles"].append((label + ", W8A8", bench.profile(name, sample)))


def qdq_rows(bench, label, size, has_peer, page):
    """The stack as QuantizeLinear and DequantizeLinear, ours from that file."""
    key = label.split()[0].lower() + "-qdq"
    folder = bench.work / key
    run(sys.executable, HERE / "make_quantised_bert.py", folder, *size)
    model, sample = folder / "qdq_tensor.onnx", bench.work / f"{key}.sample.npz"
    one_sample(folder / "inputs.npz", sample)
    seconds, peak = bench.compile(model, key + "-ours", folder / "inputs.npz")
    page["compiled"].append((label + ", QDQ", seconds, peak,
                             model.stat().st_size / 1e6))
    bench.check(key + "-ours", sample)
    timers = {"ours": lambda: bench.ours(key + "-ours", sample)}
    if has_peer:
        timers["peer"] = lambda: bench.peer(model)
    add_row(page, f"{label}, from its QDQ file", "ONNX Runtime, the same file",
            bench.interleave(timers))


def add_row(page, label, peer, times, mine="ours", theirs="peer"):
    row = f"| {label} | {text_of(times[mine])} | {peer} | "
    if theirs not in times:
        page["rows"].append(row + "not installed | |")
        return
    ratio = statistics.median(times[theirs]) / statistics.median(times[mine])
    page["rows"].append(row + f"{text_of(times[theirs])} | {ratio:.2f} |")


TORCH_NETWORKS = {
    "metaspikeformer": "Meta-SpikeFormer 15M, 224 x 224, T = 4",
    "lif-4": "12 LIF layers of BERT-base's size, T = 4",
    "lif-16": "12 LIF layers of BERT-base's size, T = 16",
    "ttfs": "768 to 3072, 128 tokens, windows of 15 slots",
}


def torch_rows(bench, options, page):
    """Networks that PyTorch exports, beside its run of them step by step."""
    has_torch = subprocess.run([sys.executable, "-c", "import torch"],
                               capture_output=True).returncode == 0
    for network, label in TORCH_NETWORKS.items():
        if options.only not in label:
            continue
        model = bench.work / f"{network}.onnx"
        sample = bench.work / f"{network}.sample.npz"
        if not has_torch and not model.exists():
            page["rows"].append(f"| {label} | not run | PyTorch, which exports "
                                "the network | not installed | |")
            continue
        if not model.exists():
            run(sys.executable, HERE / "torch_networks.py", "export", network,
                model, sample)
        flags = ["--act-bits", 4] if network == "ttfs" else []
        seconds, peak = bench.compile(model, network, sample, *flags)
        page["compiled"].append((label + ", one sample", seconds, peak,
                                 model.stat().st_size / 1e6))
        bench.check(network, sample, by_events=network != "ttfs")
        timers = {"ours": lambda: bench.ours(network, sample),
                  "two": lambda: bench.ours(network, sample, threads=2)}
        if has_torch:
            timers["peer"] = lambda: bench.torch(network,
                                                 5 if network == "ttfs" else 1)
        times = bench.interleave(timers)
        add_row(page, label, "PyTorch", times)
        add_row(page, label + ", two threads", "PyTorch", times, "two")
        page["profiles"].append((label, bench.profile(network, sample)))


def silence_rows(bench):
    """One layer, 768 to 3072, by silence: dense, groups, events, chosen."""
    binary = bench.build / "bin" / "snn_runtime_benchmark"
    if not binary.exists():
        return ["Products by silence: snn_runtime_benchmark is not built "
                "(SNN_BUILD_BENCHMARKS)."]
    report = json.loads(run(binary, "--benchmark_filter=linearSilence",
                            "--benchmark_format=json",
                            "--benchmark_repetitions=5",
                            "--benchmark_min_time=0.05"))
    times = {}
    for row in report["benchmarks"]:
        if row.get("run_type") == "iteration":
            key = tuple(int(part) for part in row["name"].split("/")[1:4])
            times.setdefault(key, []).append(row["cpu_time"] / 1e3)
    least = {key: min(values) for key, values in times.items()}
    lines = ["| tokens | silent | all weights, us | groups | single inputs | "
             "chosen | all / chosen |", "| --- | --- | --- | --- | --- | --- | "
             "--- |"]
    for tokens, silent in sorted({key[:2] for key in least}):
        dense, groups, events, chosen = (least[tokens, silent, kernel]
                                         for kernel in (1, 2, 3, 0))
        lines.append(f"| {tokens} | {silent} % | {dense:.1f} | {groups:.1f} | "
                     f"{events:.1f} | {chosen:.1f} | {dense / chosen:.2f} |")
    return lines


def run_all(bench, options):
    has_peer = bench.install_peer()
    page = {"rows": [], "compiled": [], "profiles": []}
    peak = measure_peak(bench)
    for label, size, shape in (
            ("BERT-tiny stack, sequence 128", ["--sequence", 128], (128, 128)),
            ("BERT-base stack, sequence 128", BASE, (128, 768))):
        if options.only not in label:
            continue
        bert_rows(bench, label, size, shape, has_peer, page)
        qdq_rows(bench, label, size, has_peer, page)
    torch_rows(bench, options, page)
    load = os.getloadavg()
    lines = ["# Performance", "",
             f"Written by `benchmarks/run.py --all` on {time.strftime('%Y-%m-%d')}: "
             f"one thread, batch 1, medians of {bench.rounds} interleaved rounds "
             f"of {bench.runs} runs, least and greatest in brackets. Peer / ours: "
             "above 1, ours is ahead. " +
             ("Times are of the processor where one thread ran, by the clock "
              "for two threads and whole processes. " if bench.cpu else "") +
             "Every simulator's output was first compared bit for bit: with the "
             "interpreter's, which computes by plain loops, or, for networks "
             "beside PyTorch, with its own event mode's.", "",
             f"Processor: {processor()}. Vector multiply-accumulates of a thread "
             f"in the same run: {peak:.0f} * 10^9 a second. Load of the machine "
             f"at the end: {load[0]:.1f}, over 15 minutes {load[2]:.1f}, on "
             f"{os.cpu_count()} cores.", "",
             "| network | ours, ms | peer | peer, ms | peer / ours |",
             "| --- | --- | --- | --- | --- |", *page["rows"], "",
             "| compilation to a simulator | s | peak MB of any compilation so "
             "far | model MB |", "| --- | --- | --- | --- |"]
    for name, seconds, most, size in page["compiled"]:
        lines.append(f"| {name} | {seconds:.1f} | {most:.0f} | {size:.0f} |")
    lines += ["", "## Products by silence", "",
              "One layer of 768 inputs and 3072 outputs; least processor time of "
              "five repetitions.", "", *silence_rows(bench), "",
              "## Where the time goes", "",
              "`sim --profile`, calls by kind ([what the columns are]"
              "(simulator.md#timing))."]
    for name, parts in page["profiles"]:
        lines += ["", f"{name}:", "", "```", *"\n".join(parts).strip().split("\n"),
                  "```"]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if options.output:
        options.output.write_text(text)


def processor():
    """The processor's name, or its architecture."""
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return os.uname().machine


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
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="with --all: networks whose label has it")
    parser.add_argument("--cpu", action="store_true",
                        help="processor time of runs on one thread, for a "
                        "machine that has other work")
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
