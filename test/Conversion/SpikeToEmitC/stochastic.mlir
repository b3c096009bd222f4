// RUN: snn-opt %s --spike-to-emitc | FileCheck %s

!t = tensor<4x1x2x3x8x!spike.binary<steps = 4>>

// CHECK: Spiking simulator of {{.*}}, coding lif, 2 encode sites
// CHECK: emitc.include "snn/runtime/Stochastic.h"
// CHECK-LABEL: emitc.func @forward
// CHECK: call_opaque "bernoulli"{{.*}}#emitc.opaque<"4">, #emitc.opaque<"RandomStream{uint64_t(18446744073709551615u), 3}">, #emitc.opaque<"DrawStage::Encoder">
// CHECK: call_opaque "countBernoulli"{{.*}}"\22b\22"
// CHECK: call_opaque "countSpikes"{{.*}}"\22b\22"
// Norms are rounded up where hardware asks for powers of two.
// CHECK: call_opaque "ssa"{{.*}}"nullptr"{{.*}}#emitc.opaque<"4">, #emitc.opaque<"SsaParameters{{[{][{]}}uint64_t(0u), 4}, Generator::Lfsr32, 8, 4, true, false}">
// CHECK: call_opaque "countSsa"{{.*}}"\22a\22"
// CHECK: call_opaque "random_uniform_like"{{.*}}#emitc.opaque<"run.context">
func.func @main(%p: tensor<4x1x2x3x8xf32>) -> (tensor<4x1x2x3x8xf32>, tensor<4x1x2x3x8xf32>) {
  %q = spike.bernoulli %p "b" {seed = -1 : i64, layer_id = 3 : i64, stage = 2 : i64} : tensor<4x1x2x3x8xf32> -> !t
  %a = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 4 : i64, norm_d = 8 : i64, norm_n = 3 : i64, generator = #spike<generator lfsr32>, pow2, reuse_row} : !t
  %y = spike.dequantize %a : !t -> tensor<4x1x2x3x8xf32>
  %u = onnx.random_uniform_like %p {steps = 4 : i64} : (tensor<4x1x2x3x8xf32>) -> tensor<4x1x2x3x8xf32>
  return %y, %u : tensor<4x1x2x3x8xf32>, tensor<4x1x2x3x8xf32>
}
