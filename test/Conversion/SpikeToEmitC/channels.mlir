// RUN: snn-opt %s --spike-to-emitc | FileCheck %s

// A floor, constants of channels and norms of queries are the last fields.
// CHECK: call_opaque "lif"{{.*}}#emitc.opaque<"LifNeuron{2.0f, 1.0f, 0.0f, false, true, ChargeOrder::Tau, ResetRule::AtOnce, 0.0f, 1.0f, 0.0f, {}, -0.5f}">
// CHECK: call_opaque "lif"{{.*}}#emitc.opaque<"LifNeuron{2.0f, 1.0f, 0.0f, false, true, ChargeOrder::Tau, ResetRule::AtOnce, 0.0f, 1.0f, 0.0f, {}, -infinity, {1.0f, 2.5f, 4.0f}, 8}">
// CHECK: call_opaque "ssa"{{.*}}#emitc.opaque<"SsaParameters{{[{][{]}}uint64_t(0u), 4}, Generator::Philox, 8, 3, false, false, {1, 2, 3}}">
!t = tensor<4x1x2x3x8x!spike.binary<steps = 4>>
func.func @main(%x: tensor<4x1x2x3x8xf32>) -> tensor<4x1x2x3x8xf32> {
  %q = spike.lif %x "q" {tau = 2.0 : f64, threshold = 1.0 : f64, soft_reset, floor = -0.5 : f64} : tensor<4x1x2x3x8xf32> -> !t
  %k = spike.lif %x "k" {tau = 2.0 : f64, threshold = 1.0 : f64, soft_reset, constants = array<f32: 1.0, 2.5, 4.0>, channel_axis = 3 : i64} : tensor<4x1x2x3x8xf32> -> !t
  %a = spike.ssa %q, %k, %q "a" {seed = 0 : i64, layer_id = 4 : i64, norm_d = 8 : i64, norm_n = 3 : i64, norms = array<i64: 1, 2, 3>} : !t
  %y = spike.dequantize %a : !t -> tensor<4x1x2x3x8xf32>
  return %y : tensor<4x1x2x3x8xf32>
}
