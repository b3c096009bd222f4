// RUN: snn-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: @neutral_elements
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK-NEXT: return %[[X]] : tensor<?x8xf32>
func.func @neutral_elements(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<8xf32>
  %0 = onnx.add %x, %zero : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.add %zero, %0 : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.sub %1, %zero : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %2, %one : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %4 = onnx.mul %one, %3 : (tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %5 = onnx.div %4, %one : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// A neutral element that widens the shape stays.
// CHECK-LABEL: @widening
// CHECK: onnx.add
func.func @widening(%x: tensor<8xf32>) -> tensor<4x8xf32> {
  %zero = onnx.constant dense<0.0> : tensor<4x8xf32>
  %0 = onnx.add %x, %zero : (tensor<8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: @reshapes
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x6xf32>)
// CHECK-NEXT: %[[Y:.*]] = onnx.reshape %[[X]] [-1, 24] : (tensor<?x4x6xf32>) -> tensor<?x24xf32>
// CHECK-NEXT: return %[[X]], %[[Y]]
func.func @reshapes(%x: tensor<?x4x6xf32>) -> (tensor<?x4x6xf32>, tensor<?x24xf32>) {
  %0 = onnx.reshape %x [-1, 2, 12] : (tensor<?x4x6xf32>) -> tensor<?x2x12xf32>
  %1 = onnx.reshape %0 [-1, 4, 6] : (tensor<?x2x12xf32>) -> tensor<?x4x6xf32>
  %2 = onnx.reshape %0 [-1, 24] : (tensor<?x2x12xf32>) -> tensor<?x24xf32>
  return %1, %2 : tensor<?x4x6xf32>, tensor<?x24xf32>
}

// CHECK-LABEL: @transposes
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x6xf32>)
// CHECK-NEXT: %[[Y:.*]] = onnx.transpose %[[X]] [2, 0, 1] : (tensor<?x4x6xf32>) -> tensor<6x?x4xf32>
// CHECK-NEXT: return %[[X]], %[[Y]]
func.func @transposes(%x: tensor<?x4x6xf32>) -> (tensor<?x4x6xf32>, tensor<6x?x4xf32>) {
  %0 = onnx.transpose %x [1, 2, 0] : (tensor<?x4x6xf32>) -> tensor<4x6x?xf32>
  %1 = onnx.transpose %0 [2, 0, 1] : (tensor<4x6x?xf32>) -> tensor<?x4x6xf32>
  %2 = onnx.transpose %0 [1, 2, 0] : (tensor<4x6x?xf32>) -> tensor<6x?x4xf32>
  return %1, %2 : tensor<?x4x6xf32>, tensor<6x?x4xf32>
}

// CHECK-LABEL: @casts
// CHECK-SAME: (%[[X:.*]]: tensor<?xi32>, %[[Y:.*]]: tensor<?xf32>)
// CHECK-NEXT: %[[A:.*]] = onnx.cast %[[X]] {to = f32} : (tensor<?xi32>) -> tensor<?xf32>
// A cast that rounds stays.
// CHECK-NEXT: %[[B:.*]] = onnx.cast %[[Y]] {to = i64}
// CHECK-NEXT: %[[C:.*]] = onnx.cast %[[B]] {to = f32}
// CHECK-NEXT: return %[[X]], %[[A]], %[[C]]
func.func @casts(%x: tensor<?xi32>, %y: tensor<?xf32>) -> (tensor<?xi32>, tensor<?xf32>, tensor<?xf32>) {
  %0 = onnx.cast %x {to = i64} : (tensor<?xi32>) -> tensor<?xi64>
  %1 = onnx.cast %0 {to = i32} : (tensor<?xi64>) -> tensor<?xi32>
  %2 = onnx.cast %0 {to = f32} : (tensor<?xi64>) -> tensor<?xf32>
  %3 = onnx.cast %y {to = i64} : (tensor<?xf32>) -> tensor<?xi64>
  %4 = onnx.cast %3 {to = f32} : (tensor<?xi64>) -> tensor<?xf32>
  return %1, %2, %4 : tensor<?xi32>, tensor<?xf32>, tensor<?xf32>
}

// CHECK-LABEL: @identities
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>, %[[L:.*]]: tensor<?x3xf32>)
// CHECK-NEXT: %[[E:.*]] = onnx.expand %[[L]], %[[L]]
// CHECK-NEXT: return %[[X]], %[[X]], %[[E]]
func.func @identities(%x: tensor<2x3xf32>, %l: tensor<?x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<?x3xf32>) {
  %0 = onnx.concat %x {axis = 0} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = onnx.expand %x {shape = array<i64: 1, 3>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // The open axis of x might be one element that is repeated.
  %2 = onnx.expand %l, %l {shape = array<i64: -1, 3>} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  return %0, %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<?x3xf32>
}

// Ops on constants run through the kernels.
// CHECK-LABEL: @constants
// CHECK-DAG: onnx.constant dense<[0, 2, 4]> : tensor<3xi64>
// CHECK-DAG: onnx.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-DAG: onnx.constant dense<[true, false]> : tensor<2xi1>
// CHECK-DAG: onnx.constant dense<3.000000e+00> : tensor<f32>
// CHECK-NOT: onnx.range
func.func @constants() -> (tensor<3xi64>, tensor<2x2xf32>, tensor<2xi1>, tensor<f32>) {
  %0 = onnx.constant dense<0> : tensor<i64>
  %6 = onnx.constant dense<6> : tensor<i64>
  %2 = onnx.constant dense<2> : tensor<i64>
  %r = onnx.range %0, %6, %2 : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<3xi64>
  %m = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %t = onnx.transpose %m [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %b = onnx.constant dense<[false, true]> : tensor<2xi1>
  %n = onnx.not %b : (tensor<2xi1>) -> tensor<2xi1>
  %nine = onnx.constant dense<9.0> : tensor<f32>
  %s = onnx.sqrt %nine : (tensor<f32>) -> tensor<f32>
  return %r, %t, %n, %s : tensor<3xi64>, tensor<2x2xf32>, tensor<2xi1>, tensor<f32>
}

// A large result goes to the archive in memory.
// CHECK-LABEL: @large
// CHECK: onnx.constant #onnx.param<"", "folded"> : tensor<10x10xf32>
func.func @large() -> tensor<10x10xf32> {
  %0 = onnx.constant dense<4.0> : tensor<10x10xf32>
  %1 = onnx.sqrt %0 : (tensor<10x10xf32>) -> tensor<10x10xf32>
  return %1 : tensor<10x10xf32>
}

// What would grow much, what quantises, and what fails when it is run stay.
// CHECK-LABEL: @not_folded
// CHECK: onnx.expand
// CHECK: onnx.dequantize_linear
// CHECK: onnx.gather
// CHECK: onnx.neg
func.func @not_folded() -> (tensor<100x100xf32>, tensor<2xf32>, tensor<1xf32>, tensor<2xf32>) {
  %x = onnx.constant dense<4.0> : tensor<f32>
  %0 = onnx.expand %x {shape = array<i64: 100, 100>} : (tensor<f32>) -> tensor<100x100xf32>
  %q = onnx.constant dense<[1, 2]> : tensor<2xi8>
  %1 = onnx.dequantize_linear %q, %x : (tensor<2xi8>, tensor<f32>) -> tensor<2xf32>
  %d = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %i = onnx.constant dense<7> : tensor<1xi64>
  %2 = onnx.gather %d, %i : (tensor<2xf32>, tensor<1xi64>) -> tensor<1xf32>
  %p = onnx.constant #onnx.param<"no-such-file.onnx", "w"> : tensor<2xf32>
  %3 = onnx.neg %p : (tensor<2xf32>) -> tensor<2xf32>
  return %0, %1, %2, %3 : tensor<100x100xf32>, tensor<2xf32>, tensor<1xf32>, tensor<2xf32>
}
