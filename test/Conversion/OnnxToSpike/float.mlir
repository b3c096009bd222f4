// RUN: snn-opt %s --split-input-file --onnx-to-spike --mlir-print-local-scope --remark-format=emitRemark --remarks-filter=onnx-to-spike 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks

// What stays in float is listed with the reason: by its name in the module, by a remark at its node.
// REMARK: [Missed] FloatProduct | Category:onnx-to-spike | Function=float/x | Reason="stays in float: its activation is not quantised"
// REMARK: [Missed] FloatProduct | Category:onnx-to-spike | Function=float/w | Reason="stays in float: its weight is not quantised"
// REMARK: [Missed] FloatProduct | Category:onnx-to-spike | Function=scores | Reason="stays in float: its right operand is not quantised"
// REMARK: [Missed] FloatProduct | Category:onnx-to-spike | Function=alpha | Reason="stays in float: its form is that of no integer product"
// REMARK-NOT: FloatProduct

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// CHECK: module attributes {spike.float_products = ["float/x", "float/w", "scores", "alpha"], spike.float_reasons = {alpha = "its form is that of no integer product", "float/w" = "its weight is not quantised", "float/x" = "its activation is not quantised", scores = "its right operand is not quantised"}}
// CHECK-LABEL: @products
// CHECK-NOT: spike.linear
// CHECK-NOT: spike.matmul
func.func @products(%x: tensor<2x2xf32>, %q: tensor<2x2x!x>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %w = onnx.constant dense<1> : tensor<2x2xi8>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %f = onnx.constant dense<0.5> : tensor<2x2xf32>
  %d = onnx.dequantize_linear %w, %s : (tensor<2x2xi8>, tensor<f32>) -> tensor<2x2xf32>
  %l = spike.dequantize %q : tensor<2x2x!x> -> tensor<2x2xf32>
  // The activation, then the weights are not quantised.
  %0 = onnx.matmul %x, %d : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("float/x")
  %1 = onnx.matmul %l, %f : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("float/w")
  // One operand of attention is not.
  %2 = onnx.matmul %l, %x : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("scores")
  // A Gemm that scales is no product of levels.
  %3 = onnx.gemm %l, %d {alpha = 2.0} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("alpha")
  return %0, %1, %2, %3 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// No bias: a constant along another axis, a residual, a rescale with other uses.
// No re-quantiser where another op lies between.
// CHECK-LABEL: @rescales
// CHECK: %[[A:.*]] = spike.linear
// CHECK-NEXT: %[[Y:.*]] = spike.rescale %[[A]] {axis = -1 : i64, scale
// CHECK: onnx.add %[[Y]], %{{.*}} : (tensor<3x2xf32>, tensor<3x1xf32>)
// CHECK: onnx.add %[[Y]], %{{.*}} : (tensor<3x2xf32>, tensor<3x2xf32>)
// CHECK: onnx.add %[[Y]], %{{.*}} : (tensor<3x2xf32>, tensor<2xf32>)
// CHECK: %[[G:.*]] = onnx.gelu %[[Y]]
// CHECK: spike.quantize %[[G]] "g" kind activation
func.func @rescales(%q: tensor<3x2x!x>, %r: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) {
  %w = onnx.constant dense<1> : tensor<2x2xi8>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %c = onnx.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  %b = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %d = onnx.dequantize_linear %w, %s : (tensor<2x2xi8>, tensor<f32>) -> tensor<2x2xf32>
  %l = spike.dequantize %q : tensor<3x2x!x> -> tensor<3x2xf32>
  %0 = onnx.matmul %l, %d : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %1 = onnx.add %0, %c : (tensor<3x2xf32>, tensor<3x1xf32>) -> tensor<3x2xf32>
  %2 = onnx.add %0, %r : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
  %3 = onnx.add %0, %b : (tensor<3x2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  %4 = onnx.gelu %0 : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %5 = spike.quantize %4 "g" kind activation : tensor<3x2xf32> -> tensor<3x2x!x>
  %6 = spike.dequantize %5 : tensor<3x2x!x> -> tensor<3x2xf32>
  return %1, %2, %3, %6 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>
}
