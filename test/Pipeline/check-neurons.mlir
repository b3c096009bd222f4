// The error of coding lif shows what was found instead of neurons.
//
// RUN: not snn-opt %s --snn-pipeline="coding=lif to=quantise" 2>&1 | FileCheck %s
// RUN: snn-opt %s --snn-pipeline="to=import" | snn-opt --spike-recover-lif | FileCheck %s --check-prefix=FACT
//
// FACT: spike.missed_neurons = ["no neurons recognised: 1 comparison of floats with constants, or of clipped floats, is used as spikes"]
//
// CHECK: error: has no neurons of a network trained to spike, which --coding lif is for
// CHECK: note: no neurons recognised: 1 comparison of floats with constants, or of clipped floats, is used as spikes

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %theta = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.greater %x, %theta : (tensor<1x4xf32>, tensor<f32>) -> tensor<1x4xi1>
  %1 = onnx.cast %0 {to = f32} : (tensor<1x4xi1>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}
