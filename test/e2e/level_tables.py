# Levels that are not uniform: quantised network, spiking network, the simulator's modes and
# the virtual chip are equal, every bit, and equal a plain reference in numpy; windows
# stay as short as the levels are few; another entry of a table is found.
#
# RUN: %python %s 4
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""level_tables.py [COUNT [FIRST]]

Random transformers of the seeds FIRST to FIRST + COUNT - 1 (default 4 from 0): those of even
seeds as they are, with the reference, the others equalised, fitted and by numerator.
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (Checks, compile_model, different_bits, execute, interpret,
                 load, load_json, scratch, simulate)
from random_transformers import Network
from reference import Reference

CLASSES = ["norms", "hidden", "queries", "contexts", "probabilities"]


def draw_flags(rng, network, plain):
    bits = int(rng.integers(2, 7))
    # A network that takes norms, activation functions and attention apart.
    classes = [c for c in CLASSES if rng.integers(3)] or ["hidden"]
    tables = []
    for name in classes:
        if rng.integers(3):
            tables.append(name)
            continue
        # Any table: ascending, with a 0.
        above = np.sort(rng.choice(np.arange(1, 128), 2**bits - 1, False))
        zero = 0 if name == "probabilities" else int(rng.integers(2**bits))
        table = np.insert(above, 0, 0) - np.insert(above, 0, 0)[zero]
        tables.append(name + "=" + ":".join(map(str, table)))
    # A class of sites that there is only behind a pooler.
    single = f",single={bits}" if network.pooled else ""
    flags = ["--act-bits", f"{bits}{single}", "--level-table",
             ",".join(tables), "--weight-bits", rng.choice([8, 4, 1])]
    if plain:
        flags += ["--equalize", "off", "--probability", "softmax",
                  "--fit-weights", "off"]
    else:
        flags += ["--equalize", "on", "--probability",
                  rng.choice(["numerator", "auto"]), "--fit-weights", "auto"]
    if rng.integers(2):
        flags += ["--dead-zone", rng.integers(0, 2**bits // 4 + 1)]
    if rng.integers(3):
        flags += ["--mask", rng.choice(["mode", "zero", "plain"])]
    return list(map(str, flags)), bits, set(classes)


def check_seed(checks, seed, folder):
    rng = np.random.default_rng(3000 + seed)
    network = Network(rng)
    plain = seed % 2 == 0
    flags, bits, classes = draw_flags(rng, network, plain)
    label = f"seed {seed}: {' '.join(flags)}"
    os.makedirs(folder)
    path = lambda *parts: os.path.join(folder, *parts)
    network.build(path("model.onnx"))
    np.savez(path("inputs.npz"), **network.draw_inputs(6))
    np.savez(path("calibration.npz"), **network.draw_inputs(12))
    chip = ["--chip", "common-22nm"] if network.batch else []
    compile_model(path("model.onnx"), path("out"), "--calibrate",
                  path("calibration.npz"), "--dump-phases", path("phases"),
                  *flags, *chip)
    run = lambda *name: interpret(path(*name), path("inputs.npz"),
                                  path("y.npz"))
    wanted = run("phases", "1.quantise.mlir")
    others = {name: run("phases", name) for name in
              ("2.spike.mlir", "3.engines.mlir")}
    counts = []
    for mode in ("fast", "event", "stepped"):
        others[mode] = simulate(path("out"), path("inputs.npz"), path("y.npz"),
                                mode, path("s.json"))
        counts.append(load_json(path("s.json"))["sites"])
    if chip:
        others["chip"] = run("out", "image.snnimg")
    report = load_json(path("out", "quantisation.json"))
    if plain:
        silent = ("plain" if flags[-1] == "plain" else
                  {s["name"]: s["mask"] for s in report["sites"]})
        reference = Reference(
            path("model.onnx"), report, masks=silent,
            weight_bits=int(flags[flags.index("--weight-bits") + 1]))
        others["reference"] = reference.run(load(path("inputs.npz")))
        spikes = {name: c.spikes for name, c in reference.counts.items()}
        checks.check(spikes == {n: c["spikes"] for n, c in counts[0].items()},
                     f"{label}: spikes of the reference")
    bad = [f"{name}: {n} elements" for name, y in others.items()
           if (n := different_bits(wanted, y))]
    checks.check(not bad and counts[0] == counts[1] == counts[2],
                 f"{label}: {len(others)} executions equal the quantised "
                 f"network {bad or ''}")
    tables = {s["name"]: s["table"] for s in report["sites"] if "table" in s}
    named = {s["name"] for s in report["sites"] if s.get("class") in classes}
    checks.check(tables and set(tables) == named and all(
        len(t) == 2**bits and 0 in t and t == sorted(set(t))
        for t in tables.values()), f"{label}: tables of {len(tables)} sites")
    checks.check(all(len(counts[0][name]["slots"]) == 2**bits
                     for name in tables), f"{label}: windows of {2**bits} slots")
    check_faults(checks, label, path, wanted, run, tables, counts[0])
    if chip:
        check_image(checks, label, path, wanted)


def check_faults(checks, label, path, wanted, run, tables, counts):
    """The entry that is sent most often is one more or less."""
    with open(path("phases", "2.spike.mlir")) as file:
        text = file.read()
    found = tried = 0
    for name, table in tables.items():
        slots = counts[name]["slots"]
        q = len(table) - 1 - int(np.argmax(slots))
        fault = list(table)
        fault[q] += 1 if q + 1 == len(table) or table[q + 1] > table[q] + 1 else -1
        if sum(slots) == 0 or fault != sorted(set(fault)):
            continue
        tried += 1
        old = f"table = [{', '.join(map(str, table))}]"
        new = f"table = [{', '.join(map(str, fault))}]"
        with open(path("phases", "fault.mlir"), "w") as file:
            file.write(text.replace(old, new))
        found += different_bits(wanted, run("phases", "fault.mlir")) > 0
        if tried == 3:
            break
    checks.check(found == tried > 0, f"{label}: {found} of {tried} tables with "
                 "another entry are found")


def check_image(checks, label, path, wanted):
    """A table in an image cannot be changed unnoticed."""
    with open(path("out", "image.snnimg"), "rb") as file:
        data = bytearray(file.read())
    report = load_json(path("out", "quantisation.json"))
    table = next(s["table"] for s in report["sites"] if "table" in s)
    packed = b"".join(encode(a - table[0]) for a in table)
    at = data.find(packed)
    last = at + len(packed) - 1
    if at >= 0:
        data[last] ^= 1
    with open(path("fault.snnimg"), "wb") as file:
        file.write(data)
    result = execute(["snn-run", path("fault.snnimg"), "--input",
                      path("inputs.npz"), "--output", path("z.npz")])
    checks.check(at >= 0 and result.returncode == 1,
                 f"{label}: an image with another table is refused "
                 f"({result.stderr.strip()})")


def encode(number):
    """A number below 2^14 as protocol buffers pack it."""
    return bytes([number]) if number < 128 else bytes(
        [number & 127 | 128, number >> 7])


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    checks = Checks()
    with scratch() as folder:
        for seed in range(first, first + count):
            check_seed(checks, seed, os.path.join(folder, str(seed)))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
