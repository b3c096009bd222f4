# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random weights of the MIMO detectors that spike."""

import sys

import numpy as np

from e2e import MIMO

sys.path.insert(0, MIMO)
import mimo_task

WIDTH, DEPTH = 64, 3


def random_weights(seed):
    """Weights with which integer neurons count to 1 or 2 on average."""
    random = np.random.default_rng(seed)
    weights = {"position": random.normal(0, 0.2, (mimo_task.TOKENS, WIDTH))}

    def add(name, inputs, outputs, gain, bias):
        shape = (inputs, outputs) if inputs else outputs
        weights[name + ".weight"] = random.normal(
            0 if inputs else gain, gain / np.sqrt(inputs) if inputs else 0.1, shape)
        weights[name + ".bias"] = random.normal(bias, 0.2, outputs)

    add("embed", mimo_task.FEATURES, WIDTH, 2.0, 0.0)
    for i in range(DEPTH):
        for name in ("fire_in", "fire_f1"):
            add(f"blocks.{i}.{name}", 0, WIDTH, 1.0, 1.0)
        for name in "qkv":
            add(f"blocks.{i}.{name}", WIDTH, WIDTH, 0.8, 1.0)
        add(f"blocks.{i}.o", WIDTH, WIDTH, 0.4, 0.0)
        add(f"blocks.{i}.f1", WIDTH, 4 * WIDTH, 0.8, 0.5)
        add(f"blocks.{i}.f2", 4 * WIDTH, WIDTH, 0.4, 0.0)
    add("fire_head", 0, WIDTH, 1.0, 1.0)
    add("head", WIDTH, mimo_task.CLASSES, 1.0, 0.0)
    return {name: w.astype(np.float32) for name, w in weights.items()}
