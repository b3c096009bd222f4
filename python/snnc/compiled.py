# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A compiled network."""

import dataclasses
import functools
import json
import os
import pathlib
import tempfile
import threading
from typing import (TYPE_CHECKING, Any, Dict, Iterable, List, Mapping, Optional, Sequence,
                    Tuple, Union)

import numpy as np

from . import _native, _tools, energy, spikes, statistics
from ._folder import Folder
from ._progress import Progress, reporter
from .errors import Diagnostic, Error, InputError, RunError
from .image import Image
from .ports import Arrays, Port, by_name, fit_inputs, to_numpy

if TYPE_CHECKING:
    from .report import Report

_PHASES = ("import", "quantise", "spike", "engines", "sim", "image")


@dataclasses.dataclass(frozen=True)
class Source:
    """What a network was compiled from, for compiling it again."""

    model: pathlib.Path
    arguments: Tuple[Tuple[str, str], ...]  #: keyword and flag
    flags: Tuple[str, ...]
    #: Holds the files of what was in memory.
    folder: Folder = dataclasses.field(repr=False)

    def arguments_of(self, phase: Optional[str]) -> List[str]:
        """The flags that have an effect up to a phase; of all for None."""
        from ._options import TABLE
        last = len(_PHASES) if phase is None else _PHASES.index(phase)
        driver = () if phase is None else ("emit", "compile_to",
                                           "dump_phases", "verify_mapping")
        return [flag for name, flag in self.arguments
                if _PHASES.index(str(TABLE[name]["phase"])) <= last
                and name not in driver] + list(self.flags)


class Runnable:
    """What runs arrays through the command line tool `snn-run`."""

    def __init__(self, path: pathlib.Path, inputs: Sequence[Port],
                 outputs: Sequence[Port], owner: Any) -> None:
        self.path = path
        self._owner = owner  # its folder lives as long as this
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)

    def _call(self, x: Arrays, flags: Sequence[str],
              stats: bool = False) -> "Tuple[Any, str]":
        arrays, samples = fit_inputs(x, self.inputs)
        if samples == 0:
            return _result({p.name: np.empty(p.of(0), p.dtype)
                            for p in self.outputs}, self.outputs), ""
        with tempfile.TemporaryDirectory(prefix="snnc-") as folder:
            place = pathlib.Path(folder)
            np.savez(place / "x.npz", **arrays)
            arguments = [str(self.path), "--input", str(place / "x.npz"),
                         "--output", str(place / "y.npz"), *flags]
            if stats:
                arguments += ["--stats", str(place / "s.json")]
            finished = _tools.run_tool("snn-run", arguments)
            if finished.status != 0:
                raise RunError(finished.message())
            with np.load(place / "y.npz") as results:
                values = dict(results)
            text = (place / "s.json").read_text() if stats else ""
        return _result(values, self.outputs), text


class Phase(Runnable):
    """The network as it is after a phase of its compilation."""

    def __init__(self, name: str, path: pathlib.Path, inputs: Sequence[Port],
                 outputs: Sequence[Port], owner: Any) -> None:
        super().__init__(path, inputs, outputs, owner)
        self.name = name

    def run(self, x: Arrays, *, seed: Optional[int] = None,
            first_sample: int = 0, limit: int = 0) -> Any:
        """The outputs for arrays of samples, by the reference interpreter."""
        flags = _run_flags(seed, first_sample, limit)
        return self._call(x, flags)[0]

    def __repr__(self) -> str:
        return f"Phase('{self.name}', '{self.path}')"


