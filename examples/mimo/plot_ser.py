# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Draws symbol error rate against the number of pilots (matplotlib).

Reads a JSON file {"pilots": [...], "series": {name: [SER, ...], ...}}, such as
the ``curves`` entry of training.json (--key curves).
"""

import argparse
import json
import pathlib

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--table", type=pathlib.Path,
                        default=here / "training.json")
    parser.add_argument("--key", default="curves",
                        help="entry of the table to draw ('' for all of it)")
    parser.add_argument("--output", type=pathlib.Path,
                        default=here / "ser_vs_pilots.svg")
    options = parser.parse_args()
    table = json.loads(options.table.read_text())
    if options.key:
        table = table[options.key]

    matplotlib.rcParams["svg.hashsalt"] = "mimo"
    figure, axes = plt.subplots(figsize=(6.4, 4.2))
    for marker, (name, rates) in zip("osv^Dx", table["series"].items()):
        line = "--" if name in ("LMMSE", "exact posterior") else "-"
        axes.semilogy(table["pilots"], rates, line, marker=marker,
                      markersize=4, label=name)
    axes.set_xlabel("pilot pairs in the prompt")
    axes.set_ylabel("symbol error rate")
    axes.set_xticks(range(0, 19, 2))
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(options.output, metadata={"Date": None})


if __name__ == "__main__":
    main()
