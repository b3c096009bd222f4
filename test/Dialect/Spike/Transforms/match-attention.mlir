// RUN: snn-opt %s --split-input-file --spike-match-attention --canonicalize --cse --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-match-attention=experimental=true --canonicalize --mlir-print-local-scope | FileCheck %s --check-prefix=EXPERIMENTAL

!bin = !spike.binary<steps = 2>

// Q (K^T V) with a scale, moved before it fires: the neurons fire before the move.
// CHECK-LABEL: @matrix
// CHECK-SAME: (%[[Q:.*]]: tensor<2x1x4x3x8{{.*}}, %[[K:.*]]: tensor<2x1x3x4x8{{.*}}, %[[V:[^:]*]]: tensor
// CHECK: %[[T:.*]] = onnx.transpose %[[K]] [0, 1, 3, 2, 4]
// CHECK: %[[A:.*]] = spike.sdsa %[[Q]], %[[T]], %[[V]] "lif" {decay_input, scale = 1.250000e-01 : f64, tau = 2.000000e+00 : f64, threshold = 5.000000e-01 : f64, variant = 3 : i64
// CHECK: %[[M:.*]] = onnx.transpose %[[A]] [0, 1, 2, 4, 3]
// CHECK: %[[R:.*]] = onnx.reshape %[[M]] [2, 1, 32, 3]
// CHECK: return %[[R]]
func.func @matrix(%q: tensor<2x1x4x3x8x!bin>, %k: tensor<2x1x3x4x8x!bin>, %v: tensor<2x1x4x3x8x!bin>) -> tensor<2x1x32x3x!bin> {
  %c = onnx.constant dense<0.125> : tensor<f32>
  %0 = spike.dequantize %q : tensor<2x1x4x3x8x!bin> -> tensor<2x1x4x3x8xf32>
  %1 = spike.dequantize %k : tensor<2x1x3x4x8x!bin> -> tensor<2x1x3x4x8xf32>
  %2 = spike.dequantize %v : tensor<2x1x4x3x8x!bin> -> tensor<2x1x4x3x8xf32>
  %3 = onnx.transpose %1 [0, 1, 3, 4, 2] : (tensor<2x1x3x4x8xf32>) -> tensor<2x1x4x8x3xf32>
  %4 = onnx.matmul %3, %2 : (tensor<2x1x4x8x3xf32>, tensor<2x1x4x3x8xf32>) -> tensor<2x1x4x8x8xf32>
  %5 = onnx.matmul %0, %4 : (tensor<2x1x4x3x8xf32>, tensor<2x1x4x8x8xf32>) -> tensor<2x1x4x3x8xf32>
  %6 = onnx.mul %5, %c : (tensor<2x1x4x3x8xf32>, tensor<f32>) -> tensor<2x1x4x3x8xf32>
  %7 = onnx.transpose %6 [0, 1, 2, 4, 3] : (tensor<2x1x4x3x8xf32>) -> tensor<2x1x4x8x3xf32>
  %8 = onnx.reshape %7 [2, 1, 32, 3] : (tensor<2x1x4x8x3xf32>) -> tensor<2x1x32x3xf32>
  %9 = spike.lif %8 "lif" {tau = 2.0 : f64, threshold = 0.5 : f64, decay_input} : tensor<2x1x32x3xf32> -> tensor<2x1x32x3x!bin>
  return %9 : tensor<2x1x32x3x!bin>
}

// -----

!bin = !spike.binary<steps = 2>

