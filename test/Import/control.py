# Loops of a known length and writes into parts of tensors.
#
# RUN: %python %s %t
# RUN: snn-opt %t-loop.onnx | FileCheck %s --check-prefix=LOOP
# RUN: snn-opt %t-rows.onnx | FileCheck %s --check-prefix=ROWS
# RUN: snn-opt %t-scan.onnx | FileCheck %s --check-prefix=SCAN
# RUN: snn-opt %t-box.onnx | FileCheck %s --check-prefix=BOX
# RUN: not snn-opt %t-trips.onnx 2>&1 | FileCheck %s --check-prefix=TRIPS
# RUN: not snn-opt %t-stops.onnx 2>&1 | FileCheck %s --check-prefix=STOPS
# RUN: snn-opt %t-if.onnx | FileCheck %s --check-prefix=IF
# RUN: not snn-opt %t-undecided.onnx 2>&1 | FileCheck %s --check-prefix=UNDECIDED
# RUN: not snn-opt %t-lacks.onnx 2>&1 | FileCheck %s --check-prefix=LACKS
# RUN: snn-opt %t-scattered.onnx | FileCheck %s --check-prefix=SCATTERED
# RUN: snn-opt %t-indices.onnx | FileCheck %s --check-prefix=INDICES
# RUN: not snn-opt %t-updates.onnx 2>&1 | FileCheck %s --check-prefix=UPDATES
# RUN: snn-opt %t-reduction.onnx | FileCheck %s --check-prefix=REDUCTION

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

BASE = sys.argv[1]


def case(name, *args, **kwargs):
    save(f"{BASE}-{name}.onnx", *args, **kwargs)


def body(nodes, inputs, outputs, initializers=()):
    return helper.make_graph(nodes, "body", inputs, outputs, list(initializers))


HEAD = [value("t", [], I64), value("go", [], BOOL)]
YES = const("yes", True, bool)
KEEP = node("Identity", "go", "going")
GOING = value("going", [], BOOL)
X = [value("x", [3, 4])]

# Each iteration's ops, with the iteration's number; x is a value of the graph
# around the body, and the body's names hide those around it.
# LOOP: %[[R:.*]] = onnx.relu %arg0
# LOOP: %[[X0:.*]] = onnx.gather %arg0
# LOOP: %[[A:.*]] = onnx.add %{{.*}}, %[[X0]]
# LOOP: %[[X1:.*]] = onnx.gather %arg0
# LOOP: %[[B:.*]] = onnx.add %[[A]], %[[X1]]
# LOOP: %[[X2:.*]] = onnx.gather %arg0
# LOOP: %[[C:.*]] = onnx.add %[[B]], %[[X2]]
# LOOP: return %[[C]], %[[R]]
case("loop", [
    node("Relu", "x", "now"),
    node("Loop", "trips yes start", "sum", body=body(
        [node("Gather", "x t", "now", axis=0), node("Add", "v now", "w"), KEEP],
        HEAD + [value("v", [4])], [GOING, value("w", [4])])),
], X, ["sum", "now"], [const("trips", 3), YES, const("start", [0.0] * 4)])

# The rows of a tensor, written one after another, are joined once.
# ROWS: %[[A:.*]] = onnx.relu
# ROWS: %[[AR:.*]] = onnx.reshape %[[A]] [1, 4]
# ROWS: %[[B:.*]] = onnx.relu
# ROWS: %[[BR:.*]] = onnx.reshape %[[B]] [1, 4]
# ROWS: %[[C:.*]] = onnx.relu
# ROWS: %[[CR:.*]] = onnx.reshape %[[C]] [1, 4]
# ROWS-NEXT: %[[Y:.*]] = onnx.concat %[[AR]], %[[BR]], %[[CR]] {axis = 0 : i64}
# ROWS-NEXT: return %[[Y]]
case("rows", [
    node("Loop", "trips _ zeros", "y", body=body(
        [node("Gather", "x t", "now", axis=0), node("Relu", "now", "r"),
         node("Unsqueeze", "t axis", "row"),
         node("Unsqueeze", "row axis", "rows"),
         node("Unsqueeze", "r axis", "update"),
         node("ScatterND", "v rows update", "w"), KEEP],
        HEAD + [value("v", [3, 4])], [GOING, value("w", [3, 4])],
        [const("axis", [0])])),
], X, ["y"], [const("trips", 3), const("zeros", np.zeros((3, 4)))])

