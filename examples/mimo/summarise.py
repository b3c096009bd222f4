# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints error rates and spikes of compiled MIMO detectors (numpy only).

    summarise.py --data DIR --run "NAME=FOLDER" ... [--json FILE]

DIR holds inputs.npz and labels.npz of make_inputs.py; every FOLDER holds what
the simulator wrote: outputs.npz (array `logits`) and stats.json.
"""

import argparse
import json
import pathlib

import numpy as np

import mimo_task


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--run", action="append", required=True,
                        metavar="NAME=FOLDER")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()

    known = np.load(options.data / "labels.npz")
    labels, lmmse = known["labels"], known["lmmse"]
    reference = float(mimo_task.symbol_error_rate(lmmse, labels)[-1])
    rows = []
    for run in options.run:
        name, _, folder = run.rpartition("=")
        folder = pathlib.Path(folder)
        logits = np.load(folder / "outputs.npz")["logits"]
        decided = logits.argmax(axis=-1)
        rate = float(mimo_task.symbol_error_rate(decided, labels)[-1])
        stats = json.loads((folder / "stats.json").read_text())
        sites = stats["sites"]
        if isinstance(sites, dict):
            sites = list(sites.values())
        spikes = sum(site["spikes"] for site in sites)
        neurons = sum(site["neurons"] for site in sites)
        rows.append({"name": name, "symbol_error_rate": rate,
                     "against_lmmse": rate / reference,
                     "spikes_per_detection": spikes / len(labels),
                     "silent_fraction": 1 - spikes / max(neurons, 1),
                     "folder": str(folder)})

    print(f"\nsymbol error rate after 18 pilots on {len(labels)} prompts "
          f"(LMMSE: {reference:.5f})")
    print(f"{'network':<16}{'error rate':>12}{'x LMMSE':>9}"
          f"{'spikes per detection':>22}{'silent':>9}")
    for row in rows:
        print(f"{row['name']:<16}{row['symbol_error_rate']:>12.5f}"
              f"{row['against_lmmse']:>9.2f}"
              f"{row['spikes_per_detection']:>22.1f}"
              f"{row['silent_fraction']:>9.3f}")
    print("\nartefacts (sim.cpp, sim, weights.safetensors, model.mlir, "
          "quantisation.json, stats.json):")
    for row in rows:
        print(f"  {row['name']}: {row['folder']}")
    if options.json:
        options.json.write_text(json.dumps(
            {"lmmse": reference, "runs": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
