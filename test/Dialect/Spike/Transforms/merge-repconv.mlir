// RUN: snn-opt %s --spike-merge-repconv --canonicalize --cse --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --spike-merge-repconv --remarks-filter=spike-merge-repconv --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// One channel: 2x + 3, framed by 3, summed over 3x3 windows, times 10 plus 1.
// CHECK-LABEL: @merge
// CHECK-SAME: (%[[X:.*]]: tensor<1x1x4x4xf32>)
// CHECK-DAG: %[[W:.*]] = onnx.constant dense<2.000000e+01> : tensor<1x1x3x3xf32>
// CHECK-DAG: %[[B:.*]] = onnx.constant dense<2.710000e+02> : tensor<1xf32>
// CHECK: %[[Y:.*]] = onnx.conv %[[X]], %[[W]], %[[B]] {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
// CHECK-NEXT: return %[[Y]]
func.func @merge(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %w1 = onnx.constant dense<2.0> : tensor<1x1x1x1xf32>
  %b1 = onnx.constant dense<3.0> : tensor<1xf32>
  %wd = onnx.constant dense<1.0> : tensor<1x1x3x3xf32>
  %w3 = onnx.constant dense<10.0> : tensor<1x1x1x1xf32>
  %b3 = onnx.constant dense<1.0> : tensor<1xf32>
  %edge = onnx.constant dense<3.0> : tensor<1x1x1x1xf32>
  %0 = onnx.conv %x, %w1, %b1 {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  %1 = onnx.pad %0 {pads = array<i64: 0, 0, 1, 1, 0, 0, 1, 1>, mode = "constant", value = 0.0 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x6x6xf32>
  %row = onnx.expand %edge {shape = array<i64: 1, 1, 1, 6>} : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x6xf32>
  %2 = onnx.slice %1 {axes = array<i64: 2>, starts = array<i64: 1>, ends = array<i64: 5>, steps = array<i64: 1>} : (tensor<1x1x6x6xf32>) -> tensor<1x1x4x6xf32>
  %3 = onnx.concat %row, %2, %row {axis = 2 : i64} : (tensor<1x1x1x6xf32>, tensor<1x1x4x6xf32>, tensor<1x1x1x6xf32>) -> tensor<1x1x6x6xf32>
  %column = onnx.constant dense<3.0> : tensor<1x1x6x1xf32>
  %4 = onnx.slice %3 {axes = array<i64: 3>, starts = array<i64: 1>, ends = array<i64: 5>, steps = array<i64: 1>} : (tensor<1x1x6x6xf32>) -> tensor<1x1x6x4xf32>
  %5 = onnx.concat %column, %4, %column {axis = 3 : i64} : (tensor<1x1x6x1xf32>, tensor<1x1x6x4xf32>, tensor<1x1x6x1xf32>) -> tensor<1x1x6x6xf32>
  %6 = onnx.conv %5, %wd {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : (tensor<1x1x6x6xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x4x4xf32>
  %7 = onnx.conv %6, %w3, %b3 {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  return %7 : tensor<1x1x4x4xf32>
}

// A border of another value.
// REMARK: its border is not what the first convolution makes of zero
// CHECK-LABEL: @other_border
// CHECK-COUNT-3: onnx.conv
func.func @other_border(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %w1 = onnx.constant dense<2.0> : tensor<1x1x1x1xf32>
  %b1 = onnx.constant dense<3.0> : tensor<1xf32>
  %wd = onnx.constant dense<1.0> : tensor<1x1x3x3xf32>
  %0 = onnx.conv %x, %w1, %b1 {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  %1 = onnx.pad %0 {pads = array<i64: 0, 0, 1, 1, 0, 0, 1, 1>, mode = "constant", value = 0.0 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x6x6xf32>
  %row = onnx.constant dense<3.001> : tensor<1x1x1x6xf32>
  %2 = onnx.slice %1 {axes = array<i64: 2>, starts = array<i64: 1>, ends = array<i64: 5>, steps = array<i64: 1>} : (tensor<1x1x6x6xf32>) -> tensor<1x1x4x6xf32>
  %3 = onnx.concat %row, %2, %row {axis = 2 : i64} : (tensor<1x1x1x6xf32>, tensor<1x1x4x6xf32>, tensor<1x1x1x6xf32>) -> tensor<1x1x6x6xf32>
  %column = onnx.constant dense<3.0> : tensor<1x1x6x1xf32>
  %4 = onnx.slice %3 {axes = array<i64: 3>, starts = array<i64: 1>, ends = array<i64: 5>, steps = array<i64: 1>} : (tensor<1x1x6x6xf32>) -> tensor<1x1x6x4xf32>
  %5 = onnx.concat %column, %4, %column {axis = 3 : i64} : (tensor<1x1x6x1xf32>, tensor<1x1x6x4xf32>, tensor<1x1x6x1xf32>) -> tensor<1x1x6x6xf32>
  %6 = onnx.conv %5, %wd {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : (tensor<1x1x6x6xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x4x4xf32>
  %7 = onnx.conv %6, %w1 {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  return %7 : tensor<1x1x4x4xf32>
}
