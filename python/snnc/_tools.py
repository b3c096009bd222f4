# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The command line tools: where they are, which version, running them."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from ._version import __version__
from .errors import Diagnostic, Error, VersionError, parse_diagnostics

_versions: Dict[str, str] = {}
_lock = threading.Lock()


def _places() -> Iterator[pathlib.Path]:
    """Folders that may hold the tools, the most specific one first."""
    home = os.environ.get("SNNC_HOME")
    if home:
        yield pathlib.Path(home) / "bin"
        yield pathlib.Path(home)
    here = pathlib.Path(__file__).resolve().parent
    # PREFIX/lib/python3/dist-packages/snnc, or python/snnc of a source tree.
    if len(here.parents) > 3:
        yield here.parents[3] / "bin"
    yield here.parents[1] / "build" / "bin"


def find_tool(name: str) -> str:
    """The path of a tool; fails where there is none."""
    for place in _places():
        if os.access(place / name, os.X_OK) and (place / name).is_file():
            return str(place / name)
    found = shutil.which(name)
    if found:
        return found
    raise Error(f"cannot find the program '{name}': install SNNC, or let "
                "SNNC_HOME name the folder that it is installed in")


def tool_version(name: str) -> str:
    """The release of a tool, such as "0.1.0"."""
    path = find_tool(name)
    with _lock:
        known = _versions.get(path)
    if known:
        return known
    text = subprocess.run([path, "--version"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          check=False).stdout
    match = re.search(re.escape(name) + r" (\d+\.\d+\.\d+)", text)
    if not match:
        raise VersionError(f"'{path}' does not say its version; package "
                           f"snnc is {__version__}: install SNNC of the same "
                           "version")
    with _lock:
        _versions[path] = match.group(1)
    return match.group(1)


def check_version(name: str) -> str:
    """The path of a tool that has this package's version."""
    version = tool_version(name)
    path = find_tool(name)
    if version.split(".")[:2] != __version__.split(".")[:2]:
        raise VersionError(
            f"'{path}' is version {version}, the package snnc {__version__}: "
            "install both of one version, or let SNNC_HOME name the right one")
    return path


class Finished:
    """A command that has run."""

    def __init__(self, command: Sequence[str], status: int, output: str,
                 errors: str) -> None:
        self.command = tuple(command)
        self.status = status
        self.output = output
        self.diagnostics: List[Diagnostic]
        self.diagnostics, self.rest = parse_diagnostics(errors)

    def message(self) -> str:
        """Why it failed, in one text."""
        lines = [str(d) for d in self.diagnostics if d.severity == "error"]
        if self.status < 0:
            try:
                name = signal.Signals(-self.status).name
            except ValueError:
                name = str(-self.status)
            lines.append(f"the program ended by {name}")
        if self.rest and not lines:
            lines.append(self.rest)
        return "\n".join(lines) or f"exit status {self.status}"


def run_tool(name: str, arguments: Sequence[str],
             timeout: Optional[float] = None) -> Finished:
    """Runs a tool to its end.

    An exception here, such as Ctrl-C, ends the tool, too.
    """
    return run_program([check_version(name), *arguments], timeout)


def run_program(command: Sequence[str],
                timeout: Optional[float] = None) -> Finished:
    """Runs any program in the same way."""
    process = subprocess.Popen(
        list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, errors="replace")
    try:
        output, errors = process.communicate(timeout=timeout)
    except BaseException:
        _stop(process)
        raise
    return Finished(command, process.returncode, output, errors)


def _stop(process: "subprocess.Popen[str]") -> None:
    """Asks a program to end, and makes it."""
    process.terminate()
    try:
        process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def version_pair() -> Tuple[str, str]:
    """The versions of the package and of the compiler."""
    return __version__, tool_version("snnc")
