// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --xbar-verify-mapping --mlir-print-local-scope --remarks-filter=xbar-place --verify-diagnostics=only-expected \
// RUN:   2>&1 | FileCheck %s

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Layers of 6, 4 and 4 crossbars on a chip of 8: the second finds no room beside
// the first and opens a round, which the third shares.
// CHECK: xbar.program = [{cells = 192 : i64, crossbars = 6 : i64, layers = ["a"]}, {cells = 256 : i64, crossbars = 8 : i64, layers = ["linear", "c"]}], xbar.rounds = 2 : i64
// CHECK-LABEL: @rounds
// CHECK: layer "a" {placement = #xbar.placement<replicas = 1, round = 0,
// CHECK: layer "{{.*}}" {placement = #xbar.placement<replicas = 1, round = 1, crossbars = [0, 1, 2, 3]>
// CHECK: layer "c" {placement = #xbar.placement<replicas = 1, round = 1, crossbars = [4, 5, 6, 7]>
// expected-warning@below {{does not fit chip 'toy': 14 crossbars needed, 8 there; 2 rounds program 896 cells in every run; 4 cores of 4 crossbars, fewer weight bits or a smaller model would make it fit}}
module {
func.func @rounds(%x: tensor<4x16x!t>) -> (tensor<4x12xi32>, tensor<4x8xi32>, tensor<4x8xi32>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<16x12xi8>} : tensor<4x16x!t> -> tensor<4x12xi32> loc("a")
  // expected-remark@below {{[Missed] NewRound}}
  %1 = spike.linear %x {weight = dense<1> : tensor<16x8xi8>} : tensor<4x16x!t> -> tensor<4x8xi32>
  %2 = spike.linear %x {weight = dense<1> : tensor<16x8xi8>} : tensor<4x16x!t> -> tensor<4x8xi32> loc("c")
  return %0, %1, %2 : tensor<4x12xi32>, tensor<4x8xi32>, tensor<4x8xi32>
}
}
