# What networks of spiking neurons compute with spikes between a neuron and the next product:
# pooling, gates, shortcuts, counts. Trains stay trains: the recognised network has the bits
# of the exported one, no product behind spikes has a site of 8 bits, and the simulator's
# modes and the programming image on a chip with lossless converters have the same bits.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import sys

import numpy as np
import onnx

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "Inputs")]

from e2e import RECOVERY, Checks, compile_model, interpret, must, scratch, simulate
from neuron_forms import Graph, IntegerLif, Spikingjelly, decays, parametric

STEPS, SIZE = 2, 8
SHAPE = [STEPS, 1, 3, SIZE, SIZE]


class Network(Graph):
    """Layers on [T * B, C, H, W], neurons on [T, B, C, H, W]; dyadic weights, with which
    float32 rounds no sum."""

    def __init__(self, seed):
        super().__init__()
        self.random = np.random.default_rng(seed)

    def weight(self, *shape, parts=16):
        return self.constant(self.random.integers(-6, 8, shape) / parts)

    def reshape(self, x, *shape):
        return self.add("Reshape", x, self.constant(shape, np.int64))

    def conv(self, x, inputs, outputs, size=3):
        pad = size // 2
        # Few inputs have to reach a threshold, too.
        parts = 16 if size > 1 else 4
        return self.add("Conv", x, self.weight(outputs, inputs, size, size, parts=parts),
                        kernel_shape=[size, size], pads=[pad] * 4)

    def pool(self, x, kernel=3, stride=2, pad=1):
        return self.add("MaxPool", x, kernel_shape=[kernel] * 2, strides=[stride] * 2,
                        pads=[pad] * 4)

    def neurons(self, x, shape, make=lambda: Spikingjelly(decays(2), threshold=.5)):
        """Neurons on x folded; ``shape`` without time and batch."""
        x, layer = self.reshape(x, STEPS, 1, *shape), make()
        steps = [self.add("Unsqueeze", layer.step(
            self, self.add("Gather", x, self.constant(t, np.int64), axis=0)),
            self.constant([0], np.int64)) for t in range(STEPS)]
        return self.reshape(self.add("Concat", *steps, axis=0), STEPS, *shape)

    def finish(self, x, features):
        """Logits of each step, summed."""
        x = self.add("MatMul", self.reshape(x, STEPS, features), self.weight(features, 4))
        total = self.add("ReduceSum", x, self.constant([0], np.int64), keepdims=1)
        return self.model({"x": SHAPE}, {"y": total})

    def stem(self, channels=4):
        x = self.conv(self.reshape("x", STEPS, *SHAPE[2:]), 3, channels)
        return self.neurons(x, (channels, SIZE, SIZE))


def patch_embedding(g):
    """Spikformer: pooling behind the neurons, a shortcut around the last of them."""
    x = g.pool(g.stem())
    s = g.neurons(g.conv(x, 4, 4), (4, 4, 4))
    return g.finish(g.add("Add", s, x), 64)


def shortcuts(g):
    """SEW-ResNet: two additions, counts of at most 3."""
    x = g.stem()
    for _ in range(2):
        x = g.add("Add", g.neurons(g.conv(x, 4, 4), (4, SIZE, SIZE)), x)
    return g.finish(x, 4 * SIZE * SIZE)


def conjunctions(g):
    """SEW-ResNet: AND, and IAND = identity * (1 - out)."""
    x = g.stem()
    x = g.add("Mul", x, g.neurons(g.conv(x, 4, 4), (4, SIZE, SIZE)))
    out = g.neurons(g.conv(x, 4, 4), (4, SIZE, SIZE))
    return g.finish(g.add("Mul", g.stem(), g.add("Sub", 1, out)), 4 * SIZE * SIZE)


def token_gate(g):
    """QKFormer: neurons of a sum over the channels of Q gate K."""
    x = g.stem()
    q = g.neurons(g.conv(x, 4, 4, 1), (4, SIZE, SIZE))
    k = g.neurons(g.conv(x, 4, 4, 1), (4, SIZE, SIZE))
    sums = g.add("ReduceSum", q, g.constant([1], np.int64), keepdims=1)
    gate = g.neurons(sums, (1, SIZE, SIZE))
    y = g.neurons(g.conv(g.add("Mul", gate, k), 4, 4, 1), (4, SIZE, SIZE))
    return g.finish(y, 4 * SIZE * SIZE)


