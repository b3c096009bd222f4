# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How far energies can be trusted: constants with a spread.

    python3 -m snnc.uncertainty A/energy.json B/energy.json
    python3 -m snnc.uncertainty DIR      # of snnc --compare-systems

An energy is a sum of counts times constants. `energy.json` says what one more
unit of each constant adds, so that the energy under other constants needs no
other compilation. Designs are compared under the same constants: what both pay
for alike decides nothing between them.
"""

import argparse
import dataclasses
import json
import math
import pathlib
import sys
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from . import _tables, energy, intervals
from .errors import Error, InputError

#: Constants without a second published value, as a factor either way: SNNC's
#: choice, for want of a better one.
PUBLISHED_FACTOR, RECONSTRUCTED_FACTOR = 1.25, 2.0
DRAWS, SEED = 4096, 20261130

_HOROWITZ = "Horowitz, ISSCC 2014, 45 nm"
_22NM = "arXiv 2409.08290, 22 nm"
_ISAAC = "ISAAC (ISCA 2016), 32 nm"
_YE = "Ye, JSSC 2023"

#: What different sources say of the same thing: values by key, and the source.
#: Keys of one entry belong together, as each source draws the line between them
#: elsewhere. Between two sources everything is thought possible.
SOURCES: Tuple[Tuple[Tuple[Mapping[str, float], str], ...], ...] = (
    (({"energy.adc_pj": 0.470, "energy.control_pj": 1.297}, _YE),
     ({"energy.adc_pj": 1.5625, "energy.control_pj": 0.0078},
      _ISAAC + ": 16 mW for 8 converters, 10 uW for 1024 sample and holds, at "
      "1.28 GS/s")),
    (({"energy.cell_pj": 0.0285}, _YE),
     ({"energy.cell_pj": 0.00183}, _ISAAC + ": 2.4 mW for 8 arrays of 16384 "
      "cells in 100 ns")),
    *((({key: 0.098454}, _22NM + ": SRAM"),
       ({key: 0.15625}, _HOROWITZ + ": 10 pJ for 64 bits of 8 KB"))
      for key in ("energy.weight_pj_per_bit", "energy.membrane_pj_per_bit",
                  "energy.attention_pj_per_bit", "energy.digital_pj_per_bit",
                  "primitives.sram_pj_per_bit")),
    *((({key: 0.05448}, _22NM),
       ({key: 0.03}, _HOROWITZ + ": 8-bit addition"),
       ({key: 0.1}, _HOROWITZ + ": 32-bit addition"))
      for key in ("energy.accumulate_pj", "energy.compare_pj",
                  "primitives.add_pj", "primitives.compare_pj")),
    (({"energy.hops": 4.75}, _22NM + ": hops of a transformer"),
     ({"energy.hops": 1.0}, "SpikedAttention, released code: spikes lie in "
      "local memory")),
    *((({key: 0.18}, _22NM + ": movement"),
       ({key: 0.15625}, "SpikedAttention, released code: E_mem / 32"))
      for key in ("energy.movement_pj_per_bit_hop",
                  "primitives.movement_pj_per_bit_hop")),
    (({"energy.float_mac_pj": 4.6}, _HOROWITZ + ": fp32"),
     ({"energy.float_mac_pj": 1.5}, _HOROWITZ + ": fp16")),
)


@dataclasses.dataclass(frozen=True)
class Spread:
    """Constants that vary together: each `values` is one end, or source."""

    values: Tuple[Mapping[str, float], ...]
    sources: Tuple[str, ...]

    @property
    def name(self) -> str:
        return " and ".join(self.values[0])

    def at(self, position: float) -> Dict[str, float]:
        """The constants at 0 (the first source) to 1 (the last)."""
        place = position * (len(self.values) - 1)
        first = min(int(place), len(self.values) - 2)
        rest = place - first
        a, b = self.values[first], self.values[first + 1]
        return {key: _between(a[key], b[key], rest) for key in a}


def _between(a: float, b: float, position: float) -> float:
    """On a logarithmic scale where there is one."""
    if a > 0 and b > 0:
        return math.exp(math.log(a) * (1 - position) + math.log(b) * position)
    return a * (1 - position) + b * position


def spreads_of(constants: Sequence[Mapping[str, Any]],
               given: Optional[Mapping[str, Tuple[float, float]]] = None
               ) -> List[Spread]:
    """The spreads of a chip's energy constants; `given` goes before all."""
    given = dict(given or {})
    values = {c["key"]: c for c in constants
              if "full_per_tile_pj_per_unit" in c}
    for key in given:
        if key not in values:
            raise InputError(f"the chip has no energy constant '{key}'; it has "
                             + ", ".join(sorted(values)))
    left = dict(values)
    found: List[Spread] = []
    for key, (low, high) in given.items():
        if not low <= values[key]["value"] <= high:
            raise InputError(f"'{key}' needs a range that holds its value "
                             f"{values[key]['value']:g}, has {low:g} to {high:g}")
        del left[key]
        found.append(Spread(({key: low}, {key: high}), ("given", "given")))
    for entry in SOURCES:
        keys = set(entry[0][0])
        if not keys <= set(left):
            continue
        ends = sorted(((dict(v), s) for v, s in entry),
                      key=lambda e: next(iter(e[0].values())))
        nominal = {k: float(values[k]["value"]) for k in entry[0][0]}
        if 0 in nominal.values():
            continue  # this chip draws the line elsewhere, or counts none
        # A chip whose own value is none of these is one more source.
        if not any(all(math.isclose(v[k], nominal[k], rel_tol=1e-3)
                       for k in nominal) for v, _ in ends):
            ends.append((nominal, "the chip"))
            ends.sort(key=lambda e: next(iter(e[0].values())))
        found.append(Spread(tuple(v for v, _ in ends),
                            tuple(s for _, s in ends)))
        for key in keys:
            del left[key]
    for key, constant in left.items():
        value = float(constant["value"])
        if value == 0:
            continue  # not counted, or contained in another
        factor = (PUBLISHED_FACTOR if constant["status"] == "published"
                  else RECONSTRUCTED_FACTOR)
        found.append(Spread(({key: value / factor}, {key: value * factor}),
                            (f"{constant['status']}, a factor of {factor:g}",)
                            * 2))
    return found


