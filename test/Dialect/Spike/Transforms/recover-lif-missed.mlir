// RUN: snn-opt %s --split-input-file --spike-recover-lif --remarks-filter=spike-recover-lif --remark-format=emitRemark 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks

// Steps in a wrong order.
// REMARK: its time steps are not those of axis 0, in order
// CHECK-LABEL: @order
// CHECK-NOT: spike.lif
func.func @order(%x: tensor<2x8xf32>) -> tensor<8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %0 = onnx.greater_or_equal %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %1 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %1, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %2 = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %3 = onnx.div %2, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %3 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %4 = onnx.greater_or_equal %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %4 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  return %s1 : tensor<8xf32>
}

// -----

// A threshold that changes.
// REMARK: its time steps differ
// CHECK-LABEL: @threshold
// CHECK-NOT: spike.lif
func.func @threshold(%x: tensor<2x8xf32>) -> tensor<8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %0 = onnx.greater_or_equal %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %1 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %1, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %2 = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %3 = onnx.div %2, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %3 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %4 = onnx.greater_or_equal %h1, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %4 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  return %s1 : tensor<8xf32>
}

// -----

// Above its threshold only, which the reset subtracts.
// REMARK: it fires only above the threshold that its reset subtracts
// CHECK-LABEL: @strict_soft
// CHECK-NOT: spike.lif
func.func @strict_soft(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %m0 = onnx.sub %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c0 = onnx.greater %m0, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %w0 = onnx.mul %s0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %v0 = onnx.sub %h0, %w0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %d = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %e = onnx.div %d, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %e : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %m1 = onnx.sub %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c1 = onnx.greater %m1, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// A step that fires at its threshold and one that does not.
// REMARK: its time steps differ
// CHECK-LABEL: @mixed
// CHECK-NOT: spike.lif
func.func @mixed(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %c0 = onnx.greater %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %n0 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %n0, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %d = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %e = onnx.div %d, %tau : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %e : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %c1 = onnx.greater_or_equal %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// Time constants for each channel.
// REMARK: its time constants differ between channels
// CHECK-LABEL: @time_constants
// CHECK-NOT: spike.lif
func.func @time_constants(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %taus = onnx.constant dense<[2.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]> : tensor<8xf32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %taus : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %c0 = onnx.greater_or_equal %h0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %n0 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %n0, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %d = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %e = onnx.div %d, %taus : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %e : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %c1 = onnx.greater_or_equal %h1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
