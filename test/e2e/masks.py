# Attention masks in every form that exporters write: replaced (Where) and added, nested,
# with rows hidden as a whole, and PyTorch's padding mask in a network with tokens first.
# The float network is held to numpy before and after recognition, three modes to each
# other, and kept tokens to one count.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "Inputs"))
sys.path.insert(0, os.path.join(HERE, "..", "Import", "Inputs"))

from e2e import Checks, compile_model, interpret, load_json, scratch, simulate
from model import BOOL, const, node, save, value

SAMPLES, HEADS, TOKENS, DEPTH = 12, 2, 6, 4
WIDTH = HEADS * DEPTH
LEAST = float(np.finfo(np.float32).min)


def softmax(x):
    with np.errstate(invalid="ignore"):
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)


class Form:
    """One way to write a mask: nodes from `scores` to `masked`, and what they compute."""

    def __init__(self, name, mask_shape, nodes, constants, apply, hidden="even",
                 guard=False, digital=False):
        self.name, self.mask_shape, self.nodes = name, mask_shape, nodes
        self.constants, self.apply, self.hidden = constants, apply, hidden
        self.guard, self.digital = guard, digital


def replaced(name, low, rank=4, guard=False):
    return Form(name, [SAMPLES, 1, 1, TOKENS] if rank == 4 else [SAMPLES, TOKENS],
                [node("Where", "keep scores low", "masked")], [const("low", low)],
                lambda s, keep: np.where(keep, s, np.float32(low)),
                hidden="zero" if guard else "even", guard=guard)


CAUSAL = np.tril(np.ones((1, 1, TOKENS, TOKENS), bool))
FORMS = [
    replaced("replaced by -1e4", -1e4),
    replaced("replaced by -1e9", -1e9),
    replaced("replaced by the least float", LEAST),
    replaced("replaced by -inf behind a guard", -np.inf, guard=True),
    Form("replaced, nested with a causal mask", [SAMPLES, 1, 1, TOKENS],
         [node("Where", "causal scores least", "inner"),
          node("Where", "keep inner low", "masked")],
         [const("low", -1e4), const("least", LEAST), const("causal", CAUSAL, bool)],
         lambda s, keep: np.where(keep, np.where(CAUSAL, s, np.float32(LEAST)),
                                  np.float32(-1e4))),
    Form("added, then replaced", [SAMPLES, 1, 1, TOKENS],
         [node("Where", "causal zero low", "added"), node("Add", "scores added", "sum"),
          node("Where", "keep sum low", "masked")],
         [const("low", -1e4), const("zero", 0.0), const("causal", CAUSAL, bool)],
         lambda s, keep: np.where(keep, s + np.where(CAUSAL, np.float32(0), np.float32(-1e4)),
                                  np.float32(-1e4)), digital=True),
    Form("replaced, then added", [SAMPLES, 1, 1, TOKENS],
         [node("Where", "causal scores low", "inner"), node("Where", "keep zero low", "pad"),
          node("Add", "inner pad", "masked")],
         [const("low", -1e4), const("zero", 0.0), const("causal", CAUSAL, bool)],
         lambda s, keep: np.where(CAUSAL, s, np.float32(-1e4))
         + np.where(keep, np.float32(0), np.float32(-1e4)), digital=True),
    Form("added", [SAMPLES, 1, 1, TOKENS],
         [node("Where", "keep zero low", "pad"), node("Add", "scores pad", "masked")],
         [const("low", -1e4), const("zero", 0.0)],
         lambda s, keep: s + np.where(keep, np.float32(0), np.float32(-1e4)), hidden=None),
]


def weights(random):
    return {name: random.normal(0, .5, (WIDTH, WIDTH)).astype(np.float32)
            for name in ("wq", "wk", "wv", "wo")}


def write(path, form, w):
    heads = const("heads", [0, TOKENS, HEADS, DEPTH])
    nodes = []
    for name in "qkv":
        nodes += [node("MatMul", f"x w{name}", f"{name}0"),
                  node("Reshape", f"{name}0 heads", f"{name}1"),
                  node("Transpose", f"{name}1", f"{name}2",
                       perm=[0, 2, 3, 1] if name == "k" else [0, 2, 1, 3])]
    nodes += [node("MatMul", "q2 k2", "product"), node("Mul", "product scale", "scores"),
              *form.nodes, node("Softmax", "masked", "weights", axis=3)]
    last = "weights"
    if form.guard:
        nodes += [node("IsNaN", "weights", "bad"),
                  node("Where", "bad nothing weights", "guarded")]
        last = "guarded"
    nodes += [node("MatMul", f"{last} v2", "context"),
              node("Transpose", "context", "joined", perm=[0, 2, 1, 3]),
              node("Reshape", "joined width", "rows"), node("MatMul", "rows wo", "y")]
    shape = ["n"] + form.mask_shape[1:]
    save(path, nodes, [value("x", ["n", TOKENS, WIDTH]), value("keep", shape, BOOL)],
         ["y"], [heads, const("width", [0, TOKENS, WIDTH]), const("scale", DEPTH ** -.5),
                 const("nothing", 0.0), *form.constants,
                 *(const(name, array) for name, array in w.items())])


