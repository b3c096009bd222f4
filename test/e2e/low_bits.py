# Networks that are changed before they are quantised: channels brought to one range,
# probabilities sent by numerator, weights fitted to quantised inputs, bits by site. The float
# network stays what it was; quantised network, spiking network, the simulator's modes and the
# virtual chip are equal, every bit; faults are found.
#
# RUN: %python %s 8
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""low_bits.py [COUNT [FIRST]]

Random transformers of the seeds FIRST to FIRST + COUNT - 1 (default 8 from 0), and one
linear whose fitted weights numpy computes, too.
"""

import json
import os
import re
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (Checks, compile_model, different_bits, interpret, load,
                 load_json, must, scratch, simulate)
from random_transformers import Network

# The passes before spike-equalize.
BEFORE = ["--onnx-normalize-quantizers", "--spike-import-qdq",
          "--onnx-fold-batch-norm", "--spike-insert-sites",
          "--spike-mark-tokens"]


def draw_flags(rng):
    """Flags, and the bits of the classes that they name."""
    bits = {"": int(rng.integers(2, 7))}
    if rng.integers(2):
        bits["norms"] = int(rng.integers(2, 9))
    if rng.integers(2):
        bits["hidden"] = int(rng.integers(2, 9))
    if rng.integers(2):
        bits["probabilities"] = int(rng.integers(2, 9))
    text = ",".join((name + "=" if name else "") + str(n)
                    for name, n in bits.items())
    flags = ["--act-bits", text, "--weight-bits", str(rng.choice([8, 4, 2, 1])),
             "--equalize", str(rng.choice(["auto", "on"])),
             "--probability", str(rng.choice(["auto", "numerator", "softmax"])),
             "--fit-weights", str(rng.choice(["auto", "on", "off"]))]
    if rng.integers(3) == 0:
        flags += ["--dead-zone", "1"]
    if rng.integers(2):
        flags += ["--mask", str(rng.choice(["mode", "zero", "plain"]))]
    return flags, bits


def apart(a, b):
    """The largest difference, over the largest value."""
    return max(float(np.abs(a[k] - b[k]).max() / np.abs(a[k]).max())
               for k in a)


def read_archive(path):
    """The tensors of a safetensors file: where each is, and all bytes."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {name: slice(start + entry["data_offsets"][0],
                        start + entry["data_offsets"][1])
            for name, entry in header.items()}, data


def check_folds(checks, label, path, wanted):
    """A constant that is left as it was, so that one side of a fold is missing, shows."""
    archive = path("equalised.safetensors")
    must(["snn-opt", path("phases", "0.import.mlir"), *BEFORE, "--cse",
          f"--snn-externalize-weights=archive={path('before.safetensors')}"
          " all=true", "-o", path("before.mlir")])
    if not os.path.exists(path("before.safetensors")):
        return []  # all constants are small, and stand in the text
    before, old = read_archive(path("before.safetensors"))
    after, new = read_archive(archive)
    changed = [n for n in after if n in before
               and old[before[n]] != new[after[n]]
               and len(old[before[n]]) == len(new[after[n]])]
    missed = []
    for name in changed:
        fault = bytearray(new)
        fault[after[name]] = old[before[name]]
        with open(archive, "wb") as file:
            file.write(fault)
        y = interpret(path("equalised.mlir"), path("inputs.npz"), path("y.npz"))
        if apart(wanted, y) <= 1e-5:
            missed.append(name)
    with open(archive, "wb") as file:
        file.write(new)
    checks.check(changed and not missed, f"{label}: {len(changed)} folds that "
                 f"are left out are found {missed or ''}")
    return changed


def check_float(checks, label, path, bits, flags, wanted):
    """Equalisation leaves the float network what it was, and faults show."""
    mode = flags[flags.index("--equalize") + 1]
    widths = f" act-bits={bits['']}"
    if len(bits) > 1:
        widths += " site-bits=" + ",".join(f"{n}={b}" for n, b in bits.items()
                                           if n)
    module = path("equalised.mlir")
    must(["snn-opt", path("phases", "0.import.mlir"), *BEFORE,
          f"--spike-equalize=inputs={path('calibration.npz')} mode={mode}{widths}",
          "--cse", # erases the constants as they were
          f"--snn-externalize-weights=archive={path('equalised.safetensors')}"
          " all=true", "-o", module])
    y = interpret(module, path("inputs.npz"), path("y.npz"))
    difference = apart(wanted, y)
    with open(module) as file:
        text = file.read()
    count = text.count("channel_scale")
    if count == 0:
        return
    checks.check(difference <= 1e-5,
                 f"{label}: {count} sites are equalised, the float network "
                 f"differs by {difference:.1e}")
    check_folds(checks, label, path, wanted)
    # One number of a vector that the pass has made is another.
    vectors = [m for m in re.finditer(r"onnx.constant dense<\[(-?[\d.e+-]+),",
                                      text)]
    scales = len(vectors)
    found = 0
    for match in vectors[-2:]:
        start, end = match.span(1)
        fault = text[:start] + f"{float(match.group(1)) + 0.75:e}" + text[end:]
        with open(path("fault.mlir"), "w") as file:
            file.write(fault)
        y = interpret(path("fault.mlir"), path("inputs.npz"), path("y.npz"))
        found += apart(wanted, y) > 1e-5
    checks.check(scales > 0 and found > 0,
                 f"{label}: {found} faults in constants of the float network "
                 "are found")


