# Phase coding end to end: every phase and the fast simulator compute the same
# bits; event and stepped fire with them, but for potentials at a threshold.
#
# RUN: %python %s vectors random 6
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""phase.py [vectors] [random [COUNT [FIRST]]] [sst2] [vit]

vectors: known phases of encoder and softmax, and rows of masked keys, through the
interpreter and the simulator. random: small transformers with layer, batch or power
normalisation, and additive or multiplicative masks. sst2, vit: accuracy of public
models (skipped without the collection of models).
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.path.insert(0, os.path.dirname(__file__))

from e2e import (Checks, collection, compile_model, different_bits,
                 interpret, load, load_json, must, scratch, simulate)
from random_transformers import SAMPLES, Network

MODES = ("fast", "event", "stepped")


def compare_modes(checks, label, results, statistics):
    """Event and stepped against fast, by the rule of potentials at a threshold."""
    fast = statistics["fast"]
    neurons = sum(s["all_neurons"] for s in fast.values())
    near = sum(s["near_threshold"] for s in fast.values())
    checks.check(near <= max(1, 1e-5 * neurons),
                 f"{label}: {near} of {neurons} potentials at a threshold")
    for mode in ("event", "stepped"):
        moved = sum(
            sum(abs(a - b) for a, b in zip(s["slots"],
                                           statistics[mode][name]["slots"]))
            for name, s in fast.items())
        worst = max(np.abs(results[mode][n] - results["fast"][n]).max()
                    / max(np.ptp(results["fast"][n]), 1e-9)
                    for n in results["fast"])
        # A neuron that fires in a neighbouring phase changes what follows.
        checks.check(near > 0 or (moved == 0 and worst <= 1e-6),
                     f"{label}: {mode} moves {moved} spikes, outputs by "
                     f"{worst:.1e} of their range")


ENCODER = """
func.func @main(%x: tensor<1x5xf32>) -> tensor<1x5xf32> {{
  %0 = spike.phase_encode %x "x" kind activation : tensor<1x5xf32> -> tensor<1x5x{0}>
  %1 = spike.phase_decode %0 : tensor<1x5x{0}> -> tensor<1x5xf32>
  return %1 : tensor<1x5xf32>
}}
"""

# The scores' code has a base so small that it hardly rounds them.
SOFTMAX = """
func.func @main(%s: tensor<1x{1}xf32>, %m: tensor<1x{1}xf32>) -> (tensor<1x{1}xf32>, tensor<1x1xf32>, tensor<1x2xf32>) {{
  %0 = spike.phase_encode %s "s" kind score : tensor<1x{1}xf32> -> tensor<1x{1}x!s>
  %v = spike.phase_encode %s "v" kind value : tensor<1x{1}xf32> -> tensor<1x{1}x{0}>
  %p, %z = spike.woss %0 additive(%m : tensor<1x{1}xf32>) "p" kind probability
      : tensor<1x{1}x!s> -> tensor<1x{1}x{2}>, tensor<1x1xf32>
  %d = spike.phase_decode %p : tensor<1x{1}x{2}> -> tensor<1x{1}xf32>
  %w = onnx.constant dense<1.0> : tensor<2x{1}xf32>
  %k = spike.phase_encode %w "k" kind key : tensor<2x{1}xf32> -> tensor<2x{1}x{0}>
  %y = spike.phase_matmul %p, %k divisor(%z : tensor<1x1xf32>) {{transposed}}
      : tensor<1x{1}x{2}>, tensor<2x{1}x{0}> -> tensor<1x2xf32>
  return %d, %z, %y : tensor<1x{1}xf32>, tensor<1x1xf32>, tensor<1x2xf32>
}}
"""


def run_module(folder, text, arrays):
    """The results of a module, by the interpreter and all modes."""
    module, x = os.path.join(folder, "m.mlir"), os.path.join(folder, "x.npz")
    with open(module, "w") as file:
        file.write(text)
    np.savez(x, **arrays)
    results = {"interpreter": interpret(module, x, os.path.join(folder, "y.npz"))}
    sim = os.path.join(folder, "sim")
    must(["snn-opt", module, "--spike-specialize-batch", "--spike-to-emitc",
          f"--snn-write-simulator=output={sim} build=true", "-o", os.devnull])
    for mode in MODES:
        results[mode] = simulate(sim, x, os.path.join(folder, "y.npz"), mode)
    return results


