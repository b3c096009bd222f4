// RUN: snn-opt %s --onnx-recognize-attention | FileCheck %s

!q = tensor<?x2x4x8xf32>
!k = tensor<?x2x6x8xf32>
!kt = tensor<?x2x8x6xf32>
!v = tensor<?x2x6x3xf32>
!s = tensor<?x2x4x6xf32>
!y = tensor<?x2x4x3xf32>

// CHECK-LABEL: @divided_and_masked
// CHECK-SAME: (%[[Q:.*]]: tensor<?x2x4x8xf32>, %[[K:.*]]: tensor<?x2x6x8xf32>, %[[V:.*]]: tensor<?x2x6x3xf32>, %[[M:.*]]: tensor<?x1x1x6xf32>)
// CHECK: %[[Y:.*]] = onnx.attention %[[Q]], %[[K]], %[[V]], %[[M]] {scale = 2.500000e-01 : f64}
// CHECK-NEXT: return %[[Y]]
func.func @divided_and_masked(%q: !q, %k: !k, %v: !v, %m: tensor<?x1x1x6xf32>) -> !y {
  %c = onnx.constant dense<4.0> : tensor<f32>
  %kt = onnx.transpose %k [0, 1, 3, 2] : (!k) -> !kt
  %0 = onnx.matmul %q, %kt : (!q, !kt) -> !s
  %1 = onnx.div %0, %c : (!s, tensor<f32>) -> !s
  %2 = onnx.add %1, %m : (!s, tensor<?x1x1x6xf32>) -> !s
  %3 = onnx.softmax %2 : (!s) -> !s
  %4 = onnx.matmul %3, %v : (!s, !v) -> !y
  return %4 : !y
}

// Heads are split and K is transposed in one step; Q and K are both scaled; two
// masks are added.
// CHECK-LABEL: @split_heads
// CHECK-SAME: (%[[Q:.*]]: tensor<?x2x4x8xf32>, %[[X:.*]]: tensor<?x6x2x8xf32>, %[[V:[^:]*]]: {{.*}}, %[[M:[^:]*]]: tensor<1x1x4x6xf32>, %[[P:[^:]*]]: tensor<2x4x6xf32>)
// CHECK-DAG: %[[K:.*]] = onnx.transpose %[[X]] [0, 2, 1, 3] : (tensor<?x6x2x8xf32>) -> tensor<?x2x6x8xf32>
// CHECK-DAG: %[[S:.*]] = onnx.add %[[P]], %[[M]] : (tensor<2x4x6xf32>, tensor<1x1x4x6xf32>)
// CHECK: onnx.attention %[[Q]], %[[K]], %[[V]], %[[S]] {scale = 2.500000e-01 : f64}
func.func @split_heads(%q: !q, %x: tensor<?x6x2x8xf32>, %v: !v, %m: tensor<1x1x4x6xf32>, %p: tensor<2x4x6xf32>) -> !y {
  %c = onnx.constant dense<0.5> : tensor<f32>
  %qs = onnx.mul %q, %c : (!q, tensor<f32>) -> !q
  %kt = onnx.transpose %x [0, 2, 3, 1] : (tensor<?x6x2x8xf32>) -> !kt
  %ks = onnx.mul %c, %kt : (tensor<f32>, !kt) -> !kt
  %0 = onnx.matmul %qs, %ks : (!q, !kt) -> !s
  %1 = onnx.add %p, %0 : (tensor<2x4x6xf32>, !s) -> !s
  %2 = onnx.add %1, %m : (!s, tensor<1x1x4x6xf32>) -> !s
  %3 = onnx.softmax %2 {axis = 3} : (!s) -> !s
  %4 = onnx.matmul %3, %v : (!s, !v) -> !y
  return %4 : !y
}

// A choice between scores and a large negative number, on either side. The number
// that is added absorbs every score, so that a row that is hidden as a whole is even.
// CHECK-LABEL: @where
// CHECK-SAME: %[[C:[^:]*]]: tensor<4x6xi1>)
// CHECK-DAG: %[[Z:.*]] = onnx.constant dense<0.000000e+00> : tensor<f32>
// CHECK-DAG: %[[L:.*]] = onnx.constant dense<-7.92281625E+28> : tensor<f32>
// CHECK: %[[M:.*]] = onnx.where %[[C]], %[[L]], %[[Z]] : (tensor<4x6xi1>, tensor<f32>, tensor<f32>) -> tensor<4x6xf32>
// CHECK: onnx.attention %{{.*}}, %{{.*}}, %{{.*}}, %[[M]] {scale = 1.000000e+00 : f64}
// CHECK: dense<0xFF800000>
// CHECK: %[[N:.*]] = onnx.where %[[C]], %{{.*}}, %{{.*}} -> tensor<4x6xf32>
// CHECK: onnx.attention %{{.*}}, %{{.*}}, %{{.*}}, %[[N]] {scale = 5.000000e-01 : f64}
func.func @where(%q: !q, %k: !k, %v: !v, %c: tensor<4x6xi1>) -> (!y, !y) {
  %low = onnx.constant dense<-1.0e9> : tensor<f32>
  %kt = onnx.transpose %k [0, 1, 3, 2] : (!k) -> !kt
  %0 = onnx.matmul %q, %kt : (!q, !kt) -> !s
  %1 = onnx.where %c, %low, %0 : (tensor<4x6xi1>, tensor<f32>, !s) -> !s
  %2 = onnx.softmax %1 : (!s) -> !s
  %3 = onnx.matmul %2, %v : (!s, !v) -> !y

  %infinite = onnx.constant dense<0xFF800000> : tensor<1xf32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %k2 = onnx.mul %k, %half : (!k, tensor<f32>) -> !k
  %kt2 = onnx.transpose %k2 [0, 1, 3, 2] : (!k) -> !kt
  %4 = onnx.matmul %q, %kt2 : (!q, !kt) -> !s
  %5 = onnx.where %c, %4, %infinite : (tensor<4x6xi1>, !s, tensor<1xf32>) -> !s
  %6 = onnx.softmax %5 : (!s) -> !s
  %7 = onnx.matmul %6, %v : (!s, !v) -> !y
  return %3, %7 : !y, !y
}

