# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Short names for writing small ONNX models."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F32, I64, BOOL, U8, I8 = (TensorProto.FLOAT, TensorProto.INT64,
                          TensorProto.BOOL, TensorProto.UINT8,
                          TensorProto.INT8)


def node(op, inputs, outputs, **attributes):
    inputs = inputs.split() if isinstance(inputs, str) else inputs
    outputs = outputs.split() if isinstance(outputs, str) else outputs
    # "_" stands for an absent optional input or output.
    inputs = ["" if name == "_" else name for name in inputs]
    attributes.setdefault("name", f"{op}_{outputs[0]}")
    outputs = ["" if name == "_" else name for name in outputs]
    return helper.make_node(op, inputs, outputs, **attributes)


def value(name, shape, type=F32):
    return helper.make_tensor_value_info(name, type, shape)


def const(name, values, dtype=None):
    array = np.array(values)
    if dtype is None:
        dtype = np.int64 if array.dtype.kind == "i" else np.float32
    return numpy_helper.from_array(array.astype(dtype), name)


def model(nodes, inputs, outputs, initializers=(), opset=17, metadata=None):
    # What is named only may be of any type; a wrong one would be refused.
    outputs = [value(o, None, TensorProto.UNDEFINED) if isinstance(o, str) else o
               for o in outputs]
    graph = helper.make_graph(nodes, "test", inputs, outputs,
                              list(initializers))
    result = helper.make_model(
        graph, opset_imports=[helper.make_operatorsetid("", opset)])
    if metadata:
        helper.set_model_props(result, metadata)
    return result


def save(path, *args, **kwargs):
    onnx.save(model(*args, **kwargs), path)
