#!/usr/bin/env python3
"""Compares what two builds of SNNC make of the same networks, byte by byte.

usage: compare-builds.py BEFORE AFTER [--case NAME] [--keep DIR]

BEFORE and AFTER are build folders (bin/snnc, bin/snn-run). A change of structure
changes no behaviour: for every bundled example, and for the models of a shared
collection where there is one, `sim.cpp` may differ in comments only; weights, images,
outputs and statistics are the same bytes; `energy.json` names each key that differs.
Prints a line a file and ends with a count; exit status 1 where something differs.

Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("SNNC_SHARED") or ROOT.parent / "shared")
# Provenance of a run, no result of it.
PROVENANCE = {"version", "generator", "snnc", "model", "file", "path", "digest"}


def prompts(folder, count):
    """Seeded prompts and calibration inputs of the MIMO example."""
    out = folder / "mimo"
    subprocess.run([sys.executable, ROOT / "examples/mimo/make_inputs.py", "--output-dir", out,
                    "--count", str(count)], check=True, stdout=subprocess.DEVNULL)
    return out


def list_cases(folder):
    mimo = prompts(folder, 64)
    x, calibration = mimo / "inputs.npz", mimo / "calibration.npz"
    example = ROOT / "examples/mimo"
    shapes = folder / "shapes"
    subprocess.run([sys.executable, ROOT / "examples/metaspikeformer/make_inputs.py", "--output-dir", shapes,
                    "--count", "16"], check=True, stdout=subprocess.DEVNULL)
    images = shapes / "inputs.npz"
    cases = {
        "mimo_w1a4_k0": (example / "mimo_w1a4_k0.onnx", x, ["--chip", "matterhorn-22nm"]),
        "mimo_w1a4_k1": (example / "mimo_w1a4_k1.onnx", x, ["--chip", "xpikeformer-pcm", "--adc-policy", "lossless"]),
        "mimo_w1a4_k1_sim": (example / "mimo_w1a4_k1.onnx", x, ["--dead-zone", "2"]),
        "mimo_float": (example / "mimo_float.onnx", x,
                       ["--calibrate", calibration, "--chip", "common-22nm"]),
        "mimo_float_w8a4": (example / "mimo_float.onnx", x,
                            ["--calibrate", calibration, "--act-bits", "4", "--kv-bits", "1",
                             "--mask", "zero", "--dead-zone", "1", "--chip", "isaac-like"]),
        "mimo_float_digital": (example / "mimo_float.onnx", x,
                               ["--calibrate", calibration, "--chip", "digital-22nm"]),
        "mimo_phase": (example / "mimo_float.onnx", x,
                       ["--calibrate", calibration, "--coding", "phase",
                        "--attention", "trace-woss", "--chip", "common-22nm"]),
        "mimo_phase_16": (example / "mimo_float.onnx", x,
                          ["--calibrate", calibration, "--coding", "phase", "--phase-steps", "16",
                           "--phase-base", "1.4", "--chip", "spikedattention-45nm"]),
        "mimo_sdsa": (example / "mimo_sdsa.onnx", x,
                      ["--calibrate", calibration, "--chip", "common-22nm"]),
        "mimo_sdsa_own": (example / "mimo_sdsa.onnx", x,
                          ["--calibrate", calibration, "--chip", "sdt-45nm"]),
        "mimo_ssa": (example / "mimo_ssa.onnx", x,
                     ["--calibrate", calibration, "--chip", "xpikeformer-pcm", "--mask", "zero"]),
        "shapes": (ROOT / "examples/metaspikeformer/shapes.onnx", images,
                   ["--calibrate", images, "--chip", "common-22nm"]),
        "shapes_loop": (ROOT / "examples/metaspikeformer/shapes_loop.onnx", images,
                        ["--calibrate", images]),
    }
    model = SHARED / "models/sst2_bert_tiny_w1a4_k1.onnx"
    if model.exists():
        with np.load(SHARED / "data/sst2_dev.inputs.npz") as data:
            few = {name: data[name][:64] for name in data.files}
        np.savez(folder / "sst2.npz", **few)
        cases["sst2_w1a4_k1"] = (model, folder / "sst2.npz", ["--chip", "matterhorn-22nm"])
    return cases


def run(command, log):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    log.append((command, done))
    return done.returncode


def make(build, out, model, inputs, flags):
    """All artefacts of one build; the commands that failed."""
    out.mkdir(parents=True)
    log = []
    binaries = build / "bin"
    compiled = run([binaries / "snnc", model, "-o", out / "net", *flags], log) == 0
    for mode in ("fast", "event", "stepped") if compiled else ():
        run([out / "net/sim", "--input", inputs, "--output", out / f"{mode}.npz",
             "--mode", mode, "--stats", out / f"{mode}.json", "--seed", "7"], log)
    if (out / "net/image.snnimg").exists():
        run([binaries / "snn-run", out / "net/image.snnimg", "--input", inputs,
             "--output", out / "chip.npz", "--limit", "8", "--seed", "7"], log)
    return [" ".join(map(str, c)) + "\n" + d.stderr for c, d in log if d.returncode]


def without_comments(text):
    return re.sub(r"^\s*//.*\n", "", text, flags=re.M)


def json_differences(a, b, where=""):
    if type(a) is not type(b) and not (isinstance(a, (int, float)) and isinstance(b, (int, float))):
        return [f"{where}: {a!r} -> {b!r}"]
    if isinstance(a, dict):
        found = []
        for key in sorted(a.keys() | b.keys()):
            if key in PROVENANCE:
                continue
            at = f"{where}.{key}"
            if key not in a or key not in b:
                found.append(f"{at}: only {'after' if key in b else 'before'}")
            else:
                found += json_differences(a[key], b[key], at)
        return found
    if isinstance(a, list):
        if len(a) != len(b):
            return [f"{where}: {len(a)} -> {len(b)} entries"]
        return [d for i, (x, y) in enumerate(zip(a, b)) for d in json_differences(x, y, f"{where}[{i}]")]
    return [] if a == b else [f"{where}: {a!r} -> {b!r}"]


def npz_equal(a, b):
    with np.load(a) as x, np.load(b) as y:
        return x.files == y.files and all(
            x[n].dtype == y[n].dtype and x[n].shape == y[n].shape and x[n].tobytes() == y[n].tobytes()
            for n in x.files)


def compare(before, after):
    """One (file, verdict) for each artefact; '' is equal."""
    def files(folder):
        return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}

    rows = []
    for name in sorted(files(before) | files(after)):
        a, b = before / name, after / name
        if pathlib.Path(name).name in ("sim", "model.mlir", "report.html", "model.safetensors"):
            continue  # binaries, and text with paths
        if not a.exists() or not b.exists():
            rows.append((name, "only " + ("before" if a.exists() else "after")))
        elif name.endswith("sim.cpp"):
            same = without_comments(a.read_text()) == without_comments(b.read_text())
            rows.append((name, "" if same else "differs outside of comments"))
        elif name.endswith(".json"):
            found = json_differences(json.loads(a.read_text()), json.loads(b.read_text()))
            rows.append((name, "; ".join(found[:12]) + (f"; {len(found)} in all" if len(found) > 12 else "")))
        elif name.endswith(".npz"):
            rows.append((name, "" if npz_equal(a, b) else "arrays differ"))
        else:
            rows.append((name, "" if a.read_bytes() == b.read_bytes() else "bytes differ"))
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("before", type=pathlib.Path)
    parser.add_argument("after", type=pathlib.Path)
    parser.add_argument("--case", action="append")
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    differs = equal = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name, (model, inputs, flags) in list_cases(folder).items():
            if options.case and name not in options.case:
                continue
            failures = []
            for build, side in ((options.before, "before"), (options.after, "after")):
                out = folder / side / name
                if options.keep and out.exists():
                    continue
                failures += [f"{side}: {f}" for f in make(build.resolve(), out, model, inputs, flags)]
            rows = compare(folder / "before" / name, folder / "after" / name)
            for file, verdict in rows:
                if verdict:
                    differs += 1
                    print(f"{name}/{file}: {verdict}")
                else:
                    equal += 1
            for failure in failures:
                differs += 1
                print(f"{name}: failed {failure}")
            print(f"{name}: {sum(not v for _, v in rows)} files equal", flush=True)
    print(f"{equal} files equal, {differs} differ")
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
