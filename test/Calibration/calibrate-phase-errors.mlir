// RUN: split-file %s %t
// RUN: not snn-opt %t/site.mlir --spike-calibrate-phase 2>&1 | FileCheck %s --check-prefix=INPUTS
// RUN: not snn-opt %t/site.mlir --spike-calibrate-phase="inputs=random:1 base=2.5" 2>&1 | FileCheck %s --check-prefix=BASE
// RUN: not snn-opt %t/site.mlir --spike-calibrate-phase="inputs=random:1 phases=128" 2>&1 | FileCheck %s --check-prefix=PHASES
// RUN: not snn-opt %t/site.mlir --spike-calibrate-phase="inputs=random:1 range=percentile" 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not snn-opt %t/site.mlir --spike-calibrate-phase="inputs=random:1 release=vit" 2>&1 | FileCheck %s --check-prefix=RELEASE
// RUN: not snn-opt %t/own.mlir --spike-calibrate-phase="inputs=random:1" 2>&1 | FileCheck %s --check-prefix=OWN
// RUN: not snn-opt %t/infinite.mlir --spike-calibrate-phase="inputs=random:1" 2>&1 | FileCheck %s --check-prefix=INFINITE

// INPUTS: error: {{.*}}is a float model; give calibration inputs with --calibrate
// BASE: error: {{.*}}needs a base above 1 and at most 2 and 1 to 127 phases, has 2.5 and 40
// PHASES: error: {{.*}}needs a base above 1 and at most 2 and 1 to 127 phases, has 1.15 and 128
// RANGE: error: {{.*}}needs range mse or max for phase coding, has 'percentile'
// RELEASE: error: {{.*}}needs release none, swin or bert, has 'vit'
// OWN: error: {{.*}}is a quantiser of the model's own; phase coding needs a float model
// INFINITE: error: {{.*}}sees values that are not finite on the calibration inputs

//--- site.mlir
func.func @f(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = spike.site %x "x" kind activation : tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

//--- own.mlir
func.func @f(%x: tensor<1x2xf32>) -> tensor<1x2x!spike.level<bits = 4, zero = 8, mask = 8, scale = 1.0>> {
  %0 = spike.quantize %x "x" kind activation : tensor<1x2xf32> -> tensor<1x2x!spike.level<bits = 4, zero = 8, mask = 8, scale = 1.0>>
  return %0 : tensor<1x2x!spike.level<bits = 4, zero = 8, mask = 8, scale = 1.0>>
}

//--- infinite.mlir
func.func @f(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = onnx.constant dense<0.0> : tensor<1x2xf32>
  %1 = onnx.div %x, %0 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = spike.site %1 "x" kind activation : tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
