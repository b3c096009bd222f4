# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a sweep leaves: sweep.json, sweep.csv and pareto.html."""

import csv
import html
import io
import json
import math
import pathlib
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .. import _tables
from .._version import __version__
from .plan import Plan

Row = Dict[str, Any]

#: Columns after the settings, where any row has them.
COLUMNS = (("value", "metric"), ("low", "low"), ("high", "high"),
           ("energy", "energy_j"), ("energy_low", "energy_low_j"),
           ("energy_high", "energy_high_j"), ("latency", "latency_s"),
           ("area", "area_mm2"), ("spikes_per_sample", "spikes_per_sample"),
           ("silent", "silent"))

#: Axes of the page: key, title, unit.
COSTS = (("energy", "energy of an inference", "J"),
         ("latency", "latency", "s"),
         ("spikes_per_sample", "spikes of a sample", ""))


def _columns(rows: Sequence[Row]) -> List[Tuple[str, str]]:
    return [(key, name) for key, name in COLUMNS if any(key in r for r in rows)]


def is_better(plan: Plan) -> Callable[[float, float], bool]:
    """Whether one value of the metric is at least as good as another."""
    if plan.metric["name"] == "accuracy":
        return lambda a, b: a >= b
    return lambda a, b: a <= b


def pareto(rows: Sequence[Row], cost: str,
           better: Callable[[float, float], bool]) -> List[Row]:
    """Rows that no other row beats in the metric and in the cost, by cost."""
    found: List[Row] = []
    usable = [r for r in rows if "value" in r and cost in r]
    for row in sorted(usable, key=lambda r: float(r[cost])):
        beaten = any(
            other is not row and other[cost] <= row[cost]
            and better(other["value"], row["value"])
            and (other[cost] < row[cost] or other["value"] != row["value"])
            for other in usable)
        if not beaten:
            found.append(row)
    return found


def write_json(plan: Plan, rows: Sequence[Row], path: pathlib.Path) -> None:
    data = {"schema_version": 1, "version": __version__,
            "sweep": plan.path.name, "model": plan.model.name,
            "names": plan.names, "metric": dict(plan.metric),
            "noise": plan.noise, "points": list(rows)}
    path.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n",
                    encoding="utf-8")


def write_csv(plan: Plan, rows: Sequence[Row], path: pathlib.Path) -> None:
    columns = _columns(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["point", *plan.names, "status",
                     *(name for _, name in columns), "reason"])
    for row in rows:
        settings = row["settings"]
        writer.writerow([row["number"],
                         *(settings.get(n, "") for n in plan.names),
                         row["status"],
                         *(row.get(key, "") for key, _ in columns),
                         row.get("reason", "")])
    path.write_text(out.getvalue(), encoding="utf-8")


# -- The page ---------------------------------------------------------------

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2430; margin: 2rem auto;
       max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: right; padding: .25rem .6rem;
         border-bottom: 1px solid #d8dee8; }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: #44505f; }
