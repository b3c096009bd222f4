// RUN: snn-opt %s --split-input-file --spike-specialize-batch | FileCheck %s

// An encoder as exporters write it: heads by reshape and transpose, the batch
// folded into the rows and taken out again.

// CHECK-LABEL: func.func @heads(
// CHECK-SAME: %[[IDS:.*]]: tensor<1x4xi64>
// CHECK-SAME: -> tensor<1x4x8xf32>
func.func @heads(%ids: tensor<?x4xi64>) -> tensor<?x4x8xf32> {
  %table = onnx.constant #onnx.param<"w.safetensors", "table"> : tensor<100x8xf32>
  // CHECK: onnx.gather {{.*}} -> tensor<1x4x8xf32>
  %0 = onnx.gather %table, %ids : (tensor<100x8xf32>, tensor<?x4xi64>) -> tensor<?x4x8xf32>
  // CHECK: onnx.reshape {{.*}} [4, 8] : (tensor<1x4x8xf32>) -> tensor<4x8xf32>
  %1 = onnx.reshape %0 [-1, 8] : (tensor<?x4x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.reshape {{.*}} [1, 4, 2, 4] : (tensor<4x8xf32>) -> tensor<1x4x2x4xf32>
  %2 = onnx.reshape %1 [-1, 4, 2, 4] : (tensor<?x8xf32>) -> tensor<?x4x2x4xf32>
  %3 = onnx.transpose %2 [0, 2, 1, 3] : (tensor<?x4x2x4xf32>) -> tensor<?x2x4x4xf32>
  // CHECK: onnx.softmax {{.*}} tensor<1x2x4x4xf32>
  %4 = onnx.softmax %3 : (tensor<?x2x4x4xf32>) -> tensor<?x2x4x4xf32>
  %5 = onnx.matmul %4, %3 : (tensor<?x2x4x4xf32>, tensor<?x2x4x4xf32>) -> tensor<?x2x4x4xf32>
  %6 = onnx.transpose %5 [0, 2, 1, 3] : (tensor<?x2x4x4xf32>) -> tensor<?x4x2x4xf32>
  %7 = onnx.reshape %6 [-1, 4, 8] : (tensor<?x4x2x4xf32>) -> tensor<?x4x8xf32>
  // CHECK: return {{.*}} : tensor<1x4x8xf32>
  return %7 : tensor<?x4x8xf32>
}

// -----

// Sequence first, batch times heads in one axis (nn.MultiheadAttention).

// CHECK-LABEL: func.func @sequence_first(
func.func @sequence_first(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  %0 = onnx.transpose %x [1, 0, 2] : (tensor<?x4x8xf32>) -> tensor<4x?x8xf32>
  // CHECK: onnx.reshape {{.*}} [4, 2, 4] : (tensor<4x1x8xf32>) -> tensor<4x2x4xf32>
  %1 = onnx.reshape %0 [4, -1, 4] : (tensor<4x?x8xf32>) -> tensor<4x?x4xf32>
  %2 = onnx.transpose %1 [1, 0, 2] : (tensor<4x?x4xf32>) -> tensor<?x4x4xf32>
  // CHECK: onnx.softmax {{.*}} tensor<2x4x4xf32>
  %3 = onnx.softmax %2 : (tensor<?x4x4xf32>) -> tensor<?x4x4xf32>
  %4 = onnx.transpose %3 [1, 0, 2] : (tensor<?x4x4xf32>) -> tensor<4x?x4xf32>
  %5 = onnx.reshape %4 [4, -1, 8] : (tensor<4x?x4xf32>) -> tensor<4x?x8xf32>
  // CHECK: onnx.transpose {{.*}} -> tensor<1x4x8xf32>
  %6 = onnx.transpose %5 [1, 0, 2] : (tensor<4x?x8xf32>) -> tensor<?x4x8xf32>
  return %6 : tensor<?x4x8xf32>
}

// -----

// A class token: expanded to the batch, joined with the patches, picked at the
// end.

// CHECK-LABEL: func.func @class_token(
func.func @class_token(%x: tensor<?x3x8x8xf32>, %w: tensor<6x3x4x4xf32>, %cls: tensor<1x1x6xf32>) -> tensor<?x6xf32> {
  // CHECK: onnx.conv {{.*}} -> tensor<1x6x2x2xf32>
  %0 = onnx.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 4, 4>}
      : (tensor<?x3x8x8xf32>, tensor<6x3x4x4xf32>) -> tensor<?x6x2x2xf32>
  %1 = onnx.reshape %0 [-1, 6, 4] : (tensor<?x6x2x2xf32>) -> tensor<?x6x4xf32>
  %2 = onnx.transpose %1 [0, 2, 1] : (tensor<?x6x4xf32>) -> tensor<?x4x6xf32>
  // CHECK: onnx.expand %{{[a-z0-9]+}} {shape = array<i64: 1, 1, 6>} : (tensor<1x1x6xf32>) -> tensor<1x1x6xf32>
  %3 = onnx.expand %cls, %x {shape = array<i64: -1, 1, 6>} : (tensor<1x1x6xf32>, tensor<?x3x8x8xf32>) -> tensor<?x1x6xf32>
  // CHECK: onnx.concat {{.*}} -> tensor<1x5x6xf32>
  %4 = onnx.concat %3, %2 {axis = 1 : i64} : (tensor<?x1x6xf32>, tensor<?x4x6xf32>) -> tensor<?x5x6xf32>
  %index = onnx.constant dense<0> : tensor<i64>
  // CHECK: onnx.gather {{.*}} -> tensor<1x6xf32>
  %5 = onnx.gather %4, %index {axis = 1 : i64} : (tensor<?x5x6xf32>, tensor<i64>) -> tensor<?x6xf32>
  return %5 : tensor<?x6xf32>
}

