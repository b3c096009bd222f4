// SpikedAttention's model, computed by hand: an event costs 6.05625 pJ, a phase of a
// neuron that has not fired 16.55625 pJ, a multiply-add without spikes 14.6 pJ and a
// result of it 5 pJ.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-map-attention --spike-to-xbar=chip=spikedattention-45nm --xbar-schedule \
// RUN:   --xbar-report-energy="assume=rate=0.5,rate.k=0.25,unfired=3,unfired.p=2,unfired.s=7 output=%t/energy.json" -o /dev/null
// RUN: %python %S/Inputs/print_phase.py %t/energy.json | FileCheck %s
//
// 4 x 4 x 4 pairs of which 0.5 x 0.25 meet: 8 events. The race's 16 neurons are charged,
// 2 phases each, those of the scores (7 phases) are not.
// CHECK: qk spike.phase_matmul events 8 steps 32 snn 578.25 ann 1014.4
// CHECK-NEXT: s spike.phase_encode events 0 steps 0 snn 0 ann 0
// CHECK-NEXT: p spike.woss events 0 steps 0 snn 0 ann 0
// 4 x 4 x 4 x 0.25 events; 16 neurons of the context, 3 phases each.
// CHECK-NEXT: pv spike.phase_matmul events 16 steps 48 snn 891.6 ann 1014.4
// CHECK-NEXT: c spike.phase_encode events 0 steps 0 snn 0 ann 0
// 4 x 4 x 8 x 0.5 events; 32 rectifying neurons.
// CHECK-NEXT: fc1 spike.phase_linear events 64 steps 96 snn 1977 ann 2028.8
// CHECK-NEXT: h spike.phase_encode events 0 steps 0 snn 0 ann 0
// The second linear of the MLP is in no total of the released code; its neurons are
// those of the sum behind it.
// CHECK-NEXT: fc2 spike.phase_linear events 64 steps 48 snn 0 ann 0
// CHECK-NEXT: skip spike.phase_residual events 0 steps 0 snn 0 ann 0
// CHECK-NEXT: r spike.phase_encode events 0 steps 0 snn 0 ann 0
// A normalisation of the residual stream is a layer of fan-in 1: 16 x 0.5 events.
// CHECK: norm onnx.batch_normalization events 0 steps 48 snn 843.15 ann 313.6
// CHECK: totals snn 4290 ann 4371.2 full_ann 6320
// CHECK-NEXT: dense 400

!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
!u = !spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>

module {
func.func @main(%x: tensor<1x4x4xf32>, %m: tensor<4xf32>) -> tensor<1x4x4x!s> {
  %q = spike.phase_encode %x "q" kind query : tensor<1x4x4xf32> -> tensor<1x4x4x!s> loc("q")
  %k = spike.phase_encode %x "k" kind key : tensor<1x4x4xf32> -> tensor<1x4x4x!s> loc("k")
  %v = spike.phase_encode %x "v" kind value : tensor<1x4x4xf32> -> tensor<1x4x4x!s> loc("v")
  %0 = spike.phase_matmul %q, %k {transposed} : tensor<1x4x4x!s>, tensor<1x4x4x!s> -> tensor<1x4x4xf32> loc("qk")
  %1 = spike.phase_encode %0 "s" kind score : tensor<1x4x4xf32> -> tensor<1x4x4x!s> loc("s")
  %2, %z = spike.woss %1 "p" kind probability : tensor<1x4x4x!s> -> tensor<1x4x4x!u>, tensor<1x4x1xf32> loc("p")
  %3 = spike.phase_matmul %2, %v divisor(%z : tensor<1x4x1xf32>)
      : tensor<1x4x4x!u>, tensor<1x4x4x!s> -> tensor<1x4x4xf32> loc("pv")
  %4 = spike.phase_encode %3 "c" kind activation : tensor<1x4x4xf32> -> tensor<1x4x4x!s> loc("c")
  %5 = spike.phase_linear %4 {weight = dense<1> : tensor<4x8xi8>} : tensor<1x4x4x!s> -> tensor<1x4x8xf32> loc("fc1")
  %6 = spike.phase_encode %5 "h" kind activation : tensor<1x4x8xf32> -> tensor<1x4x8x!u> loc("h")
  %7 = spike.phase_linear %6 {weight = dense<1> : tensor<8x4xi8>} : tensor<1x4x8x!u> -> tensor<1x4x4xf32> loc("fc2")
  %8 = spike.phase_residual %7, %4 : tensor<1x4x4xf32>, tensor<1x4x4x!s> -> tensor<1x4x4xf32> loc("skip")
  %9 = spike.phase_encode %8 "r" kind residual : tensor<1x4x4xf32> -> tensor<1x4x4x!s> loc("r")
  %10 = spike.phase_decode %9 : tensor<1x4x4x!s> -> tensor<1x4x4xf32> loc("d")
  %11 = onnx.batch_normalization %10, %m, %m, %m, %m {epsilon = 1.0e-5 : f64}
      : (tensor<1x4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x4xf32> loc("norm")
  %12 = spike.phase_encode %11 "n" kind activation : tensor<1x4x4xf32> -> tensor<1x4x4x!s> loc("n")
  return %12 : tensor<1x4x4x!s>
}
}
