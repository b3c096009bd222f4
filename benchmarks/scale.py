#!/usr/bin/env python3
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures what docs/scale.md computes from, and computes it.

    scale.py measure [--build DIR] [--work DIR] [--sizes tiny,base,large] [--ranks 1,2,4]
    scale.py predict MEASURED.json

`measure` writes BERT encoders of three sizes (the largest file has 1.2 GB), compiles them
for the simulator, and runs it in 1, 2 and 4 ranks: processor time, memory, bytes of
messages and of files, as rows of Markdown and in WORK/measured.json. The two smaller ones
are mapped to a chip, too. `predict` computes a sweep on 10,000 cores, a data set of a
million samples, and the mapping of a model of 7 * 10^9 weights from them.

Times are processor time, as the machine may have other work.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
# Name: layers, width, heads, feed-forward, samples of a run.
SIZES = {"tiny": (2, 128, 2, 512, 4000), "base": (12, 768, 12, 3072, 48),
         "large": (24, 1024, 16, 4096, 16)}
SEQUENCE = 128
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]
MONITOR = ["--mca", "pml_monitoring_enable", "2", "--mca",
           "pml_monitoring_enable_output", "3", "--mca", "pml_monitoring_filename"]


def run(*command):
    """Runs a command; processor seconds and the peak of resident bytes."""
    pid = os.posix_spawnp(str(command[0]), [str(c) for c in command], os.environ,
                          file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull,
                                         os.O_WRONLY, 0)])
    _, status, used = os.wait4(pid, 0)
    if status:
        sys.exit(f"error: {' '.join(map(str, command))}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def weights_of(layers, width, feed):
    return layers * (4 * width * width + 2 * width * feed)


def measure_compilation(options, name, work):
    layers, width, heads, feed, _ = SIZES[name]
    model, out = work / f"{name}.onnx", work / name
    if not model.exists():
        run(sys.executable, HERE / "make_bert.py", model, "--layers", layers,
            "--hidden", width, "--heads", heads, "--feedforward", feed,
            "--sequence", SEQUENCE)
    seconds, peak = run(options.build / "bin" / "snnc", model, "-o", out,
                        "--calibrate", "random:1", "--emit", "sim",
                        "--self-check=off")
    row = {"name": name, "weights": weights_of(layers, width, feed),
           "model_bytes": model.stat().st_size, "compile_s": seconds,
           "compile_bytes": peak,
           "weight_file_bytes": (out / "weights.safetensors").stat().st_size}
    if name != "large":
        chip = work / (name + "-chip")
        seconds, peak = run(options.build / "bin" / "snnc", model, "-o", chip,
                            "--calibrate", "random:1", "--weight-bits", "1",
                            "--chip", "matterhorn-22nm", "--emit", "image,report",
                            "--self-check=off")
        report = json.loads((chip / "energy.json").read_text())
        row.update(map_s=seconds, map_bytes=peak,
                   image_bytes=(chip / "image.snnimg").stat().st_size,
                   crossbars=report["chip"]["crossbars_used"],
                   chip_crossbars=report["chip"]["crossbars"],
                   latency_s=report["latency"]["latency_ns"] * 1e-9)
    return row


class Folder:
    """The most bytes and files that a folder has had."""

    def __init__(self, path):
        self.path, self.bytes, self.files, self.done = path, 0, 0, False
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.done:
            try:
                sizes = [e.stat().st_size for e in os.scandir(self.path)
                         if e.name.endswith(".safetensors")]
                self.bytes = max(self.bytes, sum(sizes))
                self.files = max(self.files, len(sizes))
            except OSError:
                pass
            time.sleep(0.02)

    def stop(self):
        self.done = True
        self.thread.join()


def count_messages(prefix):
    """Messages and bytes between ranks, of Open MPI's monitoring."""
    messages = size = 0
    for path in prefix.parent.glob(prefix.name + ".*.prof"):
        for line in path.read_text().splitlines():
            # Kind, from, to, bytes, messages; E and I are point to point.
            match = re.match(r"[EI]\t\d+\t\d+\t(\d+) bytes\t(\d+) msgs", line)
            if match:
                size += int(match.group(1))
                messages += int(match.group(2))
    return messages, size


def measure_run(options, name, ranks, work):
    import numpy as np
    _, width, _, _, samples = SIZES[name]
    x = work / f"{name}-x.npz"
    if not x.exists():
        rows = np.random.default_rng(1).standard_normal(
            (samples, SEQUENCE, width)).astype(np.float32)
        np.savez(x, x=rows)
    y, monitor = work / "y.npz", work / "monitor"
    for old in work.glob("monitor.*"):
        old.unlink()
    for old in work.glob("rank-*.json"):
        old.unlink()
    command = [str(work / name / "sim"), "--input", str(x), "--output", str(y),
               "--stats", str(work / "s.json"), "--threads", "1"]
    wrapped = [sys.executable, str(HERE / "scale.py"), "rank", str(work), *command]
    launch = [] if ranks == 1 else [*MPIRUN, "-np", str(ranks)]
    if ranks > 1 and options.monitor:
        launch += [*MONITOR, str(monitor)]
    folder = Folder(f"{y}.parts")
    begin = time.monotonic()
    try:
        subprocess.run([*launch, *wrapped], check=True)
    finally:
        folder.stop()
    wall = time.monotonic() - begin
    parts = [json.loads(p.read_text()) for p in work.glob("rank-*.json")]
    messages, size = count_messages(monitor)
    return {"name": name, "ranks": ranks, "samples": samples,
            "cpu_s": sum(p["cpu_s"] for p in parts),
            "most_cpu_s": max(p["cpu_s"] for p in parts), "wall_s": wall,
            "rss_bytes": [p["rss_bytes"] for p in parts],
            "messages": messages, "message_bytes": size,
            "input_bytes": x.stat().st_size, "output_bytes": y.stat().st_size,
            "part_bytes": folder.bytes, "parts": folder.files}


def measure(options):
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["ompi_info"], capture_output=True, text=True)
    options.monitor = "monitoring" in done.stdout
    measured = {"compilations": [], "runs": []}
    for name in options.sizes.split(","):
        row = measure_compilation(options, name, work)
        measured["compilations"].append(row)
        print(json.dumps(row), flush=True)
        for ranks in (int(r) for r in options.ranks.split(",")):
            row = measure_run(options, name, ranks, work)
            measured["runs"].append(row)
            print(json.dumps(row), flush=True)
            (work / "measured.json").write_text(json.dumps(measured, indent=1) + "\n")
        if not options.keep:
            for path in (work / f"{name}.onnx", work / f"{name}-x.npz"):
                path.unlink()
            shutil.rmtree(work / name)
    print_measured(measured)


