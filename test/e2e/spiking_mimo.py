# The MIMO detector with LIF neurons and SDSA-3: recognised exactly, compiled without
# a float product, the same bits at every level of execution.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import re
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, RECOVERY, Checks, compile_model, execute, interpret,
                 load_json, mimo_prompts, must, scratch, simulate)

sys.path.insert(0, MIMO)
import export_spiking
from mimo_weights import DEPTH, random_weights


def lif(x, threshold=1.0):
    """The neurons of the model, in float32 and in the documented order."""
    membrane = np.zeros_like(x[0])
    spikes = np.empty_like(x)
    for t, now in enumerate(x):
        h = membrane + (now - membrane) / np.float32(2)
        spikes[t] = h >= np.float32(threshold)
        membrane = np.where(spikes[t] > 0, np.float32(0), h)
    return spikes


def check_dyadic(checks, folder):
    """LIF and SDSA of random dyadic inputs, bit for bit against numpy."""
    random = np.random.default_rng(3)
    x = (random.integers(-32, 128, (4, 2, 3, 5, 8)) / 32).astype(np.float32)
    mask = np.tril(np.ones((5, 5), np.uint8))
    attributes = "tau = 2.0 : f64, decay_input"
    train = "tensor<4x2x3x5x8x!spike.binary<steps = 4>>"
    real = "tensor<4x2x3x5x8xf32>"
    text = f"""func.func @main(%q: {real}, %k: {real}, %v: {real}) -> ({real}, {real}, {real}) {{
  %0 = spike.lif %q "q" {{threshold = 1.0 : f64, {attributes}}} : {real} -> {train}
  %1 = spike.lif %k "k" {{threshold = 0.5 : f64, {attributes}}} : {real} -> {train}
  %2 = spike.lif %v "v" {{threshold = 0.25 : f64, {attributes}}} : {real} -> {train}
  %3 = spike.sdsa %0, %1, %2 "a" {{variant = 3 : i64, scale = 0.125 : f64, threshold = 0.5 : f64, {attributes}}} : {train}
  %4 = spike.sdsa %0, %1, %2 "b" {{variant = 3 : i64, scale = 0.125 : f64, threshold = 0.5 : f64, {attributes}, mask = dense<{mask.tolist()}> : tensor<5x5xui8>}} : {train}
  %5 = spike.dequantize %0 : {train} -> {real}
  %6 = spike.dequantize %3 : {train} -> {real}
  %7 = spike.dequantize %4 : {train} -> {real}
  return %5, %6, %7 : {real}, {real}, {real}
}}
"""
    module = os.path.join(folder, "dyadic.mlir")
    with open(module, "w") as file:
        file.write(text)
    inputs = os.path.join(folder, "dyadic.npz")
    np.savez(inputs, arg0=x, arg1=x[::-1], arg2=x[:, ::-1])
    got = interpret(module, inputs, os.path.join(folder, "dyadic.out.npz"))
    q, k, v = lif(x), lif(x[::-1], 0.5), lif(x[:, ::-1], 0.25)
    qk = np.einsum("tbhnd,tbhmd->tbhnm", q, k)
    plain = lif((qk @ v) * np.float32(0.125), 0.5)
    masked = lif(((qk * mask.astype(np.float32)) @ v) * np.float32(0.125), 0.5)
    checks.equal(got, {"result0": q, "result1": plain, "result2": masked},
                 "LIF and SDSA of dyadic inputs")
    rates = [float(a.mean()) for a in (q, k, v, plain, masked)]
    checks.check(all(0.02 < rate < 0.98 for rate in rates),
                 "neurons fire at rates " + ", ".join(f"{r:.2f}" for r in rates))


