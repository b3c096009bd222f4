// A train of counts, computed by hand: 24 neurons count 0 ten times, 1 six times, 2 four
// times, 3 three times and 4 once. 14 fire, 27 spikes in all, 17 bits are set.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=sdt-45nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --xbar-report-energy="stats=%S/Inputs/counts.json output=%t/a.json" -o /dev/null
// RUN: %python %S/Inputs/print_counts.py %t/a.json | FileCheck %s --check-prefix=PLANES
// RUN: snn-opt %s --spike-to-xbar=chip=sdt-45nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --xbar-report-energy="counts=slots stats=%S/Inputs/counts.json output=%t/b.json" -o /dev/null
// RUN: %python %S/Inputs/print_counts.py %t/b.json | FileCheck %s --check-prefix=SLOTS
// RUN: snn-opt %s --spike-to-xbar=chip=common-22nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --xbar-report-energy="stats=%S/Inputs/counts.json output=%t/c.json" -o /dev/null
// RUN: %python %S/Inputs/print_counts.py %t/c.json | FileCheck %s --check-prefix=ROWS
// RUN: snn-opt %s --spike-to-xbar=chip=common-22nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --xbar-report-energy="counts=slots stats=%S/Inputs/counts.json output=%t/d.json" -o /dev/null
// RUN: %python %S/Inputs/print_counts.py %t/d.json | FileCheck %s --check-prefix=SLOTROWS
// RUN: not snn-opt %s --spike-to-xbar=chip=sdt-45nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --xbar-report-energy="counts=bits output=%t/e.json" -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=ERROR
//
// Two targets: 34 additions of planes. A neuron makes 4 comparisons. The published formula
// takes the mean count as the firing rate: 0.9 pJ x 27 x 2, however counts are sent.
// PLANES: site n planes passes 3 per neuron 14.0 27.0 17.0 driven [9.0, 7.0, 1.0]
// PLANES: n events 0 {{.*}} comparisons 96
// PLANES: w events 14 accumulations 34
// PLANES: w paper 48.6
//
// SLOTS: site n slots passes 4 per neuron 14.0 27.0 17.0 driven [14.0, 8.0, 4.0, 1.0]
// SLOTS: w events 27 accumulations 54
// SLOTS: w paper 48.6
//
// Rows of crossbars are driven by set bits, or by spikes.
// ROWS: w events 14 accumulations 34 driven rows 17
// SLOTROWS: w events 27 accumulations 54 driven rows 27
//
// ERROR: counts are sent as planes or slots, not as 'bits'

!c = !spike.count<max = 4, steps = 2>

module {
func.func @main(%x: tensor<2x3x4xf32>) -> tensor<2x3x2xf32> {
  %0 = spike.lif %x "n" {tau = 1.0 : f64, threshold = 0.5 : f64, decay_input, levels = array<f32: 1.5, 2.5, 3.5>}
      : tensor<2x3x4xf32> -> tensor<2x3x4x!c> loc("n")
  %1 = spike.linear %0 {weight = dense<[[1, 2], [3, 4], [5, 6], [7, 8]]> : tensor<4x2xi8>,
      spike.weight_scale = dense<1.0> : tensor<2xf32>} : tensor<2x3x4x!c> -> tensor<2x3x2xi32> loc("w")
  %2 = spike.rescale %1 {axis = -1 : i64, scale = dense<1.0> : tensor<2xf32>} : tensor<2x3x2xi32> -> tensor<2x3x2xf32> loc("r")
  return %2 : tensor<2x3x2xf32>
}
}
