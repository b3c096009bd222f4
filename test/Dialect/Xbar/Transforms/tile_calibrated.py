# The ranges of calibrated converters against column sums counted in numpy: a
# linear and a convolution, differential and flipped columns.
#
# RUN: %python %s %S/../Inputs/toy.yaml
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import math
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

ROWS, ACTIVE, PASSES = 8, 4, 5
CODING = "bits = 4, zero = 8, mask = 7, scale = 0.5"

MODULE = """
func.func @main(%a: tensor<?x3xSIZExf32>) -> RESULT {
  %0 = spike.encode %a "x" kind activation : tensor<?x3xSIZExf32> -> TRAIN
  %1 = OP
  return %1 : RESULT
}
"""


def digits_to_range(vectors, weights, levels, flip, least):
    """The percentile per row block; `vectors` are digits [vector, row]."""
    low = 0
    if flip:
        bits = next(b for b in range(1, 17)
                    if -2 ** (b - 1) <= weights.min() and weights.max() < 2 ** (b - 1))
        low = 2 ** (bits - 1)
    magnitude = weights + low if flip else np.abs(weights)
    slices = []
    largest = 2 ** bits - 1 if flip else magnitude.max()
    while largest > 0:
        digit = magnitude % levels
        slices.append(digit if flip else np.sign(weights) * digit)
        magnitude = magnitude // levels
        largest //= levels
    cells = np.stack(slices, -1).reshape(weights.shape[0], -1)
    ranges = []
    for block in range(0, cells.shape[0], ROWS):
        sums = []
        end = min(block + ROWS, cells.shape[0])
        for first in range(block, end, ACTIVE):
            last = min(first + ACTIVE, end)
            group = cells[first:last].copy()
            if flip:
                turned = 2 * group.sum(0) > (last - first) * (levels - 1)
                group[:, turned] = levels - 1 - group[:, turned]
            for p in range(PASSES):
                driven = (vectors[:, first:last] >> p) & 1
                driven = driven[driven.any(1)]
                sums.append(np.abs(driven @ group).ravel())
        sums = np.sort(np.concatenate(sums))
        ranges.append(max(least, sums[math.ceil(0.999 * sums.size) - 1]))
    return ranges


def check(chip, folder, conv, flip):
    random = np.random.RandomState(3)
    size, outputs, count = (6, 3, 200) if conv else (10, 3, 200)
    x = random.normal(size=(count, 3, size)).astype(np.float32)
    q = np.clip(np.rint(x / np.float32(0.5)) + 8, 0, 15).astype(int)
    train = f"tensor<?x3x{size}x!spike.ttfs<{CODING}>>"
    if conv:
        weights = random.randint(-40, 40, size=(outputs, 3, 4))
        attributes = ("strides = array<i64: 2>, pads = array<i64: 1, 1>, "
                      "dilations = array<i64: 1>, group = 1 : i64")
        name, shape, result = "conv", "3x3x4", "tensor<?x3x3xi32>"
        padded = np.pad(q, ((0, 0), (0, 0), (1, 1)), constant_values=7)
        vectors = np.stack([padded[:, :, o * 2:o * 2 + 4] for o in range(3)], 1)
        vectors = vectors.reshape(count * 3, 12) - 7
        matrix = weights.reshape(outputs, 12).T
    else:
        weights = matrix = random.randint(-40, 40, size=(size, outputs))
        attributes, name, shape, result = "", "linear", "10x3", "tensor<?x3x3xi32>"
        vectors = q.reshape(count * 3, size) - 7
    values = str(weights.tolist())
    weight = f"weight = dense<{values}> : tensor<{shape}xi8>"
    op = (f"spike.{name} %0 {{{weight}{', ' if attributes else ''}{attributes}}} "
          f": {train} -> {result}")
    text = (MODULE.replace("OP", op).replace("TRAIN", train)
            .replace("RESULT", result).replace("SIZE", str(size)))
    paths = [os.path.join(folder, f) for f in ("m.mlir", "x.npz", "chip.yaml")]
    with open(paths[0], "w") as file:
        file.write(text)
    np.savez(paths[1], arg0=x)
    with open(chip) as file:
        yaml = re.sub(r"cell_levels: {value: 2", "cell_levels: {value: 4", file.read())
    yaml = re.sub(r"adc_bits: {value: 4", "adc_bits: {value: 2", yaml)
    if flip:
        yaml = yaml.replace("value: differential", "value: flip")
    with open(paths[2], "w") as file:
        file.write(yaml)
    ran = subprocess.run(
        ["snn-opt", paths[0], "--spike-specialize-batch",
         f"--spike-to-xbar=chip={paths[2]}",
         f"--xbar-tile=adc-policy=calibrated samples=1000 inputs={paths[1]}"],
        capture_output=True, text=True)
    if ran.returncode:
        sys.exit(ran.stderr)
    found = re.search(r"exact = false, adc_range = \[([^\]]*)\]", ran.stdout)
    found = [float(v) for v in found[1].split(",")]
    wanted = digits_to_range(vectors, matrix, 4, flip, 3 if flip else 1.5)
    print(name, "flip" if flip else "differential", found, wanted)
    return found == wanted


with tempfile.TemporaryDirectory() as folder:
    good = [check(sys.argv[1], folder, conv, flip)
            for conv in (False, True) for flip in (False, True)]
sys.exit(0 if all(good) else 1)
