# Layers that exceed the whole chip run in several programming rounds and compute
# what they compute on a chip that holds them.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bundled MIMO detector on chips of a few crossbars: whole column blocks in
turns, and column blocks that are cut because they exceed the chip alone. The virtual
chip equals the simulator, the image verifies, and the report programs every cell
once and keeps partial sums.
"""

import math
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from chip_mapping import variant
from e2e import (MIMO, Checks, compile_model, execute, load, load_json,
                 mimo_prompts, must, scratch, simulate)

MODEL = os.path.join(MIMO, "mimo_w1a4_k1.onnx")


def count_rounds(dump):
    """Rounds of every layer, and whether a column block is in several."""
    rounds, cut, tiles = [], False, {}
    for line in dump.splitlines():
        if line.startswith("layer "):
            tiles = {}
            rounds.append(1)
        span = re.search(r"replicas, round (\d+) to (\d+)", line)
        if span:
            rounds[-1] = int(span[2]) - int(span[1]) + 1
        tile = re.match(r"  tile (\d+/\d+)/\d+: .* in round (\d+)", line)
        if tile:
            cut |= tiles.setdefault(tile[1], tile[2]) != tile[2]
    return rounds, cut


def kept_bits(report):
    """Bits that ops on crossbars leave in the digital unit's memory."""
    return sum(op["counts"]["memory_bits"] for op in report["ops"]
               if op["unit"] == "crossbar")


def check_chip(checks, label, chip, inputs, folder, whole, cuts):
    out = compile_model(MODEL, os.path.join(folder, label), "--chip", chip,
                        "--verify-mapping")
    image = os.path.join(out, "image.snnimg")
    result = execute(["snn-image", "verify", image])
    checks.check(result.returncode == 0, f"{label}: verify: "
                 f"{(result.stdout + result.stderr).strip()}")
    rounds, cut = count_rounds(must(["snn-image", "dump", image]))
    checks.check(max(rounds) > 1 and cut == cuts, f"{label}: layers run in up to "
                 f"{max(rounds)} rounds, column blocks are "
                 f"{'cut' if cut else 'whole'}")
    y = os.path.join(folder, "y.npz")
    expected = simulate(out, inputs, os.path.join(folder, "s.npz"))
    must(["snn-run", image, "--input", inputs, "--output", y])
    checks.equal(expected, load(y), f"{label}: virtual chip = simulator")

    report = load_json(os.path.join(out, "energy.json"))
    here, there = report["programming"], whole["programming"]
    copies = sum(op["counts"]["conversions"] for op in report["ops"])
    same = sum(op["counts"]["conversions"] for op in whole["ops"])
    checks.check(here["every_inference"] and here["rounds"] > max(rounds)
                 and math.isclose(copies, same, rel_tol=1e-9),
                 f"{label}: {here['rounds']} rounds program {here['cells']} cells "
                 f"in every inference, {there['cells']} with copies where it fits; "
                 "as many conversions")
    checks.check((kept_bits(report) > 0) == cuts and kept_bits(whole) == 0,
                 f"{label}: {kept_bits(report)} bits of kept partial sums")
    busiest = max(r["utilisation"] for r in report["latency"]["resources"])
    checks.check(report["latency"]["latency_ns"] > here["time_ns"]
                 and busiest <= 1, f"{label}: latency "
                 f"{report['latency']['latency_ns']:.0f} ns, the busiest resource "
                 f"works {busiest:.1%}")


def main():
    checks = Checks()
    with scratch() as folder:
        inputs, _ = mimo_prompts(folder, 16)
        for label, values, cuts in (
                ("columns", dict(cores=1, crossbars=2), False),
                ("rows", dict(cores=1, crossbars=3, rows=16, active_rows=16),
                 True)):
            big = dict(values, cores=400, crossbars=16)
            whole = compile_model(
                MODEL, os.path.join(folder, "big"), "--chip",
                variant(folder, "big", **big), "--emit=report")
            check_chip(checks, label, variant(folder, label, **values), inputs,
                       folder, load_json(os.path.join(whole, "energy.json")),
                       cuts)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
