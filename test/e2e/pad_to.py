# One compiled network for several lengths (--pad-to): shorter samples have the results of a
# network of their own length, in three modes, on the virtual chip and in the interpreter,
# whatever the model masks its padding by; a model that does not is refused.
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

from e2e import Checks, compile_model, execute, interpret, load_json, scratch, simulate
from model import BOOL, F32, I64, const, node, save, value

SAMPLES, BOUND, HEADS, DEPTH, WORDS, PAD = 6, 12, 2, 8, 20, 3
WIDTH = HEADS * DEPTH
RANDOM = np.random.default_rng(61)
WEIGHTS = {name: (RANDOM.normal(size=shape) / 3).astype(np.float32)
           for name, shape in dict(table=(WORDS, WIDTH), wq=(WIDTH, WIDTH), wk=(WIDTH, WIDTH),
                                   wv=(WIDTH, WIDTH), wo=(WIDTH, WIDTH), bo=(WIDTH,)).items()}


def quantised(nodes, name, scale):
    """A pair of quantisers behind the value `name`."""
    nodes += [node("QuantizeLinear", f"{name} {scale} zero8", f"{name}_q8"),
              node("DequantizeLinear", f"{name}_q8 {scale} zero8", f"{name}_dq")]
    return f"{name}_dq"


def write(path, form, stored=False, mean=False):
    """An encoder layer whose softmax is masked in the given form."""
    constants = [const(name, array) for name, array in WEIGHTS.items()]
    constants += [const("split", [0, 0, HEADS, DEPTH]), const("join", [0, 0, WIDTH]),
                  const("root", DEPTH ** -.5), const("low", -1e4), const("none", -np.inf),
                  const("one", 1.0), const("axes", [1, 2]), const("first", 0),
                  const("pad", PAD)]
    quantise = (lambda nodes, name, scale: quantised(nodes, name, scale)) if stored else (
        lambda nodes, name, scale: name)
    if stored:
        constants += [const("zero8", 0, np.int8), const("s_x", .02), const("s_p", 1 / 127),
                      const("s_h", .05)]
    inputs = [value("ids", ["n", "seq"], I64)]
    nodes = [node("Gather", "table ids", "x")]
    x = quantise(nodes, "x", "s_x")
    weight = {}
    for w in ("wq", "wk", "wv", "wo"):
        weight[w] = quantise(nodes, w, "s_x")
    for h in "qkv":
        nodes += [node("MatMul", [x, weight[f"w{h}"]], f"{h}_all"),
                  node("Reshape", f"{h}_all split", f"{h}_split"),
                  node("Transpose", f"{h}_split", h,
                       perm=[0, 2, 3, 1] if h == "k" else [0, 2, 1, 3])]
    q, k, v = (quantise(nodes, h, "s_h") for h in "qkv")
    nodes += [node("MatMul", [q, k], "raw"), node("Mul", "raw root", "scores")]
    masked = "masked"
    if form == "int mask":
        inputs.append(value("mask", ["n", "seq"], I64))
        nodes += [node("Unsqueeze", "mask axes", "mask4"), node("Cast", "mask4", "keep", to=1),
                  node("Sub", "one keep", "hide"), node("Mul", "hide low", "term"),
                  node("Add", "scores term", masked)]
    elif form == "float mask":
        inputs.append(value("mask", ["n", 1, 1, "seq"], F32))
        nodes += [node("Add", "scores mask", masked)]
    elif form == "bool mask that hides":
        inputs.append(value("mask", ["n", "seq"], BOOL))
        nodes += [node("Unsqueeze", "mask axes", "mask4"),
                  node("Where", "mask4 none scores", masked)]
    elif form == "ids":
        nodes += [node("Equal", "ids pad", "hidden"), node("Unsqueeze", "hidden axes", "hidden4"),
                  node("Where", "hidden4 none scores", masked)]
    else:
        masked = "scores"
    nodes += [node("Softmax", masked, "p", axis=-1)]
    p = quantise(nodes, "p", "s_p")
    nodes += [node("MatMul", [p, v], "c_heads"),
              node("Transpose", "c_heads", "c_split", perm=[0, 2, 1, 3]),
              node("Reshape", "c_split join", "c")]
    c = quantise(nodes, "c", "s_x")
    nodes += [node("MatMul", [c, weight["wo"]], "o"), node("Add", "o bo", "hidden_state")]
    nodes += [node("ReduceMean", "hidden_state", "pooled", axes=[1], keepdims=0) if mean else
              node("Gather", "hidden_state first", "pooled", axis=1)]
    save(path, nodes, inputs,
         [value("hidden_state", ["n", "seq", WIDTH]), value("pooled", ["n", WIDTH])], constants)


