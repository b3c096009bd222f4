# A BERT-base encoder with 1-bit weights on matterhorn-22nm: tiles and use of the
# crossbars, proved right, its programming image, the energy of a block, latency.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import SOURCE, Checks, execute, load_json, must, scratch

# 128 x 64 ternary weights a crossbar: 72 tiles for each of Q, K, V and O, 288 for
# each half of the feed-forward network, in 12 blocks.
TILES = 12 * (4 * 6 * 12 + 6 * 48 + 24 * 12)


def check_report(checks, report):
    """Twelve blocks of one energy, and a schedule that overloads nothing."""
    total = lambda part: part["paper_compatible_pj"]["total"]
    blocks = [b for b in report["blocks"] if b["block"] >= 0]
    energies = [total(b) * 1e-9 for b in blocks]
    checks.check(len(blocks) == 12 and min(energies) > 0
                 and max(energies) <= min(energies) * (1 + 1e-9),
                 f"{len(blocks)} blocks of {min(energies):.4f} mJ")
    whole = total(report["totals"])
    parts = sum(map(total, report["blocks"]))
    checks.check(math.isclose(parts, whole, rel_tol=1e-9),
                 f"{whole * 1e-9:.4f} mJ together")
    latency = report["latency"]
    busiest = max(r["busy_ns"] for r in latency["resources"])
    checks.check(latency["latency_ns"] >= latency["interval_ns"] == busiest > 0
                 and max(r["utilisation"] for r in latency["resources"]) <= 1,
                 f"latency {latency['latency_ns'] * 1e-6:.3f} ms, an inference every "
                 f"{latency['interval_ns'] * 1e-6:.3f} ms")


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
            "--assume", "rate=0.38",
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
        check_report(checks, load_json(os.path.join(folder, "out",
                                                    "energy.json")))
    return checks.finish()


sys.exit(main())
