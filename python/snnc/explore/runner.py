# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From a point to its row: compile, simulate, map, measure.

Every step is a result of the store, so that a step that several points share is
done once, and a sweep that was interrupted goes on where it was.
"""

import functools
import json
import mmap
import os
import pathlib
import subprocess
import sys
import time
from concurrent import futures
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy as np

from .. import _compile, _tools, energy, intervals, uncertainty
from .._version import __version__
from ..errors import Error, RunError
from ..evaluation import Accuracy, ErrorRate
from .plan import Plan, Point
from .store import Store, hash_of, hash_of_file

#: Accounting of the energies in the table.
ACCOUNTING = "full_per_tile"


@functools.lru_cache(maxsize=None)
def files_of(model: pathlib.Path) -> Tuple[pathlib.Path, ...]:
    """A model and its external data: the files of its folder whose names stand
    in it, whatever they end in."""
    if model.stat().st_size == 0:
        return (model,)
    folder = model.parent
    with open(model, "rb") as file, mmap.mmap(
            file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return (model, *(
            path for path in sorted(folder.rglob("*"))
            if path.is_file() and path != model and
            text.find(path.relative_to(folder).as_posix().encode()) >= 0))


class Unfit(Exception):
    """A point that cannot be built; the text says why."""


def _flags(options: Mapping[str, Any]) -> List[str]:
    return [f"--{name.replace('_', '-')}={text}"
            for name, value in options.items()
            for text in _compile._texts(name.replace("-", "_"), value)]


def _snnc(arguments: List[str]) -> _tools.Finished:
    finished = _tools.run_tool("snnc", arguments)
    if finished.status < 0:
        raise RunError(finished.message())
    if finished.status:
        raise Unfit(finished.message())
    return finished


class Steps:
    """The steps of one plan."""

    def __init__(self, plan: Plan, store: Store, threads: int = 1):
        self.plan, self.store, self.threads = plan, store, threads
        self.model = [hash_of_file(p) for p in files_of(plan.model)]
        calibrate = plan.calibrate
        self.calibration = calibrate if calibrate is None or \
            calibrate.startswith("random:") else \
            hash_of_file(pathlib.Path(calibrate))
        self.data = None if plan.inputs is None or plan.labels is None else \
            [hash_of_file(plan.inputs), hash_of_file(plan.labels), plan.limit]

    # -- Steps --------------------------------------------------------------

    def _without_mapping(self, options: Mapping[str, Any]) -> Dict[str, Any]:
        """Options that the network follows from; the rest is the mapping's."""
        from .._options import TABLE
        return {name: value for name, value in options.items()
                if TABLE[name.replace("-", "_")]["phase"] != "image"}

    def compile(self, point: Point) -> pathlib.Path:
        options = {**self.plan.options, **point.options}
        key, flags = self.network_of(options)

        def make(path: pathlib.Path) -> None:
            _snnc([str(self.plan.model), "-o", str(path), "--emit=sim",
                   "--diagnostics=json", *flags])

        return self.store.get("networks", key, make)

    def network_of(self, options: Mapping[str, Any]) -> Tuple[str, List[str]]:
        flags = _flags(self._without_mapping(options))
        searched = [hash_of_file(pathlib.Path(options[name]))
                    for name in ("search-inputs", "search-labels")
                    if os.path.isfile(str(options.get(name, "")))]
        identity = [__version__, self.model, self.calibration, flags, searched]
        if self.plan.calibrate is not None:
            flags = [*flags, f"--calibrate={self.plan.calibrate}"]
        return hash_of(["network", *identity]), flags

    def simulate(self, network: pathlib.Path) -> pathlib.Path:
        """Outputs and statistics of the data, or of a drawn sample."""
        key = hash_of(["simulation", network.name, self.data])

        def make(path: pathlib.Path) -> None:
            path.mkdir()
            arrays = self._inputs()
            np.savez(path / "x.npz", **arrays)
            command = [str(network / "sim"), "--input", str(path / "x.npz"),
                       "--output", str(path / "y.npz"), "--stats",
                       str(path / "stats.json"), "--threads",
                       str(self.threads)]
            done = subprocess.run(command, capture_output=True, text=True,
                                  check=False)
            if done.returncode:
                raise RunError(done.stderr.strip())
            (path / "x.npz").unlink()

        return self.store.get("simulations", key, make)

    def _searched(self, point: Point) -> Dict[str, Any]:
        """The options of a point, with what a search found in place of the
        search: the chips that a network is mapped to share one. A search for
        the least energy is of one chip."""
        options = {**self.plan.options, **point.options}
        if "search" not in options or options.get("search-cost") == "energy":
            return options
        with open(self.compile(point) / "search.json", encoding="utf-8") as file:
            found = json.load(file)
        options = {name: value for name, value in options.items()
                   if not name.startswith("search")}
        flags = found["found"]["flags"]
        options[found["option"]] = \
            f"8,{flags}" if found["option"] == "act-bits" else flags
        return options

    def design(self, point: Point, simulation: Optional[pathlib.Path]
               ) -> pathlib.Path:
        """The mapping to a chip, and the energy of measured spikes."""
        options = self._searched(point)
        flags = _flags(options)
        chip = self._chip(point)
        is_named = chip == self.plan.chip and not os.path.exists(chip)
        content = chip if is_named else hash_of_file(pathlib.Path(chip))
        emit = "report" if self.plan.noise is None else "report,image"
        key = hash_of(["design", __version__, self.model, self.calibration,
                       flags, content, emit,
                       simulation.name if simulation else None])

        def make(path: pathlib.Path) -> None:
            arguments = [str(self.plan.model), "-o", str(path),
                         f"--emit={emit}", f"--chip={chip}",
                         "--diagnostics=json", *flags]
            if self.plan.calibrate is not None:
                arguments.append(f"--calibrate={self.plan.calibrate}")
            if simulation:
                arguments.append(f"--measured={simulation / 'stats.json'}")
            _snnc(arguments)

        return self.store.get("designs", key, make)

    def run_device(self, design: pathlib.Path, seed: int,
                   drift: Optional[float]) -> pathlib.Path:
        """Outputs of the virtual chip."""
        key = hash_of(["device", design.name, self.data, self.plan.noise, seed,
                       drift])

        def make(path: pathlib.Path) -> None:
            path.mkdir()
            np.savez(path / "x.npz", **self._inputs())
            arguments = [str(design / "image.snnimg"), "--input",
                         str(path / "x.npz"), "--output", str(path / "y.npz"),
                         f"--noise={self.plan.noise}", f"--seed={seed}",
                         f"--threads={self.threads}"]
            if drift is not None:
                arguments.append(f"--time={drift!r}")
            finished = _tools.run_tool("snn-run", arguments)
            if finished.status:
                raise RunError(finished.message())
            (path / "x.npz").unlink()

        return self.store.get("devices", key, make)

    # -- Files --------------------------------------------------------------

    def _inputs(self) -> Dict[str, Any]:
        if self.plan.inputs is None:
            raise Error("a simulation needs 'data'")
        with np.load(self.plan.inputs) as found:
            arrays = {n: found[n] for n in found.files} \
                if hasattr(found, "files") else {"": found}
        if self.plan.limit:
            arrays = {n: a[:self.plan.limit] for n, a in arrays.items()}
        return arrays

    def labels(self) -> Any:
        assert self.plan.labels is not None
        found = np.load(self.plan.labels)
        if hasattr(found, "files"):
            if len(found.files) != 1:
                raise Error(f"'{self.plan.labels}' needs one array, has "
                            + ", ".join(found.files))
            found = found[found.files[0]]
        return found[:self.plan.limit] if self.plan.limit else found

    def _chip(self, point: Point) -> str:
        """The chip's name, or the file of one with the point's keys."""
        assert self.plan.chip is not None
        if not point.chip_keys:
            return self.plan.chip
        base = self.plan.chip
        identity = hash_of_file(pathlib.Path(base)) \
            if os.path.exists(base) else base
        key = hash_of(["chip", identity, point.chip_keys]) + ".yaml"

        def make(path: pathlib.Path) -> None:
            tree: Dict[str, Any] = {
                "schema_version": 1, "extends": base,
                "name": pathlib.Path(base).stem + "-sweep",
                "description": "a chip of a sweep"}
            for name, value in point.chip_keys.items():
                place = tree
                *folders, last = name.split(".")
                for folder in folders:
                    place = place.setdefault(folder, {})
                place[last] = {"value": value, "status": "reconstructed",
                               "source": "set by a sweep"}
            # JSON is YAML.
            path.write_text(json.dumps(tree, indent=1) + "\n",
                            encoding="utf-8")

        return str(self.store.get("chips", key, make))


