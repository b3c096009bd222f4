# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The report: one offline page for people, one file of data for programs."""

import html
import json
import os
import pathlib
from typing import Any, Dict, Mapping, Optional, Union

from ..spikes import Spikes
from ..statistics import Statistics
from . import data as _data
from .page import render

_Path = Union[str, "os.PathLike[str]"]


class Report:
    """What is known of a compiled network, to look at."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data: Dict[str, Any] = dict(data)

    def html(self) -> str:
        """The page."""
        return render(self.data)

    def save(self, path: _Path) -> None:
        """Writes the page, or for a name that ends in .json the data."""
        text = self.html()
        if os.fspath(path).endswith(".json"):
            text = json.dumps(self.data, indent=1, ensure_ascii=False) + "\n"
        pathlib.Path(path).write_text(text, encoding="utf-8")

    def _repr_html_(self) -> str:
        return ('<iframe style="width:100%;height:40em;border:1px solid #ccc" '
                f'sandbox srcdoc="{html.escape(self.html())}"></iframe>')


def build(directory: _Path, *, stats: Optional[Statistics] = None,
          energy: Optional[Mapping[str, Any]] = None,
          spikes: Optional[Spikes] = None,
          curves: Optional[Mapping[str, Any]] = None) -> Report:
    """The report of a folder that snnc wrote."""
    from ..image import Image
    place = pathlib.Path(directory)
    image = place / "image.snnimg"
    return Report(_data.build(
        place, stats=stats, energy=energy, spikes=spikes, curves=curves,
        image=Image(image).data if image.exists() else None))
