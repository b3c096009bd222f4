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
