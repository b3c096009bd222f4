# The text of a model does not grow with its weights, and can be read again.
#
# RUN: %python %s %t.onnx 12
# RUN: snn-opt %t.onnx > %t.mlir
# RUN: %python %s --check %t.onnx %t.mlir 12
# RUN: snn-opt %t.mlir | FileCheck %s
# RUN: rm %t.onnx
#
# CHECK-COUNT-12: onnx.constant #onnx.param<{{.*}}> : tensor<1024x1024xf32>

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

if sys.argv[1] == "--check":
    onnx_file, text_file, layers = sys.argv[2:]
    assert os.path.getsize(onnx_file) > int(layers) * 4 * 1024 * 1024
    assert os.path.getsize(text_file) < 2 * 1024 * 1024
    sys.exit()

layers = int(sys.argv[2])
nodes, weights = [], []
for i in range(layers):
    weights.append(const(f"w{i}", np.full((1024, 1024), i, np.float32)))
    nodes.append(node("MatMul", [f"h{i}", f"w{i}"], f"h{i + 1}"))
save(sys.argv[1], nodes, [value("h0", ["batch", 1024])], [f"h{layers}"],
     weights)
