# What snnc writes to a folder holds no weight twice: model.mlir names those of
# the simulator, and only what the simulator has no use for lies beside it.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, compile_model, interpret, mimo_prompts, scratch,
                 simulate)


def contents(path):
    """The tensors of a safetensors file: (type, shape, bytes) by key."""
    if not os.path.exists(path):
        return {}
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    return {key: (entry["dtype"], tuple(entry["shape"]),
                  data[start + entry["data_offsets"][0]:
                       start + entry["data_offsets"][1]])
            for key, entry in json.loads(data[8:start]).items()
            if key != "__metadata__"}


def main():
    checks = Checks()
    with scratch() as folder:
        inputs, _ = mimo_prompts(folder, 24)
        calibration, _ = mimo_prompts(folder, 64, "calibration.npz", 7)
        for name, flags in (("mimo_w1a4_k1", []),
                            ("mimo_float", ["--calibrate", calibration]),
                            ("mimo_float", ["--calibrate", calibration,
                                            "--coding=phase"])):
            label = " ".join([name, *flags[2:]])
            out = compile_model(os.path.join(MIMO, name + ".onnx"),
                                os.path.join(folder, label), *flags)
            simulator = contents(os.path.join(out, "weights.safetensors"))
            module = contents(os.path.join(out, "model.safetensors"))
            with open(os.path.join(out, "model.mlir")) as file:
                text = file.read()
            checks.check('"weights.safetensors"' in text,
                         f"{label}: model.mlir names weights of the simulator")
            twice = set(simulator.values()) & set(module.values())
            checks.check(not twice, f"{label}: {len(twice)} tensors lie in both "
                         "files")
            checks.check(all(f'"{key}"' in text for key in module),
                         f"{label}: the module names all of model.safetensors")
            checks.equal(interpret(os.path.join(out, "model.mlir"), inputs,
                                   os.path.join(folder, "a.npz")),
                         simulate(out, inputs, os.path.join(folder, "b.npz")),
                         f"{label}: model.mlir = simulator")

            # Without a simulator the module has a file of its own.
            alone = compile_model(os.path.join(MIMO, name + ".onnx"),
                                  os.path.join(folder, label + " alone"),
                                  *flags, "--compile-to=mapped")
            checks.check(not os.path.exists(
                os.path.join(alone, "weights.safetensors")),
                f"{label}: no simulator, no weights of it")
            checks.check(bool(contents(os.path.join(alone,
                                                    "model.safetensors"))),
                         f"{label}: model.safetensors of a module alone")
    return checks.finish()


sys.exit(main())
