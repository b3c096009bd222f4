// RUN: rm -rf %t && mkdir -p %t && %python %source/test/Calibration/Inputs/make_npz.py %t/x.npz arg0=16x1x5x5=normal:1
// RUN: snn-run %s --input %t/x.npz --output %t/original.npz
// RUN: snn-opt %s --spike-dead-zone=radius=0 --spike-choose-mask=mask=level:0 -o %t/q0_0.mlir
// RUN: snn-opt %t/q0_0.mlir --spike-mttfs --spike-fold-silent-offset --spike-map-attention -o %t/s0_0.mlir
// RUN: snn-run %t/q0_0.mlir --input %t/x.npz --output %t/q0_0.npz
// RUN: snn-run %t/s0_0.mlir --input %t/x.npz --output %t/s0_0.npz
// RUN: cmp %t/q0_0.npz %t/s0_0.npz
// RUN: cmp %t/q0_0.npz %t/original.npz
// RUN: snn-opt %s --spike-dead-zone=radius=0 --spike-choose-mask=mask=level:5 -o %t/q5_0.mlir
// RUN: snn-opt %t/q5_0.mlir --spike-mttfs --spike-fold-silent-offset --spike-map-attention -o %t/s5_0.mlir
// RUN: snn-run %t/q5_0.mlir --input %t/x.npz --output %t/q5_0.npz
// RUN: snn-run %t/s5_0.mlir --input %t/x.npz --output %t/s5_0.npz
// RUN: cmp %t/q5_0.npz %t/s5_0.npz
// RUN: cmp %t/q5_0.npz %t/original.npz
// RUN: snn-opt %s --spike-dead-zone=radius=1 --spike-choose-mask=mask=level:8 -o %t/q8_1.mlir
// RUN: snn-opt %t/q8_1.mlir --spike-mttfs --spike-fold-silent-offset --spike-map-attention -o %t/s8_1.mlir
// RUN: snn-run %t/q8_1.mlir --input %t/x.npz --output %t/q8_1.npz
// RUN: snn-run %t/s8_1.mlir --input %t/x.npz --output %t/s8_1.npz
// RUN: cmp %t/q8_1.npz %t/s8_1.npz
// RUN: not cmp %t/q8_1.npz %t/original.npz
// RUN: snn-opt %s --spike-dead-zone=radius=3 --spike-choose-mask=mask=level:15 -o %t/q15_3.mlir
// RUN: snn-opt %t/q15_3.mlir --spike-mttfs --spike-fold-silent-offset --spike-map-attention -o %t/s15_3.mlir
// RUN: snn-run %t/q15_3.mlir --input %t/x.npz --output %t/q15_3.npz
// RUN: snn-run %t/s15_3.mlir --input %t/x.npz --output %t/s15_3.npz
// RUN: cmp %t/q15_3.npz %t/s15_3.npz
// RUN: not cmp %t/q15_3.npz %t/original.npz
// RUN: snn-opt %s --spike-dead-zone=radius=2 --spike-choose-mask=mask=level:6 -o %t/q6_2.mlir
// RUN: snn-opt %t/q6_2.mlir --spike-mttfs --spike-fold-silent-offset --spike-map-attention -o %t/s6_2.mlir
// RUN: snn-run %t/q6_2.mlir --input %t/x.npz --output %t/q6_2.npz
// RUN: snn-run %t/s6_2.mlir --input %t/x.npz --output %t/s6_2.npz
// RUN: cmp %t/q6_2.npz %t/s6_2.npz
// RUN: not cmp %t/q6_2.npz %t/original.npz
// RUN: snn-opt %s --spike-dead-zone=radius=0 --spike-choose-mask=mask=plain -o %t/qp_0.mlir
// RUN: snn-opt %t/qp_0.mlir --spike-mttfs --spike-fold-silent-offset --spike-map-attention -o %t/sp_0.mlir
// RUN: snn-run %t/qp_0.mlir --input %t/x.npz --output %t/qp_0.npz
// RUN: snn-run %t/sp_0.mlir --input %t/x.npz --output %t/sp_0.npz
// RUN: cmp %t/qp_0.npz %t/sp_0.npz
// RUN: cmp %t/qp_0.npz %t/original.npz
// RUN: snn-opt %s --spike-dead-zone=radius=1 --spike-choose-mask=mask=plain -o %t/qp_1.mlir
// RUN: snn-opt %t/qp_1.mlir --spike-mttfs --spike-fold-silent-offset --spike-map-attention -o %t/sp_1.mlir
// RUN: snn-run %t/qp_1.mlir --input %t/x.npz --output %t/qp_1.npz
// RUN: snn-run %t/sp_1.mlir --input %t/x.npz --output %t/sp_1.npz
// RUN: cmp %t/qp_1.npz %t/sp_1.npz
// RUN: not cmp %t/qp_1.npz %t/original.npz
// RUN: FileCheck %s --input-file=%t/s5_0.mlir
// RUN: FileCheck %s --check-prefix=PLAIN --input-file=%t/sp_1.mlir

