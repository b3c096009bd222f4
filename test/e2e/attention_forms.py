# Attention as exporters and optimisers write it: recovered, so that queries and
# probabilities fire, close to the float model, and equal in three modes.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""attention_forms.py [FORM...]"""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (Checks, compile_model, interpret, load_json, scratch,
                 simulate)

TOKENS, HEADS, DEPTH, ROWS = 6, 4, 8, 48
WIDTH = HEADS * DEPTH


class Builder:
    """Nodes, constants and inputs of one model."""

    def __init__(self):
        self.random = np.random.default_rng(3)
        self.nodes, self.constants, self.inputs, self.feeds = [], [], [], {}

    def add(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(
            op, inputs.split(), output.split(), name=output.split()[0], **attributes))
        # "_" is an input that is left out.
        for i, name in enumerate(self.nodes[-1].input):
            if name == "_":
                self.nodes[-1].input[i] = ""
        return output.split()[0]

    def contrib(self, op, inputs, output, **attributes):
        return self.add(op, inputs, output, domain="com.microsoft", **attributes)

    def const(self, name, values):
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def weight(self, name, *shape):
        scale = np.sqrt(1 / shape[0]) if len(shape) > 1 else 0.1
        return self.const(name, (scale * self.random.normal(size=shape)).astype(np.float32))

    def input(self, name, shape, type=TensorProto.FLOAT, values=None):
        self.inputs.append(helper.make_tensor_value_info(name, type, ["batch", *shape]))
        self.feeds[name] = (self.random.normal(size=(ROWS, *shape)).astype(np.float32)
                            if values is None else values)
        return name

    def linear(self, x, name, outputs, inputs=WIDTH):
        self.weight(name + ".w", inputs, outputs)
        self.weight(name + ".b", outputs)
        return self.add("Add", self.add("MatMul", f"{x} {name}.w", name + ".m") +
                        f" {name}.b", name)

    def heads(self, x, name, count=HEADS, perm=(0, 2, 1, 3)):
        self.const(name + ".shape", np.array([0, 0, count, DEPTH]))
        return self.add("Transpose", self.add("Reshape", f"{x} {name}.shape", name + ".r"),
                        name, perm=list(perm))

    def finish(self, y, opset=17):
        self.add("Identity", y, "y")
        graph = helper.make_graph(
            self.nodes, "attention", self.inputs,
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], self.constants)
        return helper.make_model(graph, opset_imports=[
            helper.make_operatorsetid("", opset),
            helper.make_operatorsetid("com.microsoft", 1)])


def join(b, context, tokens=TOKENS):
    """[B, H, S, D] through an output projection."""
    b.const("joined", np.array([0, tokens, WIDTH]))
    rows = b.add("Transpose", context, "rows", perm=[0, 2, 1, 3])
    return b.linear(b.add("Reshape", f"{rows} joined", "flat"), "out", WIDTH)


def optimised(b):
    """An encoder layer as ONNX Runtime's optimiser writes it, with padding."""
    x = b.input("x", [TOKENS, WIDTH])
    lengths = b.random.integers(3, TOKENS + 1, ROWS)
    mask = (np.arange(TOKENS) < lengths[:, None]).astype(np.int32)
    b.input("mask", [TOKENS], TensorProto.INT32, mask)
    b.weight("qkv.w", WIDTH, 3 * WIDTH)
    b.weight("qkv.b", 3 * WIDTH)
    y = b.contrib("Attention", f"{x} qkv.w qkv.b mask", "attention", num_heads=HEADS)
    b.weight("proj.w", WIDTH, WIDTH)
    y = b.add("MatMul", f"{y} proj.w", "proj")
    for name in ("g1", "g2"):
        b.const(name, np.ones(WIDTH, np.float32))
    for name in ("b1", "b2", "proj.b", "down.b"):
        b.const(name, np.zeros(WIDTH, np.float32))
    y = b.contrib("SkipLayerNormalization", f"{y} {x} g1 b1 proj.b", "norm1", epsilon=1e-5)
    b.weight("up.w", WIDTH, 2 * WIDTH)
    b.weight("up.b", 2 * WIDTH)
    b.weight("down.w", 2 * WIDTH, WIDTH)
    up = b.contrib("BiasGelu", b.add("MatMul", f"{y} up.w", "up") + " up.b", "gelu")
    down = b.add("MatMul", f"{up} down.w", "down")
    y = b.contrib("SkipLayerNormalization", f"{down} {y} g2 b2 down.b", "norm2", epsilon=1e-5)
    first = b.const("first", np.int64(0))
    return b.finish(b.add("Gather", f"{y} {first}", "pooled", axis=1))


def multi_query(b):
    """One head of keys and values, which the products broadcast."""
    x = b.input("x", [TOKENS, WIDTH])
    q = b.heads(b.linear(x, "q", WIDTH), "qh")
    keys = b.heads(b.linear(x, "k", DEPTH), "kt", 1, (0, 2, 3, 1))
    values = b.heads(b.linear(x, "v", DEPTH), "vh", 1)
    b.const("scale", np.float32(DEPTH ** 0.5))
    scores = b.add("Div", b.add("MatMul", f"{q} {keys}", "scores") + " scale", "scaled")
    b.add("Softmax", scores, "p", axis=-1)
    return b.finish(join(b, b.add("MatMul", f"p {values}", "context")))


