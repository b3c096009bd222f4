// RUN: sed 's/ rows: {value: 8/ rows: {value: 4096/' %S/../Inputs/toy.yaml > %t.yaml
// RUN: not snn-opt %s --spike-to-xbar=chip=%t.yaml --xbar-tile --xbar-place 2>&1 | FileCheck %s --check-prefix=BUFFER
// RUN: not snn-opt %s --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile --xbar-place 2>&1 | FileCheck %s --check-prefix=ROOM
// RUN: not snn-opt %s --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-place 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not snn-opt %s --xbar-place 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not snn-opt %s --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-schedule 2>&1 | FileCheck %s --check-prefix=SCHEDULE

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// BUFFER: error: {{.*}}layer '/wide/MatMul' needs a core buffer of 2064 bytes for the digits of 1 row blocks and the partial sums of 4 outputs, a core of chip 'toy' has 1024; use a chip with a larger buffer_kib or fewer activation bits
// ROOM: error: {{.*}}layer '/wide/MatMul' needs 512 crossbars (1 column blocks of 512 row blocks with 1 slices a weight), chip 'toy' has room for fewer: 2 cores of 4; use a chip with more cores or larger crossbars, or fewer weight bits
// ORDER: error: {{.*}}'xbar.linear' op needs a tiling; run xbar-tile first
// CHIP: error: {{.*}}needs a chip in 'xbar.chip'; run spike-to-xbar first
// SCHEDULE: error: {{.*}}'xbar.linear' op needs a placement; run xbar-place first
func.func @wide(%x: tensor<4x4096x!t>) -> tensor<4x4xi32> {
  %0 = spike.linear %x {weight = dense<1> : tensor<4096x4xi8>} : tensor<4x4096x!t> -> tensor<4x4xi32> loc("/wide/MatMul")
  return %0 : tensor<4x4xi32>
}
