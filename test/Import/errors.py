# What is wrong with a model is said once, with the file and the node.
#
# RUN: %python %s %t
# RUN: not snn-opt %t-absent.onnx 2>&1 | FileCheck %s --check-prefix=ABSENT
# RUN: not snn-opt %t-empty.onnx 2>&1 | FileCheck %s --check-prefix=EMPTY
# RUN: not snn-opt %t-text.onnx 2>&1 | FileCheck %s --check-prefix=TEXT
# RUN: not snn-opt %t-truncated.onnx 2>&1 | FileCheck %s --check-prefix=TRUNCATED
# RUN: not snn-opt %t-folder.onnx 2>&1 | FileCheck %s --check-prefix=FOLDER
# RUN: not snn-opt %t-unsupported.onnx 2>&1 | FileCheck %s --check-prefix=LACKS
# RUN: not snn-opt %t-cycle.onnx 2>&1 | FileCheck %s --check-prefix=CYCLE
# RUN: not snn-opt %t-undefined.onnx 2>&1 | FileCheck %s --check-prefix=UNDEFINED
# RUN: not snn-opt %t-output.onnx 2>&1 | FileCheck %s --check-prefix=OUTPUT
# RUN: not snn-opt %t-twice.onnx 2>&1 | FileCheck %s --check-prefix=TWICE
# RUN: not snn-opt %t-shapes.onnx 2>&1 | FileCheck %s --check-prefix=SHAPES
# RUN: not snn-opt %t-reshape.onnx 2>&1 | FileCheck %s --check-prefix=RESHAPE
# RUN: not snn-opt %t-axis.onnx 2>&1 | FileCheck %s --check-prefix=AXIS
# RUN: not snn-opt %t-opset6.onnx 2>&1 | FileCheck %s --check-prefix=OPSET6
# RUN: not snn-opt %t-opset26.onnx 2>&1 | FileCheck %s --check-prefix=OPSET26
# RUN: not snn-opt %t-complex.onnx 2>&1 | FileCheck %s --check-prefix=COMPLEX
# RUN: not snn-opt %t-complexweight.onnx 2>&1 | FileCheck %s --check-prefix=COMPLEXWEIGHT
# RUN: not snn-opt %t-short.onnx 2>&1 | FileCheck %s --check-prefix=SHORT
# RUN: not snn-opt %t-dynamic.onnx 2>&1 | FileCheck %s --check-prefix=DYNAMIC
# RUN: not snn-opt %t-two.onnx 2>&1 | FileCheck %s --check-prefix=TWO
# RUN: not snn-opt %t-computed.onnx 2>&1 | FileCheck %s --check-prefix=COMPUTED
# RUN: not snn-opt %t-training.onnx 2>&1 | FileCheck %s --check-prefix=TRAINING
# RUN: not snn-opt %t-saved.onnx 2>&1 | FileCheck %s --check-prefix=SAVED
# RUN: not snn-opt %t-dynamic.onnx --shape z=1x2 2>&1 | FileCheck %s --check-prefix=NOINPUT
# RUN: not snn-opt %t-dynamic.onnx --shape x=1x2x3 2>&1 | FileCheck %s --check-prefix=RANK
# RUN: not snn-opt %t-dynamic.onnx --shape x=1xy 2>&1 | FileCheck %s --check-prefix=BADSHAPE

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

BASE = sys.argv[1]


def case(name, *args, **kwargs):
    save(f"{BASE}-{name}.onnx", *args, **kwargs)


def write(name, data):
    with open(f"{BASE}-{name}.onnx", "wb") as file:
        file.write(data)


X = [value("x", [2, 3])]
RELU = [node("Relu", "x", "y")]

# ABSENT: absent.onnx:{{.*}}error: cannot open the file: No such file or directory
# EMPTY: empty.onnx:{{.*}}error: not an ONNX model: the file is empty
write("empty", b"")
# TEXT: text.onnx:{{.*}}error: not an ONNX model
write("text", b"This is no model.\n" * 20)
# TRUNCATED: truncated.onnx:{{.*}}error: not an ONNX model: truncated or damaged at byte
write("truncated", model(RELU, X, ["y"]).SerializeToString()[:-20])
# FOLDER: folder.onnx:{{.*}}error: is a directory, not an ONNX model
os.makedirs(f"{BASE}-folder.onnx", exist_ok=True)