def integer_neurons(g):
    """Spike-driven Transformer V3: counts, divided by their largest, before convolutions,
    and a shortcut of floats."""
    def count(x, shape):
        return g.add("Mul", g.neurons(x, shape, lambda: IntegerLif(4)), .25)

    x = g.conv(g.reshape("x", STEPS, *SHAPE[2:]), 3, 4)
    x = g.add("Add", g.conv(count(x, (4, SIZE, SIZE)), 4, 4), x)
    return g.finish(count(g.pool(x), (4, 4, 4)), 64)


def channels(g):
    """Parametric neurons with a factor for each channel."""
    factors = [[[.5]], [[.25]], [[.125]], [[1]]]
    return g.finish(g.neurons(g.conv(g.stem(), 4, 4), (4, SIZE, SIZE),
                              lambda: Spikingjelly(parametric(factors), threshold=.25)),
                    4 * SIZE * SIZE)


def neighbourhoods(g):
    """Twice as many pixels, and means over windows that overlap."""
    x = g.add("Resize", g.pool(g.stem()), "", g.constant([1, 1, 2, 2]), mode="nearest",
              coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    x = g.add("AveragePool", x, kernel_shape=[2, 2], strides=[1, 1], pads=[1, 1, 0, 0],
              count_include_pad=1)
    return g.finish(x, 4 * SIZE * SIZE)


# Name, network, and what has to be in its spiking form.
CASES = [("patch embedding", patch_embedding, ["spike.maxpool", "spike.add"]),
         ("shortcuts", shortcuts, ["spike.add", "max = 3"]),
         ("conjunctions", conjunctions, ["spike.and ", "spike.and_not"]),
         ("token gate", token_gate, ["spike.and "]),
         ("integer neurons", integer_neurons, ["max = 4"]),
         ("channels", channels, ["constants = array<f32: 5.0", "channel_axis = 2"]),
         ("neighbourhoods", neighbourhoods, ["onnx.expand", "spike.sum", "max = 4"])]


def check_case(checks, to, seed, name, build, expected):
    onnx.save(build(Network(seed)), to("net.onnx"))
    random = np.random.default_rng(seed + 100)
    x = random.integers(0, 17, SHAPE).astype(np.float32) / 16
    check_network(checks, to, name, x, expected)


def check_network(checks, to, name, x, expected, unwanted=()):
    """Checks the network in net.onnx on the images x."""
    np.savez(to("x.npz"), x=x)
    must(["snn-opt", to("net.onnx"), *RECOVERY, "--spike-keep-trains",
          "--mlir-print-local-scope", "-o", to("trains.mlir")])
    with open(to("trains.mlir")) as file:
        text = file.read()
    for form in expected:
        checks.check(form in text, f"{name}: {form.strip()}")
    for form in unwanted:
        checks.check(form not in text, f"{name}: no {form.strip()}")
    exported = interpret(to("net.onnx"), to("x.npz"), to("a.npz"))
    checks.equal(exported, interpret(to("trains.mlir"), to("x.npz"), to("b.npz")),
                 f"{name}: as exported")
    checks.check(np.unique(exported["y"]).size > 1, f"{name}: {exported['y']}")

    out = compile_model(to("net.onnx"), to(name.replace(" ", "-")), "--calibrate",
                        to("x.npz"), "--chip", "common-22nm", "--adc-policy", "lossless")
    with open(os.path.join(out, "quantisation.json")) as file:
        report = json.load(file)
    levels = [site["name"] for site in report["sites"] if "steps" not in site]
    checks.check(len(levels) == 1, f"{name}: only pixels are levels, {levels}")
    checks.check(not report.get("float_products"), f"{name}: no float product")
    outputs = [simulate(out, to("x.npz"), to("c.npz"), mode, threads=1)
               for mode in ("fast", "event", "stepped")]
    checks.equal(outputs[0], outputs[1], f"{name}: event as fast")
    checks.equal(outputs[0], outputs[2], f"{name}: stepped as fast")
    image = interpret(os.path.join(out, "image.snnimg"), to("x.npz"), to("d.npz"))
    checks.equal(outputs[0], image, f"{name}: image as simulator")


def main():
    checks = Checks()
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        for seed, case in enumerate(CASES):
            check_case(checks, to, seed, *case)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
