# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small image task that is drawn, not downloaded (numpy only).

Grey images of 64 x 64 pixels, each with one of eight figures at a random
place, size, angle, brightness and line width, on a background of another
brightness, with noise.  Figures are drawn from their distance functions with
antialiased edges.
"""

import numpy as np

SIZE = 64
CLASSES = ("disc", "ring", "square", "frame", "triangle", "cross", "bar",
           "two bars")


def _polygon(x, y, corners, radius):
    """Signed distance bound to a regular polygon."""
    angles = 2 * np.pi * np.arange(corners) / corners
    inner = radius * np.cos(np.pi / corners)
    return np.max([x * np.cos(a) + y * np.sin(a) for a in angles], 0) - inner


def _box(x, y, width, height):
    return np.maximum(np.abs(x) - width, np.abs(y) - height)


def _figure(kind, x, y, r, line):
    """Distance to the figure, negative inside."""
    if kind == 0:
        return np.hypot(x, y) - r
    if kind == 1:
        return np.abs(np.hypot(x, y) - r) - line
    if kind == 2:
        return _box(x, y, 0.85 * r, 0.85 * r)
    if kind == 3:
        return np.abs(_box(x, y, 0.85 * r, 0.85 * r)) - line
    if kind == 4:
        return _polygon(x, y, 3, 1.25 * r)
    if kind == 5:
        return np.minimum(_box(x, y, r, line), _box(x, y, line, r))
    if kind == 6:
        return _box(x, y, r, line)
    gap = 0.5 * r + line
    return np.minimum(_box(x, y - gap, r, line), _box(x, y + gap, r, line))


def draw(rng, kind):
    """One image [64, 64] of figure ``kind``."""
    r = rng.uniform(10.0, 20.0)
    line = rng.uniform(2.0, 3.5)
    centre = SIZE / 2 + rng.uniform(-1, 1, 2) * (SIZE / 2 - 1.3 * r)
    angle = rng.uniform(0, 2 * np.pi)
    row, column = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    u, v = column - centre[0], row - centre[1]
    x = u * np.cos(angle) + v * np.sin(angle)
    y = v * np.cos(angle) - u * np.sin(angle)
    ink = np.clip(0.5 - _figure(kind, x, y, r, line), 0, 1)
    back = rng.uniform(0.0, 0.4)
    front = back + rng.uniform(0.4, 0.6)
    image = back + (front - back) * ink
    return image + 0.08 * rng.standard_normal(image.shape)


def generate(seed, count):
    """Seeded images [count, 1, 64, 64] (float32, about 0..1) and labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(CLASSES), count)
    images = np.stack([draw(rng, kind) for kind in labels])
    return images[:, None].astype(np.float32), labels
