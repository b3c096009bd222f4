// RUN: snn-opt %s --split-input-file --spike-keep-trains --mlir-print-local-scope --remarks-filter=spike-keep-trains --remark-format=emitRemark 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks

!bin = !spike.binary<steps = 2>

// Max pooling, a shortcut, half of it, and the product behind them.
// CHECK-LABEL: @shortcut
// CHECK: %[[P:.*]] = spike.maxpool %{{.*}} "max_pool" {{.*}} : tensor<2x4x8x8x!spike.binary<steps = 2>> -> tensor<2x4x4x4x!spike.binary<steps = 2>>
// CHECK: %[[A:.*]] = spike.add %[[P]], %{{.*}} "add" : {{.*}} -> tensor<2x4x4x4x!spike.count<max = 2, steps = 2>>
// CHECK: %[[D:.*]] = spike.dequantize %[[A]] {unit = 5.000000e-01 : f32}
// CHECK: onnx.conv %[[D]]
func.func @shortcut(%a: tensor<2x4x8x8x!bin>, %b: tensor<2x4x4x4x!bin>) -> tensor<2x4x4x4xf32> {
  %w = onnx.constant dense<1.0> : tensor<4x4x1x1xf32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = spike.dequantize %a : tensor<2x4x8x8x!bin> -> tensor<2x4x8x8xf32>
  %1 = spike.dequantize %b : tensor<2x4x4x4x!bin> -> tensor<2x4x4x4xf32>
  %2 = onnx.max_pool %0 {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<2x4x8x8xf32>) -> tensor<2x4x4x4xf32>
  %3 = onnx.add %2, %1 : (tensor<2x4x4x4xf32>, tensor<2x4x4x4xf32>) -> tensor<2x4x4x4xf32>
  %4 = onnx.mul %3, %half : (tensor<2x4x4x4xf32>, tensor<f32>) -> tensor<2x4x4x4xf32>
  %y = onnx.conv %4, %w {dilations = array<i64: 1, 1>, group = 1 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<2x4x4x4xf32>, tensor<4x4x1x1xf32>) -> tensor<2x4x4x4xf32>
  return %y : tensor<2x4x4x4xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// A gate that is broadcast, a negated one, and a pick of a step, which keeps its elements.
// CHECK-LABEL: @gates
// CHECK: %[[A:.*]] = spike.and %{{.*}}, %{{.*}} "mul"
// CHECK: %[[N:.*]] = spike.and_not %{{.*}}, %[[A]] "mul#2"
// CHECK: onnx.gather %[[N]], %{{.*}} -> tensor<3x8x!spike.binary<steps = 2>>
func.func @gates(%a: tensor<2x3x8x!bin>, %b: tensor<2x3x1x!bin>) -> tensor<3x4xf32> {
  %w = onnx.constant dense<1.0> : tensor<8x4xf32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %0 = spike.dequantize %a : tensor<2x3x8x!bin> -> tensor<2x3x8xf32>
  %1 = spike.dequantize %b : tensor<2x3x1x!bin> -> tensor<2x3x1xf32>
  %2 = onnx.mul %1, %0 : (tensor<2x3x1xf32>, tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %3 = onnx.sub %one, %2 : (tensor<f32>, tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %4 = onnx.mul %0, %3 : (tensor<2x3x8xf32>, tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %5 = onnx.gather %4, %i1 : (tensor<2x3x8xf32>, tensor<i64>) -> tensor<3x8xf32>
  %y = onnx.matmul %5, %w : (tensor<3x8xf32>, tensor<8x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// Trains of different units do not add up to one.
// REMARK: a sum of trains needs one unit, one number of steps and at most 255 spikes, has counts up to 1 of unit 1.0 over 2 steps and counts up to 1 of unit 0.25 over 2 steps; it stays a float
// CHECK-LABEL: @units
// CHECK: onnx.add
func.func @units(%a: tensor<2x8x!bin>) -> tensor<2x4xf32> {
  %w = onnx.constant dense<1.0> : tensor<8x4xf32>
  %quarter = onnx.constant dense<0.25> : tensor<f32>
  %0 = spike.dequantize %a : tensor<2x8x!bin> -> tensor<2x8xf32>
  %1 = onnx.mul %0, %quarter : (tensor<2x8xf32>, tensor<f32>) -> tensor<2x8xf32>
  %2 = onnx.add %0, %1 : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  %y = onnx.matmul %2, %w : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// A global average pool, and one of windows that tile its input: sums, each spike worth its
// share.
// CHECK-LABEL: @pools
// CHECK: %[[R:.*]] = onnx.reshape %arg0 [2, 3, 2, 2, 2, 2]
// CHECK: %[[W:.*]] = spike.sum %[[R]] "average_pool" {axes = array<i64: 3, 5>} : tensor<2x3x2x2x2x2x!spike.binary<steps = 2>> -> tensor<2x3x2x2x!spike.count<max = 4, steps = 2>>
// CHECK: %[[G:.*]] = spike.sum %[[W]] "global_average_pool" {axes = array<i64: 2, 3>, keepdims} : {{.*}} -> tensor<2x3x1x1x!spike.count<max = 16, steps = 2>>
// CHECK: %[[M:.*]] = onnx.reshape %[[G]] [2, 3]
// CHECK: spike.dequantize %[[M]] {unit = 6.250000e-02 : f32}
func.func @pools(%a: tensor<2x3x4x4x!bin>) -> tensor<2x5xf32> {
  %w = onnx.constant dense<1.0> : tensor<3x5xf32>
  %0 = spike.dequantize %a : tensor<2x3x4x4x!bin> -> tensor<2x3x4x4xf32>
  %1 = onnx.average_pool %0 {kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<2x3x4x4xf32>) -> tensor<2x3x2x2xf32>
  %2 = onnx.global_average_pool %1 : (tensor<2x3x2x2xf32>) -> tensor<2x3x1x1xf32>
  %3 = onnx.reshape %2 [2, 3] : (tensor<2x3x1x1xf32>) -> tensor<2x3xf32>
  %y = onnx.matmul %3, %w : (tensor<2x3xf32>, tensor<3x5xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// The mean over time and then a product: a train of one step.
// CHECK-LABEL: @over_time
// CHECK: spike.sum %arg0 "reduce_mean" {axes = array<i64: 0>} : tensor<2x3x4x!spike.binary<steps = 2>> -> tensor<3x4x!spike.count<max = 2, steps = 1>>
func.func @over_time(%a: tensor<2x3x4x!bin>) -> tensor<3x5xf32> {
  %w = onnx.constant dense<1.0> : tensor<4x5xf32>
  %0 = spike.dequantize %a : tensor<2x3x4x!bin> -> tensor<2x3x4xf32>
  %1 = onnx.reduce_mean %0 {axes = array<i64: 0>, keepdims = false} : (tensor<2x3x4xf32>) -> tensor<3x4xf32>
  %y = onnx.matmul %1, %w : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// More spikes than a count holds.
// REMARK: a sum of trains needs at most 255 spikes, has up to 1024; it stays a float
// CHECK-LABEL: @too_many
// CHECK: onnx.reduce_sum
func.func @too_many(%a: tensor<2x1024x4x!bin>) -> tensor<2x5xf32> {
  %w = onnx.constant dense<1.0> : tensor<4x5xf32>
  %0 = spike.dequantize %a : tensor<2x1024x4x!bin> -> tensor<2x1024x4xf32>
  %1 = onnx.reduce_sum %0 {axes = array<i64: 1>, keepdims = false} : (tensor<2x1024x4xf32>) -> tensor<2x4xf32>
  %y = onnx.matmul %1, %w : (tensor<2x4xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// Windows that overlap: the places of a window along an axis of their own. Padding is silent
// and counted.
// CHECK-LABEL: @overlapping
// CHECK: %[[P:.*]] = onnx.pad %arg0 {pads = array<i64: 0, 0, 1, 0, 0, 1>} : (tensor<2x3x5x!spike.binary<steps = 2>>) -> tensor<2x3x7x!spike.binary<steps = 2>>
// CHECK: %[[A:.*]] = onnx.slice %[[P]] {axes = array<i64: 2>, ends = array<i64: 5>, starts = array<i64: 0>, steps = array<i64: 2>}
// CHECK: %[[B:.*]] = onnx.slice %[[P]] {axes = array<i64: 2>, ends = array<i64: 6>, starts = array<i64: 1>, steps = array<i64: 2>}
// CHECK: %[[C:.*]] = onnx.slice %[[P]] {axes = array<i64: 2>, ends = array<i64: 7>, starts = array<i64: 2>, steps = array<i64: 2>}
// CHECK: %[[J:.*]] = onnx.concat %[[A]], %[[B]], %[[C]] {axis = 1 : i64}
// CHECK: %[[R:.*]] = onnx.reshape %[[J]] [2, 3, 3, 3]
// CHECK: %[[S:.*]] = spike.sum %[[R]] "average_pool" {axes = array<i64: 1>} : {{.*}} -> tensor<2x3x3x!spike.count<max = 3, steps = 2>>
// CHECK: spike.dequantize %[[S]] {unit = 0.333333343 : f32}
func.func @overlapping(%a: tensor<2x3x5x!bin>) -> tensor<2x3x4xf32> {
  %w = onnx.constant dense<1.0> : tensor<3x4xf32>
  %0 = spike.dequantize %a : tensor<2x3x5x!bin> -> tensor<2x3x5xf32>
  %1 = onnx.average_pool %0 {kernel = array<i64: 3>, pads = array<i64: 1, 1>, strides = array<i64: 2>, countIncludePad = true} : (tensor<2x3x5xf32>) -> tensor<2x3x3xf32>
  %y = onnx.matmul %1, %w : (tensor<2x3x3xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// Windows at the border have fewer elements.
// REMARK: an average pool of trains needs one divisor for all windows (count_include_pad=1); it stays a float
// CHECK-LABEL: @divisors
// CHECK: onnx.average_pool
func.func @divisors(%a: tensor<2x3x5x!bin>) -> tensor<2x3x4xf32> {
  %w = onnx.constant dense<1.0> : tensor<3x4xf32>
  %0 = spike.dequantize %a : tensor<2x3x5x!bin> -> tensor<2x3x5xf32>
  %1 = onnx.average_pool %0 {kernel = array<i64: 3>, pads = array<i64: 1, 1>, strides = array<i64: 2>} : (tensor<2x3x5xf32>) -> tensor<2x3x3xf32>
  %y = onnx.matmul %1, %w : (tensor<2x3x3xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// The nearest elements of twice and three times as many.
// CHECK-LABEL: @repeated
// CHECK: %[[A:.*]] = onnx.reshape %arg0 [-1, 3, 2, 1, 4, 1] : {{.*}} -> tensor<?x3x2x1x4x1x!spike.binary<steps = 2>>
// CHECK: %[[B:.*]] = onnx.expand %[[A]] {shape = array<i64: 1, 3, 2, 2, 4, 3>} : {{.*}} -> tensor<?x3x2x2x4x3x!spike.binary<steps = 2>>
// CHECK: %[[C:.*]] = onnx.reshape %[[B]] [-1, 3, 4, 12]
// CHECK: %[[N:.*]] = spike.dequantize %[[C]]
// CHECK: onnx.conv %[[N]]
func.func @repeated(%a: tensor<?x3x2x4x!bin>) -> tensor<?x5x4x12xf32> {
  %w = onnx.constant dense<1.0> : tensor<5x3x1x1xf32>
  %0 = spike.dequantize %a : tensor<?x3x2x4x!bin> -> tensor<?x3x2x4xf32>
  %1 = onnx.resize %0 {mode = "nearest", transform = "asymmetric", rounding = "floor", sizes = array<i64: -1, -1, 4, 12>} : (tensor<?x3x2x4xf32>) -> tensor<?x3x4x12xf32>
  %y = onnx.conv %1, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : (tensor<?x3x4x12xf32>, tensor<5x3x1x1xf32>) -> tensor<?x5x4x12xf32>
  return %y : tensor<?x5x4x12xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// Other elements than the nearest, and other factors.
// REMARK: a resized train needs its nearest elements and whole factors; it stays a float
// REMARK: a resized train needs its nearest elements and whole factors; it stays a float
// CHECK-LABEL: @interpolated
// CHECK-COUNT-2: onnx.resize
func.func @interpolated(%a: tensor<2x3x2x4x!bin>) -> (tensor<2x3x4x5xf32>, tensor<2x3x4x5xf32>) {
  %w = onnx.constant dense<1.0> : tensor<8x5xf32>
  %u = onnx.constant dense<1.0> : tensor<6x5xf32>
  %0 = spike.dequantize %a : tensor<2x3x2x4x!bin> -> tensor<2x3x2x4xf32>
  %1 = onnx.resize %0 {mode = "linear", sizes = array<i64: -1, -1, 4, 8>} : (tensor<2x3x2x4xf32>) -> tensor<2x3x4x8xf32>
  %2 = onnx.resize %0 {mode = "nearest", sizes = array<i64: -1, -1, 4, 6>} : (tensor<2x3x2x4xf32>) -> tensor<2x3x4x6xf32>
  %y = onnx.matmul %1, %w : (tensor<2x3x4x8xf32>, tensor<8x5xf32>) -> tensor<2x3x4x5xf32>
  %z = onnx.matmul %2, %u : (tensor<2x3x4x6xf32>, tensor<6x5xf32>) -> tensor<2x3x4x5xf32>
  return %y, %z : tensor<2x3x4x5xf32>, tensor<2x3x4x5xf32>
}