def check_steps(checks, folder, weights, steps, prompts, calibration):
    label = f"T = {steps}"
    to = lambda name: os.path.join(folder, f"{steps}-{name}")
    model = to("sdsa.onnx")
    export_spiking.export(weights, "sdsa", model, steps)
    # The float network, as imported and as recognised.
    recovered = to("recovered.mlir")
    must(["snn-opt", model, *RECOVERY, "--snn-externalize-weights=archive="
          + to("recovered.safetensors"), "-o", recovered])
    with open(recovered) as file:
        text = file.read()
    neurons, attentions = (len(re.findall(op, text))
                           for op in (r"spike\.lif ", r"spike\.sdsa "))
    checks.check((neurons, attentions) == (6 * DEPTH + 1, DEPTH),
                 f"{label}: {neurons} layers of neurons, {attentions} attentions")
    checks.check(not re.search(r"greater_or_equal|onnx\.div", text),
                 f"{label}: nothing of the exported neurons is left")
    checks.equal(interpret(model, prompts, to("f.npz")),
                 interpret(recovered, prompts, to("r.npz")),
                 f"{label}: recognised = imported network")
    # Quantised, spiking, simulated.
    out = compile_model(model, to("out"), "--calibrate", calibration,
                        phases=True)
    left = load_json(os.path.join(out, "quantisation.json"))["float_products"]
    checks.check(left == [], f"{label}: no product is left in float: {left}")
    statistics, expected = {}, None
    for mode in ("fast", "event", "stepped"):
        stats = to(mode + ".json")
        got = simulate(out, prompts, to(mode + ".npz"), mode, stats)
        statistics[mode] = load_json(stats)["sites"]
        if mode == "fast":
            expected = got
            continue
        checks.equal(expected, got, f"{label}: sim {mode} = sim fast")
        checks.check(statistics[mode] == statistics["fast"],
                     f"{label}: sim {mode} counts what fast counts")
    for phase in ("1.quantise", "2.spike", "3.engines"):
        got = interpret(os.path.join(out, "phases", phase + ".mlir"), prompts,
                        to(phase + ".npz"))
        checks.equal(expected, got, f"{label}: {phase} = sim")
    spikes = sum(site["spikes"] for site in statistics["fast"].values())
    checks.check(spikes > 0, f"{label}: {spikes} spikes")
    return model


def check_trained(checks, folder, calibration):
    """What quantisation costs the trained detector."""
    model = os.path.join(MIMO, "mimo_sdsa.onnx")
    prompts, labels = mimo_prompts(folder, 500, "trained.npz", 991)
    out = compile_model(model, os.path.join(folder, "trained"), "--coding", "lif",
                        "--attention", "sdsa", "--calibrate", calibration)

    def error_rate(outputs):
        decided, sent = outputs["logits"][:, -1].argmax(-1), labels[:, -1]
        wrong = [decided // 4 != sent // 4, decided % 4 != sent % 4]
        return float(np.mean(wrong))

    float_rate = error_rate(interpret(model, prompts,
                                      os.path.join(folder, "float.npz")))
    rate = error_rate(simulate(out, prompts, os.path.join(folder, "sim.npz")))
    checks.check(rate < float_rate + 0.03,
                 f"trained: error rate {rate:.3f}, of the float network "
                 f"{float_rate:.3f}")
    checks.check(rate < 0.375, "trained: at most half of guessing (0.75)")


def main():
    checks = Checks()
    with scratch() as folder:
        check_dyadic(checks, folder)
        prompts, _ = mimo_prompts(folder, 12)
        calibration, _ = mimo_prompts(folder, 32, "calibration.npz", 7)
        counts = random_weights(1)
        for steps in (4, 1):
            # A single step sees as much as four.
            weights = export_spiking.in_steps(counts) if steps == 4 else counts
            model = check_steps(checks, folder, weights, steps, prompts,
                                calibration)
        check_trained(checks, folder, calibration)
        # Another attention is another function.
        for flags, reason in (
                (["--attention", "ssa"], "is spike-driven attention"),
                (["--attention", "mttfs"], "is spike-driven attention"),
                (["--coding", "phase", "--attention", "sdsa"],
                 "has no attention engine 'sdsa'")):
            result = execute(["snnc", model, "-o", os.path.join(folder, "no"),
                              "--calibrate", calibration, *flags])
            checks.check(result.returncode != 0 and reason in result.stderr,
                         f"{' '.join(flags)} is refused")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
