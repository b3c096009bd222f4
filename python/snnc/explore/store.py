# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Results by what they follow from.

A key is a hash of everything that a result depends on: contents of files, flags,
the compiler's version. Whoever wants a result that is there takes it; whoever
makes it holds its lock, which the kernel drops when the process ends, and gives
it its name when it is whole. So any number of processes may share a store, and
may end at any moment.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
from typing import Any, Callable, Dict, Iterator, Optional

_files: Dict[Any, str] = {}


def hash_of(value: Any) -> str:
    """Of what JSON can say."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def hash_of_file(path: pathlib.Path) -> str:
    """Of contents, which are read once as long as size and times stay."""
    status = path.stat()
    key = (str(path), status.st_size, status.st_mtime_ns)
    if key not in _files:
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while True:
                block = file.read(1 << 20)
                if not block:
                    break
                digest.update(block)
        _files[key] = digest.hexdigest()[:32]
    return _files[key]


class Store:
    """A folder of results: `KIND/KEY`, a file or a folder each."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def lock(self, name: str, wait: bool = True) -> Iterator[bool]:
        """Whether this process has the lock."""
        path = self.folder / "locks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX |
                            (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True

    def path(self, kind: str, key: str) -> pathlib.Path:
        return self.folder / kind / key

    def find(self, kind: str, key: str) -> Optional[pathlib.Path]:
        path = self.path(kind, key)
        return path if path.exists() else None

    def get(self, kind: str, key: str,
            make: Callable[[pathlib.Path], None]) -> pathlib.Path:
        """The result, made by `make(path)` where it is missing."""
        found = self.find(kind, key)
        if found:
            return found
        with self.lock(f"{kind}-{key}"):
            found = self.find(kind, key)
            if found:
                return found
            path = self.path(kind, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            for left in path.parent.glob(f".{key}.*"):
                _remove(left)  # of a process that died
            unfinished = path.parent / f".{key}.{os.getpid()}"
            try:
                make(unfinished)
                os.replace(unfinished, path)
            except BaseException:
                _remove(unfinished)
                raise
            self.count(kind, key)
            return path

    def count(self, kind: str, key: str) -> None:
        """One line for every result that was made."""
        with open(self.folder / "made.jsonl", "a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(json.dumps({"kind": kind, "key": key}) + "\n")

    def made(self) -> Dict[str, int]:
        """How many results of each kind were made since the store began."""
        counts: Dict[str, int] = {}
        path = self.folder / "made.jsonl"
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                kind = json.loads(line)["kind"]
                counts[kind] = counts.get(kind, 0) + 1
        return counts

    @staticmethod
    def write(path: pathlib.Path, value: Any) -> None:
        path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n",
                        encoding="utf-8")

    @staticmethod
    def read(path: pathlib.Path) -> Any:
        return json.loads(path.read_text(encoding="utf-8"))


def _remove(path: pathlib.Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    elif path.exists():
        path.unlink()
