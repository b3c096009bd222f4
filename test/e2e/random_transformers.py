# Small transformers drawn at random, quantised with random bits, masks and dead
# zones: every phase and every mode of the simulator computes the same bits.
#
# RUN: %python %s 20
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""random_transformers.py [COUNT [FIRST]] [--keep DIR]

Seeds FIRST to FIRST + COUNT - 1 (default 20 from 0). A failure prints the seed and
the flags; --keep leaves every model, its inputs and its artefacts under DIR.
"""

import math
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (Checks, different_bits, execute, load, load_json,
                 scratch)
from reference import Reference

SAMPLES = 6


class Network:
    """One transformer, written as exporters write them."""

    def __init__(self, rng):
        self.rng = rng
        self.nodes, self.weights = [], []
        self.layers = int(rng.integers(1, 4))
        self.heads = int(rng.integers(1, 4))
        self.size = int(rng.choice([3, 5, 6, 7, 8, 9, 11]))
        self.width = self.heads * self.size
        self.hidden = int(rng.integers(self.width, 3 * self.width + 2))
        self.tokens = int(rng.integers(3, 10))
        self.features = int(rng.integers(3, 14))
        self.batch = [None, 1, 2][rng.integers(3)]
        self.mask = [None, "tokens", "additive"][rng.integers(3)]
        self.norm_op = bool(rng.integers(2))
        self.pre_norm = bool(rng.integers(2))
        self.activation = ["relu", "gelu"][rng.integers(2)]
        self.fused = bool(rng.integers(2))
        self.biased = bool(rng.integers(4))
        self.divide = bool(rng.integers(2))
        self.pooled = bool(rng.integers(2))
        self.words = bool(rng.integers(2))

    def __str__(self):
        return (f"{self.layers} x {self.width} wide, {self.heads} heads, "
                f"{self.hidden} hidden, {self.tokens} tokens, "
                f"batch {self.batch or 'free'}, mask {self.mask}, "
                f"{self.activation}, {'pre' if self.pre_norm else 'post'}-"
                f"{'LayerNormalization' if self.norm_op else 'decomposed'}"
                f"{', fused QKV' if self.fused else ''}"
                f"{'' if self.biased else ', no bias'}")

    def constant(self, name, value, dtype=np.float32):
        self.weights.append(
            numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def op(self, kind, inputs, name, outputs=None, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, outputs or [name],
                                           name=name + "_node", **attributes))
        return name

    def linear(self, x, inputs, outputs, name, gain=1.0):
        w = self.rng.standard_normal((inputs, outputs)) * gain / inputs**0.5
        y = self.op("MatMul", [x, self.constant(name + "_w", w)], name)
        if not self.biased:
            return y
        b = self.constant(name + "_b",
                          0.2 * self.rng.standard_normal(outputs))
        order = [y, b] if self.rng.integers(2) else [b, y]
        return self.op("Add", order, name + "_add")

    def norm(self, x, name):
        scale = self.constant(name + "_scale",
                              1 + 0.2 * self.rng.standard_normal(self.width))
        bias = self.constant(name + "_bias",
                             0.2 * self.rng.standard_normal(self.width))
        if self.norm_op:
            return self.op("LayerNormalization", [x, scale, bias], name,
                           axis=-1, epsilon=1e-5)
        m = self.op("ReduceMean", [x], name + "_mean", axes=[-1])
        d = self.op("Sub", [x, m], name + "_d")
        p = self.op("Pow", [d, self.constant(name + "_two", 2)], name + "_p")
        v = self.op("ReduceMean", [p], name + "_var", axes=[-1])
        v = self.op("Add", [v, self.constant(name + "_eps", 1e-5)],
                    name + "_e")
        v = self.op("Sqrt", [v], name + "_dev")
        y = self.op("Div", [d, v], name + "_div")
        y = self.op("Mul", [y, scale], name + "_mul")
        return self.op("Add", [y, bias], name)

    def gelu(self, x, name):
        y = self.op("Div", [x, self.constant(name + "_r", math.sqrt(2))],
                    name + "_div")
        y = self.op("Erf", [y], name + "_erf")
        y = self.op("Add", [y, self.constant(name + "_one", 1)], name + "_add")
        y = self.op("Mul", [x, y], name + "_mul")
        return self.op("Mul", [y, self.constant(name + "_half", 0.5)], name)

    def block(self, x, n):
        name = f"l{n}"
        h = self.norm(x, name + "_n1") if self.pre_norm else x
        if self.fused:
            qkv = self.linear(h, self.width, 3 * self.width, name + "_qkv", 2)
            sizes = self.constant(name + "_sizes", [self.width] * 3, np.int64)
            parts = [f"{name}_{c}" for c in "qkv"]
            self.op("Split", [qkv, sizes], name + "_split", parts, axis=-1)
        else:
            parts = [self.linear(h, self.width, self.width, f"{name}_{c}",
                                 2 if c != "v" else 1) for c in "qkv"]
        shape = self.constant(name + "_shape",
                              [0, self.tokens, self.heads, self.size], np.int64)
        orders = [[0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]]
        q, k, v = (self.op("Transpose",
                           [self.op("Reshape", [part, shape],
                                    f"{name}_{c}_split")],
                           f"{name}_{c}_heads", perm=order)
                   for part, c, order in zip(parts, "qkv", orders))
        scores = self.op("MatMul", [q, k], name + "_scores")
        if self.divide:
            root = self.constant(name + "_root", math.sqrt(self.size))
            scores = self.op("Div", [scores, root], name + "_scaled")
        else:
            root = self.constant(name + "_root", 1 / math.sqrt(self.size))
            scores = self.op("Mul", [scores, root], name + "_scaled")
        if self.mask:
            scores = self.op("Add", [scores, "mask"], name + "_masked")
        p = self.op("Softmax", [scores], name + "_softmax", axis=-1)
        h = self.op("MatMul", [p, v], name + "_context")
        h = self.op("Transpose", [h], name + "_context_t", perm=[0, 2, 1, 3])
        shape = self.constant(name + "_join", [0, self.tokens, self.width],
                              np.int64)
        h = self.op("Reshape", [h, shape], name + "_joined")
        h = self.linear(h, self.width, self.width, name + "_o")
        x = self.op("Add", [x, h], name + "_res1")
        if not self.pre_norm:
            x = self.norm(x, name + "_n1")
        h = self.norm(x, name + "_n2") if self.pre_norm else x
        h = self.linear(h, self.width, self.hidden, name + "_f1", 1.5)
        h = (self.op("Relu", [h], name + "_act") if self.activation == "relu"
             else self.gelu(h, name + "_act"))
        h = self.linear(h, self.hidden, self.width, name + "_f2")
        x = self.op("Add", [x, h], name + "_res2")
        return x if self.pre_norm else self.norm(x, name + "_n2")

    def build(self, path):
        batch = self.batch or "batch"
        inputs = []

        def add_input(name, kind, shape):
            inputs.append(helper.make_tensor_value_info(name, kind, shape))

        if self.words:
            add_input("ids", TensorProto.INT64, [batch, self.tokens])
            table = self.constant("table",
                                  self.rng.standard_normal((17, self.width)))
            x = self.op("Gather", [table, "ids"], "words")
        else:
            add_input("x", TensorProto.FLOAT,
                      [batch, self.tokens, self.features])
            x = self.linear("x", self.features, self.width, "embed")
        position = 0.3 * self.rng.standard_normal((1, self.tokens, self.width))
        x = self.op("Add", [x, self.constant("position", position)], "embedded")
        if self.mask == "tokens":
            add_input("attention_mask", TensorProto.INT64,
                      [batch, self.tokens])
            axes = self.constant("mask_axes", [1, 2], np.int64)
            m = self.op("Unsqueeze", ["attention_mask", axes], "mask_4d")
            m = self.op("Cast", [m], "mask_float", to=TensorProto.FLOAT)
            m = self.op("Sub", [self.constant("mask_one", 1), m], "mask_off")
            self.op("Mul", [m, self.constant("mask_low", -10000)], "mask")
        elif self.mask == "additive":
            add_input("mask", TensorProto.FLOAT, [batch, 1, 1, self.tokens])
        for n in range(self.layers):
            x = self.block(x, n)
        if self.pre_norm:
            x = self.norm(x, "last")
        shape = [batch, self.tokens, 5]
        if self.pooled:
            zero = self.constant("first", 0, np.int64)
            x = self.op("Gather", [x, zero], "pooled", axis=1)
            shape = [batch, 5]
        y = self.linear(x, self.width, 5, "head")
        self.nodes[-1].output[0] = "y"
        output = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, "random", inputs, [output],
                                  self.weights)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)

    def draw_inputs(self, samples):
        count = samples * (self.batch or 1)
        keep = np.ones((count, self.tokens), np.int64)
        for row in keep:
            row[self.rng.integers(1, self.tokens + 1):] = 0
        arrays = {}
        if self.words:
            arrays["ids"] = self.rng.integers(0, 17, (count, self.tokens))
        else:
            arrays["x"] = self.rng.standard_normal(
                (count, self.tokens, self.features)).astype(np.float32)
        if self.mask == "tokens":
            arrays["attention_mask"] = keep
        elif self.mask == "additive":
            arrays["mask"] = ((1 - keep) * -10000.0).astype(
                np.float32)[:, None, None, :]
        return arrays


def draw_flags(rng):
    bits = int(rng.integers(2, 9))
    flags = ["--act-bits", str(bits),
             "--weight-bits", str(rng.choice([8, 8, 4, 2, 1]))]
    if rng.integers(2):
        flags += ["--kv-bits", str(rng.choice([1, 4, 8]))]
    if rng.integers(2):
        radius = int(rng.integers(0, 4))
        flags += ["--dead-zone", str(min(radius, 2**bits // 4))]
    mask = ["mode", "zero", "plain", f"level:{rng.integers(2**bits)}",
            None][rng.integers(5)]
    if mask:
        flags += ["--mask", mask]
    flags += ["--range", str(rng.choice(["mse", "percentile", "max"]))]
    if rng.integers(2):
        flags += ["--correct-bias=false"]
    # The reference quantises the network of the .onnx file (low_bits.py has
    # networks that are changed first).
    flags += ["--equalize", "off", "--probability", "softmax",
              "--fit-weights", "off"]
    return flags


def run_seed(seed, folder, checks):
    rng = np.random.default_rng(seed)
    network = Network(rng)
    flags = draw_flags(rng)
    os.makedirs(folder, exist_ok=True)
    path = lambda *parts: os.path.join(folder, *parts)
    network.build(path("model.onnx"))
    np.savez(path("inputs.npz"), **network.draw_inputs(SAMPLES))
    np.savez(path("calibration.npz"), **network.draw_inputs(12))
    label = f"seed {seed}: {network}; {' '.join(flags)}"

    def attempt(*command):
        result = execute(command)
        if result.returncode:
            raise RuntimeError(f"{os.path.basename(command[0])} exits with "
                               f"{result.returncode}: {result.stderr.strip()}")

    try:
        attempt("snnc", path("model.onnx"), "-o", path("out"), "--calibrate",
                path("calibration.npz"), "--dump-phases", path("phases"),
                *flags)
        results = {}
        for name, module in (
                ("onnx", "model.onnx"), ("import", "phases/0.import.mlir"),
                ("quantise", "phases/1.quantise.mlir"),
                ("spike", "phases/2.spike.mlir"),
                ("engines", "phases/3.engines.mlir"),
                ("record", "out/model.mlir"),
                ("sim module", "phases/4.sim.mlir")):
            attempt("snn-run", path(module), "--input", path("inputs.npz"),
                    "--output", path("y.npz"))
            results[name] = load(path("y.npz"))
        counts = []
        for mode in ("fast", "event", "stepped"):
            attempt(path("out", "sim"), "--input", path("inputs.npz"),
                    "--output", path("y.npz"), "--mode", mode, "--stats",
                    path("s.json"))
            results[mode] = load(path("y.npz"))
            counts.append(load_json(path("s.json"))["sites"])
    except RuntimeError as error:
        checks.check(False, f"{label}: {error}")
        return
    bad = [f"{name}: {n} elements" for name in results
           if name not in ("onnx", "import", "quantise")
           and (n := different_bits(results["quantise"], results[name]))]
    # Recognised operators add up in another order than their subgraphs.
    float_y = results["onnx"]["y"]
    apart = np.abs(results["import"]["y"] - float_y).max()
    if not apart <= 1e-4 * np.abs(float_y).max():
        bad.append(f"import differs from the .onnx by {apart}")
    report = load_json(path("out", "quantisation.json"))
    plain = "plain" in flags
    reference = Reference(
        path("model.onnx"), report,
        masks="plain" if plain else {s["name"]: s["mask"]
                                     for s in report["sites"]},
        weight_bits=int(flags[flags.index("--weight-bits") + 1]))
    y = reference.run(load(path("inputs.npz")))
    n = different_bits(y, results["fast"])
    if n:
        bad.append(f"reference: {n} elements")
    spikes = {s: c.spikes for s, c in reference.counts.items()}
    counted = {s: c["spikes"] for s, c in counts[0].items()}
    if spikes != counted:
        bad.append(f"reference counts {spikes}, not {counted}")
    if not np.isfinite(results["quantise"]["y"]).all():
        bad.append("not finite")
    if counts[0] != counts[1] or counts[0] != counts[2]:
        bad.append("modes count different spikes")
    error = np.abs(results["quantise"]["y"] - float_y).mean()
    spread = float_y.std()
    checks.check(not bad, f"{label}: error / spread {error / spread:.3f}"
                 f"{'; DIFFERS: ' + ', '.join(bad) if bad else ''}")


def main():
    arguments = sys.argv[1:]
    keep = None
    if "--keep" in arguments:
        at = arguments.index("--keep")
        keep = arguments[at + 1]
        del arguments[at:at + 2]
    count = int(arguments[0]) if arguments else 20
    first = int(arguments[1]) if len(arguments) > 1 else 0
    checks = Checks()
    for seed in range(first, first + count):
        if keep:
            run_seed(seed, os.path.join(keep, str(seed)), checks)
        else:
            with scratch() as folder:
                run_seed(seed, folder, checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
