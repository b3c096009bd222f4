# Operators that are functions: a model's own, and ONNX's.
#
# RUN: %python %s %t
# RUN: snn-opt %t-local.onnx | FileCheck %s --check-prefix=LOCAL
# RUN: snn-opt %t-absent.onnx | FileCheck %s --check-prefix=ABSENT
# RUN: snn-opt %t-standard.onnx | FileCheck %s --check-prefix=STANDARD
# RUN: snn-opt %t-domain.onnx | FileCheck %s --check-prefix=DOMAIN
# RUN: snn-opt %t-old.onnx | FileCheck %s --check-prefix=OLD
# RUN: not snn-opt %t-recursive.onnx 2>&1 | FileCheck %s --check-prefix=RECURSIVE
# RUN: not snn-opt %t-deep.onnx 2>&1 | FileCheck %s --check-prefix=DEEP
# RUN: not snn-opt %t-wide.onnx 2>&1 | FileCheck %s --check-prefix=WIDE
# RUN: not snn-opt %t-lacks.onnx 2>&1 | FileCheck %s --check-prefix=LACKS
# RUN: not snn-opt %t-surplus.onnx 2>&1 | FileCheck %s --check-prefix=SURPLUS

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

BASE = sys.argv[1]
X = [value("x", ["n", 4])]


def function(name, inputs, outputs, nodes, attributes=(), opset=17):
    return helper.make_function("own", name, inputs.split(), outputs.split(), nodes,
                                [helper.make_operatorsetid("", opset),
                                 helper.make_operatorsetid("own", 1)], list(attributes))


def case(name, nodes, functions=(), opset=17, **kwargs):
    result = model(nodes, X, ["y"], opset=opset, **kwargs)
    result.opset_import.append(helper.make_operatorsetid("own", 1))
    result.functions.extend(functions)
    onnx.save(result, f"{BASE}-{name}.onnx")


def call(op, inputs, outputs, **attributes):
    return node(op, inputs, outputs, domain="own", **attributes)


def reference(op, inputs, output, attribute, named, type):
    result = node(op, inputs, output)
    proto = onnx.AttributeProto(name=attribute, ref_attr_name=named, type=type)
    result.attribute.append(proto)
    return result


# Names in the body are the body's own; a node in it is called by the call and its
# own name. The attribute of the call stands where the body names it.
# LOCAL: onnx.softmax %arg0 {axis = 1 : i64}{{.*}}
# LOCAL: %[[T:.*]] = onnx.tanh
# LOCAL: %[[S:.*]] = onnx.softmax %[[T]] {axis = 0 : i64}
# LOCAL: return %[[S]]
SHARE = function("Share", "a", "y", [
    reference("Softmax", "a", "x", "axis", "along", onnx.AttributeProto.INT),
    node("Identity", "x", "y")], ["along"])
case("local", [call("Share", "x", "s", along=1), node("Tanh", "s", "t"),
               call("Share", "t", "y", along=0)], [SHARE])

# An input that a call leaves out is absent in the body, and what only an unused
# output needs is not imported.
# ABSENT: onnx.clip %arg0 {hi = 1.000000e+00 : f64}
# ABSENT-NOT: onnx.relu
# ABSENT: return
LIMIT = function("Limit", "a low high", "y z",
                 [node("Relu", "a", "z"), node("Clip", "a low high", "y")])
case("absent", [call("Limit", "x _ one", "y")], [LIMIT],
     initializers=[const("one", 1.0)])

# ONNX defines the loss by other operators; its body is imported where there is no
# handler of its own.
# STANDARD: onnx.gather_elements
# STANDARD: onnx.reduce_mean
onnx.save(model([node("NegativeLogLikelihoodLoss", "x l", "y")], [value("x", [3, 4])],
                ["y"], [const("l", [1, 0, 3])]), f"{BASE}-standard.onnx")

# The standard domain has two names.
# DOMAIN: onnx.relu %arg0
case("domain", [node("Relu", "x", "y", domain="ai.onnx")])

# Opsets before 7 are read where the operators are the same in 7.
# OLD: onnx.exp
case("old", [node("Elu", "x", "y")], opset=6)

# RECURSIVE: error: the function 'own:Loops' calls itself
case("recursive", [call("Loops", "x", "y")],
     [function("Loops", "a", "y", [call("Loops", "a", "y")])])
# LACKS: error: unsupported operators: Det (1){{$}}
case("lacks", [call("Deep", "x", "t"), call("Deep", "t", "y")],
     [function("Deep", "a", "y", [node("Det", "a", "y")])])
# SURPLUS: error: 'own:Share' has 1 inputs and 1 outputs, the node 2 and 1
case("surplus", [call("Share", "x x", "y", along=1)], [SHARE])

# Calls of calls take neither the stack nor the memory: 20,000 functions one in the
# other, and 2^40 nodes by 40 that call the next one twice.
# DEEP: error: the function 'own:F64' is called inside of 64 others; at most 64 are supported
# WIDE: error: the loops and functions of the model make more than 131072 nodes
case("deep", [call("F0", "x", "y")],
     [function(f"F{i}", "a", "y", [call(f"F{i + 1}", "a", "y")])
      for i in range(20000)] + [function("F20000", "a", "y", [node("Relu", "a", "y")])])
case("wide", [call("F0", "x", "y")],
     [function(f"F{i}", "a", "y", [call(f"F{i + 1}", "a", "b"),
                                   call(f"F{i + 1}", "b", "y")])
      for i in range(40)] + [function("F40", "a", "y", [node("Relu", "a", "y")])])
