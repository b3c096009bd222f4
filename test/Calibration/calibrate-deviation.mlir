// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=16x2=-2,-0.5,2,1.5
// RUN: snn-opt %s --spike-calibrate=inputs=%t.npz --mlir-print-local-scope | FileCheck %s

// The columns of %x are -2 2 and -0.5 1.5 in turns, deviations 2 and 1; the weight
// doubles the latter. Per head, the products with the values are 0 4 and 0 2.25.
// CHECK-LABEL: @deviation
// CHECK: onnx.matmul %{{.*}} {spike.deviation = dense<2.000000e+00> : tensor<2xf32>, spike.mean = dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>}
// CHECK: onnx.matmul %{{.*}} {spike.deviation = dense<[2.000000e+00, 1.125000e+00]> : tensor<2xf32>}
// CHECK-NOT: spike.deviation
func.func @deviation(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2x1x1xf32>, tensor<?x2x1x1xf32>) {
  %w = onnx.constant dense<[[1.0, 0.0], [0.0, 2.0]]> : tensor<2x2xf32>
  %0 = spike.site %x "x" kind activation : tensor<?x2xf32>
  %1 = onnx.matmul %0, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %2 = onnx.reshape %x [-1, 2, 1, 1] : (tensor<?x2xf32>) -> tensor<?x2x1x1xf32>
  %3 = onnx.relu %2 : (tensor<?x2x1x1xf32>) -> tensor<?x2x1x1xf32>
  %4 = spike.site %3 "p" kind probability : tensor<?x2x1x1xf32>
  %5 = spike.site %2 "v" kind value : tensor<?x2x1x1xf32>
  %6 = onnx.matmul %4, %5 : (tensor<?x2x1x1xf32>, tensor<?x2x1x1xf32>) -> tensor<?x2x1x1xf32>
  %7 = spike.site %2 "q" kind query : tensor<?x2x1x1xf32>
  %8 = onnx.matmul %7, %5 : (tensor<?x2x1x1xf32>, tensor<?x2x1x1xf32>) -> tensor<?x2x1x1xf32>
  return %1, %6, %8 : tensor<?x2xf32>, tensor<?x2x1x1xf32>, tensor<?x2x1x1xf32>
}
