# Neurons of several libraries as their exporters write them, one copy of every layer for
# each step: recognised, they compute the bits of the exported nodes, one product is left
# of the copies, and spikes and last membranes are those of vectors that were worked out
# by hand.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (RECOVERY, Checks, compile_model, execute, interpret, must, scratch,
                 simulate)

BATCH, FEATURES, CHANNELS = 16, 6, 8
THRESHOLDS = [.5, 1, .25, 1, .5, 2, 1, .125]  # scales that round nothing
TAUS = [1.1, 2, 3, 1, 4, 7.5, 2, 10]
FACTORS = [.9, .5, .1, .3, 1, .7, .25, .8]
CURRENT = [.75, .75, 1.5, .25, 2, .5]


class Graph:
    """Nodes and constants of a model; equal constants are initialisers of their own, as
    exporters write them."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, value, dtype=np.float32):
        name = f"c{len(self.constants)}"
        self.constants[name] = np.array(value, dtype)
        return name

    def add(self, kind, *inputs, **attributes):
        inputs = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def model(self, inputs, outputs):
        for name, value in outputs.items():
            self.nodes.append(helper.make_node("Identity", [value], [name], name=name))
        graph = helper.make_graph(
            self.nodes, "neurons",
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
             for n, s in inputs.items()],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
            [numpy_helper.from_array(v, n) for n, v in self.constants.items()])
        return helper.make_model(graph,
                                 opset_imports=[helper.make_operatorsetid("", 17)])


def fires(g, h, threshold, strict):
    margin = g.add("Sub", h, threshold)
    hit = g.add("Greater" if strict else "GreaterOrEqual", margin, 0)
    return g.add("Cast", hit, to=TensorProto.FLOAT)


class Snntorch:
    """Leaky: beta h' + x - r th, r compared again from the former membrane."""

    def __init__(self, beta=.5, reset="subtract", threshold=1):
        self.beta, self.reset, self.threshold, self.h = beta, reset, threshold, None

    def step(self, g, x):
        if self.h is None:
            self.h = x
        elif self.reset == "none":
            self.h = g.add("Add", g.add("Mul", self.h, self.beta), x)
        else:
            r = fires(g, self.h, self.threshold, True)
            if self.reset == "zero":
                kept = g.add("Mul", g.add("Sub", 1, r), self.h)
                self.h = g.add("Add", g.add("Mul", self.beta, kept), x)
            else:
                base = g.add("Add", g.add("Mul", self.h, self.beta), x)
                off = g.add("Mul", r, base if self.reset == "late zero"
                            else self.threshold)
                self.h = g.add("Sub", base, off)
        return fires(g, self.h, self.threshold, True)


class Synaptic(Snntorch):
    """A current, alpha i' + x, in front of a Leaky."""

    def __init__(self, alpha=.5, **others):
        super().__init__(**others)
        self.alpha, self.i = alpha, None

    def step(self, g, x):
        self.i = x if self.i is None else g.add(
            "Add", g.add("Mul", self.i, self.alpha), x)
        return super().step(g, self.i)


class Spikingjelly:
    """LIFNode; ``charge`` makes h of v and x."""

    def __init__(self, charge, soft=False, threshold=1):
        self.charge, self.soft, self.threshold, self.v = charge, soft, threshold, None

    def step(self, g, x):
        v = g.constant(0) if self.v is None else self.v
        self.h = self.charge(g, v, x)
        s = fires(g, self.h, self.threshold, False)
        if self.soft:
            self.v = g.add("Sub", self.h, g.add("Mul", s, self.threshold))
        else:
            self.v = g.add("Mul", g.add("Sub", 1, s), self.h)
        return s


def divides(tau):
    return lambda g, v, x: g.add("Add", g.add("Sub", v, g.add("Div", v, tau)), x)


def multiplies(tau):
    return lambda g, v, x: g.add("Add", g.add("Mul", v, 1 - 1 / tau), x)


def decays(tau):
    return lambda g, v, x: g.add("Add", v, g.add("Div", g.add("Sub", x, v), tau))


def parametric(k):
    return lambda g, v, x: g.add("Add", v, g.add("Mul", g.add("Sub", x, v), k))


def parametric_leak(k):
    return lambda g, v, x: g.add("Add", g.add("Sub", v, g.add("Mul", v, k)), x)


