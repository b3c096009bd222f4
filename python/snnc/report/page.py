# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The report as one page: no script, no request, readable on paper.

Switches are radio buttons and CSS; every chart's data is also a table.
"""

import json
from typing import Any, Dict, List, Mapping, Sequence

from .. import _tables
from . import charts
from .charts import escape

ACCOUNTINGS = {"paper_compatible": "as the paper counts",
               "full_per_tile": "full, per tile",
               "full_per_synapse": "full, per synapse"}
BLOCKS = "full_per_tile-block"
#: How many rows the table of a raster has at most.
RASTER_ROWS = 32
SOURCES = {"measured": 0, "calibration": 4, "assumed": 1, "upper_bound": 15}
SOURCE_TEXT = {"measured": "measured", "calibration": "expected from calibration",
               "assumed": "assumed", "upper_bound": "not known: every neuron"}

CSS = """
:root{color-scheme:light}
body{font:15px/1.45 system-ui,sans-serif;color:#222;background:#fff;
 margin:0 auto;padding:1.5em;max-width:62em}
h1{font-size:1.5em;margin:0}h2{font-size:1.2em;margin:2em 0 .4em;
 border-bottom:1px solid #ccc}
p.sub{margin:.2em 0 1em;color:#555}
table{border-collapse:collapse;font-size:13px}
caption{text-align:left;color:#555}
td,th{padding:3px 10px 3px 0;text-align:left;border-bottom:1px solid #ddd;
 vertical-align:middle}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.n,td.w{white-space:nowrap}table+table,details+table{margin-top:1em}
svg{max-width:100%;height:auto;vertical-align:middle}
svg text{font:11px system-ui,sans-serif;fill:#222}
svg text.tick{text-anchor:middle}svg text.label{text-anchor:end}
svg text.strong{font-weight:bold}svg text.small{font-size:9px;fill:#555}
svg.spark{max-width:none}svg.bars g rect{y:2px;height:13px}
dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5em,1fr));
 gap:.6em 1.2em;margin:1em 0}
dl.facts div{border-left:3px solid #0072b2;padding-left:.6em}
dl.facts dt{font-size:12px;color:#555}dl.facts dd{margin:0;font-size:1.25em}
ul.legend{list-style:none;padding:0;margin:.4em 0;display:flex;flex-wrap:wrap;
 gap:.2em 1.2em;font-size:13px}
details{margin:.5em 0}summary{cursor:pointer;color:#024b7a}
fieldset{border:0;padding:0;margin:.5em 0}legend{float:left;margin-right:1em}
label{margin-right:1.2em}
.view{display:none}
:target{background:#fff3cd;outline:2px solid #e69f00}
a{color:#024b7a}a:focus,summary:focus,input:focus{outline:3px solid #e69f00}
.warn{color:#8a3d00}
@media print{body{padding:0;font-size:11px}details{break-inside:avoid}
 section{break-inside:auto}svg,tr{break-inside:avoid}}
"""


def _views(name: str, choices: Mapping[str, str]) -> str:
    """CSS that shows the part that a radio button names."""
    return "".join(f"#{name}-{key}:checked~.{name}-{key}{{display:block}}"
                   for key in choices)


def _switch(name: str, question: str, choices: Mapping[str, str]) -> str:
    inputs = []
    for i, (key, text) in enumerate(choices.items()):
        checked = " checked" if i == 0 else ""
        inputs.append(f'<input type="radio" name="{name}" id="{name}-{key}"'
                      f'{checked}><label for="{name}-{key}">{escape(text)}'
                      '</label>')
    return f"<span>{escape(question)}: </span>" + "".join(inputs)


def _table(headings: Sequence[str], rows: Sequence[Sequence[Any]],
           numeric: Sequence[int] = (), caption: str = "") -> str:
    def cell(kind: str, i: int, text: Any) -> str:
        css = ' class="n"' if i in numeric else \
            ' class="w"' if isinstance(text, _Html) else ""
        content = text if isinstance(text, _Html) else escape(text)
        scope = ' scope="col"' if kind == "th" else ""
        return f"<{kind}{css}{scope}>{content}</{kind}>"

    head = "".join(cell("th", i, h) for i, h in enumerate(headings))
    body = []
    for row in rows:
        anchor = ""
        if row and isinstance(row[0], _Row):
            anchor, row = f' id="{row[0].anchor}"', row[1:]
        body.append(f"<tr{anchor}>" + "".join(
            cell("td", i, v) for i, v in enumerate(row)) + "</tr>")
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (f"<table>{title}<thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(body)}</tbody></table>")


class _Html(str):
    """Text that is HTML already."""


class _Row:
    """The anchor of a row."""

    def __init__(self, anchor: str) -> None:
        self.anchor = anchor


def _details(summary: str, content: str, is_open: bool = False) -> str:
    return (f"<details{' open' if is_open else ''}><summary>{escape(summary)}"
            f"</summary>{content}</details>")


def _pj(value: float) -> str:
    return _tables.with_unit(value * 1e-12, "J")


def _ns(value: float) -> str:
    return _tables.with_unit(value * 1e-9, "s")


def _facts(data: Mapping[str, Any]) -> str:
    facts: List[Any] = []
    if "totals_pj" in data:
        total = data["totals_pj"]["full_per_tile"]["total"]
        facts += [("energy of an inference", _pj(total)),
                  ("as the paper counts",
                   _pj(data["totals_pj"]["paper_compatible"]["total"])),
                  ("leakage meanwhile", _pj(data["leakage_pj"])),
                  ("latency", _ns(data["latency_ns"])),
                  ("an inference every", _ns(data["interval_ns"])),
                  ("area", f"{data['area_mm2']['total']:.3g} mm²")]
    if "measured" in data:
        found = data["measured"]
        facts += [("silent neurons",
                   _tables.percent(found["silent_fraction"])),
                  ("spikes a sample", f"{found['spikes_per_sample']:,.0f}")]
    if "accuracy" in data:
        facts.append(("measured on the task", data["accuracy"]))
    return '<dl class="facts">' + "".join(
        f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>"
        for k, v in facts) + "</dl>"


def _energy(data: Mapping[str, Any], colours: Dict[str, int],
            anchors: Mapping[str, str]) -> str:
    layers = data["layers"]
    choices = {f"{a}{s}": f"{t}{', shares' if s else ''}"
               for a, t in ACCOUNTINGS.items() for s in ("", "-share")}
    choices = {key: choices[key] for key in (
        "full_per_tile", "full_per_synapse", "paper_compatible",
        "full_per_tile-share")}
    by_block = len({b for b in layers["block"] if b >= 0}) > 1
    if by_block:
        choices[BLOCKS] = "full, per tile, by block"
    parts = ["<section><h2 id=\"energy\">Energy by layer</h2>",
             _switch("acc", "Accounting", choices)]
    for key in choices:
        if key == BLOCKS:
            parts.append(_energy_by_block(layers, colours))
            continue
        accounting = key.replace("-share", "")
        series = {name: [v * 1e-12 for v in values] for name, values in
                  layers["energy_pj"][accounting].items() if any(values)}
        kept = [i for i in range(len(layers["name"]))
                if any(values[i] for values in series.values())]
        names = [layers["name"][i] for i in kept]
        picked = {n: [v[i] for i in kept] for n, v in series.items()}
        chart = charts.stacked_bars(
            f"energy by layer, {choices[key]}", names, picked, colours,
            share=key.endswith("-share"),
            links=[anchors.get(n, "") for n in names])
        total = data["totals_pj"][accounting]
        rows = [(name, _pj(total[name]), _tables.percent(
            total[name] / (total["total"] or 1)))
            for name in data["components"] if total[name]]
        rows.append(("total", _pj(total["total"]), "100 %"))
        parts.append(
            f'<div class="view acc-{key}">'
            + charts.legend(list(picked), colours) + chart
            + ("" if key.endswith("-share") else _details(
                "as a table", _table(
                ("layer", *picked), [
                    (n, *(_pj(picked[c][i] * 1e12) for c in picked))
                    for i, n in enumerate(names)],
                range(1, len(picked) + 1))))
            + _table(("component", "energy", "share"), rows, (1, 2),
                     "the whole network") + "</div>")
    if data["published"]:
        parts.append(_table(
            ("published quantity", "ours", "published", "for", "source"), [
                (_quantity(f["quantity"])[0],
                 _figure(f["quantity"], f.get("ours")),
                 _figure(f["quantity"], f["published"]),
                 f["conditions"], f["source"]) for f in data["published"]],
            (1, 2), "beside published figures, which are of other networks "
            "where the conditions say so"))
    return "".join(parts) + "</section>"


def _energy_by_block(layers: Mapping[str, Any],
                     colours: Dict[str, int]) -> str:
    """The bars of a deep network: a row a block."""
    blocks = sorted(set(layers["block"]))
    names = [f"block {b}" if b >= 0 else "before the first" for b in blocks]
    series = {name: [sum(v for v, block in zip(values, layers["block"])
                         if block == b) * 1e-12 for b in blocks]
              for name, values in
              layers["energy_pj"]["full_per_tile"].items() if any(values)}
    return (f'<div class="view acc-{BLOCKS}">'
            + charts.legend(list(series), colours)
            + charts.stacked_bars("energy by block", names, series, colours)
            + _details("as a table", _table(
                ("block", *series), [
                    (n, *(_pj(v[i] * 1e12) for v in series.values()))
                    for i, n in enumerate(names)],
                range(1, len(series) + 1))) + "</div>")


#: Endings of published quantities, with their unit.
_UNITS = {"_mj": (1e-3, "J"), "_uj": (1e-6, "J"), "_ms": (1e-3, "s"),
          "_mm2": (1.0, "mm²")}


def _quantity(key: str) -> "tuple[str, float, str]":
    """A quantity's words, and the factor and the unit of its numbers."""
    for ending, (factor, unit) in _UNITS.items():
        if key.endswith(ending):
            return key[:-len(ending)].replace("_", " "), factor, unit
    return key.replace("_", " "), 1.0, ""


def _figure(key: str, value: Any) -> str:
    if value is None:
        return "not computed"
    _, factor, unit = _quantity(key)
    if not unit or unit == "mm²":
        return f"{value:.3g} {unit}".rstrip()
    return _tables.with_unit(value * factor, unit)


#: What labels of NIR nodes mean.
_LABELS = {"faithful": "the spikes of the stated discretisation, up to float32",
           "approximate": "runs, but not as the node says"}


def _fidelity(data: Mapping[str, Any]) -> str:
    """How the nodes of a .nir file fared."""
    if "fidelity" not in data:
        return ""
    found = data["fidelity"]
    nodes = list(zip(*(found["nodes"][key] for key in (
        "name", "type", "label", "reason"))))
    counts = [f"{sum(n[2] == label for n in nodes)} {label} ({meaning})"
              for label, meaning in _LABELS.items()
              if any(n[2] == label for n in nodes)]

    def table(rows: Sequence[Sequence[Any]]) -> str:
        return _table(("node", "type", "label", "why"), [
            (name, kind, label if label == "faithful" else _Html(
                f'<strong class="warn">{escape(label)}</strong>'), reason)
            for name, kind, label, reason in rows])

    plain = [n for n in nodes if n[2] == "faithful"]
    other = [n for n in nodes if n[2] != "faithful"]
    reset = "subtract the threshold" if found["reset"] == "subtract" \
        else "reset the membrane"
    return ('<section><h2 id="fidelity">Fidelity to the NIR graph</h2><p>'
            + escape(f"Nodes: {', '.join(counts)}. Steps of {found['dt']:g} in "
                     f"the unit of the file's time constants, "
                     f"{found['steps']:,} a sample; {found['integration']} "
                     f"integration; spikes {reset}.") + "</p>"
            + (table(other) if other else "")
            + (_details(f"faithful: {len(plain)}", table(plain),
                        is_open=len(plain) <= 20) if plain else "")
            + "</section>")


def _sparsity(data: Mapping[str, Any]) -> str:
    sites = data["sites"]
    if not sites:
        return ""
    rows = []
    for site in sites:
        rate, source = site.get("rate"), site.get("source", "")
        silent: Any = "resident" if rate is None else _Html(
            charts.fraction(f"{100 * (1 - rate):.1f} % silent", 1 - rate,
                            SOURCES.get(source, 7))
            + f" {100 * (1 - rate):.1f} %")
        slots: Any = ""
        if "slots" in site:
            slots = _Html(charts.histogram(
                f"spikes of {site['name']} by slot", site["slots"]["counts"]))
        rows.append((site["name"], site["kind"], site.get("bits") or "",
                     "" if site.get("mask") is None else site["mask"],
                     site["radius"] or "", silent,
                     f"{site['spikes']:,.0f}" if "spikes" in site else "",
                     slots))
    used = sorted({s["source"] for s in sites if s.get("source")},
                  key=lambda s: SOURCES.get(s, 99))
    return ("<section><h2 id=\"sparsity\">Sparsity by site</h2>"
            + charts.legend([SOURCE_TEXT.get(s, s) for s in used],
                            {SOURCE_TEXT.get(s, s): SOURCES.get(s, 7)
                             for s in used})
            + _table(("site", "kind", "bits", "silent level", "dead zone",
                      "silent", "spikes a sample", "spikes by slot"), rows,
                     (2, 3, 4, 6)) + "</section>")


def _rasters(data: Mapping[str, Any]) -> str:
    if not data.get("rasters"):
        return ""
    parts = ["<section><h2 id=\"rasters\">Spikes</h2>"]
    for i, entry in enumerate(data["rasters"]):
        notes = []
        if entry["stride"] > 1:
            notes.append(f"one neuron of {entry['stride']}")
        if entry["every"] > 1:
            notes.append(f"one spike of {entry['every']}")
        text = (f"{entry['site']}: {entry['spikes']:,} spikes of "
                f"{entry['neurons']:,} neurons, sample {entry['sample']}"
                + (f" ({', '.join(notes)} shown)" if notes else ""))
        # Neighbouring slots together where there are many.
        width = -(-entry["slots"] // RASTER_ROWS)
        counts: Dict[int, int] = {}
        for slot in entry["slot"]:
            counts[slot // width] = counts.get(slot // width, 0) + 1
        table = _details("as a table", _table(
            ("slot" if width == 1 else "slots", "spikes shown"), [
                (at if width == 1 else
                 f"{at * width} to {at * width + width - 1}", count)
                for at, count in sorted(counts.items())], (0, 1)))
        parts.append(_details(text, charts.raster(text, entry) + table,
                              is_open=i == 0))
    return "".join(parts) + "</section>"


def _left_out(timeline: Mapping[str, Any]) -> str:
    """What a timeline of many units does not draw."""
    shown, count = charts.shown_lanes(timeline), len(timeline["lanes"])
    if len(shown) == count:
        return ""
    cores = sum(charts.CORE.fullmatch(lane["name"]) is not None
                for lane in timeline["lanes"])
    rest = count - len(shown) - cores
    return f" {cores} cores are not drawn: their layers are." + (
        f" Nor are {rest} more lanes." if rest > 0 else "")


def _chip(data: Mapping[str, Any], colours: Mapping[str, int],
          anchors: Mapping[str, str]) -> str:
    parts = []
    if "floor_plan" in data:
        plan = data["floor_plan"]
        used = len({t[1] for t in plan["tiles"]})
        parts.append(
            "<section><h2 id=\"floor\">Floor plan</h2>"
            f"<p>{used:,} of {plan['cores'] * plan['crossbars']:,} crossbars "
            f"hold weights, in {len({t[1] // plan['crossbars'] for t in plan['tiles']})}"
            f" of {plan['cores']} cores. A cell is a crossbar; it leads to its"
            " layer.</p>" + charts.floor_plan(plan, colours, anchors)
            + "</section>")
    if data.get("timeline"):
        resources = data["resources"]
        rows = sorted(zip(resources["name"], resources["unit"],
                          resources["busy_ns"], resources["utilisation"]),
                      key=lambda r: -float(r[2]))
        name = rows[0][0] if rows else ""
        parts.append(
            "<section><h2 id=\"timeline\">Timeline</h2><p>One inference. The "
            f"busiest unit, {escape(name)}, bounds the interval."
            + _left_out(data["timeline"]) + "</p>"
            + charts.timeline(data["timeline"], name, colours)
            + _details("as a table", _table(
                ("resource", "unit", "busy", "of the latency"),
                [(n, u, _ns(b), _tables.percent(p)) for n, u, b, p in rows],
                (2, 3))) + "</section>")
    return "".join(parts)


def _core_links(cores: Sequence[int], most: int = 3) -> "_Html":
    """Links to cores, neighbours as one range."""
    runs: List[List[int]] = []
    for core in cores:
        if runs and core == runs[-1][1] + 1:
            runs[-1][1] = core
        else:
            runs.append([core, core])

    def link(core: int) -> str:
        return f'<a href="#core{core}">{core}</a>'

    return _Html(", ".join(
        link(a) if a == b else f"{link(a)} to {link(b)}"
        for a, b in runs[:most]) + (" …" if len(runs) > most else ""))


def _layers(data: Mapping[str, Any], anchors: Mapping[str, str]) -> str:
    layers = data["layers"]
    where: Dict[str, List[int]] = {}
    if "floor_plan" in data:
        plan = data["floor_plan"]
        for layer, crossbar, _, _ in plan["tiles"]:
            cores = where.setdefault(plan["layers"][layer], [])
            core = crossbar // plan["crossbars"]
            if core not in cores:
                cores.append(core)
    rows = []
    for i, name in enumerate(layers["name"]):
        cores = sorted(where.get(name, []))
        links = _core_links(cores)
        energy = {a: sum(v[i] for v in layers["energy_pj"][a].values())
                  for a in ACCOUNTINGS}
        block = layers["block"][i]
        rows.append((_Row(anchors[name]), name,
                     block if block >= 0 else "",
                     layers["unit"][i].replace("_", " "),
                     layers["copies"][i] or "", links,
                     f"{layers['events'][i]:,.0f}",
                     f"{layers['conversions'][i]:,.0f}",
                     *(_pj(energy[a]) for a in ACCOUNTINGS)))
    return ("<section><h2 id=\"layers\">Layers</h2>" + _table(
        ("ONNX node", "block", "unit", "copies", "cores", "events",
         "conversions", *ACCOUNTINGS.values()), rows,
        (1, 3, 5, 6, 7, 8, 9)) + "</section>")


def _constants(data: Mapping[str, Any]) -> str:
    constants = data["constants"]
    rows = []
    for key, value, source, status in zip(*(constants[k] for k in (
            "key", "value", "source", "status"))):
        mark: Any = status
        if status == "reconstructed":
            mark = _Html('<strong class="warn">reconstructed</strong>')
        rows.append((key, value, source, mark))
    return ("<section><h2 id=\"constants\">Constants</h2><p>What is "
            "reconstructed is not published; the energies depend on it.</p>"
            + _details(f"{len(rows)} constants with their sources", _table(
                ("constant", "value", "source", "status"), rows, (1,)))
            + "</section>")


def _curves(data: Mapping[str, Any]) -> str:
    if not data.get("curves", {}).get("points"):
        return ""
    name = data["curves"]["names"][0]
    groups: Dict[Any, List[Any]] = {}
    for point in data["curves"]["points"]:
        rest = tuple(point["settings"][n] for n in data["curves"]["names"][1:])
        x = point["settings"][name]
        if isinstance(x, (int, float)):
            groups.setdefault(rest, []).append((float(x), point))
    parts = ["<section><h2 id=\"curves\">Curves</h2>"]
    for rest, points in groups.items():
        title = ", ".join(f"{n} {v}" for n, v in zip(
            data["curves"]["names"][1:], rest)) or f"over {name}"
        parts.append(f"<h3>{escape(title)}</h3>"
                     + charts.curve(title, points, name)
                     + _details("as a table", _table(
                         (name, "value", "from", "to"),
                         [(f"{x:g}", f"{p['value']:.4g}",
                           f"{p['low']:.4g}" if "low" in p else "",
                           f"{p['high']:.4g}" if "high" in p else "")
                          for x, p in points], (0, 1, 2, 3))))
    return "".join(parts) + "</section>"


def render(data: Mapping[str, Any]) -> str:
    """The page of a report's data."""
    layers: List[str] = data["layers"]["name"] if "layers" in data else []
    anchors = {name: f"layer{i}" for i, name in enumerate(layers)}
    components = {name: i for i, name in enumerate(data.get("components", ()))}
    by_layer = {name: i % 16 for i, name in enumerate(layers)}
    chip = data.get("chip", {}).get("name", "")
    title = data["model"] + (f" on {chip}" if chip else "")
    parts = [f"<h1>{escape(data['model'])}</h1>", "<p class=\"sub\">",
             escape(", ".join(t for t in (
                 f"on {chip}" if chip else "", data.get("coding", ""),
                 data["producer"], f"compilation {data['digest'][:12]}"
                 if data["digest"] else "") if t)), "</p>", _facts(data)]
    if data.get("rate_sources"):
        known = [SOURCE_TEXT.get(s, s) for s in data["rate_sources"]]
        warn = "upper_bound" in data["rate_sources"]
        parts.append(f"<p{' class=warn' if warn else ''}>Spike rates: "
                     f"{escape(', '.join(known))}."
                     + (" Energies are upper bounds; measure spikes, or "
                        "compile with calibration inputs." if warn else "")
                     + "</p>")
    for entry in data["float_products"]:
        parts.append(f'<p class="warn">Stays in float: {escape(entry["node"])}'
                     f' ({escape(entry["reason"])})</p>')
    if "layers" in data:
        parts.append(_energy(data, components, anchors))
    parts += [_fidelity(data), _sparsity(data), _rasters(data)]
    if "layers" in data:
        parts += [_chip(data, by_layer, anchors), _curves(data),
                  _layers(data, anchors), _constants(data)]
    else:
        parts.append(_curves(data))
    views = _views("acc", dict.fromkeys(
        ["full_per_tile", "full_per_synapse", "paper_compatible",
         "full_per_tile-share", BLOCKS], ""))
    # Spikes and spans are shown; programs read them from report.json.
    payload = json.dumps({k: v for k, v in data.items()
                          if k not in ("rasters", "timeline")}, separators=(",", ":"), ensure_ascii=False)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src '
        "'none'; style-src 'unsafe-inline'; img-src data:\">"
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{CSS}{views}</style></head>"
        f"<body>{charts.patterns()}{''.join(parts)}"
        '<script type="application/json" id="report">'
        + payload.replace("<", "\\u003c") + "</script></body></html>\n")