def size_of(number):
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} EB"


def time_of(seconds):
    for limit, unit in ((60, "s"), (60, "min"), (24, "h")):
        if seconds < limit:
            return f"{seconds:.3g} {unit}"
        seconds /= limit
    return f"{seconds:.3g} days"


def print_measured(measured):
    print("\n| model | weights | file | compilation | memory | simulator's weights | "
          "mapping, 1 bit | memory | image | crossbars |")
    print("| --- " * 10 + "|")
    for c in measured["compilations"]:
        mapped = (f"{c['map_s']:.1f} s | {size_of(c['map_bytes'])} | "
                  f"{size_of(c['image_bytes'])} | {c['crossbars']:,.0f}"
                  if "map_s" in c else "- | - | - | -")
        print(f"| {c['name']} | {c['weights'] / 1e6:.1f} M | {size_of(c['model_bytes'])} | "
              f"{c['compile_s']:.1f} s | {size_of(c['compile_bytes'])} | "
              f"{size_of(c['weight_file_bytes'])} | {mapped} |")
    print("\n| model | ranks | samples | processor time, all | of the busiest rank | "
          "memory of a rank | messages | bytes of them | files of parts | bytes of them |")
    print("| --- " * 10 + "|")
    for r in measured["runs"]:
        print(f"| {r['name']} | {r['ranks']} | {r['samples']} | {r['cpu_s']:.2f} s | "
              f"{r['most_cpu_s']:.2f} s | {size_of(max(r['rss_bytes']))} | "
              f"{r['messages']} | {size_of(r['message_bytes'])} | {r['parts']} | "
              f"{size_of(r['part_bytes'])} |")


def fit(points):
    """Least squares of y = a + b x, with b at least 0."""
    n = len(points)
    mx, my = (sum(p[i] for p in points) / n for i in (0, 1))
    below = sum((x - mx) ** 2 for x, _ in points)
    b = max(0.0, sum((x - mx) * (y - my) for x, y in points) / below) if below else 0.0
    return my - b * mx, b


