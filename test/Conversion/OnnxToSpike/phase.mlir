// RUN: snn-opt %s --split-input-file --onnx-to-spike --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --onnx-to-spike=sign-bug | FileCheck %s --check-prefix=BUG

!ph = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
!pos = !spike.phase<base = 1.15, phases = 40, scale = 3.0, sign = positive>
!pp = !spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>

// Weights are integers with a scale per output, biases belong to the product, and
// ReLU is the firing of a positive code.
// CHECK-LABEL: @linear
// CHECK: %[[Q:.*]] = spike.quantize %arg0
// CHECK: %[[Y:.*]] = spike.phase_linear %[[Q]] {bias = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>, spike.mean = dense<0.000000e+00> : tensor<2xf32>, weight = dense<{{\[\[}}1, 2], [3, -4], [5, 6]]> : tensor<3x2xi8>, weight_scale = dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>} : tensor<?x3x!spike.phase<base = 1.15, phases = 40, scale = 2.0>> -> tensor<?x2xf32>
// CHECK: spike.quantize %[[Y]] "h" kind activation : tensor<?x2xf32> -> tensor<?x2x!spike.phase<base = 1.15, phases = 40, scale = 3.0, sign = positive>>
// CHECK-NOT: onnx.relu
func.func @linear(%x: tensor<?x3xf32>) -> tensor<?x2x!pos> {
  %w = onnx.constant dense<[[1, 2], [3, -4], [5, 6]]> : tensor<3x2xi8>
  %s = onnx.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %b = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = spike.quantize %x "x" kind activation : tensor<?x3xf32> -> tensor<?x3x!ph>
  %1 = spike.dequantize %0 : tensor<?x3x!ph> -> tensor<?x3xf32>
  %2 = onnx.dequantize_linear %w, %s {axis = 1 : i64} : (tensor<3x2xi8>, tensor<2xf32>) -> tensor<3x2xf32>
  %3 = onnx.matmul %1, %2 {spike.mean = dense<0.0> : tensor<2xf32>} : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
  %4 = onnx.add %b, %3 : (tensor<2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %5 = onnx.relu %4 : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %6 = spike.quantize %5 "h" kind activation : tensor<?x2xf32> -> tensor<?x2x!pos>
  return %6 : tensor<?x2x!pos>
}

// -----

!ph = !spike.phase<base = 1.15, phases = 40, scale = 2.0>

// CHECK-LABEL: @conv
// CHECK: spike.phase_conv %{{.*}} {bias = dense<1.000000e+00> : tensor<2xf32>, dilations = array<i64: 1, 1>, group = 1 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, weight = dense<1> : tensor<2x1x2x2xi8>, weight_scale = dense<5.000000e-01> : tensor<1xf32>}
func.func @conv(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x3x3xf32> {
  %w = onnx.constant dense<1> : tensor<2x1x2x2xi8>
  %s = onnx.constant dense<0.5> : tensor<2xf32>
  %b = onnx.constant dense<1.0> : tensor<2xf32>
  %0 = spike.quantize %x "x" kind activation : tensor<1x1x4x4xf32> -> tensor<1x1x4x4x!ph>
  %1 = spike.dequantize %0 : tensor<1x1x4x4x!ph> -> tensor<1x1x4x4xf32>
  %2 = onnx.dequantize_linear %w, %s {axis = 0 : i64} : (tensor<2x1x2x2xi8>, tensor<2xf32>) -> tensor<2x1x2x2xf32>
  %3 = onnx.conv %1, %2, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : (tensor<1x1x4x4xf32>, tensor<2x1x2x2xf32>, tensor<2xf32>) -> tensor<1x2x3x3xf32>
  return %3 : tensor<1x2x3x3xf32>
}

// -----

!ph = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
!pp = !spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>

// The factor goes into the trace product, the softmax between encoded scores and
// probabilities is woss with its masks, and Z divides the product with the values.
// CHECK-LABEL: @attention
// CHECK: %[[Q:.*]] = spike.quantize %arg0 "q"
// CHECK: %[[K:.*]] = spike.quantize %arg1 "k"
// CHECK: %[[S:.*]] = spike.phase_matmul %[[Q]], %[[K]] {factor = 5.000000e-01 : f64, transposed}
// CHECK: %[[C:.*]] = spike.quantize %[[S]] "s" kind score
// CHECK: %[[P:.*]], %[[Z:.*]] = spike.woss %[[C]] multiplicative(%arg4 : tensor<1x1x1x3xf32>) additive(%arg3 : tensor<1x1x1x3xf32>) "p" kind probability
// CHECK: %[[V:.*]] = spike.quantize %arg2 "v"
// CHECK: spike.phase_matmul %[[P]], %[[V]] divisor(%[[Z]] : tensor<1x2x3x1xf32>)
// CHECK-NOT: onnx.softmax
// BUG-LABEL: @attention
// BUG: spike.phase_matmul {{.*}}sign_bug
// BUG-NOT: sign_bug
func.func @attention(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %mask: tensor<1x1x1x3xf32>, %keep: tensor<1x1x1x3xf32>) -> tensor<1x2x3x4xf32> {
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = spike.quantize %q "q" kind query : tensor<1x2x3x4xf32> -> tensor<1x2x3x4x!ph>
  %1 = spike.dequantize %0 : tensor<1x2x3x4x!ph> -> tensor<1x2x3x4xf32>
  %2 = spike.quantize %k "k" kind key : tensor<1x2x3x4xf32> -> tensor<1x2x3x4x!ph>
  %3 = spike.dequantize %2 : tensor<1x2x3x4x!ph> -> tensor<1x2x3x4xf32>
  %4 = onnx.transpose %3 [0, 1, 3, 2] : (tensor<1x2x3x4xf32>) -> tensor<1x2x4x3xf32>
  %5 = onnx.matmul %1, %4 : (tensor<1x2x3x4xf32>, tensor<1x2x4x3xf32>) -> tensor<1x2x3x3xf32>
  %6 = onnx.mul %5, %half : (tensor<1x2x3x3xf32>, tensor<f32>) -> tensor<1x2x3x3xf32>
  %7 = spike.quantize %6 "s" kind score : tensor<1x2x3x3xf32> -> tensor<1x2x3x3x!ph>
  %8 = spike.dequantize %7 : tensor<1x2x3x3x!ph> -> tensor<1x2x3x3xf32>
  %9 = onnx.mul %8, %keep : (tensor<1x2x3x3xf32>, tensor<1x1x1x3xf32>) -> tensor<1x2x3x3xf32>
  %10 = onnx.add %mask, %9 : (tensor<1x1x1x3xf32>, tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %11 = onnx.softmax %10 {axis = -1 : i64} : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %12 = spike.quantize %11 "p" kind probability : tensor<1x2x3x3xf32> -> tensor<1x2x3x3x!pp>
  %13 = spike.dequantize %12 : tensor<1x2x3x3x!pp> -> tensor<1x2x3x3xf32>
  %14 = spike.quantize %v "v" kind value : tensor<1x2x3x4xf32> -> tensor<1x2x3x4x!ph>
  %15 = spike.dequantize %14 : tensor<1x2x3x4x!ph> -> tensor<1x2x3x4xf32>
  %16 = onnx.matmul %13, %15 : (tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return %16 : tensor<1x2x3x4xf32>
}

// -----

!ph = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
!pp = !spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>

// A mask of another shape than the product's: train and sum are reshaped.
// CHECK-LABEL: @windows
// CHECK: %[[P:.*]], %[[Z:.*]] = spike.woss %{{.*}} additive(%{{.*}} : tensor<1x2x1x3x3xf32>) "p" kind probability : tensor<1x2x1x3x3x!spike.phase<{{.*}}>> -> tensor<1x2x1x3x3x!spike.phase<{{.*}}>>, tensor<1x2x1x3x1xf32>
// CHECK: %[[P2:.*]] = onnx.reshape %[[P]] [2, 1, 3, 3]
// CHECK: %[[Z2:.*]] = onnx.reshape %[[Z]] [2, 1, 3, 1]
// CHECK: spike.phase_matmul %[[P2]], %{{.*}} divisor(%[[Z2]] : tensor<2x1x3x1xf32>)
func.func @windows(%s: tensor<2x1x3x3xf32>, %v: tensor<2x1x3x4x!ph>, %mask: tensor<1x2x1x3x3xf32>) -> tensor<2x1x3x4xf32> {
  %0 = spike.quantize %s "s" kind score : tensor<2x1x3x3xf32> -> tensor<2x1x3x3x!ph>
  %1 = spike.dequantize %0 : tensor<2x1x3x3x!ph> -> tensor<2x1x3x3xf32>
  %2 = onnx.reshape %1 [1, 2, 1, 3, 3] : (tensor<2x1x3x3xf32>) -> tensor<1x2x1x3x3xf32>
  %3 = onnx.add %2, %mask : (tensor<1x2x1x3x3xf32>, tensor<1x2x1x3x3xf32>) -> tensor<1x2x1x3x3xf32>
  %4 = onnx.reshape %3 [2, 1, 3, 3] : (tensor<1x2x1x3x3xf32>) -> tensor<2x1x3x3xf32>
  %5 = onnx.softmax %4 {axis = -1 : i64} : (tensor<2x1x3x3xf32>) -> tensor<2x1x3x3xf32>
  %6 = spike.quantize %5 "p" kind probability : tensor<2x1x3x3xf32> -> tensor<2x1x3x3x!pp>
  %7 = spike.dequantize %6 : tensor<2x1x3x3x!pp> -> tensor<2x1x3x3xf32>
  %8 = spike.dequantize %v : tensor<2x1x3x4x!ph> -> tensor<2x1x3x4xf32>
  %9 = onnx.matmul %7, %8 : (tensor<2x1x3x3xf32>, tensor<2x1x3x4xf32>) -> tensor<2x1x3x4xf32>
  return %9 : tensor<2x1x3x4xf32>
}
