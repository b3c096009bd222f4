# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Temporary folders that go with the object that holds them."""

import pathlib
import shutil
import tempfile
import weakref


class Folder:
    """A folder that is removed when nothing refers to this any more."""

    def __init__(self) -> None:
        self.name = tempfile.mkdtemp(prefix="snnc-")
        self._finalizer = weakref.finalize(self, shutil.rmtree, self.name,
                                           ignore_errors=True)

    @property
    def path(self) -> pathlib.Path:
        return pathlib.Path(self.name)