class Model:
    """The full energy per tile of one design, by constants."""

    def __init__(self, report: energy.Energy):
        self.report = report
        self.nominal = {c["key"]: float(c["value"]) for c in report.constants}
        self.slopes = {c["key"]: float(c["full_per_tile_pj_per_unit"])
                       for c in report.constants
                       if "full_per_tile_pj_per_unit" in c}
        if not self.slopes:
            raise InputError("energy.json says nothing of what its constants "
                             "add; compile with this version")
        self.total = report.total() * 1e12
        # Movement is bits times hops times the energy of both.
        hops = self._share("energy.hops")
        self.moved = next((k for k in ("energy.movement_pj_per_bit_hop",
                                       "primitives.movement_pj_per_bit_hop")
                           if hops > 0 and math.isclose(
                               self._share(k), hops, rel_tol=1e-6)), None)

    def _share(self, key: str) -> float:
        return self.slopes.get(key, 0.0) * self.nominal.get(key, 0.0)

    def at(self, constants: Mapping[str, float]) -> float:
        """pJ with some constants replaced."""
        total = self.total
        for key, value in constants.items():
            if self.moved and key in (self.moved, "energy.hops"):
                continue
            total += self.slopes.get(key, 0.0) * (
                value - self.nominal.get(key, 0.0))
        if self.moved:
            factor = 1.0
            for key in (self.moved, "energy.hops"):
                if key in constants:
                    factor *= constants[key] / self.nominal[key]
            total += self._share("energy.hops") * (factor - 1)
        return total


