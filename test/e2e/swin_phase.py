# A Swin transformer is imported, converted to phase coding and run, with an error
# against float that is measured at the end of every block.
#
# RUN: %python %s %source/examples/swin/make_swin.py
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""swin_phase.py MAKE_SWIN [SIZE [FOLDER]]

T takes minutes, and runs one image, calibrated on eight: the last stage has 49 tokens an
image, too few in two images for the means of 768 channels. With FOLDER what is compiled stays
there.

An encoder rounds by at most (B - 1) / (B + 1), so by a root mean square of that over
the root of 3. A sum has at most six encoders in its branch and its skip (input,
query, key, score, value, context), whose errors are independent: after n sums the
error is to be at most sqrt(6 n) times that of one encoder.
"""

import contextlib
import math
import os
import sys
import time

import numpy as np
import onnx

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (Checks, compile_model, interpret, load, load_json, must, rows,
                 scratch, simulate)


BASE, PHASES = 1.15, 40
ENCODER = (BASE - 1) / (BASE + 1) / 3 ** 0.5


def expose_blocks(source, target):
    """Makes every skip connection's sum an output of the model, in order."""
    model = onnx.shape_inference.infer_shapes(onnx.load(source))
    constants = {t.name for t in model.graph.initializer}
    types = {v.name: v for v in model.graph.value_info}
    shape = lambda name: str(types[name].type) if name in types else name
    names = []
    for node in model.graph.node:
        if (node.op_type == "Add" and not constants & set(node.input)
                and node.output[0] in types
                and shape(node.input[0]) == shape(node.input[1])):
            names.append(node.output[0])
            model.graph.output.append(types[node.output[0]])
    onnx.save(model, target)
    return names


def relative_error(a, b):
    return float(np.sqrt(np.square(a - b).mean() / np.square(b).mean()))


def check_energy(checks, out, stats, energy, size):
    """The report takes its un-fired phases from the simulator's counts."""
    must(["snn-opt", os.path.join(out, "phases", "3.engines.mlir"),
          "--spike-specialize-batch", "--canonicalize",
          "--spike-to-xbar=chip=spikedattention-45nm", "--xbar-schedule",
          f"--xbar-report-energy=stats={stats} output={energy}", "-o",
          os.devnull])
    totals, counts = load_json(energy)["totals"], load_json(stats)
    steps = sum(s["unfired_steps"] for s in counts["sites"].values())
    steps /= counts["samples"]
    checks.check(math.isclose(totals["counts"]["neuron_steps"], steps,
                              rel_tol=1e-9),
                 f"{steps:.0f} un-fired phases of neurons")
    spiking = totals["paper_compatible_pj"]["total"] * 1e-9
    full = totals["full_per_tile_pj"]["total"] * 1e-9
    print(f"        energy {spiking:.4f} mJ, without spikes "
          f"{totals['ann_pj']['paper_compatible'] * 1e-9:.4f} mJ; with all "
          f"operations {full:.4f} mJ")
    if size == "T":
        print("        published: 26.383 mJ, without spikes 45.339 mJ")


def main():
    script, size = sys.argv[1], (sys.argv[2:] or ["test"])[0]
    calibrated, tested = (8, 1) if size == "T" else (24, 8)
    checks = Checks()
    with contextlib.ExitStack() as stack:
        folder = sys.argv[3] if sys.argv[3:] else stack.enter_context(scratch())
        path = lambda name: os.path.join(folder, name)

        def timed(what, function, *args, **keywords):
            begin = time.time()
            result = function(*args, **keywords)
            print(f"        {what}: {time.time() - begin:.0f} s", flush=True)
            return result

        must([sys.executable, script, path("swin.onnx"), "--size", size,
              "--samples", calibrated + tested, "--inputs", path("x.npz"),
              "--outputs", path("y.npz")])
        blocks = expose_blocks(path("swin.onnx"), path("blocks.onnx"))
        images = load(path("x.npz"))
        np.savez(path("calibration.npz"), **rows(images, calibrated))
        np.savez(path("test.npz"),
                 **{n: a[calibrated:] for n, a in images.items()})
        out = timed(
            "compilation", compile_model, path("blocks.onnx"), path("out"),
            "--coding", "phase", "--attention", "trace-woss", "--phase-base",
            BASE, "--phase-steps", PHASES, "--calibrate",
            path("calibration.npz"), phases=True)
        y = timed("simulator", simulate, out, path("test.npz"),
                  path("fast.npz"), stats=path("stats.json"))
        wanted = timed("float network", interpret, path("blocks.onnx"),
                       path("test.npz"), path("float.npz"))
        quantised = timed("interpreter", interpret,
                          os.path.join(out, "phases", "1.quantise.mlir"),
                          path("test.npz"), path("q.npz"))
        checks.equal(quantised, y, "the simulator computes the quantised network")
        report = load_json(os.path.join(out, "quantisation.json"))
        attentions = sum(s["kind"] == "probability" for s in report["sites"])
        text = open(os.path.join(out, "model.mlir")).read()
        checks.check(not report["float_products"]
                     and text.count("spike.woss") == attentions > 0
                     and "onnx.softmax" not in text,
                     f"{attentions} attentions without a float product")
        checks.check(len(blocks) >= 2 * attentions, f"{len(blocks)} sums")
        for n, name in enumerate(blocks):
            error = relative_error(y[name], wanted[name])
            limit = ENCODER * (6 * (n + 1)) ** 0.5
            checks.check(error <= limit, f"sum {n}: relative error {error:.3f}, "
                         f"at most {limit:.3f}")
        error = relative_error(y["logits"], wanted["logits"])
        checks.check(error <= limit, f"logits: relative error {error:.3f}")
        check_energy(checks, out, path("stats.json"), path("energy.json"), size)
    return checks.finish()


sys.exit(main())