.front { fill: #0b63b0; } .other { fill: #a9b4c2; }
.line { fill: none; stroke: #0b63b0; stroke-width: 1.5; }
.grid { stroke: #e3e8ef; } .unfit { color: #8a2f20; }
"""


def _ticks(low: float, high: float) -> List[float]:
    """Round numbers within a range."""
    if high <= low:
        return [low]
    step = 10 ** math.floor(math.log10((high - low) / 4))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= 5:
            step *= factor
            break
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def _chart(plan: Plan, rows: Sequence[Row], cost: Tuple[str, str, str]) -> str:
    """The metric over a cost, the points of the front joined."""
    key, title, unit = cost
    usable = [r for r in rows if key in r and "value" in r]
    front = pareto(usable, key, is_better(plan))
    width, height, left, bottom, top, right = 900, 360, 70, 46, 14, 20
    xs = [r[key] for r in usable]
    ys = [y for r in usable for y in (r["low"], r["high"], r["value"])]

    def spread(values: List[float]) -> Tuple[float, float]:
        low, high = min(values), max(values)
        margin = (high - low) * 0.06 or abs(high) * 0.1 or 1
        return low - margin, high + margin

    (x0, x1), (y0, y1) = spread(xs), spread(ys)

    def x_of(value: float) -> float:
        return left + (value - x0) / (x1 - x0) * (width - left - right)

    def y_of(value: float) -> float:
        return height - bottom - (value - y0) / (y1 - y0) * (
            height - bottom - top)

    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" '
             f'aria-label="{html.escape(plan.metric["name"])} over {title}">']
    for tick in _ticks(x0, x1):
        parts.append(f'<line class="grid" x1="{x_of(tick):.1f}" '
                     f'x2="{x_of(tick):.1f}" y1="{top}" '
                     f'y2="{height - bottom}"/><text x="{x_of(tick):.1f}" '
                     f'y="{height - bottom + 18}" text-anchor="middle">'
                     f"{_number(tick, unit)}</text>")
    for tick in _ticks(y0, y1):
        parts.append(f'<line class="grid" x1="{left}" x2="{width - right}" '
                     f'y1="{y_of(tick):.1f}" y2="{y_of(tick):.1f}"/><text '
                     f'x="{left - 8}" y="{y_of(tick) + 4:.1f}" '
                     f'text-anchor="end">{tick:.4g}</text>')
    if len(front) > 1:
        line = " ".join(f"{x_of(r[key]):.1f},{y_of(r['value']):.1f}"
                        for r in front)
        parts.append(f'<polyline class="line" points="{line}"/>')
    numbers = {r["number"] for r in front}
    for row in usable:
        kind = "front" if row["number"] in numbers else "other"
        x, y = x_of(row[key]), y_of(row["value"])
        parts.append(
            f'<a href="#point-{row["number"]}"><line class="grid" '
            f'x1="{x:.1f}" x2="{x:.1f}" y1="{y_of(row["low"]):.1f}" '
            f'y2="{y_of(row["high"]):.1f}"/><circle class="{kind}" '
            f'cx="{x:.1f}" cy="{y:.1f}" r="4.5"><title>'
            f"{html.escape(_describe(row))}: {row['value']:.4f}, "
            f"{_number(row[key], unit)}</title></circle></a>")
    parts.append(f'<text x="{(width + left) / 2}" y="{height - 8}" '
                 f'text-anchor="middle">{title}</text></svg>')
    return "\n".join(parts)


def _describe(row: Row) -> str:
    return ", ".join(f"{n} {v}" for n, v in row["settings"].items()) or "as is"


def _number(value: Any, unit: str) -> str:
    if not isinstance(value, (int, float)):
        return html.escape(str(value))
    return _tables.with_unit(value, unit) if unit else f"{value:.4g}"


def _cell(row: Row, key: str) -> str:
    units = {"energy": "J", "energy_low": "J", "energy_high": "J",
             "latency": "s"}
    return _number(row[key], units.get(key, "")) if key in row else ""


def _table(plan: Plan, rows: Sequence[Row], store: str) -> str:
    columns = _columns(rows)
    head = "".join(f"<th>{html.escape(n)}</th>" for n in (
        "point", *plan.names, *(name for _, name in columns), "artefacts"))
    lines = [f"<table><thead><tr>{head}</tr></thead><tbody>"]
    for row in rows:
        if row["status"] != "fit":
            continue
        links = " ".join(
            f'<a href="{store}/{kind}/{html.escape(row[name])}/">{name}</a>'
            for name, kind in (("network", "networks"), ("design", "designs"))
            if name in row)
        cells = [*(html.escape(str(row["settings"].get(n, "")))
                   for n in plan.names), *(_cell(row, k) for k, _ in columns),
                 links]
        lines.append(f'<tr id="point-{row["number"]}"><td>{row["number"]}</td>'
                     + "".join(f"<td>{c}</td>" for c in cells) + "</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def write_page(plan: Plan, rows: Sequence[Row], store: str,
               path: pathlib.Path) -> None:
    """One page without scripts that asks for nothing from elsewhere."""
    parts = ["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
             f"<title>{html.escape(plan.path.name)}</title>",
             f"<style>{_STYLE}</style></head><body>",
             f"<h1>{html.escape(plan.model.name)}: {len(rows)} designs</h1>"]
    for cost in COSTS:
        usable = [r for r in rows if cost[0] in r and "value" in r]
        if not usable:
            continue
        front = pareto(usable, cost[0], is_better(plan))
        parts += [f"<h2>{html.escape(plan.metric['name'])} over {cost[1]}</h2>",
                  _chart(plan, rows, cost),
                  f"<p>{len(front)} of {len(usable)} designs are not beaten in "
                  "both; bars are 95 % intervals.</p>"]
    parts += ["<h2>Designs</h2>", _table(plan, rows, store)]
    unfit = [r for r in rows if r["status"] != "fit"]
    if unfit:
        parts.append("<h2>Designs that do not fit</h2><ul class=\"unfit\">")
        parts += [f"<li>{row['number']}: {html.escape(_describe(row))}: "
                  f"{html.escape(str(row.get('reason', '')))}</li>"
                  for row in unfit]
        parts.append("</ul>")
    parts.append("</body></html>")
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def format_table(plan: Plan, rows: Sequence[Row],
                 limit: Optional[int] = None) -> str:
    """The rows as text."""
    columns = _columns(rows)
    return _tables.as_text(
        ["point", *plan.names, *(n for _, n in columns)],
        [(str(r["number"]), *(str(r["settings"].get(n, ""))
                              for n in plan.names),
          *((_cell(r, k) for k, _ in columns) if r["status"] == "fit"
            else ("unfit", *("" for _ in columns[1:]))))
         for r in rows[:limit]])
