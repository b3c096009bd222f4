# Every level of execution computes the same bits: the interpreter on the
# quantised, spiking and mapped network, the simulator in its three modes, and
# the independent executor of reference.py.
#
# RUN: %python %s mimo
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bit_equality.py [mimo] [w1a4] [w8a8] [--all]

mimo: the bundled MIMO detectors. w1a4: the quantised SST-2 classifiers of the
collection of public models; w8a8: its float SST-2 classifier after calibration
(both skipped without the collection). --all: whole data sets where parts would do.
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, collection, compile_model, interpret, load,
                 load_json, mimo_prompts, rows, scratch, simulate)
from reference import Reference

PHASES = {"quantise": "1.quantise", "spike": "2.spike", "engines": "3.engines"}
MODES = ("fast", "event", "stepped")


def compare_levels(checks, label, folder, inputs, reference, limits, modes,
                   counted=True):
    """Runs a compilation at all levels and compares with `reference`, the
    outputs of the independent executor; `limits` and `modes` give the rows of
    each phase and mode. Returns the outputs and statistics of the fast mode.
    """
    arrays = load(inputs)
    total = len(next(iter(arrays.values())))
    expected = reference.run(arrays)
    outputs = statistics = None
    for mode, count in modes.items():
        count = min(count or total, total)
        source = inputs
        if count < total:
            source = os.path.join(folder, f"rows{count}.npz")
            np.savez(source, **rows(arrays, count))
        stats = os.path.join(folder, mode + ".json")
        got = simulate(folder, source, os.path.join(folder, mode + ".npz"),
                       mode, stats)
        checks.equal(rows(expected, count), got,
                     f"{label}: sim {mode} = reference ({count} rows)")
        if mode == "fast":
            outputs, statistics = got, load_json(stats)
        elif count == total and statistics:
            checks.check(load_json(stats)["sites"] == statistics["sites"],
                         f"{label}: sim {mode} counts what fast counts")
    for phase, count in limits.items():
        count = min(count or total, total)
        got = interpret(os.path.join(folder, "phases", PHASES[phase] + ".mlir"),
                        inputs, os.path.join(folder, phase + ".npz"), count)
        checks.equal(rows(expected, count), got,
                     f"{label}: {phase} = reference ({count} rows)")
    if counted:
        wrong = [site for site, counts in reference.counts.items()
                 if site not in statistics["sites"]
                 or statistics["sites"][site]["spikes"] != counts.spikes
                 or statistics["sites"][site]["neurons"] != counts.neurons]
        wrong += [s for s in statistics["sites"] if s not in reference.counts]
        checks.check(not wrong, f"{label}: spikes and neurons of "
                     f"{len(reference.counts)} sites as the reference counts "
                     f"them {wrong if wrong else ''}")
    return outputs, statistics


def mimo(checks, everything):
    count = 2000 if everything else 256
    with scratch() as folder:
        inputs, _ = mimo_prompts(folder, count)
        few, _ = mimo_prompts(folder, 64, "few.npz")
        for name in ("mimo_w1a4_k0", "mimo_w1a4_k1"):
            model = os.path.join(MIMO, name + ".onnx")
            out = compile_model(model, os.path.join(folder, name), phases=True)
            compare_levels(checks, name, out, inputs, Reference(model),
                           dict.fromkeys(PHASES, 0), dict.fromkeys(MODES, 0))
        # The dead zone of a flag instead of the model's.
        model = os.path.join(MIMO, "mimo_w1a4_k1.onnx")
        for radius in (0, 2, 3):
            out = compile_model(model, os.path.join(folder, f"k{radius}"),
                                "--dead-zone", radius, phases=True)
            compare_levels(checks, f"mimo_w1a4_k1 --dead-zone {radius}", out,
                           few, Reference(model, dead_zone=radius),
                           {"quantise": 0}, dict.fromkeys(MODES, 0))


# Spikes per inference on the whole dev set, mask zero unless "plain".
SPIKES = {("k0", "zero"): 27375, ("k0", "plain"): 31384, ("k1", "zero"): 17949}
ACCURACY = {"k0": 0.8165, "k1": 0.7936}