@dataclasses.dataclass(frozen=True)
class Interval:
    """Of an energy, in J."""

    value: float
    low: float  #: 5 % of the draws are below
    high: float  #: and 5 % above

    def __str__(self) -> str:
        return (f"{_tables.with_unit(self.value, 'J')} "
                f"({_tables.with_unit(self.low, 'J')} to "
                f"{_tables.with_unit(self.high, 'J')})")


@dataclasses.dataclass(frozen=True)
class Order:
    """Whether one design takes less than another, and what that hangs on."""

    less: str
    more: str
    holds: float  #: the share of draws in which it is so
    decides: Tuple[str, ...]  #: constants that alone can turn it round
    moves: Tuple[Tuple[str, float], ...]  #: J of the difference, largest first

    @property
    def survives(self) -> bool:
        """In all but 5 % of the draws."""
        return self.holds >= 0.95


@dataclasses.dataclass(frozen=True)
class Analysis:
    """Energies of designs under the constants' spreads."""

    names: Tuple[str, ...]
    energies: Mapping[str, Interval]
    orders: Tuple[Order, ...]  #: of all pairs
    spreads: Tuple[Spread, ...]

    def to_dict(self) -> Dict[str, Any]:
        return {"energies": {n: dataclasses.asdict(e)
                             for n, e in self.energies.items()},
                "orders": [{**dataclasses.asdict(o), "survives": o.survives}
                           for o in self.orders],
                "spreads": [dataclasses.asdict(s) for s in self.spreads]}

    def __str__(self) -> str:
        lines = [_tables.as_text(
            ("design", "energy", "5 %", "95 %"),
            [(n, *(_tables.with_unit(v, "J") for v in (e.value, e.low, e.high)))
             for n, e in self.energies.items()])]
        for order in self.orders:
            lines.append(f"{order.less} takes less than {order.more} in "
                         f"{_tables.percent(order.holds)} of the draws"
                         + ("; alone can turn it round: "
                            + ", ".join(order.decides) if order.decides else
                            "; no constant alone turns it round"))
        return "\n".join(lines)


def analyse(reports: Mapping[str, energy.Energy],
            given: Optional[Mapping[str, Tuple[float, float]]] = None,
            draws: int = DRAWS, seed: int = SEED) -> Analysis:
    """Energies under the spreads of their constants, and their order.

    Designs on chips with the same value of a constant see the same draws of
    it."""
    models = {name: Model(report) for name, report in reports.items()}
    by_value: Dict[Any, Spread] = {}
    of_design: Dict[str, List[Any]] = {}
    for name, report in reports.items():
        for spread in spreads_of(report.constants, given):
            nominal = tuple((k, models[name].nominal[k])
                            for k in spread.values[0])
            by_value.setdefault(nominal, spread)
            of_design.setdefault(name, []).append(nominal)
    random = np.random.default_rng(seed)
    positions = {key: random.random(draws) for key in by_value}
    drawn = {name: np.array([
        model.at({k: v for key in of_design[name]
                  for k, v in by_value[key].at(positions[key][i]).items()})
        for i in range(draws)]) for name, model in models.items()}
    energies = {name: Interval(models[name].total * 1e-12,
                               float(np.quantile(drawn[name], 0.05)) * 1e-12,
                               float(np.quantile(drawn[name], 0.95)) * 1e-12)
                for name in models}
    ranked = sorted(models, key=lambda n: models[n].total)
    orders = []
    for i, less in enumerate(ranked):
        for more in ranked[i + 1:]:
            orders.append(_order(less, more, models, drawn, by_value,
                                 of_design))
    return Analysis(tuple(reports), energies, tuple(orders),
                    tuple(by_value.values()))


