# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Confidence intervals."""

import math
import statistics
from typing import Any, Callable, Sequence, Tuple

import numpy as np

from .errors import InputError

Interval = Tuple[float, float]
RESAMPLES = 2000
SEED = 20260129


def _check(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError("confidence needs a number between 0 and 1, has "
                         f"{confidence!r}")


def wilson(successes: float, count: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion of independent decisions."""
    _check(confidence)
    if count < 1:
        raise InputError("an interval needs at least one sample")
    z = statistics.NormalDist().inv_cdf(0.5 + confidence / 2)
    p = successes / count
    middle = p + z * z / (2 * count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    # Rounding must not move the ends of what a proportion can be.
    return (0.0 if successes == 0 else (middle - half) / scale,
            1.0 if successes == count else (middle + half) / scale)


def bootstrap(per_sample: Sequence[float], confidence: float = 0.95,
              resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """Percentiles of the means of samples that are drawn again."""
    values = np.asarray(per_sample, np.float64)
    return bootstrap_of(lambda index: values[index].mean(axis=-1),
                        len(values), confidence, resamples, seed,
                        is_vectorised=True)


def bootstrap_of(statistic: Callable[[Any], Any], count: int,
                 confidence: float = 0.95, resamples: int = RESAMPLES,
                 seed: int = SEED, is_vectorised: bool = False) -> Interval:
    """The same of any number; `statistic` gets the drawn samples' places."""
    _check(confidence)
    if count < 1:
        raise InputError("an interval needs at least one sample")
    random = np.random.default_rng(seed)
    drawn = []
    rows = max(1, min(resamples, 2_000_000 // count))
    for first in range(0, resamples, rows):
        index = random.integers(0, count, (min(rows, resamples - first), count))
        if is_vectorised:
            drawn.append(statistic(index))
        else:
            drawn.append(np.asarray([float(statistic(i)) for i in index]))
    low, high = np.quantile(np.concatenate(drawn),
                            [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(low), float(high)


def student(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Student's interval of a mean, such as one over devices."""
    _check(confidence)
    count = len(values)
    mean = sum(values) / count
    if count < 2:
        return -math.inf, math.inf
    deviation = statistics.stdev(values) / math.sqrt(count)
    half = student_quantile(0.5 + confidence / 2, count - 1) * deviation
    return mean - half, mean + half


def student_quantile(p: float, freedom: int) -> float:
    """The p-quantile of Student's distribution, p above one half."""
    low, high = 0.0, 1.0
    while student_cdf(high, freedom) < p:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if student_cdf(middle, freedom) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def student_cdf(t: float, freedom: int) -> float:
    """P(T <= t), exact for whole degrees of freedom (A&S 26.7.3 and 4)."""
    theta = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(theta), math.sin(theta)
    if freedom % 2:
        term = total = cosine
        for k in range(3, freedom - 1, 2):
            term *= cosine * cosine * (k - 1) / k
            total += term
        if freedom == 1:
            total = 0.0
        area = (theta + sine * total) * 2 / math.pi
    else:
        term = total = 1.0
        for k in range(2, freedom - 1, 2):
            term *= cosine * cosine * (k - 1) / k
            total += term
        area = sine * total
    return 0.5 + area / 2
