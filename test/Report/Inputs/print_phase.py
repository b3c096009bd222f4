# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints what SpikedAttention's model charges each op of an energy.json for."""

import json
import sys

from print_report import check_numbers, check_sums, refuse

with open(sys.argv[1]) as file:
    report = json.load(file, parse_constant=refuse)
check_numbers(report)
check_sums(report)
for op in report["ops"]:
    counts = op["counts"]
    print(op["name"], op["op"], "events", round(counts["synaptic_operations"], 9),
          "steps", round(counts["neuron_steps_paper_compatible"], 9), "snn",
          round(op["paper_compatible_pj"]["total"], 6), "ann",
          round(op["ann_pj"]["paper_compatible"], 6))
totals = report["totals"]
print("totals snn", round(totals["paper_compatible_pj"]["total"], 6), "ann",
      round(totals["ann_pj"]["paper_compatible"], 6), "full_ann",
      round(totals["ann_pj"]["full"], 6))
print("dense", round(totals["counts"]["dense_operations"], 6))