def w1a4(checks, everything):
    inputs = collection("data", "sst2_dev.inputs.npz")
    labels = load(collection("data", "sst2_dev.labels.npz"))["labels"]
    arrays = load(inputs)
    part = 872 if everything else 64
    with scratch() as folder:
        few = os.path.join(folder, "few.npz")
        np.savez(few, **rows(arrays, part))
        for k in ("k0", "k1"):
            name = "sst2_bert_tiny_w1a4_" + k
            model = collection("models", name + ".onnx")
            out = compile_model(model, os.path.join(folder, k), phases=True)
            outputs, stats = compare_levels(
                checks, name, out, inputs, Reference(model),
                {"quantise": 0, "spike": part, "engines": part},
                dict.fromkeys(MODES, 0))
            logits = outputs["logits"]
            recorded = load(collection("data", name + ".outputs.npz"))["logits"]
            same = (logits.argmax(-1) == recorded.argmax(-1)).mean()
            checks.check(same >= 0.995, f"{name}: {same:.2%} of the recorded "
                         "predictions (at least 99.5 %)")
            accuracy = (logits.argmax(-1) == labels).mean()
            checks.check(abs(accuracy - ACCURACY[k]) <= 0.0035,
                         f"{name}: accuracy {accuracy:.4f}, recorded "
                         f"{ACCURACY[k]} (within 0.35 points)")
            spikes = stats["totals"]["spikes_per_sample"]
            want = SPIKES[k, "zero"]
            checks.check(abs(spikes - want) <= 0.001 * want,
                         f"{name}: {spikes:.1f} spikes per inference, recorded "
                         f"{want} (within 0.1 %)")
            radii = [r for r in range(4) if str(r) != k[1]]
            for radius in radii:
                out = compile_model(model,
                                    os.path.join(folder, f"{k}-{radius}"),
                                    "--dead-zone", radius, phases=True)
                compare_levels(checks, f"{name} --dead-zone {radius}", out, few,
                               Reference(model, dead_zone=radius),
                               {"quantise": 0}, dict.fromkeys(MODES, 0))
        # Plain TTFS codes the same levels with level 0 silent.
        name = "sst2_bert_tiny_w1a4_k0"
        model = collection("models", name + ".onnx")
        out = compile_model(model, os.path.join(folder, "plain"), "--mask",
                            "plain", phases=True)
        plain, stats = compare_levels(
            checks, name + " --mask plain", out, inputs,
            Reference(model, masks="plain"), {"spike": 64}, {"fast": 0})
        checks.equal(plain, load(os.path.join(folder, "k0", "fast.npz")),
                     f"{name}: plain TTFS = M-TTFS")
        spikes = stats["totals"]["spikes_per_sample"]
        want = SPIKES["k0", "plain"]
        checks.check(abs(spikes - want) <= 0.001 * want,
                     f"{name} --mask plain: {spikes:.1f} spikes per inference, "
                     f"recorded {want} (within 0.1 %)")


def w8a8(checks, everything):
    inputs = collection("data", "sst2_dev.inputs.npz")
    labels = load(collection("data", "sst2_dev.labels.npz"))["labels"]
    model = collection("models", "sst2_bert_tiny.onnx")
    part = 872 if everything else 64
    with scratch() as folder:
        flags = ["--calibrate", collection("data", "sst2_calib.npz")]
        out = compile_model(model, os.path.join(folder, "out"), *flags,
                            phases=True)
        report = load_json(os.path.join(out, "quantisation.json"))
        masks = {s["name"]: s["mask"] for s in report["sites"]}
        outputs, _ = compare_levels(
            checks, "sst2_bert_tiny W8A8", out, inputs,
            Reference(model, report, masks=masks),
            {"quantise": part, "spike": part, "engines": part},
            {"fast": 0, "event": part, "stepped": part})
        recorded = load(collection("data", "sst2_bert_tiny.outputs.npz"))
        same = (outputs["logits"].argmax(-1)
                == recorded["logits"].argmax(-1)).mean()
        accuracy = (outputs["logits"].argmax(-1) == labels).mean()
        checks.check(abs(accuracy - 0.8119) <= 0.01,
                     f"sst2_bert_tiny W8A8: accuracy {accuracy:.4f}, float "
                     f"0.8119 (within 1 point); {same:.2%} of its predictions")


def main():
    everything = "--all" in sys.argv
    parts = [a for a in sys.argv[1:] if not a.startswith("--")]
    checks = Checks()
    for part in parts or ["mimo", "w1a4", "w8a8"]:
        if part != "mimo" and collection() is None:
            print(f"skipped {part}: no collection of models (set SNNC_SHARED)")
            continue
        {"mimo": mimo, "w1a4": w1a4, "w8a8": w8a8}[part](checks, everything)
    return checks.finish()


sys.exit(main())
