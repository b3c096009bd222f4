# Operators whose meaning or form depends on the opset.
#
# RUN: %python %s %t
# RUN: snn-opt %t-softmax12.onnx | FileCheck %s --check-prefix=SOFTMAX12
# RUN: snn-opt %t-softmax12last.onnx | FileCheck %s --check-prefix=SOFTMAXLAST
# RUN: snn-opt %t-softmax13.onnx | FileCheck %s --check-prefix=SOFTMAX13
# RUN: snn-opt %t-clip10.onnx | FileCheck %s --check-prefix=CLIP
# RUN: snn-opt %t-clip11.onnx | FileCheck %s --check-prefix=CLIP
# RUN: snn-opt %t-clipcomputed.onnx | FileCheck %s --check-prefix=CLIPCOMPUTED
# RUN: snn-opt %t-squeeze11.onnx | FileCheck %s --check-prefix=SQUEEZE
# RUN: snn-opt %t-squeeze13.onnx | FileCheck %s --check-prefix=SQUEEZE
# RUN: snn-opt %t-slice9.onnx | FileCheck %s --check-prefix=SLICE
# RUN: snn-opt %t-slice13.onnx | FileCheck %s --check-prefix=SLICE
# RUN: snn-opt %t-reduce12.onnx | FileCheck %s --check-prefix=REDUCE
# RUN: snn-opt %t-reduce18.onnx | FileCheck %s --check-prefix=REDUCE
# RUN: snn-opt %t-noop.onnx | FileCheck %s --check-prefix=NOOP
# RUN: snn-opt %t-split11.onnx | FileCheck %s --check-prefix=SPLIT
# RUN: snn-opt %t-split13.onnx | FileCheck %s --check-prefix=SPLIT
# RUN: snn-opt %t-split18.onnx | FileCheck %s --check-prefix=SPLIT18
# RUN: snn-opt %t-pad10.onnx | FileCheck %s --check-prefix=PAD
# RUN: snn-opt %t-pad18.onnx | FileCheck %s --check-prefix=PAD
# RUN: snn-opt %t-dropout7.onnx | FileCheck %s --check-prefix=DROPOUT
# RUN: snn-opt %t-dropout13.onnx | FileCheck %s --check-prefix=DROPOUT
# RUN: snn-opt %t-dropout0.onnx | FileCheck %s --check-prefix=DROPOUT
# RUN: snn-opt %t-bn9.onnx | FileCheck %s --check-prefix=BN
# RUN: snn-opt %t-bn15.onnx | FileCheck %s --check-prefix=BN
# RUN: snn-opt %t-gelu20.onnx | FileCheck %s --check-prefix=GELU
# RUN: snn-opt %t-reshape13.onnx | FileCheck %s --check-prefix=RESHAPE
# RUN: snn-opt %t-pool10.onnx | FileCheck %s --check-prefix=POOL
# RUN: snn-opt %t-convsame.onnx | FileCheck %s --check-prefix=CONVSAME

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

BASE = sys.argv[1]


def case(name, *args, **kwargs):
    save(f"{BASE}-{name}.onnx", *args, **kwargs)


X = [value("x", [2, 3, 4])]

# Before 13, softmax flattens from the axis on.
# SOFTMAX12: %[[F:.*]] = onnx.reshape %arg0 [2, 12]
# SOFTMAX12: %[[S:.*]] = onnx.softmax %[[F]] {axis = 1 : i64}
# SOFTMAX12: onnx.reshape %[[S]] [2, 3, 4]
case("softmax12", [node("Softmax", "x", "y")], X, ["y"], opset=12)
# SOFTMAXLAST-NOT: onnx.reshape
# SOFTMAXLAST: onnx.softmax %arg0 {axis = 2 : i64}
case("softmax12last", [node("Softmax", "x", "y", axis=-1)], X, ["y"], opset=11)
# SOFTMAX13-NOT: onnx.reshape
# SOFTMAX13: onnx.softmax %arg0 {axis = 1 : i64}
case("softmax13", [node("Softmax", "x", "y", axis=1)], X, ["y"], opset=13)

# CLIP: onnx.clip %arg0 {hi = 6.000000e+00 : f64, lo = 0.000000e+00 : f64}
case("clip10", [node("Clip", "x", "y", min=0.0, max=6.0)], X, ["y"], opset=10)
case("clip11", [node("Clip", "x lo hi", "y")], X, ["y"],
     [const("lo", 0.0), const("hi", 6.0)], opset=11)
# CLIPCOMPUTED: %[[M:.*]] = onnx.max %arg0, %arg1
# CLIPCOMPUTED: onnx.min %[[M]], %{{.*}}
case("clipcomputed", [node("Clip", "x lo hi", "y")], X + [value("lo", [])],
     ["y"], [const("hi", 6.0)])

