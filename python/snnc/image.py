# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Programming images: what `snn-image` says of them."""

import csv
import functools
import json
import os
import pathlib
import tempfile
from typing import Any, Dict, List, Union

import numpy as np

from . import _tools
from .errors import Error


class Image:
    """A programming image, read when it is asked."""

    def __init__(self, path: Union[str, "os.PathLike[str]"],
                 owner: Any = None) -> None:
        self.path = pathlib.Path(path)
        self._owner = owner  # its folder lives as long as this

    @functools.cached_property
    def data(self) -> Dict[str, Any]:
        """All of it, as `snn-image dump --json` prints it."""
        return dict(json.loads(self._call("dump", "--json", str(self.path))))

    @property
    def chip(self) -> Dict[str, Any]:
        return dict(self.data["chip"])

    @property
    def sections(self) -> List[Dict[str, Any]]:
        return list(self.data["sections"])

    @property
    def layers(self) -> List[Dict[str, Any]]:
        """Layers with their tiles; `cells_of` where another layer's serve."""
        return list(self.data["layers"]["layers"])

    def conductances(self, layer: Union[int, str]) -> Dict[str, Any]:
        """The cells of a layer in microsiemens, tile by tile, by file name.

        `layer` is a number, or the name of an ONNX node.
        """
        names = [str(entry["node"]) for entry in self.layers]
        if not isinstance(layer, int) and layer not in names:
            raise Error(f"there is no layer '{layer}'; there are "
                        + ", ".join(f"'{n}'" for n in names))
        number = layer if isinstance(layer, int) else names.index(layer)
        # A second digit's layer uses the cells of the first's.
        layer = names[self.layers[number].get("cells_of", number)]
        with tempfile.TemporaryDirectory(prefix="snnc-") as folder:
            self._call("export", "--format=npy", str(self.path), "-o", folder)
            place = pathlib.Path(folder)
            index = place / "index.csv"
            with open(index, encoding="utf-8", newline="") as file:
                rows = [row for row in csv.DictReader(file)
                        if row["node"] == layer]
            return {row["file"]: np.load(place / (row["file"] + ".npy"))
                    for row in rows}

    def diff(self, other: "Image") -> str:
        """What two images differ in, as text; empty if nothing."""
        path = _tools.check_version("snn-image")
        finished = _tools.run_program(
            [path, "diff", str(self.path), str(other.path)])
        if finished.status not in (0, 1) or finished.diagnostics:
            raise Error(finished.message())
        return "" if finished.status == 0 else finished.output

    @staticmethod
    def _call(*arguments: str) -> str:
        finished = _tools.run_tool("snn-image", arguments)
        if finished.status != 0:
            raise Error(finished.message())
        return finished.output

    def __repr__(self) -> str:
        return f"Image('{self.path}')"