class Chip(Runnable):
    """The virtual chip: the programming image on devices as one chooses."""

    @property
    def name(self) -> str:
        return str(Image(self.path).chip["name"])

    def run(self, x: Arrays, *, noise: Union[str, Mapping[str, float],
                                             None] = None,
            seed: Optional[int] = None, time: float = 0,
            compensate: Optional[bool] = None, drive: Optional[str] = None,
            limit: int = 0, threads: int = 0, first_sample: int = 0) -> Any:
        """The outputs for arrays of samples.

        `noise` is "ideal" (the default), "all" (what the chip's description
        enables), names separated by commas, or magnitudes by name; `time` the
        seconds after programming. The rest is as `snn-run` has it.
        """
        return self._call(x, self._flags(noise, seed, time, compensate, drive,
                                         limit, threads, first_sample))[0]

    def stats(self, x: Arrays, **options: Any) -> Dict[str, Any]:
        """The counters of a run, as `snn-run --stats` writes them."""
        defaults: Dict[str, Any] = dict(
            noise=None, seed=None, time=0, compensate=None, drive=None,
            limit=0, threads=0, first_sample=0)
        for name in options:
            if name not in defaults:
                raise TypeError(f"stats() has no option '{name}'")
        text = self._call(x, self._flags(**{**defaults, **options}),
                          stats=True)[1]
        return dict(json.loads(text)) if text else {}

    @staticmethod
    def _flags(noise: Any, seed: Optional[int], time: float,
               compensate: Optional[bool], drive: Optional[str], limit: int,
               threads: int, first_sample: int) -> List[str]:
        flags = _run_flags(seed, first_sample, limit)
        if isinstance(noise, Mapping):
            noise = ",".join(f"{k}={v!r}" for k, v in noise.items())
        if noise is not None:
            flags.append(f"--noise={noise}")
        if time:
            flags.append(f"--time={time!r}")
        if compensate is not None:
            flags.append(f"--compensate={'true' if compensate else 'false'}")
        if drive is not None:
            flags.append(f"--drive={drive}")
        if threads:
            flags.append(f"--threads={threads}")
        return flags

    def __repr__(self) -> str:
        return f"Chip('{self.path}')"


def _run_flags(seed: Optional[int], first_sample: int,
               limit: int) -> List[str]:
    flags = []
    if seed is not None:
        flags.append(f"--seed={seed}")
    if first_sample:
        flags.append(f"--first-sample={first_sample}")
    if limit:
        flags.append(f"--limit={limit}")
    return flags


