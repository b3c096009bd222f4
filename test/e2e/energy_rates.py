# Rates of the energy report: what calibration expects on some inputs is what a
# simulator, and the virtual chip, count on the same inputs, however many bits of a digit
# the chip drives in a pass, and whether counts are bits or spikes.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, SOURCE, Checks, compile_model, load, load_json, mimo_prompts,
                 must, scratch, simulate)

CHECKER = os.path.join(SOURCE, "test", "Report", "Inputs", "print_report.py")
CHIP = "matterhorn-22nm"


def read_report(folder):
    path = os.path.join(folder, "energy.json")
    must([sys.executable, CHECKER, path])
    return load_json(path)


def check_rates(checks, expected, counted, text):
    worst = 0
    names = [site["name"] for site in expected["rates"]["sites"]]
    checks.check(names == [s["name"] for s in counted["rates"]["sites"]],
                 f"{text}: the same {len(names)} sites")
    for a, b in zip(expected["rates"]["sites"], counted["rates"]["sites"]):
        for x, y in zip([a["rate"], *a["bit_density"]],
                        [b["rate"], *b["bit_density"]]):
            worst = max(worst, abs(x - y))
    checks.check(worst < 1e-12, f"{text}: rates differ by {worst}")


WIDE = """schema_version: 1
extends: matterhorn-22nm
name: wide-drive
description: several bits of a digit in a pass
crossbar:
  drive_bits: {{value: {bits}, status: reconstructed, source: "a choice"}}
  adc_bits: {{value: 12, status: reconstructed, source: "a choice"}}
"""


SLOTS = """schema_version: 1
extends: matterhorn-22nm
name: count-slots
description: a pass for each spike of a count
crossbar:
  count_slots: {value: 1, status: reconstructed, source: "a choice"}
"""


def check_counts(checks, folder, prompts):
    """Counts as slots: outputs and accumulations stay, every pass drives spikes worth 1."""
    chip = os.path.join(folder, "slots.yaml")
    with open(chip, "w") as file:
        file.write(SLOTS)
    model = os.path.join(MIMO, "mimo_counts.onnx")
    outputs, conversions = [], []
    for name, chosen in (("planes", CHIP), ("slots", chip)):
        out = compile_model(model, os.path.join(folder, name), "--chip", chosen,
                            "--adc-policy", "lossless", "--calibrate", prompts)
        report = read_report(out)
        expected = report["totals"]["counts"]
        stats = os.path.join(folder, name + ".json")
        result = os.path.join(folder, name + ".npz")
        must(["snn-run", os.path.join(out, "image.snnimg"), "--input", prompts,
              "--output", result, "--stats", stats])
        counted = load_json(stats)
        found = {key: sum(layer[key] for layer in counted["layers"])
                 for key in ("conversions", "active_cells")}
        for key, factor in (("conversions", 1), ("active_cells", 2)):
            wanted = expected[key] * factor * counted["samples"]
            checks.check(abs(found[key] - wanted) < 1e-6 * wanted,
                         f"counts as {name}: {key}: {wanted:.0f} expected, "
                         f"{found[key]:.0f} on the virtual chip")
        sent = {site.get("sent_as") for site in report["rates"]["sites"]}
        checks.check(name in sent and len(sent - {None}) == 1,
                     f"counts as {name}: sites are sent as {sent}")
        outputs.append(load(result))
        conversions.append(found["conversions"])
        checks.equal(outputs[0], outputs[-1], f"counts as {name}: outputs")
        checks.equal(simulate(out, prompts, os.path.join(folder, "sim.npz")), outputs[-1],
                     f"counts as {name}: simulator")
    checks.check(conversions[0] != conversions[1],
                 f"conversions of planes and slots: {conversions}")


def check_drive(checks, folder, model, prompts, bits):
    """Conversions and cells of a chip that drives `bits` of a digit in a pass."""
    chip = os.path.join(folder, f"drive{bits}.yaml")
    with open(chip, "w") as file:
        file.write(WIDE.format(bits=bits))
    out = compile_model(model, os.path.join(folder, f"drive{bits}"), "--chip", chip,
                        "--calibrate", prompts)
    expected = read_report(out)["totals"]["counts"]
    stats = os.path.join(folder, f"drive{bits}.json")
    must(["snn-run", os.path.join(out, "image.snnimg"), "--input", prompts, "--output",
          os.path.join(folder, "w.npz"), "--stats", stats])
    counted = load_json(stats)
    for name in ("conversions", "active_cells"):
        found = sum(layer[name] for layer in counted["layers"]) / counted["samples"]
        # The report counts pairs of cells, the virtual chip both.
        wanted = expected[name] * (2 if name == "active_cells" else 1)
        checks.check(abs(found - wanted) < 1e-6 * found,
                     f"{bits} bits a pass: {name}: {wanted:.1f} expected, "
                     f"{found:.1f} on the virtual chip")
    return expected["conversions"]


def main():
    checks = Checks()
    model = os.path.join(MIMO, "mimo_w1a4_k1.onnx")
    with scratch() as folder:
        prompts, _ = mimo_prompts(folder, 16)
        out = os.path.join(folder, "out")
        compile_model(model, out, "--chip", CHIP, "--calibrate", prompts)
        expected = read_report(out)
        checks.check(expected["rates"]["sources"] == ["calibration"],
                     "rates come from calibration")

        stats = os.path.join(folder, "stats.json")
        simulate(out, prompts, os.path.join(folder, "y.npz"), stats=stats)
        measured = os.path.join(folder, "measured")
        compile_model(model, measured, "--chip", CHIP, "--calibrate", prompts,
                      "--measured", stats, "--compile-to", "image")
        counted = read_report(measured)
        check_rates(checks, expected, counted, "simulator")
        # Row groups that are taken as independent are read more often.
        exact = expected["totals"]["counts"]["conversions"]
        bound = counted["totals"]["counts"]["conversions"]
        checks.check(0.5 * bound < exact <= bound * (1 + 1e-9),
                     f"conversions: {exact:.0f} counted, {bound:.0f} if rows "
                     "were independent")

        image = os.path.join(out, "image.snnimg")
        stats = os.path.join(folder, "chip.json")
        must(["snn-run", image, "--input", prompts, "--output",
              os.path.join(folder, "z.npz"), "--stats", stats])
        compile_model(model, measured, "--chip", CHIP, "--calibrate", prompts,
                      "--measured", stats, "--compile-to", "image")
        counted = read_report(measured)
        check_rates(checks, expected, counted, "virtual chip")
        found = counted["totals"]["counts"]["conversions"]
        checks.check(abs(found - exact) < 1e-6 * exact,
                     f"conversions: {exact:.3f} expected, {found:.3f} on the "
                     "virtual chip")

        check_counts(checks, folder, prompts)
        conversions = [check_drive(checks, folder, model, prompts, bits)
                       for bits in (1, 2, 3, 4)]
        checks.check(conversions == sorted(set(conversions), reverse=True),
                     f"conversions by bits a pass: {conversions}")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
