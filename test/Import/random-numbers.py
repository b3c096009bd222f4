# Random operators: numbered in the order of the graph, an attention's two draws
# as one layer.
#
# RUN: %python %s %t
# RUN: snn-opt %t-bernoulli.onnx | FileCheck %s --check-prefix=BERNOULLI
# RUN: snn-opt %t-attention.onnx | FileCheck %s --check-prefix=ATTENTION
# RUN: not snn-opt %t-range.onnx 2>&1 | FileCheck %s --check-prefix=RANGE
# RUN: not snn-opt %t-double.onnx 2>&1 | FileCheck %s --check-prefix=DOUBLE

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

P = sys.argv[1]

# BERNOULLI: onnx.random_uniform_like %{{.*}} {steps = 4 : i64} : (tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
# BERNOULLI: onnx.less
# BERNOULLI: onnx.cast %{{.*}} {to = f32}
# Without a time axis there is one step.
# BERNOULLI: onnx.random_uniform_like %{{.*}} {layer_id = 1 : i64} : (tensor<?x8xf32>)
# BERNOULLI: onnx.cast %{{.*}} {to = i64}
save(f"{P}-bernoulli.onnx", [
    node("Unsqueeze", "p ax", "u"),
    node("Tile", "u reps", "x"),
    node("Bernoulli", "x", "y", seed=3.0),
    node("Bernoulli", "p", "z", dtype=I64),
], [value("p", ["batch", 8])], ["y", "z"],
    [const("reps", [4, 1, 1]), const("ax", [0])])

# The encoder keeps its number; scores and output share theirs.
# ATTENTION: onnx.random_uniform_like %{{.*}} {stage = 0 : i64, steps = 4 : i64} : (tensor<4x2x3x3xf32>)
# ATTENTION: onnx.random_uniform_like %{{.*}} {stage = 1 : i64, steps = 4 : i64} : (tensor<4x2x3x8xf32>)
# ATTENTION: onnx.random_uniform_like %{{.*}} {layer_id = 2 : i64, steps = 4 : i64} : (tensor<4x2x3x8xf32>)
def bernoulli(p, name):
    return [node("RandomUniformLike", p, f"{name}_u"),
            node("Less", f"{name}_u {p}", f"{name}_b"),
            node("Cast", f"{name}_b", name, to=F32)]


save(f"{P}-attention.onnx", [
    node("MatMul", "q k", "c"), node("Div", "c d", "ps"),
    *bernoulli("ps", "s"), node("Mul", "s mask", "m"),
    node("MatMul", "m v", "e"), node("Mul", "e n", "pa"),
    *bernoulli("pa", "a"), *bernoulli("q", "r"),
], [value("q", [4, 2, 3, 8]), value("k", [4, 2, 8, 3]),
    value("v", [4, 2, 3, 8])], ["a", "r"],
    [const("d", 8.0), const("n", 1 / 3), const("mask", np.tri(3))])

# RANGE: error: draws from another range than 0 to 1, which is not supported
save(f"{P}-range.onnx", [node("RandomUniformLike", "x", "y", high=2.0)],
     [value("x", [4, 8])], ["y"])
# DOUBLE: error: draws numbers of another type than float
save(f"{P}-double.onnx", [node("RandomUniformLike", "x", "y",
                               dtype=TensorProto.DOUBLE)],
     [value("x", [4, 8])], [value("y", [4, 8], TensorProto.DOUBLE)])
