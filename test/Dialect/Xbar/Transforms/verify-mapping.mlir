// A right mapping passes; every mutation is found.
// RUN: snn-opt %s --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place=max-replicas=1 --xbar-schedule \
// RUN:   --mlir-print-local-scope -o %t.mlir
// RUN: snn-opt %t.mlir --xbar-verify-mapping | FileCheck %s
// CHECK: xbar.verified

// RUN: sed 's/crossbars = \[4, 5\]/crossbars = [4, 1]/' %t.mlir > %t.shared.mlir
// RUN: not snn-opt %t.shared.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=SHARED
// SHARED: error: {{.*}}layer 'b' is placed in crossbar 1 of round 0, which holds layer 'a'

// RUN: sed 's/crossbars = \[4, 5\]/crossbars = [4, 8]/' %t.mlir > %t.off.mlir
// RUN: not snn-opt %t.off.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=OFF
// OFF: error: {{.*}}layer 'b' is placed in crossbar 8, chip 'toy' has 8

// RUN: sed -e 's/crossbars = \[4, 5\]/crossbars = [4, 3]/' -e 's/crossbars = \[0, 1, 2, 3\]/crossbars = [0, 1, 2, 5]/' %t.mlir > %t.split.mlir
// RUN: not snn-opt %t.split.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=SPLIT
// SPLIT: error: {{.*}}layer 'a' spreads the partial sums of column block 1 over 2 cores, 1 would hold them

// RUN: sed '/layer "b"/s/passes = 4/passes = 3/' %t.mlir > %t.passes.mlir
// RUN: not snn-opt %t.passes.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=PASSES
// PASSES: error: {{.*}}layer 'b' is driven in 3 passes, its digits need 4

// RUN: sed '/layer "b"/s/active_rows = 4/active_rows = 8/' %t.mlir > %t.rows.mlir
// RUN: not snn-opt %t.rows.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=ROWS
// ROWS: error: {{.*}}layer 'b' reads 8 rows together, chip 'toy' at most 4

// RUN: sed '/layer "b"/s/pair_levels = 2/pair_levels = 1/' %t.mlir > %t.levels.mlir
// RUN: not snn-opt %t.levels.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=LEVELS
// LEVELS: error: {{.*}}layer 'b' stores weight 1 with level 1, which is not among the tiling's levels 0 to 0 by 1

// RUN: sed '/layer "c"/s/slices = 3, weight_bits = 3/slices = 2, weight_bits = 2/' %t.mlir > %t.slices.mlir
// RUN: not snn-opt %t.slices.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=SLICES
// SLICES: error: {{.*}}layer 'c' stores weight 3 as slices that stand for -1

// RUN: sed '/layer "a"/s/rows = 8, columns = 4/rows = 9, columns = 4/' %t.mlir > %t.tall.mlir
// RUN: not snn-opt %t.tall.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=TALL
// TALL: error: {{.*}}layer 'a' has tiles of 9 rows and 4 logical columns, a crossbar of chip 'toy' has 8 and 4

// RUN: sed '/layer "a"/s/adc_bits = 4/adc_bits = 5/' %t.mlir > %t.bits.mlir
// RUN: not snn-opt %t.bits.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=BITS
// BITS: error: {{.*}}layer 'a' is cut for 5 ADC bits and 2 cell levels, chip 'toy' has 4 and 2

// RUN: sed 's/key_tiles = 2 : i64, keys_per_tile = 4/key_tiles = 1 : i64, keys_per_tile = 6/' %t.mlir > %t.keys.mlir
// RUN: not snn-opt %t.keys.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=KEYS
// KEYS: error: {{.*}}'xbar.product' op holds 6 keys of 32 bits, engine 'mttfs' has room for 4

// RUN: sed 's/engine = "mttfs"/engine = "ssa"/' %t.mlir > %t.engine.mlir
// RUN: not snn-opt %t.engine.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=ENGINE
// ENGINE: error: {{.*}}'xbar.product' op runs on engine 'ssa', which chip 'toy' does not have

// A chip with more rows than its ADC can convert exactly, and more digits than its
// buffer holds.
// RUN: sed -e 's/ rows: {value: 8/ rows: {value: 4096/' -e 's/active_rows: {value: 4/active_rows: {value: 12/' \
// RUN:   -e 's/buffer_kib: {value: 1/buffer_kib: {value: 9/' %S/../Inputs/toy.yaml > %t.yaml
// RUN: snn-opt %s --spike-to-xbar=chip=%t.yaml --xbar-tile --xbar-place --xbar-schedule --mlir-print-local-scope -o %t.big.mlir
// RUN: snn-opt %t.big.mlir --xbar-verify-mapping | FileCheck %s
// RUN: sed '/layer "b"/s/active_rows = 7/active_rows = 8/' %t.big.mlir > %t.exact.mlir
// RUN: not snn-opt %t.exact.mlir --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=EXACT
// EXACT: error: {{.*}}layer 'b' is said to be exact, but 8 rows of levels up to 1 make 17 different sums and 4 ADC bits tell 16 apart

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @net(%x: tensor<4x12x!t>, %y: tensor<1x12x!t>, %z: tensor<1x2x!t>, %p: tensor<2x4x6x!t>, %v: tensor<2x6x8x!k>)
    -> (tensor<4x6xi32>, tensor<1x2xi32>, tensor<1x1xi32>, tensor<2x4x8xi32>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<12x6xi8>} : tensor<4x12x!t> -> tensor<4x6xi32> loc("a")
  %1 = spike.linear %y {weight = dense<[[0, 1], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1],
      [0, 1]]> : tensor<12x2xi8>} : tensor<1x12x!t> -> tensor<1x2xi32> loc("b")
  %2 = spike.linear %z {weight = dense<[[3], [-1]]> : tensor<2x1xi8>} : tensor<1x2x!t> -> tensor<1x1xi32> loc("c")
  %3 = spike.matmul %p, %v {engine = "mttfs"} : tensor<2x4x6x!t>, tensor<2x6x8x!k> -> tensor<2x4x8xi32>
  return %0, %1, %2, %3 : tensor<4x6xi32>, tensor<1x2xi32>, tensor<1x1xi32>, tensor<2x4x8xi32>
}
