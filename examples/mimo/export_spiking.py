# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a spiking MIMO detector (spiking_model.py) as ONNX (opset 17).

    python3 export_spiking.py mimo_sdsa.onnx --steps 8 --output sdsa_t8.onnx

reads the weights of an exported file and writes the same network with another
number of time steps; PyTorch is not needed for that.

The graph is what PyTorch exports of such networks: activations [T, batch, ...],
every LIF neuron unrolled over T, batch normalisation folded into the linears,
Bernoulli neurons as RandomUniformLike, Less and Cast. The network of counts has
no axis of steps, and its neurons are Clip and Round.
"""

import argparse

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import mimo_task

# As the models have them, which need PyTorch: stochastic_model.py, neurons.py and
# spiking_model.py, count_model.py.
TAU, THRESHOLD = 2.0, 1.0
DECAY, SDSA_THRESHOLD, SDSA_SCALE = 0.875, 0.5, 0.5
LARGEST, COUNT_SCALE = 4, 1.0 / 16.0


class _Graph:
    """Collects nodes and initialisers; equal scalars are stored once."""

    def __init__(self, steps):
        self.steps, self.nodes, self.weights = steps, [], {}

    def constant(self, name, value, dtype=np.float32):
        self.weights[name] = numpy_helper.from_array(
            np.asarray(value, dtype), name)
        return name

    def scalar(self, value, dtype=np.float32):
        return self.constant(f"c_{np.dtype(dtype).name}_{value}", value, dtype)

    def op(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(
            kind, inputs, [name], name=f"{name}_{kind}", **attributes))
        return name

    def linear(self, x, weights, name):
        w = self.constant(f"{name}.weight", weights[f"{name}.weight"])
        b = self.constant(f"{name}.bias", weights[f"{name}.bias"])
        return self.op("Add", [self.op("MatMul", [x, w], f"{name}/MatMul"), b],
                       f"{name}/Add")

    def affine(self, x, weights, name):
        """A factor and a bias for each channel."""
        factor = self.constant(f"{name}.weight", weights[f"{name}.weight"])
        bias = self.constant(f"{name}.bias", weights[f"{name}.bias"])
        x = self.op("Mul", [x, factor], f"{name}/Mul")
        return self.op("Add", [x, bias], f"{name}/Add")

    def lif(self, x, name):
        """h = v + (x - v) / tau; spike where h - THRESHOLD >= 0; reset 0."""
        zero, one = self.scalar(0.0), self.scalar(1.0)
        v, spikes = zero, []
        axes = self.constant("axis0", [0], np.int64)
        for t in range(self.steps):
            n = f"{name}/{t}"
            now = self.op("Gather", [x, self.scalar(t, np.int64)],
                          f"{n}/Gather", axis=0)
            d = self.op("Div", [self.op("Sub", [now, v], f"{n}/Sub"),
                                self.scalar(TAU)], f"{n}/Div")
            h = self.op("Add", [v, d], f"{n}/Add")
            over = self.op("Sub", [h, self.scalar(THRESHOLD)], f"{n}/Sub_1")
            s = self.op("GreaterOrEqual", [over, zero], f"{n}/Ge")
            s = self.op("Cast", [s], f"{n}/Cast", to=TensorProto.FLOAT)
            spikes.append(self.op("Unsqueeze", [s, axes], f"{n}/Unsqueeze"))
            if t + 1 < self.steps:
                keep = self.op("Sub", [one, s], f"{n}/Sub_2")
                v = self.op("Mul", [keep, h], f"{n}/Mul")
        return self.op("Concat", spikes, f"{name}/Concat", axis=0)

    def soft_lif(self, x, name, threshold=THRESHOLD):
        """h = v DECAY + x; spike where h - threshold >= 0, which takes it off."""
        zero, v, spikes = self.scalar(0.0), self.scalar(0.0), []
        axes = self.constant("axis0", [0], np.int64)
        for t in range(self.steps):
            n = f"{name}/{t}"
            now = self.op("Gather", [x, self.scalar(t, np.int64)],
                          f"{n}/Gather", axis=0)
            kept = self.op("Mul", [v, self.scalar(DECAY)], f"{n}/Mul")
            h = self.op("Add", [kept, now], f"{n}/Add")
            over = self.op("Sub", [h, self.scalar(threshold)], f"{n}/Sub")
            s = self.op("GreaterOrEqual", [over, zero], f"{n}/Ge")
            s = self.op("Cast", [s], f"{n}/Cast", to=TensorProto.FLOAT)
            spikes.append(self.op("Unsqueeze", [s, axes], f"{n}/Unsqueeze"))
            if t + 1 < self.steps:
                taken = self.op("Mul", [s, self.scalar(threshold)],
                                f"{n}/Mul_1")
                v = self.op("Sub", [h, taken], f"{n}/Sub_1")
        return self.op("Concat", spikes, f"{name}/Concat", axis=0)

    def count(self, x, name):
        """round(clip(x, 0, LARGEST)): an integer LIF neuron of one step."""
        c = self.op("Clip", [x, self.scalar(0.0), self.scalar(float(LARGEST))],
                    f"{name}/Clip")
        return self.op("Round", [c], f"{name}/Round")

    def slots(self, counts, draws, name):
        """The time steps of an integer neuron's count: a spike in each of its
        first LARGEST, all of them draws / LARGEST times."""
        x = self.op("Unsqueeze", [counts, self.constant("axis0", [0], np.int64)],
                    f"{name}/Unsqueeze")
        levels = np.arange(1.0, LARGEST + 1.0).reshape(-1, 1, 1, 1, 1)
        s = self.op("GreaterOrEqual", [x, self.constant("levels", levels)],
                    f"{name}/Ge")
        s = self.op("Cast", [s], f"{name}/Cast", to=TensorProto.FLOAT)
        if draws == LARGEST:
            return s
        repeats = self.constant("slot_repeats", [draws // LARGEST, 1, 1, 1, 1],
                                np.int64)
        return self.op("Tile", [s, repeats], f"{name}/Tile")

    def bernoulli(self, p, name):
        u = self.op("RandomUniformLike", [p], f"{name}/RandomUniformLike")
        s = self.op("Less", [u, p], f"{name}/Less")
        return self.op("Cast", [s], f"{name}/Cast", to=TensorProto.FLOAT)


def _attend(g, q, k, v, attention, size, n):
    scores = g.op("MatMul", [q, k], f"{n}/scores")
    if attention == "sdsa":
        scores = g.op("Mul", [scores, "mask"], f"{n}/masked")
        y = g.op("MatMul", [scores, v], f"{n}/context")
        y = g.op("Mul", [y, "row_scale"], f"{n}/scaled")
        return g.soft_lif(y, f"{n}/lif", SDSA_THRESHOLD)
    scores = g.op("Div", [scores, g.scalar(float(size))], f"{n}/rate")
    scores = g.bernoulli(scores, f"{n}/draw_s")
    scores = g.op("Mul", [scores, "mask"], f"{n}/masked")
    y = g.op("MatMul", [scores, v], f"{n}/context")
    if attention == "slots":
        y = g.op("Mul", [y, "row_scale"], f"{n}/mean")
    else:
        y = g.op("Div", [y, g.scalar(float(mimo_task.TOKENS))], f"{n}/mean")
    return g.bernoulli(y, f"{n}/draw_a")


def _block(g, x, weights, attention, heads, n):
    width = weights[f"{n}.q.weight"].shape[0]
    size, tokens = width // heads, mimo_task.TOKENS
    fire = g.soft_lif if attention == "sdsa" else g.lif

    def read(name):
        """What neurons take up of the residual stream."""
        if attention != "sdsa":
            return x
        return g.affine(x, weights, f"{n}.{name}")

    u = fire(read("fire_in"), f"{n}/lif_in")
    split = g.constant("split", [g.steps, -1, tokens, heads, size], np.int64)
    join = g.constant("join", [g.steps, -1, tokens, width], np.int64)

    def spikes(name, order):
        s = fire(g.linear(u, weights, f"{n}.{name}"), f"{n}/lif_{name}")
        s = g.op("Reshape", [s, split], f"{n}/{name}/Reshape")
        return g.op("Transpose", [s], f"{n}/{name}/Transpose", perm=order)

    q = spikes("q", [0, 1, 3, 2, 4])
    k = spikes("k", [0, 1, 3, 4, 2])
    v = spikes("v", [0, 1, 3, 2, 4])
    a = _attend(g, q, k, v, attention, size, f"{n}/attention")
    a = g.op("Transpose", [a], f"{n}/a/Transpose", perm=[0, 1, 3, 2, 4])
    a = g.op("Reshape", [a, join], f"{n}/a/Reshape")
    x = g.op("Add", [x, g.linear(a, weights, f"{n}.o")], f"{n}/add1")
    h = fire(read("fire_f1"), f"{n}/lif_f1")
    h = g.linear(h, weights, f"{n}.f1")
    h = g.linear(fire(h, f"{n}/lif_f2"), weights, f"{n}.f2")
    return g.op("Add", [x, h], f"{n}/add2")


def _time_steps(g, x, weights, attention, heads, depth):
    x = g.op("Unsqueeze", [x, g.constant("axis0", [0], np.int64)], "one_step")
    x = g.op("Tile", [x, g.constant("repeats", [g.steps, 1, 1, 1], np.int64)],
             "all_steps")
    for i in range(depth):
        x = _block(g, x, weights, attention, heads, f"blocks.{i}")
    if attention == "sdsa":
        x = g.soft_lif(g.affine(x, weights, "fire_head"), "lif_head")
    else:
        x = g.lif(x, "lif_head")
    x = g.linear(x, weights, "head")
    g.op("ReduceMean", [x], "logits", axes=[0], keepdims=0)


def _attend_slots(g, q, k, v, size, draws, n):
    """Stochastic attention on the slots of counts; what fires is counted, a
    spike of `draws` worth LARGEST / draws."""
    q, k, v = (g.slots(x, draws, f"{n}/{name}")
               for x, name in ((q, "q"), (k, "k"), (v, "v")))
    a = _attend(g, q, k, v, "slots", size, n)
    a = g.op("ReduceSum", [a, g.constant("axis0", [0], np.int64)], f"{n}/sum",
             keepdims=0)
    return g.op("Mul", [a, g.scalar(LARGEST / draws)], f"{n}/unit")


def _count_block(g, x, weights, heads, n, draws):
    width = weights[f"{n}.q.weight"].shape[0]
    tokens = mimo_task.TOKENS
    split = g.constant("split", [-1, tokens, heads, width // heads], np.int64)
    join = g.constant("join", [-1, tokens, width], np.int64)
    u = g.count(g.affine(x, weights, f"{n}.fire_in"), f"{n}.fire_in")

    def counts(name, order):
        c = g.count(g.linear(u, weights, f"{n}.{name}"), f"{n}/count_{name}")
        c = g.op("Reshape", [c, split], f"{n}/{name}/Reshape")
        return g.op("Transpose", [c], f"{n}/{name}/Transpose", perm=order)

    q = counts("q", [0, 2, 1, 3])
    k = counts("k", [0, 2, 3, 1])
    v = counts("v", [0, 2, 1, 3])
    if draws:
        a = _attend_slots(g, q, k, v, width // heads, draws, f"{n}/attention")
    else:
        a = g.op("MatMul", [q, k], f"{n}/attention/scores")
        a = g.op("Mul", [a, "mask"], f"{n}/attention/masked")
        a = g.op("MatMul", [a, v], f"{n}/attention/context")
        a = g.op("Mul", [a, "row_scale"], f"{n}/attention/scaled")
        a = g.count(a, f"{n}/attention/count")
    a = g.op("Transpose", [a], f"{n}/a/Transpose", perm=[0, 2, 1, 3])
    a = g.op("Reshape", [a, join], f"{n}/a/Reshape")
    x = g.op("Add", [x, g.linear(a, weights, f"{n}.o")], f"{n}/add1")
    h = g.count(g.affine(x, weights, f"{n}.fire_f1"), f"{n}.fire_f1")
    h = g.linear(h, weights, f"{n}.f1")
    h = g.linear(g.count(h, f"{n}/count_f2"), weights, f"{n}.f2")
    return g.op("Add", [x, h], f"{n}/add2")


def export(weights, attention, path, steps, heads=4):
    """Writes the network with ``weights`` (name -> array) and T = steps.

    ``weights`` are those of the models' weights() or of read_weights(). The
    networks of integer neurons have one step ("counts"), or ``steps`` in which
    their attention draws ("slots").
    """
    if attention == "counts" and steps != 1:
        raise SystemExit("the network of counts has one step")
    if attention == "slots" and steps % LARGEST:
        raise SystemExit(f"the steps of slots are a multiple of {LARGEST}")
    g = _Graph(steps)
    tokens = mimo_task.TOKENS
    depth = len({n for n in weights if n.endswith(".q.weight")})
    g.constant("mask", np.tril(np.ones((tokens, tokens))))
    x = g.linear("prompt", weights, "embed")
    x = g.op("Add", [x, g.constant("position", weights["position"])],
             "embedded")
    if attention != "ssa":
        scale = {"counts": COUNT_SCALE, "slots": 1.0}.get(attention,
                                                          SDSA_SCALE)
        g.constant("row_scale", np.float32(scale)
                   / np.arange(1.0, tokens + 1.0, dtype=np.float32)[:, None])
    if attention in ("counts", "slots"):
        for i in range(depth):
            x = _count_block(g, x, weights, heads, f"blocks.{i}",
                             steps if attention == "slots" else 0)
        x = g.count(g.affine(x, weights, "fire_head"), "fire_head")
        x = g.linear(x, weights, "head")
        g.op("Identity", [x], "logits")
    else:
        _time_steps(g, x, weights, attention, heads, depth)
    prompt = helper.make_tensor_value_info(
        "prompt", TensorProto.FLOAT, ["batch", tokens, mimo_task.FEATURES])
    logits = helper.make_tensor_value_info(
        "logits", TensorProto.FLOAT, ["batch", tokens, mimo_task.CLASSES])
    graph = helper.make_graph(g.nodes, f"mimo_{attention}", [prompt], [logits],
                              list(g.weights.values()))
    proto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)],
        producer_name="snnc-mimo-example")
    proto.ir_version = 8
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, str(path))


def in_steps(weights):
    """Weights whose sums over LARGEST steps are those of a network of counts.

    Counts are rounded, membranes are not: half a count is added to what a
    membrane takes up in all steps together.
    """
    result = {}
    for name, w in weights.items():
        part = name.split(".")[-2] if "." in name else name
        if part in ("embed", "position"):
            w = w / LARGEST
        elif part == "head":
            w = w * LARGEST if name.endswith("weight") else w
        elif name.endswith("bias"):
            w = (w + (0.0 if part in ("o", "f2") else 0.5)) / LARGEST
        result[name] = np.asarray(w, np.float32)
    return result


def read_weights(path):
    """Weights and kind of attention of an exported file."""
    graph = onnx.load(str(path)).graph
    weights = {t.name: numpy_helper.to_array(t) for t in graph.initializer
               if t.name == "position" or t.name.endswith(("weight", "bias"))}
    return weights, graph.name.removeprefix("mimo_")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    weights, attention = read_weights(options.model)
    export(weights, attention, options.output, options.steps)


if __name__ == "__main__":
    main()
