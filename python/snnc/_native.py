# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""DIR/sim.so through its C interface (snn/runtime/Api.h).

The structs and numbers below repeat that header.
"""

import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import tempfile
import threading
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from .errors import Error, InputError, RunError, VersionError
from .ports import DTYPES, Port

ABI_MAJOR, ABI_MINOR = 1, 0
OK, INVALID, FAILED, CANCELLED, RUNNING = range(5)
MODES = {"fast": 0, "event": 1, "stepped": 2}
#: How long a call into the library lasts before Python looks for Ctrl-C.
POLL_MS = 100


class _Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("bytes", ctypes.c_uint64)]


class _Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint64),
                ("mode", ctypes.c_int32),
                ("threads", ctypes.c_uint32),
                ("first_sample", ctypes.c_int64),
                ("seed", ctypes.c_uint64),
                ("has_seed", ctypes.c_int32),
                ("count", ctypes.c_int32),
                ("record", ctypes.c_int32),
                ("reserved", ctypes.c_int32),
                ("record_sites", ctypes.POINTER(ctypes.c_char_p)),
                ("record_site_count", ctypes.c_uint64),
                ("record_samples", ctypes.POINTER(ctypes.c_int64)),
                ("record_sample_count", ctypes.c_uint64)]


class _Train(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint64),
                ("site", ctypes.c_char_p),
                ("sample", ctypes.c_int64),
                ("levels", ctypes.c_void_p),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("rank", ctypes.c_int32),
                ("max_level", ctypes.c_int32),
                ("mask", ctypes.c_int32),
                ("radius", ctypes.c_int32),
                ("phases", ctypes.c_int32),
                ("reserved", ctypes.c_int32)]


class Train:
    """What one site sent while one sample ran."""

    def __init__(self, raw: _Train) -> None:
        self.site: str = raw.site.decode("utf-8", "replace")
        self.sample: int = raw.sample
        shape = tuple(raw.shape[i] for i in range(raw.rank))
        self.max_level: int = raw.max_level
        self.mask: int = raw.mask
        self.radius: int = raw.radius
        self.phases: int = raw.phases
        count = int(np.prod(shape, dtype=np.int64))
        dtype = np.int8 if raw.phases else np.uint8
        text = ctypes.string_at(raw.levels, count) if count else b""
        self.levels = np.frombuffer(text, dtype).reshape(shape)


class _Functions:
    """The library's functions, with their types."""

    def __init__(self, path: str) -> None:
        self.library = ctypes.CDLL(path)  # local symbols; frees the GIL
        pointer = ctypes.c_void_p
        status = ctypes.c_int
        place = ctypes.POINTER(pointer)
        try:
            self.abi = self._get("snn_abi", ctypes.c_uint32, [])
        except AttributeError:
            raise VersionError(f"'{path}' is no simulator with a C "
                               "interface") from None
        abi = self.abi()
        if abi >> 16 != ABI_MAJOR or abi & 0xffff < ABI_MINOR:
            raise VersionError(
                f"'{path}' has the C interface {abi >> 16}.{abi & 0xffff}, "
                f"this package needs {ABI_MAJOR}.{ABI_MINOR}: compile the "
                "model again, or install the package of the version that "
                "compiled it")
        text = ctypes.c_char_p
        self.describe = self._get("snn_describe", text, [])
        self.error = self._get("snn_error", text, [])
        self.open = self._get("snn_open", status, [text, place])
        self.close = self._get("snn_close", None, [pointer])
        buffers = ctypes.POINTER(_Buffer)
        self.start = self._get(
            "snn_start", status, [pointer, buffers, buffers, ctypes.c_int64,
                                  ctypes.POINTER(_Options), place])
        self.wait = self._get(
            "snn_wait", status, [pointer, ctypes.c_int32,
                                 ctypes.POINTER(ctypes.c_int64)])
        self.cancel = self._get("snn_cancel", None, [pointer])
        self.free = self._get("snn_free", None, [pointer])
        self.stats = self._get("snn_stats", text, [pointer])
        self.spikes = self._get("snn_spikes", status,
                                [pointer, ctypes.c_uint64,
                                 ctypes.POINTER(_Train)])

    def _get(self, name: str, result: Any, arguments: List[Any]) -> Any:
        function = getattr(self.library, name)
        function.restype, function.argtypes = result, arguments
        return function

    def error_text(self) -> str:
        return (self.error() or b"").decode("utf-8", "replace")


_libraries: Dict[Tuple[int, ...], _Functions] = {}
_lock = threading.Lock()


def _load(path: pathlib.Path) -> _Functions:
    """The library of a file; one that was loaded before is not loaded again.

    The loader knows libraries by path: a file that took another one's place
    would be taken for it. It gets a name that only this content has. No
    library is ever closed.
    """
    status = os.stat(path)
    key = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
    with _lock:
        if key not in _libraries:
            name = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
            with tempfile.TemporaryDirectory(prefix="snnc-") as folder:
                link = os.path.join(folder, f"sim-{name}.so")
                os.symlink(os.path.abspath(path), link)
                try:
                    _libraries[key] = _Functions(link)
                except OSError as error:
                    raise Error(f"cannot load '{path}': {error}") from None
        return _libraries[key]


