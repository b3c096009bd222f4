// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=16x2=0,0,1,1,2,2,3,3,4,4,5,5,6,6,7,7,8,8,9,9,10,10,11,11,12,12,13,13,14,14,15,15
// RUN: snn-opt %s --split-input-file --spike-equalize="inputs=%t.npz act-bits=4" --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-equalize="inputs=%t.npz act-bits=8" --mlir-print-local-scope | FileCheck %s --check-prefix=NONE
// RUN: snn-opt %s --split-input-file --spike-equalize="inputs=%t.npz act-bits=8 mode=on" --mlir-print-local-scope | FileCheck %s --check-prefix=ON
// RUN: snn-opt %s --split-input-file --spike-equalize="inputs=%t.npz act-bits=4 mode=off" --mlir-print-local-scope | FileCheck %s --check-prefix=NONE
// RUN: snn-opt %s --split-input-file --spike-equalize="inputs=random:8 act-bits=4" --mlir-print-local-scope | FileCheck %s --check-prefix=NONE
// RUN: snn-opt %s --split-input-file --spike-equalize="inputs=%t.npz act-bits=4 radius=1" --mlir-print-local-scope | FileCheck %s --check-prefix=DEAD
// RUN: snn-opt %s --split-input-file --spike-equalize="inputs=%t.npz act-bits=4 tolerance=-1" --mlir-print-local-scope 2>%t.warnings | FileCheck %s --check-prefix=NONE
// RUN: FileCheck %s --check-prefix=WARNING < %t.warnings
// RUN: not snn-opt %s --split-input-file --spike-equalize="inputs=%t.npz mode=some" 2>&1 | FileCheck %s --check-prefix=MODE

// WARNING: warning: is not equalised: its outputs would differ by {{.*}} of the largest, more than -1
// MODE: error: needs mode auto, on or off, has 'some'
// NONE-NOT: scale = 1.000000e+00 : f32

// The channels are 0..15 and 2 * (0..15) + 10: steps 1 and 2; level 8 is 8 and 26.
// CHECK: module attributes {spike.site_calibration = {x = {channel_scale = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>, channel_shift = dense<[8.000000e+00, 2.600000e+01]> : tensor<2xf32>, error = 0.000000e+00 : f64}}}
// CHECK-LABEL: @norm
// CHECK: onnx.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]>
// CHECK-NEXT: %[[GAIN:.*]] = onnx.constant dense<1.000000e+00> : tensor<2xf32>
// CHECK-NEXT: %[[BIAS:.*]] = onnx.constant dense<-8.000000e+00> : tensor<2xf32>
// CHECK-NEXT: %[[Y:.*]] = onnx.batch_normalization %{{.*}}, %[[GAIN]], %[[BIAS]],
// CHECK: %[[S:.*]] = spike.site %[[Y]] "x" kind activation {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 8 : i64}
// CHECK: %[[W:.*]] = onnx.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [6.000000e+00, 8.000000e+00]]> : tensor<2x2xf32>
// CHECK: %[[P:.*]] = onnx.matmul %[[S]], %[[W]]
// CHECK: %[[TERM:.*]] = onnx.constant dense<[8.600000e+01, 1.200000e+02]> : tensor<2xf32>
// CHECK: %[[R:.*]] = onnx.add %[[P]], %[[TERM]]
// CHECK: return %[[R]]
// ON-LABEL: @norm
// ON: spike.site %{{.*}} "x" kind activation {bits = 8 : i64, scale = 1.000000e+00 : f32, zero = 128 : i64}
// The medians 8 and 26 become the zero point.
// DEAD: channel_shift = dense<[8.000000e+00, 2.600000e+01]>
// DEAD-LABEL: @norm
func.func @norm(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<2xf32>
  %none = onnx.constant dense<0.0> : tensor<2xf32>
  %gain = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %bias = onnx.constant dense<[0.0, 10.0]> : tensor<2xf32>
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = onnx.batch_normalization %x, %gain, %bias, %none, %one {epsilon = 0.0}
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %1 = spike.site %0 "x" kind activation : tensor<?x2xf32>
  %2 = onnx.matmul %1, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}

// -----

