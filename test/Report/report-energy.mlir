// Two layers of one tile each, two tokens, computed by hand.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=%S/Inputs/hand.yaml --xbar-tile --xbar-place=max-replicas=1 --xbar-schedule \
// RUN:   --xbar-report-energy="assume=rate=0.5 output=%t/energy.json trace=%t/trace.json page=%t/report.html" -o /dev/null
// RUN: %python %S/Inputs/print_report.py %t/energy.json | FileCheck %s
// RUN: %python %S/Inputs/print_report.py %t/trace.json | FileCheck %s --check-prefix=TRACE
// RUN: FileCheck %s --check-prefix=PAGE < %t/report.html
// RUN: snn-opt %s --spike-to-xbar=chip=%S/Inputs/hand.yaml --xbar-tile --xbar-place=max-replicas=1 --xbar-schedule \
// RUN:   --xbar-report-energy=assume=rate=0.5,rate.arg0=0.25 -o /dev/null | FileCheck %s --check-prefix=TABLE
//
// Layer a, 2 tokens x 4 inputs x 2 outputs, half of the inputs fire: 8 events at
// targets of 2 bits over 2 hops = 32 pJ; 2 vectors x 2 passes x 2 columns = 8
// conversions; bits are set in a quarter of the inputs and passes: 16 synapses x 2 x
// 1/4 = 8 cells, 4 rows; 3 comparisons an output.
// CHECK: a xbar.linear paper {'crossbar_adc': 8, 'crossbar_cells': 4, 'crossbar_control': 16, 'crossbar_word_lines': 0.5, 'movement': 32, 'threshold': 3, 'total': 63.5}
// Per tile, 4 events go to one tile; all but the first code of a sum are added.
// CHECK-NEXT: a xbar.linear full {'accumulate': 0.04, 'crossbar_adc': 8, 'crossbar_cells': 4, 'crossbar_control': 16, 'crossbar_word_lines': 0.5, 'movement': 16, 'total': 44.54}
// CHECK-NEXT: f spike.fire paper {}
// CHECK-NEXT: f spike.fire full {'threshold': 3, 'total': 3}
// CHECK-NEXT: b xbar.linear paper {'crossbar_adc': 8, 'crossbar_cells': 2, 'crossbar_control': 16, 'crossbar_word_lines': 0.25, 'movement': 16, 'threshold': 3, 'total': 45.25}
// CHECK-NEXT: b xbar.linear full {{.*}}'total': 34.29}
//
// A vector takes 2 passes x (10 ns + 2 columns x 5 ns) = 40 ns on its tile, 4 codes
// 4 ns on the core, 2 neurons x 3 comparisons 6 ns there; spikes travel for 2 ns.
// CHECK-NEXT: latency_ns 138
// CHECK-NEXT: interval_ns 80
// CHECK-NEXT: resource a 80
// CHECK-NEXT: resource core 0 28
// CHECK-NEXT: resource b 80
// 8 + 4 weights in pairs of cells; 4 + 2 rows on one core.
// CHECK-NEXT: programming {'cells': 24, 'energy_pj': 240, 'every_inference': False, 'rounds': 1, 'rows': 6, 'time_ns': 600}
// One-bit weights: 12 bits.
// CHECK-NEXT: neurobench {'activation_sparsity': 0.5, 'footprint': 1.5, 'synaptic_operations': {'Dense': 24, 'Effective_ACs': 12, 'Effective_MACs': 0}}
// CHECK: published {'conditions': 'a test', 'ours': 0, 'published': 0.5, 'quantity': 'accumulate_share', 'source': 'nobody'}
// CHECK-NEXT: published {'conditions': 'another test', 'published': 7, 'quantity': 'cost', 'source': 'nobody'}
//
// TRACE: a [(0.0, 40.0), (40.0, 80.0)]
// TRACE-NEXT: core 0 [(40.0, 44.0), (46.0, 52.0), (80.0, 84.0), (86.0, 92.0), (94.0, 98.0), (134.0, 138.0)]
// TRACE-NEXT: b [(54.0, 94.0), (94.0, 134.0)]
//
// PAGE: <h1>Energy of one inference on hand</h1>
// PAGE: <svg
// PAGE: <td>a</td>
// PAGE-NOT: href
//
// TABLE: energy of one inference on hand, 2 tokens
// TABLE: movement 32.0000 pJ
// TABLE: latency 138.000 ns, an inference every 80.000 ns
// TABLE: accumulate_share: 0.000; published 0.5 for a test (nobody)
// TABLE: reconstructed, not published: kind, crossbars

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

module {
func.func @main(%x: tensor<2x4x!t>) -> tensor<2x2xi32> {
  %0 = spike.linear %x {weight = dense<1> : tensor<4x2xi8>} : tensor<2x4x!t> -> tensor<2x2xi32> loc("a")
  %1 = spike.fire %0 "s" kind activation {thresholds = dense<[[1, 2, 3]]> : tensor<1x3xi32>, axis = -1 : i64}
      : tensor<2x2xi32> -> tensor<2x2x!t> loc("f")
  %2 = spike.linear %1 {weight = dense<1> : tensor<2x2xi8>} : tensor<2x2x!t> -> tensor<2x2xi32> loc("b")
  return %2 : tensor<2x2xi32>
}
}
