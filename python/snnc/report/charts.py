# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Charts as SVG: no script, and nothing to load."""

import html
import math
import re
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .. import _tables

#: Okabe and Ito's colours, which colour-blind readers tell apart; every second
#: round of them is hatched.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00",
           "#8c8c00", "#6e6e6e")
INK, FAINT = "#222", "#ccc"
#: Rows from which a chart has its axis twice.
TALL = 30
#: Tiles from which neighbours in the floor plan are one element.
MERGED = 4096
#: Lanes of a timeline, and whose lanes are left out first: layers have their own.
LANES, CORE = 120, re.compile(r"core \d+")


def escape(text: Any) -> str:
    return html.escape(str(text))


def number(value: float) -> str:
    """A coordinate, as short as it can be."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def fill(index: int) -> str:
    """The fill of the series `index`."""
    if index < len(COLOURS):
        return COLOURS[index]
    return f"url(#hatch{index % len(COLOURS)})"


def patterns() -> str:
    """Hatched fills, once a page."""
    return ('<svg width="0" height="0" aria-hidden="true" '
            'style="position:absolute"><defs>' + "".join(
                f'<pattern id="hatch{i}" width="5" height="5" '
                'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
                f'<rect width="5" height="5" fill="{c}"/>'
                '<rect width="2" height="5" fill="#fff"/></pattern>'
                for i, c in enumerate(COLOURS)) + "</defs></svg>")


def _svg(width: float, height: float, title: str, body: str,
         css: str = "") -> str:
    extra = f' class="{css}"' if css else ""
    return (f'<svg{extra} role="img" aria-label="{escape(title)}" '
            f'viewBox="0 0 {number(width)} {number(height)}" '
            f'width="{number(width)}">{body}</svg>')


def shorten(text: str, length: int) -> str:
    """The end of a long name tells more than its beginning."""
    return text if len(text) <= length else "…" + text[-(length - 1):]


def ticks(top: float, count: int = 5) -> List[float]:
    """Round numbers from 0 to at least nearly `top`."""
    if top <= 0:
        return [0.0]
    step: float = 10.0 ** math.floor(math.log10(top / count))
    for factor in (1, 2, 5, 10):
        if top / (step * factor) <= count:
            step *= factor
            break
    return [step * i for i in range(int(top / step + 1e-9) + 1)]


def legend(names: Sequence[str], colours: Mapping[str, int]) -> str:
    return '<ul class="legend">' + "".join(
        f'<li><svg width="12" height="12" aria-hidden="true"><rect width="12" '
        f'height="12" fill="{fill(colours[n])}"/></svg> {escape(n)}</li>'
        for n in names) + "</ul>"


def stacked_bars(title: str, labels: Sequence[str],
                 series: Mapping[str, Sequence[float]],
                 colours: Mapping[str, int], unit: str = "J",
                 share: bool = False,
                 links: Optional[Sequence[str]] = None) -> str:
    """Horizontal bars, a row a label, stacked by series."""
    left, width, row = 230.0, 640.0, 17.0
    totals = [sum(series[s][i] for s in series) for i in range(len(labels))]
    top = max(totals, default=0) or 1.0
    # Of a tall chart the axis is above, too.
    above = 18.0 if len(labels) > TALL else 0.0
    height = above + row * len(labels) + 26
    parts = []
    for tick in ticks(1.0 if share else top):
        x = left + width * tick / (1.0 if share else top)
        text = f"{100 * tick:.0f} %" if share else _tables.with_unit(tick, unit)
        parts.append(f'<path d="M{number(x)} {number(above)}V'
                     f'{number(height - 20)}" stroke="{FAINT}"/>' + "".join(
                         f'<text x="{number(x)}" y="{number(y)}" '
                         f'class="tick">{text}</text>'
                         for y in (12, height - 6)[0 if above else 1:]))
    for i, label in enumerate(labels):
        y = above + i * row
        shown = shorten(label, 32)
        whole = "" if shown == label else f"<title>{escape(label)}</title>"
        text = (f'<text x="{number(left - 6)}" y="{number(y + 12)}" '
                f'class="label">{whole}{escape(shown)}</text>')
        if links and links[i]:
            text = f'<a href="#{links[i]}">{text}</a>'
        parts.append(f'{text}<g transform="translate(0 {number(y)})">')
        x = left
        scale = width / ((totals[i] or 1.0) if share else top)
        for name, values in series.items():
            if values[i] <= 0:
                continue
            size = values[i] * scale
            if size < 0.3:  # the table has it
                x += size
                continue
            # Place and height are the style's, as there are many of them.
            told = "" if share else (
                f"<title>{escape(name)}: "
                f"{_tables.with_unit(values[i], unit)}</title>")
            parts.append(f'<rect x="{number(x)}" width="{size:.3g}" '
                         f'fill="{fill(colours[name])}">{told}</rect>')
            x += size
        parts.append("</g>")
    return _svg(left + width + 40, height, title, "".join(parts), "bars")


def histogram(title: str, counts: Sequence[int]) -> str:
    """Small bars without axes: a table's cell."""
    top = max(counts, default=0) or 1
    step = 120 / max(len(counts), 1)
    bars = "".join(f"M{number(i * step)} 20v{number(-18 * c / top)}"
                   f"h{number(max(step - 0.4, 0.6))}v{number(18 * c / top)}z"
                   for i, c in enumerate(counts) if c)
    return _svg(120, 21, title, f'<path d="{bars}" fill="{COLOURS[0]}"/>'
                f'<path d="M0 20.5H120" stroke="{FAINT}"/>', "spark")


