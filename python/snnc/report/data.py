# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the report shows: one object, `report.json`.

It is columnar: a table is a list for every column. Numbers have six digits, and
columns that are zero throughout are left out.
"""

import json
import pathlib
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ..energy import ACCOUNTINGS
from ..spikes import Spikes
from ..statistics import Statistics

SCHEMA_VERSION = 1
#: How many spikes and neurons of a site a raster shows, and of how many sites.
RASTER_SPIKES, RASTER_NEURONS, RASTER_SITES = 600, 4096, 6
#: About how many spans a timeline has at most.
SPANS = 500
#: How many bars a histogram of slots has at most.
HISTOGRAM_BARS = 64


def rounded(value: Any) -> Any:
    """With six digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return value


def build(directory: pathlib.Path, *, stats: Optional[Statistics] = None,
          energy: Optional[Mapping[str, Any]] = None,
          spikes: Optional[Spikes] = None,
          curves: Optional[Mapping[str, Any]] = None,
          image: Optional[Mapping[str, Any]] = None) -> Dict[str, Any]:
    """The report of a folder that snnc wrote.

    `energy` replaces energy.json (another report of the same network); `image`
    is what `snn-image dump --json` prints.
    """
    manifest = _read(directory / "artefacts.json") or {}
    quantisation = _read(directory / "quantisation.json") or {}
    report = energy if energy is not None else \
        _read(directory / "energy.json")
    data: Dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "model": manifest.get("model", ""),
        "digest": manifest.get("digest", ""),
        "producer": manifest.get("producer", ""),
        "coding": stats.coding if stats else "",
        "float_products": [
            {"node": node,
             "reason": quantisation.get("float_reasons", {}).get(node, "")}
            for node in quantisation.get("float_products", ())],
        "sites": _sites(quantisation, report, stats),
    }
    fidelity = _read(directory / "fidelity.json")
    if fidelity is not None:
        data["fidelity"] = _fidelity(fidelity)
    if stats is not None:
        data["measured"] = {
            "samples": stats.samples, "spikes": stats.spikes,
            "neurons": stats.neurons,
            "silent_fraction": stats.silent_fraction,
            "spikes_per_sample": stats.spikes_per_sample,
            "operations_per_sample": stats.synaptic_operations_per_sample}
    if report is not None:
        data.update(_energy(report, image))
        data["timeline"] = _timeline(_read(directory / "trace.json"))
    if spikes is not None:
        data["rasters"] = _rasters(spikes)
    if curves is not None:
        data["curves"] = dict(curves)
    return dict(rounded(data))


def _read(path: pathlib.Path) -> Optional[Dict[str, Any]]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError:
        return None


def _fidelity(labels: Mapping[str, Any]) -> Dict[str, Any]:
    """How the nodes of a .nir file fared, and its time."""
    nodes = labels["nodes"]
    return {**{key: labels[key] for key in ("nir_version", "dt", "steps",
                                            "integration", "reset")},
            "nodes": {key: [node[key] for node in nodes]
                      for key in ("name", "type", "label", "reason")}}


def _sites(quantisation: Mapping[str, Any],
           report: Optional[Mapping[str, Any]],
           stats: Optional[Statistics]) -> List[Dict[str, Any]]:
    rates = {site["name"]: site for site in report["rates"]["sites"]} \
        if report else {}
    known = {site["name"]: site for site in quantisation.get("sites", ())}
    names = [*known, *(n for n in (stats or {}) if n not in known)]
    rows = []
    for name in names:
        site = known.get(name, {})
        row: Dict[str, Any] = {
            "name": name, "kind": site.get("kind", ""),
            "bits": site.get("bits"), "mask": site.get("mask"),
            "radius": site.get("radius", 0)}
        if name in rates:
            row["rate"] = rates[name]["rate"]
            row["source"] = rates[name]["source"]
            row["neurons"] = rates[name]["neurons"]
        if stats is not None and name in stats:
            found = stats[name]
            row.update(rate=1 - found.silent_fraction, source="measured",
                       neurons=found.neurons // max(stats.samples, 1),
                       spikes=found.spikes / max(stats.samples, 1),
                       slots=_histogram(found.slots))
        rows.append(row)
    return rows


