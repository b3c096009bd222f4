# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Changes programming images field by field, with right checksums, and checks that what
is verified runs, and that only what an image is free to say changes results unnoticed.

usage: image_mutants.py SOURCE FOLDER [--count N] [--seed S] [--runner PROGRAM]

Seeds are made by snn-opt from the modules below: M-TTFS with products and embeddings,
LIF neurons with attention, phase coding, a convolution on single-ended cells, calibrated
converters. A mutant has one change of one field: a number, a name, an element more or
less, two exchanged, a bit of a raw section. Two of three have the network's checksum made
again, so that the other checks are what refuses them. snn-try-images (or the program of --runner,
built with the sanitizers) verifies and runs them. What passes there is verified by
snn-image as well, which knows chips, where the changed section is the chip's.

Fails when a mutant ends the runner, is verified and does not run, or changes results
through a field that is not in FREE (of those with a checksum made again, FORGED). Prints how many were refused, ran the same, and ran
otherwise, and the fields of these. The same seed makes the same mutants.
"""

import argparse
import collections
import copy
import os
import random
import re
import subprocess
import sys

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(SOURCE, "test", "Target", "Image", "Inputs"))
from image_format import Image, SECTIONS  # noqa: E402

# What may change results unnoticed: the numbers of weights, thresholds and constants.
FREE = [r"conductances", r"data"]

# And where the checksum of the network was made again, as only a forger would: the
# parameters of neurons, kernels and random numbers; which way around a product takes a
# square operand.
FORGED = FREE + [
    r"layers\.layers\.(tiles\.flips|code_levels|tiling\.(adc_ranges|weight_bits))",
    r"layers\.layers\.(weight_scale|bias|offset)",
    r"layers\.layers\.convolution\.(pads|strides|dilations|kernel)",
    r"requantisers\.requantisers\.(relu|dead_zone|thresholds|scale|bias|lowest|highest|axis)",
    r"engines\.attentions\.(sdsa|ssa)\..*",
    r"program\.instructions\.(lif|bernoulli)\..*",
    r"program\.instructions\.kernel\.(name|attributes.*)",
    r"program\.instructions\.phase\.(factor|transposed)",
    r"engines\.products\.transposed",
    r"program\.values\.constant",
    r"constants\.constants\.(shape|type)",
]

PIPELINE = ["--xbar-tile{}", "--xbar-place", "--xbar-schedule"]


def attention():
    """Two products around a masked softmax stand-in: scores and values."""
    return """
!t = !spike.ttfs<bits = 3, zero = 4, mask = 4, scale = 0.25>
!p = !spike.ttfs<bits = 3, zero = 0, mask = 0, scale = 0.125>
!k = !spike.level<bits = 3, zero = 4, mask = 4, scale = 0.25>
func.func @main(%x: tensor<1x6x4xf32>) -> tensor<1x6x4xf32> {
  %q = spike.encode %x "q" kind query : tensor<1x6x4xf32> -> tensor<1x6x4x!t>
  %k = spike.quantize %x "k" kind key : tensor<1x6x4xf32> -> tensor<1x6x4x!k>
  %kt = onnx.transpose %k [0, 2, 1] : (tensor<1x6x4x!k>) -> tensor<1x4x6x!k>
  %s = spike.matmul %q, %kt {engine = "mttfs"} : tensor<1x6x4x!t>, tensor<1x4x6x!k> -> tensor<1x6x6xi32> loc("qk")
  %p = spike.fire %s "p" kind probability {axis = -1 : i64, scale = dense<0.0625> : tensor<1xf32>,
      thresholds = dense<[[2, 4, 8, 12, 16, 20, 24]]> : tensor<1x7xi32>} : tensor<1x6x6xi32> -> tensor<1x6x6x!p> loc("p")
  %c = spike.matmul %p, %k {engine = "mttfs"} : tensor<1x6x6x!p>, tensor<1x6x4x!k> -> tensor<1x6x4xi32> loc("pv")
  %y = spike.rescale %c {scale = dense<0.03125> : tensor<1xf32>, axis = -1 : i64} : tensor<1x6x4xi32> -> tensor<1x6x4xf32>
  return %y : tensor<1x6x4xf32>
}
"""


def convolution():
    weights = [[[[(3 * o + 5 * i + 7 * k + l) % 15 - 7 for l in range(3)] for k in range(3)]
                for i in range(2)] for o in range(4)]
    return f"""