def fraction(title: str, value: float, style: int) -> str:
    """A bar for a number from 0 to 1."""
    return _svg(100, 12, title, f'<rect width="100" height="12" fill="#eee"/>'
                f'<rect width="{number(100 * value)}" height="12" '
                f'fill="{fill(style)}"/>', "spark")


def raster(title: str, entry: Mapping[str, Any]) -> str:
    """Slots across, neurons down; the silent window is shaded."""
    left, width, height = 56.0, 700.0, 240.0
    slots = max(int(entry["slots"]), 1)
    neurons = max(int(entry["neurons"]), 1)
    step = width / slots
    parts = []
    if "silent" in entry:
        first, last = entry["silent"]
        parts.append(f'<rect x="{number(left + first * step)}" y="0" '
                     f'width="{number((last - first + 1) * step)}" '
                     f'height="{number(height)}" fill="#e4e4e4"><title>'
                     f'silent window: slots {first} to {last}</title></rect>')
    # In slots and pixels, so that coordinates are whole.
    marks = {(s, int(n * height / neurons))
             for s, n in zip(entry["slot"], entry["neuron"])}
    path, runs = "", 0
    for s, y in sorted(marks):
        if (s, y - 1) not in marks:
            runs = 0
            while (s, y + runs) in marks:
                runs += 1
            path += f"M{s} {y}v{runs}"
    parts.append(f'<path d="{path}" stroke="{INK}" stroke-width='
                 f'"{number(max(0.8, min(step * .6, 3)))}" '
                 'vector-effect="non-scaling-stroke" '
                 f'transform="translate({number(left + step / 2)} 0) '
                 f'scale({step:.5g} 1)"/>')
    parts.append(f'<path d="M{left} 0V{height}H{left + width}" fill="none" '
                 f'stroke="{INK}"/>')
    for tick in ticks(slots - 1, 8):
        x = left + (tick + .5) * step
        if tick == int(tick):
            parts.append(f'<text x="{number(x)}" y="{number(height + 14)}" '
                         f'class="tick">{int(tick)}</text>')
    parts.append(f'<text x="{number(left - 4)}" y="10" class="label">0</text>'
                 f'<text x="{number(left - 4)}" y="{number(height)}" '
                 f'class="label">{neurons - 1}</text>'
                 f'<text x="{number(left + width / 2)}" '
                 f'y="{number(height + 30)}" class="tick">slot</text>')
    return _svg(left + width + 20, height + 36, title, "".join(parts))


