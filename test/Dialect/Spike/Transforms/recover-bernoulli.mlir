// RUN: snn-opt %s --mlir-print-local-scope --spike-recover-bernoulli | FileCheck %s
// RUN: snn-opt %s --mlir-print-local-scope --spike-recover-bernoulli=seed=9 | FileCheck %s --check-prefix=SEED

// The neuron draws what the random operator drew.
// CHECK-LABEL: @less
// CHECK: %[[N:.*]] = spike.bernoulli %arg0 "bernoulli" {layer_id = 3 : i64, seed = 5 : i64, stage = 2 : i64} : tensor<4x?x8xf32> -> tensor<4x?x8x!spike.binary<steps = 4>>
// CHECK-NEXT: %[[S:.*]] = spike.dequantize %[[N]]
// CHECK-NEXT: return %[[S]]
// SEED-LABEL: @less
// SEED: layer_id = 3 : i64, seed = 9 : i64
func.func @less(%p: tensor<4x?x8xf32>) -> tensor<4x?x8xf32> {
  %u = onnx.random_uniform_like %p {layer_id = 3 : i64, seed = 5 : i64, steps = 4 : i64} : (tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
  %b = onnx.less %u, %p : (tensor<4x?x8xf32>, tensor<4x?x8xf32>) -> tensor<4x?x8xi1>
  %s = onnx.cast %b {to = f32} : (tensor<4x?x8xi1>) -> tensor<4x?x8xf32>
  return %s : tensor<4x?x8xf32>
}

// CHECK-LABEL: @greater
// CHECK: spike.bernoulli %arg0 "n" {layer_id = 0 : i64, seed = 0 : i64, stage = 0 : i64}
func.func @greater(%p: tensor<4x2x8xf32>) -> tensor<4x2x8xf32> {
  %u = onnx.random_uniform_like %p {stage = 0 : i64, steps = 4 : i64} : (tensor<4x2x8xf32>) -> tensor<4x2x8xf32>
  %b = onnx.greater %p, %u : (tensor<4x2x8xf32>, tensor<4x2x8xf32>) -> tensor<4x2x8xi1>
  %s = onnx.cast %b {to = f32} : (tensor<4x2x8xi1>) -> tensor<4x2x8xf32> loc(#name)
  return %s : tensor<4x2x8xf32>
}

// u <= p fires where p is 0; that is no Bernoulli neuron. Nor is p < u.
// CHECK-LABEL: @other
// CHECK-NOT: spike.bernoulli
// CHECK: onnx.less_or_equal
// CHECK: onnx.less
func.func @other(%p: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %u = onnx.random_uniform_like %p {steps = 4 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %b = onnx.less_or_equal %u, %p : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xi1>
  %s = onnx.cast %b {to = f32} : (tensor<4x8xi1>) -> tensor<4x8xf32>
  %c = onnx.less %p, %u : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xi1>
  %t = onnx.cast %c {to = f32} : (tensor<4x8xi1>) -> tensor<4x8xf32>
  return %s, %t : tensor<4x8xf32>, tensor<4x8xf32>
}

#name = loc("n"("model.onnx":0:0))
