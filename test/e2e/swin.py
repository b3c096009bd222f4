# The example network of window attention: import and float execution give what
# numpy computed when the network was made.
#
# RUN: %python %s %source/examples/swin/make_swin.py snn-run %t
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""swin.py MAKE_SWIN SNN_RUN FOLDER"""

import pathlib
import subprocess
import sys

import numpy as np


def main():
    script, snn_run, folder = sys.argv[1:4]
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    for size in ("test", "small"):
        model, x, expected, y = (folder / f"{size}{suffix}" for suffix in (
            ".onnx", ".x.npz", ".expected.npz", ".y.npz"))
        subprocess.run([sys.executable, script, model, "--size", size,
                        "--samples", "8", "--inputs", x, "--outputs", expected],
                       check=True)
        subprocess.run([snn_run, model, "--input", x, "--output", y], check=True)
        a = np.load(expected)["logits"]
        b = np.load(y)["logits"].reshape(a.shape)
        worst = np.abs(a - b).max() / np.ptp(a)
        assert worst <= 1e-5, f"{size}: {worst} of the range"
        # An output that ignores the image would pass the comparison.
        assert len(set(a.argmax(1))) > 2, a.argmax(1)
        assert (a.argmax(1) == b.argmax(1)).all()


main()
