# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""snn-sweep: the command line of design sweeps."""

import argparse
import pathlib
import sys
from typing import List, Optional

from .._version import __version__
from ..errors import Error
from . import pages
from .plan import read_plan
from .runner import run_plan
from .store import Store


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs the program; the exit status."""
    parser = argparse.ArgumentParser(
        prog="snn-sweep", description="Compiles a model in many ways and says "
        "what each costs and gives. Results are kept by what they follow from: "
        "a sweep that was interrupted goes on, and one that changed computes "
        "what is new. Runs under mpirun, too.")
    parser.add_argument("sweep", type=pathlib.Path, metavar="SWEEP.yaml")
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True,
                        metavar="DIR", help="tables, page and results")
    parser.add_argument("--processes", type=int, default=1, metavar="N",
                        help="points at the same time (default 1)")
    parser.add_argument("--threads", type=int, default=1, metavar="N",
                        help="threads of each simulation (default 1)")
    parser.add_argument("--version", action="version",
                        version=f"snn-sweep {__version__}")
    options = parser.parse_args(arguments)
    if options.processes < 1 or options.threads < 1:
        parser.error("--processes and --threads need a number of at least 1")
    try:
        plan = read_plan(options.sweep)
        folder = options.output / "results"
        rows = run_plan(plan, folder, options.processes, options.threads,
                        report=True)
        if rows is None:
            return 0
        pages.write_json(plan, rows, options.output / "sweep.json")
        pages.write_csv(plan, rows, options.output / "sweep.csv")
        pages.write_page(plan, rows, "results", options.output / "pareto.html")
        print(pages.format_table(plan, rows))
        for row in rows:
            if row["status"] != "fit":
                print(f"point {row['number']} does not fit: {row['reason']}")
        made = ", ".join(f"{count} {kind}" for kind, count in
                         sorted(Store(folder).made().items()))
        print(f"made since the store began: {made}")
        return 0
    except (Error, OSError) as error:
        print(f"snn-sweep: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("snn-sweep: interrupted; the same command goes on",
              file=sys.stderr)
        return 130