!t = !spike.ttfs<bits = 3, zero = 3, mask = 3, scale = 0.5>
func.func @main(%x: tensor<1x4x5x5xf32>) -> tensor<1x4x3x3xi32> {{
  %0 = spike.encode %x "e" kind activation : tensor<1x4x5x5xf32> -> tensor<1x4x5x5x!t>
  %1 = spike.conv %0 {{weight = dense<{weights}> : tensor<4x2x3x3xi8>, strides = array<i64: 2, 2>,
      pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, group = 2 : i64}}
      : tensor<1x4x5x5x!t> -> tensor<1x4x3x3xi32> loc("conv")
  return %1 : tensor<1x4x3x3xi32>
}}
"""


def split(path, part):
    """A part of a file that split-file(1) splits."""
    text = open(path).read()
    return re.split(r"^//--- ", text.split(f"//--- {part}\n", 1)[1], flags=re.M)[0]


def modules(source, inputs):
    """Per seed: the module, the chip, and options of the tiling."""
    tests = os.path.join(source, "test")
    toy = os.path.join(tests, "Dialect", "Xbar", "Inputs", "toy.yaml")
    at = lambda name: os.path.join(tests, "Target", "Image", name)
    return {
        "mttfs": (open(at("write-image.mlir")).read(), toy, ""),
        "spiking": (open(at("spiking.mlir")).read(), "common-22nm", ""),
        "phase": (split(at("write-phase.mlir"), "good.mlir"), "common-22nm", ""),
        "attention": (attention(), "matterhorn-22nm", ""),
        "flip": (convolution(), "isaac-like", ""),
        "differential": (convolution(), "matterhorn-22nm", ""),
        "calibrated": (convolution(), "matterhorn-22nm",
                       f"=adc-policy=calibrated samples=20 inputs={inputs}"),
    }


def make_seeds(source, folder):
    import numpy as np
    seeds, inputs = {}, os.path.join(folder, "calibration.npz")
    values = np.random.default_rng(1).normal(size=(20, 4, 5, 5)).astype("f4")
    np.savez(inputs, arg0=values)
    for name, (text, chip, tile) in modules(source, inputs).items():
        module = os.path.join(folder, f"{name}.mlir")
        image = os.path.join(folder, f"{name}.snnimg")
        with open(module, "w") as file:
            file.write(text)
        subprocess.run(["snn-opt", module, f"--spike-to-xbar=chip={chip}",
                        *[p.format(tile) for p in PIPELINE],
                        f"--snn-write-image=output={image}", "-o", os.devnull],
                       check=True, stderr=subprocess.DEVNULL)
        seeds[name] = Image.read(image, os.path.join(source, "runtime/image/image.proto"))
    return seeds


# --- Mutation ------------------------------------------------------------------

# How often a section is chosen: what executes more often than what describes.
WEIGHTS = {"chip": 2, "interface": 1, "layers": 8, "requantisers": 4, "engines": 4,
           "program": 8, "constants": 2, "routing": 1, "statistics": 1}


def places(schema, name, message, path):
    """Every (path, container, key, kind, scope) of a message's fields."""
    for number, (field, kind, repeated) in schema.messages[name].items():
        here = f"{path}.{field}"
        yield here, message, field, kind if not repeated else "repeated " + kind, name
        if field not in message:
            continue
        values = message[field] if repeated else [message[field]]
        if schema.is_message(kind, name):
            for value in values:
                yield from places(schema, schema.resolve(kind, name), value, here)
        elif repeated:
            for i in range(len(values)):
                yield here, values, i, kind, name


