// Nodes without a name get their kind and a number, which no other node has: two
// sites without names were one in all counts.
//
// RUN: snn-opt %s --onnx-name-nodes --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --spike-insert-sites | FileCheck %s --check-prefix=SITES

// CHECK: onnx.relu{{.*}} loc("relu#1"({{.*}}))
// CHECK: onnx.matmul{{.*}} loc("matmul#1")
// CHECK: onnx.matmul{{.*}} loc("matmul#2"({{.*}}))
// CHECK: onnx.matmul{{.*}} loc("matmul#3"({{.*}}))
// SITES: spike.site %{{.*}} "matmul#1/x"
// SITES: spike.site %{{.*}} "matmul#2/x"
// SITES: spike.site %{{.*}} "matmul#3/x"
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = onnx.constant dense<1.0> : tensor<4x4xf32>
  %0 = onnx.relu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = onnx.matmul %0, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> loc("matmul#1")
  %2 = onnx.matmul %1, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %3 = onnx.matmul %2, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  return %3 : tensor<2x4xf32>
}
