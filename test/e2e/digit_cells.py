# Two digits of one operand use one set of cells: the programmed devices that both see are the
# same, cells count once, conversions for each digit, and the passes follow each other, in one
# round and in several. A network of convolution and linears gives the simulator's bits.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import re
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from chip_mapping import variant
from e2e import (Checks, compile_model, different_bits, interpret, load,
                 load_json, must, scratch, simulate)

K, N, VECTORS = 150, 20, 3

LINEAR = """
!{t} = !spike.ttfs<bits = {bits}, zero = {zero}, mask = {zero}, scale = 1.0>
"""

ONE = LINEAR.format(t="q", bits=8, zero="{zero}") + """
func.func @main(%q: tensor<{v}x{k}xf32>) -> tensor<{v}x{n}xi32> {{
  %0 = spike.encode %q "x" kind activation : tensor<{v}x{k}xf32> -> tensor<{v}x{k}x!q>
  %1 = spike.linear %0 {{weight = dense<{w}> : tensor<{k}x{n}xi8>}}
      : tensor<{v}x{k}x!q> -> tensor<{v}x{n}xi32> loc("fc")
  return %1 : tensor<{v}x{n}xi32>
}}
"""

# The first result is the sum of the two digits, which follow.
TWO = (LINEAR.format(t="h", bits=4, zero="{high}")
       + LINEAR.format(t="l", bits=4, zero="{low}") + """
func.func @main(%h: tensor<{v}x{k}xf32>, %l: tensor<{v}x{k}xf32>)
    -> (tensor<{v}x{n}xi32>, tensor<{v}x{n}xi32>, tensor<{v}x{n}xi32>) {{
  %0 = spike.encode %h "x/high" kind activation : tensor<{v}x{k}xf32> -> tensor<{v}x{k}x!h>
  %1 = spike.encode %l "x/low" kind activation : tensor<{v}x{k}xf32> -> tensor<{v}x{k}x!l>
  %2 = spike.linear %0 {{weight = dense<{w}> : tensor<{k}x{n}xi8>}}
      : tensor<{v}x{k}x!h> -> tensor<{v}x{n}xi32> loc("fc/high")
  %3 = spike.linear %1 {{weight = dense<{w}> : tensor<{k}x{n}xi8>}}
      : tensor<{v}x{k}x!l> -> tensor<{v}x{n}xi32> loc("fc/low")
  %4 = onnx.constant dense<16> : tensor<i32>
  %5 = onnx.mul %2, %4 : (tensor<{v}x{n}xi32>, tensor<i32>) -> tensor<{v}x{n}xi32>
  %6 = onnx.add %5, %3 : (tensor<{v}x{n}xi32>, tensor<{v}x{n}xi32>) -> tensor<{v}x{n}xi32>
  return %6, %2, %3 : tensor<{v}x{n}xi32>, tensor<{v}x{n}xi32>, tensor<{v}x{n}xi32>
}}
""")

MAP = ["--xbar-tile=adc-policy=lossless", "--xbar-place=max-replicas=1",
       "--xbar-schedule", "--xbar-verify-mapping", "--mlir-print-local-scope"]


def write_image(path, name, text, passes):
    """Maps a module; returns the image and the mapped module's text."""
    with open(path(name + ".mlir"), "w") as file:
        file.write(text)
    must(["snn-opt", path(name + ".mlir"), *passes,
          f"--snn-write-image=output={path(name + '.snnimg')}", "-o",
          path(name + ".mapped.mlir")])
    with open(path(name + ".mapped.mlir")) as file:
        return path(name + ".snnimg"), file.read()


def run(image, inputs, output, *flags):
    must(["snn-run", image, "--input", inputs, "--output", output, *flags])
    return list(load(output).values())


