# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""follow_page.py SOURCE FOLDER: reads images with image_format.py, which follows
docs/image-format.md, and compares with the weights that were compiled and with the
conductances that snn-image exports. Slices differ in their largest level, so that
decoding per layer would miss most weights.
"""

import os
import shutil
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(__file__))
from image_format import Image, get

CHIPS = {"matterhorn-22nm": 70, "xpikeformer-pcm": 70, "isaac-like": 70,
         "common-22nm": 127}
MODULE = """
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
func.func @main(%x: tensor<1x{k}xf32>) -> tensor<1x{n}xi32> {{
  %0 = spike.encode %x "e" kind activation : tensor<1x{k}xf32> -> tensor<1x{k}x!t>
  %1 = spike.linear %0 {{weight = dense<{weights}> : tensor<{k}x{n}xi8>}}
      : tensor<1x{k}x!t> -> tensor<1x{n}xi32> loc("fc")
  return %1 : tensor<1x{n}xi32>
}}
"""


def run(*command):
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)


def check(chip, largest, source, folder):
    random = np.random.default_rng(7)
    k, n = 96, 32
    weights = random.integers(-largest, largest + 1, (k, n))
    os.makedirs(folder)
    to = lambda name: os.path.join(folder, name)
    with open(to("a.mlir"), "w") as file:
        file.write(MODULE.format(k=k, n=n, weights=weights.tolist()))
    run("snn-opt", to("a.mlir"), f"--spike-to-xbar=chip={chip}",
        "--xbar-tile=adc-policy=lossless", "--xbar-place", "--xbar-schedule", f"--snn-write-image=output={to('a.snnimg')}",
        "-o", os.devnull)
    run("snn-image", "export", to("a.snnimg"), "-o", to("cells"), "--format", "npy")
    image = Image.read(to("a.snnimg"), os.path.join(source, "runtime/image/image.proto"))
    assert image.write() == open(to("a.snnimg"), "rb").read(), "bytes differ"
    layer = image.messages["layers"]["layers"][0]
    tiling = layer["tiling"]
    tops = tiling["slice_levels"]
    device = image.messages["chip"]["device"]
    low, span = device.get("g_off_us", 0.0), device["g_on_us"] - device.get("g_off_us", 0.0)
    wrong = missed = 0
    for tile in layer["tiles"]:
        row = get(tile, "row_block") * tiling["rows"]
        column = get(tile, "column_block") * tiling["outputs_per_tile"]
        read = np.array(image.weights(layer, tile))
        there = weights[row:row + read.shape[0], column:column + read.shape[1]]
        wrong += int((read != there).sum())
        cells = np.array(image.conductances(layer, tile))
        exported = np.load(to(f"cells/layer0_fc_g0_c{get(tile, 'column_block')}"
                              f"_r{get(tile, 'row_block')}.npy"))
        assert np.allclose(cells, exported, rtol=1e-6), f"{chip}: conductances"
        if not image.is_pair():
            continue
        # Back from conductances, per slice as the page says, and per layer.
        pairs = (exported[:, 0::2] - exported[:, 1::2]) / span
        factors = np.array(tiling["slice_factors"])

        def weigh(top):
            level = np.rint(pairs * np.tile(top, pairs.shape[1] // len(tops)))
            return (level.reshape(pairs.shape[0], -1, len(tops)) * factors).sum(-1)

        assert (weigh(np.array(tops)) == there).all(), f"{chip}: from conductances"
        missed += int((weigh(np.full(len(tops), max(tops))) != there).sum())
    assert wrong == 0, f"{chip}: {wrong} of {weights.size} weights differ"
    return len(set(tops)) > 1, missed


def main():
    source, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    results = [check(chip, largest, source, os.path.join(folder, chip))
               for chip, largest in CHIPS.items()]
    # The test can tell the two readings apart.
    assert any(differ and missed > 0 for differ, missed in results), results


main()
