// Options of random numbers and of networks trained to spike need such a network.
//
// RUN: snn-opt %s --snn-check-network | FileCheck %s
// RUN: not snn-opt %s --snn-check-network=neurons 2>&1 | FileCheck %s --check-prefix=NEURONS
// RUN: not snn-opt %s --snn-check-network="stochastic=rng random=seed" 2>&1 | FileCheck %s --check-prefix=RANDOM
// RUN: not snn-opt %s --snn-pipeline="rng=lfsr32 to=quantise" 2>&1 | FileCheck %s --check-prefix=PIPELINE
//
// NEURONS: error: has no neurons of a network trained to spike, which --coding lif is for (--remarks spike-recover says what was not recognised)
// RANDOM: error: has no stochastic attention, without which --rng has no effect
// RANDOM: error: has no random spikes, without which --seed has no effect
// PIPELINE: error: has no stochastic attention, without which --rng has no effect

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = onnx.relu %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