// -----

!e = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// CHECK-LABEL: func.func @spikes(
// CHECK-SAME: tensor<1x4x8xf32>, %{{.*}}: tensor<1x1x1x4xf32>) -> tensor<1x4x4xf32>
func.func @spikes(%x: tensor<?x4x8xf32>, %mask: tensor<?x1x1x4xf32>) -> tensor<?x4x4xf32> {
  // CHECK: spike.token_mask {{.*}} -> tensor<1x4xi1>
  %valid = spike.token_mask %mask : tensor<?x1x1x4xf32> -> tensor<?x4xi1>
  // CHECK: spike.encode {{.*}} tensor<1x4x8x!ttfs>
  %0 = spike.encode %x "e1" kind activation valid(%valid : tensor<?x4xi1>) {token_axes = array<i64: 1>}
      : tensor<?x4x8xf32> -> tensor<?x4x8x!e>
  // CHECK: spike.linear {{.*}} -> tensor<1x4x6xi32>
  %1 = spike.linear %0 {weight = dense<1> : tensor<8x6xi8>} : tensor<?x4x8x!e> -> tensor<?x4x6xi32>
  // CHECK: spike.rescale {{.*}} -> tensor<1x4x6xf32>
  %2 = spike.rescale %1 {scale = dense<0.5> : tensor<1xf32>, axis = 2 : i64} : tensor<?x4x6xi32> -> tensor<?x4x6xf32>
  // CHECK: spike.quantize {{.*}} tensor<1x4x6x!level>
  %3 = spike.quantize %2 "k" kind key : tensor<?x4x6xf32> -> tensor<?x4x6x!k>
  %4 = spike.encode %2 "q" kind query : tensor<?x4x6xf32> -> tensor<?x4x6x!e>
  // CHECK: spike.matmul {{.*}} -> tensor<1x4x4xi32>
  %5 = spike.matmul %4, %3 {transposed} : tensor<?x4x6x!e>, tensor<?x4x6x!k> -> tensor<?x4x4xi32>
  %6 = spike.rescale %5 {scale = dense<0.5> : tensor<1xf32>, axis = 2 : i64} : tensor<?x4x4xi32> -> tensor<?x4x4xf32>
  return %6 : tensor<?x4x4xf32>
}