def data(form, length, padded_to=0, samples=SAMPLES, least=None):
    """Samples of `length` tokens, the last of which count in some only; filled up."""
    random = np.random.default_rng(length)
    ids = random.integers(4, WORDS, (samples, length))
    least = least or max(1, length - 2)
    kept = np.arange(length) < random.integers(least, length + 1, (samples, 1))
    full = padded_to or length
    grown = lambda array, fill: np.pad(array, [(0, 0)] * (array.ndim - 1)
                                       + [(0, full - length)], constant_values=fill)
    if form == "ids":
        return {"ids": grown(np.where(kept, ids, PAD), PAD)}
    arrays = {"ids": grown(ids, 0)}
    if form == "int mask":
        arrays["mask"] = grown(kept.astype(np.int64), 0)
    elif form == "float mask":
        arrays["mask"] = grown(np.where(kept, 0, -1e4).astype(np.float32)[:, None, None], -1e4)
    elif form == "bool mask that hides":
        arrays["mask"] = grown(~kept, True)
    return arrays


def cut(arrays, length):
    return {"hidden_state": arrays["hidden_state"][:, :length], "pooled": arrays["pooled"]}


def check_form(checks, to, form, stored):
    label = f"{form}{', quantisers of its own' if stored else ''}"
    write(to("m.onnx"), form, stored)
    np.savez(to("c.npz"), **data(form, 10, samples=48, least=2))
    own = [] if stored else ["--calibrate", to("c.npz")]
    out = compile_model(to("m.onnx"), to("out"), "--pad-to", f"seq={BOUND}", "--chip",
                        "common-22nm", *own, phases=True)
    for length in (5, 9, BOUND):
        np.savez(to("x.npz"), **data(form, length))
        np.savez(to("full.npz"), **data(form, length, BOUND))
        wanted = cut(simulate(out, to("full.npz"), to("y.npz"), stats=to("full.json")), length)
        for mode in ("fast", "event", "stepped"):
            have = simulate(out, to("x.npz"), to("y.npz"), mode, stats=to("s.json"))
            checks.equal(wanted, have, f"{label}, {length} tokens, {mode}: as filled up by hand")
        full, short = load_json(to("full.json")), load_json(to("s.json"))
        checks.check(short["sites"] == full["sites"] or short["mode"] != full["mode"] and
                     [s["spikes"] for s in short["sites"]] == [s["spikes"] for s in full["sites"]],
                     f"{label}, {length} tokens: as many spikes as filled up by hand")
        for module in ("image.snnimg", "model.mlir"):
            have = interpret(os.path.join(out, module), to("x.npz"), to("y.npz"))
            checks.equal(wanted, have, f"{label}, {length} tokens: {module}")
        reference = interpret(to("m.onnx"), to("x.npz"), to("y.npz"))
        worst = max(np.abs(reference[n] - wanted[n]).max() / np.ptp(reference[n]) for n in wanted)
        checks.check(worst < .06, f"{label}, {length} tokens: {worst:.2g} of the range off float")
        if stored:
            alone = compile_model(to("m.onnx"), to("alone"), "--shape", f"seq={length}",
                                  "--emit", "sim")
            checks.equal(simulate(alone, to("x.npz"), to("y.npz")), wanted,
                         f"{label}, {length} tokens: as compiled for that length")


def main():
    checks = Checks()
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        check_form(checks, to, "int mask", stored=True)
        for form in ("int mask", "ids", "bool mask that hides", "float mask"):
            check_form(checks, to, form, stored=False)

        def refused(text, *flags, **form):
            write(to("m.onnx"), **form)
            np.savez(to("c.npz"), **data(form["form"], 10))
            ran = execute(["snnc", to("m.onnx"), "-o", to("no"), "--calibrate", to("c.npz"),
                           *flags])
            checks.check(ran.returncode == 1 and text in ran.stderr,
                         f"refused: {' '.join(ran.stderr.split())[-200:]}")

        refused("the model does not mask its padding: output", "--pad-to", "12", form="none")
        refused("output 'pooled' of 6 tokens differs", "--pad-to=12", form="int mask", mean=True)
        refused("--pad-to expects a length of at least 2", "--pad-to=1", form="int mask")
        refused("no input has a dimension behind the first that is open", "--pad-to=word=12",
                "--shape", "seq=10", form="int mask")
        write(to("m.onnx"), "int mask")
        np.savez(to("c.npz"), **data("int mask", 10))
        out = compile_model(to("m.onnx"), to("out"), "--pad-to=12", "--calibrate", to("c.npz"))
        arrays = data("int mask", 14)
        for text, wrong in (("or fewer tokens", arrays),
                            ("has the length 5", {"ids": arrays["ids"][:, :7],
                                                  "mask": arrays["mask"][:, :5]})):
            np.savez(to("x.npz"), **wrong)
            ran = execute([os.path.join(out, "sim"), "--input", to("x.npz"), "--output",
                           to("y.npz")])
            checks.check(ran.returncode == 1 and text in ran.stderr,
                         f"the simulator refuses: {ran.stderr.strip()[-120:]}")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