class Norse:
    """LIFCell: a current that jumps first, strict, hard."""

    def __init__(self, membrane=.1, synapse=.2):
        self.membrane, self.synapse, self.v, self.i = membrane, synapse, None, None

    def step(self, g, x):
        v = g.constant(0) if self.v is None else self.v
        j = x if self.i is None else g.add("Add", self.i, x)
        dv = g.add("Mul", self.membrane, g.add("Add", g.add("Sub", 0, v), j))
        self.h = g.add("Add", v, dv)
        self.i = g.add("Add", j, g.add("Mul", -self.synapse, j))
        s = fires(g, self.h, 1, True)
        self.v = g.add("Add", g.add("Mul", g.add("Sub", 1, s), self.h),
                       g.add("Mul", s, 0))
        return s


class IntegerLif:
    """(h' - c') decay + x, c = Round(Clip(h, 0, D)), or with Floor."""

    def __init__(self, most=4, decay=.25, floor=False):
        self.most, self.decay, self.floor, self.h = most, decay, floor, None

    def step(self, g, x):
        self.h = x if self.h is None else g.add(
            "Add", g.add("Mul", g.add("Sub", self.h, self.c), self.decay), x)
        clipped = g.add("Clip", self.h, 0, self.most)
        self.c = g.add("Floor", g.add("Add", clipped, .5)) if self.floor else g.add(
            "Round", clipped)
        return self.c


class IntegerTau:
    """spikingjelly's ILIFNode: (v - v/tau) + x, counts of h / th, soft."""

    def __init__(self, tau=4 / 3, threshold=.5, most=4):
        self.tau, self.threshold, self.most, self.v = tau, threshold, most, None

    def step(self, g, x):
        v = g.constant(0) if self.v is None else self.v
        self.h = g.add("Add", g.add("Sub", v, g.add("Div", v, self.tau)), x)
        c = g.add("Round", g.add("Clip", g.add("Div", self.h, self.threshold), 0,
                                 self.most))
        self.v = g.add("Sub", self.h, g.add("Mul", c, self.threshold))
        return c


class Sinabs:
    """LIF and IAF (decay 1, no share of the input): Trunc(h / th) spikes where h is above
    0, at most ``most``, or one; membranes not below ``floor``."""

    def __init__(self, decay=.5, share=.5, most=7, floor=None, threshold=1):
        self.decay, self.share, self.most = decay, share, most
        self.floor, self.threshold, self.v = floor, threshold, None

    def step(self, g, x):
        v = g.constant(0) if self.v is None else self.v
        if self.share is not None:
            x = g.add("Mul", x, self.share)
        self.h = g.add("Add", g.add("Mul", v, self.decay), x)
        if self.most == 1:
            c = fires(g, self.h, self.threshold, False)
        else:
            whole = g.add("Cast", g.add("Div", self.h, self.threshold),
                          to=TensorProto.INT64)
            positive = g.add("Cast", g.add("Greater", self.h, 0), to=TensorProto.FLOAT)
            c = g.add("Mul", positive, g.add("Cast", whole, to=TensorProto.FLOAT))
            c = g.add("Min", c, self.most)
        self.v = g.add("Sub", self.h, g.add("Mul", c, self.threshold))
        if self.floor is not None:
            above = g.add("Relu", g.add("Sub", self.v, self.floor))
            self.v = g.add("Add", above, self.floor)
        return c


