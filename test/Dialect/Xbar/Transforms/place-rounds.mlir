// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place \
// RUN:   --xbar-schedule --xbar-verify-mapping --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place \
// RUN:   --xbar-schedule --remarks-filter=xbar-place 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK
// The cure of the warning is exact: 6 cores hold the modules, 5 do not.
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place \
// RUN:   --xbar-schedule 2>&1 >/dev/null | FileCheck %s --check-prefix=WARN
// RUN: sed 's/^cores: {value: 2/cores: {value: 6/' %S/../Inputs/toy.yaml > %t.six.yaml
// RUN: sed 's/^cores: {value: 2/cores: {value: 5/' %S/../Inputs/toy.yaml > %t.five.yaml
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%t.six.yaml --xbar-tile --xbar-place --xbar-schedule \
// RUN:   | FileCheck %s --check-prefix=SIX
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%t.five.yaml --xbar-tile --xbar-place --xbar-schedule \
// RUN:   | FileCheck %s --check-prefix=FIVE
// A column block over two rounds that one could hold, and a tile in no round.
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%t.six.yaml --xbar-tile --xbar-place=max-replicas=1 \
// RUN:   --xbar-schedule --mlir-print-local-scope -o %t.six.mlir
// RUN: sed '/layer "wide"/s/\(crossbars = [^]]*\]\)/\1, round_tiles = [1, 17]/' %t.six.mlir > %t.kept.mlir
// RUN: not snn-opt %t.kept.mlir --split-input-file --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=KEPT
// RUN: sed '/layer "wide"/s/\(crossbars = [^]]*\]\)/\1, round_tiles = [2, 15]/' %t.six.mlir > %t.sum.mlir
// RUN: not snn-opt %t.sum.mlir --split-input-file 2>&1 | FileCheck %s --check-prefix=SUM

// The toy has two cores of four crossbars, 8 rows by 4 pairs each.

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Layer a leaves one core free. Nine column blocks of two row blocks exceed the
// chip: two run beside a, four in the round after, three in the next, where layer b
// finds room.
// REMARK: remark: {{.*}}[Missed] NewRound | Category:xbar-place | Function=wide | Reason="2 crossbars find no room on chip 'toy' beside what is there", {{.*}}round=1
// REMARK: remark: {{.*}}[Missed] NewRound | Category:xbar-place | Function=wide | {{.*}}round=2
// REMARK: remark: {{.*}}[Missed] SplitOverRounds | Category:xbar-place | Function=wide | Reason="18 tiles exceed the 8 crossbars of chip 'toy'", rounds=3
// WARN: warning: does not fit chip 'toy': 23 crossbars needed, 8 there; 3 rounds program 1472 cells in every run; 6 cores of 4 crossbars, fewer weight bits or a smaller model would make it fit
// CHECK: xbar.program = [{cells = 256 : i64, crossbars = 8 : i64, layers = ["a", "wide"]}, {cells = 256 : i64, crossbars = 8 : i64, layers = ["wide"]}, {cells = 224 : i64, crossbars = 7 : i64, layers = ["wide", "b"]}], xbar.rounds = 3 : i64, xbar.verified
// CHECK-LABEL: @columns
// CHECK: layer "a" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0, 1, 2, 3]>
// CHECK: layer "wide" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5], round_tiles = [4, 8, 6]>
// CHECK: layer "b" {placement = #xbar.placement<replicas = 1, round = 2, crossbars = [6]>
// SIX: xbar.rounds = 1
// SIX-LABEL: @columns
// FIVE: xbar.rounds = 2
// FIVE-LABEL: @columns
func.func @columns(%x: tensor<4x16x!t>, %y: tensor<4x8x!t>) -> (tensor<4x8xi32>, tensor<4x36xi32>, tensor<4x4xi32>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<16x8xi8>} : tensor<4x16x!t> -> tensor<4x8xi32> loc("a")
  %1 = spike.linear %x {weight = dense<1> : tensor<16x36xi8>} : tensor<4x16x!t> -> tensor<4x36xi32> loc("wide")
  %2 = spike.linear %y {weight = dense<1> : tensor<8x4xi8>} : tensor<4x8x!t> -> tensor<4x4xi32> loc("b")
  return %0, %1, %2 : tensor<4x8xi32>, tensor<4x36xi32>, tensor<4x4xi32>
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Ten row blocks exceed the whole chip: each column block is cut after eight.
// REMARK: remark: {{.*}}[Missed] SumsKept | Category:xbar-place | Function=tall | Reason="10 row blocks exceed the chip; the partial sums of 3 vectors are kept from round to round"
// WARN: warning: does not fit chip 'toy': 20 crossbars needed, 8 there; 4 rounds program 1280 cells in every run; 6 cores
// CHECK: xbar.rounds = 4 : i64, xbar.verified
// CHECK-LABEL: @rows
// CHECK: layer "tall" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1], round_tiles = [8, 2, 8, 2]>
// SIX: xbar.rounds = 1
// FIVE: xbar.rounds = 2
// KEPT: error: {{.*}}layer 'wide' keeps the partial sums of column block 0 over 2 rounds, 1 would do
// SUM: error: {{.*}}needs round_tiles that add up to its 18 crossbars, has 17
func.func @rows(%x: tensor<3x80x!t>) -> tensor<3x8xi32> {
  %0 = spike.linear %x {weight = dense<1> : tensor<80x8xi8>} : tensor<3x80x!t> -> tensor<3x8xi32> loc("tall")
  return %0 : tensor<3x8xi32>
}
