# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes seeded images for the figures network (numpy only).

In --output-dir:

* ``inputs.npz``: array ``image`` [count, 1, 64, 64], float32, the model input;
* ``labels.npz``: ``labels`` [count], the figures drawn;
* ``calibration.npz``: array ``image`` from another seed, for calibration.

Training uses neither of the two default seeds (see train.py).
"""

import argparse
import pathlib

import numpy as np

import shapes_task

EVALUATION_SEED = 30260
CALIBRATION_SEED = 31


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=EVALUATION_SEED)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--calibration-count", type=int, default=64)
    parser.add_argument("--output-dir", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if options.seed == CALIBRATION_SEED:
        parser.error(f"--seed {CALIBRATION_SEED} is that of the calibration")
    options.output_dir.mkdir(parents=True, exist_ok=True)
    images, labels = shapes_task.generate(options.seed, options.count)
    np.savez(options.output_dir / "inputs.npz", image=images)
    np.savez(options.output_dir / "labels.npz", labels=labels)
    images, _ = shapes_task.generate(CALIBRATION_SEED,
                                     options.calibration_count)
    np.savez(options.output_dir / "calibration.npz", image=images)


if __name__ == "__main__":
    main()
