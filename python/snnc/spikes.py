# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recorded trains: what `sim --record` writes.

A neuron of M-TTFS that is not silent fires once, in slot T - q for the level q.
In phase coding the slot is the phase, and a spike has a sign. Neurons of
networks trained to spike (LIF, Bernoulli) send zeros and ones over time steps,
the first axis of a train; there the slot is the step.
"""

import dataclasses
import os
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union

import numpy as np

from . import _tables
from .errors import InputError

_Array = Any  # numpy arrays of any type


@dataclasses.dataclass(frozen=True)
class SiteTrain:
    """The trains of one site, sample after sample."""

    name: str
    levels: _Array  #: [samples, ...]: levels, or codes of phase coding
    max_level: int  #: T; 0 in phase coding
    mask: int  #: the level of a silent neuron
    radius: int  #: of the dead zone
    phases: int  #: of phase coding; else 0
    is_binary: bool  #: spikes over time steps


class Spikes(Mapping[str, SiteTrain]):
    """Trains of some samples, by site."""

    def __init__(self, coding: str, samples: Sequence[int],
                 sites: Iterable[SiteTrain]) -> None:
        self.coding = coding
        self.samples = tuple(samples)
        self._sites: Dict[str, SiteTrain] = {site.name: site for site in sites}

    def __getitem__(self, name: str) -> SiteTrain:
        try:
            return self._sites[name]
        except KeyError:
            raise InputError(f"there are no spikes of '{name}'; there are "
                             + ", ".join(f"'{n}'" for n in self._sites)
                             ) from None

    def __iter__(self) -> Any:
        return iter(self._sites)

    def __contains__(self, name: object) -> bool:
        return name in self._sites

    def __len__(self) -> int:
        return len(self._sites)

    def __repr__(self) -> str:
        return (f"Spikes of {len(self.samples)} samples at "
                f"{len(self)} sites")

    def _index(self, sample: Optional[int]) -> int:
        if sample is None:
            return 0
        if sample not in self.samples:
            raise InputError(f"there are no spikes of sample {sample}; there "
                             f"are those of {list(self.samples)}")
        return self.samples.index(sample)

    def levels(self, site: str, sample: Optional[int] = None) -> _Array:
        """The train as the network has it; of the first sample by default."""
        return self[site].levels[self._index(sample)]

    def slots(self, site: str) -> int:
        """How many slots the site's window has."""
        train = self[site]
        if train.is_binary:
            return int(train.levels.shape[1])
        return train.phases or train.max_level + 1

    def events(self, site: str, sample: Optional[int] = None) -> _Array:
        """[spikes, 2]: slot and neuron, sorted; neurons count row-major."""
        train = self[site]
        levels = self.levels(site, sample)
        if train.is_binary:
            steps = levels.reshape(levels.shape[0], -1)
            slot, neuron = np.nonzero(steps)
        else:
            flat = levels.reshape(-1).astype(np.int64)
            silent = 0 if train.phases else train.mask
            neuron = np.nonzero(flat != silent)[0]
            slot = (np.abs(flat[neuron]) - 1 if train.phases
                    else train.max_level - flat[neuron])
        order = np.lexsort((neuron, slot))
        return np.stack([slot[order], neuron[order]], axis=1).astype(np.int64)

    def dense(self, site: str, sample: Optional[int] = None) -> _Array:
        """[slots, neurons]: 1 where a neuron fires, -1 for a negative spike."""
        train = self[site]
        levels = self.levels(site, sample)
        count = levels[0].size if train.is_binary else levels.size
        result = np.zeros((self.slots(site), count), np.int8)
        events = self.events(site, sample)
        signs: _Array = 1
        if train.phases:
            signs = np.sign(levels.reshape(-1)[events[:, 1]])
        result[events[:, 0], events[:, 1]] = signs
        return result

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes the arrays that `sim --record` writes."""
        arrays: Dict[str, _Array] = {
            "samples": np.asarray(self.samples, np.int64)}
        for name, site in self._sites.items():
            arrays["levels/" + name] = site.levels
            arrays["coding/" + name] = np.asarray(
                [site.max_level, site.mask, site.radius, site.phases], np.int32)
        with open(path, "wb") as file:
            np.savez(file, **arrays)

    def to_nir(self, path: Union[str, "os.PathLike[str]"],
               dt: float = 1.0) -> None:
        """Writes the trains as NIRData: TimeGriddedData [samples, slots,
        neurons] of every site, in slots of `dt` seconds; needs h5py."""
        import h5py  # type: ignore[import]
        with h5py.File(path, "w") as file:
            file.attrs["__type__"] = "NIRGraphData"
            nodes = file.create_group("nodes")
            for site in self:  # a slash would be a group
                name = site.strip("/").replace("/", ".")
                group = nodes.create_group(name + "/observables/spikes")
                group.create_dataset("data", data=np.stack(
                    [self.dense(site, sample) for sample in self.samples]))
                group.attrs["dt"] = float(dt)

    def plot(self, site: str, ax: Any = None,
             sample: Optional[int] = None) -> Any:
        """A raster: neurons over slots, the silent window shaded."""
        ax = _tables.axes(ax)
        train = self[site]
        events = self.events(site, sample)
        ax.scatter(events[:, 0], events[:, 1], s=2, marker="|",
                   linewidths=0.6, color="black")
        if not train.is_binary and not train.phases:
            first = train.max_level - min(train.mask + train.radius,
                                          train.max_level)
            last = train.max_level - max(train.mask - train.radius, 0)
            ax.axvspan(first - 0.5, last + 0.5, color="0.85", zorder=0,
                       label="silent")
            ax.legend(loc="upper right")
        ax.set_xlim(-0.5, self.slots(site) - 0.5)
        ax.set_xlabel("step" if train.is_binary else
                      "phase" if train.phases else "slot")
        ax.set_ylabel("neuron")
        ax.set_title(site)
        return ax


def is_binary(coding: str, max_level: int, phases: int) -> bool:
    """Whether a train runs over time steps."""
    return coding == "lif" and max_level == 1 and phases == 0


def from_arrays(coding: str, arrays: Mapping[str, _Array]) -> Spikes:
    """From the arrays of a file."""
    sites: List[SiteTrain] = []
    for key in arrays:
        if not key.startswith("levels/"):
            continue
        name = key[len("levels/"):]
        top, mask, radius, phases = map(int, arrays["coding/" + name])
        sites.append(SiteTrain(name, arrays[key], top, mask, radius, phases,
                               is_binary(coding, top, phases)))
    return Spikes(coding, [int(n) for n in arrays["samples"]], sites)


def load(path: Union[str, "os.PathLike[str]"],
         coding: str = "mttfs") -> Spikes:
    """Reads a file of `sim --record`; `coding` is the network's."""
    with np.load(path) as arrays:
        return from_arrays(coding, dict(arrays))
