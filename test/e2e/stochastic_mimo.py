# The MIMO detector with stochastic spiking attention: recognised exactly, compiled
# without a float product, the same bits at every level of execution, in every batch,
# thread and process.
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

from e2e import (MIMO, Checks, compile_model, different_bits, execute,
                 interpret, load, load_json, mimo_prompts, must, rows, scratch,
                 simulate)

sys.path.insert(0, MIMO)
import export_spiking
import mimo_task

HEADS, WIDTH, DEPTH = 4, 64, 3
RECOVERY = ["--canonicalize", "--cse", "--spike-recover-lif", "--canonicalize",
            "--cse", "--spike-recover-bernoulli", "--spike-match-ssa",
            "--canonicalize"]


def seeded(folder, inputs, output, seed, *flags):
    """The outputs of FOLDER/sim with a seed given at run time."""
    must([os.path.join(folder, "sim"), "--input", inputs, "--output", output,
          "--seed", seed, *flags])
    return load(output)


def check_recovery(checks, folder, model, steps, prompts):
    """The float network draws what the recognised one draws."""
    label = f"T = {steps}"
    recovered = os.path.join(folder, f"{steps}-recovered.mlir")
    weights = f"{steps}-recovered.safetensors"
    must(["snn-opt", model, *RECOVERY, "--snn-externalize-weights=archive="
          f"{os.path.join(folder, weights)} name={weights}", "-o", recovered])
    with open(recovered) as file:
        text = file.read()
    attentions = re.findall(r"spike\.ssa .*?layer_id = (\d+)", text)
    checks.check(attentions == ["0", "2", "4"],
                 f"{label}: attentions of layers {', '.join(attentions)}")
    checks.check(not re.search("random_uniform|bernoulli|greater_or_equal|softmax",
                               text),
                 f"{label}: nothing of the exported neurons is left")
    imported = interpret(model, prompts, os.path.join(folder, "f.npz"))
    checks.equal(imported,
                 interpret(recovered, prompts, os.path.join(folder, "r.npz")),
                 f"{label}: recognised = imported network")
    return imported


def check_executions(checks, folder, model, label, prompts, calibration,
                     *flags):
    """Interpreter and simulator agree; returns the simulator and its outputs."""
    to = lambda name: os.path.join(folder, f"{label}-{name}".replace(" ", ""))
    out = compile_model(model, to("out"), "--calibrate", calibration, *flags,
                        phases=True)
    left = load_json(os.path.join(out, "quantisation.json"))["float_products"]
    checks.check(left == [], f"{label}: no product is left in float: {left}")
    statistics, expected = {}, None
    for mode in ("fast", "event", "stepped"):
        got = simulate(out, prompts, to(mode + ".npz"), mode, to(mode + ".json"))
        statistics[mode] = load_json(to(mode + ".json"))["sites"]
        expected = expected or got
        checks.equal(expected, got, f"{label}: sim {mode} = sim fast")
        checks.check(statistics[mode] == statistics["fast"],
                     f"{label}: sim {mode} counts what fast counts")
    for phase in ("1.quantise", "2.spike", "3.engines"):
        got = interpret(os.path.join(out, "phases", phase + ".mlir"), prompts,
                        to(phase + ".npz"))
        checks.equal(expected, got, f"{label}: {phase} = sim")
    return out, expected, statistics["fast"]


def check_counts(checks, statistics, steps, count):
    n, d = mimo_task.TOKENS, WIDTH // HEADS
    draws = count * steps * HEADS * (n * n + n * d)
    ands = count * steps * HEADS * 2 * n * n * d
    sites = [site for site in statistics.values() if "draws" in site]
    checks.check(len(sites) == DEPTH
                 and all(site["draws"] == site["comparisons"] == draws
                         and site["ands"] == ands
                         and 0 < site["coincidences"] < ands
                         and site["spikes"] > 0 for site in sites),
                 f"{len(sites)} attentions draw {draws} numbers each and count "
                 f"{[site.get('coincidences') for site in sites]} coincidences")


