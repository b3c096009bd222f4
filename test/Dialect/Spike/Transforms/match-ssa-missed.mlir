// What only looks like a stochastic attention stays, and the remark says why.
//
// RUN: snn-opt %s --spike-match-ssa --remark-format=emitRemark --remarks-filter=spike-match-ssa 2>&1 | FileCheck %s
// RUN: not snn-opt %s --spike-match-ssa=rng=mersenne 2>&1 | FileCheck %s --check-prefix=RNG
// RUN: not snn-opt %s --spike-match-ssa=reuse=all 2>&1 | FileCheck %s --check-prefix=REUSE

// RNG: error: needs the generator philox or lfsr32, has 'mersenne'
// REUSE: error: needs random numbers reused for none or row, has 'all'

!t = tensor<4x?x2x3x16x!spike.binary<steps = 4>>
!f = tensor<4x?x2x3x16xf32>
!w = tensor<4x?x2x3x3xf32>
!b = tensor<4x?x2x3x3x!spike.binary<steps = 4>>

// CHECK-DAG: its scores are not divided by the 16 channels
// CHECK-DAG: its output is not divided by the 3 tokens
// CHECK-DAG: its output is not divided by a whole number for each query
// CHECK-DAG: scores and output draw from other random streams than an attention's
// CHECK-NOT: spike.ssa
func.func @root(%q: !t, %k: !t, %v: !t) -> !t {
  %d = onnx.constant dense<4.0> : tensor<f32>
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

func.func @tokens(%q: !t, %k: !t, %v: !t) -> !t {
  %d = onnx.constant dense<16.0> : tensor<f32>
  %n = onnx.constant dense<2.0> : tensor<f32>
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

func.func @streams(%q: !t, %k: !t, %v: !t) -> !t {
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
  %7 = spike.bernoulli %6 "a" {seed = 0 : i64, layer_id = 5 : i64, stage = 1 : i64} : !f -> !t
  return %7 : !t
}

func.func @fractions(%q: !t, %k: !t, %v: !t) -> !t {
  %d = onnx.constant dense<16.0> : tensor<f32>
  %n = onnx.constant dense<[[1.0], [2.5], [3.0]]> : tensor<3x1xf32>
  %qf = spike.dequantize %q : !t -> !f
  %kf = spike.dequantize %k : !t -> !f
  %vf = spike.dequantize %v : !t -> !f
  %kt = onnx.transpose %kf [0, 1, 2, 4, 3] : (!f) -> tensor<4x?x2x16x3xf32>
  %0 = onnx.matmul %qf, %kt : (!f, tensor<4x?x2x16x3xf32>) -> !w
  %1 = onnx.div %0, %d : (!w, tensor<f32>) -> !w
  %2 = spike.bernoulli %1 "s" {seed = 0 : i64, layer_id = 2 : i64, stage = 0 : i64} : !w -> !b
  %3 = spike.dequantize %2 : !b -> !w
  %5 = onnx.matmul %3, %vf : (!w, !f) -> !f
  %6 = onnx.div %5, %n : (!f, tensor<3x1xf32>) -> !f
  %7 = spike.bernoulli %6 "a" {seed = 0 : i64, layer_id = 2 : i64, stage = 1 : i64} : !f -> !t
  return %7 : !t
}
