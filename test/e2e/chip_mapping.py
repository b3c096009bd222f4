# A mapped network computes what it computed before, on every shipped chip, with
# keys in turns, in several rounds and with calibrated converters; what does not
# fit is refused with a reason.
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

from e2e import (MIMO, SOURCE, Checks, collection, execute, interpret, load,
                 mimo_prompts, rows, scratch)

CHIPS = os.path.join(SOURCE, "chips")


def variant(folder, name, base="matterhorn-22nm", **values):
    """A chip like `base` with other values of some keys (the first of a name)."""
    with open(os.path.join(CHIPS, base + ".yaml")) as file:
        text = file.read()
    for key, value in values.items():
        text, count = re.subn(rf"(\b{key}: {{value: )[^,]*", rf"\g<1>{value}",
                              text, count=1)
        assert count == 1, key
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w") as file:
        file.write(text.replace("name: " + base, "name: " + name, 1))
    return path


def map_model(model, folder, chip, *flags):
    """Compiles to phase image; returns the process and the dumped module."""
    result = execute(["snnc", model, "-o", folder, "--chip", chip,
                      "--compile-to=image", "--verify-mapping",
                      "--dump-phases", os.path.join(folder, "phases"), *flags])
    return result, os.path.join(folder, "phases", "5.image.mlir")


def check_equal(checks, label, model, inputs, folder, chip, *flags):
    """Maps a model and compares its phases; returns the module's text."""
    result, image = map_model(model, folder, chip, *flags)
    if not checks.check(result.returncode == 0,
                        f"{label}: maps {result.stderr.strip()}"):
        return "", result
    mapped = os.path.join(folder, "phases", "3.engines.mlir")
    out = os.path.join(folder, "y.npz")
    checks.equal(interpret(mapped, inputs, out), interpret(image, inputs, out),
                 f"{label}: image = mapped")
    once = os.path.join(folder, "phases", "once.mlir")
    again = execute(["snn-opt", image, "--verify-roundtrip",
                     "--xbar-verify-mapping", "-o", once])
    checks.check(again.returncode == 0, f"{label}: the module reads again "
                 f"{again.stderr.strip()}")
    with open(image) as file:
        return file.read(), result


def check_compare(checks, folder, inputs):
    phases = os.path.join(folder, "phases")
    result = execute(["snn-run", "--compare",
                      os.path.join(phases, "3.engines.mlir"),
                      os.path.join(phases, "5.image.mlir"), "--input", inputs])
    checks.check(result.returncode == 0 and "bit for bit" in result.stdout,
                 f"--compare mapped image: {result.stdout.strip()}"
                 f"{result.stderr.strip()}")


def check_remarks(checks, model, folder):
    """snnc and the pipeline by itself say why."""
    result, _ = map_model(model, os.path.join(folder, "remarks"),
                          "matterhorn-22nm", "--remarks=xbar-place|xbar-tile")
    said = result.stderr
    checks.check(said.count("[Passed] Placed") == 20
                 and said.count("[Passed] Tiled") == 20
                 and "xbar-schedule" not in said,
                 "snnc prints the remarks that are asked for, only")
    result = execute(["snn-opt", model, "--snn-pipeline=chip=xpikeformer-pcm "
                      "adc-policy=lossless verify-mapping=1 to=image",
                      "--remarks-filter=spike-to-xbar|xbar-schedule",
                      "-o", os.devnull])
    checks.check(result.returncode == 0
                 and result.stderr.count("[Missed] DigitalProduct") == 6
                 and "[Analysis] Rounds" in result.stderr,
                 "snn-opt --snn-pipeline maps, with remarks")


def check_variants(checks, model, inputs, folder):
    """Chips that need rounds, turns and calibration."""
    few = variant(folder, "few-cores", cores=1, crossbars=30)
    text, result = check_equal(checks, "two rounds", model, inputs,
                               os.path.join(folder, "rounds"), few)
    checks.check(re.search(r"xbar.rounds = [2-9]", text) is not None
                 and "does not fit chip 'few-cores'" in result.stderr
                 and "cores of 30 crossbars" in result.stderr,
                 "rounds are counted and the warning says what would fit")

    short = variant(folder, "short-memory", kv_bits_per_element=20)
    text, _ = check_equal(checks, "keys in turns", model, inputs,
                          os.path.join(folder, "turns"), short)
    turns = [int(n) for n in re.findall(r"key_tiles = (\d+)", text)]
    checks.check(turns and min(turns) > 1, f"products take turns: {turns}")

    tiny = variant(folder, "tiny", cores=1, crossbars=2)
    text, result = check_equal(checks, "layers in several rounds", model, inputs,
                               os.path.join(folder, "tiny"), tiny,
                               "--remarks=xbar-place")
    cure = re.search(r"(\d+) cores of 2 crossbars", result.stderr)
    checks.check("round_tiles = [" in text
                 and "[Missed] SplitOverRounds" in result.stderr and cure,
                 "layers that exceed the chip run in several rounds")
    enough = variant(folder, "enough", cores=cure[1] if cure else 1, crossbars=2)
    text, _ = check_equal(checks, f"the cure, {cure and cure[1]} cores", model,
                          inputs, os.path.join(folder, "enough"), enough)
    checks.check("xbar.rounds = 1 " in text, "the cure is enough: one round")

    calibrated = ["--adc-policy", "calibrated", "--calibrate", inputs]
    text, _ = check_equal(checks, "calibrated", model, inputs,
                          os.path.join(folder, "calibrated"), "xpikeformer-pcm",
                          *calibrated)
    layers = len(re.findall(r"xbar\.linear ", text))
    checks.check(layers > 0 and layers == text.count("exact = false")
                 and layers == text.count("adc_range = ["),
                 f"{layers} layers are calibrated and not exact")
    result, _ = map_model(model, os.path.join(folder, "blind"),
                          "xpikeformer-pcm")
    checks.check(result.returncode != 0 and "--calibrate" in result.stderr,
                 "a calibrated converter needs inputs")


def main():
    checks = Checks()
    with scratch() as folder:
        inputs, _ = mimo_prompts(folder, 6)
        model = os.path.join(MIMO, "mimo_w1a4_k1.onnx")
        for chip in ("matterhorn-22nm", "digital-22nm", "isaac-like",
                     "xpikeformer-pcm"):
            text, _ = check_equal(checks, chip, model, inputs,
                                  os.path.join(folder, chip), chip,
                                  "--adc-policy", "lossless")
            products = set(re.findall(r'engine = "(\w+)"', text))
            wanted = {"digital"} if chip in ("xpikeformer-pcm",
                                             "isaac-like") else {"mttfs"}
            checks.check(products == wanted and
                         ("xbar.linear" in text) == (chip != "digital-22nm"),
                         f"{chip}: products run on {products}")
        check_compare(checks, os.path.join(folder, "isaac-like"), inputs)
        check_remarks(checks, model, folder)
        check_variants(checks, model, inputs, folder)
        check_equal(checks, "8-bit weights", os.path.join(
            MIMO, "mimo_float.onnx"), inputs, os.path.join(folder, "bits"),
            "matterhorn-22nm", "--calibrate", inputs)
        if collection():
            digits = os.path.join(folder, "digits.npz")
            np.savez(digits, **rows(load(collection(
                "data", "mnist_std.inputs.npz")), 2))
            check_equal(checks, "convolution", collection(
                "models", "vit_mnist_op13.onnx"), digits,
                os.path.join(folder, "conv"), "isaac-like", "--calibrate",
                digits)
        else:
            print("skipped the convolution: no collection of models")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
