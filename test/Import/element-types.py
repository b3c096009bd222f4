# Element types that are computed as others, with one warning.
#
# RUN: %python %s %t
# RUN: snn-opt %t-half.onnx 2>&1 | FileCheck %s --check-prefix=HALF
# RUN: snn-opt %t-double.onnx 2>&1 | FileCheck %s --check-prefix=DOUBLE
# RUN: snn-opt %t-unsigned.onnx 2>&1 | FileCheck %s --check-prefix=UNSIGNED
# RUN: snn-opt %t-float.onnx 2>&1 | FileCheck %s --check-prefix=FLOAT
# RUN: snn-run %t-double.onnx --input %t.npz --output %t-out.npz
# RUN: %python %s --check %t

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

HALF, BHALF, DOUBLE = (TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)
U16, U32 = TensorProto.UINT16, TensorProto.UINT32
weights = np.linspace(-2, 2, 4 * 80).reshape(4, 80)
x = np.linspace(-1, 1, 12).reshape(3, 4)

if sys.argv[1] == "--check":
    y = np.load(sys.argv[2] + "-out.npz")["y"]
    assert y.dtype == np.float32, y.dtype
    assert np.allclose(y, x @ weights + 0.25, rtol=1e-5, atol=1e-5)
    sys.exit()

BASE = sys.argv[1]
np.savez(BASE + ".npz", x=x)

# Weights in the text of the module and in the archive.
# HALF: warning: the model has elements of type FLOAT16, BFLOAT16, which are computed as FLOAT
# HALF-NOT: warning
# HALF: @main(%arg0: tensor<?x4xf32>
# HALF: onnx.constant #onnx.param<{{.*}}, "w"> : tensor<4x80xf32>
# HALF: onnx.constant dense<2.500000e-01> : tensor<1xf32>
# HALF-NOT: onnx.cast
third = onnx.TensorProto(name="b", data_type=BHALF, dims=[1], raw_data=b"\x80\x3e")
save(f"{BASE}-half.onnx",
     [node("MatMul", "x w", "m"), node("Cast", "b", "c", to=HALF),
      node("Add", "m c", "y")], [value("x", ["n", 4], HALF)],
     [value("y", ["n", 80], HALF)], [const("w", weights, np.float16), third])

# DOUBLE: warning: the model has elements of type DOUBLE, which are computed as FLOAT
# DOUBLE: onnx.constant #onnx.param<{{.*}}, "w"> : tensor<4x80xf32>
save(f"{BASE}-double.onnx",
     [node("MatMul", "x w", "m"), node("Add", "m b", "y")],
     [value("x", ["n", 4], DOUBLE)], [value("y", ["n", 80], DOUBLE)],
     [const("w", weights, np.float64), const("b", 0.25, np.float64)])

# UNSIGNED: warning: the model has elements of type UINT16, UINT32, which are computed as INT32, INT64
# UNSIGNED: onnx.max %arg0, %{{.*}} : (tensor<?x2xi32>, tensor<2xi32>) -> tensor<?x2xi32>
# UNSIGNED: onnx.max %arg1, %{{.*}} : (tensor<?x2xi64>, tensor<2xi64>) -> tensor<?x2xi64>
save(f"{BASE}-unsigned.onnx",
     [node("Max", "x c", "y"), node("Max", "z d", "w")],
     [value("x", ["n", 2], U16), value("z", ["n", 2], U32)],
     [value("y", ["n", 2], U16), value("w", ["n", 2], U32)],
     [const("c", [40000, 3], np.uint16), const("d", [2 ** 31, 3], np.uint32)])

# FLOAT-NOT: warning
save(f"{BASE}-float.onnx", [node("Relu", "x", "y")], [value("x", ["n", 2])], ["y"])
