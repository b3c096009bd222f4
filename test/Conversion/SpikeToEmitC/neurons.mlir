// RUN: snn-opt %s --spike-to-emitc --mlir-print-local-scope | FileCheck %s

!bin = !spike.binary<steps = 2>

// CHECK: Spiking simulator of {{.*}}, coding lif, 3 encode sites
// CHECK: emitc.include "snn/runtime/Sdsa.h"
// CHECK: static constexpr Coding site_n{1, 0, 0, 0, 1.0f}; // n
// CHECK-LABEL: emitc.func @forward
// CHECK: call_opaque "lif"{{.*}}#emitc.opaque<"2">, #emitc.opaque<"LifNeuron{2.0f, 1.0f, 0.0f, true, false}">
// A spike reaches the linear's three outputs; attention counts for itself.
// CHECK: call_opaque "countSpikes"{{.*}}"\22n\22"{{.*}}"site_n">{{.*}}#emitc.opaque<"3">
// CHECK: call_opaque "lif"{{.*}}"LifNeuron{infinity, 0.5f, 0.0f, false, true}">
// CHECK: call_opaque "sdsa"{{.*}}"&run.weights.tensor(\22a.mask\22)">{{.*}}"SdsaParameters{3, 0.125f, {2.0f, 0.5f, 0.0f, true, false}}">
// CHECK: call_opaque "countSdsa"{{.*}}"\22a\22"{{.*}}#emitc.opaque<"3">
// CHECK: call_opaque "linear"
// CHECK: call_opaque "cast"{{.*}}#emitc.opaque<"\22F32\22">
func.func @network(%x: tensor<2x1x3x4xf32>) -> (tensor<2x1x3x3xi32>, tensor<2x1x3x4xf32>) {
  %n = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64, decay_input} : tensor<2x1x3x4xf32> -> tensor<2x1x3x4x!bin>
  %m = spike.lif %x "m" {tau = 0x7FF0000000000000 : f64, threshold = 0.5 : f64, soft_reset} : tensor<2x1x3x4xf32> -> tensor<2x1x3x4x!bin>
  %a = spike.sdsa %n, %m, %m "a" {variant = 3 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.5 : f64, decay_input, mask = dense<[[1, 0, 0], [1, 1, 0], [1, 1, 1]]> : tensor<3x3xui8>} : tensor<2x1x3x4x!bin> loc("a")
  %0 = spike.linear %n {weight = dense<1> : tensor<4x3xi8>} : tensor<2x1x3x4x!bin> -> tensor<2x1x3x3xi32>
  %1 = spike.dequantize %a : tensor<2x1x3x4x!bin> -> tensor<2x1x3x4xf32>
  return %0, %1 : tensor<2x1x3x3xi32>, tensor<2x1x3x4xf32>
}
