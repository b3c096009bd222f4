// RUN: snn-opt %s --split-input-file --canonicalize --spike-recover-lif --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// As PyTorch writes two steps of a decaying input and a hard reset.
// CHECK-LABEL: @hard
// CHECK-SAME: (%[[X:.*]]: tensor<2x?x8xf32>)
// CHECK-NEXT: %[[S:.*]] = spike.lif %[[X]] "lif" {decay_input, tau = 2.000000e+00 : f64, threshold = 1.000000e+00 : f64} : tensor<2x?x8xf32> -> tensor<2x?x8x!spike.binary<steps = 2>>
// CHECK-NEXT: %[[Y:.*]] = spike.dequantize %[[S]]
// CHECK-NEXT: return %[[Y]]
func.func @hard(%x: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x?x8xf32>, tensor<i64>) -> tensor<?x8xf32>
  %0 = onnx.sub %x0, %zero : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.div %0, %tau : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %h0 = onnx.add %zero, %1 : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.sub %h0, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.greater_or_equal %2, %zero : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %s0 = onnx.cast %3 {to = f32} : (tensor<?x8xi1>) -> tensor<?x8xf32>
  %4 = onnx.sub %one, %s0 : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %v0 = onnx.mul %4, %h0 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x?x8xf32>, tensor<i64>) -> tensor<?x8xf32>
  %5 = onnx.sub %x1, %v0 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = onnx.div %5, %tau : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %h1 = onnx.add %v0, %6 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %7 = onnx.sub %h1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %8 = onnx.greater_or_equal %7, %zero : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %s1 = onnx.cast %8 {to = f32} : (tensor<?x8xi1>) -> tensor<?x8xf32>
  %r0 = onnx.reshape %s0 [1, -1, 8] : (tensor<?x8xf32>) -> tensor<1x?x8xf32>
  %r1 = onnx.reshape %s1 [1, -1, 8] : (tensor<?x8xf32>) -> tensor<1x?x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x?x8xf32>, tensor<1x?x8xf32>) -> tensor<2x?x8xf32>
  return %y : tensor<2x?x8xf32>
}

// -----

// A soft reset, an input that does not decay, a comparison the other way round,
// slices instead of gathers, and a spike that is also used on its own.
// CHECK-LABEL: @soft
// CHECK: %[[S:.*]] = spike.lif %{{.*}} "lif" {soft_reset, tau = 4.000000e+00 : f64, threshold = 5.000000e-01 : f64}
// CHECK: %[[Y:.*]] = spike.dequantize %[[S]]
// CHECK: %[[LAST:.*]] = onnx.gather %[[Y]]
// CHECK: return %[[Y]], %[[LAST]]
func.func @soft(%x: tensor<2x8xf32>) -> (tensor<2x8xf32>, tensor<8xf32>) {
  %theta = onnx.constant dense<0.5> : tensor<f32>
  %keep = onnx.constant dense<0.75> : tensor<f32>
  %a0 = onnx.slice %x {axes = array<i64: 0>, ends = array<i64: 1>, starts = array<i64: 0>, steps = array<i64: 1>} : (tensor<2x8xf32>) -> tensor<1x8xf32>
  %x0 = onnx.reshape %a0 [8] : (tensor<1x8xf32>) -> tensor<8xf32>
  %0 = onnx.less_or_equal %theta, %x0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xi1>
  %s0 = onnx.cast %0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %1 = onnx.mul %s0, %theta : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %v0 = onnx.sub %x0, %1 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %a1 = onnx.slice %x {axes = array<i64: 0>, ends = array<i64: 2>, starts = array<i64: 1>, steps = array<i64: 1>} : (tensor<2x8xf32>) -> tensor<1x8xf32>
  %x1 = onnx.reshape %a1 [8] : (tensor<1x8xf32>) -> tensor<8xf32>
  %2 = onnx.mul %v0, %keep : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %x1, %2 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %3 = onnx.less_or_equal %theta, %h1 : (tensor<f32>, tensor<8xf32>) -> tensor<8xi1>
  %s1 = onnx.cast %3 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y, %s1 : tensor<2x8xf32>, tensor<8xf32>
}

// -----