def _metric(plan: Plan) -> ErrorRate:
    kind = Accuracy if plan.metric["name"] == "accuracy" else ErrorRate
    return kind(**{k: v for k, v in plan.metric.items() if k != "name"})


def _score(plan: Plan, outputs: pathlib.Path, labels: Any) -> Any:
    with np.load(outputs) as found:
        arrays = {n: found[n] for n in found.files}
    values: Any = arrays if len(arrays) > 1 else next(iter(arrays.values()))
    return _metric(plan).decisions(values, labels)


def _evaluate(plan: Plan, decisions: List[Any]) -> Dict[str, Any]:
    """The metric and its interval, over samples or over devices."""
    by_sample = [d.mean(axis=1) for d in decisions]
    values = [float(s.mean()) for s in by_sample]
    mean = np.mean(by_sample, axis=0)
    if len(decisions) > 1:
        low, high = intervals.student(values, 0.95)
        method = "student"
    elif decisions[0].shape[1] == 1:
        low, high = intervals.wilson(float(mean.sum()), len(mean), 0.95)
        method = "wilson"
    else:
        low, high = intervals.bootstrap(mean, 0.95)
        method = "bootstrap"
    return {"metric": plan.metric["name"], "value": float(np.mean(values)),
            "low": low, "high": high, "samples": len(mean), "method": method}