def _histogram(slots: Sequence[int]) -> Dict[str, Any]:
    """Spikes by slot, neighbours added up where there are many."""
    width = -(-len(slots) // HISTOGRAM_BARS) if slots else 1
    return {"slots": len(slots), "width": width,
            "counts": [sum(slots[i:i + width])
                       for i in range(0, len(slots), width)]}


def _energy(report: Mapping[str, Any],
            image: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    components = [name for name in report["totals"][ACCOUNTINGS[0] + "_pj"]
                  if name != "total"]
    used = [name for name in components
            if any(report["totals"][a + "_pj"].get(name)
                   for a in ACCOUNTINGS)]
    layers = report["layers"]
    columns: Dict[str, Any] = {
        "name": [layer["name"] for layer in layers],
        "block": [layer.get("block", -1) for layer in layers],
        "unit": [layer.get("unit", "") for layer in layers],
        "copies": [layer.get("copies", 0) for layer in layers],
        "utilisation": [layer.get("utilisation", 0.0) for layer in layers],
        "events": [layer["counts"]["events"] for layer in layers],
        "operations": [layer["counts"]["synaptic_operations"]
                       for layer in layers],
        "conversions": [layer["counts"]["conversions"] for layer in layers],
        "energy_pj": {
            a: {name: [layer[a + "_pj"].get(name, 0.0) for layer in layers]
                for name in used} for a in ACCOUNTINGS}}
    latency = report["latency"]
    result: Dict[str, Any] = {
        "chip": report["chip"],
        "components": used,
        "totals_pj": {a: {name: report["totals"][a + "_pj"].get(name, 0.0)
                          for name in [*used, "total"]}
                      for a in ACCOUNTINGS},
        "leakage_pj": report["leakage"]["energy_pj"],
        "programming": report["programming"],
        "latency_ns": latency["latency_ns"],
        "interval_ns": latency["interval_ns"],
        "resources": {key: [r.get(key, 0) for r in latency["resources"]]
                      for key in ("name", "unit", "busy_ns", "utilisation")},
        "area_mm2": report["area_mm2"],
        "layers": columns,
        "rate_sources": sorted({s["source"]
                                for s in report["rates"]["sites"]}),
        "constants": {key: [c.get(key) for c in report["constants"]]
                      for key in ("key", "value", "source", "status")},
        "published": report["published"]}
    if image is not None:
        result["floor_plan"] = _floor_plan(image)
    return result


def _floor_plan(image: Mapping[str, Any]) -> Dict[str, Any]:
    chip = image["chip"]
    tiles = []
    for number, layer in enumerate(image["layers"]["layers"]):
        for tile in layer.get("tiles", []):  # none: another layer's cells
            for copy, crossbar in enumerate(tile["crossbars"]):
                tiles.append([number, crossbar, tile["rows"], copy])
    return {"cores": chip["cores"], "crossbars": chip["crossbars_per_core"],
            "rows": chip["crossbar"]["rows"],
            "layers": [layer["node"] for layer in image["layers"]["layers"]],
            "rounds": [layer.get("round", 0)
                       for layer in image["layers"]["layers"]],
            "tiles": tiles}


def _timeline(trace: Optional[Mapping[str, Any]]
              ) -> Optional[Dict[str, Any]]:
    """Lanes of spans in ns. Spans of one op that nearly touch are one: gaps
    that a chart of so many spans could show stay."""
    if trace is None:
        return None
    names: Dict[Any, str] = {}
    for event in trace["traceEvents"]:
        if event.get("ph") == "M" and event["name"] == "thread_name":
            names[event["pid"], event["tid"]] = event["args"]["name"]
    events = sorted((e for e in trace["traceEvents"] if e.get("ph") == "X"),
                    key=lambda e: float(e["ts"]))
    length = max((e["ts"] + e["dur"] for e in events), default=0.0)
    gap = length / 600
    lanes = _lanes(events, gap)
    while sum(map(len, lanes.values())) > SPANS and gap < length:
        gap *= 2
        lanes = _lanes(events, gap)
    return {"lanes": [{"name": names.get(key, ""), "spans": [
        [name, start * 1e3, end * 1e3] for name, start, end in lane]}
        for key, lane in lanes.items()]}


def _lanes(events: Sequence[Mapping[str, Any]],
           gap: float) -> Dict[Any, List[List[Any]]]:
    lanes: Dict[Any, List[List[Any]]] = {}
    last: Dict[Any, List[Any]] = {}
    for event in events:
        lane = (event["pid"], event["tid"])
        start, end = event["ts"], event["ts"] + event["dur"]
        span = last.get((lane, event["name"]))
        if span is not None and start - span[2] <= gap:
            span[2] = max(end, span[2])
            continue
        span = [event["name"], start, end]
        last[lane, event["name"]] = span
        lanes.setdefault(lane, []).append(span)
    return lanes


def _rasters(spikes: Spikes) -> List[Dict[str, Any]]:
    rasters = []
    # Of all sites in the order of the network, evenly.
    names = list(spikes)
    if len(names) > RASTER_SITES:
        # From the first to the last; a whole step could meet one kind only.
        last = len(names) - 1
        names = [names[round(i * last / (RASTER_SITES - 1))]
                 for i in range(RASTER_SITES)]
    for name in names:
        site = spikes[name]
        events = spikes.events(name)
        levels = spikes.levels(name)
        neurons = int(levels[0].size if site.is_binary else levels.size)
        stride = -(-neurons // RASTER_NEURONS)
        events = events[events[:, 1] % stride == 0] if len(events) else events
        step = -(-len(events) // RASTER_SPIKES) if len(events) else 1
        shown = events[::step]
        raster: Dict[str, Any] = {
            "site": name, "sample": spikes.samples[0],
            "slots": spikes.slots(name), "neurons": neurons,
            "stride": stride, "every": step,
            "spikes": len(spikes.events(name)),
            "slot": [int(v) for v in shown[:, 0]],
            "neuron": [int(v) for v in shown[:, 1]]}
        if not site.is_binary and not site.phases:
            raster["silent"] = [
                max(site.max_level - site.mask - site.radius, 0),
                min(site.max_level - site.mask + site.radius, site.max_level)]
        rasters.append(raster)
    return rasters