def vectors(checks):
    kinds = {1.15: (40, [0, 1, 5, 16, 40], [0, 4, 14, 21, 40],
                    [.566183, .323717, .080018, .030082, 0]),
             1.4: (16, [0, 0, 2, 7, 16], [0, 1, 6, 9, 16],
                   [.527566, .376833, .070066, .025534, 0])}
    for base, (phases, codes, times, probabilities) in kinds.items():
        code = f"!spike.phase<base = {base}, phases = {phases}, scale = 1.0>"
        positive = code[:-1] + ", sign = positive>"

        def levels(phase):
            phase = np.asarray(phase)
            return np.where(phase < phases, base ** -phase.astype(float), 0)

        u = np.array([[1, .93, .5, .1, .004]], np.float32)
        signs = np.array([[1, -1, 1, -1, 1]], np.float32)
        with scratch() as folder:
            for name, y in run_module(folder, ENCODER.format(code),
                                      {"arg0": u * signs}).items():
                good = np.allclose(y["result0"], signs * levels(codes),
                                   rtol=1e-6, atol=0)
                checks.check(good, f"B = {base}, {name}: phases of the encoder")
        scores = np.array([[2, 1.5, 0, -1, -4]], np.float32)
        fine = "!s = !spike.phase<base = 1.05, phases = 127, scale = 4.0>\n"
        # An additive mask replaces the scores, which are 0 and encoded exactly.
        text = fine + SOFTMAX.format(code, 5, positive)
        masked = np.full((1, 5), -1e4, np.float32)
        low = np.full((1, 5), -30, np.float32)
        one = masked.copy()
        one[0, 2] = 0
        with scratch() as folder:
            for name, y in run_module(folder, text, {
                    "arg0": np.zeros((4, 5), np.float32), "arg1":
                    np.concatenate([scores, masked, low, one])}).items():
                weights, z = y["result0"], y["result1"]
                good = np.allclose(weights[0], levels(times), rtol=1e-6, atol=0)
                good &= np.allclose(weights[0] / z[0], probabilities, atol=5e-6)
                checks.check(good, f"B = {base}, {name}: phases of the softmax")
                good = (not weights[1].any() and z[1] == 0
                        and not y["result2"][1].any())
                good &= np.array_equal(weights[2], np.ones(5)) and z[2] == 5
                good &= np.array_equal(weights[3], [0, 0, 1, 0, 0])
                good &= all(np.isfinite(a).all() for a in y.values())
                good &= bool(np.allclose(y["result2"][[0, 2, 3]], 1, rtol=1e-6))
                checks.check(good, f"B = {base}, {name}: masked and low rows")


class PhaseNetwork(Network):
    """Random transformers with what SpikedAttention's networks have."""

    def __init__(self, rng):
        super().__init__(rng)
        self.kind = ["layer", "batch", "power"][rng.integers(3)]
        self.factor = self.mask == "additive" and bool(rng.integers(2))
        if self.kind != "layer":
            self.activation = "relu"

    def __str__(self):
        text = super().__str__() + f", {self.kind} normalisation"
        return text + (", multiplicative mask" if self.factor else "")

    def op(self, kind, inputs, name, *rest, **attributes):
        if self.factor and name.endswith("_masked"):
            kind = "Mul"
        return super().op(kind, inputs, name, *rest, **attributes)

    def norm(self, x, name):
        if self.kind == "layer":
            return super().norm(x, name)
        width = self.width
        values = {p: self.constant(f"{name}_{p}", v) for p, v in (
            ("scale", 1 + 0.2 * self.rng.standard_normal(width)),
            ("bias", 0.2 * self.rng.standard_normal(width)),
            ("mean", 0.2 * self.rng.standard_normal(width)),
            ("var", 1 + self.rng.random(width)))}
        if self.kind == "power":
            x = self.op("Div", [x, values["var"]], name + "_div")
            x = self.op("Mul", [x, values["scale"]], name + "_mul")
            return self.op("Add", [x, values["bias"]], name)
        x = self.op("Transpose", [x], name + "_t1", perm=[0, 2, 1])
        x = self.op("BatchNormalization", [x] + [values[p] for p in (
            "scale", "bias", "mean", "var")], name + "_bn")
        return self.op("Transpose", [x], name, perm=[0, 2, 1])

    def draw_inputs(self, samples):
        arrays = super().draw_inputs(samples)
        if self.factor:
            arrays["mask"] = (arrays["mask"] == 0).astype(np.float32)
        return arrays


