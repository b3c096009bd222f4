# What ONNX's checker refuses is refused at the node.
#
# RUN: %python %s %t
# RUN: not snn-opt %t-kind.onnx 2>&1 | FileCheck %s --check-prefix=KIND
# RUN: not snn-opt %t-kinds.onnx 2>&1 | FileCheck %s --check-prefix=KINDS
# RUN: not snn-opt %t-two.onnx 2>&1 | FileCheck %s --check-prefix=TWO
# RUN: not snn-opt %t-unknown.onnx 2>&1 | FileCheck %s --check-prefix=UNKNOWN
# RUN: not snn-opt %t-newer.onnx 2>&1 | FileCheck %s --check-prefix=NEWER
# RUN: not snn-opt %t-older.onnx 2>&1 | FileCheck %s --check-prefix=OLDER
# RUN: not snn-opt %t-both.onnx 2>&1 | FileCheck %s --check-prefix=BOTH
# RUN: not snn-opt %t-absent.onnx 2>&1 | FileCheck %s --check-prefix=ABSENT
# RUN: not snn-opt %t-surplus.onnx 2>&1 | FileCheck %s --check-prefix=SURPLUS
# RUN: not snn-opt %t-few.onnx 2>&1 | FileCheck %s --check-prefix=FEW
# RUN: not snn-opt %t-outputs.onnx 2>&1 | FileCheck %s --check-prefix=OUTPUTS
# RUN: not snn-opt %t-constants.onnx 2>&1 | FileCheck %s --check-prefix=CONSTANTS
# RUN: not snn-opt %t-shape.onnx 2>&1 | FileCheck %s --check-prefix=SHAPE
# RUN: not snn-opt %t-rank.onnx 2>&1 | FileCheck %s --check-prefix=RANK
# RUN: not snn-opt %t-type.onnx 2>&1 | FileCheck %s --check-prefix=TYPE
# RUN: not snn-opt %t-inner.onnx 2>&1 | FileCheck %s --check-prefix=INNER
# RUN: not snn-opt %t-passed.onnx 2>&1 | FileCheck %s --check-prefix=PASSED
# RUN: not snn-opt %t-stored.onnx 2>&1 | FileCheck %s --check-prefix=STORED
# RUN: not snn-opt %t-negative.onnx 2>&1 | FileCheck %s --check-prefix=NEGATIVE
# RUN: not snn-opt %t-below.onnx 2>&1 | FileCheck %s --check-prefix=BELOW
# RUN: not snn-opt %t-opsets.onnx 2>&1 | FileCheck %s --check-prefix=OPSETS
# RUN: not snn-opt %t-nul.onnx 2>&1 | FileCheck %s --check-prefix=NUL
# RUN: not snn-opt %t-body.onnx 2>&1 | FileCheck %s --check-prefix=BODY
# RUN: snn-opt %t-batch.onnx | FileCheck %s --check-prefix=BATCH

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

BASE = sys.argv[1]


def case(name, *args, change=None, **kwargs):
    made = model(*args, **kwargs)
    if change:
        change(made)
    with open(f"{BASE}-{name}.onnx", "wb") as file:
        file.write(made.SerializeToString())


X = [value("x", [2, 3])]
RELU = [node("Relu", "x", "y")]

# KIND: error: 'Softmax' needs an integer for the attribute 'axis', has a float{{.*}}Softmax_y
case("kind", [node("Softmax", "x", "y", axis=0.5)], X, ["y"])
# KINDS: error: 'Transpose' needs integers for the attribute 'perm', has an integer{{.*}}Transpose_y
case("kinds", [node("Transpose", "x", "y", perm=1)], X, ["y"])


def repeat(made):
    made.graph.node[0].attribute.append(made.graph.node[0].attribute[0])


# TWO: error: 'Softmax' has the attribute 'axis' twice{{.*}}Softmax_y
case("two", [node("Softmax", "x", "y", axis=0)], X, ["y"], change=repeat)
# UNKNOWN: error: 'Relu' of opset 17 has no attribute 'alpha'{{.*}}Relu_y
case("unknown", [node("Relu", "x", "y", alpha=1.0)], X, ["y"])
# Axes are an input since opset 13, and were an attribute until then.
# NEWER: error: 'Squeeze' of opset 13 has no attribute 'axes'{{.*}}Squeeze_y
case("newer", [node("Squeeze", "x", "y", axes=[0])], [value("x", [1, 3])],
     ["y"], opset=13)
