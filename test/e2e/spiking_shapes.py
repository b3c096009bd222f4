# The trained Meta-SpikeFormer of the example: both exports of it are recognised and
# agree with PyTorch, and compiled it still tells the figures apart.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""spiking_shapes.py [COUNT]: COUNT images, 100 by default."""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (Checks, compile_model, interpret, load, load_json, must, scratch,
                 simulate)
from vision import EXAMPLE, Network, cosine, recognise


def check_pytorch(checks, folder, shipped, image, labels):
    """The trained weights in PyTorch, against the shipped files (T = 2) and exports
    of other numbers of time steps, on which they work as well."""
    try:
        import torch  # noqa: F401
    except ImportError:
        print("skipped: no PyTorch, with which to compare")
        return
    to = lambda name: os.path.join(folder, name)
    for name, got in shipped.items():
        network = Network("tiny", 64, 2, os.path.join(EXAMPLE, name + ".onnx"),
                          merged=name == "shapes")
        compare(checks, f"T = 2 {name}", 2, got["logits"], network.logits(image),
                labels)
    for steps, form in ((1, "unrolled"), (4, "loop")):
        network = Network("tiny", 64, steps, os.path.join(EXAMPLE, "shapes.onnx"),
                          merged=True)
        network.export(to("net.onnx"), form)
        recognise(to("net.onnx"), folder)
        got = interpret(to("recovered.mlir"), to("inputs.npz"), to("net.npz"))
        compare(checks, f"T = {steps} {form} merged", steps, got["logits"],
                network.logits(image), labels)


def compare(checks, label, steps, got, expected, labels):
    """Rule (d) for a whole network."""
    least = 0.999 if steps == 1 else 0.995
    whole = cosine(got, expected)
    worst = min(map(cosine, got, expected))
    checks.check(whole >= least, f"{label}: cosine with PyTorch {whole:.7f}, of "
                                 f"single images at least {worst:.7f}")
    same = float((got.argmax(-1) == expected.argmax(-1)).mean())
    checks.check(same >= 0.99, f"{label}: {100 * same:.1f} % of {len(got)} "
                               "predictions are PyTorch's")
    own, theirs = (float((y.argmax(-1) == labels).mean()) for y in (got, expected))
    checks.check(abs(own - theirs) <= 0.002 + 1e-9,
                 f"{label}: accuracy {own:.4f}, PyTorch's {theirs:.4f}")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    checks = Checks()
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        must([sys.executable, os.path.join(EXAMPLE, "make_inputs.py"), "--count",
              count, "--calibration-count", 16, "--output-dir", folder])
        inputs, labels = to("inputs.npz"), load(to("labels.npz"))["labels"]

        def accuracy(outputs):
            return float((outputs["logits"].argmax(-1) == labels).mean())

        # Unrolled and merged; a Loop a layer, RepConv with its border writes.
        outputs = {}
        for name in ("shapes", "shapes_loop"):
            model = os.path.join(EXAMPLE, name + ".onnx")
            text = recognise(model, folder)
            checks.check((text.count("spike.lif "), text.count("spike.sdsa "),
                          text.count("onnx.conv ")) == (29, 2, 32),
                         f"{name}: neurons, attentions and convolutions")
            outputs[name] = interpret(to("recovered.mlir"), inputs,
                                      to(name + ".npz"))
        imported = interpret(os.path.join(EXAMPLE, "shapes.onnx"), inputs,
                             to("imported.npz"))
        checks.equal(imported, outputs["shapes"],
                     "recognised = imported network")
        rates = {name: accuracy(y) for name, y in outputs.items()}
        checks.check(min(rates.values()) >= 0.95, f"float accuracy {rates}")
        check_pytorch(checks, folder, outputs, load(inputs)["image"], labels)

        out = compile_model(os.path.join(EXAMPLE, "shapes.onnx"), to("out"),
                            "--coding", "lif", "--calibrate",
                            to("calibration.npz"))
        left = load_json(os.path.join(out, "quantisation.json"))["float_products"]
        checks.check(left == [], f"no product is left in float: {left}")
        fast = simulate(out, inputs, to("fast.npz"))
        rate = accuracy(fast)
        checks.check(rate >= 0.9, f"accuracy of the simulator: {rate:.3f}")
        few = to("few.npz")
        np.savez(few, image=load(inputs)["image"][:4])
        for mode in ("event", "stepped"):
            got = simulate(out, few, to(mode + ".npz"), mode)
            checks.equal({"logits": fast["logits"][:4]}, got,
                         f"sim {mode} = sim fast")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
