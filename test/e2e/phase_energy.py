# SpikedAttention's energy model on Swin transformers: the report follows its
# formulas for any density and un-fired phases, which this file writes down again
# from the network's sizes.
#
# RUN: %python %s test
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""phase_energy.py SIZE

SIZE is a size of examples/swin/make_swin.py. T also has the published figures: 4.494
billion multiply-adds, and 45.44 mJ without spikes at density 1 and without the second
linears of the MLPs.
"""

import math
import os
import random
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import SOURCE, Checks, compile_model, load_json, must, scratch

sys.path.insert(0, os.path.join(SOURCE, "examples", "swin"))

import make_swin

ADD, MULTIPLY, MEMORY = 0.9, 3.7, 5.0
EVENT = MEMORY * 33 / 32 + ADD
STEP = 2 * MEMORY + MULTIPLY + 3 * ADD + MEMORY / 32


def groups(size):
    """(kind, multiply-adds, results, neurons that fire) of all groups of layers."""
    resolution, channels = size.image // size.patch, size.embed
    tokens = resolution ** 2
    elements = tokens * channels
    yield "layer", elements * 3 * size.patch ** 2, elements, elements
    for stage, (depth, heads) in enumerate(zip(size.depths, size.heads)):
        if stage:
            resolution, channels = resolution // 2, 2 * channels
            tokens = resolution ** 2
            elements = tokens * channels
            # The sum that ends a stage is normalised as it is, and does not fire.
            yield "dense", 2 * elements, 2 * elements, 2 * elements
            yield "layer", elements * 2 * channels, elements, elements
        window = min(size.window, resolution) ** 2
        scores = tokens * window * heads
        for block in range(depth):
            last = block + 1 == depth
            yield "layer", elements, elements, elements  # normalisation
            yield "layer", 3 * elements * channels, 3 * elements, 3 * elements
            yield "product", elements * window, scores, scores
            yield "product", elements * window, elements, elements
            yield "layer", elements * channels, elements, elements
            yield "layer", elements, elements, elements  # normalisation
            yield "layer", 4 * elements * channels, 4 * elements, 4 * elements
            yield ("second", 4 * elements * channels, elements,
                   0 if last else elements)
    yield "dense", elements, elements, 0
    yield "layer", channels * size.classes, size.classes, 0


def expected(size, density, unfired):
    """Multiply-adds, and energies in pJ: without spikes, and with them."""
    macs = ann = snn = 0
    for kind, count, results, neurons in groups(size):
        macs += count
        if kind == "second":
            continue
        rate = {"layer": density, "product": density ** 2, "dense": 1}[kind]
        ann += count * (2 * MEMORY + ADD + MULTIPLY) + results * MEMORY
        snn += count * rate * EVENT + neurons * unfired * STEP
    return macs, ann, snn


def main():
    name = sys.argv[1]
    size = make_swin.SIZES[name]
    checks = Checks()
    rng = random.Random(7)
    with scratch() as folder:
        path = lambda *parts: os.path.join(folder, *parts)
        must([sys.executable, os.path.join(SOURCE, "examples/swin/make_swin.py"),
              path("swin.onnx"), "--size", name, "--samples", 2, "--inputs",
              path("x.npz")])
        out = compile_model(
            path("swin.onnx"), path("out"), "--coding", "phase",
            "--calibrate", path("x.npz"), "--correct-bias=false", "--chip",
            "spikedattention-45nm", "--emit", "report", "--assume", "rate=1",
            "--dump-phases", path("phases"), "--compile-to", "image")
        report = load_json(os.path.join(out, "energy.json"))
        macs, ann, _ = expected(size, 1, 0)
        counted = report["totals"]["counts"]["dense_operations"]
        checks.check(counted == macs, f"{counted:.0f} multiply-adds, {macs}")
        ours = report["totals"]["ann_pj"]["paper_compatible"]
        checks.check(math.isclose(ours, ann, rel_tol=1e-12),
                     f"without spikes {ours / 1e9:.6f} mJ, {ann / 1e9:.6f}")
        if name == "T":
            checks.check(round(counted / 1e9, 3) == 4.494, "4.494 G published")
            checks.check(abs(ours / 1e9 / 45.44 - 1) < 1e-3, "45.44 mJ published")
        for _ in range(6):
            density, unfired = rng.random(), 40 * rng.random()
            must(["snn-opt", path("phases", "5.image.mlir"), "--xbar-report-energy="
                  f"assume=rate={density!r},unfired={unfired!r} "
                  f"output={path('energy.json')}", "-o", os.devnull])
            totals = load_json(path("energy.json"))["totals"]
            leaves = totals["paper_compatible_pj"]
            snn = expected(size, density, unfired)[2]
            checks.check(math.isclose(leaves["total"], snn, rel_tol=1e-12),
                         f"density {density:.3f}, un-fired {unfired:.2f}: "
                         f"{leaves['total'] / 1e9:.6f} mJ, {snn / 1e9:.6f}")
            full = totals["full_per_tile_pj"]["total"]
            checks.check(full > leaves["total"], f"the full total {full / 1e9:.6f}")
    return checks.finish()


sys.exit(main())
