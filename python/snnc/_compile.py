# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From a model and keywords to a command line of snnc, and running it."""

import difflib
import os
import pathlib
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _tools
from ._folder import Folder
from .compiled import Compiled, Source
from .errors import CompileError, Diagnostic, InputError, UnsupportedError
from .ports import to_numpy

_Path = Union[str, "os.PathLike[str]"]


def compile_model(model: Any, example_inputs: Any, output: Optional[_Path],
                  flags: Sequence[str], options: Mapping[str, Any],
                  unknown: Mapping[str, Any]) -> Compiled:
    """What `snnc.compile` does."""
    _refuse_unknown(unknown)
    folder = Folder()
    source = prepare(model, example_inputs, options, flags, folder)
    directory = pathlib.Path(output) if output is not None else \
        folder.path / "compiled"
    finished = run(source, directory)
    given = {name: value for name, value in options.items()
             if value is not None}
    return Compiled(directory, source=source, options=given,
                    log=finished.output, diagnostics=finished.diagnostics)


def _refuse_unknown(unknown: Mapping[str, Any]) -> None:
    from ._options import TABLE
    for name in unknown:
        near = difflib.get_close_matches(
            name, [*TABLE, "output", "example_inputs", "flags"], 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise TypeError(f"compile() has no option '{name}'{hint}")


def prepare(model: Any, example_inputs: Any, options: Mapping[str, Any],
            flags: Sequence[str],
            folder: Folder) -> Source:
    """Puts what is in memory into files, and makes the flags."""
    place = folder.path
    path = _model_path(model, example_inputs, place)
    arguments: List[Tuple[str, str]] = []
    for name, value in options.items():
        if value is None:
            continue
        flag = name.replace("_", "-")
        if name == "calibrate":
            arguments.append((name, f"--{flag}={_calibration(value, place)}"))
            continue
        arguments += [(name, f"--{flag}={text}")
                      for text in _texts(name, value)]
    return Source(path, tuple(arguments), tuple(flags), folder)


def _model_path(model: Any, example_inputs: Any,
                place: pathlib.Path) -> pathlib.Path:
    """The file of a model."""
    if isinstance(model, (str, os.PathLike)):
        path = pathlib.Path(model)
        if not path.exists():
            raise InputError(f"there is no file '{path}'")
        return path.resolve()
    path = place / "model.onnx"
    if isinstance(model, (bytes, bytearray, memoryview)):
        path.write_bytes(model)
    elif hasattr(model, "SerializeToString"):
        path.write_bytes(model.SerializeToString())
    elif hasattr(model, "named_parameters"):
        if example_inputs is None:
            raise InputError("a torch.nn.Module needs example_inputs")
        from .qat import export
        export(model, example_inputs, path)
    else:
        raise InputError("needs a path, bytes, an onnx.ModelProto or a "
                         f"torch.nn.Module, has {type(model).__name__}")
    return path


def _texts(name: str, value: Any) -> List[str]:
    """The values of a keyword as flags say them."""
    if name == "dead_zone" and isinstance(value, Mapping):
        return [",".join(f"{site}={k}" for site, k in value.items())]
    if name == "shape" and isinstance(value, Mapping):
        return [f"{port}={_shape(shape)}" for port, shape in value.items()]
    if name == "assume" and isinstance(value, Mapping):
        return [f"{key}={number!r}" for key, number in value.items()]
    if isinstance(value, (list, tuple)):
        return [_text(v) for v in value]
    return [_text(value)]


def _text(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return str(os.fspath(value) if isinstance(value, os.PathLike) else value)


def _shape(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "x".join(map(str, value))
    return str(value)


def _calibration(value: Any, place: pathlib.Path) -> str:
    """The file of calibration inputs."""
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        return text if text.startswith("random:") else \
            str(pathlib.Path(text).resolve())
    arrays = _join(value)
    path = place / "calibrate.npz"
    if "" in arrays:  # the only input; its name is the network's
        path = place / "calibrate.npy"
        np.save(path, arrays[""])
    else:
        np.savez(path, **arrays)
    return str(path)


def _join(value: Any) -> Dict[str, "np.ndarray[Any, Any]"]:
    """Arrays by input from an array, a dict, or batches of either.

    An array without a name is the only input's; its key is empty.
    """
    if isinstance(value, Mapping):
        return {name: to_numpy(array, name) for name, array in value.items()}
    if hasattr(value, "shape"):
        return {"": to_numpy(value, "calibrate")}
    parts: Dict[str, List[Any]] = {}
    for batch in value:
        if isinstance(batch, (list, tuple)):  # inputs and labels
            batch = batch[0]
        for name, array in _join(batch).items():
            parts.setdefault(name, []).append(array)
    if not parts:
        raise InputError("calibrate needs at least one batch")
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def run(source: Source, directory: pathlib.Path,
        phase: Optional[str] = None,
        extra: Sequence[str] = ()) -> _tools.Finished:
    """Runs snnc; with `phase`, to that one and with its options only."""
    arguments = [str(source.model), "-o", str(directory),
                 "--diagnostics=json", *source.arguments_of(phase)]
    if phase is not None:
        arguments.append(f"--compile-to={phase}")
    finished = _tools.run_tool("snnc", [*arguments, *extra])
    if finished.status == 0:
        return finished
    errors: List[Diagnostic] = [d for d in finished.diagnostics
                                if d.severity == "error"]
    kind = CompileError
    if any(d.message.startswith(("unsupported operators: ",
                                 "unsupported nodes: ")) for d in errors):
        kind = UnsupportedError
    raise kind(finished.message(), finished.diagnostics, phase,
               finished.command)
