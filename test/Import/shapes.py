# Sizes of inputs: from the data, from --shape of an input or of a symbol, or none.
#
# RUN: %python %s snn-run %t
# RUN: not snn-opt %t-seq.onnx 2>&1 | FileCheck %s --check-prefix=OPEN
# RUN: snn-opt %t-seq.onnx --shape seq=6 | FileCheck %s --check-prefix=SYMBOL
# RUN: snn-opt %t-seq.onnx --shape x=?x6x4 | FileCheck %s --check-prefix=SYMBOL
# RUN: snn-opt %t-seq.onnx --shape seq=6 --shape n=2 | FileCheck %s --check-prefix=BOTH
# RUN: not snn-opt %t-seq.onnx --shape length=6 2>&1 | FileCheck %s --check-prefix=UNKNOWN
# RUN: not snn-opt %t-seq.onnx --shape seq=6x4 2>&1 | FileCheck %s --check-prefix=UNKNOWN
# RUN: not snn-opt %t-seq.onnx --shape seq=-1 2>&1 | FileCheck %s --check-prefix=TEXT
# RUN: not snn-opt %t-seq.onnx --shape seq=5 --shape x=1x6x4 2>&1 | FileCheck %s --check-prefix=CONFLICT
# RUN: snn-opt %t-past.onnx --shape past=1x2x0x4 | FileCheck %s --check-prefix=EMPTY
# RUN: snn-opt %t-past.onnx --shape before=0 | FileCheck %s --check-prefix=EMPTY
# RUN: snn-opt %t-zero.onnx | FileCheck %s --check-prefix=ZERO
# RUN: snn-opt %t-zero.onnx --shape x=3x4 | FileCheck %s --check-prefix=UNZERO
# RUN: snnc %t-mixed.onnx --calibrate %t-mixed-short.npz --compile-to quantise -o %t-out 2>&1 | FileCheck %s --check-prefix=ONE
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

SNN_RUN, BASE = sys.argv[1:]
random = np.random.default_rng(5)


def floats(*shape):
    return random.normal(size=shape).astype(np.float32)


def check(name, data, flags, expected):
    """Runs a saved model on arrays; all outputs must be those of NumPy."""
    np.savez(f"{BASE}-{name}.npz", **data)
    path = name.split("-")[0]
    subprocess.run([SNN_RUN, f"{BASE}-{path}.onnx", "--input", f"{BASE}-{name}.npz",
                    "--output", f"{BASE}-{name}.out.npz", *flags], check=True)
    have = np.load(f"{BASE}-{name}.out.npz")
    for key, want in expected.items():
        assert have[key].shape == want.shape, (name, key, have[key].shape, want.shape)
        assert np.allclose(have[key], want, rtol=1e-5, atol=1e-6), (name, key)


# The length is the data's, and the batch stays dynamic.
# OPEN: error: input 'x' has the dynamic dimension 'seq' (axis 1); bind it with --shape x=1x128x4 or --shape seq=128
# SYMBOL: @main(%arg0: tensor<?x6x4xf32>
# BOTH: @main(%arg0: tensor<2x6x4xf32>
# UNKNOWN: error: --shape names '{{length|seq}}', which is no input; the inputs are 'x', the symbols 'n', 'seq'
# TEXT: --shape expects NAME=1x128 or SYMBOL=128, not 'seq=-1'
# CONFLICT: error: --shape gives the dimension 'seq' the sizes 5 and 6
w = floats(4, 3)
save(f"{BASE}-seq.onnx", [
    node("MatMul", "x w", "m"), node("ReduceMean", "m", "y", axes=[1], keepdims=0)
], [value("x", ["n", "seq", 4])], ["y"], [const("w", w)])
for length in (6, 9):
    x = floats(40, length, 4)
    check(f"seq-{length}", {"x": x}, [], {"y": (x @ w).mean(1)})
    check(f"seq-{length}-rows", {"x": x}, ["--limit", "3"], {"y": (x[:3] @ w).mean(1)})

# A cache whose batch is not its first axis; of length 0 at first.
# EMPTY: @main(%arg0: tensor<1x2x0x4xf32> {{.*}}, %arg1: tensor<1x2x3x4xf32>
save(f"{BASE}-past.onnx", [node("Concat", "past x", "y", axis=2)],
     [value("past", [1, 2, "before", 4]), value("x", [1, 2, 3, 4])], ["y"])
x = floats(1, 2, 3, 4)
for length in (0, 5):
    past = floats(1, 2, length, 4)
    check(f"past-{length}", {"past": past, "x": x}, [],
          {"y": np.concatenate([past, x], 2)})
save(f"{BASE}-pair.onnx", [
    node("Shape", "x", "sh"), node("Gather", "sh zero", "n"),
    node("Unsqueeze", "n axes", "n1"), node("Concat", "two n1 four", "shape", axis=0),
    node("Reshape", "x shape", "r"), node("Add", "past r", "y")
], [value("past", [2, "n", 4]), value("x", ["n", 8])], ["y"],
     [const("zero", 0), const("axes", [0]), const("two", [2]), const("four", [4])])
past, x = floats(2, 3, 4), floats(3, 8)
check("pair", {"past": past, "x": x}, [], {"y": past + x.reshape(2, 3, 4)})

# A size of 0 is a size; data or --shape may still say that it was unknown.
# ZERO: @main(%arg0: tensor<0x4xf32>
# UNZERO: @main(%arg0: tensor<3x4xf32>
save(f"{BASE}-zero.onnx", [node("Relu", "x", "y")], [value("x", [0, 4])], ["y"])
x = floats(3, 4)
check("zero", {"x": x}, [], {"y": np.maximum(x, 0)})

# A model that works for one batch only runs on the data's; compiled, it is that
# for one sample, which is said.
# ONE: warning: the batch is bound to 1; with a dynamic batch:
save(f"{BASE}-mixed.onnx", [
    node("Shape", "x", "sh"), node("Gather", "sh zero", "n"),
    node("Mul", "n n", "nn"), node("Cast", "nn", "f", to=F32),
    node("MatMul", "x w", "m"), node("Mul", "m f", "y")
], [value("x", ["n", 4])], ["y"], [const("zero", 0), const("w", w)])
x = floats(5, 4)
check("mixed", {"x": x}, [], {"y": x @ w * 25})
np.savez(f"{BASE}-mixed-short.npz", x=floats(8, 4))