def learned_query(b):
    """Pooling: a parameter asks, once for every sample."""
    x = b.input("x", [TOKENS, WIDTH])
    b.weight("seed", HEADS, 1, DEPTH)
    keys = b.heads(b.linear(x, "k", WIDTH), "kt", HEADS, (0, 2, 3, 1))
    values = b.heads(b.linear(x, "v", WIDTH), "vh")
    b.add("Softmax", b.add("MatMul", f"seed {keys}", "scores"), "p", axis=-1)
    return b.finish(join(b, b.add("MatMul", f"p {values}", "context"), 1))


def folded_heads(b):
    """Heads folded into the batch, apart only where the mask is added (BART)."""
    x = b.input("x", [TOKENS, WIDTH])
    b.input("bias", [1, 1, TOKENS])
    b.const("fold", np.array([-1, TOKENS, DEPTH]))
    b.const("apart", np.array([-1, HEADS, TOKENS, TOKENS]))
    b.const("again", np.array([-1, TOKENS, TOKENS]))
    b.const("four", np.array([-1, HEADS, TOKENS, DEPTH]))
    q, k, v = (b.add("Reshape", b.heads(b.linear(x, n, WIDTH), n + "h") + " fold", n + "f")
               for n in "qkv")
    b.const("scale", np.float32(DEPTH ** -0.5))
    q = b.add("Mul", f"{q} scale", "qs")
    kt = b.add("Transpose", k, "kt", perm=[0, 2, 1])
    scores = b.add("Reshape", b.add("MatMul", f"{q} {kt}", "scores") + " apart", "s4")
    b.add("Softmax", b.add("Add", f"{scores} bias", "masked"), "p4", axis=-1)
    b.add("MatMul", b.add("Reshape", "p4 again", "p") + f" {v}", "context")
    return b.finish(join(b, b.add("Reshape", "context four", "c4")))


def grouped(b):
    """GroupQueryAttention with a rotary embedding, no past."""
    x = b.input("x", [TOKENS, WIDTH])
    q, k, v = (b.linear(x, n, w) for n, w in
               (("q", WIDTH), ("k", WIDTH // 2), ("v", WIDTH // 2)))
    angle = np.arange(TOKENS)[:, None] / 10 ** np.arange(DEPTH // 2)
    b.const("cos", np.cos(angle).astype(np.float32))
    b.const("sin", np.sin(angle).astype(np.float32))
    b.input("last", [], TensorProto.INT32, np.full(ROWS, TOKENS - 1, np.int32))
    b.const("total", np.int32(TOKENS))
    y = b.contrib("GroupQueryAttention", f"{q} {k} {v} _ _ last total cos sin", "gqa",
                  num_heads=HEADS, kv_num_heads=HEADS // 2, do_rotary=1)
    return b.finish(b.linear(y, "out", WIDTH))


def standard(b):
    """ONNX 23's operator, causal, on keys and values of another sequence."""
    x = b.input("x", [TOKENS, WIDTH])
    memory = b.input("memory", [9, WIDTH])
    q, k, v = b.linear(x, "q", WIDTH), b.linear(memory, "k", WIDTH), b.linear(memory, "v", WIDTH)
    y = b.add("Attention", f"{q} {k} {v}", "attention", q_num_heads=HEADS,
              kv_num_heads=HEADS, is_causal=1)
    return b.finish(b.linear(y, "out", WIDTH), opset=23)


FORMS = {f.__name__: f for f in (optimised, multi_query, learned_query, folded_heads,
                                 grouped, standard)}


def check_form(checks, name, folder):
    b = Builder()
    path, inputs = os.path.join(folder, name + ".onnx"), os.path.join(folder, name + ".npz")
    onnx.save(FORMS[name](b), path)
    np.savez(inputs, **b.feeds)
    out = compile_model(path, os.path.join(folder, name), "--calibrate", inputs)
    report = load_json(os.path.join(out, "quantisation.json"))
    checks.check(not report["float_products"],
                 f"{name}: no product in float ({report['float_products']})")
    kinds = {site["kind"] for site in report["sites"]}
    checks.check({"query", "key", "probability", "value"} <= kinds,
                 f"{name}: has the sites of attention ({', '.join(sorted(kinds))})")
    want = interpret(path, inputs, os.path.join(folder, "float.npz"))["y"]
    have = {mode: simulate(out, inputs, os.path.join(folder, mode + ".npz"), mode)
            for mode in ("fast", "event", "stepped")}
    error = np.abs(have["fast"]["y"].reshape(want.shape) - want).max() / np.ptp(want)
    checks.check(error < 0.05, f"{name}: {error:.1%} of the float model's range")
    checks.equal(have["fast"], have["event"], f"{name}: event mode")
    checks.equal(have["fast"], have["stepped"], f"{name}: stepped mode")
    module = interpret(os.path.join(out, "model.mlir"), inputs,
                       os.path.join(folder, "model.npz"))
    checks.equal(have["fast"], module, f"{name}: interpreter")


checks = Checks()
with scratch() as folder:
    for form in sys.argv[1:] or FORMS:
        check_form(checks, form, folder)
sys.exit(checks.finish())
