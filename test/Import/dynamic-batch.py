# Exporters' shape arithmetic vanishes, also when the batch stays dynamic.
#
# RUN: %python %s %t
# RUN: snn-opt %t-heads.onnx | FileCheck %s --check-prefix=HEADS
# RUN: snn-opt %t-heads.onnx --shape x=4x6x8 | FileCheck %s --check-prefix=BOUND
# RUN: snn-opt %t-where.onnx | FileCheck %s --check-prefix=WHERE
# RUN: snn-opt %t-cos.onnx | FileCheck %s --check-prefix=COS
# RUN: snn-opt %t-tile.onnx | FileCheck %s --check-prefix=TILE
# RUN: snn-opt %t-heads-mask.onnx | FileCheck %s --check-prefix=MASK
# RUN: snn-opt %t-merge.onnx | FileCheck %s --check-prefix=MERGE
# RUN: snn-opt %t-flatten.onnx | FileCheck %s --check-prefix=FLATTEN
# RUN: snn-opt %t-softmax.onnx | FileCheck %s --check-prefix=SOFTMAX
# RUN: snn-opt %t-positions.onnx --shape x=?x5 | FileCheck %s --check-prefix=POS
# RUN: snn-opt %t-shared.onnx --shape a=2x7 | FileCheck %s --check-prefix=SHARED
# RUN: not snn-opt %t-scale.onnx 2>&1 | FileCheck %s --check-prefix=SCALE
# RUN: not snn-opt %t-fixed.onnx 2>&1 | FileCheck %s --check-prefix=FIXED

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

BASE = sys.argv[1]


def case(name, *args, **kwargs):
    save(f"{BASE}-{name}.onnx", *args, **kwargs)


X = [value("x", ["batch", 6, 8])]

# Splitting heads as PyTorch writes it.
# HEADS: func.func @main(%arg0: tensor<?x6x8xf32> {onnx.name = "x"}) -> (tensor<?x2x6x4xf32> {onnx.name = "y"})
# HEADS-NEXT: %[[R:.*]] = onnx.reshape %arg0 [-1, 6, 2, 4] : (tensor<?x6x8xf32>) -> tensor<?x6x2x4xf32>
# HEADS-NEXT: onnx.transpose %[[R]] [0, 2, 1, 3]
# HEADS-NEXT: return
# BOUND: func.func @main(%arg0: tensor<4x6x8xf32>
# BOUND-NEXT: onnx.reshape %arg0 [4, 6, 2, 4]
case("heads", [
    node("Shape", "x", "sh"),
    node("Gather", "sh i0", "d0"),
    node("Gather", "sh i1", "d1"),
    node("Gather", "sh i2", "d2"),
    node("Div", "d2 two", "hd"),
    node("Cast", "hd", "hdc", to=I64),
    node("Unsqueeze", "d0 ax", "u0"),
    node("Unsqueeze", "d1 ax", "u1"),
    node("Unsqueeze", "hdc ax", "u3"),
    node("Concat", "u0 u1 two1 u3", "target", axis=0),
    node("Reshape", "x target", "r"),
    node("Transpose", "r", "y", perm=[0, 2, 1, 3]),
], X, ["y"], [const("i0", 0), const("i1", 1), const("i2", 2), const("two", 2),
              const("two1", [2]), const("ax", [0])])

# expand() of a class token as PyTorch writes it.
# WHERE-NOT: onnx.where
# WHERE: onnx.expand %{{.*}}, %arg0 {shape = array<i64: -1, 1, {{[18]}}>}
# WHERE-SAME: -> tensor<?x1x8xf32>
case("where", [
    node("Shape", "x", "sh"),
    node("Gather", "sh i0", "d0"),
    node("Unsqueeze", "d0 ax", "u0"),
    node("Concat", "u0 m1 m1", "target", axis=0),
    node("ConstantOfShape", "three", "ones", value=const("v", [1], np.int64)),
    node("Mul", "ones m1", "minus"),
    node("Equal", "target minus", "is"),
    node("Where", "is ones target", "sizes"),
    node("Expand", "cls sizes", "e"),
    node("Concat", "e x", "y", axis=1),
], X, ["y"], [const("i0", 0), const("m1", [-1]), const("three", [3]),
              const("ax", [0]), const("cls", np.arange(8.0).reshape(1, 1, 8))])

