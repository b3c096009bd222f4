// RUN: snn-opt %s --split-input-file --spike-fold-silent-offset --verify-diagnostics --mlir-print-local-scope | FileCheck %s

!z = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!m = !spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>
!up = !spike.ttfs<bits = 4, zero = 8, mask = 10, radius = 1, scale = 0.25>
!u = !spike.ttfs<bits = 4, zero = 0, mask = 3, scale = 0.25>
!l = !spike.level<bits = 4, zero = 8, mask = 7, scale = 0.25>

// The worked example: w = [+1, -1, +1, +1, -1] sums to 1, so that C = -1. A
// second column sums to 7.
// CHECK-LABEL: @linear
// CHECK: spike.linear %{{.*}} {offset = dense<[-1, -7]> : tensor<2xi32>, weight =
func.func @linear(%x: tensor<?x5x!m>) -> tensor<?x2xi32> {
  %0 = spike.linear %x {weight = dense<[[1, 1], [-1, 2], [1, 3], [1, 4], [-1, -3]]> : tensor<5x2xi8>} : tensor<?x5x!m> -> tensor<?x2xi32>
  return %0 : tensor<?x2xi32>
}

// The radius does not matter: a silent input is read as the mask. Wide weights.
// CHECK-LABEL: @wide
// CHECK: spike.linear %{{.*}} {offset = dense<[600, -520]> : tensor<2xi32>
func.func @wide(%x: tensor<2x!up>) -> tensor<2xi32> {
  %0 = spike.linear %x {weight = dense<[[100, -10], [200, -250]]> : tensor<2x2xi16>} : tensor<2x!up> -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// mask = zero: nothing to fold. Levels have no silent inputs. An offset that is
// there stays.
// CHECK-LABEL: @unchanged
// CHECK: spike.linear %{{.*}} {weight = dense<1> : tensor<2x2xi8>} : tensor<2x!spike.ttfs<{{.*}}mask = 8
// CHECK: spike.linear %{{.*}} {weight = dense<1> : tensor<2x2xi8>} : tensor<2x!spike.level<
// CHECK: spike.linear %{{.*}} {offset = dense<[5, 6]> : tensor<2xi32>
func.func @unchanged(%z: tensor<2x!z>, %l: tensor<2x!l>, %m: tensor<2x!m>) -> (tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) {
  %0 = spike.linear %z {weight = dense<1> : tensor<2x2xi8>} : tensor<2x!z> -> tensor<2xi32>
  %1 = spike.linear %l {weight = dense<1> : tensor<2x2xi8>} : tensor<2x!l> -> tensor<2xi32>
  %2 = spike.linear %m {weight = dense<1> : tensor<2x2xi8>, offset = dense<[5, 6]> : tensor<2xi32>} : tensor<2x!m> -> tensor<2xi32>
  return %0, %1, %2 : tensor<2xi32>, tensor<2xi32>, tensor<2xi32>
}

// A padded, strided convolution of 4x4 with 3x3 taps numbered 1 to 9, stride 2,
// one pad on each side: position (0,0) sees the taps 5 6 8 9 (28), (0,1) the
// lower two rows 4..9 (39), (1,0) the right two columns 2 3 5 6 8 9 (33), (1,1)
// all (45). mask - zero = 3. The second output channel is the negative.
// CHECK-LABEL: @conv
// CHECK: spike.conv
// CHECK-SAME: offset = dense<{{\[\[\[}}84, 117], [99, 135]], {{\[\[}}-84, -117], [-99, -135]]]> : tensor<2x2x2xi32>
func.func @conv(%x: tensor<?x1x4x4x!u>) -> tensor<?x2x2x2xi32> {
  %0 = spike.conv %x {weight = dense<[[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]]]]> : tensor<2x1x3x3xi8>,
      strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, group = 1 : i64}
      : tensor<?x1x4x4x!u> -> tensor<?x2x2x2xi32>
  return %0 : tensor<?x2x2x2xi32>
}

// One axis, two groups of two channels, dilation 2, one pad at the end only: the
// taps of output 1 at positions 0..2 are inputs 0 and 2, 1 and 3, 2 and (padding).
// mask - zero = -1; channel sums of the taps are (3, 7) and (30, 70).
// CHECK-LABEL: @grouped
// CHECK: spike.conv
// CHECK-SAME: offset = dense<{{\[\[}}-10, -10, -3], [-100, -100, -30]]> : tensor<2x3xi32>
func.func @grouped(%x: tensor<1x4x4x!m>) -> tensor<1x2x3xi32> {
  %0 = spike.conv %x {weight = dense<[[[1, 3], [2, 4]], [[10, 30], [20, 40]]]> : tensor<2x2x2xi8>,
      strides = array<i64: 1>, pads = array<i64: 0, 1>, dilations = array<i64: 2>, group = 2 : i64} : tensor<1x4x4x!m> -> tensor<1x2x3xi32>
  return %0 : tensor<1x2x3xi32>
}

// CHECK-LABEL: @unmasked_conv
// CHECK-NOT: offset
func.func @unmasked_conv(%x: tensor<1x1x4x!z>) -> tensor<1x1x4xi32> {
  %0 = spike.conv %x {weight = dense<1> : tensor<1x1x3xi8>, strides = array<i64: 1>, pads = array<i64: 1, 1>,
      dilations = array<i64: 1>, group = 1 : i64} : tensor<1x1x4x!z> -> tensor<1x1x4xi32>
  return %0 : tensor<1x1x4xi32>
}

// -----

!m = !spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>

func.func @archive(%x: tensor<5x!m>) -> tensor<2xi32> {
  // expected-error-re@+1 {{cannot read {{.*}}no-such-file.safetensors}}
  %0 = spike.linear %x {weight = #onnx.param<"no-such-file.safetensors", "w"> : tensor<5x2xi8>} : tensor<5x!m> -> tensor<2xi32>
  return %0 : tensor<2xi32>
}