def run_seed(checks, seed, folder):
    rng = np.random.default_rng(seed)
    network = PhaseNetwork(rng)
    base, steps = [(1.15, 40), (1.4, 16), (2.0, 8), (1.1, 60)][rng.integers(4)]
    flags = ["--coding", "phase", "--attention", "trace-woss", "--phase-base",
             base, "--phase-steps", steps]
    if rng.integers(2):
        flags += ["--phase-residual", "real"]
    if not rng.integers(4):
        flags += ["--phase-release", ["swin", "bert"][rng.integers(2)]]
    if not rng.integers(4):
        flags += ["--phase-sign-bug"]
    path = lambda *parts: os.path.join(folder, *parts)
    network.build(path("model.onnx"))
    np.savez(path("inputs.npz"), **network.draw_inputs(SAMPLES))
    np.savez(path("calibration.npz"), **network.draw_inputs(12))
    label = f"seed {seed}: {network}; {' '.join(map(str, flags[4:]))}"
    out = compile_model(path("model.onnx"), path("out"), "--calibrate",
                        path("calibration.npz"), *flags, phases=True)
    y = {phase: interpret(path("out", "phases", phase + ".mlir"),
                          path("inputs.npz"), path("y.npz"))
         for phase in ("1.quantise", "2.spike", "3.engines")}
    statistics = {}
    for mode in MODES:
        y[mode] = simulate(out, path("inputs.npz"), path("y.npz"), mode,
                           path("s.json"))
        statistics[mode] = load_json(path("s.json"))["sites"]
    bad = [n for n in ("2.spike", "3.engines", "fast")
           if different_bits(y["1.quantise"], y[n])]
    finite = all(np.isfinite(a).all() for a in y["fast"].values())
    float_y = interpret(path("model.onnx"), path("inputs.npz"), path("y.npz"))
    error = np.abs(y["fast"]["y"] - float_y["y"]).mean() / float_y["y"].std()
    kinds = {s["kind"] for s in load_json(path("out", "quantisation.json"))["sites"]}
    checks.check(not bad and finite and {"score", "probability"} <= kinds,
                 f"{label}: error / spread {error:.3f}"
                 f"{'; DIFFERS: ' + ', '.join(bad) if bad else ''}")
    compare_modes(checks, f"seed {seed}", y, statistics)


def random(checks, count, first):
    for seed in range(first, first + count):
        with scratch() as folder:
            run_seed(checks, seed, folder)


def accuracy(outputs, labels):
    logits = next(iter(outputs.values()))
    return (logits.reshape(len(labels), -1).argmax(-1) == labels).mean()


def check_accuracy(checks, model, inputs, labels, calibration, float_y, codes,
                   limit=1.0):
    """At most `limit` points below the float model, on its whole data."""
    labels = next(iter(load(labels).values()))
    float_accuracy = accuracy(load(float_y), labels)
    for base, steps in codes:
        with scratch() as folder:
            out = compile_model(
                model, os.path.join(folder, "out"), "--coding", "phase",
                "--attention", "trace-woss", "--phase-base", base,
                "--phase-steps", steps, "--calibrate", calibration)
            y = simulate(out, inputs, os.path.join(folder, "y.npz"), "fast",
                         os.path.join(folder, "s.json"))
            got = accuracy(y, labels)
            drop = 100 * (float_accuracy - got)
            totals = load_json(os.path.join(folder, "s.json"))["totals"]
            name = os.path.basename(model)
            text = (f"{name} T = {steps}, B = {base}: {got:.4f}, float "
                    f"{float_accuracy:.4f}, {totals['spikes_per_sample']:.0f} "
                    "spikes per sample")
            checks.check(limit is None or drop <= limit, text)


def sst2(checks):
    check_accuracy(checks, collection("models", "sst2_bert_tiny.onnx"),
                   collection("data", "sst2_dev.inputs.npz"),
                   collection("data", "sst2_dev.labels.npz"),
                   collection("data", "sst2_calib.npz"),
                   collection("data", "sst2_bert_tiny.outputs.npz"),
                   [(1.4, 16), (1.15, 40)])


def vit(checks):
    inputs = collection("data", "vit_cifar_ibp.inputs.npz")
    with scratch() as folder:
        calibration = os.path.join(folder, "calibration.npz")
        np.savez(calibration,
                 **{n: a[:64] for n, a in load(inputs).items()})
        check_accuracy(checks, collection("models", "vit_cifar_ibp.onnx"),
                       inputs, collection("data", "vit_cifar_ibp.labels.npz"),
                       calibration,
                       collection("data", "vit_cifar_ibp.outputs.npz"),
                       [(1.15, 40)])


def main():
    arguments = sys.argv[1:] or ["vectors", "random", "20", "sst2", "vit"]
    checks = Checks()
    while arguments:
        part = arguments.pop(0)
        numbers = []
        while arguments and arguments[0].isdigit():
            numbers.append(int(arguments.pop(0)))
        if part in ("sst2", "vit") and collection() is None:
            print(f"skipped {part}: no collection of models (set SNNC_SHARED)")
        elif part == "random":
            random(checks, *(numbers + [6, 0][len(numbers):]))
        else:
            {"vectors": vectors, "sst2": sst2, "vit": vit}[part](checks)
    return checks.finish()


sys.exit(main())
