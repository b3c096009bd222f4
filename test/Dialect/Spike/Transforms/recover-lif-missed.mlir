// RUN: snn-opt %s --split-input-file --spike-recover-lif --remarks-filter=spike-recover-lif --remark-format=emitRemark 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks

// Steps in a wrong order.
// REMARK: its time steps are not those of axis 0, in order
// CHECK-LABEL: @order
// CHECK-NOT: spike.lif
func.func @order(%x: tensor<2x8xf32>) -> tensor<8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %0 = onnx.greater_or_equal %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %1 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %1, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %2 = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %3 = onnx.div %2, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %3 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %4 = onnx.greater_or_equal %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %4 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  return %s1 : tensor<8xf32>
}

// -----

// A threshold that changes.
// REMARK: its time steps differ
// CHECK-LABEL: @threshold
// CHECK-NOT: spike.lif
func.func @threshold(%x: tensor<2x8xf32>) -> tensor<8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %0 = onnx.greater_or_equal %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %1 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %1, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %2 = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %3 = onnx.div %2, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %3 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %4 = onnx.greater_or_equal %h1, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %4 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  return %s1 : tensor<8xf32>
}
