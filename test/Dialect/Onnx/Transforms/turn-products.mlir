// RUN: snn-opt %s --onnx-turn-products | FileCheck %s

// A weight on the left, with a column as its bias and a scale behind it.
// CHECK-LABEL: @left
// CHECK-SAME: %[[X:.*]]: tensor<?x2x3xf32>
func.func @left(%x: tensor<?x2x3xf32>) -> tensor<?x4x3xf32> {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %b = onnx.constant dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>
  %s = onnx.constant dense<0.5> : tensor<f32>
  // CHECK: %[[S:.*]] = onnx.constant dense<5.000000e-01>
  // CHECK: %[[W:.*]] = onnx.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00, 5.000000e+00, 7.000000e+00], [2.000000e+00, 4.000000e+00, 6.000000e+00, 8.000000e+00]]> : tensor<2x4xf32>
  // CHECK: %[[T:.*]] = onnx.transpose %[[X]] [0, 2, 1]
  // CHECK: %[[P:.*]] = onnx.matmul %[[T]], %[[W]] : (tensor<?x3x2xf32>, tensor<2x4xf32>) -> tensor<?x3x4xf32>
  // CHECK: %[[M:.*]] = onnx.mul %[[P]], %[[S]]
  // CHECK: %[[B:.*]] = onnx.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]]> : tensor<1x4xf32>
  // CHECK: %[[A:.*]] = onnx.add %[[M]], %[[B]]
  // CHECK: %[[Y:.*]] = onnx.transpose %[[A]] [0, 2, 1]
  // CHECK: return %[[Y]]
  %p = onnx.matmul %w, %x : (tensor<4x2xf32>, tensor<?x2x3xf32>) -> tensor<?x4x3xf32>
  %m = onnx.mul %p, %s : (tensor<?x4x3xf32>, tensor<f32>) -> tensor<?x4x3xf32>
  %a = onnx.add %b, %m : (tensor<4x1xf32>, tensor<?x4x3xf32>) -> tensor<?x4x3xf32>
  return %a : tensor<?x4x3xf32>
}

// Levels with a scale for each row.
// CHECK-LABEL: @levels
func.func @levels(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %w = onnx.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %s = onnx.constant dense<[0.5, 0.25]> : tensor<2xf32>
  // CHECK: %[[W:.*]] = onnx.constant dense<{{\[\[}}1, 3], [2, 4]]> : tensor<2x2xi8>
  // CHECK: %[[D:.*]] = onnx.dequantize_linear %[[W]], %{{.*}} :
  // CHECK: onnx.matmul %{{.*}}, %[[D]] : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %d = onnx.dequantize_linear %w, %s {axis = 0} : (tensor<2x2xi8>, tensor<2xf32>) -> tensor<2x2xf32>
  %p = onnx.matmul %d, %x : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %p : tensor<2x3xf32>
}

// A product of constants, and one of a stack of matrices, stay.
// CHECK-LABEL: @stay
func.func @stay(%x: tensor<5x2x3xf32>, %v: tensor<2xf32>) -> (tensor<5x4x3xf32>, tensor<4xf32>) {
  %w = onnx.constant dense<1.0> : tensor<5x4x2xf32>
  %u = onnx.constant dense<1.0> : tensor<4x2xf32>
  // CHECK-NOT: onnx.transpose
  %p = onnx.matmul %w, %x : (tensor<5x4x2xf32>, tensor<5x2x3xf32>) -> tensor<5x4x3xf32>
  %q = onnx.matmul %u, %v : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %p, %q : tensor<5x4x3xf32>, tensor<4xf32>
}