// ((Q K^T) o mask) V with the scale divided in two powers of two.
// CHECK-LABEL: @masked
// CHECK: spike.sdsa %{{.*}} "lif" {mask = dense<{{\[\[}}1, 0], [1, 1]]> : tensor<2x2xui8>, scale = 1.250000e-01 : f64
func.func @masked(%q: tensor<2x1x4x2x8x!bin>, %k: tensor<2x1x4x8x2x!bin>, %v: tensor<2x1x4x2x8x!bin>) -> tensor<2x1x4x2x8x!bin> {
  %mask = onnx.constant dense<[[1.0, 0.0], [1.0, 1.0]]> : tensor<2x2xf32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %four = onnx.constant dense<4.0> : tensor<f32>
  %0 = spike.dequantize %q : tensor<2x1x4x2x8x!bin> -> tensor<2x1x4x2x8xf32>
  %1 = spike.dequantize %k : tensor<2x1x4x8x2x!bin> -> tensor<2x1x4x8x2xf32>
  %2 = spike.dequantize %v : tensor<2x1x4x2x8x!bin> -> tensor<2x1x4x2x8xf32>
  %3 = onnx.mul %0, %half : (tensor<2x1x4x2x8xf32>, tensor<f32>) -> tensor<2x1x4x2x8xf32>
  %4 = onnx.matmul %3, %1 : (tensor<2x1x4x2x8xf32>, tensor<2x1x4x8x2xf32>) -> tensor<2x1x4x2x2xf32>
  %5 = onnx.mul %4, %mask : (tensor<2x1x4x2x2xf32>, tensor<2x2xf32>) -> tensor<2x1x4x2x2xf32>
  %6 = onnx.matmul %5, %2 : (tensor<2x1x4x2x2xf32>, tensor<2x1x4x2x8xf32>) -> tensor<2x1x4x2x8xf32>
  %7 = onnx.div %6, %four : (tensor<2x1x4x2x8xf32>, tensor<f32>) -> tensor<2x1x4x2x8xf32>
  %8 = spike.lif %7 "lif" {tau = 2.0 : f64, threshold = 0.5 : f64} : tensor<2x1x4x2x8xf32> -> tensor<2x1x4x2x8x!bin>
  return %8 : tensor<2x1x4x2x8x!bin>
}

// -----

!bin = !spike.binary<steps = 2>

