# A BERT-base encoder with 1-bit weights on matterhorn-22nm: tiles and use of the
# crossbars, proved right, and its programming image.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import SOURCE, Checks, execute, must, scratch

# 128 x 64 ternary weights a crossbar: 72 tiles for each of Q, K, V and O, 288 for
# each half of the feed-forward network, in 12 blocks.
TILES = 12 * (4 * 6 * 12 + 6 * 48 + 24 * 12)


def main():
    checks = Checks()
    with scratch() as folder:
        model = os.path.join(folder, "bert.onnx")
        must([sys.executable, os.path.join(SOURCE, "benchmarks", "make_bert.py"),
              model, "--layers", 12,
              "--hidden", 768, "--heads", 12, "--feedforward", 3072,
              "--sequence", 128])
        result = execute([
            "snnc", model, "-o", os.path.join(folder, "out"), "--chip",
            "matterhorn-22nm", "--compile-to=image", "--verify-mapping",
            "--calibrate", "random:1", "--mask", "zero", "--correct-bias=false",
            "--weight-bits", 1, "--act-bits", 4, "--kv-bits", 1,
            "--remarks=xbar-verify-mapping|xbar-schedule"])
        checks.check(result.returncode == 0, f"compiles {result.stderr[-2000:]}")
        checks.check(f"72 layers of {TILES} tiles in {TILES} of 16384 crossbars "
                     "(100.0 % of their cells), 1 round" in result.stdout,
                     f"{TILES} tiles, full crossbars")
        weights = 12 * (4 * 768 * 768 + 2 * 768 * 3072)
        checks.check(f"tiles={TILES}, weights={weights}" in result.stderr,
                     f"{weights} weights are proved to be placed")
        image = os.path.join(folder, "out", "image.snnimg")
        text = must(["snn-image", "verify", image, "--chip",
                     "matterhorn-22nm"])
        checks.check(f"72 layers, {TILES} tiles, {weights} cells" in text,
                     "its image is verified: " + text.strip())
    return checks.finish()


sys.exit(main())
