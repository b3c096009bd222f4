# The virtual chip, which sees an image and nothing else, computes the simulator's
# bits with ideal devices, on every chip that has crossbars, in both ways to drive
# them; wrong cells and swapped tiles are noticed.
#
# RUN: %python %s mimo
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""chip_equality.py [mimo] [sst2]

mimo: the bundled MIMO detectors. sst2: the quantised SST-2 classifier of the
collection of public models on the whole dev set (skipped without it).
"""

import os
import re
import struct
import sys
import zlib

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, SOURCE, Checks, collection, compile_model,
                 different_bits, execute, load, load_json, mimo_prompts, must,
                 rows, scratch, simulate)


def lossless_chip(name, folder):
    """A file with the chip NAME whose converters hold every sum."""
    with open(os.path.join(SOURCE, "chips", name + ".yaml")) as file:
        text = file.read()
    text, count = re.subn(r"adc_policy: \{value: \w+",
                          "adc_policy: {value: lossless", text)
    assert count == 1
    path = os.path.join(folder, name + "-lossless.yaml")
    with open(path, "w") as file:
        file.write(text)
    return path


def run_image(image, inputs, output, *flags):
    must(["snn-run", image, "--input", inputs, "--output", output, *flags])
    return load(output)


def change_conductances(source, target, change):
    """Copies an image with other conductances and right checksums."""
    with open(source, "rb") as file:
        data = bytearray(file.read())
    count, = struct.unpack_from("<I", data, 12)
    for i in range(count):
        entry = 32 + 64 * i
        name, begin, size = struct.unpack_from("<32sQQ", data, entry)
        if name.rstrip(b"\0") != b"conductances":
            continue
        part = bytearray(data[begin:begin + size])
        change(part)
        assert len(part) == size
        data[begin:begin + size] = part
        struct.pack_into("<I", data, entry + 48, zlib.crc32(part))
    struct.pack_into("<I", data, 24, 0)
    struct.pack_into("<I", data, 24, zlib.crc32(data[:32 + 64 * count]))
    with open(target, "wb") as file:
        file.write(data)


def compare_chip(checks, label, out, inputs, folder, slots=True):
    """One compilation: simulator against virtual chip. Returns its outputs."""
    image = os.path.join(out, "image.snnimg")
    stats = os.path.join(folder, "sim.json"), os.path.join(folder, "chip.json")
    expected = simulate(out, inputs, os.path.join(folder, "sim.npz"),
                        stats=stats[0])
    output = os.path.join(folder, "chip.npz")
    got = run_image(image, inputs, output, "--stats", stats[1])
    checks.equal(expected, got, f"{label}: virtual chip = simulator")
    sites, counted = load_json(stats[0])["sites"], load_json(stats[1])
    wrong = [s for s in sites if s not in counted["sites"]
             or counted["sites"][s]["spikes"] != sites[s]["spikes"]
             or counted["sites"][s]["slots"] != sites[s]["slots"]]
    checks.check(not wrong, f"{label}: spikes of {len(sites)} sites as the "
                 f"simulator counts them {wrong if wrong else ''}")
    layers = counted["layers"]
    checks.check(all(l["conversions"] > 0 and l["saturations"] == 0
                     for l in layers),
                 f"{label}: {sum(l['conversions'] for l in layers)} conversions "
                 "without saturation")
    if slots:
        few = os.path.join(folder, "few.npz")
        np.savez(few, **rows(load(inputs), 16))
        checks.equal(rows(expected, 16),
                     run_image(image, few, output, "--drive", "slot-serial"),
                     f"{label}: slot-serial = bit-serial")
    return expected


def mutations(checks, label, image, inputs, expected, folder):
    """Wrong hardware must give wrong results."""
    broken = os.path.join(folder, "broken.snnimg")
    output = os.path.join(folder, "broken.npz")

    def differs(change):
        change_conductances(image, broken, change)
        return different_bits(expected, run_image(broken, inputs, output))

    def cell(part):
        part[0] ^= 1

    def swap(part):
        # The first tiles; what they hold is packed without gaps.
        half = min(len(part) // 4, 512)
        part[:half], part[half:2 * half] = part[half:2 * half], part[:half]

    for what, change in (("one wrong conductance", cell),
                         ("two swapped tiles", swap)):
        count = differs(change)
        checks.check(count > 0, f"{label}: {what} changes {count} outputs")
    module = os.path.join(os.path.dirname(image), "phases", "3.engines.mlir")
    same = execute(["snn-run", "--compare", module, image, "--input", inputs])
    checks.check(same.returncode == 0, f"{label}: --compare finds the image "
                 f"equal ({same.stdout.strip() or same.stderr.strip()})")
    change_conductances(image, broken, cell)
    other = execute(["snn-run", "--compare", module, broken, "--input", inputs])
    checks.check(other.returncode == 1 and "differs first at" in other.stdout,
                 f"{label}: --compare finds the wrong cell "
                 f"({other.stdout.strip()})")


def mimo(checks):
    with scratch() as folder:
        inputs, _ = mimo_prompts(folder, 100)
        for chip in ("matterhorn-22nm", "isaac-like",
                     lossless_chip("xpikeformer-pcm", folder)):
            for k in ("k0", "k1"):
                label = f"mimo_w1a4_{k} on {os.path.basename(chip)}"
                out = compile_model(
                    os.path.join(MIMO, f"mimo_w1a4_{k}.onnx"),
                    os.path.join(folder, k + os.path.basename(chip)),
                    "--chip", chip, phases=True)
                expected = compare_chip(checks, label, out, inputs, folder)
            if chip == "matterhorn-22nm":
                mutations(checks, label, os.path.join(out, "image.snnimg"),
                          inputs, expected, folder)
        # 8-bit weights and activations: slices of cells.
        calibration, _ = mimo_prompts(folder, 32, "calibration.npz", seed=7)
        for chip in ("matterhorn-22nm", "isaac-like",
                     lossless_chip("xpikeformer-pcm", folder)):
            label = f"mimo_float W8A8 on {os.path.basename(chip)}"
            out = compile_model(os.path.join(MIMO, "mimo_float.onnx"),
                                os.path.join(folder,
                                             "w8" + os.path.basename(chip)),
                                "--calibrate", calibration, "--chip", chip)
            compare_chip(checks, label, out, calibration, folder)
        # Calibrated converters are not exact; their range leaves out one sum in
        # a thousand.
        label = "mimo_float W8A8 on xpikeformer-pcm, calibrated"
        calibrated = compile_model(
            os.path.join(MIMO, "mimo_float.onnx"),
            os.path.join(folder, "calibrated"), "--calibrate", calibration,
            "--chip", "xpikeformer-pcm")
        stats = os.path.join(folder, "calibrated.json")
        run_image(os.path.join(calibrated, "image.snnimg"), calibration,
                  os.path.join(folder, "calibrated.npz"), "--stats", stats)
        layers = load_json(stats)["layers"]
        share = (sum(l["saturations"] for l in layers)
                 / sum(l["conversions"] for l in layers))
        checks.check(0 < share < 0.01, f"{label}: {share:.3%} of the conversions "
                     "saturate (under 1 %)")
        wrong = execute(["snn-run", os.path.join(calibrated, "image.snnimg"),
                         "--input", calibration, "--chip", "isaac-like"])
        checks.check(wrong.returncode == 1
                     and "made for 'xpikeformer-pcm'" in wrong.stderr,
                     "an image of another chip is refused")
        # A run does not depend on threads; another seed gives another device.
        image = os.path.join(out, "image.snnimg")
        noise = ["--noise", "all", "--time", "3600", "--compensate"]
        results = [run_image(image, calibration, os.path.join(folder, "n.npz"),
                             *noise, "--threads", threads, "--seed", seed)
                   for threads, seed in ((1, 5), (2, 5), (2, 6))]
        checks.equal(results[0], results[1], "noise does not depend on threads")
        checks.check(different_bits(results[0], results[2]) > 0,
                     "seeds are apart")


def sst2(checks):
    inputs = collection("data", "sst2_dev.inputs.npz")
    if not inputs:
        print("skipped: no collection of public models (../shared)")
        return
    model = collection("models", "sst2_bert_tiny_w1a4_k1.onnx")
    with scratch() as folder:
        for chip in ("matterhorn-22nm",
                     lossless_chip("xpikeformer-pcm", folder)):
            label = f"sst2_bert_tiny_w1a4_k1 on {os.path.basename(chip)}"
            out = compile_model(
                model, os.path.join(folder, "out-" + os.path.basename(chip)),
                "--chip", chip)
            compare_chip(checks, label, out, inputs, folder)


def main():
    checks = Checks()
    names = sys.argv[1:] or ["mimo", "sst2"]
    for name in names:
        {"mimo": mimo, "sst2": sst2}[name](checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
