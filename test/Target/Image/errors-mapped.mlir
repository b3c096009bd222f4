// What no unit of a chip executes, and what earlier passes have left out.
// RUN: rm -rf %t && split-file %s %t
// RUN: snn-opt %t/ok.mlir --spike-to-xbar=chip=%S/../../Dialect/Xbar/Inputs/toy.yaml -o %t/mapped.mlir
// RUN: not snn-opt %t/mapped.mlir --snn-write-image=output=%t/x.snnimg 2>&1 | FileCheck %s --check-prefix=TILING
// RUN: not snn-opt %t/mapped.mlir --xbar-tile --snn-write-image=output=%t/x.snnimg 2>&1 | FileCheck %s --check-prefix=PLACE
// RUN: not snn-opt %t/quantised.mlir --spike-to-xbar=chip=%S/../../Dialect/Xbar/Inputs/toy.yaml --snn-write-image=output=%t/x.snnimg 2>&1 | FileCheck %s --check-prefix=SITE
// RUN: not snn-opt %t/mapped.mlir --xbar-tile --xbar-place --xbar-schedule --snn-write-image=output=%t/none/x.snnimg 2>&1 | FileCheck %s --check-prefix=FOLDER
// RUN: not ls %t/x.snnimg

// TILING: error: 'xbar.linear' op needs a tiling; run xbar-tile first
// PLACE: error: 'xbar.linear' op needs a placement; run xbar-place first
// SITE: error: 'spike.quantize' op leaves the spiking site 'e1' at its levels; run spike-mttfs first
// FOLDER: error: cannot write '{{.*}}x.snnimg': No such file or directory

//--- ok.mlir
!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.5>
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xi32> {
  %0 = spike.encode %x "e1" kind activation : tensor<1x2xf32> -> tensor<1x2x!t>
  %1 = spike.linear %0 {weight = dense<1> : tensor<2x2xi8>} : tensor<1x2x!t> -> tensor<1x2xi32> loc("a")
  return %1 : tensor<1x2xi32>
}

//--- quantised.mlir
!l = !spike.level<bits = 2, zero = 0, mask = 0, scale = 0.5>
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = spike.quantize %x "e1" kind activation : tensor<1x2xf32> -> tensor<1x2x!l>
  %1 = spike.dequantize %0 : tensor<1x2x!l> -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
