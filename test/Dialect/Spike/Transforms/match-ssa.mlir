// RUN: snn-opt %s --mlir-print-local-scope --spike-match-ssa --canonicalize | FileCheck %s
// RUN: snn-opt %s --mlir-print-local-scope --spike-match-ssa="rng=lfsr32 pow2 reuse=row" --canonicalize | FileCheck %s --check-prefix=HW

!t = tensor<4x?x2x3x16x!spike.binary<steps = 4>>
!f = tensor<4x?x2x3x16xf32>
!w = tensor<4x?x2x3x3xf32>
!b = tensor<4x?x2x3x3x!spike.binary<steps = 4>>

// CHECK-LABEL: @causal
// CHECK-NEXT: %[[A:.*]] = spike.ssa %arg0, %arg1, %arg2 "a" {layer_id = 2 : i64, mask = dense<{{.*}}1, 0, 0{{.*}}1, 1, 0{{.*}}1, 1, 1{{.*}}> : tensor<3x3xui8>, norm_d = 16 : i64, norm_n = 3 : i64, seed = 0 : i64} : tensor<4x?x2x3x16x!spike.binary<steps = 4>>
// CHECK-NEXT: return %[[A]]
// HW-LABEL: @causal
// HW: spike.ssa %arg0, %arg1, %arg2 "a" {generator = #spike<generator lfsr32>, layer_id = 2 : i64, mask = dense<{{.*}}1, 0, 0{{.*}}1, 1, 0{{.*}}1, 1, 1{{.*}}> : tensor<3x3xui8>, norm_d = 16 : i64, norm_n = 3 : i64, pow2, reuse_row, seed = 0 : i64}
func.func @causal(%q: !t, %k: !t, %v: !t) -> !t {
  %d = onnx.constant dense<16.0> : tensor<f32>
  %n = onnx.constant dense<3.0> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %mask = onnx.constant dense<[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]> : tensor<3x3xf32>
  %choice = onnx.constant dense<[[true, false, false], [true, true, false], [true, true, true]]> : tensor<3x3xi1>
  %qf = spike.dequantize %q : !t -> !f
  %kf = spike.dequantize %k : !t -> !f
  %vf = spike.dequantize %v : !t -> !f
  %kt = onnx.transpose %kf [0, 1, 2, 4, 3] : (!f) -> tensor<4x?x2x16x3xf32>
  %0 = onnx.matmul %qf, %kt : (!f, tensor<4x?x2x16x3xf32>) -> !w
  %1 = onnx.div %0, %d : (!w, tensor<f32>) -> !w
  %2 = spike.bernoulli %1 "s" {seed = 0 : i64, layer_id = 2 : i64, stage = 0 : i64} : !w -> !b
  %3 = spike.dequantize %2 : !b -> !w
  %4 = onnx.mul %3, %mask : (!w, tensor<3x3xf32>) -> !w
  %5 = onnx.matmul %4, %vf : (!w, !f) -> !f
  %6 = onnx.div %5, %n : (!f, tensor<f32>) -> !f
  %7 = spike.bernoulli %6 "a" {seed = 0 : i64, layer_id = 2 : i64, stage = 1 : i64} : !f -> !t
  return %7 : !t
}

// CHECK-LABEL: @where
// CHECK: spike.ssa {{.*}} mask = dense<{{.*}}1, 0, 0{{.*}}1, 1, 0{{.*}}1, 1, 1{{.*}}> : tensor<3x3xui8>
func.func @where(%q: !t, %k: !t, %v: !t) -> !t {
  %d = onnx.constant dense<16.0> : tensor<f32>
  %n = onnx.constant dense<3.0> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %mask = onnx.constant dense<[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]> : tensor<3x3xf32>
  %choice = onnx.constant dense<[[true, false, false], [true, true, false], [true, true, true]]> : tensor<3x3xi1>
  %qf = spike.dequantize %q : !t -> !f
  %kf = spike.dequantize %k : !t -> !f
  %vf = spike.dequantize %v : !t -> !f
  %kt = onnx.transpose %kf [0, 1, 2, 4, 3] : (!f) -> tensor<4x?x2x16x3xf32>
  %0 = onnx.matmul %qf, %kt : (!f, tensor<4x?x2x16x3xf32>) -> !w
  %1 = onnx.div %0, %d : (!w, tensor<f32>) -> !w
  %2 = spike.bernoulli %1 "s" {seed = 0 : i64, layer_id = 2 : i64, stage = 0 : i64} : !w -> !b
  %3 = spike.dequantize %2 : !b -> !w
  %4 = onnx.where %choice, %3, %zero : (tensor<3x3xi1>, !w, tensor<f32>) -> !w
  %5 = onnx.matmul %4, %vf : (!w, !f) -> !f
  %6 = onnx.div %5, %n : (!f, tensor<f32>) -> !f
  %7 = spike.bernoulli %6 "a" {seed = 0 : i64, layer_id = 2 : i64, stage = 1 : i64} : !f -> !t
  return %7 : !t
}