def check_seed(checks, seed, folder):
    rng = np.random.default_rng(1000 + seed)
    network = Network(rng)
    flags, bits = draw_flags(rng)
    label = f"seed {seed}: {' '.join(flags)}"
    os.makedirs(folder)
    path = lambda *parts: os.path.join(folder, *parts)
    network.build(path("model.onnx"))
    np.savez(path("inputs.npz"), **network.draw_inputs(6))
    np.savez(path("calibration.npz"), **network.draw_inputs(24))
    chip = ["--chip", "common-22nm"] if seed % 4 == 0 and network.batch else []
    compile_model(path("model.onnx"), path("out"), "--calibrate",
                  path("calibration.npz"), "--dump-phases", path("phases"),
                  *flags, *chip)
    run = lambda name: interpret(path(*name.split("/")), path("inputs.npz"),
                                 path("y.npz"))
    quantised = run("phases/1.quantise.mlir")
    others = {name: run(name) for name in
              ("phases/2.spike.mlir", "phases/3.engines.mlir",
               "out/model.mlir")}
    for mode in ("fast", "event", "stepped"):
        others[mode] = simulate(path("out"), path("inputs.npz"), path("y.npz"),
                                mode)
    if chip:
        others["chip"] = run("out/image.snnimg")
    bad = [f"{name}: {n} elements" for name, y in others.items()
           if (n := different_bits(quantised, y))]
    checks.check(not bad, f"{label}: {len(others)} executions equal the "
                 f"quantised network{', but ' + ', '.join(bad) if bad else ''}")
    report = load_json(path("out", "quantisation.json"))
    wrong = [s["name"] for s in report["sites"]
             if s["kind"] not in ("key", "value")
             and s["bits"] != bits.get(s["class"], bits[""])
             and s["bits"] != 8]
    checks.check(not wrong, f"{label}: bits of {wrong or 'all sites'}")
    check_float(checks, label, path, bits, flags, run("phases/0.import.mlir"))
    check_levels(checks, label, path, quantised)


def check_levels(checks, label, path, wanted):
    """Another factor of the numerators, another weight: another network."""
    with open(path("phases", "1.quantise.mlir")) as file:
        text = file.read()
    match = re.search(r"onnx.exp .*\n.*?dense<(\d\.\d+e\+\d+)>", text)
    if not match:
        return
    start, end = match.span(1)
    with open(path("phases", "fault.mlir"), "w") as file:
        file.write(text[:start] + f"{float(match.group(1)) / 2:e}" + text[end:])
    y = interpret(path("phases", "fault.mlir"), path("inputs.npz"),
                  path("y.npz"))
    checks.check(different_bits(wanted, y) > 0,
                 f"{label}: half the numerators are found")


def check_digits(checks, seed, folder):
    """Two windows carry what one does, every bit."""
    rng = np.random.default_rng(2000 + seed)
    network = Network(rng)
    bits = int(rng.choice([5, 6, 7, 8, 8]))
    flags = ["--act-bits", bits, "--mask",
             rng.choice(["mode", "zero", "plain"])]
    if rng.integers(2):
        flags += ["--dead-zone", rng.integers(1, 4)]
    label = f"seed {seed}: {' '.join(map(str, flags))}"
    os.makedirs(folder)
    path = lambda *parts: os.path.join(folder, *parts)
    network.build(path("model.onnx"))
    np.savez(path("inputs.npz"), **network.draw_inputs(6))
    np.savez(path("calibration.npz"), **network.draw_inputs(24))
    chip = ["--chip", "common-22nm"] if network.batch else []
    flags += ["--calibrate", path("calibration.npz")]
    compile_model(path("model.onnx"), path("one"), *flags)
    compile_model(path("model.onnx"), path("two"), "--digits", 2,
                  "--dump-phases", path("phases"), *flags, *chip)
    wanted = simulate(path("one"), path("inputs.npz"), path("y.npz"))
    counts = []
    results = {}
    for mode in ("fast", "event", "stepped"):
        results[mode] = simulate(path("two"), path("inputs.npz"), path("y.npz"),
                                 mode, path("s.json"))
        counts.append(load_json(path("s.json"))["sites"])
    for phase in ("1.quantise", "2.spike"):
        results[phase] = interpret(path("phases", phase + ".mlir"),
                                   path("inputs.npz"), path("y.npz"))
    if chip:
        results["chip"] = interpret(path("two", "image.snnimg"),
                                    path("inputs.npz"), path("y.npz"))
    bad = [name for name, y in results.items() if different_bits(wanted, y)]
    checks.check(not bad and counts[0] == counts[1] == counts[2],
                 f"{label}: two digits equal one window in {len(results)} "
                 f"executions {bad or ''}")
    names = [n for n in counts[0] if n.endswith(("/high", "/low"))]
    checks.check(len(names) > 4 and len(names) == len(counts[0]),
                 f"{label}: {len(names)} trains of digits are counted")
    with open(path("phases", "1.quantise.mlir")) as file:
        text = file.read()
    radix = f"dense<{2**(bits // 2)}> : tensor<i32>"
    with open(path("phases", "fault.mlir"), "w") as file:
        file.write(text.replace(radix, "dense<2> : tensor<i32>", 1))
    y = interpret(path("phases", "fault.mlir"), path("inputs.npz"),
                  path("y.npz"))
    checks.check(radix in text and different_bits(wanted, y) > 0,
                 f"{label}: another shift of a digit is found")


