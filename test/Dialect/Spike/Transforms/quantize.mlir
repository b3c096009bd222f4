// RUN: snn-opt %s --split-input-file --spike-quantize --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-quantize=weight-bits=1 --mlir-print-local-scope | FileCheck %s --check-prefix=BIT

// Eight bits, one scale per output channel: 127 steps up to the largest weight,
// where that has no error. One bit: sign(w - mean w) * mean |w| per channel; the
// columns [127, -127], [1, 0], [0.5, 0.5] have the means 0, 0.5, 0.5; a weight that
// is its channel's mean is 0.
// CHECK-LABEL: @linear
// CHECK-DAG: %[[Q:.*]] = onnx.constant dense<{{\[\[}}127, 127, 127], [-127, 0, 127]]> : tensor<2x3xi8>
// CHECK-DAG: %[[S:.*]] = onnx.constant dense<[1.000000e+00, 0.00787401571, 0.00393700786]> : tensor<3xf32>
// CHECK-DAG: %[[W:.*]] = onnx.dequantize_linear %[[Q]], %[[S]] : (tensor<2x3xi8>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK-DAG: %[[L:.*]] = spike.quantize %{{.*}} "x" kind activation : tensor<?x2xf32> -> tensor<?x2x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>
// CHECK-DAG: %[[X:.*]] = spike.dequantize %[[L]]
// CHECK: onnx.matmul %[[X]], %[[W]] {spike.mean = dense<1.0{{.*}}> : tensor<3xf32>}
// BIT-LABEL: @linear
// BIT-DAG: onnx.constant dense<{{\[\[}}1, 1, 0], [-1, -1, 0]]> : tensor<2x3xi8>
// BIT-DAG: onnx.constant dense<[1.270000e+02, 5.000000e-01, 5.000000e-01]> : tensor<3xf32>
func.func @linear(%x: tensor<?x2xf32>) -> tensor<?x3xf32> {
  %w = onnx.constant dense<[[127.0, 1.0, 0.5], [-127.0, 0.0, 0.5]]> : tensor<2x3xf32>
  %0 = spike.site %x "x" kind activation {bits = 4 : i64, zero = 8 : i64, scale = 0.25 : f32} : tensor<?x2xf32>
  %1 = onnx.matmul %0, %w {spike.mean = dense<1.0> : tensor<3xf32>} : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
  return %1 : tensor<?x3xf32>
}

// -----

// The channel is axis 1 of a Gemm's weight, 0 of a transposed one's and of a
// convolution's. A channel of zeros has the scale 1.
// CHECK-LABEL: @axes
// CHECK-DAG: onnx.dequantize_linear %{{.*}}, %{{.*}} : (tensor<2x3xi8>, tensor<3xf32>)
// CHECK-DAG: onnx.dequantize_linear %{{.*}}, %{{.*}} {axis = 0 : i64} : (tensor<3x2xi8>, tensor<3xf32>)
// CHECK-DAG: onnx.dequantize_linear %{{.*}}, %{{.*}} {axis = 0 : i64} : (tensor<1x1x1xi8>, tensor<1xf32>)
// CHECK-DAG: onnx.constant dense<0> : tensor<3x2xi8>
// CHECK-DAG: onnx.constant dense<1.000000e+00> : tensor<3xf32>
func.func @axes(%x: tensor<?x2xf32>, %i: tensor<?x1x4xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x1x4xf32>) {
  %w = onnx.constant dense<127.0> : tensor<2x3xf32>
  %t = onnx.constant dense<0.0> : tensor<3x2xf32>
  %c = onnx.constant dense<127.0> : tensor<1x1x1xf32>
  %0 = spike.site %x "x" kind activation {bits = 4 : i64, zero = 8 : i64, scale = 0.25 : f32} : tensor<?x2xf32>
  %1 = onnx.gemm %0, %w : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
  %2 = onnx.gemm %0, %t {transB = true} : (tensor<?x2xf32>, tensor<3x2xf32>) -> tensor<?x3xf32>
  %3 = spike.site %i "i" kind activation {bits = 4 : i64, zero = 8 : i64, scale = 0.25 : f32} : tensor<?x1x4xf32>
  %4 = onnx.conv %3, %c {dilations = array<i64: 1>, pads = array<i64: 0, 0>, strides = array<i64: 1>} : (tensor<?x1x4xf32>, tensor<1x1x1xf32>) -> tensor<?x1x4xf32>
  return %1, %2, %4 : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x1x4xf32>
}

// -----

// A product that stays in float keeps its weights; validity, axes and kind move
// to the quantiser; weights that are quantised stay as they are.
// CHECK-LABEL: @unchanged
// CHECK-DAG: %[[F:.*]] = onnx.constant dense<5.000000e-01> : tensor<2x2xf32>
// CHECK-DAG: onnx.matmul %{{.*}}, %[[F]]
// CHECK-DAG: spike.quantize %{{.*}} "k" kind key valid(%{{.*}} : tensor<?x2xi1>) {token_axes = array<i64: 1>} {{.*}}bits = 1, zero = 0, mask = 0, scale = 0.5>>
// CHECK-DAG: %[[Q:.*]] = onnx.constant dense<3> : tensor<2x2xi8>
// CHECK-DAG: onnx.dequantize_linear %[[Q]], %{{.*}} : (tensor<2x2xi8>, tensor<f32>)
// CHECK-NOT: spike.site
func.func @unchanged(%x: tensor<?x2xf32>, %valid: tensor<?x2xi1>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = onnx.constant dense<0.5> : tensor<2x2xf32>
  %q = onnx.constant dense<3> : tensor<2x2xi8>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %d = onnx.dequantize_linear %q, %s : (tensor<2x2xi8>, tensor<f32>) -> tensor<2x2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = spike.site %0 "k" kind key valid(%valid : tensor<?x2xi1>) {bits = 1 : i64, zero = 0 : i64, scale = 0.5 : f32, token_axes = array<i64: 1>} : tensor<?x2xf32>
  %2 = onnx.matmul %1, %d : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %0, %2 : tensor<?x2xf32>, tensor<?x2xf32>
}