// Probabilities that are 0 never fire.
// CHECK-LABEL: @masked_first
// CHECK: spike.ssa {{.*}} mask = dense<{{.*}}1, 0, 0{{.*}}1, 1, 0{{.*}}1, 1, 1{{.*}}> : tensor<3x3xui8>
func.func @masked_first(%q: !t, %k: !t, %v: !t) -> !t {
  %d = onnx.constant dense<16.0> : tensor<f32>
  %n = onnx.constant dense<3.0> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %mask = onnx.constant dense<[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]> : tensor<3x3xf32>
  %choice = onnx.constant dense<[[true, false, false], [true, true, false], [true, true, true]]> : tensor<3x3xi1>
  %qf = spike.dequantize %q : !t -> !f
  %kf = spike.dequantize %k : !t -> !f
  %vf = spike.dequantize %v : !t -> !f
  %kt = onnx.transpose %kf [0, 1, 2, 4, 3] : (!f) -> tensor<4x?x2x16x3xf32>
  %0 = onnx.matmul %qf, %kt : (!f, tensor<4x?x2x16x3xf32>) -> !w
  %1 = onnx.div %0, %d : (!w, tensor<f32>) -> !w
  %m = onnx.mul %1, %mask : (!w, tensor<3x3xf32>) -> !w
  %2 = spike.bernoulli %m "s" {seed = 0 : i64, layer_id = 2 : i64, stage = 0 : i64} : !w -> !b
  %3 = spike.dequantize %2 : !b -> !w
  %5 = onnx.matmul %3, %vf : (!w, !f) -> !f
  %6 = onnx.div %5, %n : (!f, tensor<f32>) -> !f
  %7 = spike.bernoulli %6 "a" {seed = 0 : i64, layer_id = 2 : i64, stage = 1 : i64} : !f -> !t
  return %7 : !t
}

// Factors instead of divisors, no mask.
// CHECK-LABEL: @factors
// CHECK: spike.ssa %arg0, %arg1, %arg2 "a" {layer_id = 2 : i64, norm_d = 16 : i64, norm_n = 3 : i64, seed = 0 : i64}
func.func @factors(%q: !t, %k: !t, %v: !t) -> !t {
  %d = onnx.constant dense<0.0625> : tensor<f32>
  %n = onnx.constant dense<0.33333334> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %mask = onnx.constant dense<[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]> : tensor<3x3xf32>
  %choice = onnx.constant dense<[[true, false, false], [true, true, false], [true, true, true]]> : tensor<3x3xi1>
  %qf = spike.dequantize %q : !t -> !f
  %kf = spike.dequantize %k : !t -> !f
  %vf = spike.dequantize %v : !t -> !f
  %kt = onnx.transpose %kf [0, 1, 2, 4, 3] : (!f) -> tensor<4x?x2x16x3xf32>
  %0 = onnx.matmul %qf, %kt : (!f, tensor<4x?x2x16x3xf32>) -> !w
  %1 = onnx.mul %0, %d : (!w, tensor<f32>) -> !w
  %2 = spike.bernoulli %1 "s" {seed = 0 : i64, layer_id = 2 : i64, stage = 0 : i64} : !w -> !b
  %3 = spike.dequantize %2 : !b -> !w
  %5 = onnx.matmul %3, %vf : (!w, !f) -> !f
  %6 = onnx.mul %5, %n : (!f, tensor<f32>) -> !f
  %7 = spike.bernoulli %6 "a" {seed = 0 : i64, layer_id = 2 : i64, stage = 1 : i64} : !f -> !t
  return %7 : !t
}

// The tokens that each query sees, as quotients and as factors.
// CHECK-LABEL: @visible
// CHECK: spike.ssa {{.*}} norm_n = 3 : i64, norms = array<i64: 1, 2, 3>, seed = 0 : i64}
// CHECK: spike.ssa {{.*}} norm_n = 3 : i64, norms = array<i64: 1, 2, 3>, seed = 0 : i64}
// HW-LABEL: @visible
// HW: spike.ssa {{.*}} norms = array<i64: 1, 2, 3>, pow2, reuse_row, seed = 0 : i64}
func.func @visible(%q: !t, %k: !t, %v: !t) -> (!t, !t) {
  %d = onnx.constant dense<16.0> : tensor<f32>
  %n = onnx.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  %r = onnx.constant dense<[[1.0], [0.5], [0.333333343]]> : tensor<3x1xf32>
  %mask = onnx.constant dense<[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]> : tensor<3x3xf32>
  %qf = spike.dequantize %q : !t -> !f
  %kf = spike.dequantize %k : !t -> !f
  %vf = spike.dequantize %v : !t -> !f
  %kt = onnx.transpose %kf [0, 1, 2, 4, 3] : (!f) -> tensor<4x?x2x16x3xf32>
  %0 = onnx.matmul %qf, %kt : (!f, tensor<4x?x2x16x3xf32>) -> !w
  %1 = onnx.div %0, %d : (!w, tensor<f32>) -> !w
  %2 = spike.bernoulli %1 "s" {seed = 0 : i64, layer_id = 2 : i64, stage = 0 : i64} : !w -> !b
  %3 = spike.dequantize %2 : !b -> !w
  %4 = onnx.mul %3, %mask : (!w, tensor<3x3xf32>) -> !w
  %5 = onnx.matmul %4, %vf : (!w, !f) -> !f
  %6 = onnx.div %5, %n : (!f, tensor<3x1xf32>) -> !f
  %7 = spike.bernoulli %6 "a" {seed = 0 : i64, layer_id = 2 : i64, stage = 1 : i64} : !f -> !t
  %8 = onnx.mul %5, %r : (!f, tensor<3x1xf32>) -> !f
  %9 = spike.bernoulli %8 "b" {seed = 0 : i64, layer_id = 2 : i64, stage = 1 : i64} : !f -> !t
  return %7, %9 : !t, !t
}
