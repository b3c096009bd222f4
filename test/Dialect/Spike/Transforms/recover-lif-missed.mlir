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

// Time constants and thresholds for each channel.
// REMARK: its time constants differ between channels
// CHECK-LABEL: @time_constants
// CHECK-NOT: spike.lif
func.func @time_constants(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %taus = onnx.constant dense<[2.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]> : tensor<8xf32>
  %ths = onnx.constant dense<[1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]> : tensor<8xf32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %h0 = onnx.div %x0, %taus : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %c0 = onnx.greater_or_equal %h0, %ths : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %n0 = onnx.sub %one, %s0 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %v0 = onnx.mul %n0, %h0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x8xf32>, tensor<i64>) -> tensor<8xf32>
  %d = onnx.sub %x1, %v0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %e = onnx.div %d, %taus : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %h1 = onnx.add %v0, %e : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %c1 = onnx.greater_or_equal %h1, %ths : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<8xi1>) -> tensor<8xf32>
  %r0 = onnx.reshape %s0 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %r1 = onnx.reshape %s1 [1, 8] : (tensor<8xf32>) -> tensor<1x8xf32>
  %y = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// snnTorch's reset_delay=False: the membrane behind the reset is compared again.
// REMARK: a second comparison, '', of its membrane also resets it (snnTorch: reset_delay=True); kept as a firing of one step, its membrane is float
// CHECK-LABEL: @second_comparison
// CHECK: spike.lif %{{.*}} -> tensor<3x8x!binary>
// CHECK: spike.lif %{{.*}} -> tensor<3x8x!binary>
func.func @second_comparison(%x: tensor<2x3x8xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %beta = onnx.constant dense<0.5> : tensor<f32>
  %w = onnx.constant dense<1.0> : tensor<8x2xf32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x3x8xf32>, tensor<i64>) -> tensor<3x8xf32>
  %c0 = onnx.greater %x0, %one : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<3x8xi1>) -> tensor<3x8xf32>
  %m0 = onnx.sub %x0, %s0 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %d0 = onnx.greater %m0, %one : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xi1>
  %r0 = onnx.cast %d0 {to = f32} : (tensor<3x8xi1>) -> tensor<3x8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x3x8xf32>, tensor<i64>) -> tensor<3x8xf32>
  %k1 = onnx.mul %m0, %beta : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xf32>
  %u1 = onnx.add %k1, %x1 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %h1 = onnx.sub %u1, %r0 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %c1 = onnx.greater %h1, %one : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<3x8xi1>) -> tensor<3x8xf32>
  %y0 = onnx.matmul %s0, %w : (tensor<3x8xf32>, tensor<8x2xf32>) -> tensor<3x2xf32>
  %y1 = onnx.matmul %s1, %w : (tensor<3x8xf32>, tensor<8x2xf32>) -> tensor<3x2xf32>
  return %y0, %y1 : tensor<3x2xf32>, tensor<3x2xf32>
}

// -----

// What a step takes up depends on the spikes of the step before.
// REMARK: its input depends on its own spikes (recurrent neurons); kept as a firing of one step, its membrane is float
// CHECK-LABEL: @recurrent
// CHECK-COUNT-2: spike.lif %{{.*}} -> tensor<3x8x!binary>
func.func @recurrent(%x: tensor<2x3x8xf32>) -> tensor<3x8xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %beta = onnx.constant dense<0.5> : tensor<f32>
  %w = onnx.constant dense<1.0> : tensor<8x8xf32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x3x8xf32>, tensor<i64>) -> tensor<3x8xf32>
  %c0 = onnx.greater %x0, %one : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xi1>
  %s0 = onnx.cast %c0 {to = f32} : (tensor<3x8xi1>) -> tensor<3x8xf32>
  %x1 = onnx.gather %x, %i1 : (tensor<2x3x8xf32>, tensor<i64>) -> tensor<3x8xf32>
  %f1 = onnx.matmul %s0, %w : (tensor<3x8xf32>, tensor<8x8xf32>) -> tensor<3x8xf32>
  %j1 = onnx.add %x1, %f1 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %k1 = onnx.mul %x0, %beta : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xf32>
  %u1 = onnx.add %k1, %j1 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %h1 = onnx.sub %u1, %s0 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %c1 = onnx.greater %h1, %one : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xi1>
  %s1 = onnx.cast %c1 {to = f32} : (tensor<3x8xi1>) -> tensor<3x8xf32>
  %y = onnx.matmul %s1, %w : (tensor<3x8xf32>, tensor<8x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

// Nothing bounds the count.
// REMARK: it rounds a number that is not clipped, so that there is no largest count: clip it to 0 and the largest count
// REMARK: no neurons recognised: nothing compares floats with a constant and is used as 0 and 1, or rounds clipped ones
// CHECK-LABEL: @unbounded
// CHECK-NOT: spike.lif
func.func @unbounded(%x: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %y = onnx.round %x : (tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

// Several spikes a step, without MaxSpike.
// REMARK: it takes the whole part of a number that is not bounded, so that there is no largest count (sinabs: MaxSpike(n))
// CHECK-LABEL: @whole
// CHECK-NOT: spike.lif
func.func @whole(%x: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %0 = onnx.greater %x, %zero : (tensor<3x8xf32>, tensor<f32>) -> tensor<3x8xi1>
  %1 = onnx.cast %0 {to = f32} : (tensor<3x8xi1>) -> tensor<3x8xf32>
  %2 = onnx.cast %x {to = i64} : (tensor<3x8xf32>) -> tensor<3x8xi64>
  %3 = onnx.cast %2 {to = f32} : (tensor<3x8xi64>) -> tensor<3x8xf32>
  %y = onnx.mul %1, %3 : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}
