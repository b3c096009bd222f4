# Random layers on random chips: what the passes leave is checked cell by cell by
# a plain implementation that shares nothing with them.
#
# RUN: %python %s %S/../Inputs/toy.yaml
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import random
import re
import subprocess
import sys
import tempfile

import numpy as np

CASES = 40
CODING = "bits = 4, zero = 8, mask = 8, scale = 0.5"
LAYER = re.compile(
    r'layer "(\w+)" \{.*?placement = #xbar\.placement<([^>]*)>.*?'
    r'tiling = #xbar\.tiling<([^>]*)>')


def make_chip(rng, toy, path):
    """A toy with other sizes; returns them."""
    flip = rng.random() < 0.4
    chip = dict(cores=rng.randint(1, 6), crossbars=rng.randint(1, 16),
                rows=rng.choice([4, 8, 13, 16]), cols=rng.choice([16, 32, 64]),
                active_rows=rng.randint(1, 12), adc_bits=rng.randint(6, 8),
                cell_levels=rng.choice([2, 2, 4, 16]))
    with open(toy) as file:
        text = file.read()
    for key, value in chip.items():
        text, count = re.subn(rf"(\b{key}: {{value: )\w+", rf"\g<1>{value}",
                              text, count=1)
        assert count == 1, key
    if flip:
        text = text.replace("value: differential", "value: flip")
    chip.update(flip=flip, logical=chip["cols"] // (1 if flip else 2))
    chip["active_rows"] = min(chip["active_rows"], chip["rows"])
    with open(path, "w") as file:
        file.write(re.sub(r"active_rows: {value: \d+",
                          f"active_rows: {{value: {chip['active_rows']}", text))
    return chip


def make_layer(rng, index):
    """The op's text, its weights as [group, K, N], and its tokens."""
    high = rng.choice([1, 3, 7, 40, 127])
    draw = np.random.RandomState(rng.randint(0, 10 ** 6))
    if rng.random() < 0.6:
        inputs, outputs = rng.randint(1, 60), rng.randint(1, 20)
        tokens = rng.randint(1, 6)
        weight = draw.randint(-high, high + 1, size=(inputs, outputs))
        op = (f'%{index} = spike.linear %x{index} {{weight = dense<{weight.tolist()}> : '
              f"tensor<{inputs}x{outputs}xi8>}}")
        source, result = f"{tokens}x{inputs}", f"{tokens}x{outputs}"
        groups = weight[None]
    else:
        group, channels, each = rng.randint(1, 3), rng.randint(1, 4), rng.randint(1, 5)
        weight = draw.randint(-high, high + 1, size=(group * each, channels, 3))
        op = (f'%{index} = spike.conv %x{index} {{weight = dense<{weight.tolist()}> : '
              f"tensor<{group * each}x{channels}x3xi8>, strides = array<i64: 1>, "
              f"pads = array<i64: 0, 0>, dilations = array<i64: 1>, group = {group} : i64}}")
        source, result = f"1x{group * channels}x7", f"1x{group * each}x5"
        groups = weight.reshape(group, each, channels * 3).transpose(0, 2, 1)
    train = f"tensor<{source}x!spike.ttfs<{CODING}>>"
    text = f'  {op} : {train} -> tensor<{result}xi32> loc("L{index}")'
    return text, f"%x{index}: {train}", groups


def fields(text):
    """The parameters of an attribute."""
    found = dict(re.findall(r"(\w+) = (\[[^\]]*\]|[^,]+)", text))
    return {k: int(v) if re.fullmatch(r"-?\d+", v) else v for k, v in found.items()}


def digits(weight, t, chip):
    """Digits per slice and the weight that they stand for."""
    levels, bits = chip["cell_levels"], t["weight_bits"]
    if t["slicing"] == "direct":
        return [weight], weight
    if t["slicing"] == "twos_complement":
        values = [(weight + (1 << bits)) >> s & 1 for s in range(bits)]
        return values, sum(v << s for s, v in enumerate(values)) - (
            values[-1] << bits)
    bias = 1 << (bits - 1) if t["slicing"] == "biased" else 0
    rest = weight + bias if bias else abs(weight)
    sign = -1 if not bias and weight < 0 else 1
    values = []
    for _ in range(t["slices"]):
        values.append(sign * (rest % levels))
        rest //= levels
    return values, sum(v * levels ** s for s, v in enumerate(values)) - bias


def check_layer(groups, t, p, chip, used):
    """The first thing that is wrong with a layer; None if nothing is."""
    count, inputs, outputs = groups.shape
    per_tile = t["columns"] // t["slices"]
    ids = [int(n) for n in p["crossbars"].strip("[]").split(",")]
    if t["rows"] != chip["rows"] or t["columns"] != chip["logical"]:
        return "tiles are no crossbars"
    parts = [len(ids)]
    if "round_tiles" in p:
        parts = [int(n) for n in p["round_tiles"].strip("[]").split(",")]
    rounds = [p["round"] + k for k, n in enumerate(parts) for _ in range(n)]
    if len(rounds) != len(ids) or min(parts) < 1:
        return f"rounds of {parts} tiles"
    if (rounds[-1] > 0 and p["replicas"] > 1) or any(
            i >= chip["cores"] * chip["crossbars"] for i in ids):
        return "copies in rounds, or off the chip"
    largest = chip["cell_levels"] - 1 if chip["flip"] else 0
    for weight in np.unique(groups):
        values, back = digits(int(weight), t, chip)
        if back != weight or len(values) != t["slices"]:
            return f"weight {weight} is stored as {values}"
        if not all(t["digit_min"] <= v < chip["cell_levels"] and
                   (v - t["digit_min"]) % t["digit_step"] == 0 for v in values):
            return f"levels {values}"
        largest = max([largest] + [abs(v) for v in values])
    n, codes = t["active_rows"], 2 ** t["adc_bits"]
    need = lambda n: n * largest // 2 + 1 if chip["flip"] else 2 * n * largest + 1
    if need(n) > codes or (n < chip["active_rows"] and need(n + 1) <= codes):
        return f"{n} active rows of levels up to {largest}, {codes} codes"
    position = 0
    for replica in range(p["replicas"]):
        cells = np.zeros(groups.shape, int)
        for group in range(count):
            for column in range(t["column_blocks"]):
                cores, strip = set(), set()
                for row in range(t["row_blocks"]):
                    place = (rounds[position], ids[position])
                    strip.add(rounds[position])
                    position += 1
                    if place in used:
                        return f"crossbar {place} holds two tiles"
                    used.add(place)
                    cores.add((place[0], place[1] // chip["crossbars"]))
                    cells[group, row * t["rows"]:(row + 1) * t["rows"],
                          column * per_tile:(column + 1) * per_tile] += 1
                if len(cores) > -(-t["row_blocks"] // chip["crossbars"]):
                    return f"a strip lies in cores {cores}"
                if len(strip) > -(-t["row_blocks"] // (
                        chip["cores"] * chip["crossbars"])):
                    return f"a strip is kept over rounds {strip}"
        if not (cells == 1).all():
            return f"copy {replica} holds weights {np.unique(cells)} times"
    return None if position == len(ids) else "crossbars without a tile"


def main():
    rng, fitted, rounds, copies, split = random.Random(11), 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        module, yaml = (os.path.join(folder, f) for f in ("m.mlir", "chip.yaml"))
        for case in range(CASES):
            chip = make_chip(rng, sys.argv[1], yaml)
            layers = [make_layer(rng, i) for i in range(rng.randint(1, 4))]
            with open(module, "w") as file:
                file.write("func.func @main(" + ", ".join(l[1] for l in layers)
                           + ") {\n" + "\n".join(l[0] for l in layers)
                           + "\n  return\n}\n")
            ran = subprocess.run(
                ["snn-opt", module, f"--spike-to-xbar=chip={yaml}", "--xbar-tile",
                 "--xbar-place", "--xbar-schedule", "--xbar-verify-mapping",
                 "--mlir-print-local-scope", "--mlir-print-op-on-diagnostic=false"],
                capture_output=True, text=True)
            if ran.returncode:
                # A refusal is right if it says what is missing.
                if not re.search(r"layer 'L\d' needs \d+ adjacent", ran.stderr):
                    sys.exit(f"case {case}: {ran.stderr}")
                continue
            found = LAYER.findall(ran.stdout)
            if len(found) != len(layers):
                sys.exit(f"case {case}: {len(found)} of {len(layers)} layers")
            used = set()
            for name, placement, tiling in found:
                p, t = fields(placement), fields(tiling)
                wrong = check_layer(layers[int(name[1:])][2], t, p, chip, used)
                if wrong:
                    sys.exit(f"case {case}, {name}: {wrong}\n{placement}\n{tiling}")
                rounds += p["round"] > 0
                split += "round_tiles" in p
                copies += p["replicas"] > 1
            fitted += 1
    print(f"{fitted} of {CASES} modules mapped, {rounds} layers in later rounds, "
          f"{split} in several, {copies} with copies")
    # The cases would prove little if nothing interesting happened.
    return 0 if fitted > CASES / 2 and min(rounds, split, copies) > 0 else 1


sys.exit(main())