# Name, neurons, and of one neuron its inputs, spikes and last membrane.
CASES = [
    ("leaky", Snntorch, CURRENT, "011010", .4453125),
    ("leaky .8", lambda: Snntorch(.8), CURRENT, "011011", 1.4289600849151611),
    ("leaky zero", lambda: Snntorch(reset="zero"), CURRENT, "011010", .5),
    ("leaky late zero", lambda: Snntorch(reset="late zero"), CURRENT, "010010", 0),
    ("leaky none", lambda: Snntorch(reset="none"), CURRENT, "011111", 1.8203125),
    ("synaptic", Synaptic, [.5, .5, .5, 0, 1, 0], "001010", .25),
    ("no decay", lambda: Spikingjelly(divides(2)), CURRENT, "011010", .5),
    ("no decay, soft", lambda: Spikingjelly(divides(2), True), CURRENT, "011011",
     1.1328125),
    ("no decay 1.1", lambda: Spikingjelly(divides(1.1), True), None, None, None),
    ("older no decay 1.1", lambda: Spikingjelly(multiplies(1.1), True), None, None, None),
    ("decay", lambda: Spikingjelly(decays(2)), CURRENT, "001010", .25),
    ("decay, soft", lambda: Spikingjelly(decays(2), True), CURRENT, "001010", .28515625),
    ("decay 10", lambda: Spikingjelly(decays(10), threshold=.1), None, None, None),
    ("parametric .1", lambda: Spikingjelly(parametric(.1), threshold=.1), None, None,
     None),
    ("parametric, no decay", lambda: Spikingjelly(parametric_leak(.3), True), None, None,
     None),
    ("thresholds, soft", lambda: Spikingjelly(divides(2), True, THRESHOLDS), None, None,
     None),
    ("thresholds, late", lambda: Snntorch(threshold=THRESHOLDS), None, None, None),
    ("norse", lambda: Norse(.5, .25), [1, 1.5, 2, 0, .5, 1], "011111", 1.46533203125),
    ("norse .1 .2", Norse, [4, 4, 8, 0, 0, 0], "011101", 1.497088074684143),
    ("integer", IntegerLif, [2.5, 1.25, -.75, 6, .5, 0], "210410", None),
    ("integer, floor", lambda: IntegerLif(8, floor=True), None, None, None),
    ("integer tau", IntegerTau, None, None, None),
    ("channels, decay", lambda: Spikingjelly(decays(TAUS), threshold=.5), None, None, None),
    ("channels, no decay", lambda: Spikingjelly(divides(TAUS), True), None, None, None),
    ("channels, parametric", lambda: Spikingjelly(parametric(FACTORS), threshold=.2), None,
     None, None),
    ("channels, parametric leak", lambda: Spikingjelly(parametric_leak(FACTORS), True), None,
     None, None),
    ("channels, leaky", lambda: Snntorch(FACTORS), None, None, None),
    ("channels, leaky zero", lambda: Snntorch(FACTORS, "zero"), None, None, None),
    ("sinabs", Sinabs, [5, 1, -8, 3, 4], "20001", 1.84375),
    ("sinabs, two at most", lambda: Sinabs(most=2, threshold=.3), None, None, None),
    ("sinabs, one", lambda: Sinabs(most=1), [5, 1, -8, 3, 4], "11001", 1.78125),
    ("sinabs IAF", lambda: Sinabs(1, None, floor=-1), [2.5, .75, -4, 1.5, 2], "21002",
     2.5),
    ("sinabs, floor", lambda: Sinabs(.9, .1, 1, -.3, .2), None, None, None),
    ("sinabs, floor 0", lambda: Sinabs(.9, .1, 3, 0, .1), None, None, None),
]


def build(make, steps, layer):
    """``steps`` steps; with ``layer`` each behind its copy of a linear layer."""
    g, neurons, spikes = Graph(), make(), []
    if layer:
        random = np.random.default_rng(2)
        weight = g.constant(random.integers(-4, 5, (FEATURES, CHANNELS)) / 4)
        bias = g.constant(random.integers(-4, 5, CHANNELS) / 4)
    for t in range(steps):
        x = g.add("Gather", "x", g.constant(t, np.int64), axis=0)
        if layer:
            x = g.add("Add", g.add("MatMul", x, weight), bias)
        spikes.append(g.add("Unsqueeze", neurons.step(g, x), g.constant([0], np.int64)))
    joined = g.add("Concat", *spikes, axis=0)
    width = FEATURES if layer else CHANNELS
    return g.model({"x": [steps, BATCH if layer else 1, width]},
                   {"spikes": joined, "membrane": neurons.h})


