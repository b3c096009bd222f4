// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=4x2=-2,1,0.5,-0.25,0.75,0.25,-1,1.75
// RUN: snn-opt %s --split-input-file --spike-calibrate="inputs=%t.npz range=max act-bits=3 kv-bits=4" --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-calibrate="inputs=%t.npz range=max act-bits=4 kv-bits=1" --mlir-print-local-scope | FileCheck %s --check-prefix=BINARY
// RUN: snn-opt %s --split-input-file --spike-calibrate="inputs=%t.npz range=percentile percentile=50 act-bits=4 kv-bits=4" --mlir-print-local-scope | FileCheck %s --check-prefix=PERCENTILE
// RUN: snn-opt %s --split-input-file --spike-calibrate="inputs=%t.npz act-bits=4 kv-bits=4" --mlir-print-local-scope | FileCheck %s --check-prefix=MSE
// RUN: snn-opt %s --split-input-file --spike-calibrate="inputs=random:3 kv-bits=8" --mlir-print-local-scope | FileCheck %s --check-prefix=RANDOM
// RUN: snn-opt %s --split-input-file --spike-calibrate="inputs=random:3 kv-bits=8" --mlir-print-local-scope -o %t.1
// RUN: snn-opt %s --split-input-file --spike-calibrate="inputs=random:3 kv-bits=8" --mlir-print-local-scope -o %t.2
// RUN: diff %t.1 %t.2

// -2 .. 1.75 with the zero point in the middle: the larger of 1.75 / 7 and 2 / 8 with
// four bits, of 1.75 / 3 and 2 / 4 with three; 1.75 / 7 without a sign. A site that
// is 0 has the step 1.
// The 50th percentile of the magnitudes 0.25 0.25 0.5 0.75 1 1 1.75 2 has rank 4:
// 1, in steps of 1 / 7.
// The least squared error is 0: all values are multiples of 0.25.
// CHECK-NOT: spike.random_calibration
// CHECK-LABEL: @sites
// CHECK: spike.site %{{.*}} "x" kind activation {bits = 3 : i64, scale = 0.583333313 : f32, zero = 4 : i64}
// CHECK: spike.site %{{.*}} "k" kind key {bits = 4 : i64, scale = 2.500000e-01 : f32, zero = 8 : i64}
// CHECK: spike.site %{{.*}} "r" kind activation {bits = 3 : i64, scale = 2.500000e-01 : f32, zero = 0 : i64}
// CHECK: spike.site %{{.*}} "z" kind query {bits = 3 : i64, scale = 1.000000e+00 : f32, zero = 0 : i64}
// The mean magnitude of x is 0.9375.
// BINARY-LABEL: @sites
// BINARY: "x" kind activation {bits = 4 : i64, scale = 2.500000e-01
// BINARY: "k" kind key {bits = 1 : i64, scale = 9.375000e-01
// PERCENTILE-LABEL: @sites
// PERCENTILE: "x" kind activation {bits = 4 : i64, scale = 0.142857149 : f32, zero = 8 : i64}
// PERCENTILE: "k" kind key {bits = 4 : i64, scale = 0.142857149 : f32, zero = 8 : i64}
// MSE-LABEL: @sites
// MSE: "x" kind activation {bits = 4 : i64, scale = 2.500000e-01 : f32, zero = 8 : i64}
// RANDOM: module attributes {spike.random_calibration,
// RANDOM-LABEL: @sites
// RANDOM: "x" kind activation {bits = 8 : i64, scale = {{.*}} : f32, zero = {{[0-9]+}} : i64}
// RANDOM: "k" kind key {bits = 8 : i64, scale = {{.*}} : f32, zero = 128 : i64}
// RANDOM: "r" kind activation {bits = 8 : i64, scale = {{.*}} : f32, zero = 0 : i64}
func.func @sites(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %0 = spike.site %x "x" kind activation : tensor<?x2xf32>
  %1 = spike.site %x "k" kind key : tensor<?x2xf32>
  %2 = onnx.relu %x : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %3 = spike.site %2 "r" kind activation : tensor<?x2xf32>
  %4 = onnx.sub %x, %x : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %5 = spike.site %4 "z" kind query : tensor<?x2xf32>
  return %0, %1, %3, %5 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// The mean of a product's output over the samples, without its bias: the columns
// of %x have the means -0.4375 and 0.6875. Four rows are too few for deviations.
// CHECK-LABEL: @mean
// CHECK: onnx.matmul %{{.*}} {spike.deviation = dense<0.000000e+00> : tensor<3xf32>, spike.mean = dense<[-4.375000e-01, 6.875000e-01, 2.500000e-01]> : tensor<3xf32>}
// CHECK: onnx.gemm %{{.*}} {spike.deviation = dense<0.000000e+00> : tensor<3xf32>, spike.mean = dense<[-4.375000e-01, 6.875000e-01, 2.500000e-01]> : tensor<3xf32>}
// CHECK: onnx.matmul %{{.*}}, %{{.*}} : (
func.func @mean(%x: tensor<?x2xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>) {
  %w = onnx.constant dense<[[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]> : tensor<2x3xf32>
  %b = onnx.constant dense<[10.0, 20.0, 30.0]> : tensor<3xf32>
  %0 = spike.site %x "x" kind activation : tensor<?x2xf32>
  %1 = onnx.matmul %0, %w : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
  %2 = onnx.gemm %0, %w, %b : (tensor<?x2xf32>, tensor<2x3xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  %3 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
  return %1, %2, %3 : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>
}

// -----

// Removed tokens do not count: only 1, -0.25, 0.25 and 1.75 are left: 1.75 / 3.
// CHECK-LABEL: @validity
// CHECK: spike.site {{.*}} "x" kind activation valid{{.*}} {bits = 3 : i64, scale = 0.583333313 : f32, token_axes = array<i64: 1>, zero = 4 : i64}
func.func @validity(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %m = onnx.constant dense<[[[[-10000.0, 0.0]]]]> : tensor<1x1x1x2xf32>
  %0 = spike.token_mask %m : tensor<1x1x1x2xf32> -> tensor<1x2xi1>
  %1 = spike.site %x "x" kind activation valid(%0 : tensor<1x2xi1>) {token_axes = array<i64: 1>} : tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// Nothing to calibrate.
// CHECK-LABEL: @float
// CHECK-NEXT: return
func.func @float(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  return %x : tensor<?x2xf32>
}