# SQUEEZE: onnx.reshape %arg0 [2, 3]
S = [value("x", [2, 1, 3, 1])]
case("squeeze11", [node("Squeeze", "x", "y", axes=[1, -1])], S, ["y"], opset=11)
case("squeeze13", [node("Squeeze", "x a", "y")], S, ["y"],
     [const("a", [1, -1])], opset=13)

# SLICE: onnx.slice %arg0 {axes = array<i64: 2>, ends = array<i64: 3>, starts = array<i64: 1>, steps = array<i64: 1>}
case("slice9", [node("Slice", "x", "y", starts=[1], ends=[3], axes=[2])], X,
     ["y"], opset=9)
case("slice13", [node("Slice", "x s e a", "y")], X, ["y"],
     [const("s", [1]), const("e", [3]), const("a", [-1])], opset=13)

# REDUCE: onnx.reduce_mean %arg0 {axes = array<i64: 0, 2>, keepdims = false}
case("reduce12", [node("ReduceMean", "x", "y", axes=[-1, 0], keepdims=0)], X,
     ["y"], opset=12)
case("reduce18", [node("ReduceMean", "x a", "y", keepdims=0)], X, ["y"],
     [const("a", [-1, 0])], opset=18)
# NOOP: return %arg0
case("noop", [node("ReduceSum", "x a", "y", noop_with_empty_axes=1)], X, ["y"],
     [const("a", np.zeros(0, np.int64))], opset=13)

# SPLIT: onnx.split %arg0 {axis = 2 : i64, sizes = array<i64: 1, 3>}
case("split11", [node("Split", "x", "y z", axis=2, split=[1, 3])], X,
     ["y", "z"], opset=11)
case("split13", [node("Split", "x s", "y z", axis=2)], X, ["y", "z"],
     [const("s", [1, 3])], opset=13)
# SPLIT18: onnx.split %arg0 {axis = 1 : i64, sizes = array<i64: 2, 1>}
case("split18", [node("Split", "x", "y z", axis=1, num_outputs=2)], X,
     ["y", "z"], opset=18)

# PAD: onnx.pad %arg0 {pads = array<i64: 0, 0, 1, 0, 0, 2>, value = 5.000000e+00 : f64}
case("pad10", [node("Pad", "x", "y", pads=[0, 0, 1, 0, 0, 2], value=5.0)], X,
     ["y"], opset=10)
case("pad18", [node("Pad", "x p v a", "y")], X, ["y"],
     [const("p", [1, 2]), const("v", 5.0), const("a", [2])], opset=18)

# DROPOUT: onnx.relu
# DROPOUT-NEXT: return
case("dropout7", [node("Dropout", "x", "d mask", ratio=0.5),
                  node("Relu", "d", "y")], X, ["y"], opset=9)
case("dropout13", [node("Dropout", "x r t", "d"), node("Relu", "d", "y")], X,
     ["y"], [const("r", 0.5), const("t", False, np.bool_)], opset=13)
# Training that drops nothing, as PyTorch writes it of functional.dropout.
case("dropout0", [node("Dropout", "x r t", "d"), node("Relu", "d", "y")], X,
     ["y"], [const("r", 0.0), const("t", True, np.bool_)], opset=13)

# BN: onnx.batch_normalization %arg0, %{{.*}} {epsilon = 1.000000e-03 : f64}
BN = [const(n, [1.0, 2.0, 3.0]) for n in "sbmv"]
case("bn9", [node("BatchNormalization", "x s b m v", "y", epsilon=1e-3)], X,
     ["y"], BN, opset=9)
case("bn15", [node("BatchNormalization", "x s b m v", "y", epsilon=1e-3)], X,
     ["y"], BN, opset=15)

# GELU: onnx.gelu %arg0 {approximate = "tanh"}
case("gelu20", [node("Gelu", "x", "y", approximate="tanh")], X, ["y"], opset=20)

# RESHAPE: onnx.reshape %arg0 [2, 12]
case("reshape13", [node("Reshape", "x s", "y")], X, ["y"],
     [const("s", [0, -1])], opset=13)

# Pooling over one axis is pooling over two.
# POOL: onnx.reshape %arg0 [2, 3, 1, 4]
# POOL: onnx.max_pool {{.*}}kernel = array<i64: 1, 2>{{.*}}strides = array<i64: 1, 2>
# POOL: onnx.reshape {{.*}} [2, 3, 2]
case("pool10", [node("MaxPool", "x", "y", kernel_shape=[2], strides=[2])], X,
     ["y"], opset=10)

# CONVSAME: onnx.conv {{.*}}pads = array<i64: 0, 0, 1, 1>
case("convsame",
     [node("Conv", "x w", "y", auto_pad="SAME_UPPER", strides=[2, 2])],
     [value("x", [1, 1, 4, 4])], ["y"], [const("w", np.ones((1, 1, 3, 3)))])
