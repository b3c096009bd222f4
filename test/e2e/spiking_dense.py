# Meta-SpikeFormer with a dense output, a map of logits as segmentation needs it:
# spikes and logits are PyTorch's, and every mode of the simulator and the virtual
# chip computes the quantised network.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Needs PyTorch for the export; without it the test is skipped with a message."""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (Checks, compile_model, interpret, load, load_json, must, scratch,
                 simulate)
from vision import Network, interpret_text, observed, recognise

IMAGE, CLASSES, STEPS = 64, 5, 2


def main():
    try:
        import torch  # noqa: F401
    except ImportError:
        print("skipped: no PyTorch, which exports the network")
        return 0
    checks = Checks()
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        network = Network("tiny", IMAGE, STEPS, "exact", classes=CLASSES,
                          merged=True, dense=True)
        image = network.images(3).numpy()
        logits, layers = network.run(image)
        checks.check(logits.shape == (3, CLASSES, IMAGE // 16, IMAGE // 16)
                     and logits.std(axis=(2, 3)).min() > 0,
                     f"PyTorch's map {logits.shape}")
        for form in ("unrolled", "loop"):
            network.export(to("net.onnx"), form)
            text = recognise(to("net.onnx"), folder)
            got = interpret_text(observed(text), folder, {"image": image})
            own = [layer for layer in layers if not layer.inside]
            different = sum(int((got[f"r{n}"].reshape(layer.spikes.shape)
                                 != layer.spikes).sum())
                            for n, layer in enumerate(own))
            checks.check(different == 0, f"{form}: {different} spikes of {len(own)} "
                                         "layers differ from PyTorch's")
            checks.equal({"logits": logits}, {"logits": got["logits"]},
                         f"{form}: the map")
        np.savez(to("image.npz"), image=image)
        np.savez(to("calibration.npz"), image=network.images(4).numpy())
        out = compile_model(to("net.onnx"), to("out"), "--calibrate",
                            to("calibration.npz"), "--chip", "common-22nm",
                            phases=True)
        left = load_json(os.path.join(out, "quantisation.json"))["float_products"]
        checks.check(left == [], f"no product is left in float: {left}")
        expected = interpret(os.path.join(out, "phases", "1.quantise.mlir"),
                             to("image.npz"), to("q.npz"))
        for mode in ("fast", "event", "stepped"):
            got = simulate(out, to("image.npz"), to(mode + ".npz"), mode)
            checks.equal(expected, got, f"sim {mode} = quantised network")
        must(["snn-run", os.path.join(out, "image.snnimg"), "--input",
              to("image.npz"), "--output", to("chip.npz")])
        checks.equal(expected, load(to("chip.npz")),
                     "virtual chip = quantised network")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
