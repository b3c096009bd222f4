# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Descriptions of chips: what `snn-chip` says of them."""

import json
import os
from typing import Any, Dict, List, Union

from . import _tools
from .errors import Error


def chips() -> List[str]:
    """The chips that SNNC ships descriptions of."""
    return _call("list").split()


def describe_chip(chip: Union[str, "os.PathLike[str]"]) -> Dict[str, Any]:
    """A chip's description, by name or from a YAML file.

    Its keys are those of docs/chips.md; a value with an origin is a mapping of
    `value`, `status` and `source`.
    """
    return dict(json.loads(_call("print", os.fspath(chip), "--json")))


def chip_keys() -> List[str]:
    """The keys of a description, as `core.kind`."""
    return [line.split(":", 1)[0] for line in _call("keys").splitlines()]


def _call(*arguments: str) -> str:
    finished = _tools.run_tool("snn-chip", arguments)
    if finished.status != 0:
        raise Error(finished.message())
    return finished.output
