# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The energy report: what `energy.json` says."""

import dataclasses
import json
import pathlib
from typing import Any, Dict, Iterator, List, Mapping, Tuple, Union

from . import _tables
from .statistics import check_schema

#: Accountings: what the papers count, and full totals with movement paid for
#: each tile that an event reaches, or for each synapse.
ACCOUNTINGS = ("paper_compatible", "full_per_tile", "full_per_synapse")


@dataclasses.dataclass(frozen=True)
class LayerEnergy:
    """Joules of one layer for one inference, by component."""

    name: str
    components: Mapping[str, Mapping[str, float]]  #: by accounting

    def total(self, accounting: str = "full_per_tile") -> float:
        return sum(self.components[accounting].values())


@dataclasses.dataclass(frozen=True)
class Energy:
    """Energy, latency and area of one inference."""

    chip: str
    components: Mapping[str, Mapping[str, float]]  #: J, by accounting
    layers: Tuple[LayerEnergy, ...]
    leakage: float  #: J, while the inference lasts
    latency: float  #: s
    interval: float  #: s between two inferences of a stream
    area: float  #: mm²
    rate_sources: Tuple[str, ...]  #: measured, calibration, assumed, upper_bound
    constants: Tuple[Mapping[str, Any], ...]  #: with source and status
    published: Tuple[Mapping[str, Any], ...]  #: figures to compare with
    data: Mapping[str, Any] = dataclasses.field(repr=False)  #: energy.json

    def total(self, accounting: str = "full_per_tile") -> float:
        """Joules of one inference, without leakage."""
        return sum(self.components[accounting].values())

    def to_dict(self) -> Dict[str, Any]:
        return dict(self.data)

    def _rows(self) -> Iterator[Tuple[str, ...]]:
        names = [name for name in self.components[ACCOUNTINGS[0]]
                 if any(self.components[a].get(name) for a in ACCOUNTINGS)]
        for name in names:
            yield (name, *(_tables.with_unit(
                self.components[a].get(name, 0.0), "J") for a in ACCOUNTINGS))
        yield ("total", *(_tables.with_unit(self.total(a), "J")
                          for a in ACCOUNTINGS))

    _headings = ("component", "as the paper counts", "full, per tile",
                 "full, per synapse")

    def _head(self) -> str:
        return (f"{self.chip}: {_tables.with_unit(self.latency, 's')} latency, "
                f"{_tables.with_unit(self.leakage, 'J')} leakage, "
                f"{self.area:.1f} mm², rates {', '.join(self.rate_sources)}")

    def __str__(self) -> str:
        return self._head() + "\n" + _tables.as_text(self._headings,
                                                     self._rows())

    def _repr_html_(self) -> str:
        return _tables.as_html(self._headings, self._rows(), self._head())

    def plot(self, ax: Any = None, accounting: str = "full_per_tile") -> Any:
        """Layers by components."""
        ax = _tables.axes(ax)
        names = [layer.name for layer in self.layers]
        left = [0.0] * len(names)
        for component in self.components[accounting]:
            values = [layer.components[accounting].get(component, 0.0)
                      for layer in self.layers]
            if not any(values):
                continue
            ax.barh(names, values, left=left, label=component)
            left = [a + b for a, b in zip(left, values)]
        ax.invert_yaxis()
        ax.set_xlabel("energy of an inference in J")
        ax.legend()
        return ax


def _components(entry: Mapping[str, Any]) -> Dict[str, Dict[str, float]]:
    return {accounting: {name: value * 1e-12 for name, value
                         in entry[accounting + "_pj"].items()
                         if name != "total"}
            for accounting in ACCOUNTINGS}


def parse(text: str) -> Energy:
    """The report from the text of a file."""
    data = json.loads(text)
    check_schema("energy.json", data.get("schema_version"), 1)
    sources: List[str] = sorted({site["source"]
                                 for site in data["rates"]["sites"]})
    return Energy(
        chip=data["chip"]["name"], components=_components(data["totals"]),
        layers=tuple(LayerEnergy(layer["name"], _components(layer))
                     for layer in data["layers"]),
        leakage=data["leakage"]["energy_pj"] * 1e-12,
        latency=data["latency"]["latency_ns"] * 1e-9,
        interval=data["latency"]["interval_ns"] * 1e-9,
        area=data["area_mm2"]["total"], rate_sources=tuple(sources),
        constants=tuple(data["constants"]), published=tuple(data["published"]),
        data=data)


def read(path: Union[str, pathlib.Path]) -> Energy:
    return parse(pathlib.Path(path).read_text(encoding="utf-8"))
