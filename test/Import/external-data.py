# Weights in files of their own are named, and checked on import.
#
# RUN: rm -rf %t && mkdir %t && %python %s %t
# RUN: snn-opt %t/good.onnx | FileCheck %s --check-prefix=GOOD
# RUN: not snn-opt %t/short.onnx 2>&1 | FileCheck %s --check-prefix=SHORT
# RUN: not snn-opt %t/missing.onnx 2>&1 | FileCheck %s --check-prefix=MISSING
# RUN: not snn-opt %t/outside.onnx 2>&1 | FileCheck %s --check-prefix=OUTSIDE
# RUN: not snn-opt %t/length.onnx 2>&1 | FileCheck %s --check-prefix=LENGTH
# RUN: not snn-opt %t/link.onnx 2>&1 | FileCheck %s --check-prefix=LINK
# RUN: not snn-opt %t/folder.onnx 2>&1 | FileCheck %s --check-prefix=FOLDER
# RUN: not snn-opt %t/pipe.onnx 2>&1 | FileCheck %s --check-prefix=PIPE
# RUN: snn-opt %t/inner.onnx | FileCheck %s --check-prefix=INNER

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

FOLDER = sys.argv[1]


def external(array, name, **entries):
    tensor = const(name, array)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in entries.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(text)
    return tensor


def case(name, **entries):
    big = np.arange(200.0).reshape(10, 20)
    nodes = [node("MatMul", "x w", "m"), node("Add", "m b", "y")]
    # A small tensor is read, a large one named.
    tensors = [external(big, "w", **entries),
               external(np.ones(20), "b", location="w.bin", offset=800,
                        length=80)]
    save(os.path.join(FOLDER, name + ".onnx"), nodes, [value("x", [3, 10])],
         ["y"], tensors)


with open(os.path.join(FOLDER, "w.bin"), "wb") as file:
    file.write(np.arange(200, dtype=np.float32).tobytes())
    file.write(np.full(20, 2.5, np.float32).tobytes())

# GOOD: onnx.constant #onnx.param<"{{.*}}good.onnx", "w"> : tensor<10x20xf32>
# GOOD: onnx.constant dense<2.500000e+00> : tensor<20xf32>
case("good", location="w.bin", offset=0, length=800)
# SHORT: error: the tensor 'w' cannot be used: external data file '{{.*}}w.bin' is too short: 880 bytes, needed are 800 from byte 400{{.*}}MatMul_m
case("short", location="w.bin", offset=400, length=800)
# MISSING: error: the tensor 'w' cannot be used: external data file '{{.*}}absent.bin': No such file or directory
case("missing", location="absent.bin")
# OUTSIDE: error: the tensor 'w' cannot be used: its external data lies outside the model's folder: '../w.bin'
case("outside", location="../w.bin")
# LENGTH: error: the tensor 'w' cannot be used: its external data has 799 bytes, its shape needs 800
case("length", location="w.bin", length=799)

# Links that stay inside are followed, others are not.
os.symlink("/etc/passwd", os.path.join(FOLDER, "link.bin"))
os.symlink("/etc", os.path.join(FOLDER, "link"))
os.symlink("w.bin", os.path.join(FOLDER, "inner.bin"))
os.mkfifo(os.path.join(FOLDER, "pipe.bin"))
# LINK: error: the tensor 'w' cannot be used: its external data lies outside the model's folder: 'link.bin'
case("link", location="link.bin")
# FOLDER: error: the tensor 'w' cannot be used: its external data lies outside the model's folder: 'link/passwd'
case("folder", location="link/passwd")
# PIPE: error: the tensor 'w' cannot be used: external data file '{{.*}}pipe.bin': is no regular file
case("pipe", location="pipe.bin")
# INNER: onnx.constant #onnx.param<"{{.*}}inner.onnx", "w"> : tensor<10x20xf32>
case("inner", location="inner.bin", offset=0, length=800)