def check_case(checks, to, name, make, inputs, spikes, membrane):
    steps = len(inputs) if inputs else 6
    # A layer of every step.
    onnx.save(build(make, steps, True), to("net.onnx"))
    random = np.random.default_rng(1)
    x = random.integers(-8, 17, (steps, BATCH, FEATURES)).astype(np.float32) / 8
    np.savez(to("x.npz"), x=x)
    must(["snn-opt", to("net.onnx"), *RECOVERY, "-o", to("lif.mlir")])
    with open(to("lif.mlir")) as file:
        text = file.read()
    checks.check(text.count("spike.lif ") == 1 and "onnx.greater" not in text
                 and "onnx.round" not in text and "onnx.floor" not in text,
                 f"{name}: recognised")
    checks.check(text.count("onnx.matmul ") == 1, f"{name}: one product")
    exported = interpret(to("net.onnx"), to("x.npz"), to("a.npz"))
    found = interpret(to("lif.mlir"), to("x.npz"), to("b.npz"))
    # Where a gate of 0 multiplies a negative whole part, exported counts are -0.
    for outputs in (exported, found):
        outputs["spikes"] = outputs["spikes"] + np.float32(0)
    checks.equal(exported, found, f"{name}: as exported")
    rate = (exported["spikes"] > 0).mean()
    checks.check(.02 < rate < .98, f"{name}: rate {rate:.2f}")
    if not spikes:
        return
    # One neuron, eight times, against the vector.
    onnx.save(build(make, steps, False), to("one.onnx"))
    x = np.repeat(np.float32(inputs)[:, None, None], CHANNELS, 2)
    np.savez(to("x.npz"), x=x)
    must(["snn-opt", to("one.onnx"), *RECOVERY, "-o", to("one.mlir")])
    found = interpret(to("one.mlir"), to("x.npz"), to("b.npz"))
    counts = "".join(str(int(c)) for c in found["spikes"][:, 0, 0])
    checks.check(counts == spikes, f"{name}: spikes {counts}, {spikes} by hand")
    if membrane is not None:
        checks.check(float(found["membrane"][0, 0]) == membrane,
                     f"{name}: last membrane {found['membrane'][0, 0]}")


def check_network(checks, to, name, layers, expected_bits):
    """Two layers of neurons, compiled: no site of 8 bits between spikes and product, all
    modes and the image the same."""
    g, random = Graph(), np.random.default_rng(4)
    weights = [g.constant(random.standard_normal(shape) * .6)
               for shape in ((FEATURES, 12), (12, CHANNELS))]
    spikes = []
    for t in range(5):
        x = g.add("Gather", "x", g.constant(t, np.int64), axis=0)
        for weight, layer in zip(weights, layers):
            x = layer.step(g, g.add("MatMul", x, weight))
        spikes.append(x)
    total = spikes[0]
    for x in spikes[1:]:
        total = g.add("Add", total, x)
    onnx.save(g.model({"x": [5, 1, FEATURES]},
                      {"count": total, "membrane": layers[-1].h}), to("net.onnx"))
    np.savez(to("x.npz"),
             x=random.standard_normal((5, 1, FEATURES)).astype(np.float32) * 2)
    out = to(name.replace(" ", "-"))
    result = execute(["snnc", to("net.onnx"), "-o", out, "--calibrate", to("x.npz"),
                      "--coding", "lif", "--chip", "common-22nm", "--adc-policy",
                      "lossless"])
    checks.check(result.returncode == 0, f"{name}: compiled {result.stderr}")
    import json
    with open(os.path.join(out, "quantisation.json")) as file:
        report = json.load(file)
    bits = sorted(site["bits"] for site in report["sites"])
    checks.check(bits == expected_bits, f"{name}: sites of {bits} bits")
    outputs = [simulate(out, to("x.npz"), to("y.npz"), mode)
               for mode in ("fast", "event", "stepped")]
    checks.equal(outputs[0], outputs[1], f"{name}: event as fast")
    checks.equal(outputs[0], outputs[2], f"{name}: stepped as fast")
    image = interpret(os.path.join(out, "image.snnimg"), to("x.npz"), to("z.npz"))
    checks.equal(outputs[0], image, f"{name}: image as simulator")
    checks.check(np.any(outputs[0]["count"]), f"{name}: fires")


def main():
    checks = Checks()
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        for case in CASES:
            check_case(checks, to, *case)
        check_network(checks, to, "network", [Snntorch(.9), Snntorch(.8)], [1, 1, 8])
        check_network(checks, to, "network with floors",
                      [Sinabs(.9, .5, 3, -.3, .5), Sinabs(1, None, 7, -1)], [2, 3, 8])
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