def reference(form, w, x, keep):
    split = lambda a: a.reshape(SAMPLES, TOKENS, HEADS, DEPTH).transpose(0, 2, 1, 3)
    q, k, v = (split(x @ w[name]) for name in ("wq", "wk", "wv"))
    scores = (q @ k.transpose(0, 1, 3, 2) * np.float32(DEPTH ** -.5)).astype(np.float32)
    p = softmax(form.apply(scores, keep.reshape(SAMPLES, 1, 1, TOKENS)))
    if form.guard:
        p = np.where(np.isnan(p), np.float32(0), p)
    return ((p @ v).transpose(0, 2, 1, 3).reshape(SAMPLES, TOKENS, WIDTH) @ w["wo"])


def check_form(checks, folder, form):
    random = np.random.default_rng(13)
    w = weights(random)
    x = random.uniform(-1, 1, (SAMPLES, TOKENS, WIDTH)).astype(np.float32)
    keep = np.arange(TOKENS) < random.integers(2, TOKENS + 1, (SAMPLES, 1))
    keep[:3] = False  # hidden as a whole
    keep[3] = np.arange(TOKENS) >= 3  # padding on the left
    model, inputs = os.path.join(folder, "m.onnx"), os.path.join(folder, "x.npz")
    out = os.path.join(folder, form.name.replace(" ", "_"))
    to = lambda name: os.path.join(folder, name)
    write(model, form, w)
    np.savez(inputs, x=x, keep=keep.reshape(form.mask_shape))
    wanted = reference(form, w, x, keep)
    span = np.ptp(wanted)
    error = lambda y: float(np.abs(y - wanted).max() / span)
    checks.check(error(interpret(model, inputs, to("f.npz"))["y"]) < 1e-5,
                 f"{form.name}: the file is numpy's network")
    for coding in ("mttfs", "phase"):
        flags = ["--calibrate", inputs] + (["--coding", "phase"] if coding == "phase" else [])
        compile_model(model, out, *flags, phases=True)
        phases = os.path.join(out, "phases") if os.path.isdir(os.path.join(out, "phases")) else out
        recognised = interpret(os.path.join(phases, "0.import.mlir"), inputs, to("r.npz"))["y"]
        checks.check(error(recognised) < 1e-5, f"{form.name}: so is the recognised one")
        results = [simulate(out, inputs, to(mode + ".npz"), mode, to(mode + ".json"))
                   for mode in ("fast", "event", "stepped")]
        checks.equal(results[0], results[1], f"{form.name}, {coding}: event as fast")
        checks.equal(results[0], results[2], f"{form.name}, {coding}: stepped as fast")
        bound = .05 if coding == "mttfs" else .3
        # Padding is not calibrated, but in samples that have nothing else.
        shown = keep | ~keep.any(1, keepdims=True)
        if form.hidden is None:
            # Added masks leave the scores of padding, which are not calibrated; in
            # phase coding such a row is silent.
            shown &= keep.any(1, keepdims=True)
        worst = float(np.abs(results[0]["y"] - wanted)[shown].max() / span)
        checks.check(worst < bound, f"{form.name}, {coding}: {worst:.3f} of the range off numpy")
        neurons = load_json(to("fast.json"))["totals"]["neurons"]
        checks.check(neurons == expected_neurons(keep, coding, form),
                     f"{form.name}, {coding}: {neurons} neurons of kept tokens")


def expected_neurons(keep, coding, form):
    """Vectors and rows of probabilities of the tokens that are kept."""
    kept = keep.sum(1)
    square = HEADS * int((kept ** 2).sum())
    if coding == "mttfs":
        # x, the query and the context spike; keys and values are resident.
        return int(kept.sum()) * 3 * WIDTH + square
    # All five spike; so do scores, unless the digital unit has the softmax.
    return int(kept.sum()) * 5 * WIDTH + square * (1 if form.digital else 2)


def main():
    checks = Checks()
    with scratch() as folder:
        for form in FORMS:
            check_form(checks, folder, form)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
