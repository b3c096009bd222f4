# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a sweep file says."""

import dataclasses
import itertools
import json
import pathlib
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from .. import _chips, _options
from ..errors import InputError

#: The keys of a sweep file, and of its parts.
KEYS = {
    "": ("model", "calibrate", "data", "metric", "chip", "options", "sweep",
         "chip_keys", "device", "exclude"),
    "data": ("inputs", "labels", "limit"),
    "metric": ("name", "last_only", "digits", "output"),
    "device": ("noise", "time", "seeds"),
}
METRICS = ("accuracy", "error_rate")
#: Options that name a place or what to write; a sweep decides these.
RESERVED = ("output", "emit", "dump-phases", "compile-to", "measured",
            "calibrate", "chip", "print-options", "diagnostics")


@dataclasses.dataclass(frozen=True)
class Point:
    """One design: flags of the compiler, keys of the chip, time of drift."""

    number: int
    options: Mapping[str, Any]  #: flags that the sweep sets
    chip_keys: Mapping[str, Any]
    time: Optional[float] = None

    @property
    def settings(self) -> Dict[str, Any]:
        """Every swept name and its value."""
        found: Dict[str, Any] = {**self.options, **self.chip_keys}
        if self.time is not None:
            found["time"] = self.time
        return found


@dataclasses.dataclass(frozen=True)
class Plan:
    """A sweep file, with paths resolved from its folder."""

    path: pathlib.Path
    model: pathlib.Path
    calibrate: Optional[str]
    inputs: Optional[pathlib.Path]
    labels: Optional[pathlib.Path]
    limit: Optional[int]
    metric: Mapping[str, Any]
    chip: Optional[str]
    options: Mapping[str, Any]
    points: Tuple[Point, ...]
    noise: Optional[str]
    seeds: Tuple[int, ...]

    @property
    def names(self) -> List[str]:
        """The swept names, in the order of the file."""
        found: Dict[str, None] = {}
        for point in self.points:
            found.update(dict.fromkeys(point.settings))
        return list(found)


def _load(path: pathlib.Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read '{path}': {error.strerror}") from None
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except ValueError as error:
            raise InputError(f"{path}: {error}") from None
    try:
        import yaml  # type: ignore[import]
    except ImportError:
        raise InputError(f"'{path}' needs the Python package yaml (Debian's "
                         "python3-yaml); a .json file does not") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{path}: {error}") from None


class _Reader:
    """Takes values of the expected kinds out of a mapping."""

    def __init__(self, path: pathlib.Path, name: str, value: Any):
        self.path, self.name = path, name
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            self.fail(f"'{name}' needs keys and values" if name else
                      "needs keys and values")
        self.value = value
        for key in value:
            if name in KEYS and key not in KEYS[name]:
                self.fail(f"has no key '{self.full(key)}'; has "
                          + ", ".join(KEYS[name]))

    def fail(self, what: str) -> Any:
        raise InputError(f"{self.path}: {what}")

    def full(self, key: Any) -> str:
        return f"{self.name}.{key}" if self.name else str(key)

    def get(self, key: str, *kinds: type) -> Any:
        value = self.value.get(key)
        if value is not None and (not isinstance(value, kinds) or
                                  isinstance(value, bool) and bool not in kinds):
            self.fail(f"'{self.full(key)}' needs "
                      + " or ".join(k.__name__ for k in kinds)
                      + f", has {value!r}")
        return value

    def part(self, key: str) -> "_Reader":
        return _Reader(self.path, self.full(key), self.value.get(key))

    def file(self, key: str) -> Optional[pathlib.Path]:
        text = self.get(key, str)
        if text is None:
            return None
        path = (self.path.parent / text).resolve()
        if not path.exists():
            self.fail(f"'{self.full(key)}': there is no file '{text}'")
        return pathlib.Path(path)

    def lists(self) -> Dict[str, List[Any]]:
        """Every key with its list of values."""
        found = {}
        for key, values in self.value.items():
            values = values if isinstance(values, list) else [values]
            if not values:
                self.fail(f"'{self.full(key)}' needs at least one value")
            found[str(key)] = values
        return found


def _check_options(reader: _Reader, names: Any) -> None:
    for name in names:
        if name in RESERVED or name.replace("-", "_") in RESERVED:
            reader.fail(f"'{reader.full(name)}' is for the sweep to set")
        if name.replace("-", "_") not in _options.TABLE:
            reader.fail(f"'{reader.full(name)}' is no option of snnc")


def read_plan(path: Union[str, pathlib.Path]) -> Plan:
    """Reads a sweep file; `InputError` names the file and the key."""
    path = pathlib.Path(path)
    top = _Reader(path, "", _load(path))
    model = top.file("model")
    if model is None:
        return top.fail("needs 'model'")  # type: ignore[no-any-return]
    calibrate = top.get("calibrate", str)
    if calibrate is not None and not calibrate.startswith("random:"):
        calibrate = str(top.file("calibrate"))
    data, metric, device = (top.part(k) for k in ("data", "metric", "device"))
    name = metric.get("name", str) or "accuracy"
    if name not in METRICS:
        metric.fail(f"'metric.name' needs one of {', '.join(METRICS)}, "
                    f"has {name!r}")
    inputs, labels = data.file("inputs"), data.file("labels")
    if (inputs is None) != (labels is None):
        data.fail("'data' needs both inputs and labels")
    chip = top.get("chip", str)
    if chip is not None and (path.parent / chip).exists():
        chip = str((path.parent / chip).resolve())
    options, sweep, keys = (top.part(k) for k in ("options", "sweep",
                                                  "chip_keys"))
    _check_options(options, options.value)
    _check_options(sweep, sweep.value)
    if keys.value and chip is None:
        keys.fail("'chip_keys' needs 'chip'")
    if unknown := sorted(set(keys.value) - set(_chips.chip_keys())):
        keys.fail(f"'{unknown[0]}' is no key of a chip; snn-chip keys lists them")
    noise = device.get("noise", str)
    if device.value and (chip is None or inputs is None):
        device.fail("'device' needs 'chip' and 'data'")
    times = device.value.get("time")
    times = times if isinstance(times, list) else [times]
    for time in times:
        if time is not None and (not isinstance(time, (int, float)) or
                                 isinstance(time, bool) or time < 0):
            device.fail(f"'device.time' needs seconds, has {time!r}")
    if times != [None] and noise is None:
        device.fail("'device.time' needs 'device.noise'")
    seeds = device.get("seeds", int, list)
    if isinstance(seeds, int):
        seeds = list(range(seeds))
    points = _combine(top, sweep.lists(), keys.lists(), times)
    return Plan(path, model, calibrate, inputs, labels,
                data.get("limit", int),
                {**metric.value, "name": name}, chip,
                dict(options.value), points, noise, tuple(seeds or [0]))


def _combine(top: _Reader, sweep: Dict[str, List[Any]],
             keys: Dict[str, List[Any]], times: List[Any]
             ) -> Tuple[Point, ...]:
    """All combinations but those that `exclude` names."""
    excluded = top.get("exclude", list) or []
    points: List[Point] = []
    for values in itertools.product(*sweep.values(), *keys.values(), times):
        options = dict(zip(sweep, values))
        chosen = dict(zip(keys, values[len(sweep):]))
        point = Point(len(points), options, chosen, values[-1])
        if any(all(point.settings.get(k) == v for k, v in one.items())
               for one in excluded):
            continue
        points.append(point)
    if not points:
        top.fail("has no points")
    return tuple(points)