def _order(less: str, more: str, models: Mapping[str, Model],
           drawn: Mapping[str, Any], spreads: Mapping[Any, Spread],
           of_design: Mapping[str, Sequence[Any]]) -> Order:
    decides, moves = [], []
    for key, spread in spreads.items():
        differences = []
        for step in range(17):
            constants = spread.at(step / 16)
            differences.append(
                models[more].at(constants if key in of_design[more] else {})
                - models[less].at(constants if key in of_design[less] else {}))
        if min(differences) < 0:
            decides.append(spread.name)
        moves.append((spread.name,
                      (max(differences) - min(differences)) * 1e-12))
    moves.sort(key=lambda m: -m[1])
    holds = float(np.mean(drawn[less] < drawn[more]))
    return Order(less, more, holds, tuple(decides), tuple(moves[:5]))


# -- Command line -------------------------------------------------------------


def _read_comparison(folder: pathlib.Path) -> Dict[str, Dict[str, Any]]:
    """Systems of a comparison that have figures, by name."""
    data = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    found = {}
    for row in data["systems"]:
        if "problem" not in row:
            path = folder / row["system"] / "common" / "energy.json"
            low, high = intervals.wilson(row["error_rate"] * data["samples"],
                                         data["samples"])
            found[row["system"]] = {"path": path, "error": row["error_rate"],
                                    "low": low, "high": high}
    return found


def format_comparison(folder: pathlib.Path,
                      given: Mapping[str, Tuple[float, float]]) -> str:
    """The table of a comparison with intervals, as Markdown, and its orders."""
    systems = _read_comparison(folder)
    analysis = analyse({n: energy.read(s["path"]) for n, s in systems.items()},
                       given)
    lines = ["| system | error rate (95 %) | common energy, uJ (90 %) |",
             "| --- | --- | --- |"]
    for name, system in systems.items():
        e = analysis.energies[name]
        lines.append(f"| {name} | {system['error']:.4f} ({system['low']:.4f} "
                     f"to {system['high']:.4f}) | {e.value * 1e6:.2f} "
                     f"({e.low * 1e6:.2f} to {e.high * 1e6:.2f}) |")
    lines += ["", "| less | more | of the draws | alone can turn it round | "
              "moves the difference most |", "| --- | --- | --- | --- | --- |"]
    for order in analysis.orders:
        most, size = order.moves[0]
        lines.append(f"| {order.less} | {order.more} | "
                     f"{_tables.percent(order.holds)} | "
                     f"{', '.join(order.decides) or 'none'} | {most}, "
                     f"{size * 1e6:.2f} uJ |")
    return "\n".join(lines)


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(
        prog="snnc.uncertainty", description="Energies as intervals, and which "
        "constants the order of designs hangs on.")
    parser.add_argument("reports", nargs="+", type=pathlib.Path,
                        metavar="ENERGY.json|DIR", help="reports, or the "
                        "directory of one comparison of systems")
    parser.add_argument("--spread", action="append", default=[],
                        metavar="KEY=LOW:HIGH", help="range of a constant")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    try:
        given = {}
        for text in options.spread:
            try:
                key, ends = text.rsplit("=", 1)
                low, high = (float(e) for e in ends.split(":"))
            except ValueError:
                raise InputError(f"--spread needs KEY=LOW:HIGH, has '{text}'") \
                    from None
            given[key] = (low, high)
        paths = options.reports
        if len(paths) == 1 and (paths[0] / "comparison.json").exists() and \
                not options.json:
            print(format_comparison(paths[0], given))
            return 0
        if len(paths) == 1 and (paths[0] / "comparison.json").exists():
            named = {n: s["path"] for n, s in _read_comparison(paths[0]).items()}
        else:
            named = {str(p): p / "energy.json" if p.is_dir() else p
                     for p in paths}
        analysis = analyse({n: energy.read(p) for n, p in named.items()}, given)
        print(json.dumps(analysis.to_dict(), indent=1) if options.json
              else analysis)
        return 0
    except (Error, OSError) as error:
        print(f"snnc.uncertainty: error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
