// RUN: snn-opt %s --onnx-recognize-silu --onnx-recognize-attention --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s

// A fused op has the location of the last node of its form.
// CHECK: onnx.silu {{.*}} loc("act/Mul")
// CHECK: onnx.attention {{.*}} loc("head/MatMul_1")
func.func @f(%q: tensor<4x8xf32>, %k: tensor<8x6xf32>, %v: tensor<6x3xf32>) -> tensor<4x3xf32> {
  %0 = onnx.sigmoid %q : (tensor<4x8xf32>) -> tensor<4x8xf32> loc("act/Sigmoid")
  %1 = onnx.mul %q, %0 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32> loc("act/Mul")
  %2 = onnx.matmul %1, %k : (tensor<4x8xf32>, tensor<8x6xf32>) -> tensor<4x6xf32> loc("head/MatMul")
  %3 = onnx.softmax %2 : (tensor<4x6xf32>) -> tensor<4x6xf32> loc("head/Softmax")
  %4 = onnx.matmul %3, %v : (tensor<4x6xf32>, tensor<6x3xf32>) -> tensor<4x3xf32> loc("head/MatMul_1")
  return %4 : tensor<4x3xf32>
}
