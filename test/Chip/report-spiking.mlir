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
// A time constant of 1.25 needs a multiplication; 6 neurons, softly reset.
// CHECK: l spike.lif full {'membrane_memory': 37.806336, 'neuron': 2.34408, 'total': 40.150416}
//
// The published formula: 0.9 pJ for each of the 18 additions.
// OWN: a spike.sdsa paper {'accumulate': 16.2, 'total': 16.2}
// OWN: l spike.lif paper {}

!b = !spike.binary<steps = 2>

module {
func.func @main(%q: tensor<2x1x3x2x!b>, %k: tensor<2x1x3x2x!b>, %v: tensor<2x1x3x2x!b>, %x: tensor<2x3xf32>)
    -> (tensor<2x1x3x2x!b>, tensor<2x3x!b>) {
  %0 = spike.sdsa %q, %k, %v "a" {variant = 3 : i64, scale = 0.125 : f64, tau = 2.0 : f64,
      threshold = 0.5 : f64, decay_input, engine = "sdsa"} : tensor<2x1x3x2x!b> loc("a")
  %2 = spike.lif %x "l" {tau = 1.25 : f64, threshold = 1.0 : f64, soft_reset}
      : tensor<2x3xf32> -> tensor<2x3x!b> loc("l")
  return %0, %2 : tensor<2x1x3x2x!b>, tensor<2x3x!b>
}
}
