# Every dumped phase can be read again, verified and run, and computes what the
# phase before it computed; `snn-opt` with the pipeline writes what `snnc` writes.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, collection, compile_model, execute, interpret,
                 load, mimo_prompts, rows, scratch, simulate)

PHASES = ["0.import", "1.quantise", "2.spike", "3.engines", "4.sim"]


def same_file(a, b):
    with open(a, "rb") as x, open(b, "rb") as y:
        return x.read() == y.read()


def check_model(checks, label, model, inputs, folder, flags, pipeline):
    out = compile_model(model, os.path.join(folder, "out"), *flags, phases=True)
    path = lambda phase: os.path.join(out, "phases", phase + ".mlir")
    written = sorted(f for f in os.listdir(os.path.join(out, "phases"))
                     if f.endswith(".mlir"))
    checks.check(written == [p + ".mlir" for p in PHASES],
                 f"{label}: dumps {', '.join(written)}")

    # Reading, verifying and printing come to a fixed point.
    for phase in PHASES:
        once = os.path.join(out, "phases", phase + ".once.mlir")
        twice = os.path.join(out, "phases", phase + ".twice.mlir")
        first = execute(["snn-opt", path(phase), "--mlir-print-debuginfo",
                         "-o", once])
        second = execute(["snn-opt", once, "--mlir-print-debuginfo", "-o",
                          twice])
        good = (first.returncode == 0 and second.returncode == 0
                and same_file(once, twice))
        checks.check(good, f"{label}: {phase} reads again "
                     f"{first.stderr + second.stderr}")
        bytecode = os.path.join(out, "phases", phase + ".mlirbc")
        third = execute(["snn-opt", once, "--emit-bytecode", "-o", bytecode])
        fourth = execute(["snn-opt", "--trust-bytecode", bytecode, "--mlir-print-debuginfo", "-o",
                          twice])
        checks.check(third.returncode == 0 and fourth.returncode == 0
                     and same_file(once, twice),
                     f"{label}: {phase} survives bytecode "
                     f"{third.stderr + fourth.stderr}")

    results = {}
    for name, module in [("onnx", model), ("record",
                                           os.path.join(out, "model.mlir"))] + [
            (phase, path(phase)) for phase in PHASES]:
        results[name] = interpret(module, inputs,
                                  os.path.join(folder, "y.npz"))
    results["sim"] = simulate(out, inputs, os.path.join(folder, "y.npz"))
    for name in ("2.spike", "3.engines", "4.sim", "record", "sim"):
        checks.equal(results["1.quantise"], results[name],
                     f"{label}: {name} = quantise")
    for name, y in results["onnx"].items():
        apart = np.abs(y - results["0.import"][name]).max() / np.abs(y).max()
        checks.check(apart < 1e-4, f"{label}: import and the .onnx differ by "
                     f"{apart:.1e} of the range of '{name}'")

    def compare(a, b, words):
        result = execute(["snn-run", "--compare", a, b, "--input", inputs])
        checks.check(result.returncode == 0 and words in result.stdout,
                     f"{label}: --compare {os.path.basename(a)} "
                     f"{os.path.basename(b)}: {result.stdout.strip()}"
                     f"{result.stderr.strip()}")

    compare(model, path("0.import"), "equal")
    compare(path("1.quantise"), path("2.spike"), "bit for bit")
    compare(path("2.spike"), path("3.engines"), "bit for bit")
    compare(path("1.quantise"), os.path.join(out, "model.mlir"), "bit for bit")

    # The pipeline by itself.
    twin = os.path.join(folder, "twin")
    result = execute(["snn-opt", model, "--snn-pipeline=" + " ".join(
        pipeline + ["to=sim", "output=" + twin]), "-o", os.devnull])
    checks.check(result.returncode == 0,
                 f"{label}: snn-opt --snn-pipeline {result.stderr.strip()}")
    for name in ("sim.cpp", "weights.safetensors"):
        twin_file = os.path.join(twin, name)
        good = (os.path.exists(twin_file)
                and same_file(os.path.join(out, name), twin_file))
        checks.check(good, f"{label}: snn-opt writes the {name} of snnc")

    # Stopping at a phase writes that phase and no simulator.
    # "mapped" is the old name of "engines".
    names = {"import": 0, "quantise": 1, "spike": 2, "engines": 3, "mapped": 3}
    for phase, number in names.items():
        stop = os.path.join(folder, "to-" + phase)
        compile_model(model, stop, *flags, "--compile-to=" + phase)
        got = interpret(os.path.join(stop, "model.mlir"), inputs,
                        os.path.join(folder, "y.npz"))
        checks.equal(results[PHASES[number]], got,
                     f"{label}: --compile-to={phase}")
        checks.check(not os.path.exists(os.path.join(stop, "sim.cpp")),
                     f"{label}: --compile-to={phase} writes no simulator")


def main():
    checks = Checks()
    with scratch() as folder:
        inputs, _ = mimo_prompts(folder, 24)
        calibration, _ = mimo_prompts(folder, 64, "calibration.npz", 7)
        check_model(checks, "mimo_w1a4_k1",
                    os.path.join(MIMO, "mimo_w1a4_k1.onnx"), inputs,
                    os.path.join(folder, "a"), [], [])
        check_model(checks, "mimo_float",
                    os.path.join(MIMO, "mimo_float.onnx"), inputs,
                    os.path.join(folder, "b"),
                    ["--calibrate", calibration, "--act-bits", 6,
                     "--dead-zone", 1],
                    ["calibrate=" + calibration, "act-bits=6", "dead-zone=1"])
        if collection():
            few = os.path.join(folder, "few.npz")
            np.savez(few, **rows(load(collection(
                "data", "sst2_dev.inputs.npz")), 24))
            check_model(checks, "sst2_bert_tiny_w1a4_k1", collection(
                "models", "sst2_bert_tiny_w1a4_k1.onnx"), few,
                        os.path.join(folder, "c"), [], [])
        else:
            print("skipped the SST-2 classifier: no collection of models")
    return checks.finish()


sys.exit(main())
