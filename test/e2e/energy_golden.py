# The energy report of a BERT-base encoder gives the published figures: what
# `snnc --assume` writes to energy.json, and the same pass fed with the counts of
# a simulator that runs at a forced rate.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# energy_golden.py [LAYERS]: 1 (default; a block's energy does not depend on the
# number of blocks) or 12.

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import SOURCE, Checks, load_json, must, scratch

CHECKER = os.path.join(SOURCE, "test", "Report", "Inputs", "print_report.py")
TOKENS, HIDDEN, HEADS, FORWARD = 512, 768, 12, 3072

# docs/energy.md: chip, rate, energy of a block in mJ.
PROFILE = [("digital-22nm", 0.953, 16.358), ("matterhorn-22nm", 0.953, 14.182),
           ("matterhorn-22nm", 0.397, 6.377), ("matterhorn-22nm", 0.3801, 6.14)]
# Energies of the layers of a block at rate 0.3801, in mJ, to three digits.
MODULES = {"q": 0.466, "k": 0.466, "v": 0.466, "out": 0.466, "up": 1.865,
           "down": 1.864}
ATTENTION = 0.2735


def three_digits(value, expected):
    """Equal but for the rounding of the expected number's last digit."""
    digits = len(str(expected).split(".")[1])
    return abs(value - expected) <= 0.5 * 10 ** -digits * 1.001


def check_profile(checks, folder, layers):
    model = os.path.join(folder, "encoder.onnx")
    must([sys.executable, os.path.join(SOURCE, "benchmarks", "make_bert.py"),
          model, "--layers", layers, "--hidden", HIDDEN, "--heads", HEADS,
          "--feedforward", FORWARD, "--sequence", TOKENS, "--activation",
          "relu"])
    for chip, rate, expected in PROFILE:
        out = os.path.join(folder, f"{chip}-{rate}")
        must(["snnc", model, "-o", out, "--chip", chip, "--weight-bits", 1,
              "--act-bits", 4, "--kv-bits", 1, "--calibrate", "random:1",
              "--mask", "zero", "--assume", f"rate={rate}", "--compile-to",
              "image", "--emit", "report"], 3600)
        report = load_json(os.path.join(out, "energy.json"))
        for name in ("energy.json", "trace.json"):
            must([sys.executable, CHECKER, os.path.join(out, name)])
        total = report["totals"]["paper_compatible_pj"]["total"]
        block = total / layers * 1e-9
        checks.check(abs(block / expected - 1) < 0.01,
                     f"{chip} at {rate}: {block:.4f} mJ, expected {expected}")
        checks.check(abs(report["totals"]["block_energy_mj"] / block - 1) < 1e-9,
                     "the blocks have the same energy")
        sites = report["rates"]["sites"]
        checks.check(all(s["passes"] == 4 and s["rate"] == rate for s in sites),
                     f"{len(sites)} sites of 4 passes and rate {rate}")
        totals = report["totals"]
        if chip.startswith("digital"):
            checks.check(three_digits(totals["movement_share"], 0.802),
                         f"share of movement {totals['movement_share']:.4f}")
            checks.check(three_digits(totals["accumulate_share"], 0.013),
                         f"share of accumulate {totals['accumulate_share']:.4f}")
        if rate == 0.3801:
            check_modules(checks, report)


def check_modules(checks, report):
    energy = {}
    for op in report["ops"]:
        pj = op["paper_compatible_pj"]["total"]
        if op["block"] == 0 and pj:
            energy[op["layer"]] = pj * 1e-9
    attention = [v for k, v in energy.items() if "context" in k]
    for name, expected in MODULES.items():
        value = energy[f"layer0.{name}.product"]
        checks.check(three_digits(value, expected),
                     f"{name}: {value:.4f} mJ, expected {expected}")
    checks.check(len(attention) == 2 and
                 all(three_digits(v, ATTENTION) for v in attention),
                 f"attention: {attention} mJ, expected twice {ATTENTION}")


# A block whose sites are all inputs, so that a test may choose their levels.
SITES = {"x": ((1, TOKENS, HIDDEN), 8), "q": ((1, HEADS, TOKENS, 64), 8),
         "p": ((1, HEADS, TOKENS, TOKENS), 0), "o": ((1, TOKENS, HIDDEN), 8),
         "u": ((1, TOKENS, HIDDEN), 8), "d": ((1, TOKENS, FORWARD), 0)}
LINEARS = [("wq", "x", HIDDEN, HIDDEN), ("wk", "x", HIDDEN, HIDDEN),
           ("wv", "x", HIDDEN, HIDDEN), ("wo", "o", HIDDEN, HIDDEN),
           ("up", "u", HIDDEN, FORWARD), ("down", "d", FORWARD, HIDDEN)]
KINDS = {"q": "query", "p": "probability"}


def shape(dims, element):
    return f"tensor<{'x'.join(map(str, dims))}x{element}>"


