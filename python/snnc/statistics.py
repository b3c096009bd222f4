# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Spike counts of a run: what `sim --stats` and `snn-run --stats` write."""

import dataclasses
import json
from typing import Any, Dict, Iterator, Mapping, Tuple

from . import _tables
from .errors import VersionError


@dataclasses.dataclass(frozen=True)
class SiteStatistics:
    """What one encode site did, summed over samples; valid tokens only."""

    name: str
    neurons: int
    spikes: int
    silent_fraction: float
    synaptic_operations: int
    slots: Tuple[int, ...]  #: spikes by slot; phase coding: by phase
    max_level: int
    mask: int
    radius: int
    #: Counters that only some codings have.
    other: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        return dataclasses.asdict(self)

    def plot(self, ax: Any = None) -> Any:
        """Spikes by slot."""
        ax = _tables.axes(ax)
        ax.bar(range(len(self.slots)), self.slots, width=1.0)
        ax.set_xlabel("slot")
        ax.set_ylabel("spikes")
        ax.set_title(self.name)
        return ax


@dataclasses.dataclass(frozen=True)
class Statistics(Mapping[str, SiteStatistics]):
    """Counts by site: a mapping from their names."""

    model: str
    coding: str
    mode: str
    samples: int
    sites: Mapping[str, SiteStatistics]
    neurons: int
    spikes: int
    silent_fraction: float
    synaptic_operations: int
    spikes_per_sample: float
    synaptic_operations_per_sample: float
    text: str = dataclasses.field(repr=False, default="")  #: the file's text

    def __getitem__(self, name: str) -> SiteStatistics:
        return self.sites[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.sites)

    def __len__(self) -> int:
        return len(self.sites)

    def to_dict(self) -> Dict[str, Any]:
        result = {field.name: getattr(self, field.name)
                  for field in dataclasses.fields(self)
                  if field.name not in ("sites", "text")}
        result["sites"] = {k: v.to_dict() for k, v in self.sites.items()}
        return result

    def _rows(self) -> Iterator[Tuple[Any, ...]]:
        for site in self.sites.values():
            yield (site.name, site.neurons, site.spikes,
                   _tables.percent(site.silent_fraction),
                   site.synaptic_operations)

    _headings = ("site", "neurons", "spikes", "silent", "synaptic operations")

    def __str__(self) -> str:
        return (f"{self.samples} samples, {self.spikes_per_sample:.1f} spikes "
                f"a sample, {_tables.percent(self.silent_fraction)} silent\n"
                + _tables.as_text(self._headings, self._rows()))

    def _repr_html_(self) -> str:
        return _tables.as_html(
            self._headings, self._rows(),
            f"{self.model}: {self.samples} samples, "
            f"{self.spikes_per_sample:.1f} spikes a sample")

    def plot(self, ax: Any = None) -> Any:
        """The silent fraction of every site."""
        ax = _tables.axes(ax)
        names = list(self.sites)
        ax.barh(names, [self.sites[n].silent_fraction for n in names])
        ax.invert_yaxis()
        ax.set_xlim(0, 1)
        ax.set_xlabel("silent fraction")
        return ax


def check_schema(what: str, found: Any, known: int) -> None:
    """Refuses a file of another schema."""
    if found != known:
        raise VersionError(f"{what} has schema version {found}, this package "
                           f"reads {known}: install the package of the "
                           "version that wrote it")


_SITE_FIELDS = {f.name for f in dataclasses.fields(SiteStatistics)}


def parse(text: str) -> Statistics:
    """Statistics from the text of a file."""
    data = json.loads(text)
    check_schema("the statistics file", data.get("schema_version"), 1)
    sites: Dict[str, SiteStatistics] = {}
    for name, entry in data["sites"].items():
        known = {key: value for key, value in entry.items()
                 if key in _SITE_FIELDS}
        known["slots"] = tuple(known.get("slots", ()))
        for key in ("max_level", "mask", "radius"):
            known.setdefault(key, 0)
        sites[name] = SiteStatistics(
            name=name, other={key: value for key, value in entry.items()
                              if key not in _SITE_FIELDS}, **known)
    totals = data["totals"]
    return Statistics(
        model=data.get("model", ""), coding=data.get("coding", ""),
        mode=data.get("mode", ""), samples=data["samples"], sites=sites,
        neurons=totals["neurons"], spikes=totals["spikes"],
        silent_fraction=totals["silent_fraction"],
        synaptic_operations=totals["synaptic_operations"],
        spikes_per_sample=totals["spikes_per_sample"],
        synaptic_operations_per_sample=totals[
            "synaptic_operations_per_sample"], text=text)
