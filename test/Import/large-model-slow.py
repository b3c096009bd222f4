# As large-model.py, with 440 MB of weights.
#
# REQUIRES: slow
# RUN: %python %S/large-model.py %t.onnx 105
# RUN: snn-opt %t.onnx > %t.mlir
# RUN: %python %S/large-model.py --check %t.onnx %t.mlir 105
# RUN: snn-opt %t.mlir | FileCheck %s
# RUN: rm %t.onnx
#
# CHECK-COUNT-105: onnx.constant #onnx.param<{{.*}}> : tensor<1024x1024xf32>