// Values 0..15 and 0, 4, ... 60: steps 1 and 4, zero stays level 0. They divide the columns and the bias of the linear in
// front of the ReLU and multiply the rows of the one behind; the bias of that stays.
// CHECK-LABEL: @relu
// CHECK: %[[C:.*]] = onnx.constant dense<[5.000000e-01, 7.500000e-01]> : tensor<2xf32>
// CHECK: %[[W1:.*]] = onnx.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00], [0.000000e+00, 1.000000e+00]]> : tensor<2x2xf32>
// CHECK: onnx.matmul %{{.*}}, %[[W1]]
// CHECK: %[[B:.*]] = onnx.constant dense<0.000000e+00> : tensor<2xf32>
// CHECK: onnx.add %[[B]]
// CHECK: %[[R:.*]] = onnx.relu
// CHECK: %[[S:.*]] = spike.site %[[R]] "x" kind activation {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 0 : i64}
// CHECK: %[[W2:.*]] = onnx.constant dense<{{\[\[}}1.000000e+00, 8.000000e+00], [3.000000e+00, 1.600000e+01]]> : tensor<2x2xf32>
// CHECK: onnx.gemm %[[S]], %[[W2]], %[[C]] {transB = true}
func.func @relu(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w1 = onnx.constant dense<[[1.0, 0.0], [0.0, 4.0]]> : tensor<2x2xf32>
  %b1 = onnx.constant dense<0.0> : tensor<2xf32>
  %w2 = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %c = onnx.constant dense<[0.5, 0.75]> : tensor<2xf32>
  %0 = onnx.matmul %x, %w1 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.add %b1, %0 : (tensor<2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %2 = onnx.relu %1 : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %3 = spike.site %2 "x" kind activation : tensor<?x2xf32>
  %4 = onnx.gemm %3, %w2, %c {transB = true} : (tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %4 : tensor<?x2xf32>
}

// -----

// A factor of 0 takes the bias of a Gemm away: it is no linear with that bias, whose columns
// would carry the scales. Another factor is.
// CHECK-LABEL: @beta
// CHECK: %[[G:.*]] = onnx.gemm %{{.*}} {{.*}}beta = 0.000000e+00
// CHECK: %[[R:.*]] = onnx.relu %[[G]]
// CHECK: %[[M:.*]] = onnx.mul %[[R]], %{{.*}} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
// CHECK-NEXT: spike.site %[[M]] "x" kind activation {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 0 : i64}
// CHECK: %[[H:.*]] = onnx.gemm %{{.*}} {{.*}}beta = 5.000000e-01
// CHECK: %[[Q:.*]] = onnx.relu %[[H]]
// CHECK-NEXT: spike.site %[[Q]] "y" kind activation {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 0 : i64}
func.func @beta(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w1 = onnx.constant dense<[[1.0, 0.0], [0.0, 4.0]]> : tensor<2x2xf32>
  %c = onnx.constant dense<[0.0, 100.0]> : tensor<2xf32>
  %n = onnx.constant dense<0.0> : tensor<2xf32>
  %w2 = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = onnx.gemm %x, %w1, %c {beta = 0.0} : (tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %1 = onnx.relu %0 : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %2 = spike.site %1 "x" kind activation : tensor<?x2xf32>
  %3 = onnx.matmul %2, %w2 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %4 = onnx.gemm %x, %w1, %n {beta = 0.5} : (tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %5 = onnx.relu %4 : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %6 = spike.site %5 "y" kind activation : tensor<?x2xf32>
  %7 = onnx.matmul %6, %w2 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %3, %7 : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// GELU is not homogeneous: a multiplication behind it, and no shift.
// CHECK-LABEL: @gelu
// CHECK: %[[G:.*]] = onnx.gelu
// CHECK: %[[M:.*]] = onnx.mul %[[G]], %{{.*}} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
// CHECK-NEXT: spike.site %[[M]] "x" kind activation {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = {{[1-8]}} : i64}
func.func @gelu(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %t = onnx.constant dense<[0.5, 4.0]> : tensor<2xf32>
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = onnx.sub %x, %t : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %1 = onnx.gelu %0 : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %2 = spike.site %1 "x" kind activation : tensor<?x2xf32>
  %3 = onnx.matmul %2, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %3 : tensor<?x2xf32>
}

// -----

// A residual reads the norm, too, and keeps it.
// CHECK-LABEL: @residual
// CHECK: %[[Y:.*]] = onnx.batch_normalization
// CHECK: %[[F:.*]] = onnx.constant dense<[1.000000e+00, 5.000000e-01]> : tensor<2xf32>
// CHECK: %[[M:.*]] = onnx.mul %[[Y]], %[[F]]
// CHECK: %[[T:.*]] = onnx.constant dense<[-8.000000e+00, -1.300000e+01]> : tensor<2xf32>
// CHECK: %[[A:.*]] = onnx.add %[[M]], %[[T]]
// CHECK: spike.site %[[A]] "x" kind activation {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 8 : i64}
// CHECK: onnx.add %{{.*}}, %[[Y]]
func.func @residual(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<2xf32>
  %none = onnx.constant dense<0.0> : tensor<2xf32>
  %gain = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %bias = onnx.constant dense<[0.0, 10.0]> : tensor<2xf32>
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = onnx.batch_normalization %x, %gain, %bias, %none, %one {epsilon = 0.0}
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %1 = spike.site %0 "x" kind activation : tensor<?x2xf32>
  %2 = onnx.matmul %1, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %3 = onnx.add %2, %0 : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  return %3 : tensor<?x2xf32>
}

// -----

// A gate: the scale goes into the linear beside it, the shift behind the product.
// CHECK-LABEL: @gate
// CHECK: onnx.silu
// CHECK: %[[H:.*]] = onnx.mul
// CHECK: %[[A:.*]] = onnx.add %[[H]], %{{.*}} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
// CHECK: spike.site %[[A]] "x" kind activation {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 8 : i64}
func.func @gate(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = onnx.silu %x : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %2 = onnx.mul %0, %1 : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %3 = spike.site %2 "x" kind activation : tensor<?x2xf32>
  %4 = onnx.matmul %3, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %4 : tensor<?x2xf32>
}

// -----

// Readers that are no linear with static weights, an input of the network, a query.
// CHECK-LABEL: @kept
// CHECK: spike.site %{{.*}} "read" kind activation : tensor<?x2xf32>
// CHECK: spike.site %{{.*}} "input" kind activation : tensor<?x2xf32>
// CHECK: spike.site %{{.*}} "query" kind query : tensor<?x2xf32>
func.func @kept(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = onnx.relu %x : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %1 = spike.site %0 "read" kind activation : tensor<?x2xf32>
  %2 = spike.site %x "input" kind activation : tensor<?x2xf32>
  %3 = onnx.matmul %2, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %4 = spike.site %0 "query" kind query : tensor<?x2xf32>
  return %1, %3, %4 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
