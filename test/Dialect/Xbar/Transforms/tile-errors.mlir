// RUN: sed 's/adc_bits: {value: 4/adc_bits: {value: 1/' %S/../Inputs/toy.yaml > %t.adc.yaml
// RUN: sed 's/-16/1/' %s > %t.adc.mlir
// RUN: not snn-opt %t.adc.mlir --spike-to-xbar=chip=%t.adc.yaml --xbar-tile 2>&1 | FileCheck %s --check-prefix=ADC
// RUN: not snn-opt %s --spike-to-xbar=chip=%S/../Inputs/toy.yaml --xbar-tile 2>&1 | FileCheck %s --check-prefix=COLUMNS
// RUN: not snn-opt %s --spike-to-xbar --xbar-tile=adc-policy=calibrated 2>&1 | FileCheck %s --check-prefix=INPUTS
// RUN: not snn-opt %s --spike-to-xbar --xbar-tile=adc-policy=best 2>&1 | FileCheck %s --check-prefix=POLICY
// RUN: sed 's/kv_bits_per_element: {value: 64/kv_bits_per_element: {value: 8/' %S/../Inputs/toy.yaml > %t.kv.yaml
// RUN: sed '/^func.func @wide/,$d' %s > %t.key.mlir
// RUN: not snn-opt %t.key.mlir --spike-to-xbar=chip=%t.kv.yaml --xbar-tile 2>&1 | FileCheck %s --check-prefix=KEY

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// ADC: error: {{.*}}layer '/fc/MatMul' needs an ADC of 2 bits to convert even one row of levels up to 1 exactly, chip 'toy' has 1; choose --adc-policy calibrated or cells of fewer levels
// COLUMNS: error: {{.*}}layer '/fc/MatMul' needs 5 adjacent columns for a weight of 5 bits, a crossbar of chip 'toy' has 4; use fewer weight bits or cells of more levels
// INPUTS: error: {{.*}}needs calibration inputs for the range of calibrated ADCs; give --calibrate, or --adc-policy lossless
// POLICY: error: {{.*}}needs ADC policy lossless or calibrated, has 'best'
// KEY: error: {{.*}}'xbar.product' op product '/att/MatMul' needs engine memory for one key of 32 bits, half of the memory of engine 'mttfs' of chip 'toy' is smaller; use fewer --kv-bits or elements with more memory
func.func @product(%q: tensor<2x4x8x!t>, %k: tensor<2x4x8x!k>) -> tensor<2x4x4xi32> {
  %0 = spike.matmul %q, %k {transposed, engine = "mttfs"} : tensor<2x4x8x!t>, tensor<2x4x8x!k> -> tensor<2x4x4xi32> loc("/att/MatMul")
  return %0 : tensor<2x4x4xi32>
}
func.func @wide(%x: tensor<4x2x!t>) -> tensor<4x1xi32> {
  %0 = spike.linear %x {weight = dense<[[1], [-16]]> : tensor<2x1xi8>} : tensor<4x2x!t> -> tensor<4x1xi32> loc("/fc/MatMul")
  return %0 : tensor<4x1xi32>
}
