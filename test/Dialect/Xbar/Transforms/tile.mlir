// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --remarks-filter=xbar-tile \
// RUN:   2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=isaac-like --xbar-tile --mlir-print-local-scope | FileCheck %s --check-prefix=ISAAC
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=xpikeformer-pcm --xbar-tile=adc-policy=lossless --mlir-print-local-scope \
// RUN:   | FileCheck %s --check-prefix=PCM

// The toy has crossbars of 8 rows and 4 pairs of 1-bit cells, reads 4 rows
// together and has an ADC of 4 bits, which tells -7..7 apart.

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!u = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

// Ternary weights: a pair each. -1, 0 and 1 are three levels; digits -8..7 need
// four passes, digits 0..3 two.
// REMARK: remark: {{.*}}[Passed] Tiled | Category:xbar-tile | Function={{.*}}active_rows=4, column_blocks=2, exact=true, groups=1, inputs=10, layer=a, outputs=6, passes=4, row_blocks=2, slices=1, slicing=direct, tiles=4, utilisation="46.9 %"
// CHECK-LABEL: @direct
// CHECK: layer "a" {tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 2, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>
// CHECK: layer "b" {{.*}}weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 2, pair_levels = 2, {{.*}}row_blocks = 1, column_blocks = 1, {{.*}}passes = 2
// Flip encoding: 2 + w in one cell of 4 levels; 2 bits are one digit to the base 4.
// ISAAC-LABEL: @direct
// ISAAC: layer "a" {tiling = #xbar.tiling<slicing = biased, slices = 1, weight_bits = 2, cell_levels = 4, digit_min = 0, digit_step = 1, pair_levels = 4, rows = 128, columns = 128,
// A pair holds -15..15 directly; 5 bits tell -15..15 apart, of levels up to 1.
// PCM-LABEL: @direct
// PCM: layer "a" {tiling = #xbar.tiling<slicing = direct, slices = 1, {{.*}}active_rows = 15,
func.func @direct(%t: tensor<1x10x!t>, %u: tensor<1x8x!u>) -> (tensor<1x6xi32>, tensor<1x1xi32>) {
  %0 = spike.linear %t {weight = dense<[[1, 0, -1, 0, 0, 1], [1, 0, -1, 0, 0, 1], [1, 0, -1, 0, 0, 1], [1, 0, -1, 0, 0, 1],
      [1, 0, -1, 0, 0, 1], [1, 0, -1, 0, 0, 1], [1, 0, -1, 0, 0, 1], [1, 0, -1, 0, 0, 1], [1, 0, -1, 0, 0, 1],
      [1, 0, -1, 0, 0, 1]]> : tensor<10x6xi8>} : tensor<1x10x!t> -> tensor<1x6xi32> loc("a")
  %1 = spike.linear %u {weight = dense<[[1], [-1], [1], [1], [-1], [1], [1], [1]]> : tensor<8x1xi8>} : tensor<1x8x!u> -> tensor<1x1xi32> loc("b")
  return %0, %1 : tensor<1x6xi32>, tensor<1x1xi32>
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// -3..2 has three bits: three slices of 0 and 1, one output in a tile of 4 columns.
// CHECK-LABEL: @bits
// CHECK: layer "a" {tiling = #xbar.tiling<slicing = twos_complement, slices = 3, weight_bits = 3, cell_levels = 2, digit_min = 0, digit_step = 1, pair_levels = 2, rows = 8, columns = 4, row_blocks = 1, column_blocks = 2,
func.func @bits(%t: tensor<1x2x!t>) -> tensor<1x2xi32> {
  %0 = spike.linear %t {weight = dense<[[-3, 2], [0, 1]]> : tensor<2x2xi8>} : tensor<1x2x!t> -> tensor<1x2xi32> loc("a")
  return %0 : tensor<1x2xi32>
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Two groups of 1 channel and 9 taps.
// CHECK-LABEL: @conv
// CHECK: layer "a" {{.*}}row_blocks = 2, column_blocks = 1, groups = 2, active_rows = 4
func.func @conv(%t: tensor<1x2x3x3x!t>) -> tensor<1x2x1x1xi32> {
  %0 = spike.conv %t {weight = dense<1> : tensor<2x1x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>, group = 2 : i64} : tensor<1x2x3x3x!t> -> tensor<1x2x1x1xi32> loc("a")
  return %0 : tensor<1x2x1x1xi32>
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// The toy's engine has 4 elements of 64 bits; half of them hold four keys of 8
// channels with 4 bits.
// REMARK: remark: {{.*}}[Passed] KeysResident | Category:xbar-tile | Function=fits
// REMARK: remark: {{.*}}[Missed] KeysTiled | Category:xbar-tile | Function=tiled | Reason="6 keys of 32 bits exceed the 4 keys that the engine holds", {{.*}}turns=2
// CHECK-LABEL: @products
// CHECK: xbar.product {{.*}} {engine = "mttfs", key_tiles = 1 : i64, keys_per_tile = 4 : i64, transposed}
// CHECK: xbar.product {{.*}} {engine = "mttfs", key_tiles = 2 : i64, keys_per_tile = 4 : i64, reduce_keys}
func.func @products(%q: tensor<2x4x8x!t>, %k: tensor<2x4x8x!k>, %p: tensor<2x4x6x!t>, %v: tensor<2x6x8x!k>) -> (tensor<2x4x4xi32>, tensor<2x4x8xi32>) {
  %0 = spike.matmul %q, %k {transposed, engine = "mttfs"} : tensor<2x4x8x!t>, tensor<2x4x8x!k> -> tensor<2x4x4xi32> loc("fits")
  %1 = spike.matmul %p, %v {engine = "mttfs"} : tensor<2x4x6x!t>, tensor<2x6x8x!k> -> tensor<2x4x8xi32> loc("tiled")
  return %0, %1 : tensor<2x4x4xi32>, tensor<2x4x8xi32>
}
