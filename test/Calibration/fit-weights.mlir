// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=32x2=normal:3
// RUN: snn-opt %s --spike-fit-weights="inputs=%t.npz weight-bits=4" --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --spike-fit-weights="inputs=%t.npz weight-bits=4" --mlir-disable-threading --mlir-print-local-scope -o %t.serial
// RUN: snn-opt %s --spike-fit-weights="inputs=%t.npz weight-bits=4" --mlir-print-local-scope -o %t.parallel
// RUN: diff %t.serial %t.parallel
// RUN: snn-opt %s --spike-fit-weights="inputs=%t.npz finest-bits=2" --mlir-print-local-scope | FileCheck %s --check-prefix=NONE
// RUN: snn-opt %s --spike-fit-weights="inputs=%t.npz weight-bits=4 mode=off" --mlir-print-local-scope | FileCheck %s --check-prefix=NONE
// RUN: snn-opt %s --spike-fit-weights="inputs=random:32 weight-bits=4" --mlir-print-local-scope | FileCheck %s --check-prefix=NONE
// RUN: not snn-opt %s --spike-fit-weights="inputs=%t.npz weight-bits=3" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not snn-opt %s --spike-fit-weights="inputs=%t.npz mode=some" 2>&1 | FileCheck %s --check-prefix=MODE

// BITS: error: needs weights of 8, 4, 2 or 1 bits, has 3
// MODE: error: needs mode auto, on or off, has 'some'
// NONE-NOT: spike.fitted_products

// Uncorrelated inputs of few levels: each column of an identity stays one of its multiples,
// whose largest integer is 7. A weight that came with integers keeps them.

// CHECK: spike.fitted_products = {first = {rows = 32 : i64}, second = {rows = 32 : i64}}
// CHECK-LABEL: @linears
// CHECK: %[[GIVEN:.*]] = onnx.dequantize_linear
// CHECK: %[[Q:.*]] = onnx.constant dense<{{\[\[}}7, 0], [0, 7]]> : tensor<2x2xi8>
// CHECK: %[[W:.*]] = onnx.dequantize_linear %[[Q]], %{{.*}} : (
// CHECK: onnx.matmul %{{.*}}, %[[W]]
// CHECK: %[[Q2:.*]] = onnx.constant dense<{{.*}}> : tensor<2x2xi8>
// CHECK: %[[W2:.*]] = onnx.dequantize_linear %[[Q2]], %{{.*}} {axis = 0 : i64}
// CHECK: onnx.gemm %{{.*}}, %[[W2]] {transB = true}
// CHECK: onnx.matmul %{{.*}}, %[[GIVEN]] :
func.func @linears(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %i = onnx.constant dense<[[0.5, 0.0], [0.0, 0.25]]> : tensor<2x2xf32>
  %w = onnx.constant dense<[[0.5, 0.125], [-0.375, 0.25]]> : tensor<2x2xf32>
  %q = onnx.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %given = onnx.dequantize_linear %q, %s : (tensor<2x2xi8>, tensor<f32>) -> tensor<2x2xf32>
  %0 = spike.site %x "a" kind activation {bits = 4 : i64, scale = 0.5 : f32, zero = 8 : i64} : tensor<?x2xf32>
  %1 = onnx.matmul %0, %i : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32> loc("first")
  %2 = spike.site %1 "b" kind activation {bits = 4 : i64, scale = 0.25 : f32, zero = 8 : i64} : tensor<?x2xf32>
  %3 = onnx.gemm %2, %w {transB = true} : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32> loc("second")
  %4 = spike.site %3 "c" kind activation {bits = 4 : i64, scale = 0.25 : f32, zero = 8 : i64} : tensor<?x2xf32>
  %5 = onnx.matmul %4, %given : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32> loc("given")
  return %5 : tensor<?x2xf32>
}
