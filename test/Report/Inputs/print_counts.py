# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints what an energy.json counts of trains of counts."""

import json
import sys

report = json.load(open(sys.argv[1]))
for site in report["rates"]["sites"]:
    print("site", site["name"], site["sent_as"], "passes", site["passes"], "per neuron",
          *[round(site[key] * site["neurons"], 9)
            for key in ("rate", "unit_events", "set_bits")],
          "driven", [round(q * site["neurons"], 9) for q in site["bit_density"]])
for op in report["ops"]:
    counts = op["counts"]
    print(op["name"], "events", counts["events"], "accumulations",
          counts["synaptic_operations"], "driven rows", counts["driven_rows"],
          "comparisons", counts["comparisons"])
    print(op["name"], "paper", round(op["paper_compatible_pj"]["total"], 9), "movement",
          round(op["full_per_tile_pj"]["movement"], 9))
