// RUN: snn-opt %s --split-input-file --spike-mttfs --mlir-print-local-scope | FileCheck %s

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 1.0>
!y = !spike.level<bits = 4, zero = 8, mask = 7, radius = 1, scale = 1.0>

// The worked example: acc in [-38, 37] for w = [1, -1, 1, 1, -1] and
// clip(floor(0.5 acc + 0.5) + 8, 0, 15), which round(0.5 acc + 0.25) + 8 is for
// integers: thresholds -15, -13, ..., 13.
// CHECK: module attributes {spike.coding = "mttfs"}
// CHECK-LABEL: @worked_example
// CHECK: %[[E:.*]] = spike.encode %{{.*}} "e1" kind activation : tensor<5xf32> -> tensor<5x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 1.0>>
// CHECK-NEXT: %[[A:.*]] = spike.linear %[[E]] {{.*}} : tensor<5x!spike.ttfs<{{.*}}>> -> tensor<1xi32>
// CHECK-NEXT: %[[F:.*]] = spike.fire %[[A]] "e2" kind activation {axis = -1 : i64,
// CHECK-SAME: thresholds = dense<{{\[\[}}-15, -13, -11, -9, -7, -5, -3, -1, 1, 3, 5, 7, 9, 11, 13]]> : tensor<1x15xi32>
// CHECK-SAME: -> tensor<1x!spike.ttfs<bits = 4, zero = 8, mask = 7, radius = 1, scale = 1.0>>
// CHECK-NEXT: spike.dequantize %[[F]] : tensor<1x!spike.ttfs<
func.func @worked_example(%x: tensor<5xf32>) -> tensor<1xf32> {
  %0 = spike.quantize %x "e1" kind activation : tensor<5xf32> -> tensor<5x!x>
  %1 = spike.linear %0 {weight = dense<[[1], [-1], [1], [1], [-1]]> : tensor<5x1xi8>} : tensor<5x!x> -> tensor<1xi32>
  %2 = spike.requantize %1 "e2" kind activation {scale = dense<0.5> : tensor<1xf32>, bias = dense<0.25> : tensor<1xf32>, axis = -1 : i64}
      : tensor<1xi32> -> tensor<1x!y>
  %3 = spike.dequantize %2 : tensor<1x!y> -> tensor<1xf32>
  return %3 : tensor<1xf32>
}

// -----

!y = !spike.level<bits = 4, zero = 8, mask = 8, scale = 1.0>

