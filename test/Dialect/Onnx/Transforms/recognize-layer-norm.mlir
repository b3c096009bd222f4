// RUN: snn-opt %s --onnx-recognize-layer-norm | FileCheck %s

// CHECK-LABEL: @pow
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x8xf32>)
// CHECK: %[[S:.*]] = onnx.constant dense<2.000000e+00> : tensor<8xf32>
// CHECK: %[[B:.*]] = onnx.constant dense<3.000000e+00> : tensor<8xf32>
// CHECK-NEXT: %[[Y:.*]] = onnx.layer_normalization %[[X]], %[[S]], %[[B]] {epsilon = 9.9999999747524271E-7 : f64} : (tensor<?x4x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x4x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @pow(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  %two = onnx.constant dense<2.0> : tensor<f32>
  %eps = onnx.constant dense<1.0e-6> : tensor<f32>
  %scale = onnx.constant dense<2.0> : tensor<8xf32>
  %bias = onnx.constant dense<3.0> : tensor<8xf32>
  %0 = onnx.reduce_mean %x {axes = array<i64: -1>} : (tensor<?x4x8xf32>) -> tensor<?x4x1xf32>
  %1 = onnx.sub %x, %0 : (tensor<?x4x8xf32>, tensor<?x4x1xf32>) -> tensor<?x4x8xf32>
  %2 = onnx.pow %1, %two : (tensor<?x4x8xf32>, tensor<f32>) -> tensor<?x4x8xf32>
  %3 = onnx.reduce_mean %2 {axes = array<i64: 2>} : (tensor<?x4x8xf32>) -> tensor<?x4x1xf32>
  %4 = onnx.add %3, %eps : (tensor<?x4x1xf32>, tensor<f32>) -> tensor<?x4x1xf32>
  %5 = onnx.sqrt %4 : (tensor<?x4x1xf32>) -> tensor<?x4x1xf32>
  %6 = onnx.div %1, %5 : (tensor<?x4x8xf32>, tensor<?x4x1xf32>) -> tensor<?x4x8xf32>
  %7 = onnx.mul %6, %scale : (tensor<?x4x8xf32>, tensor<8xf32>) -> tensor<?x4x8xf32>
  %8 = onnx.add %7, %bias : (tensor<?x4x8xf32>, tensor<8xf32>) -> tensor<?x4x8xf32>
  return %8 : tensor<?x4x8xf32>
}

// d * d for the square, a reciprocal for the division, the subtraction twice, the
// operands the other way round, two axes.
// CHECK-LABEL: @products
// CHECK: onnx.layer_normalization %{{.*}} {axis = -2 : i64, epsilon
// CHECK-NEXT: return
func.func @products(%x: tensor<?x4x8xf32>, %scale: tensor<4x8xf32>, %bias: tensor<8xf32>) -> tensor<?x4x8xf32> {
  %eps = onnx.constant dense<1.0e-6> : tensor<1xf32>
  %0 = onnx.reduce_mean %x {axes = array<i64: -1, 1>} : (tensor<?x4x8xf32>) -> tensor<?x1x1xf32>
  %1 = onnx.sub %x, %0 : (tensor<?x4x8xf32>, tensor<?x1x1xf32>) -> tensor<?x4x8xf32>
  %d = onnx.sub %x, %0 : (tensor<?x4x8xf32>, tensor<?x1x1xf32>) -> tensor<?x4x8xf32>
  %2 = onnx.mul %d, %d : (tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %3 = onnx.reduce_mean %2 {axes = array<i64: 1, 2>} : (tensor<?x4x8xf32>) -> tensor<?x1x1xf32>
  %4 = onnx.add %eps, %3 : (tensor<1xf32>, tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
  %5 = onnx.sqrt %4 : (tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
  %r = onnx.reciprocal %5 : (tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
  %6 = onnx.mul %r, %1 : (tensor<?x1x1xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %7 = onnx.mul %scale, %6 : (tensor<4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %8 = onnx.add %bias, %7 : (tensor<8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %8 : tensor<?x4x8xf32>
}

// A mean over another axis than the last ones.
// CHECK-LABEL: @first_axis
// CHECK-NOT: onnx.layer_normalization
func.func @first_axis(%x: tensor<?x4x8xf32>, %scale: tensor<8xf32>) -> tensor<?x4x8xf32> {
  %two = onnx.constant dense<2.0> : tensor<f32>
  %eps = onnx.constant dense<1.0e-6> : tensor<f32>
  %0 = onnx.reduce_mean %x {axes = array<i64: 1>} : (tensor<?x4x8xf32>) -> tensor<?x1x8xf32>
  %1 = onnx.sub %x, %0 : (tensor<?x4x8xf32>, tensor<?x1x8xf32>) -> tensor<?x4x8xf32>
  %2 = onnx.pow %1, %two : (tensor<?x4x8xf32>, tensor<f32>) -> tensor<?x4x8xf32>
  %3 = onnx.reduce_mean %2 {axes = array<i64: 1>} : (tensor<?x4x8xf32>) -> tensor<?x1x8xf32>
  %4 = onnx.add %3, %eps : (tensor<?x1x8xf32>, tensor<f32>) -> tensor<?x1x8xf32>
  %5 = onnx.sqrt %4 : (tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
  %6 = onnx.div %1, %5 : (tensor<?x4x8xf32>, tensor<?x1x8xf32>) -> tensor<?x4x8xf32>
  %7 = onnx.mul %6, %scale : (tensor<?x4x8xf32>, tensor<8xf32>) -> tensor<?x4x8xf32>
  %8 = onnx.add %7, %scale : (tensor<?x4x8xf32>, tensor<8xf32>) -> tensor<?x4x8xf32>
  return %8 : tensor<?x4x8xf32>
}

// The variance is looked at elsewhere.
// CHECK-LABEL: @other_use
// CHECK-NOT: onnx.layer_normalization
func.func @other_use(%x: tensor<?x8xf32>, %scale: tensor<8xf32>) -> (tensor<?x8xf32>, tensor<?x1xf32>) {
  %two = onnx.constant dense<2.0> : tensor<f32>
  %eps = onnx.constant dense<1.0e-6> : tensor<f32>
  %0 = onnx.reduce_mean %x {axes = array<i64: 1>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %1 = onnx.sub %x, %0 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %2 = onnx.pow %1, %two : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.reduce_mean %2 {axes = array<i64: 1>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %4 = onnx.add %3, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %5 = onnx.sqrt %4 : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %6 = onnx.div %1, %5 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %7 = onnx.mul %6, %scale : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %8 = onnx.add %7, %scale : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %8, %3 : tensor<?x8xf32>, tensor<?x1xf32>
}

// The last addend is no bias but a value of the same shape (a residual).
// CHECK-LABEL: @residual
// CHECK-NOT: onnx.layer_normalization
func.func @residual(%x: tensor<?x8xf32>, %scale: tensor<8xf32>) -> tensor<?x8xf32> {
  %two = onnx.constant dense<2.0> : tensor<f32>
  %eps = onnx.constant dense<1.0e-6> : tensor<f32>
  %0 = onnx.reduce_mean %x {axes = array<i64: 1>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %1 = onnx.sub %x, %0 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %2 = onnx.pow %1, %two : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.reduce_mean %2 {axes = array<i64: 1>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %4 = onnx.add %3, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %5 = onnx.sqrt %4 : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %6 = onnx.div %1, %5 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %7 = onnx.mul %6, %scale : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %8 = onnx.add %7, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %8 : tensor<?x8xf32>
}