def check_devices(checks, chip, folder):
    """One window of 8 bits and two of 4 whose zero point and mask are 0 drive the same
    rows in the same passes, so that any devices give them the same codes."""
    os.makedirs(folder)
    path = lambda name: os.path.join(folder, name)
    rng = np.random.default_rng(11)
    weights = rng.integers(-127, 128, (K, N))
    q = rng.integers(0, 256, (2 * VECTORS, K)).astype("f4")
    fields = dict(v=VECTORS, k=K, n=N, w=weights.tolist())
    bind = [f"--spike-to-xbar=chip={chip}", *MAP]
    one, _ = write_image(path, "one", ONE.format(zero=0, **fields), bind)
    two, mapped = write_image(path, "two", TWO.format(high=0, low=0, **fields),
                              bind)
    checks.check('layer "fc/low" {cells_of = "fc/high"' in mapped,
                 f"{chip}: the second digit has the cells of the first")
    # As it was: cells for each of them.
    own = re.sub(r'cells_of = "fc/high", ', "", mapped)
    own = re.sub(r"(placement|tiling) = #xbar.\w+<[^>]*>,? ?", "", own)
    apart, _ = write_image(path, "apart", own, MAP)
    np.savez(path("one.npz"), arg0=q)
    np.savez(path("two.npz"), arg0=q // 16, arg1=q % 16)
    np.savez(path("same.npz"), arg0=q // 16, arg1=q // 16)
    exact = q.astype(np.int64) @ weights
    for noise in ("ideal", "stuck_on=0.02,stuck_off=0.02", "programming_noise",
                  "variation=0.1,adc_offset=0.5"):
        flags = [] if noise == "ideal" else ["--noise", noise, "--seed", 3]
        a, = run(one, path("one.npz"), path("y.npz"), *flags)
        b, high, low = run(two, path("two.npz"), path("y.npz"), *flags)
        c = run(apart, path("two.npz"), path("y.npz"), *flags)[0]
        checks.check(np.array_equal(a, b) and np.array_equal(16 * high + low, b)
                     and np.array_equal(a, exact) == (noise == "ideal")
                     and np.array_equal(a, c) == (noise == "ideal"),
                     f"{chip}, {noise}: two digits equal one window, as cells "
                     f"of their own do{'' if noise == 'ideal' else ' not'}")
    _, high, low = run(two, path("same.npz"), path("y.npz"), "--noise",
                       "programming_noise")
    checks.check(np.array_equal(high, low), f"{chip}: equal digits give equal "
                 "sums on equal devices")
    _, high, low = run(two, path("same.npz"), path("y.npz"), "--noise",
                       "read_noise=0.5")
    checks.check(not np.array_equal(high, low),
                 f"{chip}: read noise is drawn for each pass")
    # Signed digits, ideal devices.
    z = 0x8d
    two, _ = write_image(path, "signed", TWO.format(high=z >> 4, low=z & 15,
                                                    **fields), bind)
    np.savez(path("signed.npz"), arg0=q // 16 - (z >> 4), arg1=q % 16 - (z & 15))
    b = run(two, path("signed.npz"), path("y.npz"))[0]
    checks.check(np.array_equal(b, (q.astype(np.int64) - z) @ weights),
                 f"{chip}: signed digits give the sums of numpy")
    sizes = {name: os.path.getsize(path(name + ".snnimg"))
             for name in ("one", "two", "apart")}
    checks.check(sizes["apart"] - sizes["two"] >= K * N // 2,
                 f"{chip}: cells are stored once, {sizes}")


def build_network(path):
    """A convolution and two linears."""
    rng = np.random.default_rng(5)
    draw = lambda *shape: rng.normal(0, 0.2, shape).astype("f4")
    weights = {"cw": draw(6, 2, 3, 3), "cb": draw(6), "w1": draw(384, 24),
               "b1": draw(24), "w2": draw(24, 5), "b2": draw(5)}
    nodes = [helper.make_node("Conv", ["x", "cw", "cb"], ["c"], name="conv",
                              pads=[1, 1, 1, 1]),
             helper.make_node("Relu", ["c"], ["r"]),
             helper.make_node("Flatten", ["r"], ["f"]),
             helper.make_node("Gemm", ["f", "w1", "b1"], ["g"], name="fc1"),
             helper.make_node("Relu", ["g"], ["h"]),
             helper.make_node("Gemm", ["h", "w2", "b2"], ["y"], name="fc2")]
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["b", 2, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["b", 5])],
        [numpy_helper.from_array(a, name) for name, a in weights.items()])
    model = helper.make_model(graph,
                              opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path)


def read_trace(folder):
    """The tasks of crossbars by resource: (start, end, layer, round), and the rounds."""
    events = load_json(os.path.join(folder, "trace.json"))["traceEvents"]
    names = {e["tid"]: e["args"]["name"] for e in events
             if e["name"] == "thread_name"}
    tasks = [(e["ts"], e["ts"] + e["dur"], e["name"], names[e["tid"]])
             for e in events if e["ph"] == "X"]
    programs = sorted(t[0] for t in tasks if t[3] == "programming")
    resources = {}
    for start, end, layer, resource in tasks:
        here = sum(p < (start + end) / 2 for p in programs)
        resources.setdefault(resource, []).append((start, end, layer, here))
    return resources, len(programs) + 1


def check_network(checks, folder):
    path = lambda *parts: os.path.join(folder, *parts)
    build_network(path("net.onnx"))
    rng = np.random.default_rng(6)
    np.savez(path("c.npz"), x=rng.normal(size=(32, 2, 8, 8)).astype("f4"))
    np.savez(path("x.npz"), x=rng.normal(size=(4, 2, 8, 8)).astype("f4"))
    flags = ["--calibrate", path("c.npz"), "--max-replicas", 1,
             "--verify-mapping", "--chip"]
    layers = ("conv", "fc1", "fc2")
    compile_model(path("net.onnx"), path("two"), *flags, "matterhorn-22nm",
                  "--digits", 2)
    wanted = simulate(path("two"), path("x.npz"), path("y.npz"))
    compile_model(path("net.onnx"), path("one"), *flags, "matterhorn-22nm",
                  "--compile-to", "image")
    few = variant(folder, "few", cores=1, crossbars=2)
    compile_model(path("net.onnx"), path("few"), *flags, few, "--digits", 2,
                  "--compile-to", "image")
    results = {name: interpret(path(name, "image.snnimg"), path("x.npz"),
                               path("y.npz")) for name in ("one", "two", "few")}
    bad = [n for n, y in results.items() if different_bits(wanted, y)]
    checks.check(not bad, f"chips with one window, two digits and two digits in "
                 f"rounds give the simulator's bits {bad or ''}")

    one, two = (load_json(path(n, "energy.json")) for n in ("one", "two"))
    checks.check(all(one["programming"][k] == two["programming"][k]
                     for k in ("cells", "rows", "energy_pj", "time_ns"))
                 and one["leakage"]["power_uw"] == two["leakage"]["power_uw"]
                 and one["neurobench"]["footprint"]
                 == two["neurobench"]["footprint"]
                 and one["chip"]["crossbars_used"]
                 == two["chip"]["crossbars_used"] > 0,
                 f"{one['programming']['cells']:.0f} cells in "
                 f"{one['chip']['crossbars_used']:.0f} crossbars, with one "
                 "window and with two")
    found = {layer["name"]: layer for layer in two["layers"]}
    ends = lambda name, digit: next(v for k, v in found.items()
                                    if name in k and k.endswith(digit))
    good = True
    for name in layers:
        high, low = ends(name, "/high"), ends(name, "/low")
        good &= (low.get("cells_of") == high["name"] and "crossbars" not in low
                 and high["crossbars"] > 0 and "cells_of" not in high
                 and high["counts"]["conversions"] > 0
                 and low["counts"]["conversions"] > 0
                 and low["counts"]["driven_rows"] > 0)
    checks.check(good, "a second digit has no crossbars and its own conversions")

    for name, rounds in (("two", 1), ("few", None)):
        resources, count = read_trace(path(name))
        good = rounds in (None, count) and (rounds or count > 3)
        for layer in layers:
            tasks = next(sorted(t) for r, t in resources.items()
                         if layer in r and r.endswith("/high"))
            good &= all(a[1] <= b[0] + 1e-6 for a, b in zip(tasks, tasks[1:]))
            digits = {d: [t[3] for t in tasks if t[2].endswith(d)]
                      for d in ("/high", "/low")}
            good &= digits["/high"] == digits["/low"] != []
            good &= len(tasks) == 2 * len(digits["/low"])
        checks.check(bool(good), f"{count} round(s): both digits use the "
                     "crossbars of a layer in every round, one after the other")


def main():
    checks = Checks()
    with scratch() as folder:
        for chip in ("matterhorn-22nm", "isaac-like", "xpikeformer-pcm"):
            check_devices(checks, chip, os.path.join(folder, chip))
        check_network(checks, folder)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