class Simulator:
    """An opened sim.so with its weights."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._functions = _load(directory / "sim.so")
        text = self._functions.describe()
        if text is None:
            raise MemoryError
        self.description: Dict[str, Any] = json.loads(text)
        self.inputs = tuple(map(_to_port, self.description["inputs"]))
        self.outputs = tuple(map(_to_port, self.description["outputs"]))
        self._model = ctypes.c_void_p()
        weights = os.fsencode(directory / "weights.safetensors")
        if self._functions.open(weights, ctypes.byref(self._model)) != OK:
            raise Error(self._functions.error_text())

    def __del__(self) -> None:
        model = getattr(self, "_model", None)
        if model:
            self._functions.close(model)

    def run(self, inputs: "Dict[str, np.ndarray[Any, Any]]", samples: int,
            outputs: "Dict[str, np.ndarray[Any, Any]]", *,
            mode: str = "fast", threads: int = 0, seed: Optional[int] = None,
            first_sample: int = 0, count: bool = False,
            record: Optional[Sequence[int]] = None,
            sites: Optional[Sequence[str]] = None,
            progress: Optional[Callable[[int], None]] = None
            ) -> "Tuple[Optional[str], List[Train]]":
        """Runs samples from contiguous arrays to contiguous arrays.

        Gives the text of the statistics, if counted, and the trains of the
        samples to record, if any.
        """
        options = _Options(size=ctypes.sizeof(_Options), mode=_mode(mode),
                           threads=_number("threads", threads, 1 << 20),
                           first_sample=_number("first_sample", first_sample,
                                                1 << 44),
                           count=count)
        if seed is not None:
            options.seed = _number("seed", seed, 1 << 64)
            options.has_seed = 1
        keep: List[Any] = []  # what options point to
        if record is not None:
            options.record = 1
            numbers = (ctypes.c_int64 * len(record))(*record)
            options.record_samples = numbers
            options.record_sample_count = len(record)
            keep.append(numbers)
            if sites is not None:
                names = (ctypes.c_char_p * len(sites))(
                    *[site.encode() for site in sites])
                options.record_sites = names
                options.record_site_count = len(sites)
                keep.append(names)
        # The arrays live until this function ends, and so do their addresses.
        sources = _buffers([inputs[port.name] for port in self.inputs])
        targets = _buffers([outputs[port.name] for port in self.outputs])
        functions = self._functions
        run = ctypes.c_void_p()
        try:
            status = functions.start(self._model, sources, targets, samples,
                                     ctypes.byref(options), ctypes.byref(run))
            if status != OK:
                error = InputError if status == INVALID else RunError
                raise error(functions.error_text())
            self._finish(run, progress)
            text = functions.stats(run) if count else None
            return (text.decode() if text is not None else None,
                    list(self._trains(run)))
        finally:
            # Ends the run if it goes on: the arrays are free after that.
            functions.free(run)

    def _finish(self, run: ctypes.c_void_p,
                progress: Optional[Callable[[int], None]]) -> None:
        """Waits for the end; between two looks, Ctrl-C can raise."""
        done = ctypes.c_int64()
        functions = self._functions
        status = RUNNING
        while status == RUNNING:
            status = functions.wait(run, POLL_MS, ctypes.byref(done))
            if progress:
                progress(done.value)
        if status != OK:
            raise RunError(functions.error_text())

    def _trains(self, run: ctypes.c_void_p) -> Iterator[Train]:
        index = 0
        while True:
            raw = _Train(size=ctypes.sizeof(_Train))
            if self._functions.spikes(run, index, ctypes.byref(raw)) != OK:
                return
            yield Train(raw)
            index += 1


def _to_port(entry: Dict[str, Any]) -> Port:
    return Port(entry["name"], DTYPES[entry["dtype"]], tuple(entry["shape"]),
                bool(entry.get("constant", False)))


def _mode(name: str) -> int:
    if name not in MODES:
        raise InputError("mode needs 'fast', 'event' or 'stepped', has "
                         f"{name!r}")
    return MODES[name]


def _number(name: str, value: int, end: int) -> int:
    with contextlib.suppress(TypeError, ValueError):
        number = int(value)
        if 0 <= number < end and number == value:
            return number
    raise InputError(f"{name} needs a number from 0 to {end - 1}, has "
                     f"{value!r}")


def _buffers(arrays: "Sequence[np.ndarray[Any, Any]]") -> Any:
    result = (_Buffer * max(len(arrays), 1))()
    for slot, array in zip(result, arrays):
        slot.data, slot.bytes = array.ctypes.data, array.nbytes
    return result
