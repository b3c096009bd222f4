# The MIMO detector of integer neurons: SDSA-3 on counts, whose causal sums have a factor for
# each token, is recognised exactly; compiled, no product is a float one and nothing but the
# prompt is levels; the simulator's modes and the image of a chip with lossless converters
# have the same bits, and both count the same events. The same of stochastic attention on the
# slots of counts.
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

from e2e import (MIMO, RECOVERY, Checks, compile_model, interpret, load_json,
                 mimo_prompts, must, scratch, simulate)

sys.path.insert(0, MIMO)
import export_spiking
import mimo_task
from mimo_weights import DEPTH, random_weights


# In front of the recognition of attention on counts.
STOCHASTIC = ["--spike-recover-bernoulli", "--spike-match-slots", "--spike-match-ssa"]


def check_model(checks, to, name, model, prompts, calibration, attention="sdsa"):
    at = RECOVERY.index("--spike-match-attention")
    must(["snn-opt", model, *RECOVERY[:at], *STOCHASTIC, *RECOVERY[at:], "--snn-externalize-weights=archive="
          + to("recovered.safetensors"), "-o", to("recovered.mlir")])
    with open(to("recovered.mlir")) as file:
        text = file.read()
    found = [len(re.findall(op, text)) for op in (r"spike\.lif ", rf"spike\.{attention} ")]
    checks.check(found == [6 * DEPTH + 1, DEPTH],
                 f"{name}: {found[0]} layers of neurons, {found[1]} attentions")
    checks.check(not re.search(r"onnx\.(round|clip|greater|random)", text),
                 f"{name}: nothing of the exported neurons is left")
    checks.equal(interpret(model, prompts, to("f.npz")),
                 interpret(to("recovered.mlir"), prompts, to("r.npz")),
                 f"{name}: recognised = imported network")

    out = compile_model(model, to(name), "--calibrate", calibration, "--chip", "common-22nm",
                        "--adc-policy", "lossless")
    report = load_json(os.path.join(out, "quantisation.json"))
    checks.check(report["float_products"] == [], f"{name}: no float product")
    levels = [site["name"] for site in report["sites"] if "steps" not in site]
    checks.check(len(levels) == 1, f"{name}: only the prompt is levels, {levels}")
    outputs, counts = [], []
    for mode in ("fast", "event", "stepped"):
        outputs.append(simulate(out, prompts, to("o.npz"), mode, to("s.json"), threads=1))
        counts.append(load_json(to("s.json"))["sites"])
    must(["snn-run", os.path.join(out, "image.snnimg"), "--input", prompts,
          "--output", to("i.npz"), "--stats", to("i.json")])
    with np.load(to("i.npz")) as image:
        outputs.append({key: image[key] for key in image.files})
    counts.append(load_json(to("i.json"))["sites"])
    for label, output, count in zip(("event", "stepped", "image"), outputs[1:], counts[1:]):
        checks.equal(outputs[0], output, f"{name}: {label} as fast")
        differing = [site for site in counts[0] for key in
                     ("spikes", "max_count", "unit_events", "set_bits", "accumulations", "slots")
                     if counts[0][site].get(key) != count[site].get(key)]
        checks.check(not differing, f"{name}: {label} counts as fast, {differing[:3]}")
    for site, count in counts[0].items():
        if "max_count" not in count:
            continue
        units = sum((len(count["slots"]) - 1 - t) * n for t, n in enumerate(count["slots"]))
        bits = sum(bin(len(count["slots"]) - 1 - t).count("1") * n
                   for t, n in enumerate(count["slots"]))
        if not (count["spikes"] <= count["set_bits"] <= count["unit_events"]
                and (units, bits) == (count["unit_events"], count["set_bits"])):
            checks.check(False, f"{name}: events of '{site}', {count}")
    means = [c["unit_events"] / c["neurons"] for c in counts[0].values() if "max_count" in c]
    checks.check(min(means) > .05 and max(means) < 3.8,
                 f"{name}: mean counts from {min(means):.2f} to {max(means):.2f}")
    return outputs[0]


def main():
    checks = Checks()
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        prompts, labels = mimo_prompts(folder, 40)
        calibration, _ = mimo_prompts(folder, 16, "calibration.npz", seed=7)
        export_spiking.export(random_weights(1), "counts", to("random.onnx"), 1)
        check_model(checks, to, "random", to("random.onnx"), prompts, calibration)
        bundled = os.path.join(MIMO, "mimo_counts.onnx")
        logits = check_model(checks, to, "trained", bundled, prompts, calibration)["logits"]
        rate = mimo_task.symbol_error_rate(logits.argmax(-1), labels)[-1]
        # LMMSE has 0.11; a broken network guesses.
        checks.check(rate < .25, f"trained: symbol error rate {rate:.3f} on 40 prompts")
        for draws in (4, 8):
            export_spiking.export(random_weights(2), "slots", to("slots.onnx"), draws)
            check_model(checks, to, f"slots, {draws} draws", to("slots.onnx"), prompts,
                        calibration, "ssa")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
