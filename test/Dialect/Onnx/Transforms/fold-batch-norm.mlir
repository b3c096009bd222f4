// RUN: snn-opt %s --onnx-fold-batch-norm | FileCheck %s

// scale / sqrt(variance + epsilon) is 2 and 3; the offsets are 1 and -2.
// CHECK-LABEL: @conv
// CHECK-DAG: %[[W:.*]] = onnx.constant dense<{{\[\[\[\[}}2.000000e+00]]], {{\[\[\[}}6.000000e+00]]]]> : tensor<2x1x1x1xf32>
// CHECK-DAG: %[[B:.*]] = onnx.constant dense<[2.100000e+01, 5.800000e+01]> : tensor<2xf32>
// CHECK: %[[Y:.*]] = onnx.conv %{{.*}}, %[[W]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @conv(%x: tensor<?x1x4x4xf32>) -> tensor<?x2x4x4xf32> {
  %w = onnx.constant dense<[[[[1.0]]], [[[2.0]]]]> : tensor<2x1x1x1xf32>
  %b = onnx.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %scale = onnx.constant dense<[4.0, 6.0]> : tensor<2xf32>
  %bias = onnx.constant dense<[3.0, 1.0]> : tensor<2xf32>
  %mean = onnx.constant dense<1.0> : tensor<2xf32>
  %variance = onnx.constant dense<4.0> : tensor<2xf32>
  %0 = onnx.conv %x, %w, %b {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : (tensor<?x1x4x4xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<?x2x4x4xf32>
  %1 = onnx.batch_normalization %0, %scale, %bias, %mean, %variance {epsilon = 0.0}
      : (tensor<?x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x4x4xf32>
  return %1 : tensor<?x2x4x4xf32>
}

// CHECK-LABEL: @gemm
// CHECK-DAG: %[[W:.*]] = onnx.constant dense<{{\[\[}}2.000000e+00, 4.000000e+00], [9.000000e+00, 1.200000e+01]]> : tensor<2x2xf32>
// CHECK-DAG: %[[B:.*]] = onnx.constant dense<[1.000000e+00, -2.000000e+00]> : tensor<2xf32>
// CHECK: %[[Y:.*]] = onnx.gemm %{{.*}}, %[[W]], %[[B]] {transB = true}
// CHECK-NEXT: return %[[Y]]
func.func @gemm(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %scale = onnx.constant dense<[4.0, 6.0]> : tensor<2xf32>
  %bias = onnx.constant dense<[3.0, 1.0]> : tensor<2xf32>
  %mean = onnx.constant dense<1.0> : tensor<2xf32>
  %variance = onnx.constant dense<4.0> : tensor<2xf32>
  %0 = onnx.gemm %x, %w {transB = true} : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %scale, %bias, %mean, %variance {epsilon = 0.0}
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// A linear over tokens, whose outputs are moved to the channel axis.
// CHECK-LABEL: @linear
// CHECK-DAG: %[[W:.*]] = onnx.constant dense<{{\[\[}}2.000000e+00, 6.000000e+00], [6.000000e+00, 1.200000e+01]]> : tensor<2x2xf32>
// CHECK-DAG: %[[B:.*]] = onnx.constant dense<[2.100000e+01, 5.800000e+01]> : tensor<2xf32>
// CHECK: %[[P:.*]] = onnx.matmul %{{.*}}, %[[W]]
// CHECK-NEXT: %[[S:.*]] = onnx.add %[[P]], %[[B]]
// CHECK-NEXT: %[[Y:.*]] = onnx.transpose %[[S]] [0, 2, 1]
// CHECK-NEXT: return %[[Y]]
func.func @linear(%x: tensor<?x5x2xf32>) -> tensor<?x2x5xf32> {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b = onnx.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %scale = onnx.constant dense<[4.0, 6.0]> : tensor<2xf32>
  %bias = onnx.constant dense<[3.0, 1.0]> : tensor<2xf32>
  %mean = onnx.constant dense<1.0> : tensor<2xf32>
  %variance = onnx.constant dense<4.0> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x5x2xf32>, tensor<2x2xf32>) -> tensor<?x5x2xf32>
  %1 = onnx.add %b, %0 : (tensor<2xf32>, tensor<?x5x2xf32>) -> tensor<?x5x2xf32>
  %2 = onnx.transpose %1 [0, 2, 1] : (tensor<?x5x2xf32>) -> tensor<?x2x5xf32>
  %3 = onnx.batch_normalization %2, %scale, %bias, %mean, %variance {epsilon = 0.0}
      : (tensor<?x2x5xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x5xf32>
  return %3 : tensor<?x2x5xf32>
}

// CHECK-LABEL: @kept
// CHECK-COUNT-4: onnx.batch_normalization
func.func @kept(%x: tensor<?x2xf32>, %c: tensor<2xf32>, %v: tensor<2x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %one = onnx.constant dense<1.0> : tensor<2xf32>
  // The parameters are not constant.
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %c, %one, %one, %one
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  // The weight is not constant.
  %2 = onnx.matmul %x, %v : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %3 = onnx.batch_normalization %2, %one, %one, %one, %one
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  // The product has another use.
  %4 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %5 = onnx.batch_normalization %4, %one, %one, %one, %one
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  // Nothing to fold into.
  %6 = onnx.batch_normalization %x, %one, %one, %one, %one
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1, %3, %4, %5, %6 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
