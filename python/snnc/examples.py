# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The models that come with SNNC."""

import os
import pathlib
from typing import Iterator

from .errors import InputError


def _folders() -> Iterator[pathlib.Path]:
    home = os.environ.get("SNNC_HOME")
    if home:
        yield pathlib.Path(home) / "share" / "snnc" / "examples"
    here = pathlib.Path(__file__).resolve().parent
    if len(here.parents) > 3:
        yield here.parents[3] / "share" / "snnc" / "examples"
    yield here.parents[1] / "examples"


def example(name: str) -> str:
    """The path of a bundled model, such as "mimo/mimo_w1a4_k1.onnx"."""
    for folder in _folders():
        if (folder / name).is_file():
            return str(folder / name)
    have = sorted({str(path.relative_to(folder)) for folder in _folders()
                   for path in folder.glob("*/*.onnx")})
    raise InputError(f"there is no example '{name}'; there are "
                     + (", ".join(have) or "none"))