def _cells(plan: Mapping[str, Any], inside: int,
           across: int) -> List[List[int]]:
    """Layer, first crossbar, rows, copy and number of cells that are drawn as
    one: of a large plan, neighbours in a row of a core."""
    cells: List[List[int]] = []
    is_large = len(plan["tiles"]) > MERGED
    for layer, crossbar, rows, copy in sorted(
            plan["tiles"], key=lambda tile: int(tile[1])):
        if is_large and cells:
            last = cells[-1]
            if last[0] == layer and last[1] + last[4] == crossbar \
                    and crossbar % inside % across:
                last[4] += 1
                continue
        cells.append([layer, crossbar, rows, copy, 1])
    return cells


def floor_plan(plan: Mapping[str, Any], colours: Mapping[str, int],
               anchors: Mapping[str, str]) -> str:
    """A cell a crossbar, cores outlined; each leads to its layer."""
    cores, inside = int(plan["cores"]), int(plan["crossbars"])
    used = sorted({crossbar // inside for _, crossbar, _, _ in plan["tiles"]})
    # Cores that hold nothing are left out when there are many of them.
    shown = list(range(cores)) if cores <= 64 else used
    place = {core: i for i, core in enumerate(shown)}
    across = max(1, math.ceil(math.sqrt(inside)))
    down = math.ceil(inside / across)
    cell = 16.0 if len(shown) * inside <= 256 else \
        8.0 if len(shown) * inside <= 4096 else 4.0
    wide, high = across * cell + 10, down * cell + 22
    columns = max(1, min(len(shown), int(900 / wide)))
    parts = []
    for core in shown:
        i = place[core]
        x, y = i % columns * wide, i // columns * high
        parts.append(
            f'<g id="core{core}"><rect x="{number(x + 1)}" '
            f'y="{number(y + 14)}" width="{number(across * cell + 2)}" '
            f'height="{number(down * cell + 2)}" fill="#f6f6f6" '
            f'stroke="{FAINT}"/><text x="{number(x + 2)}" '
            f'y="{number(y + 11)}" class="small">core {core}</text></g>')
    names = plan["layers"]
    for layer, crossbar, rows, copy, count in _cells(plan, inside, across):
        core, at = divmod(crossbar, inside)
        i = place[core]
        x = i % columns * wide + 2 + at % across * cell
        y = i // columns * high + 15 + at // across * cell
        name = names[layer]
        title = (f"crossbar {crossbar}: {escape(name)}, {rows} rows"
                 + (f", copy {copy + 1}" if copy else "") if count == 1 else
                 f"crossbars {crossbar} to {crossbar + count - 1}: "
                 f"{escape(name)}")
        rect = (f'<rect x="{number(x)}" y="{number(y)}" '
                f'width="{number(count * cell - .8)}" '
                f'height="{number(cell - .8)}" '
                f'fill="{fill(colours[name])}"><title>{title}</title></rect>')
        parts.append(f'<a href="#{anchors[name]}">{rect}</a>'
                     if name in anchors else rect)
    if len(plan["tiles"]) > MERGED:
        # Where merged cells end.
        parts.append('<path d="' + "".join(
            f"M{number(place[core] % columns * wide + 2 + at * cell - .4)} "
            f"{number(place[core] // columns * high + 15)}v"
            f"{number(down * cell - .8)}"
            for core in shown for at in range(1, across))
            + '" stroke="#f6f6f6" stroke-width=".8" pointer-events="none"/>')
    lines = -(-len(shown) // columns)
    return _svg(columns * wide, lines * high, "floor plan", "".join(parts))


def shown_lanes(entry: Mapping[str, Any]) -> List[Any]:
    """The lanes of a timeline that are drawn, by when they begin."""
    lanes = sorted(entry["lanes"], key=lambda lane: min(
        (s[1] for s in lane["spans"]), default=0.0))
    if len(lanes) > LANES // 3:
        lanes = [lane for lane in lanes if not CORE.fullmatch(lane["name"])]
    return lanes[:LANES]


def timeline(entry: Mapping[str, Any], bottleneck: str,
             colours: Mapping[str, int]) -> str:
    """A lane a unit; the busiest one is marked."""
    lanes = shown_lanes(entry)
    end = max((s[2] for lane in lanes for s in lane["spans"]), default=1.0)
    left, width, row = 230.0, 640.0, 15.0
    height = row * len(lanes) + 26
    parts = []
    for tick in ticks(end):
        x = left + width * tick / end
        parts.append(f'<path d="M{number(x)} 0V{number(height - 20)}" '
                     f'stroke="{FAINT}"/><text x="{number(x)}" '
                     f'y="{number(height - 6)}" class="tick">'
                     f'{_tables.with_unit(tick * 1e-9, "s")}</text>')
    for i, lane in enumerate(lanes):
        y = i * row
        mark = " ◀ bottleneck" if lane["name"] == bottleneck else ""
        parts.append(
            f'<text x="{number(left - 6)}" y="{number(y + 11)}" '
            f'class="label{" strong" if mark else ""}"><title>'
            f'{escape(lane["name"])}{mark}</title>'
            f'{escape(shorten(lane["name"], 32 - len(mark)))}{mark}</text>')
        for name, start, stop in lane["spans"]:
            parts.append(
                f'<rect x="{number(left + width * start / end)}" '
                f'y="{number(y + 2)}" '
                f'width="{max(width * (stop - start) / end, 0.5):.1f}" '
                f'height="{number(row - 4)}" '
                f'fill="{fill(colours.get(name, 7))}"><title>{escape(name)}: '
                f'{_tables.with_unit(start * 1e-9, "s")} to '
                f'{_tables.with_unit(stop * 1e-9, "s")}</title></rect>')
    return _svg(left + width + 40, height, "timeline", "".join(parts))


def curve(title: str, points: Sequence[Tuple[float, Dict[str, float]]],
          name: str) -> str:
    """Values with their intervals; a logarithmic axis where it spans much."""
    left, width, height = 70.0, 560.0, 220.0
    xs = [x for x, _ in points]
    is_log = min(xs) > 0 and max(xs) / min(xs) > 50
    place = [math.log10(x) if is_log else x for x in xs]
    low_x, span = min(place), (max(place) - min(place)) or 1.0
    top = max(p.get("high", p["value"]) for _, p in points) or 1.0
    bottom = min(0.0, min(p.get("low", p["value"]) for _, p in points))

    def at(i: int, value: float) -> Tuple[float, float]:
        return (left + 20 + (width - 40) * (place[i] - low_x) / span,
                height - (height - 10) * (value - bottom) / (top - bottom))

    parts = [f'<path d="M{left} 0V{height}H{left + width}" fill="none" '
             f'stroke="{INK}"/>']
    for tick in ticks(top):
        y = at(0, tick)[1]
        parts.append(f'<text x="{number(left - 6)}" y="{number(y + 4)}" '
                     f'class="label">{tick:g}</text>')
    line = ""
    for i, (x, point) in enumerate(points):
        px, py = at(i, point["value"])
        line += f"{'L' if line else 'M'}{number(px)} {number(py)}"
        if "low" in point:
            parts.append(f'<path d="M{number(px)} '
                         f'{number(at(i, point["low"])[1])}V'
                         f'{number(at(i, point["high"])[1])}" '
                         f'stroke="{COLOURS[0]}" stroke-width="1.5"/>')
        parts.append(f'<circle cx="{number(px)}" cy="{number(py)}" r="3" '
                     f'fill="{COLOURS[0]}"><title>{name} {x:g}: '
                     f'{point["value"]:g}</title></circle>'
                     f'<text x="{number(px)}" y="{number(height + 14)}" '
                     f'class="tick">{x:g}</text>')
    parts.append(f'<path d="{line}" fill="none" stroke="{COLOURS[0]}"/>'
                 f'<text x="{number(left + width / 2)}" '
                 f'y="{number(height + 30)}" class="tick">{escape(name)}'
                 '</text>')
    return _svg(left + width + 30, height + 36, title, "".join(parts))
