// RUN: snn-opt %s --split-input-file --onnx-normalize-quantizers --canonicalize --mlir-print-local-scope | FileCheck %s

// A weight in floats is stored as its levels; a bias of 32 bits is a constant.
// CHECK-LABEL: @qat
// CHECK-DAG: %[[W:.*]] = onnx.constant dense<{{.*}}> : tensor<2x2xi8>
// CHECK-DAG: %[[B:.*]] = onnx.constant dense<[5.000000e+00, -2.500000e+00]> : tensor<2xf32>
// CHECK: %[[D:.*]] = onnx.dequantize_linear %[[W]]
// CHECK: onnx.matmul %{{.*}}, %[[D]]
// CHECK: onnx.add %{{.*}}, %[[B]]
func.func @qat(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %ws = onnx.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %w = onnx.constant dense<[[1.0, -0.5], [0.75, 60.0]]> : tensor<2x2xf32>
  %b = onnx.constant dense<[10, -5]> : tensor<2xi32>
  %0 = onnx.quantize_linear %x, %s {to = i8} : (tensor<3x2xf32>, tensor<f32>) -> tensor<3x2xi8>
  %1 = onnx.dequantize_linear %0, %s : (tensor<3x2xi8>, tensor<f32>) -> tensor<3x2xf32>
  %2 = onnx.quantize_linear %w, %ws {to = i8} : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xi8>
  %3 = onnx.dequantize_linear %2, %ws : (tensor<2x2xi8>, tensor<2xf32>) -> tensor<2x2xf32>
  %4 = onnx.dequantize_linear %b, %s : (tensor<2xi32>, tensor<f32>) -> tensor<2xf32>
  %5 = onnx.matmul %1, %3 : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %6 = onnx.add %5, %4 : (tensor<3x2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  return %6 : tensor<3x2xf32>
}

// -----

// Movement goes below the dequantiser, its padding becomes a value.
// CHECK-LABEL: @moved
// CHECK: %[[Q:.*]] = onnx.quantize_linear
// CHECK: %[[D:.*]] = onnx.dequantize_linear %[[Q]]
// CHECK: %[[T:.*]] = onnx.transpose %[[D]]
// CHECK: onnx.pad %[[T]] {pads = array<i64: 0, 0, 0, 1>, value = -1.500000e+00 : f64}
func.func @moved(%x: tensor<3x2xf32>) -> tensor<2x4xf32> {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<3> : tensor<i8>
  %0 = onnx.quantize_linear %x, %s, %z {to = i8} : (tensor<3x2xf32>, tensor<f32>, tensor<i8>) -> tensor<3x2xi8>
  %1 = onnx.transpose %0 [1, 0] : (tensor<3x2xi8>) -> tensor<2x3xi8>
  %2 = onnx.pad %1 {pads = array<i64: 0, 0, 0, 1>} : (tensor<2x3xi8>) -> tensor<2x4xi8>
  %3 = onnx.dequantize_linear %2, %s, %z : (tensor<2x4xi8>, tensor<f32>, tensor<i8>) -> tensor<2x4xf32>
  return %3 : tensor<2x4xf32>
}

// -----

// The halves of a quantised tensor are quantised where products read them, under
// its name and a numbered one; the quantiser before them is gone.
// CHECK-LABEL: @halves
// CHECK: %[[H:.*]]:2 = onnx.split %arg0
// CHECK-DAG: onnx.quantize_linear %[[H]]#0, %{{.*}} {onnx.output = "x_q", to = i8}
// CHECK-DAG: onnx.quantize_linear %[[H]]#1, %{{.*}} {onnx.output = "x_q.1", to = i8}
// CHECK-NOT: onnx.quantize_linear
// CHECK: return
func.func @halves(%x: tensor<3x4xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %w = onnx.constant dense<1> : tensor<2x2xi8>
  %0 = onnx.quantize_linear %x, %s {to = i8, onnx.output = "x_q"} : (tensor<3x4xf32>, tensor<f32>) -> tensor<3x4xi8>
  %1 = onnx.dequantize_linear %0, %s : (tensor<3x4xi8>, tensor<f32>) -> tensor<3x4xf32>
  %2:2 = onnx.split %1 {axis = 1 : i64, sizes = array<i64: 2, 2>} : (tensor<3x4xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>)
  %3 = onnx.dequantize_linear %w, %s : (tensor<2x2xi8>, tensor<f32>) -> tensor<2x2xf32>
  %4 = onnx.matmul %2#0, %3 : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %5 = onnx.matmul %2#1, %3 : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  return %4, %5 : tensor<3x2xf32>, tensor<3x2xf32>
}

// -----

// An input of levels.
// CHECK-LABEL: @input
// CHECK: %[[X:.*]] = onnx.dequantize_linear %arg0
// CHECK: %[[Q:.*]] = onnx.quantize_linear %[[X]], %{{.*}} {onnx.output = "pixels", to = ui8}
// CHECK: %[[D:.*]] = onnx.dequantize_linear %[[Q]]
// CHECK: onnx.matmul %[[D]]
func.func @input(%x: tensor<3x2xui8> loc("pixels")) -> tensor<3x2xf32> {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %w = onnx.constant dense<1> : tensor<2x2xi8>
  %0 = onnx.dequantize_linear %x, %s : (tensor<3x2xui8>, tensor<f32>) -> tensor<3x2xf32>
  %1 = onnx.dequantize_linear %w, %s : (tensor<2x2xi8>, tensor<f32>) -> tensor<2x2xf32>
  %2 = onnx.matmul %0, %1 : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// -----

// An integer product takes up the scales behind it: the quantiser's, which is
// computed, and the weight's.
// CHECK-LABEL: @integer
// CHECK: %[[W:.*]] = onnx.constant dense<[2.500000e-01, 5.000000e-01]> : tensor<2xf32>
// CHECK: %[[S:.*]] = onnx.reduce_max
// CHECK: %[[Q:.*]] = onnx.quantize_linear %arg0, %[[S]]
// CHECK: %[[A:.*]] = onnx.dequantize_linear %[[Q]], %[[S]]
// CHECK: %[[B:.*]] = onnx.dequantize_linear %{{.*}}, %[[W]]
// CHECK: %[[Y:.*]] = onnx.matmul %[[A]], %[[B]]
// CHECK: return %[[Y]]
func.func @integer(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %w = onnx.constant dense<1> : tensor<2x2xi8>
  %ws = onnx.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %s = onnx.reduce_max %x {axes = array<i64: 0, 1>, keepdims = false} : (tensor<3x2xf32>) -> tensor<f32>
  %0 = onnx.quantize_linear %x, %s {to = ui8} : (tensor<3x2xf32>, tensor<f32>) -> tensor<3x2xui8>
  %1 = onnx.dequantize_linear %0, %one : (tensor<3x2xui8>, tensor<f32>) -> tensor<3x2xf32>
  %2 = onnx.dequantize_linear %w, %one : (tensor<2x2xi8>, tensor<f32>) -> tensor<2x2xf32>
  %3 = onnx.matmul %1, %2 : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %4 = onnx.cast %3 {to = i32} : (tensor<3x2xf32>) -> tensor<3x2xi32>
  %5 = onnx.cast %4 {to = f32} : (tensor<3x2xi32>) -> tensor<3x2xf32>
  %6 = onnx.mul %s, %ws : (tensor<f32>, tensor<2xf32>) -> tensor<2xf32>
  %7 = onnx.mul %5, %6 : (tensor<3x2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  return %7 : tensor<3x2xf32>
}

// -----

// Other parameters behind a quantiser than in it: the values are brought to them.
// CHECK-LABEL: @unit
// CHECK: %[[X:.*]] = onnx.div %arg0
// CHECK: %[[Q:.*]] = onnx.quantize_linear %[[X]]
// CHECK: onnx.dequantize_linear %[[Q]]
func.func @unit(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %s = onnx.constant dense<0.3> : tensor<f32>
  %0 = onnx.quantize_linear %x, %s {to = i8} : (tensor<3x2xf32>, tensor<f32>) -> tensor<3x2xi8>
  %1 = onnx.dequantize_linear %0, %one : (tensor<3x2xi8>, tensor<f32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}
