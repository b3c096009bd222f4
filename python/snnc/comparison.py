# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Two forms of a network on the same inputs: `snn-run --compare`."""

import dataclasses
import os
import pathlib
import re
import tempfile
from typing import Any, Dict, Optional, Union

import numpy as np

from . import _tools
from .compiled import Compiled, Runnable
from .errors import Error, RunError
from .ports import Arrays, fit_inputs

#: What can be compared: a compiled network, a phase, a chip, or a file.
Form = Union[Compiled, Runnable, str, "os.PathLike[str]"]


@dataclasses.dataclass(frozen=True)
class Difference:
    """The first value, in execution order, that is not the same."""

    op: str  #: "site", "result", or the kind of an op
    node: str  #: the site, the output or the ONNX node
    count: int  #: elements that differ
    total: int
    largest: float  #: difference
    range: float  #: of the value


@dataclasses.dataclass(frozen=True)
class Comparison:
    """How two forms compare.

    Quantised forms are equal when every value that both compute is, bit for
    bit; float forms within a tolerance. Of a float and a quantised form the
    predictions are compared: `agreement` is their fraction, and `equal` says
    whether it is large enough.
    """

    equal: bool
    compared: Optional[int]  #: values
    first: Optional[Difference] = None
    agreement: Optional[float] = None
    text: str = dataclasses.field(repr=False, default="")

    def __bool__(self) -> bool:
        return self.equal

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> Dict[str, Any]:
        return dataclasses.asdict(self)


_FIRST = re.compile(r"differs first at (\S+) (.*): (\d+) of (\d+) elements, "
                    r"largest error (\S+), range (\S+)$", re.M)
_AGREE = re.compile(r"predictions agree on (\d+) of (\d+) rows")
_EQUAL = re.compile(r"equal: (\d+) values compared")


def compare(a: Form, b: Form, x: Arrays, *, float_tolerance: float = 1e-4,
            agreement: float = 0.995, limit: int = 0,
            seed: Optional[int] = None) -> Comparison:
    """Runs two forms on the same inputs and finds where they part."""
    arrays = _arrays(a, b, x)
    with tempfile.TemporaryDirectory(prefix="snnc-") as folder:
        path = os.path.join(folder, "x.npz")
        np.savez(path, **arrays)
        flags = [f"--float-tolerance={float_tolerance!r}",
                 f"--agreement={agreement!r}"]
        if limit:
            flags.append(f"--limit={limit}")
        if seed is not None:
            flags.append(f"--seed={seed}")
        finished = _tools.run_tool("snn-run", [
            "--compare", _file(a), _file(b), "--input", path, *flags])
    text = finished.output.strip()
    if match := _FIRST.search(text):
        op, node, count, total, largest, extent = match.groups()
        return Comparison(False, None, Difference(
            op, node, int(count), int(total), float(largest), float(extent)),
            None, text)
    if match := _AGREE.search(text):
        same, rows = int(match.group(1)), int(match.group(2))
        return Comparison(finished.status == 0, None, None,
                          same / rows if rows else 1.0, text)
    if finished.status == 0 and (match := _EQUAL.search(text)):
        return Comparison(True, int(match.group(1)), None, None, text)
    raise RunError(finished.message())


def _file(form: Form) -> str:
    if isinstance(form, Compiled):
        path = form.directory / "model.mlir"
        if not path.exists():
            raise Error(f"there is no model.mlir in '{form.directory}'")
        return str(path)
    if isinstance(form, Runnable):
        return str(form.path)
    return str(pathlib.Path(form))


def _arrays(a: Form, b: Form, x: Arrays) -> Dict[str, Any]:
    for form in (a, b):
        if isinstance(form, (Compiled, Runnable)):
            return dict(fit_inputs(x, form.inputs)[0])
    if not isinstance(x, dict):
        raise Error("two files need arrays by name")
    return {name: np.asarray(array) for name, array in x.items()}
