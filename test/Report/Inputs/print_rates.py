# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the rates of an energy.json and its conversions."""

import json
import sys

report = json.load(open(sys.argv[1]))
for site in report["rates"]["sites"]:
    print(site["name"], site["source"], site["rate"],
          [round(q, 9) for q in site["bit_density"]])
print("conversions %.3f" % report["totals"]["counts"]["conversions"])
