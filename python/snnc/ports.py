# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inputs and outputs of a network, and the arrays that fit them."""

import dataclasses
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from .errors import InputError

#: numpy's types by the runtime's names.
DTYPES = {"BOOL": np.dtype(np.bool_), "U8": np.dtype(np.uint8),
          "I8": np.dtype(np.int8), "I16": np.dtype(np.int16),
          "I32": np.dtype(np.int32), "I64": np.dtype(np.int64),
          "F32": np.dtype(np.float32), "F64": np.dtype(np.float64)}

#: One array for a network of one port, else arrays by name.
Arrays = Union[Any, Mapping[str, Any]]


@dataclasses.dataclass(frozen=True)
class Port:
    """An input or an output."""

    name: str
    dtype: np.dtype  # type: ignore[type-arg]
    shape: Tuple[int, ...]  #: of one sample; axis 0 is its own batch
    constant: bool = False  #: given once, not for every sample

    def of(self, samples: int) -> Tuple[int, ...]:
        """The shape of an array of so many samples."""
        if self.constant:
            return self.shape
        if not self.shape:
            return (samples,) if samples != 1 else ()
        return (self.shape[0] * samples,) + self.shape[1:]

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape)) or "scalar"
        return f"{self.name}: {self.dtype} {shape}"


def to_numpy(value: Any, name: str) -> "np.ndarray[Any, Any]":
    """An array over the same memory where that is possible."""
    if isinstance(value, np.ndarray):
        return value
    # PyTorch refuses DLPack for bool tensors and parameters.
    if hasattr(value, "detach") and hasattr(value, "numpy"):
        if getattr(getattr(value, "device", None), "type", "cpu") != "cpu":
            raise InputError(f"'{name}' lies on the device {value.device}: "
                             "needs an array in the machine's memory")
        return value.detach().numpy()  # type: ignore[no-any-return]
    if hasattr(value, "__dlpack__"):
        device = value.__dlpack_device__()[0]
        if int(device) != 1:  # kDLCPU
            raise InputError(f"'{name}' lies on another device: needs an "
                             "array in the machine's memory")
        return np.from_dlpack(value)
    array = np.asarray(value)
    if array.dtype == object:
        raise InputError(f"'{name}' needs an array, has "
                         f"{type(value).__name__}")
    return array


def fit(value: Any, port: Port,
        copy: Optional[bool] = None) -> "np.ndarray[Any, Any]":
    """The array of an input, contiguous and of the port's type.

    With `copy=False`, one that would have to be converted is refused.
    """
    array = to_numpy(value, port.name)
    want = port.shape
    fits = len(array.shape) == len(want) and array.shape[1:] == want[1:]
    if fits and want:
        fits = array.shape[0] % max(want[0], 1) == 0
    if not fits:
        expected = ("N*" if want else "") + ("x".join(map(str, want))
                                             or "scalar")
        raise InputError(
            f"input '{port.name}' needs shape {expected}, has "
            f"{'x'.join(map(str, array.shape)) or 'scalar'}")
    is_direct = (array.dtype == port.dtype and array.flags.c_contiguous
                 and array.flags.aligned)
    if is_direct:
        return array
    if not np.can_cast(array.dtype, port.dtype, "same_kind"):
        raise InputError(f"input '{port.name}' needs {port.dtype} elements, "
                         f"has {array.dtype}")
    if copy is False:
        raise InputError(
            f"input '{port.name}' would have to be copied: needs a contiguous "
            f"array of {port.dtype}, has {array.dtype}"
            f"{'' if array.flags.c_contiguous else ', not contiguous'}")
    return np.ascontiguousarray(array, dtype=port.dtype)


def by_name(arrays: Arrays, ports: Sequence[Port],
            kind: str = "input") -> Dict[str, Any]:
    """The caller's arrays by name; refuses what is missing or too much."""
    if not isinstance(arrays, Mapping):
        if len(ports) != 1:
            names = ", ".join(f"'{port.name}'" for port in ports)
            raise InputError(f"needs a dict with the {kind}s {names}: the "
                             f"network has {len(ports)}")
        return {ports[0].name: arrays}
    known = {port.name for port in ports}
    for name in arrays:
        if name not in known:
            names = ", ".join(f"'{port.name}'" for port in ports)
            raise InputError(f"there is no {kind} '{name}'; there are {names}")
    return dict(arrays)


def fit_inputs(arrays: Arrays, ports: Sequence[Port],
               copy: Optional[bool] = None
               ) -> "Tuple[Dict[str, np.ndarray[Any, Any]], int]":
    """Arrays for all inputs, and the number of samples."""
    given = by_name(arrays, ports)
    fitted: Dict[str, "np.ndarray[Any, Any]"] = {}
    samples, first = -1, ""
    for port in ports:
        if port.name not in given:
            raise InputError(f"input '{port.name}' is missing")
        array = fit(given[port.name], port, copy)
        fitted[port.name] = array
        if not port.shape:
            continue
        count = array.shape[0] // max(port.shape[0], 1)
        if samples >= 0 and count != samples:
            raise InputError(f"input '{port.name}' holds {count} samples, "
                             f"input '{first}' {samples}")
        samples, first = count, port.name
    return fitted, 1 if samples < 0 else samples