def number(rng, kind, old):
    near = [old + 1, old - 1, 2 * old + 1, old // 2, -old, 0, 1]
    if kind == "bool":
        return not old
    if kind in ("double", "float"):
        return rng.choice([0.0, 1.0, -1.0, 0.5, 1e30, -1e30, float("inf"), float("nan"),
                           2 * old, old / 2, -old, old + 0.25])
    if kind in ("uint32", "uint64", "fixed64"):
        top = (1 << (32 if kind == "uint32" else 64)) - 1
        return max(0, rng.choice(near + [2, 3, 4, 7, 8, 16, 255, 256, 65536, top, top >> 1,
                                         old ^ 1 << rng.randrange(8)])) & top
    if kind in ("sint32", "sint64"):
        top = (1 << (31 if kind == "sint32" else 63)) - 1
        return max(-top - 1, min(top, rng.choice(
            near + [-1, -2, 2, 3, 4, 7, 255, 65536, top, -top - 1,
                    old ^ 1 << rng.randrange(8)])))
    return rng.choice([0, 1, 2, 3, 4, 7, 99, old + 1])  # an enumeration


def mutate_text(rng, old, names):
    return rng.choice([old + "x", "", old[:-1], rng.choice(names), "\0" + old])


def mutate(rng, seed, names):
    """A mutant of an image, and the name of what was changed."""
    image = copy.copy(seed)
    image.messages, image.raw = copy.deepcopy(seed.messages), dict(seed.raw)
    if rng.random() < 0.06:
        section = rng.choice(sorted(image.raw))
        data = bytearray(image.raw[section])
        if data:
            at = rng.randrange(len(data))
            data[at] ^= 1 << rng.randrange(8)
            if rng.random() < 0.2:
                data = data[:-1] if rng.random() < 0.5 else data + b"\0"
        image.raw[section] = bytes(data)
        return image, section
    schema = image.schema
    section = rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
    found = list(places(schema, SECTIONS[section], image.messages[section], section))
    path, holder, key, kind, scope = rng.choice(found)
    if kind.startswith("repeated "):
        kind = kind[len("repeated "):]
        values = holder.setdefault(key, [])
        way = rng.randrange(4)
        if way == 0 and values:
            values.pop(rng.randrange(len(values)))
        elif way == 1 and len(values) > 1:
            i, j = rng.sample(range(len(values)), 2)
            values[i], values[j] = values[j], values[i]
        elif values:
            values.insert(rng.randrange(len(values) + 1), copy.deepcopy(rng.choice(values)))
        elif schema.is_message(kind, scope):
            values.append({})
        elif kind == "string":
            values.append("x")
        else:
            values.append(number(rng, kind, 0))
        return image, path
    if schema.is_message(kind, scope):
        if key in holder and rng.random() < 0.5:
            del holder[key]
        else:
            holder[key] = {}
        return image, path
    if kind in ("string", "bytes"):
        if kind == "string":
            holder[key] = mutate_text(rng, holder[key] if isinstance(holder, list)
                                      else holder.get(key, ""), names)
        else:
            old = bytearray(holder.get(key, b""))
            if old and rng.random() < 0.7:
                old[rng.randrange(len(old))] ^= 1 << rng.randrange(8)
            else:
                old += b"\1"
            holder[key] = bytes(old)
        return image, path
    old = holder[key] if isinstance(holder, list) else holder.get(key, 0)
    holder[key] = number(rng, kind, old)
    return image, path


NAMES = ["digital", "mttfs", "ssa", "sdsa", "trace_woss", "encode", "quantize", "gather",
         "reshape", "transpose", "relu", "add", "rescale", "dequantize", "cast", "drift"]


# --- Running -------------------------------------------------------------------


def run_all(runner, paths):
    """Path to result; a path that ended the runner has 'crashed ...'."""
    results, rest = {}, list(paths)
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0",
                       UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    while rest:
        process = subprocess.run([runner], input="\n".join(rest) + "\n", text=True,
                                 capture_output=True, env=environment,
                                 timeout=60 + 10 * len(rest))
        lines = [l.split("\t", 1) for l in process.stdout.splitlines() if "\t" in l]
        results.update(lines)
        rest = rest[len(lines):]
        if rest:
            results[rest[0]] = f"crashed {process.returncode} {process.stderr[-2000:]}"
            rest = rest[1:]
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runner", default="snn-try-images")
    parser.add_argument("--runs", type=int, default=20,
                        help="verified mutants that snn-run executes as well")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    seeds = make_seeds(options.source, options.folder)
    rng = random.Random(options.seed)
    originals = {name: os.path.join(options.folder, f"{name}.snnimg") for name in seeds}
    base = run_all(options.runner, originals.values())
    for name, path in originals.items():
        assert base[path].startswith("ran "), f"{name}: {base[path]}"
    counts, unnoticed = collections.Counter(), collections.Counter()
    problems, ran = [], []
    batch = 200
    for first in range(0, options.count, batch):
        mutants = {}
        for i in range(first, min(first + batch, options.count)):
            name = rng.choice(sorted(seeds))
            image, field = mutate(rng, seeds[name], NAMES)
            path = os.path.join(options.folder, f"mutant{i % batch}.snnimg")
            with open(path, "wb") as file:
                file.write(image.write(stamp=i % 3 != 0))
            mutants[path] = (name, field, i)
        for path, result in run_all(options.runner, mutants).items():
            name, field, i = mutants[path]
            what = result.split(" ", 1)[0]
            if what == "ran":
                what = "same" if result == base[originals[name]] else "otherwise"
            if what in ("same", "otherwise") and field.startswith("chip"):
                verify = subprocess.run(["snn-image", "verify", path], capture_output=True)
                if verify.returncode == 1:
                    what = "refused"
                elif verify.returncode != 0:
                    what = "crashed"
            counts[what] += 1
            if what in ("crashed", "failed"):
                problems.append(f"mutant {i} of {name}, {field}: {result}")
            if what == "otherwise":
                forged = i % 3 != 0
                unnoticed[field + (" (checksum made again)" if forged else "")] += 1
                if not any(re.fullmatch(free, field) for free in (FORGED if forged else FREE)):
                    problems.append(f"mutant {i} of {name}: {field} changes the result "
                                    "unnoticed")
            if what in ("same", "otherwise") and len(ran) < options.runs:
                ran.append(i)
                status = execute(path, seeds[name], options.folder)
                if status:
                    problems.append(f"mutant {i} of {name}, {field}: snn-run: {status}")
    print(", ".join(f"{n} {what}" for what, n in sorted(counts.items())))
    for field, n in sorted(unnoticed.items()):
        print(f"  {field}: {n}")
    for problem in problems[:40]:
        print("PROBLEM:", problem)
    return 1 if problems else 0


def execute(path, seed, folder):
    """Runs a verified image with snn-run on zeros; empty where that succeeds."""
    import numpy as np
    types = {5: np.int64, 6: np.float32, 0: np.bool_, 4: np.int32, 1: np.uint8}
    arrays = {port["name"]: np.zeros([max(1, n) for n in port.get("shape", [])],
                                     types[port.get("type", 0)])
              for port in seed.messages["interface"]["inputs"]}
    # Names of ports may be what was changed.
    image = Image.read(path, os.path.join(SOURCE, "runtime/image/image.proto"))
    names = [port.get("name", "") for port in image.messages["interface"]["inputs"]]
    arrays = dict(zip(names, arrays.values()))
    if any(not name or "\0" in name for name in names):
        return ""
    inputs = os.path.join(folder, "x.npz")
    np.savez(inputs, **arrays)
    result = subprocess.run(["snn-run", path, "--input", inputs, "--noise=ideal"],
                            capture_output=True, text=True)
    return result.stderr.strip() if result.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