def write_block(path):
    resident = (1, HEADS, TOKENS, 64)
    lines = []
    for name, (dims, zero) in SITES.items():
        lines.append(f"  %{name}t = spike.encode %{name} \"{name}\" kind "
                     f"{KINDS.get(name, 'activation')} : {shape(dims, 'f32')} "
                     f"-> {shape(dims, f'!z{zero}')}")
    for name, kind in (("k", "key"), ("v", "value")):
        lines.append(f"  %{name}l = spike.quantize %{name} \"{name}\" kind {kind}"
                     f" : {shape(resident, 'f32')} -> {shape(resident, '!kv')}")
    results = []
    for name, site, inputs, outputs in LINEARS:
        dims, zero = SITES[site]
        result = shape(dims[:-1] + (outputs,), "i32")
        results.append((f"%{name}", result, name))
        lines.append(f"  %{name} = spike.linear %{site}t {{weight = dense<1> : "
                     f"tensor<{inputs}x{outputs}xi8>}} : "
                     f"{shape(dims, f'!z{zero}')} -> {result} loc(\"{name}\")")
    for name, site, other, flag in (("s", "q", "k", "transposed, "),
                                    ("c", "p", "v", "")):
        dims, zero = SITES[site]
        result = shape(SITES["p" if name == "s" else "q"][0], "i32")
        results.append((f"%{name}", result, name))
        lines.append(f"  %{name} = spike.matmul %{site}t, %{other}l {{{flag}"
                     f"engine = \"mttfs\"}} : {shape(dims, f'!z{zero}')}, "
                     f"{shape(resident, '!kv')} -> {result} loc(\"{name}\")")
    arguments = [f"%{n}: {shape(d, 'f32')} {{onnx.name = \"{n}\"}}"
                 for n, (d, _) in SITES.items()]
    arguments += [f"%{n}: {shape(resident, 'f32')} {{onnx.name = \"{n}\"}}"
                  for n in ("k", "v")]
    types = [f"{t} {{onnx.name = \"{n}\"}}" for _, t, n in results]
    with open(path, "w") as file:
        for zero in (0, 8):
            file.write(f"!z{zero} = !spike.ttfs<bits = 4, zero = {zero}, mask = "
                       f"{zero}, scale = 0.25>\n")
        file.write("!kv = !spike.level<bits = 1, zero = 0, mask = 0, "
                   "scale = 1.0>\n")
        file.write(f"func.func @main({', '.join(arguments)}) -> "
                   f"({', '.join(types)}) {{\n" + "\n".join(lines) +
                   f"\n  return {', '.join(r for r, _, _ in results)} : "
                   f"{', '.join(t for _, t, _ in results)}\n}}\n")


def draw(random, dims, zero, rate):
    """Values of which exactly the share `rate` spikes, with digits of which each
    bit is set half of the time: every digit is as frequent as its complement."""
    count = int(np.prod(dims))
    digits = np.zeros(count, np.int64)
    spikes = int(round(rate * count)) // 2
    # All but 0, which is silent, and its complement.
    low = random.integers(1, 15, spikes)
    both = np.concatenate([low, 15 - low])
    digits[:len(both)] = both if zero == 0 else (both ^ 8) - 8
    random.shuffle(digits)
    return (0.25 * digits).astype(np.float32).reshape(dims)


def check_measured(checks, folder, rate=0.3801):
    random = np.random.default_rng(7)
    module = os.path.join(folder, "block.mlir")
    write_block(module)
    arrays = {name: draw(random, dims, zero, rate)
              for name, (dims, zero) in SITES.items()}
    for name in ("k", "v"):
        arrays[name] = random.standard_normal(
            (1, HEADS, TOKENS, 64)).astype(np.float32)
    inputs = os.path.join(folder, "block.npz")
    np.savez(inputs, **arrays)
    must(["snn-opt", module, "--spike-specialize-batch", "--spike-to-emitc",
          f"--snn-write-simulator=output={folder} build=true", "-o",
          os.path.join(folder, "sim.mlir")])
    stats = os.path.join(folder, "stats.json")
    must([os.path.join(folder, "sim"), "--input", inputs, "--output",
          os.path.join(folder, "out.npz"), "--stats", stats])
    for chip in ("matterhorn-22nm", "digital-22nm"):
        reports = []
        for option in (f"assume=rate={rate}", f"stats={stats}"):
            path = os.path.join(folder, "report.json")
            must(["snn-opt", module, f"--spike-to-xbar=chip={chip}",
                  "--xbar-tile", "--xbar-place=max-replicas=1",
                  "--xbar-schedule",
                  f"--xbar-report-energy={option} output={path}", "-o",
                  os.devnull])
            must([sys.executable, CHECKER, path])
            reports.append(load_json(path))
        assumed, measured = reports
        checks.check(measured["rates"]["sources"] == ["measured"] and
                     assumed["rates"]["sources"] == ["assumed"],
                     f"{chip}: sources of the rates")
        for accounting in ("paper_compatible_pj", "full_per_tile_pj"):
            for component, value in assumed["totals"][accounting].items():
                other = measured["totals"][accounting][component]
                # Comparisons of real levels are fewer than T.
                if accounting.startswith("full") and component == "threshold":
                    continue
                checks.check(abs(other - value) <= 0.01 * value,
                             f"{chip}, {accounting}, {component}: measured "
                             f"{other:.6g}, assumed {value:.6g}")


def main():
    layers = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    checks = Checks()
    with scratch() as folder:
        check_profile(checks, folder, layers)
        check_measured(checks, folder)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
