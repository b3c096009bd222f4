// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=16x2=-2,-0.5,2,1.5
// RUN: snn-opt %s --split-input-file --spike-correct-bias=inputs=%t.npz --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-correct-bias="inputs=%t.npz scale=false" --mlir-print-local-scope | FileCheck %s --check-prefix=OFF
// RUN: %python %S/Inputs/make_npz.py %t.few.npz arg0=14x2=-2,-0.5,2,1.5
// RUN: snn-opt %s --split-input-file --spike-correct-bias=inputs=%t.few.npz --mlir-print-local-scope | FileCheck %s --check-prefix=OFF

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.5>

// The levels of %x are -4 -1 and 4 3 in turns: means 0 and 1, deviations 4 and 2,
// times 0.5. The float network had the deviations 3 and 1, the means 1 and 0. Neither
// is corrected by 14 rows.
// CHECK-LABEL: @linear
// CHECK-NOT: spike.deviation
// CHECK: spike.rescale %{{.*}} {axis = -1 : i64, bias = dense<[1.000000e+00, -5.000000e-01]> : tensor<2xf32>, scale = dense<[7.500000e-01, 5.000000e-01]> : tensor<2xf32>}
// OFF-LABEL: @linear
// OFF-NOT: spike.deviation
// OFF: spike.rescale %{{.*}} {axis = -1 : i64, bias = dense<[1.000000e+00, -5.000000e-01]> : tensor<2xf32>, scale = dense<5.000000e-01> : tensor<{{[12]}}xf32>}
func.func @linear(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %0 = spike.quantize %x "x" kind activation : tensor<?x2xf32> -> tensor<?x2x!l>
  %1 = spike.linear %0 {weight = dense<[[1, 0], [0, 1]]> : tensor<2x2xi8>, spike.mean = dense<[1.0, 0.0]> : tensor<2xf32>, spike.deviation = dense<[3.0, 1.0]> : tensor<2xf32>} : tensor<?x2x!l> -> tensor<?x2xi32>
  %2 = spike.rescale %1 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<?x2xi32> -> tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.5>
!p = !spike.level<bits = 4, zero = 0, mask = 0, scale = 0.5>

// Heads 0 and 1 have the accumulators 0 16 and 0 9 in turns: deviations 2 and 1.125.
// The float network had 3 and more than twice 1.125. The product of queries and keys,
// without a deviation, stays as it is.
// CHECK-LABEL: @attention
// CHECK-NOT: spike.deviation
// CHECK: spike.requantize %{{.*}} "z" kind activation {axis = 1 : i64, scale = dense<[3.750000e-01, 5.000000e-01]> : tensor<2xf32>}
// CHECK: spike.rescale %{{.*}} {axis = -1 : i64, scale = dense<2.500000e-01> : tensor<1xf32>}
// OFF-LABEL: @attention
// OFF: spike.requantize %{{.*}} "z" kind activation {axis = {{-?1}} : i64, scale = dense<2.500000e-01> : tensor<{{[12]}}xf32>}
func.func @attention(%x: tensor<?x2xf32>) -> (tensor<?x2x1x1xf32>, tensor<?x2x1x1xf32>) {
  %0 = onnx.relu %x : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.reshape %0 [-1, 2, 1, 1] : (tensor<?x2xf32>) -> tensor<?x2x1x1xf32>
  %2 = spike.quantize %1 "p" kind probability : tensor<?x2x1x1xf32> -> tensor<?x2x1x1x!p>
  %3 = spike.quantize %1 "v" kind value : tensor<?x2x1x1xf32> -> tensor<?x2x1x1x!l>
  %4 = spike.matmul %2, %3 {spike.deviation = dense<[3.0, 9.0]> : tensor<2xf32>} : tensor<?x2x1x1x!p>, tensor<?x2x1x1x!l> -> tensor<?x2x1x1xi32>
  %5 = spike.requantize %4 "z" kind activation {scale = dense<0.25> : tensor<1xf32>, axis = -1 : i64} : tensor<?x2x1x1xi32> -> tensor<?x2x1x1x!l>
  %6 = spike.dequantize %5 : tensor<?x2x1x1x!l> -> tensor<?x2x1x1xf32>
  %7 = spike.matmul %2, %3 : tensor<?x2x1x1x!p>, tensor<?x2x1x1x!l> -> tensor<?x2x1x1xi32>
  %8 = spike.rescale %7 {scale = dense<0.25> : tensor<1xf32>, axis = -1 : i64} : tensor<?x2x1x1xi32> -> tensor<?x2x1x1xf32>
  return %6, %8 : tensor<?x2x1x1xf32>, tensor<?x2x1x1xf32>
}
