// RUN: snn-opt %s --spike-probability-form=form=numerator --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --spike-probability-form=form=softmax --mlir-print-local-scope | FileCheck %s --check-prefix=SOFTMAX
// RUN: snn-opt %s --spike-probability-form="inputs=random:4" --mlir-print-local-scope | FileCheck %s --check-prefix=SOFTMAX
// RUN: not snn-opt %s --spike-probability-form=form=other 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=8x2x3=normal:1 arg1=8x3x2=normal:2
// RUN: snn-opt %s --spike-probability-form="inputs=%t.npz" --mlir-print-local-scope -o %t.auto
// RUN: snn-opt %s --spike-probability-form="inputs=%t.npz finest-bits=3" --mlir-print-local-scope | FileCheck %s --check-prefix=SOFTMAX

// FORM: error: needs form auto, softmax or numerator, has 'other'

// CHECK: module attributes {spike.site_calibration = {p = {form = "numerator"}}}
// CHECK-LABEL: @attention
// CHECK: %[[LARGEST:.*]] = onnx.reduce_max %[[S:.*]] {axes = array<i64: -1>} : (tensor<?x2x3xf32>) -> tensor<?x2x1xf32>
// CHECK: %[[BELOW:.*]] = onnx.sub %[[S]], %[[LARGEST]]
// CHECK: %[[E:.*]] = onnx.exp %[[BELOW]]
// CHECK: %[[TOP:.*]] = onnx.constant dense<1.500000e+01>
// CHECK: %[[STEPS:.*]] = onnx.mul %[[E]], %[[TOP]]
// CHECK: %[[P:.*]] = spike.site %[[STEPS]] "p" kind probability {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 0 : i64}
// CHECK: %[[C:.*]] = onnx.matmul %[[P]], %{{[a-z0-9]+}} : (tensor<?x2x3xf32>, tensor<?x3x2xf32>)
// CHECK: %[[SUM:.*]] = onnx.reduce_sum %[[P]] {axes = array<i64: -1>}
// CHECK: %[[D:.*]] = onnx.max %[[SUM]]
// CHECK: %[[Y:.*]] = onnx.div %[[C]], %[[D]]
// A guard against hidden rows stays, and so does its softmax.
// CHECK: onnx.softmax
// CHECK: onnx.where
// CHECK: "guarded" kind probability {bits = 4 : i64, scale = 6.250000e-02 : f32, zero = 0 : i64}
// CHECK: return %[[Y]]
// SOFTMAX-NOT: onnx.exp
func.func @attention(%s: tensor<?x2x3xf32>, %v: tensor<?x3x2xf32>) -> (tensor<?x2x2xf32>, tensor<?x2x2xf32>) {
  %0 = onnx.softmax %s : (tensor<?x2x3xf32>) -> tensor<?x2x3xf32>
  %1 = spike.site %0 "p" kind probability {bits = 4 : i64, scale = 6.25e-02 : f32, zero = 0 : i64} : tensor<?x2x3xf32>
  %2 = onnx.matmul %1, %v {spike.deviation = dense<1.0> : tensor<1xf32>} : (tensor<?x2x3xf32>, tensor<?x3x2xf32>) -> tensor<?x2x2xf32>
  %3 = onnx.softmax %s : (tensor<?x2x3xf32>) -> tensor<?x2x3xf32>
  %4 = onnx.equal %3, %3 : (tensor<?x2x3xf32>, tensor<?x2x3xf32>) -> tensor<?x2x3xi1>
  %none = onnx.constant dense<0.0> : tensor<f32>
  %5 = onnx.where %4, %3, %none : (tensor<?x2x3xi1>, tensor<?x2x3xf32>, tensor<f32>) -> tensor<?x2x3xf32>
  %6 = spike.site %5 "guarded" kind probability {bits = 4 : i64, scale = 6.25e-02 : f32, zero = 0 : i64} : tensor<?x2x3xf32>
  %7 = onnx.matmul %6, %v : (tensor<?x2x3xf32>, tensor<?x3x2xf32>) -> tensor<?x2x2xf32>
  return %2, %7 : tensor<?x2x2xf32>, tensor<?x2x2xf32>
}
