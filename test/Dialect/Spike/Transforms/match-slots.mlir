// RUN: snn-opt %s --split-input-file --spike-match-slots --mlir-print-local-scope --remarks-filter=spike-match-slots --remark-format=emitRemark 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks

!count = !spike.count<max = 4, steps = 1>

// A count that four steps spell, twice over, behind a transpose and an axis for the steps.
// CHECK-LABEL: @repeated
// CHECK: %[[T:.*]] = onnx.transpose %arg0 [0, 2, 1]
// CHECK: %[[R:.*]] = onnx.reshape
// CHECK: %[[S:.*]] = spike.slots %{{.*}} "{{.*}}" {levels = array<i64: 1, 2, 3, 4, 1, 2, 3, 4>} : tensor<?x5x3x!spike.count<max = 4, steps = 1>> -> tensor<8x?x5x3x!spike.binary<steps = 8>>
// CHECK: %[[D:.*]] = spike.dequantize %[[S]]
// CHECK-NOT: onnx.tile
// CHECK: return %[[D]]
func.func @repeated(%a: tensor<?x3x5x!count>) -> tensor<8x?x5x3xf32> {
  %levels = onnx.constant dense<[[[[1.0]]], [[[2.0]]], [[[3.0]]], [[[4.0]]]]> : tensor<4x1x1x1xf32>
  %0 = spike.dequantize %a : tensor<?x3x5x!count> -> tensor<?x3x5xf32>
  %1 = onnx.transpose %0 [0, 2, 1] : (tensor<?x3x5xf32>) -> tensor<?x5x3xf32>
  %2 = onnx.reshape %1 [1, -1, 5, 3] : (tensor<?x5x3xf32>) -> tensor<1x?x5x3xf32>
  %3 = onnx.greater_or_equal %2, %levels : (tensor<1x?x5x3xf32>, tensor<4x1x1x1xf32>) -> tensor<4x?x5x3xi1>
  %4 = onnx.cast %3 {to = f32} : (tensor<4x?x5x3xi1>) -> tensor<4x?x5x3xf32>
  %5 = onnx.tile %4 {repeats = array<i64: 2, 1, 1, 1>} : (tensor<4x?x5x3xf32>) -> tensor<8x?x5x3xf32>
  return %5 : tensor<8x?x5x3xf32>
}

// -----

!count = !spike.count<max = 4, steps = 1>

// Written the other way round, strictly, in units of a quarter, and as a difference.
// CHECK-LABEL: @forms
// CHECK: spike.slots %{{.*}} "{{.*}}" {levels = array<i64: 1, 3>} : tensor<2x3x!spike.count<max = 4, steps = 1>> -> tensor<2x2x3x!spike.binary<steps = 2>>
// CHECK: spike.slots %{{.*}} "{{.*}}" {levels = array<i64: 2, 4>} : tensor<2x3x!spike.count<max = 4, steps = 1>> -> tensor<2x2x3x!spike.binary<steps = 2>>
func.func @forms(%a: tensor<2x3x!count>) -> (tensor<2x2x3xf32>, tensor<2x2x3xf32>) {
  %bounds = onnx.constant dense<[[[0.0]], [[0.6]]]> : tensor<2x1x1xf32>
  %twos = onnx.constant dense<[[[2.0]], [[3.5]]]> : tensor<2x1x1xf32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %0 = spike.dequantize %a {unit = 2.500000e-01 : f32} : tensor<2x3x!count> -> tensor<2x3xf32>
  %1 = onnx.reshape %0 [1, 2, 3] : (tensor<2x3xf32>) -> tensor<1x2x3xf32>
  %2 = onnx.less %bounds, %1 : (tensor<2x1x1xf32>, tensor<1x2x3xf32>) -> tensor<2x2x3xi1>
  %3 = onnx.cast %2 {to = f32} : (tensor<2x2x3xi1>) -> tensor<2x2x3xf32>
  %4 = spike.dequantize %a : tensor<2x3x!count> -> tensor<2x3xf32>
  %5 = onnx.reshape %4 [1, 2, 3] : (tensor<2x3xf32>) -> tensor<1x2x3xf32>
  %6 = onnx.sub %5, %twos : (tensor<1x2x3xf32>, tensor<2x1x1xf32>) -> tensor<2x2x3xf32>
  %7 = onnx.greater_or_equal %6, %zero : (tensor<2x2x3xf32>, tensor<f32>) -> tensor<2x2x3xi1>
  %8 = onnx.cast %7 {to = f32} : (tensor<2x2x3xi1>) -> tensor<2x2x3xf32>
  return %3, %8 : tensor<2x2x3xf32>, tensor<2x2x3xf32>
}

// -----

!count = !spike.count<max = 2, steps = 1>

// CHECK-LABEL: @left
// CHECK-NOT: spike.slots
// REMARK: a count of up to 2 is compared with 0.00, which it always reaches; it stays a float
// REMARK: a count of up to 2 is compared with 2.50, which it never reaches; it stays a float
func.func @left(%a: tensor<2x3x!count>) -> (tensor<2x2x3xf32>, tensor<2x2x3xf32>) {
  %always = onnx.constant dense<[[[0.0]], [[1.0]]]> : tensor<2x1x1xf32>
  %never = onnx.constant dense<[[[1.0]], [[2.5]]]> : tensor<2x1x1xf32>
  %0 = spike.dequantize %a : tensor<2x3x!count> -> tensor<2x3xf32>
  %1 = onnx.reshape %0 [1, 2, 3] : (tensor<2x3xf32>) -> tensor<1x2x3xf32>
  %2 = onnx.greater_or_equal %1, %always : (tensor<1x2x3xf32>, tensor<2x1x1xf32>) -> tensor<2x2x3xi1>
  %3 = onnx.cast %2 {to = f32} : (tensor<2x2x3xi1>) -> tensor<2x2x3xf32>
  %4 = onnx.greater_or_equal %1, %never : (tensor<1x2x3xf32>, tensor<2x1x1xf32>) -> tensor<2x2x3xi1>
  %5 = onnx.cast %4 {to = f32} : (tensor<2x2x3xi1>) -> tensor<2x2x3xf32>
  return %3, %5 : tensor<2x2x3xf32>, tensor<2x2x3xf32>
}
