// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=4x2=-2,1,0.5,-0.25,0.75,0.25,-1,1.75
// RUN: snn-opt %s --split-input-file --spike-correct-bias=inputs=%t.npz --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-correct-bias --mlir-print-local-scope | FileCheck %s --check-prefix=NONE
// RUN: not snn-opt %s --split-input-file --spike-correct-bias=inputs=%t.none.npz 2>&1 | FileCheck %s --check-prefix=ERROR

// Without inputs nothing changes.
// NONE-LABEL: @two_linears
// NONE: spike.mean
// ERROR: cannot read inputs

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.5>

// The levels of %x are -4 2, 1 0, 2 0, -2 4 (halves to even): means -0.75 and 1.5,
// times 0.5. The float network had 0.125 and 1.25: the bias is 0.5 for both. The
// second linear sees what the first one's bias makes, -3 3, 2 1, 3 1, -1 5 with the
// means 0.25 and 2.5, and gives 0.125 and 1.25 where 1.125 and 1.25 are wanted.
// CHECK-LABEL: @two_linears
// CHECK-NOT: spike.mean
// CHECK: spike.rescale %{{.*}} {axis = -1 : i64, bias = dense<5.000000e-01> : tensor<2xf32>, scale
// CHECK: spike.requantize %{{.*}} "z" kind activation {axis = -1 : i64, bias = dense<[1.000000e+00, 0.000000e+00]> : tensor<2xf32>, scale
func.func @two_linears(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %0 = spike.quantize %x "x" kind activation : tensor<?x2xf32> -> tensor<?x2x!l>
  %1 = spike.linear %0 {weight = dense<[[1, 0], [0, 1]]> : tensor<2x2xi8>, spike.mean = dense<[0.125, 1.25]> : tensor<2xf32>} : tensor<?x2x!l> -> tensor<?x2xi32>
  %2 = spike.rescale %1 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<?x2xi32> -> tensor<?x2xf32>
  %3 = spike.quantize %2 "y" kind activation : tensor<?x2xf32> -> tensor<?x2x!l>
  %4 = spike.linear %3 {weight = dense<[[1, 0], [0, 1]]> : tensor<2x2xi8>, spike.mean = dense<[1.125, 1.25]> : tensor<2xf32>} : tensor<?x2x!l> -> tensor<?x2xi32>
  %5 = spike.requantize %4 "z" kind activation {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<?x2xi32> -> tensor<?x2x!l>
  %6 = spike.dequantize %5 : tensor<?x2x!l> -> tensor<?x2xf32>
  return %6 : tensor<?x2xf32>
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.5>

// A bias that is there is added to. One linear may feed several rescales, by its
// channels: -0.375 and 0.75 twice.
// CHECK-LABEL: @split
// CHECK: spike.rescale %{{.*}} {axis = -1 : i64, bias = dense<[1.100000e+01, 2.000000e+01]> : tensor<2xf32>, scale
// CHECK: spike.rescale %{{.*}} {axis = -1 : i64, bias = dense<[2.000000e+00, 1.000000e+00]> : tensor<2xf32>, scale
// CHECK: spike.rescale %{{.*}} {axis = 1 : i64, bias = dense<[3.000000e+00, 2.000000e+00]> : tensor<2xf32>, scale
func.func @split(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %0 = spike.quantize %x "x" kind activation : tensor<?x2xf32> -> tensor<?x2x!l>
  %1 = spike.linear %0 {weight = dense<[[1, 0, 1, 0], [0, 1, 0, 1]]> : tensor<2x4xi8>, spike.mean = dense<[0.625, 0.75, 1.625, 1.75]> : tensor<4xf32>}
      : tensor<?x2x!l> -> tensor<?x4xi32>
  %2, %3 = onnx.split %1 {axis = 1, sizes = array<i64: 2, 2>} : (tensor<?x4xi32>) -> (tensor<?x2xi32>, tensor<?x2xi32>)
  %4 = spike.rescale %2 {scale = dense<0.5> : tensor<1xf32>, bias = dense<[10.0, 20.0]> : tensor<2xf32>, axis = -1 : i64} : tensor<?x2xi32> -> tensor<?x2xf32>
  %5 = spike.rescale %3 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<?x2xi32> -> tensor<?x2xf32>
  %6 = onnx.slice %1 {axes = array<i64: -1>, starts = array<i64: -2>, ends = array<i64: 4>, steps = array<i64: 1>} : (tensor<?x4xi32>) -> tensor<?x2xi32>
  %7 = spike.rescale %6 {scale = dense<0.5> : tensor<2xf32>, bias = dense<1.0> : tensor<1xf32>, axis = 1 : i64} : tensor<?x2xi32> -> tensor<?x2xf32>
  return %4, %5, %7 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.5>

// Means over kept tokens, the second of each pair: levels 1 0 and -2 4, -0.25 and
// 1 in float. A product without a float mean stays as it is.
// CHECK-LABEL: @validity
// CHECK: spike.rescale %{{.*}} {axis = -1 : i64, bias = dense<[2.500000e-01, 0.000000e+00]> : tensor<2xf32>, scale
// CHECK: spike.rescale %{{.*}} {axis = -1 : i64, scale
func.func @validity(%x: tensor<?x2xf32>) -> (tensor<?x2x2xf32>, tensor<?x2x2xf32>) {
  %m = onnx.constant dense<[[[[-10000.0, 0.0]]]]> : tensor<1x1x1x2xf32>
  %valid = spike.token_mask %m : tensor<1x1x1x2xf32> -> tensor<1x2xi1>
  %0 = onnx.reshape %x [-1, 2, 2] : (tensor<?x2xf32>) -> tensor<?x2x2xf32>
  %1 = spike.quantize %0 "x" kind activation valid(%valid : tensor<1x2xi1>) {token_axes = array<i64: 1>} : tensor<?x2x2xf32> -> tensor<?x2x2x!l>
  %2 = spike.linear %1 {weight = dense<[[1, 0], [0, 1]]> : tensor<2x2xi8>, spike.mean = dense<[0.0, 1.0]> : tensor<2xf32>} : tensor<?x2x2x!l> -> tensor<?x2x2xi32>
  %3 = spike.rescale %2 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<?x2x2xi32> -> tensor<?x2x2xf32>
  %4 = spike.linear %1 {weight = dense<[[1, 0], [0, 1]]> : tensor<2x2xi8>} : tensor<?x2x2x!l> -> tensor<?x2x2xi32>
  %5 = spike.rescale %4 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<?x2x2xi32> -> tensor<?x2x2xf32>
  return %3, %5 : tensor<?x2x2xf32>, tensor<?x2x2xf32>
}
