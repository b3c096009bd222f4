// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=16x2x2=0,0,0,0,1,1,1,1,2,2,2,2,3,3,3,3,4,4,4,4,5,5,5,5,6,6,6,6,7,7,7,7,8,8,8,8,9,9,9,9,10,10,10,10,11,11,11,11,12,12,12,12,13,13,13,13,14,14,14,14,15,15,15,15
// RUN: snn-opt %s --spike-equalize="inputs=%t.npz act-bits=4 attention=true" --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --spike-equalize="inputs=%t.npz act-bits=4" --mlir-print-local-scope | FileCheck %s --check-prefix=AUTO

// AUTO-NOT: scale = 1.000000e+00 : f32

// All tokens of a sample are equal, so that contexts are values: 0..15 and 2 * (0..15) + 10, steps
// 1 and 2, shifts 8 and 26. Queries are 0..15 and 0, 4, ... 60, and zero stays level 0.
// CHECK-LABEL: @attention
// CHECK: onnx.constant dense<5.000000e-01>
// CHECK: %[[WQ:.*]] = onnx.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00], [0.000000e+00, 1.000000e+00]]>
// CHECK-NEXT: onnx.matmul %arg0, %[[WQ]]
// CHECK: %[[WK:.*]] = onnx.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
// CHECK-NEXT: onnx.matmul %arg0, %[[WK]]
// CHECK: %[[WV:.*]] = onnx.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00], [0.000000e+00, 1.000000e+00]]>
// CHECK-NEXT: onnx.matmul %arg0, %[[WV]]
// CHECK: dense<-8.000000e+00> : tensor<2xf32>
// CHECK: spike.site %{{.*}} "q" kind query {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 0 : i64}
// CHECK: spike.site %{{.*}} "k" kind key : tensor<?x1x2x2xf32>
// CHECK: spike.site %{{.*}} "v" kind value : tensor<?x1x2x2xf32>
// CHECK: spike.site %{{.*}} "ctx" kind activation {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 8 : i64}
// CHECK: onnx.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [6.000000e+00, 8.000000e+00]]>
// CHECK: onnx.constant dense<[8.600000e+01, 1.200000e+02]>
func.func @attention(%x: tensor<?x2x2xf32>) -> tensor<?x2x2xf32> {
  %wq = onnx.constant dense<[[1.0, 0.0], [0.0, 4.0]]> : tensor<2x2xf32>
  %wk = onnx.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %wv = onnx.constant dense<[[1.0, 0.0], [0.0, 2.0]]> : tensor<2x2xf32>
  %bv = onnx.constant dense<[0.0, 10.0]> : tensor<2xf32>
  %wo = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.matmul %x, %wq : (tensor<?x2x2xf32>, tensor<2x2xf32>) -> tensor<?x2x2xf32>
  %1 = onnx.matmul %x, %wk : (tensor<?x2x2xf32>, tensor<2x2xf32>) -> tensor<?x2x2xf32>
  %2 = onnx.matmul %x, %wv : (tensor<?x2x2xf32>, tensor<2x2xf32>) -> tensor<?x2x2xf32>
  %3 = onnx.add %2, %bv : (tensor<?x2x2xf32>, tensor<2xf32>) -> tensor<?x2x2xf32>
  %4 = onnx.reshape %0 [-1, 2, 1, 2] : (tensor<?x2x2xf32>) -> tensor<?x2x1x2xf32>
  %5 = onnx.transpose %4 [0, 2, 1, 3] : (tensor<?x2x1x2xf32>) -> tensor<?x1x2x2xf32>
  %6 = spike.site %5 "q" kind query : tensor<?x1x2x2xf32>
  %7 = onnx.reshape %1 [-1, 2, 1, 2] : (tensor<?x2x2xf32>) -> tensor<?x2x1x2xf32>
  %8 = onnx.transpose %7 [0, 2, 3, 1] : (tensor<?x2x1x2xf32>) -> tensor<?x1x2x2xf32>
  %9 = onnx.mul %8, %half : (tensor<?x1x2x2xf32>, tensor<f32>) -> tensor<?x1x2x2xf32>
  %10 = spike.site %9 "k" kind key : tensor<?x1x2x2xf32>
  %11 = onnx.matmul %6, %10 : (tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>) -> tensor<?x1x2x2xf32>
  %12 = onnx.softmax %11 {axis = -1 : i64} : (tensor<?x1x2x2xf32>) -> tensor<?x1x2x2xf32>
  %13 = spike.site %12 "p" kind probability : tensor<?x1x2x2xf32>
  %14 = onnx.reshape %3 [-1, 2, 1, 2] : (tensor<?x2x2xf32>) -> tensor<?x2x1x2xf32>
  %15 = onnx.transpose %14 [0, 2, 1, 3] : (tensor<?x2x1x2xf32>) -> tensor<?x1x2x2xf32>
  %16 = spike.site %15 "v" kind value : tensor<?x1x2x2xf32>
  %17 = onnx.matmul %13, %16 : (tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>) -> tensor<?x1x2x2xf32>
  %18 = onnx.transpose %17 [0, 2, 1, 3] : (tensor<?x1x2x2xf32>) -> tensor<?x2x1x2xf32>
  %19 = onnx.reshape %18 [-1, 2, 2] : (tensor<?x2x1x2xf32>) -> tensor<?x2x2xf32>
  %20 = spike.site %19 "ctx" kind activation : tensor<?x2x2xf32>
  %21 = onnx.matmul %20, %wo : (tensor<?x2x2xf32>, tensor<2x2xf32>) -> tensor<?x2x2xf32>
  return %21 : tensor<?x2x2xf32>
}