def predict(options):
    measured = json.loads(options.measured.read_text())
    compilations, runs = measured["compilations"], measured["runs"]
    one = {r["name"]: r for r in runs if r["ranks"] == 1}
    cost = {n: r["cpu_s"] / r["samples"] for n, r in one.items()}
    base = one.get("base") or next(iter(one.values()))
    compiled = {c["name"]: c for c in compilations}

    print(f"## A sweep of {options.points:,} points on {options.cores:,} cores\n")
    c = compiled[base["name"]]
    sim_samples = options.sweep_samples
    work = c["compile_s"] + sim_samples * cost[base["name"]]
    total = options.points * work
    print(f"{base['name']}: {time_of(work)} of processor time a point "
          f"({time_of(c['compile_s'])} to compile, {sim_samples:,} samples at "
          f"{1e3 * cost[base['name']]:.3g} ms), {time_of(total)} together, "
          f"{time_of(total / options.cores)} on {options.cores:,} cores at best.")
    memory = c["compile_bytes"]
    print(f"Memory of a node of 64 cores that compile at once: "
          f"{size_of(64 * memory)}.")
    print(f"Names that ranks look up: {options.points * options.cores:,} "
          f"(every rank asks for every point); at 10^5 a second "
          f"{time_of(options.points * options.cores / 1e5)}.")
    print(f"Model and data read by every rank, once: "
          f"{size_of(options.cores * (c['model_bytes'] + base['input_bytes']))}.")

    print("\n## A data set of a million samples\n")
    for name, r in one.items():
        total = 1e6 * cost[name]
        out = r["output_bytes"] / r["samples"] * 1e6
        into = r["input_bytes"] / r["samples"] * 1e6
        parts = max(total / 2, 1)
        print(f"{name}: {time_of(total)} of processor time; "
              f"{time_of(total / options.cores)} on {options.cores:,} cores and "
              f"{time_of(total / 64)} on 64; input {size_of(into)}, of which each "
              f"rank reads its share; output {size_of(out)}, which the first rank holds; "
              f"{parts:,.0f} files of parts; flags of a resumed run "
              f"{size_of(parts * options.cores)} at every rank.")

    print("\n## Mapping 7 * 10^9 weights\n")
    weights = 7e9
    a, b = fit([(c["weights"], c["compile_s"]) for c in compilations])
    print(f"compilation for the simulator: {time_of(max(0, a) + b * weights)} of "
          f"processor time ({1e9 * b:.3g} s for 10^9 weights)")
    a, b = fit([(c["weights"], c["compile_bytes"]) for c in compilations])
    print(f"its memory: {size_of(max(0, a) + b * weights)} ({b:.3g} bytes a weight)")
    mapped = [c for c in compilations if "map_s" in c]
    if len(mapped) > 1:
        for key, what, show in (("map_s", "mapping with 1-bit weights", time_of),
                                ("map_bytes", "its memory", size_of),
                                ("image_bytes", "its image", size_of)):
            a, b = fit([(c["weights"], c[key]) for c in mapped])
            print(f"{what}: {show(max(0, a) + b * weights)}")
        _, b = fit([(c["weights"], c["crossbars"]) for c in mapped])
        chip = mapped[0]["chip_crossbars"]
        print(f"crossbars: {b * weights:,.0f} for 1-bit weights, a chip has {chip:,.0f}: "
              f"{b * weights / chip:,.0f} chips or rounds")


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "rank":
        # One rank: runs the simulator and leaves what it used.
        rank = os.environ.get("OMPI_COMM_WORLD_RANK", "0")
        cpu, rss = run(*sys.argv[3:])
        path = pathlib.Path(sys.argv[2]) / f"rank-{rank}.json"
        path.write_text(json.dumps({"cpu_s": cpu, "rss_bytes": rss}))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    one = actions.add_parser("measure")
    one.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build")
    one.add_argument("--work", type=pathlib.Path, default=pathlib.Path("out/scale"))
    one.add_argument("--sizes", default=",".join(SIZES))
    one.add_argument("--ranks", default="1,2,4")
    one.add_argument("--keep", action="store_true", help="models and inputs")
    two = actions.add_parser("predict")
    two.add_argument("measured", type=pathlib.Path)
    two.add_argument("--cores", type=int, default=10000)
    two.add_argument("--points", type=int, default=40000)
    two.add_argument("--sweep-samples", type=int, default=1000)
    options = parser.parse_args()
    measure(options) if options.action == "measure" else predict(options)


if __name__ == "__main__":
    main()
