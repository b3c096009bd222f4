# Names, attributes, locations; what is folded and what stays.
#
# RUN: %python %s %t
# RUN: snn-opt %t-names.onnx --mlir-print-debuginfo | FileCheck %s --check-prefix=NAMES
# RUN: snn-opt %t-unsorted.onnx | FileCheck %s --check-prefix=UNSORTED
# RUN: snn-opt %t-chains.onnx | FileCheck %s --check-prefix=CHAINS
# RUN: snn-opt %t-weights.onnx | FileCheck %s --check-prefix=WEIGHTS
# RUN: snn-opt %t-folding.onnx | FileCheck %s --check-prefix=FOLDING
# RUN: snn-opt %t-input.onnx | FileCheck %s --check-prefix=INPUT
# RUN: snn-opt %t-twins.onnx --spike-insert-sites | FileCheck %s --check-prefix=TWINS

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

BASE = sys.argv[1]


def case(name, *args, **kwargs):
    save(f"{BASE}-{name}.onnx", *args, **kwargs)


X = [value("x", ["batch", 4])]

# NAMES: #[[FILE:.*]] = loc("{{.*}}names.onnx":0:0)
# NAMES: module @test attributes
# NAMES-SAME: onnx.metadata = {other = "text", snnc.dead_zone = "1"}
# NAMES-SAME: onnx.opset = 13 : i64
# NAMES-SAME: onnx.source = "{{.*}}names.onnx"
# NAMES: func.func @main(%arg0: tensor<?x4xf32> {onnx.name = "x"}
# NAMES-SAME: -> (tensor<?x4xf32> {onnx.name = "out"}
# NAMES: onnx.relu %arg0 {{.*}} loc(#[[RELU:.*]])
# NAMES: onnx.quantize_linear {{.*}}onnx.output = "levels", to = ui8
# NAMES-NOT: onnx.output
# NAMES: #[[RELU]] = loc("/layer.0/act"(#[[FILE]]))
case("names", [
    node("Relu", "x", "r", name="/layer.0/act"),
    node("QuantizeLinear", "r s z", "levels", name=""),
    node("DequantizeLinear", "levels s z", "out"),
], X, ["out"], [const("s", 0.1), const("z", 8, np.uint8)], opset=13,
     metadata={"snnc.dead_zone": "1", "other": "text"})

# Nodes in a wrong order, and one that nothing needs.
# UNSORTED: onnx.relu
# UNSORTED-NEXT: onnx.tanh
# UNSORTED-NEXT: return
case("unsorted", [node("Tanh", "a", "y"), node("Relu", "x", "a"),
                  node("Erf", "x", "unused")], X, ["y"])

# CHAINS: %[[A:.*]] = onnx.add %arg0, %arg1
# CHAINS: %[[B:.*]] = onnx.add %[[A]], %arg2
# CHAINS: onnx.max %[[B]], %arg1
# CHAINS-NEXT: return
case("chains", [node("Sum", "a b c", "s"), node("Identity", "s", "i"),
                node("Max", "i b", "m"), node("Min", "m", "y")],
     [value(n, [2, 3]) for n in "abc"], ["y"])

# Weights are named, and what is done to them stays; small constants are not.
# WEIGHTS: %[[Q:.*]] = onnx.constant #onnx.param<"{{.*}}weights.onnx", "q"> : tensor<4x32xi8>
# WEIGHTS: %[[S:.*]] = onnx.constant dense<{{\[}}5.000000e-01, 2.500000e-01, 1.250000e-01, 1.000000e+00]> : tensor<4xf32>
# WEIGHTS: onnx.dequantize_linear %[[Q]], %[[S]] {axis = 0 : i64}
# WEIGHTS: %[[W:.*]] = onnx.constant #onnx.param<"{{.*}}weights.onnx", "w"> : tensor<8x32xf32>
# WEIGHTS: onnx.transpose %[[W]] [1, 0]
case("weights", [
    node("DequantizeLinear", "q s", "d", axis=0),
    node("MatMul", "x d", "h"),
    node("Transpose", "w", "t", perm=[1, 0]),
    node("MatMul", "h t", "y"),
], X, ["y"], [const("q", np.ones((4, 32)), np.int8),
              const("s", [0.5, 0.25, 0.125, 1.0]), const("w", np.ones((8, 32)))],
     opset=13)

# A causal mask: a stored triangle of bool, sliced, becomes a constant; so does
# arithmetic on constants.
# FOLDING-NOT: onnx.slice
# FOLDING-NOT: onnx.sqrt
# FOLDING-DAG: onnx.constant dense<2.000000e+00> : tensor<f32>
# FOLDING-DAG: onnx.constant dense<{{.*}}true, false{{.*}}> : tensor<4x4xi1>
# FOLDING: return
case("folding", [
    node("Slice", "mask b e a", "m"),
    node("Sqrt", "four", "two"),
    node("Div", "x two", "h"),
    node("Where", "m h low", "y"),
], [value("x", [4, 4])], ["y"],
     [const("mask", np.tril(np.ones((16, 16))), np.bool_), const("b", [0, 0]),
      const("e", [4, 4]), const("a", [0, 1]), const("four", 4.0),
      const("low", -1e4)])

# Old models list initialisers among the inputs.
# INPUT: func.func @main(%arg0: tensor<?x4xf32> {onnx.name = "x"})
case("input", [node("Mul", "x w", "y")], X + [value("w", [4])], ["y"],
     [const("w", np.ones(4))], opset=9)

# Nodes of one name are told apart; what a node without a name makes is its name.
# TWINS: spike.site %{{.*}} "fc/x"
# TWINS: spike.site %{{.*}} "fc#3/x"
# TWINS: spike.site %{{.*}} "fc#2/x"
# TWINS: spike.site %{{.*}} "fc#4/x"
case("twins", [
    node("MatMul", "x w", "a", name="fc"),
    node("MatMul", "a w", "b", name="fc"),
    node("MatMul", "b w", "c", name="fc#2"),
    node("MatMul", "c w", "fc", name=""),
], X, ["fc"], [const("w", np.ones((4, 4)))])