def check_streams(checks, folder, out, expected, prompts, count):
    """Numbers belong to seed and sample, and to nothing else."""
    to = lambda name: os.path.join(folder, name)
    one = simulate(out, prompts, to("one.npz"), threads=1)
    checks.equal(expected, one, "one thread = two threads")
    half = count // 2
    with np.load(prompts) as arrays:
        for name, part in (("first", slice(0, half)), ("last", slice(half, count))):
            np.savez(to(name + "-in.npz"), prompt=arrays["prompt"][part])
    must([os.path.join(out, "sim"), "--input", to("last-in.npz"), "--output",
          to("last.npz"), "--first-sample", half])
    first = simulate(out, to("first-in.npz"), to("first.npz"))
    last = load(to("last.npz"))
    joined = {name: np.concatenate([first[name], last[name]]) for name in first}
    checks.equal(expected, joined, "two processes = one")
    mapped = os.path.join(out, "phases", "3.engines.mlir")
    must(["snn-run", mapped, "--input", to("last-in.npz"), "--output",
          to("last-q.npz"), "--first-sample", half, "--seed", 7])
    seven = seeded(out, prompts, to("seven.npz"), 7)
    checks.equal({k: v[half:] for k, v in seven.items()}, load(to("last-q.npz")),
                 "interpreter = sim with a seed of the run")
    checks.equal(expected, seeded(out, prompts, to("zero.npz"), 0),
                 "the compiled seed is 0")
    checks.check(different_bits(expected, seven) > 0, "another seed differs")
    shifted = seeded(out, prompts, to("shifted.npz"), 0, "--first-sample", 1)
    checks.check(different_bits(expected, shifted) > 0,
                 "another number of the first sample differs")


def main():
    checks = Checks()
    count = 12
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        prompts, _ = mimo_prompts(folder, count)
        calibration, _ = mimo_prompts(folder, 32, "calibration.npz", 7)
        trained = os.path.join(MIMO, "mimo_ssa.onnx")
        longer = to("t6.onnx")
        weights, attention = export_spiking.read_weights(trained)
        export_spiking.export(weights, attention, longer, 6)
        imported = check_recovery(checks, folder, trained, 4, prompts)
        check_recovery(checks, folder, longer, 6, prompts)
        out, expected, statistics = check_executions(
            checks, folder, trained, "T = 4", prompts, calibration,
            "--attention", "ssa")
        check_counts(checks, statistics, 4, count)
        check_streams(checks, folder, out, expected, prompts, count)
        a, b = expected["logits"].ravel(), imported["logits"].ravel()
        cosine = float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        checks.check(cosine > 0.9, f"cosine with the float network {cosine:.3f}")
        _, shift, _ = check_executions(checks, folder, trained, "lfsr32", prompts,
                                       calibration, "--rng", "lfsr32")
        checks.check(different_bits(expected, shift) > 0,
                     "shift registers draw other numbers")
        # A seed that is compiled in is the same as one given at run time.
        other = compile_model(trained, to("seeded"), "--calibrate", calibration,
                              "--seed", "7")
        checks.equal(rows(seeded(out, prompts, to("s7.npz"), 7), count),
                     simulate(other, prompts, to("c7.npz")),
                     "compiled seed = seed of the run")
        for flags, reason in (
                (["--attention", "sdsa"], "is stochastic attention"),
                (["--attention", "mttfs"], "is stochastic attention"),
                (["--rng", "mersenne"], "--rng needs philox or lfsr32")):
            result = execute(["snnc", trained, "-o", to("no"), "--calibrate",
                              calibration, *flags])
            checks.check(result.returncode != 0 and reason in result.stderr,
                         f"{' '.join(flags)} is refused")
        softmax = execute(["snnc", os.path.join(MIMO, "mimo_float.onnx"), "-o",
                           to("no"), "--calibrate", calibration, "--attention",
                           "ssa"])
        checks.check(softmax.returncode != 0
                     and "is softmax attention" in softmax.stderr,
                     "softmax attention is not made stochastic")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