# OLDER: error: 'GreaterOrEqual' is an operator since opset 12, the model imports opset 11{{.*}}GreaterOrEqual_y
case("older", [node("GreaterOrEqual", "x x", "y")], X, ["y"], opset=11)


def fill(made):
    made.graph.node[0].attribute[0].f = 0.25


# BOTH: error: the attribute 'axis' of 'Softmax' says that it is an integer, and holds a value of another kind, too{{.*}}Softmax_y
case("both", [node("Softmax", "x", "y", axis=0)], X, ["y"], change=fill)
# ABSENT: error: 'Concat' needs the attribute 'axis'{{.*}}Concat_y
case("absent", [node("Concat", "x x", "y")], X, ["y"])
# SURPLUS: error: 'Relu' needs 1 input, has 2{{.*}}Relu_y
case("surplus", [node("Relu", "x x", "y")], X, ["y"])
# FEW: error: 'Gemm' needs 2 to 3 inputs, has 1{{.*}}Gemm_y
case("few", [node("Gemm", "x", "y")], X, ["y"])
# OUTPUTS: error: 'Relu' needs 1 output, has 2{{.*}}Relu_y
case("outputs", [node("Relu", "x", "y z")], X, ["y"])
# CONSTANTS: error: 'Constant' needs one value, has 2
case("constants", [node("Constant", [], "c", value_int=1, value_float=1.0),
                   node("Mul", "x c", "y")], X, ["y"])

# SHAPE: error: the model declares 'y' with the shape 2x4, the graph makes 2x3{{.*}}Relu_y
case("shape", RELU, X, [value("y", [2, 4])])
# RANK: error: the model declares 'y' with the shape 2x3x1, the graph makes 2x3{{.*}}Relu_y
case("rank", RELU, X, [value("y", [2, 3, 1])])
# TYPE: error: the model declares 'y' with elements of type INT64, the graph makes 'f32'{{.*}}Relu_y
case("type", RELU, X, [value("y", [2, 3], I64)])


def declare(made):
    made.graph.value_info.append(value("h", [3, 2]))


# INNER: error: the model declares 'h' with the shape 3x2, the graph makes 2x3{{.*}}Relu_h
case("inner", [node("Relu", "x", "h"), node("Tanh", "h", "y")], X, ["y"],
     change=declare)
# PASSED: error: the model declares 'x' with the shape 5, the graph makes 2x3
case("passed", RELU, X, ["y", value("x", [5])])
# STORED: error: the model declares 'w' with the shape 4, the graph makes 3
case("stored", [node("Mul", "x w", "y")], X + [value("w", [4])], ["y"],
     [const("w", np.ones(3))])
# NEGATIVE: error: input 'x' has the negative dimension -3 (axis 1)
case("negative", RELU, [value("x", [2, -3])], ["y"])
# BELOW: error: 'y' has the negative dimension -2 (axis 0)
case("below", RELU, X, [value("y", [-2, 3])])


def import_twice(made):
    made.opset_import.append(helper.make_operatorsetid("ai.onnx", 13))


# OPSETS: error: imports opset 17 and opset 13 of ai.onnx
case("opsets", RELU, X, ["y"], change=import_twice)
# NUL: error: the name of a value that begins with 'h' holds a NUL
case("nul", [node("Relu", "x", ["h\0i"], name="relu"),
             node("Tanh", ["h\0i"], "y")], X, ["y"])

# In the body of a loop, too.
GOING = [node("Identity", "go", "going")]
# BODY: error: 'Softmax' needs an integer for the attribute 'axis', has a float{{.*}}Loop_y/Softmax_w[0]
case("body", [node("Loop", "trips yes x", "y", body=helper.make_graph(
    GOING + [node("Softmax", "v", "w", axis=1.0)], "body",
    [value("t", [], I64), value("go", [], BOOL), value("v", [2, 3])],
    [value("going", [], BOOL), value("w", [2, 3])]))], X, ["y"],
     [const("trips", 2), const("yes", True, bool)])

# A size that holds for one batch is no contradiction: exporters state the batch
# that they saw.
# BATCH: onnx.relu
case("batch", RELU, [value("x", ["n", 3])], [value("y", [1, 3])])
