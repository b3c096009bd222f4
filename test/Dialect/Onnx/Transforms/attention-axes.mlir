// Leading axes of attention: shared heads, queries of one sample for a batch, and
// scores that are reshaped for a mask.
//
// RUN: snn-opt %s --onnx-recognize-attention | FileCheck %s
// RUN: snn-opt %s --onnx-recognize-attention --remarks-filter=onnx-recognize-attention --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=MISSED

// One head of keys and values for three of queries.
// CHECK-LABEL: @shared_head
// CHECK-SAME: (%[[Q:.*]]: tensor<?x3x4x8xf32>, %[[K:.*]]: tensor<?x1x6x8xf32>, %[[V:.*]]: tensor<?x1x6x5xf32>)
// CHECK-DAG: %[[EK:.*]] = onnx.expand %[[K]] {shape = array<i64: 1, 3, 1, 1>} : (tensor<?x1x6x8xf32>) -> tensor<?x3x6x8xf32>
// CHECK-DAG: %[[EV:.*]] = onnx.expand %[[V]] {shape = array<i64: 1, 3, 1, 1>} : (tensor<?x1x6x5xf32>) -> tensor<?x3x6x5xf32>
// CHECK: onnx.attention %[[Q]], %[[EK]], %[[EV]] {scale = 1.000000e+00 : f64}
func.func @shared_head(%q: tensor<?x3x4x8xf32>, %k: tensor<?x1x6x8xf32>, %v: tensor<?x1x6x5xf32>) -> tensor<?x3x4x5xf32> {
  %kt = onnx.transpose %k [0, 1, 3, 2] : (tensor<?x1x6x8xf32>) -> tensor<?x1x8x6xf32>
  %0 = onnx.matmul %q, %kt : (tensor<?x3x4x8xf32>, tensor<?x1x8x6xf32>) -> tensor<?x3x4x6xf32>
  %1 = onnx.softmax %0 : (tensor<?x3x4x6xf32>) -> tensor<?x3x4x6xf32>
  %2 = onnx.matmul %1, %v : (tensor<?x3x4x6xf32>, tensor<?x1x6x5xf32>) -> tensor<?x3x4x5xf32>
  return %2 : tensor<?x3x4x5xf32>
}

// A query of lower rank, for every sample.
// CHECK-LABEL: @learned_query
// CHECK-SAME: (%[[K:.*]]: tensor<?x3x6x8xf32>, %[[Q:.*]]: tensor<3x1x8xf32>)
// CHECK: %[[R:.*]] = onnx.reshape %[[Q]] [1, 3, 1, 8]
// CHECK: %[[E:.*]] = onnx.expand %[[R]], %[[K]] {shape = array<i64: -1, 1, 1, 1>} : (tensor<1x3x1x8xf32>, tensor<?x3x6x8xf32>) -> tensor<?x3x1x8xf32>
// CHECK: onnx.attention %[[E]], %[[K]], %[[K]]
func.func @learned_query(%k: tensor<?x3x6x8xf32>, %q: tensor<3x1x8xf32>) -> tensor<?x3x1x8xf32> {
  %kt = onnx.transpose %k [0, 1, 3, 2] : (tensor<?x3x6x8xf32>) -> tensor<?x3x8x6xf32>
  %0 = onnx.matmul %q, %kt : (tensor<3x1x8xf32>, tensor<?x3x8x6xf32>) -> tensor<?x3x1x6xf32>
  %1 = onnx.softmax %0 : (tensor<?x3x1x6xf32>) -> tensor<?x3x1x6xf32>
  %2 = onnx.matmul %1, %k : (tensor<?x3x1x6xf32>, tensor<?x3x6x8xf32>) -> tensor<?x3x1x8xf32>
  return %2 : tensor<?x3x1x8xf32>
}