// Neurons that do not leak, reset to -0.25 by a selection.
// CHECK-LABEL: @integrate
// CHECK: spike.lif %{{.*}} "lif" {reset_value = -2.500000e-01 : f64, tau = 0x7FF0000000000000 : f64, threshold = 1.000000e+00 : f64}
func.func @integrate(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %reset = onnx.constant dense<-0.25> : tensor<f32>
  %two = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %0 = onnx.greater_or_equal %x0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.where %0, %one, %zero : (tensor<8xi1>, tensor<f32>, tensor<f32>) -> tensor<8xf32>
  %v0 = onnx.where %0, %reset, %x0 : (tensor<8xi1>, tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %x1 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %1 = onnx.less %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %2 = onnx.not %1 : (tensor<8xi1>) -> tensor<8xi1>
  %s1 = onnx.cast %2 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  // Some membrane is divided somewhere.
  %3 = onnx.div %x0, %two : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// spikingjelly's reset value -0.5, from which the membrane starts and to which it
// leaks: v + (x - (v - reset)) / tau. The same neuron, moved by 0.5.
// CHECK-LABEL: @rest
// CHECK: spike.lif %{{.*}} "lif" {decay_input, tau = 2.000000e+00 : f64, threshold = 1.500000e+00 : f64}
func.func @rest(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %rest = onnx.constant dense<-0.5> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %1 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h0 = onnx.add %rest, %1 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %3 = onnx.greater_or_equal %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %3 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %4 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %5 = onnx.mul %h0, %4 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %6 = onnx.mul %rest, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.add %5, %6 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %7 = onnx.sub %v0, %rest : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %8 = onnx.sub %x1, %7 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %9 = onnx.div %8, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %9 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %10 = onnx.greater_or_equal %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %10 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// One time step: a division and a comparison; one layer feeds the next.
// CHECK-LABEL: @once
// CHECK: %[[A:.*]] = spike.lif %arg0 "lif" {decay_input, tau = 2.000000e+00 : f64, threshold = 1.000000e+00 : f64} : tensor<1x8xf32> -> tensor<1x8x!spike.binary<steps = 1>>
// CHECK: %[[F:.*]] = spike.dequantize %[[A]]
// CHECK: spike.lif %[[F]] "lif#2" {decay_input, tau = 4.000000e+00 : f64, threshold = 1.250000e-01 : f64}
func.func @once(%x: tensor<1x8xf32>) -> tensor<8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %theta = onnx.constant dense<0.125> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %quarter = onnx.constant dense<0.25> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<1x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %0 = onnx.sub %h, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = onnx.greater_or_equal %0, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s = onnx.cast %1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %a = onnx.reshape %s [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %b = onnx.gather %a, %i0 : (tensor<1x8xf32>, tensor<i64>) -> tensor<8xf32>
  %g = onnx.mul %b, %quarter : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %2 = onnx.greater_or_equal %g, %theta : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %y = onnx.cast %2 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// A mask of a network without neurons is no neuron.
// CHECK-LABEL: @mask
// CHECK-NOT: spike.lif
// CHECK: onnx.greater_or_equal
func.func @mask(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.greater_or_equal %x, %half : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xi1>
  %1 = onnx.cast %0 {to = f32} : (tensor<4x8xi1>) -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// -----

// A membrane at its threshold does not fire: the threshold is the next F32 number.
// CHECK-LABEL: @strict
// CHECK: %[[S:.*]] = spike.lif %{{.*}} "lif" {decay_input, tau = 2.000000e+00 : f64, threshold = 1.0000001192092896 : f64}
// CHECK: %[[Y:.*]] = spike.dequantize %[[S]]
// CHECK: return %[[Y]]
func.func @strict(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %m0 = onnx.sub %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c0 = onnx.greater %m0, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %n0 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %n0, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %d = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %e = onnx.div %d, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %e : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %m1 = onnx.sub %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c1 = onnx.greater %m1, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// The same as a negated comparison.
// CHECK-LABEL: @not_less_or_equal
// CHECK: spike.lif %{{.*}} "lif" {decay_input, tau = 2.000000e+00 : f64, threshold = 1.0000001192092896 : f64}
// CHECK-NOT: onnx.less_or_equal
func.func @not_less_or_equal(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %l0 = onnx.less_or_equal %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %c0 = onnx.not %l0 : (tensor<8xi1>) -> tensor<8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %n0 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %n0, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %d = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %e = onnx.div %d, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %e : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %l1 = onnx.less_or_equal %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %c1 = onnx.not %l1 : (tensor<8xi1>) -> tensor<8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// A threshold for each channel: the neuron of a scaled input.
// CHECK-LABEL: @thresholds
// CHECK-SAME: (%[[X:.*]]: tensor<2x8xf32>)
// CHECK: %[[THETA:.*]] = onnx.constant dense<[5.000000e-01, 1.000000e+00
// CHECK: %[[I:.*]] = onnx.div %[[X]], %[[THETA]]
// CHECK: %[[S:.*]] = spike.lif %[[I]] "lif" {decay_input, tau = 2.000000e+00 : f64, threshold = 1.000000e+00 : f64}
// CHECK: %[[Y:.*]] = spike.dequantize %[[S]]
// CHECK: return %[[Y]]
func.func @thresholds(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %theta = onnx.constant dense<[0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]> : tensor<8xf32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %m0 = onnx.sub %h0, %theta : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %c0 = onnx.greater_or_equal %m0, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %n0 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %n0, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %d = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %e = onnx.div %d, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %e : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %m1 = onnx.sub %h1, %theta : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %c1 = onnx.greater_or_equal %m1, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// Above its threshold only, which the reset subtracts.
// CHECK-LABEL: @strict_soft
// CHECK: spike.lif %{{.*}} "lif" rule subtract {amount = 1.000000e+00 : f64, decay_input, tau = 2.000000e+00 : f64, threshold = 1.0000001192092896 : f64}
func.func @strict_soft(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %m0 = onnx.sub %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c0 = onnx.greater %m0, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %w0 = onnx.mul %s0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %v0 = onnx.sub %h0, %w0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %d = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %e = onnx.div %d, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %e : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %m1 = onnx.sub %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c1 = onnx.greater %m1, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// Integer neurons of one step: five levels, rounded to even, in one of the ways to
// write the clip; the division behind them is left.
// CHECK-LABEL: @integer
// CHECK: %[[S:.*]] = spike.lif %{{.*}} "lif" {decay_input, levels = array<f32: 1.500000e+00, 2.50000024, 3.500000e+00>, tau = 1.000000e+00 : f64, threshold = 0.50000005960464478 : f64} : tensor<3x8xf32> -> tensor<3x8x!spike.count<max = 4, steps = 1>>
// CHECK: %[[C:.*]] = spike.dequantize %[[S]]
// CHECK: onnx.div %[[C]]
func.func @integer(%x: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %four = onnx.constant dense<4.0> : tensor<f32>
  %0 = onnx.relu %x : (tensor<3x8xf32>) -> tensor<3x8xf32>
  %1 = onnx.min %0, %four : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xf32>
  %2 = onnx.round %1 : (tensor<3x8xf32>) -> tensor<3x8xf32>
  %3 = onnx.div %2, %four : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xf32>
  return %3 : tensor<3x8xf32>
}

// -----

// A copy of the layer for each step, as a loop over time writes it, and neurons that
// are reset one step late: one product, neurons whose membranes are read.
// CHECK-LABEL: @copies
// CHECK: %[[P:.*]] = onnx.matmul %{{.*}} : (tensor<2x3x4xf32>, tensor<4x8xf32>) -> tensor<2x3x8xf32>
// CHECK: spike.lif %[[P]] "lif" rule late_subtract {amount = 1.000000e+00 : f64, tau = 2.000000e+00 : f64, threshold = 1.0000001192092896 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8x!spike.binary<steps = 2>>, tensor<2x3x8xf32>
// CHECK-NOT: onnx.matmul
func.func @copies(%x: tensor<2x3x4xf32>) -> (tensor<3x8xf32>, tensor<3x8xf32>) {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %beta = onnx.constant dense<0.5> : tensor<f32>
  %w = onnx.constant dense<1.0> : tensor<4x8xf32>
  %a0 = onnx.gather %x, %i0 : (tensor<2x3x4xf32>, tensor<i64>) -> tensor<3x4xf32>
  %x0 = onnx.matmul %a0, %w : (tensor<3x4xf32>, tensor<4x8xf32>) -> tensor<3x8xf32>
  %c0 = onnx.greater %x0, %one : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<3x8xi1>) -> tensor<3x8xf32>
  %a1 = onnx.gather %x, %i1 : (tensor<2x3x4xf32>, tensor<i64>) -> tensor<3x4xf32>
  %x1 = onnx.matmul %a1, %w : (tensor<3x4xf32>, tensor<4x8xf32>) -> tensor<3x8xf32>
  %k1 = onnx.mul %x0, %beta : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xf32>
  %u1 = onnx.add %k1, %x1 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %h1 = onnx.sub %u1, %s0 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %c1 = onnx.greater %h1, %one : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<3x8xi1>) -> tensor<3x8xf32>
  %y = onnx.add %s0, %s1 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y, %h1 : tensor<3x8xf32>, tensor<3x8xf32>
}

// -----

// Time constants for each channel.
// CHECK-LABEL: @time_constants
// CHECK: spike.lif %arg0 {{.*}} {channel_axis = 1 : i64, constants = array<f32: 2.000000e+00, 1.000000e+00, 1.500000e+00, 2.000000e+00, 2.500000e+00, 3.000000e+00, 3.500000e+00, 4.000000e+00>, decay_input
func.func @time_constants(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %taus = onnx.constant dense<[2.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]> : tensor<8xf32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %taus : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %c0 = onnx.greater_or_equal %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %n0 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %n0, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %d = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %e = onnx.div %d, %taus : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %e : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %c1 = onnx.greater_or_equal %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