// Column sums of K o V mask Q.
// CHECK-LABEL: @columns
// CHECK: %[[A:.*]] = spike.sdsa %arg0, %arg1, %arg2 "lif" {{.*}}scale = 1.000000e+00 : f64{{.*}}variant = 1 : i64
// CHECK: spike.dequantize %[[A]]
func.func @columns(%q: tensor<2x1x4x3x8x!bin>, %k: tensor<2x1x4x3x8x!bin>, %v: tensor<2x1x4x3x8x!bin>) -> tensor<2x1x4x3x8xf32> {
  %0 = spike.dequantize %q : tensor<2x1x4x3x8x!bin> -> tensor<2x1x4x3x8xf32>
  %1 = spike.dequantize %k : tensor<2x1x4x3x8x!bin> -> tensor<2x1x4x3x8xf32>
  %2 = spike.dequantize %v : tensor<2x1x4x3x8x!bin> -> tensor<2x1x4x3x8xf32>
  %3 = onnx.mul %1, %2 : (tensor<2x1x4x3x8xf32>, tensor<2x1x4x3x8xf32>) -> tensor<2x1x4x3x8xf32>
  %4 = onnx.reduce_sum %3 {axes = array<i64: -2>, keepdims = true} : (tensor<2x1x4x3x8xf32>) -> tensor<2x1x4x1x8xf32>
  %5 = spike.lif %4 "lif" {tau = 2.0 : f64, threshold = 0.5 : f64, decay_input} : tensor<2x1x4x1x8xf32> -> tensor<2x1x4x1x8x!bin>
  %6 = spike.dequantize %5 : tensor<2x1x4x1x8x!bin> -> tensor<2x1x4x1x8xf32>
  %7 = onnx.mul %0, %6 : (tensor<2x1x4x3x8xf32>, tensor<2x1x4x1x8xf32>) -> tensor<2x1x4x3x8xf32>
  return %7 : tensor<2x1x4x3x8xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// SDSA-2 and SDSA-4 are for those who ask.
// CHECK-LABEL: @reconstructed
// CHECK-NOT: spike.sdsa
// CHECK: onnx.matmul
// EXPERIMENTAL-LABEL: @reconstructed
// EXPERIMENTAL: spike.sdsa %arg0, %arg0, %arg2 "lif2" {{.*}}variant = 2 : i64
// EXPERIMENTAL: spike.sdsa {{.*}} "lif4" {{.*}}threshold = 2.500000e-01 : f64, variant = 4 : i64
func.func @reconstructed(%q: tensor<2x1x4x3x8x!bin>, %k: tensor<2x1x4x8x3x!bin>, %v: tensor<2x1x4x3x8x!bin>) -> (tensor<2x1x4x3x8xf32>, tensor<2x1x4x3x8x!bin>) {
  %0 = spike.dequantize %q : tensor<2x1x4x3x8x!bin> -> tensor<2x1x4x3x8xf32>
  %1 = spike.dequantize %k : tensor<2x1x4x8x3x!bin> -> tensor<2x1x4x8x3xf32>
  %2 = spike.dequantize %v : tensor<2x1x4x3x8x!bin> -> tensor<2x1x4x3x8xf32>
  %3 = onnx.reduce_sum %0 {axes = array<i64: 3>, keepdims = true} : (tensor<2x1x4x3x8xf32>) -> tensor<2x1x4x1x8xf32>
  %4 = spike.lif %3 "lif2" {tau = 2.0 : f64, threshold = 0.5 : f64, decay_input} : tensor<2x1x4x1x8xf32> -> tensor<2x1x4x1x8x!bin>
  %5 = spike.dequantize %4 : tensor<2x1x4x1x8x!bin> -> tensor<2x1x4x1x8xf32>
  %6 = onnx.mul %5, %2 : (tensor<2x1x4x1x8xf32>, tensor<2x1x4x3x8xf32>) -> tensor<2x1x4x3x8xf32>
  %7 = onnx.matmul %1, %2 : (tensor<2x1x4x8x3xf32>, tensor<2x1x4x3x8xf32>) -> tensor<2x1x4x8x8xf32>
  %8 = onnx.matmul %0, %7 : (tensor<2x1x4x3x8xf32>, tensor<2x1x4x8x8xf32>) -> tensor<2x1x4x3x8xf32>
  %9 = spike.lif %8 "lif4" {tau = 2.0 : f64, threshold = 0.25 : f64, decay_input} : tensor<2x1x4x3x8xf32> -> tensor<2x1x4x3x8x!bin>
  return %6, %9 : tensor<2x1x4x3x8xf32>, tensor<2x1x4x3x8x!bin>
}

// -----

!bin = !spike.binary<steps = 2>

// Heads that run over time, and a factor that would round integers: no attention.
// CHECK-LABEL: @others
// CHECK-NOT: spike.sdsa
// CHECK: return
func.func @others(%q: tensor<2x1x4x3x8x!bin>, %k: tensor<2x1x4x8x3x!bin>, %v: tensor<2x1x4x3x8x!bin>) -> (tensor<2x1x4x3x8x!bin>, tensor<2x1x4x3x8x!bin>) {
  %third = onnx.constant dense<0.3> : tensor<f32>
  %0 = spike.dequantize %q : tensor<2x1x4x3x8x!bin> -> tensor<2x1x4x3x8xf32>
  %1 = spike.dequantize %k : tensor<2x1x4x8x3x!bin> -> tensor<2x1x4x8x3xf32>
  %2 = spike.dequantize %v : tensor<2x1x4x3x8x!bin> -> tensor<2x1x4x3x8xf32>
  %3 = onnx.matmul %1, %2 : (tensor<2x1x4x8x3xf32>, tensor<2x1x4x3x8xf32>) -> tensor<2x1x4x8x8xf32>
  %4 = onnx.mul %3, %third : (tensor<2x1x4x8x8xf32>, tensor<f32>) -> tensor<2x1x4x8x8xf32>
  %5 = onnx.matmul %0, %4 : (tensor<2x1x4x3x8xf32>, tensor<2x1x4x8x8xf32>) -> tensor<2x1x4x3x8xf32>
  %6 = spike.lif %5 "a" {tau = 2.0 : f64, threshold = 0.5 : f64, decay_input} : tensor<2x1x4x3x8xf32> -> tensor<2x1x4x3x8x!bin>
  %7 = onnx.transpose %0 [1, 0, 2, 3, 4] : (tensor<2x1x4x3x8xf32>) -> tensor<1x2x4x3x8xf32>
  %8 = onnx.transpose %3 [1, 0, 2, 3, 4] : (tensor<2x1x4x8x8xf32>) -> tensor<1x2x4x8x8xf32>
  %9 = onnx.matmul %7, %8 : (tensor<1x2x4x3x8xf32>, tensor<1x2x4x8x8xf32>) -> tensor<1x2x4x3x8xf32>
  %10 = onnx.transpose %9 [1, 0, 2, 3, 4] : (tensor<1x2x4x3x8xf32>) -> tensor<2x1x4x3x8xf32>
  %11 = spike.lif %10 "b" {tau = 2.0 : f64, threshold = 0.5 : f64, decay_input} : tensor<2x1x4x3x8xf32> -> tensor<2x1x4x3x8x!bin>
  return %6, %11 : tensor<2x1x4x3x8x!bin>, tensor<2x1x4x3x8x!bin>
}

// -----

!count = !spike.count<max = 4, steps = 1>

// Integer neurons: counts worth a quarter, values of another width, a factor of its own for
// each token, which takes up the quarters and the scale.
// CHECK-LABEL: @counts
// CHECK: spike.sdsa %arg0, %{{.*}}, %arg2 "lif" {decay_input, levels = array<f32: 1.500000e+00>, mask = dense<{{\[\[}}1, 0], [1, 1]]> : tensor<2x2xui8>, scale = 1.000000e+00 : f64, scales = dense<{{\[\[\[}}1.562500e-02], [7.812500e-03]]]> : tensor<1x2x1xf32>, {{.*}}variant = 3 : i64} : (tensor<1x4x2x8x!spike.count<max = 4, steps = 1>>, tensor<1x4x2x8x!spike.count<max = 4, steps = 1>>, tensor<1x4x2x16x!spike.count<max = 4, steps = 1>>) -> tensor<1x4x2x16x!spike.count<max = 2, steps = 1>>
func.func @counts(%q: tensor<1x4x2x8x!count>, %k: tensor<1x4x8x2x!count>, %v: tensor<1x4x2x16x!count>) -> tensor<1x4x2x16x!spike.count<max = 2, steps = 1>> {
  %mask = onnx.constant dense<[[1.0, 0.0], [1.0, 1.0]]> : tensor<2x2xf32>
  %rows = onnx.constant dense<[[0.5], [0.25]]> : tensor<2x1xf32>
  %four = onnx.constant dense<4.0> : tensor<f32>
  %two = onnx.constant dense<2.0> : tensor<f32>
  %0 = spike.dequantize %q {unit = 0.25 : f32} : tensor<1x4x2x8x!count> -> tensor<1x4x2x8xf32>
  %1 = spike.dequantize %k : tensor<1x4x8x2x!count> -> tensor<1x4x8x2xf32>
  %2 = onnx.div %1, %four : (tensor<1x4x8x2xf32>, tensor<f32>) -> tensor<1x4x8x2xf32>
  %3 = spike.dequantize %v {unit = 0.25 : f32} : tensor<1x4x2x16x!count> -> tensor<1x4x2x16xf32>
  %4 = onnx.matmul %0, %2 : (tensor<1x4x2x8xf32>, tensor<1x4x8x2xf32>) -> tensor<1x4x2x2xf32>
  %5 = onnx.mul %4, %mask : (tensor<1x4x2x2xf32>, tensor<2x2xf32>) -> tensor<1x4x2x2xf32>
  %6 = onnx.matmul %5, %3 : (tensor<1x4x2x2xf32>, tensor<1x4x2x16xf32>) -> tensor<1x4x2x16xf32>
  %7 = onnx.mul %6, %rows : (tensor<1x4x2x16xf32>, tensor<2x1xf32>) -> tensor<1x4x2x16xf32>
  %8 = onnx.mul %7, %two : (tensor<1x4x2x16xf32>, tensor<f32>) -> tensor<1x4x2x16xf32>
  %9 = spike.lif %8 "lif" {tau = 1.0 : f64, threshold = 0.5 : f64, levels = array<f32: 1.5>, decay_input} : tensor<1x4x2x16xf32> -> tensor<1x4x2x16x!spike.count<max = 2, steps = 1>>
  return %9 : tensor<1x4x2x16x!spike.count<max = 2, steps = 1>>
}

// -----

!count = !spike.count<max = 255, steps = 1>

// Sums that float32 does not hold stay a product of floats.
// CHECK-LABEL: @large
// CHECK-NOT: spike.sdsa
// CHECK: onnx.matmul
func.func @large(%q: tensor<1x4x2x8x!count>, %k: tensor<1x4x8x2x!count>, %v: tensor<1x4x2x8x!count>) -> tensor<1x4x2x8x!spike.binary<steps = 1>> {
  %0 = spike.dequantize %q : tensor<1x4x2x8x!count> -> tensor<1x4x2x8xf32>
  %1 = spike.dequantize %k : tensor<1x4x8x2x!count> -> tensor<1x4x8x2xf32>
  %2 = spike.dequantize %v : tensor<1x4x2x8x!count> -> tensor<1x4x2x8xf32>
  %3 = onnx.matmul %0, %1 : (tensor<1x4x2x8xf32>, tensor<1x4x8x2xf32>) -> tensor<1x4x2x2xf32>
  %4 = onnx.matmul %3, %2 : (tensor<1x4x2x2xf32>, tensor<1x4x2x8xf32>) -> tensor<1x4x2x8xf32>
  %5 = spike.lif %4 "lif" {tau = 1.0 : f64, threshold = 0.5 : f64, decay_input} : tensor<1x4x2x8xf32> -> tensor<1x4x2x8x!spike.binary<steps = 1>>
  return %5 : tensor<1x4x2x8x!spike.binary<steps = 1>>
}