class Compiled:
    """A spiking network: its simulator, and with a chip its image."""

    def __init__(self, directory: pathlib.Path, *,
                 source: Optional[Source] = None,
                 options: Optional[Mapping[str, Any]] = None, log: str = "",
                 diagnostics: Iterable[Diagnostic] = ()) -> None:
        self._directory = pathlib.Path(directory).resolve()
        self._source = source
        self._options = dict(options or {})
        self._log = log
        self._diagnostics = tuple(diagnostics)
        self._phases: Dict[str, Phase] = {}
        self._lock = threading.Lock()
        self._check_manifest()

    def _check_manifest(self) -> None:
        path = self._directory / "artefacts.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except OSError:
            raise Error(f"'{self._directory}' is no folder that snnc wrote: "
                        "it has no artefacts.json") from None
        except ValueError as error:
            raise Error(f"cannot read '{path}': {error}") from None
        statistics.check_schema(f"'{path}'", manifest.get("schema_version"), 1)
        if not manifest.get("complete"):
            raise Error(f"'{self._directory}' holds parts of two compilations:"
                        " compile again")
        self._digest = str(manifest.get("digest", ""))

    @functools.cached_property
    def _simulator(self) -> _native.Simulator:
        if not (self._directory / "sim.so").exists():
            raise Error(f"'{self._directory}' has no simulator: it was "
                        "compiled to an earlier phase, or by a version that "
                        "wrote none for other programs")
        simulator = _native.Simulator(self._directory)
        if simulator.description["digest"] != self._digest:
            raise Error(f"'{self._directory / 'sim.so'}' is of another "
                        "compilation than artefacts.json says")
        return simulator

    @property
    def directory(self) -> pathlib.Path:
        """Where the artefacts are."""
        return self._directory

    @property
    def options(self) -> Dict[str, Any]:
        """What `compile` was given; empty for a loaded network."""
        return dict(self._options)

    @property
    def log(self) -> str:
        """What the compiler printed."""
        return self._log

    @property
    def diagnostics(self) -> Tuple[Diagnostic, ...]:
        """Its warnings and remarks."""
        return self._diagnostics

    @property
    def name(self) -> str:
        """The compiled file's name."""
        return str(self._simulator.description["model"])

    @property
    def coding(self) -> str:
        return str(self._simulator.description["coding"])

    @property
    def inputs(self) -> Tuple[Port, ...]:
        return self._simulator.inputs

    @property
    def outputs(self) -> Tuple[Port, ...]:
        return self._simulator.outputs

    def __repr__(self) -> str:
        ports = ", ".join(map(str, self.inputs))
        return f"Compiled('{self.name}', {self.coding}, {ports})"

    # -- The simulator ------------------------------------------------------

    def run(self, x: Arrays, *, mode: str = "fast", threads: int = 0,
            seed: Optional[int] = None, first_sample: int = 0,
            out: Optional[Arrays] = None, copy: Optional[bool] = None,
            progress: Progress = False) -> Any:
        """The outputs for arrays of samples, as `DIR/sim` computes them.

        Args:
            x: an array for a network of one input, else arrays by name. Axis
                0 is a list of samples. NumPy arrays and PyTorch tensors that
                are contiguous and of the port's type are not copied.
            mode: fast, event or stepped.
            threads: how many; 0 is one a core.
            seed: replaces the compiled one, in networks with random numbers.
            first_sample: the number of the first sample in a longer run.
            out: arrays to write to.
            copy: False refuses inputs that would have to be converted.
            progress: True, or a function of finished samples and of all.

        Returns:
            An array for a network of one output, else a dict.
        """
        return self._execute(x, out, copy, progress, mode=mode,
                             threads=threads, seed=seed,
                             first_sample=first_sample)[0]

    __call__ = run

    def _execute(self, x: Arrays, out: Optional[Arrays], copy: Optional[bool],
                 progress: Progress, **options: Any
                 ) -> "Tuple[Any, Optional[str], List[_native.Train]]":
        arrays, samples = fit_inputs(x, self.inputs, copy)
        results = _places(out, self.outputs, samples)
        text: Optional[str] = None
        trains: List[_native.Train] = []
        if samples:
            with reporter(progress, samples) as told:
                text, trains = self._simulator.run(
                    arrays, samples, results, progress=told, **options)
        return _result(results, self.outputs), text, trains

    def stats(self, x: Arrays, *, mode: str = "fast", threads: int = 0,
              seed: Optional[int] = None, first_sample: int = 0,
              progress: Progress = False) -> statistics.Statistics:
        """Counts spikes and synaptic operations while samples run."""
        text = self._execute(x, None, None, progress, mode=mode,
                             threads=threads, seed=seed,
                             first_sample=first_sample, count=True)[1]
        if text is None:
            raise InputError("needs at least one sample")
        return statistics.parse(text)

    def spikes(self, x: Arrays, *, sample: Union[int, Sequence[int]] = 0,
               sites: Optional[Sequence[str]] = None, mode: str = "fast",
               seed: Optional[int] = None) -> spikes.Spikes:
        """The trains of one or several samples, by their place in `x`.

        `sites` names those to keep; all without it.
        """
        wanted = [sample] if isinstance(sample, int) else list(sample)
        arrays, count = fit_inputs(x, self.inputs)
        for number in wanted:
            if not 0 <= number < count:
                raise InputError(f"there is no sample {number}; there are "
                                 f"{count}")
        batch = next((p.shape[0] for p in self.inputs if p.shape), 1)
        trains: List[_native.Train] = []
        for number in sorted(set(wanted)):
            part = {p.name: arrays[p.name][number * p.shape[0]:
                                           (number + 1) * p.shape[0]]
                    if p.shape else arrays[p.name] for p in self.inputs}
            first = number * batch
            found = self._execute(part, None, None, False, mode=mode,
                                  threads=1, seed=seed, first_sample=first,
                                  record=[first], sites=sites)[2]
            for train in found:
                train.sample = number
            trains += found
        return _gather(self.coding, sorted(set(wanted)), trains)

    # -- Reports ------------------------------------------------------------

    @property
    def quantisation(self) -> Dict[str, Any]:
        """Sites, products and scales: `quantisation.json`."""
        path = self._artefact("quantisation.json", "a compilation that "
                              "reaches the phase quantise")
        return dict(json.loads(path.read_text(encoding="utf-8")))

    def energy(self, stats: Optional[statistics.Statistics] = None
               ) -> energy.Energy:
        """Energy, latency and area of one inference on the chip.

        With `stats`, of the measured spikes; else of the rates that the
        compilation took, such as those of the calibration inputs.
        """
        path = self._artefact("energy.json", "compile(..., chip=...)")
        if stats is None:
            return energy.read(path)
        source = self._need_source("energy of measured spikes")
        with tempfile.TemporaryDirectory(prefix="snnc-") as folder:
            place = pathlib.Path(folder)
            (place / "stats.json").write_text(stats.text, encoding="utf-8")
            self._recompile(source, place / "out", "image", [
                "--emit=report", f"--measured={place / 'stats.json'}"])
            return energy.read(place / "out" / "energy.json")

    def report(self, x: Optional[Arrays] = None, *, sample: int = 0,
               curves: Any = None) -> "Report":
        """All that is known of the network, as a page.

        With `x`, spikes are measured on those samples, and shown for one of
        them. `curves` is what `snnc.sweep` gave.
        """
        from . import report
        if hasattr(curves, "to_dict"):
            curves = curves.to_dict()
        if x is None:
            return report.build(self._directory, curves=curves)
        stats = self.stats(x)
        measured = None
        if self._source is not None and \
                (self._directory / "energy.json").exists():
            measured = self.energy(stats=stats).data
        return report.build(self._directory, stats=stats, energy=measured,
                            spikes=self.spikes(x, sample=sample),
                            curves=curves)

    @property
    def chip(self) -> Chip:
        """The virtual chip."""
        path = self._artefact("image.snnimg", "compile(..., chip=...), with a "
                              "chip that has crossbars")
        return Chip(path, self.inputs, self.outputs, self)

    @property
    def image(self) -> Image:
        """The programming image."""
        return Image(self._artefact("image.snnimg", "compile(..., chip=...), "
                                    "with a chip that has crossbars"), self)

    def _artefact(self, name: str, needs: str) -> pathlib.Path:
        path = self._directory / name
        if not path.exists():
            raise Error(f"there is no {name} in '{self._directory}': needs "
                        f"{needs}")
        return path

    # -- Phases -------------------------------------------------------------

    def at(self, phase: str) -> Phase:
        """The network after a phase: import, quantise, spike or engines."""
        if phase not in _PHASES[:4]:
            raise InputError("phase needs import, quantise, spike or engines,"
                             f" has {phase!r}")
        with self._lock:
            if phase not in self._phases:
                self._phases[phase] = self._compile_phase(phase)
            return self._phases[phase]

    def _compile_phase(self, phase: str) -> Phase:
        last = self._directory / "model.mlir"
        if phase == "engines" and last.exists():
            return Phase(phase, last, self.inputs, self.outputs, self)
        source = self._need_source(f"phase {phase}")
        folder = Folder()
        self._recompile(source, folder.path, phase, ["--emit=ir"])
        return Phase(phase, folder.path / "model.mlir", self.inputs, self.outputs,
                     folder)

    def _need_source(self, what: str) -> Source:
        if self._source is None:
            raise Error(f"{what} needs the model: use compile() rather than "
                        "load()")
        return self._source

    @staticmethod
    def _recompile(source: Source, directory: pathlib.Path, phase: str,
                   extra: Sequence[str]) -> None:
        from . import _compile
        _compile.run(source, directory, phase, extra)


