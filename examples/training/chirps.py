# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The task of this example: which chirp is in the noise (numpy only).

A sample is a signal of 128 values in 16 tokens of 8. Each of the eight classes
is a sweep from one of four frequencies to one of two others, of random phase,
start and strength, in white noise.
"""

import numpy as np

TOKENS, FEATURES, CLASSES = 16, 8, 8
NOISE = 0.9


def generate(seed, count):
    """Signals [count, 16, 8] (float32) and their classes [count]."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, count)
    length = TOKENS * FEATURES
    time = np.arange(length) / length
    first = np.array([4.0, 10.0, 16.0, 22.0])[labels // 2]
    last = np.where(labels % 2, first + 9.0, first - 2.0)
    first = first[:, None] + random.normal(0, 0.3, (count, 1))
    slope = last[:, None] - first
    phase = random.uniform(0, 2 * np.pi, (count, 1))
    strength = random.uniform(0.7, 1.3, (count, 1))
    x = strength * np.sin(
        phase + 2 * np.pi * (first * time + slope * time ** 2 / 2))
    x += NOISE * random.normal(size=x.shape)
    return (x.reshape(count, TOKENS, FEATURES).astype(np.float32),
            labels.astype(np.int64))
