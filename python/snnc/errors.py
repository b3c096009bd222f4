# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What can go wrong, with the nodes at which it did."""

import dataclasses
import json
import re
from typing import Any, List, Mapping, Optional, Sequence, Tuple

__all__ = ["CompileError", "Diagnostic", "Error", "InputError", "RunError",
           "UnsupportedError", "VersionError"]


@dataclasses.dataclass(frozen=True)
class Diagnostic:
    """What a tool says of a model, at a node of it."""

    severity: str  #: "error", "warning", "remark" or "note"
    message: str
    node: str = ""  #: the ONNX node; empty: none
    file: str = ""
    line: int = 0  #: 0: none
    column: int = 0
    notes: Tuple["Diagnostic", ...] = ()

    def __str__(self) -> str:
        at = f" [node '{self.node}']" if self.node else ""
        return f"{self.severity}: {self.message}{at}"

    def to_dict(self) -> "dict[str, Any]":
        return dataclasses.asdict(self)


class Error(Exception):
    """The root of all errors of this package."""


class VersionError(Error):
    """Two parts of SNNC, or a part and a file, are not of one version."""


class InputError(Error, ValueError):
    """Arrays that do not fit the network's ports."""


class RunError(Error):
    """A run that failed, on the simulator or the virtual chip."""


class CompileError(Error):
    """A compilation that failed.

    `diagnostics` are what the compiler said, `phase` the last phase that it
    was asked for (or None), `command` the command that was run.
    """

    def __init__(self, message: str,
                 diagnostics: Sequence[Diagnostic] = (),
                 phase: Optional[str] = None,
                 command: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)
        self.phase = phase
        self.command = tuple(command)

    @property
    def nodes(self) -> "List[str]":
        """The nodes that errors are at, or name."""
        found: List[str] = []
        for d in self.diagnostics:
            if d.severity == "error":
                found += [d.node] if d.node else [
                    name for name, _ in _labelled(d.message)]
        return found


class UnsupportedError(CompileError):
    """A model with operators that the compiler does not have."""

    @property
    def operators(self) -> "List[str]":
        """Their names, as the compiler lists them."""
        found = [_UNSUPPORTED.search(d.message) for d in self.diagnostics]
        return [name.rsplit(" (", 1)[0] for match in found if match
                for name in match.group(1).split(", ")] + [
                    kind for d in self.diagnostics
                    for _, kind in _labelled(d.message)]


def _labelled(message: str) -> "List[Tuple[str, str]]":
    """The nodes of a .nir file that an error names, and their types."""
    if not message.startswith(("unsupported nodes: ", "approximate nodes")):
        return []
    return _LABELLED.findall(message)


_LABELLED = re.compile(r"(?:: |, )'([^']*)' \((\w+): ")
_UNSUPPORTED = re.compile(r"unsupported operators: (.+)$")
_TEXT = re.compile(r"^(?:(?P<file>[^\n]*?):(?P<line>\d+):(?P<column>\d+): )?"
                   r"(?P<severity>error|warning|note|remark): (?P<message>.*?)"
                   r"(?: \[node '(?P<node>[^']*)'\])?$")


def _from_object(entry: Mapping[str, Any], severity: str) -> Diagnostic:
    return Diagnostic(
        severity=str(entry.get("severity", severity)),
        message=str(entry["message"]), node=str(entry.get("node", "")),
        file=str(entry.get("file", "")), line=int(entry.get("line", 0)),
        column=int(entry.get("column", 0)),
        notes=tuple(_from_object(note, "note")
                    for note in entry.get("notes", ())))


def parse_diagnostics(text: str) -> "Tuple[List[Diagnostic], str]":
    """What a tool wrote to stderr: its diagnostics, and the other lines.

    Lines are objects (`--diagnostics=json`) or text.
    """
    found: List[Diagnostic] = []
    rest: List[str] = []
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                found.append(_from_object(json.loads(line), "error"))
                continue
            except (ValueError, KeyError, TypeError):
                pass
        match = _TEXT.match(line)
        if not match:
            if line.strip():
                rest.append(line)
            continue
        found.append(Diagnostic(
            severity=match["severity"], message=match["message"],
            node=match["node"] or "", file=match["file"] or "",
            line=int(match["line"] or 0), column=int(match["column"] or 0)))
    return found, "\n".join(rest)