// K arrives transposed in another way: transposing back is left to be composed.
// CHECK-LABEL: @keys_from_elsewhere
// CHECK: %[[K:.*]] = onnx.transpose %{{.*}} [0, 1, 3, 2] : (tensor<?x2x8x6xf32>) -> tensor<?x2x6x8xf32>
// CHECK: onnx.attention %{{.*}}, %[[K]], %{{.*}} {scale = 1.000000e+00 : f64}
func.func @keys_from_elsewhere(%q: !q, %kt: !kt, %v: !v) -> !y {
  %0 = onnx.matmul %q, %kt : (!q, !kt) -> !s
  %1 = onnx.softmax %0 : (!s) -> !s
  %2 = onnx.matmul %1, %v : (!s, !v) -> !y
  return %2 : !y
}

// CHECK-LABEL: @other_use_of_weights
// CHECK-NOT: onnx.attention
func.func @other_use_of_weights(%q: !q, %kt: !kt, %v: !v) -> (!y, !s) {
  %0 = onnx.matmul %q, %kt : (!q, !kt) -> !s
  %1 = onnx.softmax %0 : (!s) -> !s
  %2 = onnx.matmul %1, %v : (!s, !v) -> !y
  return %2, %1 : !y, !s
}

// CHECK-LABEL: @other_axis
// CHECK-NOT: onnx.attention
func.func @other_axis(%q: !q, %kt: !kt, %v: !v) -> !y {
  %0 = onnx.matmul %q, %kt : (!q, !kt) -> !s
  %1 = onnx.softmax %0 {axis = 2} : (!s) -> !s
  %2 = onnx.matmul %1, %v : (!s, !v) -> !y
  return %2 : !y
}

// Hiding with a small number does not hide.
// CHECK-LABEL: @soft_mask
// CHECK-NOT: onnx.attention
func.func @soft_mask(%q: !q, %kt: !kt, %v: !v, %c: tensor<4x6xi1>) -> !y {
  %low = onnx.constant dense<-5.0> : tensor<f32>
  %0 = onnx.matmul %q, %kt : (!q, !kt) -> !s
  %1 = onnx.where %c, %0, %low : (tensor<4x6xi1>, !s, tensor<f32>) -> !s
  %2 = onnx.softmax %1 : (!s) -> !s
  %3 = onnx.matmul %2, %v : (!s, !v) -> !y
  return %3 : !y
}

// A factor after the mask would scale the mask.
// CHECK-LABEL: @scaled_mask
// CHECK-NOT: onnx.attention
func.func @scaled_mask(%q: !q, %kt: !kt, %v: !v, %m: tensor<4x6xf32>) -> !y {
  %c = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.matmul %q, %kt : (!q, !kt) -> !s
  %1 = onnx.add %0, %m : (!s, tensor<4x6xf32>) -> !s
  %2 = onnx.mul %1, %c : (!s, tensor<f32>) -> !s
  %3 = onnx.softmax %2 : (!s) -> !s
  %4 = onnx.matmul %3, %v : (!s, !v) -> !y
  return %4 : !y
}

// Quantised scores belong to an imported quantised model.
// CHECK-LABEL: @quantised
// CHECK-NOT: onnx.attention
func.func @quantised(%q: !q, %kt: !kt, %v: !v) -> !y {
  %s = onnx.constant dense<0.1> : tensor<f32>
  %0 = onnx.matmul %q, %kt : (!q, !kt) -> !s
  %1 = onnx.softmax %0 : (!s) -> !s
  %2 = onnx.quantize_linear %1, %s {to = ui8} : (!s, tensor<f32>) -> tensor<?x2x4x6xui8>
  %3 = onnx.dequantize_linear %2, %s : (tensor<?x2x4x6xui8>, tensor<f32>) -> !s
  %4 = onnx.matmul %3, %v : (!s, !v) -> !y
  return %4 : !y
}
