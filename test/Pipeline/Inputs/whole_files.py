# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""whole_files.py FOLDER: every kind of output under a limit on file size, and on a device
that is full."""

import os
import resource
import shutil
import subprocess
import sys

import numpy as np

MODULE = """
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
module {{
func.func @main(%x: tensor<1x64xf32> {{onnx.name = "x"}}) -> (tensor<1x64xi32> {{onnx.name = "y"}}) {{
  %0 = spike.encode %x "e" kind activation : tensor<1x64xf32> -> tensor<1x64x!t>
  %1 = spike.linear %0 {{weight = dense<{weights}> : tensor<64x64xi8>}}
      : tensor<1x64x!t> -> tensor<1x64xi32> loc("fc")
  return %1 : tensor<1x64xi32>
}}
}}
"""
MAP = ["--spike-to-xbar=chip=matterhorn-22nm", "--xbar-tile", "--xbar-place",
       "--xbar-schedule"]


def limited(command, limit):
    def limit_size():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return subprocess.run(command, capture_output=True, text=True,
                          preexec_fn=limit_size if limit else None)


def main():
    folder = sys.argv[1]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    to = lambda name: os.path.join(folder, name)
    weights = np.random.default_rng(1).integers(-7, 8, (64, 64)).tolist()
    with open(to("a.mlir"), "w") as file:
        file.write(MODULE.format(weights=weights))
    np.savez(to("x.npz"), x=np.ones((100, 64), "f4"))
    image = [f"--snn-write-image=output={to('a.snnimg')}", "-o", os.devnull]
    assert limited(["snn-opt", to("a.mlir"), *MAP, "-o", to("m.mlir")], 0).returncode == 0
    assert limited(["snn-opt", to("m.mlir"), *image], 0).returncode == 0
    report = ["--xbar-report-energy=output={} trace={} page={}".format(
        to("e.json"), to("t.json"), to("r.html")), "-o", os.devnull]
    cases = {
        "module": (["snn-opt", to("a.mlir"), "-o", to("out.mlir")], ["out.mlir"]),
        "image": (["snn-opt", to("m.mlir"), *image], ["a.snnimg"]),
        "report": (["snn-opt", to("m.mlir"), *report], ["e.json"]),
        "results": (["snn-run", to("a.snnimg"), "--input", to("x.npz"), "--output",
                     to("y.npz"), "--stats", to("s.json")], ["y.npz"]),
        "cells": (["snn-image", "export", to("a.snnimg"), "-o", folder, "--format", "csv"],
                  ["layer0_fc_g0_c0_r0.csv"]),
    }
    for name, (command, outputs) in cases.items():
        kept = open(to("a.snnimg"), "rb").read()
        for output in outputs:
            with open(to(output), "wb") as file:
                file.write(kept if output == "a.snnimg" else b"old")
        before = sorted(os.listdir(folder))
        result = limited(command, 1000)
        error = result.stderr
        assert result.returncode == 1, f"{name}: status {result.returncode}: {error}"
        for output in outputs:
            expected = f"cannot write '{to(output)}': File too large"
            assert expected in error, f"{name}: '{error}' lacks '{expected}'"
            now = open(to(output), "rb").read()
            assert now == (kept if output == "a.snnimg" else b"old"), f"{name}: changed"
        left = sorted(os.listdir(folder))
        assert left == before, f"{name}: left {set(left) - set(before)}"
        # Without the limit the same command succeeds.
        again = limited(command, 0)
        assert again.returncode == 0, f"{name}: {again.stderr}"
    with open("/dev/full", "w") as full:
        result = subprocess.run(["snn-image", "dump", to("a.snnimg")], stdout=full,
                                stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1 and (
        "cannot write standard output: No space left on device" in result.stderr), result


main()