// Without the bias halves round to even: 0.5 acc >= n - 0.5 suffices for an even
// n only. Nothing is known of the accumulator but its type.
// CHECK-LABEL: @half_to_even
// CHECK: spike.fire
// CHECK-SAME: thresholds = dense<{{\[\[}}-14, -13, -10, -9, -6, -5, -2, -1, 2, 3, 6, 7, 10, 11, 14]]>
func.func @half_to_even(%acc: tensor<4xi32>) -> tensor<4xf32> {
  %0 = spike.requantize %acc "e" kind activation {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<4xi32> -> tensor<4x!y>
  %d0 = spike.dequantize %0 : tensor<4x!y> -> tensor<4xf32>
  return %d0 : tensor<4xf32>
}

// -----

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 1.0>
!y = !spike.level<bits = 2, zero = 0, mask = 0, scale = 1.0>
!s = !spike.level<bits = 4, zero = 8, mask = 8, scale = 1.0>

// Four channels with weight 1, accumulators in [-8, 7]: acc / 4 rounds to 1 from
// 3 (2 / 4 rounds to 0), to 2 from 6, never to 3; acc / 4 + 3 is at least 1, which
// it reaches at the lowest accumulator; acc reaches 1, 2, 3 there; 4 acc + 2 in
// steps of 4, so that 3 is reached by 6 (acc = 1).
// CHECK-LABEL: @channels
// CHECK: spike.fire
// CHECK-SAME: thresholds = dense<{{\[\[}}3, 6, 2147483647], [-8, -6, -1], [1, 2, 3], [0, 0, 1]]> : tensor<4x3xi32>
func.func @channels(%x: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %0 = spike.quantize %x "x" kind activation : tensor<2x1xf32> -> tensor<2x1x!x>
  %1 = spike.linear %0 {weight = dense<1> : tensor<1x4xi8>} : tensor<2x1x!x> -> tensor<2x4xi32>
  %2 = spike.requantize %1 "y" kind activation {scale = dense<[0.25, 0.25, 1.0, 4.0]> : tensor<4xf32>, bias = dense<[0.0, 3.0, 0.0, 2.0]> : tensor<4xf32>,
      axis = 1 : i64} : tensor<2x4xi32> -> tensor<2x4x!y>
  %d0 = spike.dequantize %2 : tensor<2x4x!y> -> tensor<2x4xf32>
  return %d0 : tensor<2x4xf32>
}

// A ReLU: no level below the zero point. The first eight levels are reached at
// the least accumulator, 2 * -8 + -3 * 7 = -37; the greatest is 2 * 7 + -3 * -8 = 38.
// CHECK-LABEL: @relu
// CHECK: spike.fire
// CHECK-SAME: thresholds = dense<{{\[\[}}-37, -37, -37, -37, -37, -37, -37, -37, 6, 15, 26, 35, 2147483647, 2147483647, 2147483647]]>
func.func @relu(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = spike.quantize %x "x" kind activation : tensor<1x2xf32> -> tensor<1x2x!x>
  %1 = spike.linear %0 {weight = dense<[[2], [-3]]> : tensor<2x1xi8>} : tensor<1x2x!x> -> tensor<1x1xi32>
  %2 = spike.requantize %1 "y" kind activation {scale = dense<0.1> : tensor<1xf32>, axis = -1 : i64, relu} : tensor<1x1xi32> -> tensor<1x1x!s>
  %d0 = spike.dequantize %2 : tensor<1x1x!s> -> tensor<1x1xf32>
  return %d0 : tensor<1x1xf32>
}

// A convolution's channels lie on axis 1: ranges [-8, 7] and [-14, 16]. One row
// serves both where all parameters are equal.
// CHECK-LABEL: @conv
// CHECK: spike.fire %{{.*}} "each"
// CHECK-SAME: thresholds = dense<{{\[\[}}6, 2147483647, 2147483647], [6, 15, 2147483647]]>
// CHECK: spike.fire %{{.*}} "all"
// CHECK-SAME: thresholds = dense<{{\[\[}}6, 15, 2147483647]]> : tensor<1x3xi32>
func.func @conv(%x: tensor<1x1x4xf32>) -> (tensor<1x2x3xf32>, tensor<1x2x3xf32>) {
  %0 = spike.quantize %x "x" kind activation : tensor<1x1x4xf32> -> tensor<1x1x4x!x>
  %1 = spike.conv %0 {weight = dense<[[[1, 0]], [[-1, -1]]]> : tensor<2x1x2xi8>, strides = array<i64: 1>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>, group = 1 : i64} : tensor<1x1x4x!x> -> tensor<1x2x3xi32>
  %2 = spike.requantize %1 "each" kind activation {scale = dense<[0.1, 0.1]> : tensor<2xf32>, axis = 1 : i64} : tensor<1x2x3xi32> -> tensor<1x2x3x!y>
  %3 = spike.requantize %1 "all" kind activation {scale = dense<0.1> : tensor<1xf32>, axis = 1 : i64} : tensor<1x2x3xi32> -> tensor<1x2x3x!y>
  %d0 = spike.dequantize %2 : tensor<1x2x3x!y> -> tensor<1x2x3xf32>
  %d1 = spike.dequantize %3 : tensor<1x2x3x!y> -> tensor<1x2x3xf32>
  return %d0, %d1 : tensor<1x2x3xf32>, tensor<1x2x3xf32>
}

// Parameters along another axis than the product's channels: every row has the
// widest range, [-14, 16].
// CHECK-LABEL: @other_axis
// CHECK: spike.fire
// CHECK-SAME: thresholds = dense<{{\[\[}}6, 15, 2147483647], [0, 1, 2], [6, 15, 2147483647]]> : tensor<3x3xi32>
func.func @other_axis(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %0 = spike.quantize %x "x" kind activation : tensor<3x2xf32> -> tensor<3x2x!x>
  %1 = spike.linear %0 {weight = dense<[[1, -1], [0, -1]]> : tensor<2x2xi8>} : tensor<3x2x!x> -> tensor<3x2xi32>
  %2 = spike.requantize %1 "y" kind activation {scale = dense<[0.1, 1.0, 0.1]> : tensor<3xf32>, bias = dense<[0.0, 1.0, 0.0]> : tensor<3xf32>, axis = 0 : i64} : tensor<3x2xi32> -> tensor<3x2x!y>
  %d0 = spike.dequantize %2 : tensor<3x2x!y> -> tensor<3x2xf32>
  return %d0 : tensor<3x2xf32>
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 9, radius = 1, scale = 0.25>
!r = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!p = !spike.level<bits = 4, zero = 0, mask = 0, scale = 0.0625>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 3, scale = 0.25>

// Keys and values stay levels; trains go through data movement; the validity, the
// axes and the histogram move over; a train that is there is left alone.
// CHECK-LABEL: @attention
// CHECK: %[[Q:.*]] = spike.encode %{{.*}} "q" kind query valid(%{{.*}} : tensor<1x4xi1>) {spike.histogram = array<i64: 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>, token_axes = array<i64: 1>} : tensor<1x4x8xf32> -> tensor<1x4x8x!spike.ttfs<bits = 4, zero = 8, mask = 9, radius = 1, scale = 0.25>>
// CHECK: onnx.reshape %[[Q]] [1, 4, 2, 4] : (tensor<1x4x8x!spike.ttfs<{{.*}}) -> tensor<1x4x2x4x!spike.ttfs<
// CHECK: %[[QT:.*]] = onnx.transpose {{.*}} -> tensor<1x2x4x4x!spike.ttfs<
// CHECK: %[[K:.*]] = spike.quantize %{{.*}} "k" kind key
// CHECK: %[[V:.*]] = spike.requantize %{{.*}} "v" kind value
// CHECK: spike.matmul %[[QT]], %[[K]] {transposed} : tensor<1x2x4x4x!spike.ttfs<{{.*}}>>, tensor<1x2x4x4x!spike.level<{{.*}}>> -> tensor<1x2x4x4xi32>
// CHECK: %[[P:.*]] = spike.encode %{{.*}} "p" kind probability : {{.*}} -> tensor<1x2x4x4x!spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.0625>>
// CHECK: spike.matmul %[[P]], %[[V]]
// CHECK: spike.encode %{{.*}} "done" {{.*}}mask = 3
func.func @attention(%q: tensor<1x4x8xf32>, %k: tensor<1x2x4x4xf32>, %v: tensor<1x2x4x4xi32>, %p: tensor<1x2x4x4xf32>, %valid: tensor<1x4xi1>)
    -> (tensor<1x2x4x4xi32>, tensor<1x2x4x4xi32>, tensor<1x4x8x!t>) {
  %0 = spike.quantize %q "q" kind query valid(%valid : tensor<1x4xi1>) {token_axes = array<i64: 1>, spike.histogram = array<i64: 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>} : tensor<1x4x8xf32> -> tensor<1x4x8x!l>
  %1 = onnx.reshape %0 [1, 4, 2, 4] : (tensor<1x4x8x!l>) -> tensor<1x4x2x4x!l>
  %2 = onnx.transpose %1 [0, 2, 1, 3] : (tensor<1x4x2x4x!l>) -> tensor<1x2x4x4x!l>
  %3 = spike.quantize %k "k" kind key : tensor<1x2x4x4xf32> -> tensor<1x2x4x4x!r>
  %4 = spike.requantize %v "v" kind value {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x2x4x4xi32> -> tensor<1x2x4x4x!r>
  %5 = spike.matmul %2, %3 {transposed} : tensor<1x2x4x4x!l>, tensor<1x2x4x4x!r> -> tensor<1x2x4x4xi32>
  %6 = spike.quantize %p "p" kind probability : tensor<1x2x4x4xf32> -> tensor<1x2x4x4x!p>
  %7 = spike.matmul %6, %4 : tensor<1x2x4x4x!p>, tensor<1x2x4x4x!r> -> tensor<1x2x4x4xi32>
  %8 = spike.encode %q "done" kind activation : tensor<1x4x8xf32> -> tensor<1x4x8x!t>
  return %5, %7, %8 : tensor<1x2x4x4xi32>, tensor<1x2x4x4xi32>, tensor<1x4x8x!t>
}
