# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Progress of long runs."""

import contextlib
import sys
from typing import Any, Callable, Iterator, Optional, Union

#: True: a line; or a function of the samples that are done and of all.
Progress = Union[bool, Callable[[int, int], None]]


@contextlib.contextmanager
def reporter(progress: Progress,
             total: int) -> Iterator[Optional[Callable[[int], None]]]:
    """What a run calls with the number of finished samples."""
    if callable(progress):
        told = progress
        yield lambda done: told(done, total)
        return
    if not progress:
        yield None
        return
    bar: Any = None
    with contextlib.suppress(ImportError):
        from tqdm.auto import tqdm  # type: ignore[import]
        bar = tqdm(total=total, unit="sample")
    if bar is not None:
        def update(done: int) -> None:
            bar.update(done - bar.n)

        try:
            yield update
        finally:
            bar.close()
        return
    try:
        yield lambda done: print(f"\r{done}/{total} samples", end="",
                                 file=sys.stderr, flush=True)
    finally:
        print(file=sys.stderr)
