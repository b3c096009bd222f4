// Weights of more bits than a cell holds, on cells of several levels.
// RUN: snn-opt %s --spike-to-xbar=chip=isaac-like --xbar-tile --mlir-print-local-scope | FileCheck %s --check-prefix=ISAAC
// RUN: snn-opt %s --spike-to-xbar=chip=xpikeformer-pcm --xbar-tile=adc-policy=lossless --mlir-print-local-scope \
// RUN:   | FileCheck %s --check-prefix=PCM
// RUN: snn-opt %s --spike-to-xbar=chip=xpikeformer-pcm --xbar-tile=adc-policy=lossless --remarks-filter=xbar-tile \
// RUN:   2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// To the base 16, with the weight's sign: two slices. A level of 15 leaves room for
// one row in 5 bits.
// REMARK: remark: {{.*}}[Missed] ActiveRowsCut | Category:xbar-tile | Function=b | Reason="128 active rows with levels up to 15 exceed 5 ADC bits", {{.*}}active_rows=1
// PCM-LABEL: @bits
// PCM: layer "b" {tiling = #xbar.tiling<slicing = signed_magnitude, slices = 2, weight_bits = 8, cell_levels = 16, digit_min = -15, digit_step = 1, pair_levels = 31, {{.*}}active_rows = 1,
// To the base 4, raised by 128: four slices. Complemented columns halve the range.
// ISAAC-LABEL: @bits
// ISAAC: layer "b" {tiling = #xbar.tiling<slicing = biased, slices = 4, weight_bits = 8, cell_levels = 4, {{.*}}active_rows = 128,
func.func @bits(%t: tensor<1x2x!t>) -> tensor<1x1xi32> {
  %0 = spike.linear %t {weight = dense<[[127], [-15]]> : tensor<2x1xi8>} : tensor<1x2x!t> -> tensor<1x1xi32> loc("b")
  return %0 : tensor<1x1xi32>
}