def run_point(plan: Plan, store: Store, point: Point,
              threads: int = 1) -> Dict[str, Any]:
    """The row of a point."""
    steps = Steps(plan, store, threads)
    row: Dict[str, Any] = {"number": point.number, "settings": point.settings,
                           "options": {**plan.options, **point.options},
                           "chip": plan.chip, "chip_keys": point.chip_keys,
                           "version": __version__, "model": steps.model,
                           "calibration": steps.calibration}
    try:
        network = steps.compile(point)
        row["network"] = network.name
        simulation = None
        if steps.data is not None:
            simulation = steps.simulate(network)
            stats = json.loads((simulation / "stats.json").read_text())
            totals, samples = stats["totals"], stats["samples"]
            row["spikes_per_sample"] = totals["spikes"] / samples
            row["silent"] = 1 - totals["spikes"] / max(1, totals["neurons"])
        if plan.chip is not None:
            design = steps.design(point, simulation)
            row["design"] = design.name
            report = energy.read(design / "energy.json")
            row["energy"] = report.total(ACCOUNTING)
            spread = uncertainty.analyse({"": report}).energies[""]
            row["energy_low"], row["energy_high"] = spread.low, spread.high
            row["latency"] = report.latency
            row["area"] = report.area
        if simulation is not None:
            labels = steps.labels()
            if plan.noise is not None:
                row["seeds"] = list(plan.seeds)
                decisions = [_score(plan, steps.run_device(
                    design, seed, point.time) / "y.npz", labels)
                    for seed in plan.seeds]
            else:
                decisions = [_score(plan, simulation / "y.npz", labels)]
            row.update(_evaluate(plan, decisions))
        row["status"] = "fit"
    except Unfit as error:
        # Whatever the results' folder is called.
        row["status"] = "unfit"
        row["reason"] = str(error).replace(f"{store.folder}{os.sep}", "")
    return row


# -- All of them ------------------------------------------------------------


def _key_of(plan: Plan, store: Store, point: Point) -> str:
    steps = Steps(plan, store)
    chip = plan.chip
    if chip is not None and os.path.exists(chip):
        chip = hash_of_file(pathlib.Path(chip))
    return hash_of(["row", __version__, steps.model, steps.calibration,
                    steps.data, plan.metric, chip, plan.options,
                    point.settings, plan.noise, plan.seeds]) + ".json"


def _work(plan: Plan, folder: pathlib.Path, point: Point,
          threads: int) -> None:
    store = Store(folder)
    key = _key_of(plan, store, point)
    store.get("rows", key, lambda path: Store.write(
        path, run_point(plan, store, point, threads)))


def ranks() -> Tuple[int, int]:
    """This process and how many mpirun started."""
    for size, rank in (("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
                       ("PMI_SIZE", "PMI_RANK")):
        if size in os.environ and rank in os.environ:
            return int(os.environ[rank]), int(os.environ[size])
    return 0, 1


def _leave_launcher() -> None:
    """Simulators that a point runs are processes of their own, and no ranks."""
    for name in list(os.environ):
        if name.startswith(("OMPI_", "PMIX_", "PMI_")):
            del os.environ[name]


def run_plan(plan: Plan, folder: pathlib.Path, processes: int = 1,
             threads: int = 1, report: bool = False
             ) -> Optional[List[Dict[str, Any]]]:
    """The rows of all points; None at ranks but the first."""
    rank, size = ranks()
    _leave_launcher()
    store = Store(folder)
    keys = [_key_of(plan, store, point) for point in plan.points]
    total = len(plan.points)
    # Each rank begins somewhere else; whoever comes second to a point finds it
    # locked, and waits for its row in the end.
    order = [plan.points[(i + rank * total // size) % total]
             for i in range(total)]
    begin, missing = time.monotonic(), sum(
        store.find("rows", key) is None for key in keys)
    if report and rank == 0 and missing < total:
        print(f"{total - missing} of {total} points are finished",
              file=sys.stderr)
    if size > 1:
        for point in order:
            _claim(plan, store, point, threads)
    elif processes > 1:
        with futures.ProcessPoolExecutor(processes) as pool:
            for done, future in enumerate(futures.as_completed(
                    [pool.submit(_work, plan, folder, point, threads)
                     for point in order]), 1):
                future.result()
                _progress(report, done, total, begin)
    else:
        for done, point in enumerate(order, 1):
            _work(plan, folder, point, threads)
            _progress(report, done, total, begin)
    if rank != 0:
        return None
    # Of points that other ranks have in work; one that died leaves its own.
    for point in plan.points:
        _work(plan, folder, point, threads)
    return [Store.read(store.path("rows", key)) for key in keys]


def _claim(plan: Plan, store: Store, point: Point, threads: int) -> None:
    """Runs a point that no other rank has or had."""
    key = _key_of(plan, store, point)
    if store.find("rows", key):
        return
    with store.lock(f"claim-{key}", wait=False) as mine:
        if mine:
            _work(plan, store.folder, point, threads)


def _progress(report: bool, done: int, total: int, begin: float) -> None:
    if report and sys.stderr.isatty():
        seconds = time.monotonic() - begin
        left = seconds / done * (total - done)
        print(f"\r{done}/{total} points, {left:.0f} s left ", end="",
              file=sys.stderr, flush=True)
        if done == total:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
