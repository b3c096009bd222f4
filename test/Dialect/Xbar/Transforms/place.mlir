// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place \
// RUN:   --xbar-schedule --xbar-verify-mapping --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place \
// RUN:   --xbar-schedule --xbar-verify-mapping --remarks-filter='xbar-(place|schedule|verify-mapping)' 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place=max-replicas=1 \
// RUN:   --xbar-schedule --mlir-print-local-scope | FileCheck %s --check-prefix=ONE

// The toy has two cores of four crossbars, 8 rows by 4 pairs each.

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Three strips of two row blocks (24 cells in the first two of 16 rows): two of
// layer a share core 0, the strip of layer b is in core 1. A second copy of the
// slower layer, which sees four vectors, does not fit; so there is none.
// REMARK: remark: {{.*}}[Passed] Placed | Category:xbar-place | Function=a | cores=1, crossbars=4, layer=a, replicas=1, round=0
// REMARK: remark: {{.*}}[Passed] Placed | Category:xbar-place | Function=b | cores=1, crossbars=2, layer=b, replicas=1, round=0
// REMARK: remark: {{.*}}[Analysis] Rounds | Category:xbar-schedule | {{.*}}cells=96, crossbars=6, of=8, rounds=1, tiles=6, utilisation="50.0 %"
// REMARK: remark: {{.*}}[Analysis] Verified | Category:xbar-verify-mapping | {{.*}}buffers=2, tiles=6, weights=96
// CHECK: xbar.program = [{cells = 96 : i64, crossbars = 6 : i64, layers = ["a", "b"]}], xbar.rounds = 1 : i64, xbar.verified
// CHECK-LABEL: @strips
// CHECK: layer "a" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0, 1, 2, 3]>
// CHECK: layer "b" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [4, 5]>
func.func @strips(%x: tensor<4x12x!t>, %y: tensor<1x12x!t>) -> (tensor<4x6xi32>, tensor<1x2xi32>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<12x6xi8>} : tensor<4x12x!t> -> tensor<4x6xi32> loc("a")
  %1 = spike.linear %y {weight = dense<1> : tensor<12x2xi8>} : tensor<1x12x!t> -> tensor<1x2xi32> loc("b")
  return %0, %1 : tensor<4x6xi32>, tensor<1x2xi32>
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Layer a sees four vectors, b one: a gets a copy, then a third, and a fourth;
// then it is as fast as b, which has no vectors to share.
// CHECK-LABEL: @copies
// CHECK: layer "a" {placement = #xbar.placement<replicas = 4, round = 0, crossbars = [0, 2, 3, 4]>
// CHECK: layer "b" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [1]>
// ONE-LABEL: @copies
// ONE: layer "a" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0]>
func.func @copies(%x: tensor<4x8x!t>, %y: tensor<1x8x!t>) -> (tensor<4x4xi32>, tensor<1x4xi32>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<8x4xi8>} : tensor<4x8x!t> -> tensor<4x4xi32> loc("a")
  %1 = spike.linear %y {weight = dense<1> : tensor<8x4xi8>} : tensor<1x8x!t> -> tensor<1x4xi32> loc("b")
  return %0, %1 : tensor<4x4xi32>, tensor<1x4xi32>
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Six row blocks exceed a core of four crossbars: the strip takes both cores.
// REMARK: remark: {{.*}}[Missed] SumsCrossCores | Category:xbar-place | Function=a | Reason="6 row blocks exceed the 4 crossbars of a core; partial sums are added across cores"
// CHECK-LABEL: @tall
// CHECK: layer "a" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0, 1, 2, 3, 4, 5]>
func.func @tall(%x: tensor<1x48x!t>) -> tensor<1x4xi32> {
  %0 = spike.linear %x {weight = dense<1> : tensor<48x4xi8>} : tensor<1x48x!t> -> tensor<1x4xi32> loc("a")
  return %0 : tensor<1x4xi32>
}
