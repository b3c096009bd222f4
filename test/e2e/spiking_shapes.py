# The trained Meta-SpikeFormer of the example: both exports of it are recognised, and
# compiled it still tells the figures apart.
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

from e2e import (SOURCE, Checks, compile_model, interpret, load, load_json,
                 must, scratch, simulate)

EXAMPLE = os.path.join(SOURCE, "examples", "metaspikeformer")
RECOVERY = ["--canonicalize", "--cse", "--spike-recover-lif", "--canonicalize",
            "--cse", "--spike-merge-repconv", "--spike-match-attention",
            "--canonicalize"]


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
            recovered = to(name + ".mlir")
            must(["snn-opt", model, *RECOVERY, "--snn-externalize-weights="
                  f"archive={to(name + '.safetensors')}", "-o", recovered])
            with open(recovered) as file:
                text = file.read()
            checks.check((text.count("spike.lif "), text.count("spike.sdsa "),
                          text.count("onnx.conv ")) == (29, 2, 32),
                         f"{name}: neurons, attentions and convolutions")
            outputs[name] = interpret(recovered, inputs, to(name + ".npz"))
        imported = interpret(os.path.join(EXAMPLE, "shapes.onnx"), inputs,
                             to("imported.npz"))
        checks.equal(imported, outputs["shapes"],
                     "recognised = imported network")
        rates = {name: accuracy(y) for name, y in outputs.items()}
        checks.check(min(rates.values()) >= 0.95, f"float accuracy {rates}")

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
