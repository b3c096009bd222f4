# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""snn-report DIR: the report of what snnc wrote, as a page."""

import argparse
import json
import pathlib
import sys

from .. import _version, spikes, statistics
from ..errors import Error
from . import build


def main() -> int:
    parser = argparse.ArgumentParser(prog="snn-report",
                                     description=__doc__.split(": ", 1)[1])
    parser.add_argument("directory", type=pathlib.Path,
                        help="what snnc -o wrote")
    parser.add_argument("--stats", type=pathlib.Path,
                        help="spike counts: what sim wrote with --stats")
    parser.add_argument("--spikes", type=pathlib.Path,
                        help="trains: what sim wrote with --record")
    parser.add_argument("--curves", type=pathlib.Path,
                        help="curves.json of snnc.sweep")
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True,
                        help="the page, or with .json its data")
    parser.add_argument("--version", action="version",
                        version=f"snn-report {_version.__version__}")
    options = parser.parse_args()
    try:
        if not (options.directory / "artefacts.json").exists():
            raise Error(f"'{options.directory}' is no folder that snnc wrote: "
                        "it has no artefacts.json")
        stats = statistics.parse(options.stats.read_text(encoding="utf-8")) \
            if options.stats else None
        build(options.directory, stats=stats,
              spikes=spikes.load(options.spikes, stats.coding if stats
                                 else "mttfs") if options.spikes else None,
              curves=json.loads(options.curves.read_text(encoding="utf-8"))
              if options.curves else None).save(options.output)
    except (Error, OSError, ValueError, KeyError) as error:
        print(f"snn-report: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
