# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Metrics over data sets, with confidence intervals.

A metric means what `snnc --compare-systems` means by the same words: the arg
max over the last axis of an output is the decision; labels are its classes.
"""

import dataclasses
import itertools
import json
import os
from typing import (Any, Callable, Dict, Iterable, Iterator, List, Mapping,
                    Optional, Sequence, Tuple, Union)

import numpy as np

from . import _tables, intervals
from .compiled import Compiled
from .errors import InputError
from .ports import to_numpy

_Array = Any


@dataclasses.dataclass(frozen=True)
class ErrorRate:
    """The fraction of wrong decisions.

    Args:
        last_only: judge the last position of axis 1 only.
        digits: count errors per digit of the class in this base; 0: the class
            as a whole.
        output: which output, of several.
    """

    last_only: bool = False
    digits: int = 0
    output: Optional[str] = None

    def decisions(self, outputs: Any, labels: _Array) -> _Array:
        """[samples, decisions]: 1 for a wrong one, 0 for a right one."""
        decided = _output(outputs, self.output).argmax(-1)
        labels = np.asarray(labels)
        if labels.dtype.kind not in "iu":
            raise InputError(f"labels need integers, have {labels.dtype}")
        if self.last_only:
            decided, labels = _last(decided), _last(labels)
        if decided.ndim == 0 or decided.shape != labels.shape:
            raise InputError(f"decisions of shape {decided.shape} do not fit "
                             f"labels of shape {labels.shape}")
        if not self.digits:
            wrong = decided != labels
        else:
            places, rest = 1, int(labels.max())
            while rest >= self.digits:
                places, rest = places + 1, rest // self.digits
            powers = self.digits ** np.arange(places)
            wrong = (decided[..., None] // powers % self.digits
                     != labels[..., None] // powers % self.digits)
        return wrong.reshape(len(wrong), -1)

    def __call__(self, outputs: Any, labels: _Array) -> _Array:
        return self.decisions(outputs, labels).mean(axis=1)


@dataclasses.dataclass(frozen=True)
class Accuracy(ErrorRate):
    """The fraction of right decisions."""

    def decisions(self, outputs: Any, labels: _Array) -> _Array:
        return ~super().decisions(outputs, labels)


Metric = Callable[[Any, _Array], Any]


def _output(outputs: Any, name: Optional[str]) -> _Array:
    if not isinstance(outputs, Mapping):
        return np.asarray(outputs)
    if name is None:
        raise InputError("needs the name of an output: the network has "
                         + ", ".join(f"'{n}'" for n in outputs))
    if name not in outputs:
        raise InputError(f"there is no output '{name}'; there are "
                         + ", ".join(f"'{n}'" for n in outputs))
    return np.asarray(outputs[name])


def _last(classes: _Array) -> _Array:
    """Only the last position of axis 1, where there is one."""
    return classes[:, -1] if classes.ndim > 1 else classes


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """A metric's value with an interval.

    `low` and `high` bound it over other samples; where `by_seed` holds several
    devices, `value` is their mean, `low` and `high` bound that over other
    devices (Student), and `samples_low` and `samples_high` over other samples.
    """

    value: float
    low: float
    high: float
    count: int  #: samples
    confidence: float = 0.95
    method: str = "bootstrap"  #: wilson, bootstrap or student
    per_sample: Optional[_Array] = dataclasses.field(repr=False, default=None)
    by_seed: Optional[Mapping[int, float]] = None
    samples_low: Optional[float] = None
    samples_high: Optional[float] = None

    def __str__(self) -> str:
        level = f"{100 * self.confidence:g} %"
        text = f"{self.value:.4f} ({self.low:.4f} .. {self.high:.4f}, {level}"
        if self.by_seed and len(self.by_seed) > 1:
            return (text + f" over {len(self.by_seed)} devices; "
                    f"{self.samples_low:.4f} .. {self.samples_high:.4f} over "
                    f"{self.count} samples)")
        return text + f", {self.count} samples)"

    def _repr_html_(self) -> str:
        return f"<code>{self}</code>"

    def to_dict(self) -> Dict[str, Any]:
        return {"value": self.value, "low": self.low, "high": self.high,
                "count": self.count, "confidence": self.confidence,
                "method": self.method,
                "by_seed": None if self.by_seed is None else
                {str(k): v for k, v in self.by_seed.items()},
                "samples_low": self.samples_low,
                "samples_high": self.samples_high}

    def minus(self, other: "Evaluation") -> "Evaluation":
        """The difference on the same samples, with its paired interval."""
        if self.per_sample is None or other.per_sample is None:
            raise InputError("a paired difference needs a metric that gives "
                             "one number a sample")
        if len(self.per_sample) != len(other.per_sample):
            raise InputError(f"{len(self.per_sample)} and "
                             f"{len(other.per_sample)} samples are no pairs")
        difference = self.per_sample - other.per_sample
        low, high = intervals.bootstrap(difference, self.confidence)
        return Evaluation(float(difference.mean()), low, high,
                          len(difference), self.confidence, "bootstrap",
                          difference)


def evaluate(net: Compiled, data: Any, metric: Metric,
             on: str = "simulator", seeds: Optional[Iterable[int]] = None,
             confidence: float = 0.95, limit: Optional[int] = None,
             **run: Any) -> Evaluation:
    """A metric of a network over a data set.

    Args:
        net: a compiled network.
        data: a pair of inputs and labels, or batches of such pairs (as a
            `DataLoader` gives them).
        metric: `ErrorRate`, `Accuracy`, or a function of outputs and labels
            that gives one number a sample, or one number.
        on: "simulator", "chip", or a phase (see `Compiled.at`).
        seeds: devices (on="chip"), or random numbers of stochastic networks.
        limit: only so many samples.
        run: what the runs get besides, such as noise= and time=.
    """
    if on == "simulator":
        call: Callable[..., Any] = net.run
    elif on == "chip":
        call = net.chip.run
    else:
        call = net.at(on).run
    inputs, labels = _collect(data, limit)
    numbers: Sequence[Optional[int]] = [None] if seeds is None else list(seeds)
    if not numbers:
        raise InputError("seeds needs at least one number")
    found: List[Tuple[Any, Optional[_Array], float, bool]] = []
    for number in numbers:
        options = dict(run) if number is None else {**run, "seed": number}
        outputs = call(inputs, **options)
        found.append((outputs, *_measure(metric, outputs, labels)))
    return _summarise(metric, found, labels, seeds is not None, numbers,
                      confidence)


def _summarise(metric: Metric, found: Sequence[Any], labels: _Array,
               has_seeds: bool, numbers: Sequence[Optional[int]],
               confidence: float) -> Evaluation:
    values = [value for _, _, value, _ in found]
    count = len(labels)
    mean: Optional[_Array] = None
    if found[0][1] is not None:
        mean = np.mean([per_sample for _, per_sample, _, _ in found], axis=0)
    is_proportion = len(found) == 1 and found[0][3]
    if is_proportion and mean is not None:
        interval = intervals.wilson(float(mean.sum()), count, confidence)
    elif mean is not None:
        interval = intervals.bootstrap(mean, confidence)
    else:
        interval = intervals.bootstrap_of(
            lambda index: float(np.mean([
                float(metric(_take(outputs, index), labels[index]))
                for outputs, _, _, _ in found])), count, confidence)
    by_seed = None
    if has_seeds:
        by_seed = {int(n): v for n, v in zip(numbers, values)
                   if n is not None}
    value = float(np.mean(values))
    if len(found) > 1:
        low, high = intervals.student(values, confidence)
        return Evaluation(value, low, high, count, confidence, "student",
                          mean, by_seed, *interval)
    return Evaluation(value, *interval, count, confidence,
                      "wilson" if is_proportion else "bootstrap", mean,
                      by_seed)


def _measure(metric: Metric, outputs: Any, labels: _Array
             ) -> Tuple[Optional[_Array], float, bool]:
    """Numbers by sample (None: there is only one), the value, and whether
    every sample is one decision."""
    result = np.asarray(metric(outputs, labels), np.float64)
    if result.ndim == 0:
        return None, float(result), False
    if result.shape != (len(labels),):
        raise InputError(f"a metric needs to give one number, or {len(labels)}"
                         f" for as many samples; it gave {result.shape}")
    is_one = bool(np.isin(result, (0.0, 1.0)).all())
    if isinstance(metric, ErrorRate):
        is_one = metric.decisions(outputs, labels).shape[1] == 1
    return result, float(result.mean()), is_one


def _take(outputs: Any, index: _Array) -> Any:
    if isinstance(outputs, Mapping):
        return {name: array[index] for name, array in outputs.items()}
    return outputs[index]


def _collect(data: Any, limit: Optional[int]) -> Tuple[Any, _Array]:
    """Inputs and labels of all batches, at most `limit` samples."""
    batches = [data] if isinstance(data, tuple) and len(data) == 2 else data
    inputs: List[Any] = []
    labels: List[_Array] = []
    count = 0
    for batch in batches:
        if limit is not None and count >= limit:
            break
        x, y = batch
        y = to_numpy(y, "labels")
        x = {n: to_numpy(a, n) for n, a in x.items()} \
            if isinstance(x, Mapping) else to_numpy(x, "inputs")
        if limit is not None:
            y = y[:limit - count]
        inputs.append(_take(x, slice(0, len(y))))
        labels.append(y)
        count += len(y)
    if not count:
        raise InputError("needs at least one sample")
    if len(inputs) == 1:
        return inputs[0], labels[0]
    if isinstance(inputs[0], Mapping):
        joined: Any = {name: np.concatenate([x[name] for x in inputs])
                       for name in inputs[0]}
    else:
        joined = np.concatenate(inputs)
    return joined, np.concatenate(labels)


# -- Sweeps -----------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Values over settings."""

    names: Tuple[str, ...]
    points: Tuple[Tuple[Mapping[str, Any], Any], ...]

    def __iter__(self) -> Iterator[Tuple[Mapping[str, Any], Any]]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    def _rows(self) -> Iterator[Tuple[Any, ...]]:
        for settings, value in self.points:
            yield (*(settings[name] for name in self.names), str(value))

    def __str__(self) -> str:
        return _tables.as_text([*self.names, "value"], self._rows())

    def _repr_html_(self) -> str:
        return _tables.as_html([*self.names, "value"], self._rows())

    def to_dict(self) -> Dict[str, Any]:
        return {"schema_version": 1, "names": list(self.names), "points": [
            {"settings": dict(settings), **_point(value)}
            for settings, value in self.points]}

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes curves.json, which the report draws."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.to_dict(), file, indent=1)
            file.write("\n")

    def plot(self, ax: Any = None) -> Any:
        """Values over the first setting, a curve for each of the others."""
        ax = _tables.axes(ax)
        curves: Dict[Tuple[Any, ...], List[Tuple[Any, Dict[str, Any]]]] = {}
        for settings, value in self.points:
            rest = tuple(settings[name] for name in self.names[1:])
            curves.setdefault(rest, []).append(
                (settings[self.names[0]], _point(value)))
        for rest, points in curves.items():
            x = [place for place, _ in points]
            y = [point["value"] for _, point in points]
            label = ", ".join(f"{n} {v}" for n, v in zip(self.names[1:], rest))
            ax.errorbar(x, y, yerr=[
                [p["value"] - p.get("low", p["value"]) for _, p in points],
                [p.get("high", p["value"]) - p["value"] for _, p in points]],
                marker="o", capsize=3, label=label or None)
        ax.set_xlabel(self.names[0])
        if len(curves) > 1:
            ax.legend()
        return ax


def _point(value: Any) -> Dict[str, Any]:
    if isinstance(value, Evaluation):
        return {"value": value.value, "low": value.low, "high": value.high,
                "count": value.count}
    return {"value": float(value)}


def sweep(function: Callable[..., Any], **values: Iterable[Any]) -> Sweep:
    """Calls a function with every combination of settings.

    `sweep(f, time=[20, 3600], seed=[0, 1])` calls `f(time=20, seed=0)` and so
    on; f gives a number or an `Evaluation`.
    """
    if not values:
        raise InputError("sweep needs at least one list of settings")
    lists = {name: list(items) for name, items in values.items()}
    return Sweep(tuple(lists), tuple(
        (dict(zip(lists, chosen)), function(**dict(zip(lists, chosen))))
        for chosen in itertools.product(*lists.values())))