# COS: %[[Z:.*]] = onnx.constant dense<0.000000e+00> : tensor<f32>
# COS-NEXT: onnx.expand %[[Z]], %arg0 {shape = array<i64: -1, 1, 8>} : (tensor<f32>, tensor<?x6x8xf32>) -> tensor<?x1x8xf32>
case("cos", [
    node("Shape", "x", "sh"),
    node("Slice", "sh s e", "d0"),
    node("Concat", "d0 t", "target", axis=0),
    node("ConstantOfShape", "target", "z"),
    node("Concat", "z x", "y", axis=1),
], X, ["y"], [const("s", [0]), const("e", [1]), const("t", [1, 8])])

# TILE: onnx.expand %{{.*}}, %arg0 {shape = array<i64: -1, 1, 8>}
# TILE-SAME: -> tensor<?x1x8xf32>
case("tile", [
    node("Shape", "x", "sh", start=0, end=1),
    node("Concat", "sh t", "r", axis=0),
    node("Tile", "cls r", "e"),
    node("Concat", "e x", "y", axis=1),
], X, ["y"], [const("t", [1, 1]), const("cls", np.ones((1, 1, 8)))])

# The mask of heads that PyTorch folds into the batch; its zeros are one number.
# MASK: onnx.expand %{{.*}} {shape = array<i64: 1, 4, 1, 6>} : (tensor<?x1x1x6xi1>) -> tensor<?x4x1x6xi1>
# MASK: onnx.where %{{.*}} : (tensor<?x1x6xi1>, tensor<f32>, tensor<f32>) -> tensor<?x1x6xf32>
case("heads-mask", [
    node("ReduceSum", "x last", "sums", keepdims=0), node("Less", "sums zero", "b"),
    node("Reshape", "b apart", "b4"), node("Expand", "b4 four", "e"),
    node("Reshape", "e folded", "c"), node("Shape", "c", "sh"),
    node("ConstantOfShape", "sh", "zeros"), node("Where", "c low zeros", "y"),
], X, ["y"], [const("last", [2]), const("zero", 0.0), const("apart", [-1, 1, 1, 6]),
              const("four", [1, 4, 1, 1]), const("folded", [-1, 1, 6]),
              const("low", -np.inf)])

# A product of batch and length is one dimension.
# MERGE: onnx.reshape %arg0 [-1, 8] : (tensor<?x6x8xf32>) -> tensor<?x8xf32>
# MERGE: onnx.reshape %{{.*}} [-1, 6, 8] : (tensor<?x8xf32>) -> tensor<?x6x8xf32>
case("merge", [
    node("Reshape", "x a", "m"), node("Relu", "m", "r"), node("Shape", "x", "sh"),
    node("Reshape", "r sh", "y")], X, ["y"], [const("a", [-1, 8])])

# FLATTEN: onnx.reshape %arg0 [-1, 48]
case("flatten", [node("Flatten", "x", "y")], X, ["y"])

# SOFTMAX: onnx.reshape %arg0 [-1, 48]
# SOFTMAX: onnx.reshape %{{.*}} [-1, 6, 8]
case("softmax", [node("Softmax", "x", "y")], X, ["y"], opset=11)

# Position indices: Range of a size that --shape binds.
# POS: onnx.constant dense<{{\[\[0, 1, 2, 3, 4\]\]}}> : tensor<1x5xi64>
# POS-NEXT: onnx.gather
case("positions", [
    node("Shape", "x", "sh"),
    node("Gather", "sh i1", "len"),
    node("Range", "zero len one", "r"),
    node("Unsqueeze", "r ax", "p"),
    node("Gather", "table p", "y", axis=0),
], [value("x", ["batch", "seq"], I64)], ["y"],
     [const("i1", 1), const("zero", 0), const("one", 1), const("ax", [0]),
      const("table", np.ones((16, 8)))])

# A bound dimension is bound for all inputs that share its name.
# SHARED: func.func @main(%arg0: tensor<2x7xf32> {onnx.name = "a"}, %arg1: tensor<2x7xf32> {onnx.name = "b"})
case("shared", [node("Add", "a b", "y")],
     [value("a", ["n", "seq"]), value("b", ["n", "seq"])], ["y"])

# SCALE: error: the elements of '{{.*}}' depend on the batch size, which is dynamic; bind it with --shape x=1x
case("scale", [
    node("Shape", "x", "sh", start=0, end=1), node("Cast", "sh", "f", to=F32),
    node("Mul", "x f", "y")], X, ["y"])

# FIXED: error: does not work for every batch size ({{.*}}); bind the first dimension of 'x' with --shape
case("fixed", [node("Reshape", "x t", "y")], X, ["y"], [const("t", [1, 48])])
