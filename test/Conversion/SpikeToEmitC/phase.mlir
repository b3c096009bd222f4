// RUN: snn-opt %s --split-input-file --spike-to-emitc --verify-diagnostics | FileCheck %s

!ph = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
!pp = !spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>

// CHECK: Spiking simulator of {{.*}}, coding phase, 4 encode sites
// CHECK: emitc.include "snn/runtime/Phase.h"
// CHECK: static constexpr PhaseCoding site_q{1.15, 40, 2.0f, false, PhaseRelease::None}; // q
// CHECK: static constexpr PhaseCoding site_p{1.15, 40, 1.0f, true, PhaseRelease::None}; // p
// CHECK-LABEL: emitc.func @forward
// CHECK: call_opaque "phaseEncode"
// CHECK: verbatim "countPhases(run.context, \22q\22, {}, &{}, nullptr, site_q, nullptr,
// A query's events reach three keys and the linear's two outputs, a key's three
// queries and, as values, three probabilities; a score's one neuron.
// CHECK: call_opaque "countPhaseOperations"{{.*}}"\22q\22"{{.*}}#emitc.opaque<"5">
// CHECK: call_opaque "countPhaseOperations"{{.*}}"\22k\22"{{.*}}#emitc.opaque<"6">
// CHECK: call_opaque "phaseProduct"{{.*}}"nullptr"{{.*}}"site_q">, #emitc.opaque<"site_k">, #emitc.opaque<"0.5">, #emitc.opaque<"1">, #emitc.opaque<"1">
// CHECK: call_opaque "countPhaseOperations"{{.*}}"\22s\22"{{.*}}#emitc.opaque<"1">
// CHECK: phaseWoss(run.context, {}, nullptr, &{}, {}, {}, site_s, site_p);
// CHECK: call_opaque "countPhases"{{.*}}"\22p\22"{{.*}}"nullptr">, #emitc.opaque<"nullptr">, #emitc.opaque<"site_p">
// CHECK: call_opaque "countPhaseOperations"{{.*}}"\22p\22"{{.*}}#emitc.opaque<"4">
// CHECK: phaseProduct(run.context, {}, {}, &{}, {}, site_p, site_k, 1.0, 0, 0);
// CHECK: call_opaque "phaseDecode"
// CHECK: call_opaque "phaseResidual"
// CHECK: call_opaque "phaseLinear"
func.func @network(%x: tensor<3x4xf32>, %m: tensor<1x3xf32>) -> (tensor<3x4xf32>, tensor<3x2xf32>, tensor<3x4xf32>) {
  %q = spike.phase_encode %x "q" kind query : tensor<3x4xf32> -> tensor<3x4x!ph>
  %k = spike.phase_encode %x "k" kind key : tensor<3x4xf32> -> tensor<3x4x!ph>
  %0 = spike.phase_matmul %q, %k {factor = 0.5 : f64, transposed, sign_bug} : tensor<3x4x!ph>, tensor<3x4x!ph> -> tensor<3x3xf32>
  %s = spike.phase_encode %0 "s" kind score : tensor<3x3xf32> -> tensor<3x3x!ph>
  %p, %z = spike.woss %s additive(%m : tensor<1x3xf32>) "p" kind probability : tensor<3x3x!ph> -> tensor<3x3x!pp>, tensor<3x1xf32>
  %1 = spike.phase_matmul %p, %k divisor(%z : tensor<3x1xf32>) : tensor<3x3x!pp>, tensor<3x4x!ph> -> tensor<3x4xf32>
  %2 = spike.phase_decode %q : tensor<3x4x!ph> -> tensor<3x4xf32>
  %3 = spike.phase_residual %1, %q : tensor<3x4xf32>, tensor<3x4x!ph> -> tensor<3x4xf32>
  %4 = spike.phase_linear %q {weight = dense<1> : tensor<4x2xi8>} : tensor<3x4x!ph> -> tensor<3x2xf32>
  return %3, %4, %2 : tensor<3x4xf32>, tensor<3x2xf32>, tensor<3x4xf32>
}

// -----

func.func @quantised(%x: tensor<4xf32>) -> tensor<4x!spike.phase<base = 1.5, phases = 8, scale = 1.0>> {
  // expected-error@+1 {{is no neuron in a simulator; run spike-phase first}}
  %0 = spike.quantize %x "x" kind activation : tensor<4xf32> -> tensor<4x!spike.phase<base = 1.5, phases = 8, scale = 1.0>>
  return %0 : tensor<4x!spike.phase<base = 1.5, phases = 8, scale = 1.0>>
}