// Heads are an axis of their own only where the mask is added.
// CHECK-LABEL: @reshaped
// CHECK-SAME: (%[[Q:.*]]: tensor<6x4x8xf32>, %[[K:.*]]: tensor<6x5x8xf32>, %[[V:.*]]: tensor<6x5x8xf32>, %[[M:.*]]: tensor<2x1x1x5xf32>)
// CHECK-DAG: %[[RQ:.*]] = onnx.reshape %[[Q]] [2, 3, 4, 8]
// CHECK-DAG: %[[RK:.*]] = onnx.reshape %[[K]] [2, 3, 5, 8]
// CHECK-DAG: %[[RV:.*]] = onnx.reshape %[[V]] [2, 3, 5, 8]
// CHECK: %[[Y:.*]] = onnx.attention %[[RQ]], %[[RK]], %[[RV]], %[[M]] {scale = 5.000000e-01 : f64}
// CHECK: onnx.reshape %[[Y]] [6, 4, 8]
func.func @reshaped(%q: tensor<6x4x8xf32>, %k: tensor<6x5x8xf32>, %v: tensor<6x5x8xf32>, %m: tensor<2x1x1x5xf32>) -> tensor<6x4x8xf32> {
  %c = onnx.constant dense<0.5> : tensor<f32>
  %qs = onnx.mul %q, %c : (tensor<6x4x8xf32>, tensor<f32>) -> tensor<6x4x8xf32>
  %kt = onnx.transpose %k [0, 2, 1] : (tensor<6x5x8xf32>) -> tensor<6x8x5xf32>
  %0 = onnx.matmul %qs, %kt : (tensor<6x4x8xf32>, tensor<6x8x5xf32>) -> tensor<6x4x5xf32>
  %1 = onnx.reshape %0 [2, 3, 4, 5] : (tensor<6x4x5xf32>) -> tensor<2x3x4x5xf32>
  %2 = onnx.add %1, %m : (tensor<2x3x4x5xf32>, tensor<2x1x1x5xf32>) -> tensor<2x3x4x5xf32>
  %3 = onnx.softmax %2 : (tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32>
  %4 = onnx.reshape %3 [6, 4, 5] : (tensor<2x3x4x5xf32>) -> tensor<6x4x5xf32>
  %5 = onnx.matmul %4, %v : (tensor<6x4x5xf32>, tensor<6x5x8xf32>) -> tensor<6x4x8xf32>
  return %5 : tensor<6x4x8xf32>
}

// What is no attention is left, and a remark says why.
// CHECK-LABEL: @capped
// CHECK-NOT: onnx.attention
// MISSED: tanh '{{.*}}' stands between the product and the softmax
func.func @capped(%q: tensor<2x4x8xf32>, %kt: tensor<2x8x5xf32>, %v: tensor<2x5x8xf32>) -> tensor<2x4x8xf32> {
  %0 = onnx.matmul %q, %kt : (tensor<2x4x8xf32>, tensor<2x8x5xf32>) -> tensor<2x4x5xf32>
  %1 = onnx.tanh %0 : (tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %2 = onnx.softmax %1 : (tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %3 = onnx.matmul %2, %v : (tensor<2x4x5xf32>, tensor<2x5x8xf32>) -> tensor<2x4x8xf32>
  return %3 : tensor<2x4x8xf32>
}

// CHECK-LABEL: @probabilities
// CHECK-NOT: onnx.attention
// MISSED: the probabilities have another use
func.func @probabilities(%q: tensor<2x4x8xf32>, %kt: tensor<2x8x5xf32>, %v: tensor<2x5x8xf32>) -> (tensor<2x4x8xf32>, tensor<2x4x5xf32>) {
  %0 = onnx.matmul %q, %kt : (tensor<2x4x8xf32>, tensor<2x8x5xf32>) -> tensor<2x4x5xf32>
  %1 = onnx.softmax %0 : (tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %2 = onnx.matmul %1, %v : (tensor<2x4x5xf32>, tensor<2x5x8xf32>) -> tensor<2x4x8xf32>
  return %2, %1 : tensor<2x4x8xf32>, tensor<2x4x5xf32>
}

// CHECK-LABEL: @rows
// MISSED: the softmax runs over axis 1, not over the keys
func.func @rows(%q: tensor<2x4x8xf32>, %kt: tensor<2x8x5xf32>, %v: tensor<2x5x8xf32>) -> tensor<2x4x8xf32> {
  %0 = onnx.matmul %q, %kt : (tensor<2x4x8xf32>, tensor<2x8x5xf32>) -> tensor<2x4x5xf32>
  %1 = onnx.softmax %0 {axis = 1} : (tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %2 = onnx.matmul %1, %v : (tensor<2x4x5xf32>, tensor<2x5x8xf32>) -> tensor<2x4x8xf32>
  return %2 : tensor<2x4x8xf32>
}
