// Neurons and attention of binary trains on the common chip, computed by hand: two
// steps, one head, three tokens, two channels; half of the neurons fire.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=common-22nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --xbar-report-energy="assume=rate=0.5 output=%t/energy.json" -o /dev/null
// RUN: %python %S/Inputs/print_report.py %t/energy.json | FileCheck %s
// RUN: snn-opt %s --spike-to-xbar=chip=sdt-45nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --xbar-report-energy="assume=rate=0.5 output=%t/own.json" -o /dev/null
// RUN: %python %S/Inputs/print_report.py %t/own.json | FileCheck %s --check-prefix=OWN
//
// K^T V: 2 heads x 3 tokens x 2 x 2 pairs x 1/4 = 6 additions, Q times that: 6 spikes
// x 2 words = 12. Memory: Q, K and V 36 bits, 12 words read and 8 written of 2 bits.
// 12 neurons: two additions, a shift and a comparison each, 64 bits of membrane. 18
// spikes move over 4.75 hops.
// CHECK: a spike.sdsa full {'accumulate': 0.98064, 'attention_memory': 7.482504, 'membrane_memory': 75.612672, 'movement': 15.39, 'neuron': 2.24928, 'total': 101.715096}
//
// 2 x 36 ANDs and adders of 2 x 6 x 2 bits, a 16th of an addition each, and 9
// coincidences: 15 additions. 18 scores and 12 outputs draw 8 bits and compare.
// CHECK: s spike.ssa full {'accumulate': 0.8172, 'attention_memory': 3.544344, 'movement': 15.39, 'rng': 0.3, 'threshold': 1.6344, 'total': 21.685944}
//
// A time constant of 1.25 needs a multiplication; 6 neurons, softly reset.
// CHECK: l spike.lif full {'membrane_memory': 37.806336, 'neuron': 2.34408, 'total': 40.150416}
// CHECK: p spike.bernoulli full {'rng': 0.06, 'threshold': 0.32688, 'total': 0.38688}
//
// The published formula: 0.9 pJ for each of the 18 additions.
// OWN: a spike.sdsa paper {'accumulate': 16.2, 'total': 16.2}
// OWN: l spike.lif paper {}

!b = !spike.binary<steps = 2>

module {
func.func @main(%q: tensor<2x1x3x2x!b>, %k: tensor<2x1x3x2x!b>, %v: tensor<2x1x3x2x!b>, %x: tensor<2x3xf32>)
    -> (tensor<2x1x3x2x!b>, tensor<2x1x3x2x!b>, tensor<2x3x!b>, tensor<2x3x!b>) {
  %0 = spike.sdsa %q, %k, %v "a" {variant = 3 : i64, scale = 0.125 : f64, tau = 2.0 : f64,
      threshold = 0.5 : f64, decay_input, engine = "sdsa"} : tensor<2x1x3x2x!b> loc("a")
  %1 = spike.ssa %q, %k, %v "s" {seed = 0 : i64, layer_id = 0 : i64, norm_d = 2 : i64, norm_n = 3 : i64,
      engine = "ssa"} : tensor<2x1x3x2x!b> loc("s")
  %2 = spike.lif %x "l" {tau = 1.25 : f64, threshold = 1.0 : f64, soft_reset}
      : tensor<2x3xf32> -> tensor<2x3x!b> loc("l")
  %3 = spike.bernoulli %x "p" {seed = 0 : i64, layer_id = 1 : i64, stage = 2 : i64}
      : tensor<2x3xf32> -> tensor<2x3x!b> loc("p")
  return %0, %1, %2, %3 : tensor<2x1x3x2x!b>, tensor<2x1x3x2x!b>, tensor<2x3x!b>, tensor<2x3x!b>
}
}
