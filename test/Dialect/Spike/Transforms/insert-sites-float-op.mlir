// RUN: snn-opt %s --spike-insert-sites=float-op=fc,attn --mlir-print-local-scope | FileCheck %s
// RUN: not snn-opt %s --spike-insert-sites=float-op=nobody 2>&1 | FileCheck %s --check-prefix=ERROR

// ERROR: error: has no product named 'nobody' to keep in float (--float-op)

// CHECK-LABEL: @f
// CHECK: onnx.attention
// CHECK-NOT: spike.site %{{.*}} "fc/x"
// CHECK: spike.site %{{.*}} "fc2/x"
// CHECK-NOT: spike.site
func.func @f(%x: tensor<?x4x4xf32>) -> tensor<?x4x4xf32> {
  %w = onnx.constant dense<1.0> : tensor<4x4xf32>
  %0 = onnx.attention %x, %x, %x {scale = 0.5} : (tensor<?x4x4xf32>, tensor<?x4x4xf32>, tensor<?x4x4xf32>) -> tensor<?x4x4xf32> loc("attn")
  %1 = onnx.matmul %0, %w : (tensor<?x4x4xf32>, tensor<4x4xf32>) -> tensor<?x4x4xf32> loc("fc")
  %2 = onnx.matmul %1, %w : (tensor<?x4x4xf32>, tensor<4x4xf32>) -> tensor<?x4x4xf32> loc("fc2")
  return %2 : tensor<?x4x4xf32>
}
