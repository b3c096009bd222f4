// RUN: snn-opt %s --onnx-recognize-silu | FileCheck %s

// CHECK-LABEL: @silu
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK-NEXT: %[[A:.*]] = onnx.silu %[[X]] : (tensor<?x8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: %[[B:.*]] = onnx.silu %[[A]]
// CHECK-NEXT: return %[[B]]
func.func @silu(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = onnx.sigmoid %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = onnx.mul %x, %0 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.sigmoid %1 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.mul %2, %1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// The sigmoid of something else (a gate), and a sigmoid with another use.
// CHECK-LABEL: @not_silu
// CHECK-NOT: onnx.silu
func.func @not_silu(%x: tensor<?x8xf32>, %g: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = onnx.sigmoid %g : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = onnx.mul %x, %0 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.sigmoid %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.mul %x, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %1, %2, %3 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}
