# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes seeded prompts for the MIMO models (numpy only).

In --output-dir:

* ``inputs.npz``: array ``prompt`` [count, 19, 12], float32, the model input;
* ``labels.npz``: ``labels`` [count, 19], the classes sent, and ``lmmse``
  [count, 19], what the LMMSE detector decides, after 0 .. 18 pilots;
* ``calibration.npz``: array ``prompt`` from another seed, for calibration.

Training uses neither of the two default seeds (see train.py).
"""

import argparse
import pathlib

import numpy as np

import mimo_task

EVALUATION_SEED = 20260
CALIBRATION_SEED = 7


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=EVALUATION_SEED)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--calibration-seed", type=int,
                        default=CALIBRATION_SEED)
    parser.add_argument("--calibration-count", type=int, default=256)
    parser.add_argument("--output-dir", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if options.seed == options.calibration_seed:
        parser.error("--seed and --calibration-seed must differ")

    options.output_dir.mkdir(parents=True, exist_ok=True)
    prompt, labels = mimo_task.generate(options.seed, options.count)
    np.savez(options.output_dir / "inputs.npz", prompt=prompt)
    np.savez(options.output_dir / "labels.npz", labels=labels,
             lmmse=mimo_task.lmmse_detect(prompt))
    prompt, _ = mimo_task.generate(options.calibration_seed,
                                   options.calibration_count)
    np.savez(options.output_dir / "calibration.npz", prompt=prompt)


if __name__ == "__main__":
    main()