# All of them, and none that no output needs.
# LACKS: error: unsupported operators: Det (2), GridSample (1), NonMaxSuppression (2), com.microsoft:LongformerAttention (1){{$}}
branch = helper.make_graph([node("Det", "n1", "b")], "branch", [],
                           [value("b", None)])
case("unsupported", [
    node("NonMaxSuppression", "x", "n1"), node("NonMaxSuppression", "x", "n2"),
    node("GridSample", "x n1", "c"),
    node("LongformerAttention", "c n2", "g", domain="com.microsoft"),
    node("If", "g", "y", then_branch=branch, else_branch=branch),
    node("LSTM", "x", "unused"),
], X, ["y"])

# CYCLE: error: the graph has a cycle through this node{{.*}}Add_{{[ab]}}
case("cycle", [node("Add", "x b", "a"), node("Add", "a x", "b"),
               node("Relu", "b", "y")], X, ["y"])
# UNDEFINED: error: uses the value 'nothing', which nothing defines{{.*}}Add_y
case("undefined", [node("Add", "x nothing", "y")], X, ["y"])
# OUTPUT: error: the output 'z' is a value that nothing defines
case("output", RELU, X, ["z"])
# TWICE: error: defines the value 'y', which is already defined{{.*}}second
case("twice", RELU + [node("Tanh", "x", "y", name="second")], X, ["y"])
# SHAPES: error: {{.*}}MatMul_y
case("shapes", [node("MatMul", "x w", "y")], X, ["y"],
     [const("w", np.ones((4, 5)))])
# RESHAPE: error: {{.*}}Reshape_y
case("reshape", [node("Reshape", "x s", "y")], X, ["y"], [const("s", [4, 2])])
# AXIS: error: axis 2 is outside a tensor of rank 2{{.*}}Softmax_y
case("axis", [node("Softmax", "x", "y", axis=2)], X, ["y"])
# OPSET6: error: opset 6 is not supported (7 to 25 are); 'Add' has changed since
case("opset6", [node("Add", "x x", "y")], X, ["y"], opset=6)
# OPSET26: error: opset 26 is not supported (7 to 25 are)
case("opset26", RELU, X, ["y"], opset=26)
# COMPLEX: error: input 'x' has the element type COMPLEX64, which is not supported; convert the model to float32
case("complex", RELU, [value("x", [2], TensorProto.COMPLEX64)], ["y"])
# COMPLEXWEIGHT: error: the tensor 'w' cannot be used: element type COMPLEX64 is not supported{{.*}}Mul_y
case("complexweight", [node("Mul", "x w", "y")], X, ["y"],
     [const("w", np.ones(3), np.complex64)])
# SHORT: error: the tensor 'w' cannot be used: it holds 8 bytes, its shape needs 12{{.*}}Mul_y
w = const("w", np.ones(2))
w.dims[0] = 3
case("short", [node("Mul", "x w", "y")], X, ["y"], [w])
# DYNAMIC: error: input 'x' has the dynamic dimension 'seq' (axis 1); bind it with --shape x=1x128
case("dynamic", RELU, [value("x", ["batch", "seq"])], ["y"])
# TWO: error: input 'b' has the dynamic dimension 'm' (axis 0), 'a' has 'n'; bind one of them with --shape b=1x3
case("two", [node("Add", "a b", "y")],
     [value("a", ["n", 3]), value("b", ["m", 3])], ["y"])
# COMPUTED: error: the shape (input 1, 's') must be a constant{{.*}}Reshape_y
case("computed", [node("Reshape", "x s", "y")], X + [value("s", [1], I64)],
     ["y"])
# TRAINING: error: BatchNormalization is in training mode{{.*}}BatchNormalization_y
case("training",
     [node("BatchNormalization", "x s b m v", "y m2 v2", training_mode=1)], X,
     ["y"], [const(n, np.ones(3)) for n in "sbmv"])
# SAVED: error: 'GlobalAveragePool' needs 1 output, has 2{{.*}}GlobalAveragePool_p
case("saved", [node("GlobalAveragePool", "x", "p extra"),
               node("Relu", "extra", "y")], [value("x", [1, 2, 3])], ["p", "y"])

# NOINPUT: error: --shape names 'z', which is no input; the inputs are 'x'
# RANK: error: --shape gives 'x' 3 dimensions, the model 2
# BADSHAPE: error: --shape expects NAME=1x128 or SYMBOL=128, not 'x=1xy'
