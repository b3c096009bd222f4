// RUN: sed 's/ rows: {value: 8/ rows: {value: 4096/' %S/../Inputs/toy.yaml > %t.yaml
// RUN: not snn-opt %s --spike-to-xbar=chip=%t.yaml --xbar-tile --xbar-place 2>&1 | FileCheck %s --check-prefix=BUFFER
// RUN: sed -e 's/ rows: {value: 8/ rows: {value: 4096/' -e 's/buffer_kib: {value: 1/buffer_kib: {value: 3/' %S/../Inputs/toy.yaml > %t.cure.yaml
// RUN: snn-opt %s --spike-to-xbar=chip=%t.cure.yaml --xbar-tile --xbar-place --xbar-schedule --xbar-verify-mapping | FileCheck %s --check-prefix=CURE
// RUN: not snn-opt %s --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-place 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not snn-opt %s --xbar-place 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not snn-opt %s --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-schedule 2>&1 | FileCheck %s --check-prefix=SCHEDULE

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// A core that holds no tile refuses; the cure is true.
// BUFFER: error: {{.*}}layer '/wide/MatMul' needs a core buffer of 2064 bytes for the digits of a row block of 4096 inputs and the partial sums of 4 outputs, a core of chip 'toy' has 1024; use a chip with a buffer_kib of at least 3, or fewer activation bits
// CURE: xbar.rounds = 1 : i64, xbar.verified
// ORDER: error: {{.*}}'xbar.linear' op needs a tiling; run xbar-tile first
// CHIP: error: {{.*}}needs a chip in 'xbar.chip'; run spike-to-xbar first
// SCHEDULE: error: {{.*}}'xbar.linear' op needs a placement; run xbar-place first
func.func @wide(%x: tensor<4x4096x!t>) -> tensor<4x4xi32> {
  %0 = spike.linear %x {weight = dense<1> : tensor<4096x4xi8>} : tensor<4x4096x!t> -> tensor<4x4xi32> loc("/wide/MatMul")
  return %0 : tensor<4x4xi32>
}
