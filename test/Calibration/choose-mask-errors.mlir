// RUN: not snn-opt %s --spike-choose-mask=mask=often 2>&1 | FileCheck %s --check-prefix=CHOICE
// RUN: not snn-opt %s --spike-choose-mask=mask=level:x 2>&1 | FileCheck %s --check-prefix=LEVEL
// RUN: not snn-opt %s --spike-choose-mask=mask=level:4 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: not snn-opt %s --spike-choose-mask="mask=mode inputs=%t.none.npz" 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not snn-opt %s --spike-choose-mask="mask=mode inputs=random:0" 2>&1 | FileCheck %s --check-prefix=RANDOM

// CHOICE: error: needs mask mode, zero, plain or level:N, has 'often'
// LEVEL: error: needs mask mode, zero, plain or level:N, has 'level:x'
// LARGE: error: 'spike.quantize' op needs a mask level of at most 3, has 4
// FILE: error: {{.*}}cannot read inputs
// RANDOM: error: {{.*}}needs random:N with a positive N, has 'random:0'

!l = !spike.level<bits = 2, zero = 2, mask = 2, scale = 0.25>

func.func @f(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = spike.quantize %x "a" kind activation : tensor<?x4xf32> -> tensor<?x4x!l>
  %1 = spike.dequantize %0 : tensor<?x4x!l> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}