// The spiking network equals the quantised network with its dead zones bit for
// bit, for silent levels below, at and above the zero point and at both ends of
// the range; without dead zones both equal the network as it was.

// CHECK: spike.coding = "mttfs"
// CHECK: spike.conv {{.*}} {{{.*}}offset =
// CHECK: spike.linear {{.*}} {{{.*}}offset =
// CHECK: engine = "mttfs", transposed
// PLAIN: spike.coding = "plain ttfs"

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!c = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.5>
!h = !spike.level<bits = 4, zero = 7, mask = 7, scale = 0.375>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!v = !spike.level<bits = 2, zero = 1, mask = 1, scale = 0.5>
!p = !spike.level<bits = 4, zero = 0, mask = 0, scale = 0.0625>

func.func @main(%x: tensor<?x1x5x5xf32>) -> tensor<?x4x3xf32> {
  // A padded, strided convolution.
  %0 = spike.quantize %x "x" kind activation : tensor<?x1x5x5xf32> -> tensor<?x1x5x5x!x>
  %1 = spike.conv %0 {weight = dense<[[[[-2, 9, 8], [-5, 2, 6], [9, -7, -9]]], [[[6, -1, 8], [-2, -3, 6], [8, 8, 6]]], [[[3, -5, -2], [-5, 7, 3], [-9, -7, -4]]], [[[9, -8, 0], [-9, -1, 6], [3, 4, 3]]]]> : tensor<4x1x3x3xi8>,
      strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<?x1x5x5x!x> -> tensor<?x4x3x3xi32>
  %2 = spike.requantize %1 "c" kind activation {scale = dense<[0.0625, 0.03125, 0.05, 0.04]> : tensor<4xf32>,
      bias = dense<[0.5, -1.0, 0.25, 0.0]> : tensor<4xf32>, axis = 1 : i64} : tensor<?x4x3x3xi32> -> tensor<?x4x3x3x!c>
  %3 = onnx.reshape %2 [-1, 4, 9] : (tensor<?x4x3x3x!c>) -> tensor<?x4x9x!c>
  // One linear feeds three re-quantisers.
  %4 = spike.linear %3 {weight = dense<[[9, 5, -5, 2, -6, -8], [-5, 6, -3, -1, 4, 0], [4, 7, 3, 9, 2, 8], [9, 4, 9, -2, 1, -9], [-1, -4, 1, 8, 9, 9], [-6, -3, 9, -1, 0, -6], [-7, 6, 6, -7, 2, -7], [4, -5, -9, 0, 4, 4], [-6, -8, -8, 3, 9, 1]]> : tensor<9x6xi8>} : tensor<?x4x9x!c> -> tensor<?x4x6xi32>
  %5 = spike.requantize %4 "q" kind query {scale = dense<0.03125> : tensor<1xf32>, axis = -1 : i64} : tensor<?x4x6xi32> -> tensor<?x4x6x!h>
  %6 = spike.requantize %4 "k" kind key {scale = dense<0.0625> : tensor<1xf32>, axis = -1 : i64} : tensor<?x4x6xi32> -> tensor<?x4x6x!k>
  %7 = spike.requantize %4 "v" kind value {scale = dense<0.03125> : tensor<1xf32>, axis = -1 : i64} : tensor<?x4x6xi32> -> tensor<?x4x6x!v>
  // Attention.
  %8 = spike.matmul %5, %6 {transposed} : tensor<?x4x6x!h>, tensor<?x4x6x!k> -> tensor<?x4x4xi32>
  %9 = spike.rescale %8 {scale = dense<0.02> : tensor<1xf32>, axis = -1 : i64} : tensor<?x4x4xi32> -> tensor<?x4x4xf32>
  %10 = onnx.softmax %9 : (tensor<?x4x4xf32>) -> tensor<?x4x4xf32>
  %11 = spike.quantize %10 "p" kind probability : tensor<?x4x4xf32> -> tensor<?x4x4x!p>
  %12 = spike.matmul %11, %7 : tensor<?x4x4x!p>, tensor<?x4x6x!v> -> tensor<?x4x6xi32>
  %13 = spike.requantize %12 "o" kind activation {scale = dense<0.1> : tensor<1xf32>, axis = -1 : i64, relu} : tensor<?x4x6xi32> -> tensor<?x4x6x!c>
  %14 = spike.linear %13 {weight = dense<[[264, -15, 217], [-59, -264, 17], [-293, -222, -190], [248, -268, -98], [117, -2, -31], [-141, -257, 47]]> : tensor<6x3xi16>} : tensor<?x4x6x!c> -> tensor<?x4x3xi32>
  %15 = spike.rescale %14 {scale = dense<0.01> : tensor<1xf32>, bias = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>, axis = -1 : i64} : tensor<?x4x3xi32> -> tensor<?x4x3xf32>
  return %15 : tensor<?x4x3xf32>
}
