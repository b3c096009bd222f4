# Equal operations cost the same on the common chip, whatever the system.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bundled MIMO detectors of four systems on common-22nm: masked spikes, phase
codes, spike-driven and stochastic attention. In each report every energy of every op
is its operations times one table of primitives, the same in all reports; converters
and cells are counts times the crossbars' constants; nothing else is charged.
"""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "Inputs"))

from e2e import MIMO, Checks, compile_model, load_json, mimo_prompts, scratch

SYSTEMS = {"masked spikes": ("mimo_w1a4_k1", [], "accumulate threshold"),
           "phase codes": ("mimo_float", ["--coding=phase"],
                           "accumulate threshold neuron"),
           "spike-driven": ("mimo_sdsa", [], "accumulate neuron membrane_memory"),
           "stochastic": ("mimo_ssa", [], "accumulate rng threshold neuron")}
COMPOSED = {"add": "add_pj", "compare": "compare_pj", "shift": "shift_pj",
            "multiply": "multiply_pj", "random_bit": "random_bit_pj",
            "sram_bit": "sram_pj_per_bit", "bit_hop": "movement_pj_per_bit_hop"}
CROSSBAR = {"crossbar_adc": ("conversions", "energy.adc_pj"),
            "crossbar_control": ("conversions", "energy.control_pj"),
            "crossbar_cells": ("active_cells", "energy.cell_pj")}


def check_composition(checks, report, name, prices):
    """Every leaf is counts times the one table of prices."""
    constants = {c["key"]: c["value"] for c in report["constants"]}
    table = {p: constants["primitives." + key] for p, key in COMPOSED.items()}
    prices.append(table)
    wrong = []
    for op in report["ops"]:
        leaves = dict(op["full_per_tile_pj"])
        leaves.pop("total")
        for leaf, pj in leaves.items():
            counts = op["operations"].get(leaf, {})
            expected = sum(n * table[p] for p, n in counts.items())
            if leaf in CROSSBAR:
                count, key = CROSSBAR[leaf]
                expected = op["counts"][count] * constants[key]
            if leaf == "digital_unit":
                expected += (op["counts"]["float_macs"] *
                             constants["energy.float_mac_pj"])
            if not math.isclose(pj, expected, rel_tol=1e-9, abs_tol=1e-9):
                wrong.append((op["name"], leaf, pj, expected))
    checks.check(not wrong, f"{name}: {len(report['ops'])} ops are made of "
                 f"primitives {wrong[:2]}")


def main():
    checks = Checks()
    prices = []
    with scratch() as folder:
        calibration, _ = mimo_prompts(folder, 16)
        for name, (model, flags, used) in SYSTEMS.items():
            out = compile_model(
                os.path.join(MIMO, model + ".onnx"), os.path.join(folder, model),
                "--chip=common-22nm", "--compile-to=image", "--emit=report",
                "--calibrate", calibration, *flags)
            report = load_json(os.path.join(out, "energy.json"))
            check_composition(checks, report, name, prices)
            totals = report["totals"]["full_per_tile_pj"]
            checks.check(all(totals[leaf] > 0 for leaf in used.split()),
                         f"{name}: {totals['total'] * 1e-6:.3f} uJ, uses {used}")
    checks.check(all(p == prices[0] for p in prices), "one table of prices")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
