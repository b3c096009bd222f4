// Two digits of one operand have one set of cells: one place, in one or several rounds, and
// two passes one behind the other.
//
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place \
// RUN:   --xbar-schedule --xbar-verify-mapping --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place \
// RUN:   --xbar-schedule --xbar-verify-mapping --remarks-filter='xbar-(place|schedule|verify-mapping)' 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK
//
// A layer that does not say whose cells it uses may not lie on them, and the one that says
// so lies nowhere else.
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place=max-replicas=1 \
// RUN:   --xbar-schedule --mlir-print-local-scope -o %t.mlir
// RUN: sed 's/cells_of = "fc.high", //' %t.mlir > %t.silent.mlir
// RUN: not snn-opt %t.silent.mlir --split-input-file --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=SILENT
// SILENT: error: {{.*}}layer 'fc/low' is placed in crossbar 0 of round 0, which holds layer 'fc/high'
// RUN: sed '/layer "fc.low"/s/crossbars = \[0, 1, 2, 3, 4, 5\]/crossbars = [0, 1, 2, 3, 6, 7]/' %t.mlir > %t.moved.mlir
// RUN: not snn-opt %t.moved.mlir --split-input-file 2>&1 | FileCheck %s --check-prefix=MOVED
// MOVED: error: {{.*}}needs the placement of layer 'fc/high', whose cells it uses
// RUN: sed '/layer "fc.low"/s/passes = 2/passes = 3/' %t.mlir > %t.passes.mlir
// RUN: not snn-opt %t.passes.mlir --split-input-file --xbar-verify-mapping 2>&1 | FileCheck %s --check-prefix=PASSES
// PASSES: error: {{.*}}layer 'fc/low' is driven in 3 passes, its digits need 2

!h = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 1.0>
!l = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 1.0>

// With cells of its own the second digit would need six crossbars of eight more.
// REMARK: remark: {{.*}}[Passed] Placed | Category:xbar-place | Function=fc/high | {{.*}}crossbars=6, layer=fc/high, replicas=1, round=0
// REMARK: remark: {{.*}}[Passed] Placed | Category:xbar-place | Function=fc/low | cells_of=fc/high, layer=fc/low
// REMARK: remark: {{.*}}[Analysis] Rounds | {{.*}}cells=192, crossbars=6, of=8, rounds=1, tiles=6
// REMARK: remark: {{.*}}[Analysis] Verified | {{.*}}tiles=6, weights=192
// CHECK: xbar.program = [{cells = 192 : i64, crossbars = 6 : i64, layers = ["fc/high", "fc/low"]}], xbar.rounds = 1 : i64, xbar.verified
// CHECK-LABEL: @digits
// CHECK: layer "fc/high" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0, 1, 2, 3, 4, 5]>, {{.*}}passes = 4
// CHECK: layer "fc/low" {cells_of = "fc/high", placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0, 1, 2, 3, 4, 5]>, {{.*}}passes = 2
func.func @digits(%x: tensor<4x16x!h>, %y: tensor<4x16x!l>) -> tensor<4x12xi32> {
  %c = onnx.constant dense<4> : tensor<i32>
  %0 = spike.linear %x {weight = dense<1> : tensor<16x12xi8>} : tensor<4x16x!h> -> tensor<4x12xi32> loc("fc/high")
  %1 = spike.linear %y {weight = dense<1> : tensor<16x12xi8>} : tensor<4x16x!l> -> tensor<4x12xi32> loc("fc/low")
  %2 = onnx.mul %0, %c : (tensor<4x12xi32>, tensor<i32>) -> tensor<4x12xi32>
  %3 = onnx.add %2, %1 : (tensor<4x12xi32>, tensor<4x12xi32>) -> tensor<4x12xi32>
  return %3 : tensor<4x12xi32>
}

// -----

!h = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 1.0>
!l = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 1.0>

// 4 + 2 passes of layer a are as long as 4 of layer b with three vectors for two: both have
// 12 cycles, and get copies at the same time, until one has no vectors to share.
// CHECK-LABEL: @copies
// CHECK: layer "a/high" {placement = #xbar.placement<replicas = 2, round = 0, crossbars = [0, 2]>
// CHECK: layer "a/low" {cells_of = "a/high", placement = #xbar.placement<replicas = 2, round = 0, crossbars = [0, 2]>
// CHECK: layer "b" {placement = #xbar.placement<replicas = 3, round = 0, crossbars = [1, 3, 4]>
func.func @copies(%x: tensor<2x4x!h>, %y: tensor<2x4x!l>, %z: tensor<3x4x!h>) -> (tensor<2x4xi32>, tensor<3x4xi32>) {
  %c = onnx.constant dense<4> : tensor<i32>
  %0 = spike.linear %x {weight = dense<1> : tensor<4x4xi8>} : tensor<2x4x!h> -> tensor<2x4xi32> loc("a/high")
  %1 = spike.linear %y {weight = dense<1> : tensor<4x4xi8>} : tensor<2x4x!l> -> tensor<2x4xi32> loc("a/low")
  %2 = onnx.mul %0, %c : (tensor<2x4xi32>, tensor<i32>) -> tensor<2x4xi32>
  %3 = onnx.add %2, %1 : (tensor<2x4xi32>, tensor<2x4xi32>) -> tensor<2x4xi32>
  %4 = spike.linear %z {weight = dense<1> : tensor<4x4xi8>} : tensor<3x4x!h> -> tensor<3x4xi32> loc("b")
  return %3, %4 : tensor<2x4xi32>, tensor<3x4xi32>
}

// -----

!h = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 1.0>
!l = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 1.0>

// A layer that exceeds the chip: in each of its rounds both passes run.
// CHECK: xbar.program = [{cells = 256 : i64, crossbars = 8 : i64, layers = ["wide/high", "wide/low"]}, {cells = 256 : i64, crossbars = 8 : i64, layers = ["wide/high", "wide/low"]}, {cells = 96 : i64, crossbars = 3 : i64, layers = ["wide/high", "wide/low", "b"]}], xbar.rounds = 3 : i64, xbar.verified
// CHECK-LABEL: @rounds
// CHECK: layer "wide/high" {placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1], round_tiles = [8, 8, 2]>
// CHECK: layer "wide/low" {cells_of = "wide/high", placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1], round_tiles = [8, 8, 2]>
// CHECK: layer "b" {placement = #xbar.placement<replicas = 1, round = 2, crossbars = [2]>
func.func @rounds(%x: tensor<4x16x!h>, %y: tensor<4x16x!l>, %z: tensor<4x8x!h>) -> (tensor<4x36xi32>, tensor<4x4xi32>) {
  %c = onnx.constant dense<4> : tensor<i32>
  %0 = spike.linear %x {weight = dense<1> : tensor<16x36xi8>} : tensor<4x16x!h> -> tensor<4x36xi32> loc("wide/high")
  %1 = spike.linear %y {weight = dense<1> : tensor<16x36xi8>} : tensor<4x16x!l> -> tensor<4x36xi32> loc("wide/low")
  %2 = onnx.mul %0, %c : (tensor<4x36xi32>, tensor<i32>) -> tensor<4x36xi32>
  %3 = onnx.add %2, %1 : (tensor<4x36xi32>, tensor<4x36xi32>) -> tensor<4x36xi32>
  %4 = spike.linear %z {weight = dense<1> : tensor<8x4xi8>} : tensor<4x8x!h> -> tensor<4x4xi32> loc("b")
  return %3, %4 : tensor<4x36xi32>, tensor<4x4xi32>
}