def scale_of(column, bits):
    """The scale of least squared error, as WeightScales.cpp searches it."""
    bound = np.float32(2**(bits - 1) - 1)
    column = column.astype(np.float32)
    best, scale = np.inf, None
    for i in range(64, 15, -1):
        s = np.float32(np.abs(column).max()) / bound * np.float32(i) / np.float32(64)
        level = np.rint(np.clip(column / s, -bound, bound))
        error = ((column.astype(float) - level.astype(float) * float(s))**2).sum()
        if error <= best:
            best, scale = error, s
    return float(scale)


def fit(x, y, w, bits, propagate=True):
    """Integers and scales of the weights w for quantised inputs x."""
    n, inputs = x.shape
    x, y = x - x.mean(0), y - y.mean(0)
    h = x.T @ x
    order = np.argsort(-np.diag(h), kind="stable")
    mean = np.diag(h).mean()
    damping = mean * max(1.0, 8 * inputs / n)
    fitted = np.linalg.solve(h + damping * np.eye(inputs),
                             x.T @ y + damping * w)
    scales = np.array([scale_of(fitted[:, c], bits) for c in range(w.shape[1])])
    h = h[order][:, order] + 0.01 * mean * np.eye(inputs)
    upper = np.linalg.cholesky(np.linalg.inv(h)).T
    rest = fitted[order]
    integers = np.zeros(w.shape)
    bound = 2**(bits - 1) - 1
    for i in range(inputs):
        level = np.clip(np.rint(rest[i] / scales), -bound, bound)
        integers[order[i]] = level
        if propagate:
            loss = (rest[i] - level * scales) / upper[i, i]
            rest[i + 1:] -= np.outer(upper[i, i + 1:], loss)
    return integers, scales


def check_fit(checks, folder):
    """One linear: the integers are those of the formulas."""
    rng = np.random.default_rng(7)
    inputs, outputs, bits = 70, 12, 4
    basis = rng.standard_normal((6, inputs))
    x = (rng.standard_normal((200, 6)) @ basis
         + 0.3 * rng.standard_normal((200, inputs))).astype(np.float32)
    w = rng.standard_normal((inputs, outputs)).astype(np.float32)
    path = lambda name: os.path.join(folder, name)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="fc")], "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["b", inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["b", outputs])],
        [numpy_helper.from_array(w, "w")])
    model = helper.make_model(graph,
                              opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path("fc.onnx"))
    np.savez(path("x.npz"), x=x)
    results = {}
    for mode in ("on", "off"):
        compile_model(path("fc.onnx"), path(mode), "--calibrate", path("x.npz"),
                      "--act-bits", 4, "--weight-bits", bits, "--fit-weights",
                      mode, "--correct-bias=false")
        results[mode] = simulate(path(mode), path("x.npz"), path("y.npz"))["y"]
    report = load_json(os.path.join(path("on"), "quantisation.json"))
    site = report["sites"][0]
    levels = np.clip(np.rint(x / np.float32(site["scale"])) + site["zero"], 0, 15)
    quantised = (levels - site["zero"]) * site["scale"]
    y = x.astype(float) @ w.astype(float)
    integers, scales = fit(quantised, y, w.astype(float), bits)
    wanted = quantised @ (integers * scales)
    difference = np.abs(results["on"] - wanted).max() / np.abs(wanted).max()
    checks.check(difference < 1e-5,
                 f"fitted weights are those of the formulas ({difference:.1e})")
    other, _ = fit(quantised, y, w.astype(float), bits, propagate=False)
    checks.check((other != integers).any(),
                 "weights without propagated losses are found")
    error = {mode: ((r - r.mean(0) - y + y.mean(0))**2).mean()
             for mode, r in results.items()}
    checks.check(error["on"] < 0.7 * error["off"],
                 f"fitted weights leave {error['on'] / error['off']:.2f} of the "
                 "squared error")
    checks.check(report["products"][0].get("fitted") is True,
                 "the report says that weights are fitted")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    checks = Checks()
    with scratch() as folder:
        check_fit(checks, folder)
        for seed in range(first, first + count):
            check_seed(checks, seed, os.path.join(folder, str(seed)))
        for seed in range(first, first + (count + 1) // 2):
            check_digits(checks, seed, os.path.join(folder, f"digits{seed}"))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