# SCAN: onnx.concat {{.*}} {axis = 0 : i64} : (tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<3x4xf32>
case("scan", [
    node("Loop", "trips yes", "y", body=body(
        [node("Gather", "x t", "now", axis=0), node("Relu", "now", "r"), KEEP],
        HEAD, [GOING, value("r", [4])])),
], X, ["y"], [const("trips", 3), YES])

# A box in the middle of two axes.
# BOX: %[[S:.*]] = onnx.slice %arg0 {{.*}} -> tensor<1x4xf32>
# BOX: %[[L:.*]] = onnx.slice %[[S]] {{.*}} -> tensor<1x1xf32>
# BOX: %[[R:.*]] = onnx.slice %[[S]] {{.*}} -> tensor<1x1xf32>
# BOX: %[[M:.*]] = onnx.concat %[[L]], %{{.*}}, %[[R]] {axis = 1 : i64}
# BOX: onnx.concat %{{.*}}, %[[M]], %{{.*}} {axis = 0 : i64}
case("box", [node("ScatterND", "x i u", "y")], X + [value("u", [2])], ["y"],
     [const("i", [[1, 1], [1, -2]])])

# TRIPS: error: the trip count of 'Loop' (input 0, 'n') must be a constant
COUNT = body([KEEP, node("Relu", "v", "w")], HEAD + [value("v", [3, 4])],
             [GOING, value("w", [3, 4])])
case("trips", [node("Loop", "n yes x", "y", body=COUNT)],
     X + [value("n", [], I64)], ["y"], [YES])
# STOPS: error: the condition of 'Loop' ('going') is not constantly true
case("stops", [node("Loop", "trips yes x", "y", body=body(
    [node("ReduceMax", "v", "top", keepdims=0),
     node("Less", "top limit", "going", name="going"),
     node("Relu", "v", "w")],
    HEAD + [value("v", [3, 4])], [GOING, value("w", [3, 4])]))],
     X, ["y"], [const("trips", 3), YES, const("limit", 1.0)])
# LACKS: error: unsupported operators: LSTM (1){{$}}
case("lacks", [node("Loop", "trips yes x", "y", body=body(
    [KEEP, node("LSTM", "v t", "w")],
    HEAD + [value("v", [3, 4])], [GOING, value("w", [3, 4])]))],
     X, ["y"], [const("trips", 3), YES])
# Other writes are scatters.
# SCATTERED: onnx.scatter_nd %arg0, %{{.*}}, %arg1 : (tensor<3x4xf32>, tensor<2x1xi64>, tensor<2x4xf32>) -> tensor<3x4xf32>
case("scattered", [node("ScatterND", "x i u", "y")], X + [value("u", [2, 4])],
     ["y"], [const("i", [[2], [0]])])
# INDICES: onnx.scatter_nd %arg0, %arg2, %arg1 : (tensor<3x4xf32>, tensor<1x1xi64>, tensor<1x4xf32>) -> tensor<3x4xf32>
case("indices", [node("ScatterND", "x i u", "y")],
     X + [value("u", [1, 4]), value("i", [1, 1], I64)], ["y"])
# UPDATES: error: the updates of ScatterND, {{.*}}, do not fit the box
case("updates", [node("ScatterND", "x i u", "y")], X + [value("u", [1, 3])],
     ["y"], [const("i", [[1]])])
# REDUCTION: onnx.scatter_nd %arg0, %{{.*}}, %arg1 {reduction = "add"}
case("reduction", [node("ScatterND", "x i u", "y", reduction="add")],
     X + [value("u", [1, 4])], ["y"], [const("i", [[1]])])

# A condition that is known chooses its branch; names of the branch are its own.
# IF: %[[R:.*]] = onnx.tanh %arg0
# IF: return %[[R]]
THEN = body([node("Relu", "x", "b")], [], [value("b", [3, 4])])
ELSE = body([node("Tanh", "x", "b")], [], [value("b", [3, 4])])
case("if", [node("Shape", "x", "s"), node("ReduceProd", "s", "n", keepdims=0),
            node("Less", "n limit", "few"),
            node("If", "few", "y", then_branch=THEN, else_branch=ELSE)],
     X, ["y"], [const("limit", 12)])
# UNDECIDED: error: the condition of 'If' (input 0, 'few') must be a constant
case("undecided", [node("If", "few", "y", then_branch=THEN, else_branch=ELSE)],
     X + [value("few", [], BOOL)], ["y"])
