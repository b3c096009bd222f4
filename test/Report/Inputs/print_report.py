# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks an energy.json (or a trace.json) and prints it compactly.

Every total must be the sum of its leaves, every sum that of its ops, no number
NaN or negative, no resource above 100 %. A trace must have tasks that do not
overlap on their resource.
"""

import collections
import json
import math
import sys

ACCOUNTINGS = ("paper_compatible_pj", "full_per_synapse_pj", "full_per_tile_pj")


def refuse(constant):
    raise SystemExit(f"the report has a {constant}")


def check_numbers(value, path="report"):
    if isinstance(value, dict):
        for key, part in value.items():
            check_numbers(part, f"{path}.{key}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            check_numbers(part, f"{path}[{index}]")
    elif isinstance(value, float):
        assert math.isfinite(value) and value >= 0, (path, value)


def close(a, b):
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)


def check_sums(report):
    for part in ("ops", "layers", "blocks"):
        for accounting in ACCOUNTINGS + ("counts",):
            sums = collections.Counter()
            for entry in report[part]:
                sums.update(entry[accounting])
            for key, value in report["totals"][accounting].items():
                assert close(sums[key], value), (part, accounting, key, sums[key], value)
    for entry in [report["totals"], *report["ops"], *report["layers"], *report["blocks"]]:
        for accounting in ACCOUNTINGS:
            leaves = dict(entry[accounting])
            total = leaves.pop("total")
            assert close(sum(leaves.values()), total), (entry, accounting)
    area = dict(report["area_mm2"])
    assert close(area.pop("total"), sum(area.values()))
    for resource in report["latency"]["resources"]:
        assert resource["utilisation"] <= 1 + 1e-12, resource
        assert resource["busy_ns"] <= report["latency"]["interval_ns"], resource


def print_report(report):
    for op in report["ops"]:
        leaves = {k: round(v, 9) for k, v in op["paper_compatible_pj"].items() if v}
        print(op["name"], op["op"], "paper", leaves)
        leaves = {k: round(v, 9) for k, v in op["full_per_tile_pj"].items() if v}
        print(op["name"], op["op"], "full", leaves)
    for key in ("latency_ns", "interval_ns"):
        print(key, report["latency"][key])
    for resource in report["latency"]["resources"]:
        print("resource", resource["name"], resource["busy_ns"])
    print("programming", {k: v for k, v in report["programming"].items()})
    print("neurobench", report["neurobench"])
    print("area", report["area_mm2"])
    for figure in report["published"]:
        print("published", figure)


def print_trace(trace):
    names, tasks = {}, collections.defaultdict(list)
    for event in trace["traceEvents"]:
        if event["name"] == "thread_name":
            names[event["tid"]] = event["args"]["name"]
        elif event["ph"] == "X":
            # Nanoseconds.
            tasks[event["tid"]].append((event["ts"] * 1e3,
                                        (event["ts"] + event["dur"]) * 1e3))
    for tid, spans in tasks.items():
        spans.sort()
        for (_, end), (start, _) in zip(spans, spans[1:]):
            # Up to the rounding of a sum.
            assert start >= end * (1 - 1e-12), (names[tid], end, start)
        print(names[tid], [(round(a, 6), round(b, 6)) for a, b in spans])


def main():
    data = json.load(open(sys.argv[1]), parse_constant=refuse)
    if "traceEvents" in data:
        print_trace(data)
        return
    check_numbers(data)
    check_sums(data)
    print_report(data)


if __name__ == "__main__":
    main()