def load(directory: Union[str, "os.PathLike[str]"]) -> Compiled:
    """Opens what `snnc -o DIR` or `compile(..., output=DIR)` wrote."""
    return Compiled(pathlib.Path(directory))


def _places(out: Optional[Arrays], ports: Sequence[Port],
            samples: int) -> Dict[str, Any]:
    """Arrays for the outputs: the caller's where there are some."""
    given = {} if out is None else by_name(out, ports, "output")
    results: Dict[str, Any] = {}
    for port in ports:
        shape = port.of(samples)
        if port.name not in given:
            results[port.name] = np.empty(shape, port.dtype)
            continue
        array = to_numpy(given[port.name], port.name)
        if array.shape != shape or array.dtype != port.dtype \
                or not array.flags.c_contiguous or not array.flags.writeable:
            raise InputError(
                f"output '{port.name}' needs a contiguous array of shape "
                f"{shape} and {port.dtype} to write to, has {array.shape} "
                f"and {array.dtype}")
        results[port.name] = array
    return results


def _result(arrays: Dict[str, Any], ports: Sequence[Port]) -> Any:
    """An array where there is one output."""
    return arrays[ports[0].name] if len(ports) == 1 else arrays


def _gather(coding: str, samples: List[int],
            trains: Sequence[_native.Train]) -> spikes.Spikes:
    by_site: Dict[str, List[_native.Train]] = {}
    for train in trains:
        by_site.setdefault(train.site, []).append(train)
    return spikes.Spikes(coding, samples, [
        spikes.SiteTrain(
            name, np.stack([t.levels for t in found]), found[0].max_level,
            found[0].mask, found[0].radius, found[0].phases,
            spikes.is_binary(coding, found[0].max_level, found[0].phases))
        for name, found in by_site.items()])