// -----

// A static batch is one sample: nothing changes.

// CHECK-LABEL: func.func @static(
// CHECK-SAME: tensor<2x4xf32>) -> tensor<4xf32>
// CHECK: onnx.reduce_mean
func.func @static(%x: tensor<2x4xf32>) -> tensor<4xf32> {
  %0 = onnx.reduce_mean %x {axes = array<i64: 0>, keepdims = false} : (tensor<2x4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Time and batch on one axis, time outside: the steps of a sample follow each other.

// CHECK-LABEL: func.func @time(
// CHECK-SAME: tensor<1x2x8xf32>) -> tensor<1x8xf32>
func.func @time(%x: tensor<?x2x8xf32>) -> tensor<?x8xf32> {
  // CHECK: onnx.tile {{.*}} -> tensor<4x2x8xf32>
  %0 = onnx.tile %x {repeats = array<i64: 4, 1, 1>} : (tensor<?x2x8xf32>) -> tensor<?x2x8xf32>
  // CHECK: spike.lif {{.*}} tensor<4x2x8x!binary>
  %1 = spike.lif %0 "n" {tau = 2.0 : f64, threshold = 1.0 : f64} : tensor<?x2x8xf32> -> tensor<?x2x8x!spike.binary<steps = 4>>
  %2 = spike.dequantize %1 : tensor<?x2x8x!spike.binary<steps = 4>> -> tensor<?x2x8xf32>
  // CHECK: onnx.reshape {{.*}} [8, 8]
  %3 = onnx.reshape %2 [-1, 8] : (tensor<?x2x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.reshape {{.*}} [4, 1, 2, 8]
  %4 = onnx.reshape %3 [4, -1, 2, 8] : (tensor<?x8xf32>) -> tensor<4x?x2x8xf32>
  %5 = onnx.reduce_mean %4 {axes = array<i64: 0, 2>, keepdims = false} : (tensor<4x?x2x8xf32>) -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// -----

// Elements that are picked and written within their sample.

// CHECK-LABEL: @by_index
// CHECK-SAME: (%arg0: tensor<1x4xf32>, %arg1: tensor<1x2xi64>)
// CHECK: onnx.gather_elements {{.*}} -> tensor<1x2xf32>
// CHECK: onnx.scatter_elements {{.*}} -> tensor<1x4xf32>
// CHECK: onnx.gather_nd {{.*}} {batchDims = 1 : i64} : (tensor<1x4xf32>, tensor<1x2x1xi64>) -> tensor<1x2xf32>
// CHECK: onnx.resize {{.*}} : (tensor<1x4xf32>) -> tensor<1x8xf32>
// CHECK: onnx.top_k {{.*}} -> (tensor<1x3xf32>, tensor<1x3xi64>)
func.func @by_index(%x: tensor<?x4xf32>, %i: tensor<?x2xi64>) -> (tensor<?x4xf32>, tensor<?x2xf32>, tensor<?x3xi64>) {
  %0 = onnx.gather_elements %x, %i {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %1 = onnx.scatter_elements %x, %i, %0 {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %2 = onnx.reshape %i [-1, 2, 1] : (tensor<?x2xi64>) -> tensor<?x2x1xi64>
  %3 = onnx.gather_nd %x, %2 {batchDims = 1 : i64} : (tensor<?x4xf32>, tensor<?x2x1xi64>) -> tensor<?x2xf32>
  %4 = onnx.resize %1 {sizes = array<i64: -1, 8>} : (tensor<?x4xf32>) -> tensor<?x8xf32>
  %5, %6 = onnx.top_k %4 {k = 3 : i64} : (tensor<?x8xf32>) -> (tensor<?x3xf32>, tensor<?x3xi64>)
  return %1, %3, %6 : tensor<?x4xf32>, tensor<?x2xf32>, tensor<?x3xi64>
}
