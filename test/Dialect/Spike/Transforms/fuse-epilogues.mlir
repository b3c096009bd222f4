// RUN: snn-opt %s --spike-fuse-epilogues --split-input-file | FileCheck %s

!e1 = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!e2 = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.5>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// CHECK-LABEL: @fire
// CHECK: spike.linear {{.*}}spike.fused
// CHECK: spike.fire
// CHECK-NOT: spike.fused
// CHECK: return
func.func @fire(%x: tensor<1x4x2x!e1>) -> tensor<1x4x3x!e2> {
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<1x4x2x!e1> -> tensor<1x4x3xi32>
  %1 = spike.fire %0 "a" kind activation {thresholds = dense<[[1, 2, 3]]> : tensor<1x3xi32>, scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64}
      : tensor<1x4x3xi32> -> tensor<1x4x3x!e2>
  return %1 : tensor<1x4x3x!e2>
}

// -----

!e1 = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!e2 = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.5>

// Thresholds alone say nothing of a re-quantiser, and channels of another axis
// are not the columns of the product.
// CHECK-LABEL: @no_requantiser
// CHECK-NOT: spike.fused
func.func @no_requantiser(%x: tensor<1x3x2x!e1>) -> (tensor<1x3x3x!e2>, tensor<1x3x3x!e2>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<1x3x2x!e1> -> tensor<1x3x3xi32>
  %1 = spike.fire %0 "a" kind activation {thresholds = dense<[[1, 2, 3]]> : tensor<1x3xi32>, axis = -1 : i64}
      : tensor<1x3x3xi32> -> tensor<1x3x3x!e2>
  %2 = spike.linear %x {weight = dense<2> : tensor<2x3xi8>} : tensor<1x3x2x!e1> -> tensor<1x3x3xi32>
  %3 = spike.fire %2 "b" kind activation {thresholds = dense<1> : tensor<3x3xi32>, scale = dense<0.5> : tensor<3xf32>, axis = 1 : i64}
      : tensor<1x3x3xi32> -> tensor<1x3x3x!e2>
  return %1, %3 : tensor<1x3x3x!e2>, tensor<1x3x3x!e2>
}

// -----

!e1 = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// CHECK-LABEL: @steps
// CHECK: spike.linear {{.*}}spike.fused
// CHECK: spike.rescale {{.*}}spike.fused
// CHECK: onnx.gelu {{.*}}spike.fused
// CHECK: onnx.mul {{.*}}spike.fused
// CHECK: onnx.add {{.*}}spike.fused
// CHECK: spike.encode
// CHECK-NOT: spike.fused
// CHECK: spike.linear {{.*}}spike.fused
// CHECK: spike.requantize
// CHECK-NOT: spike.fused
// CHECK: return
func.func @steps(%x: tensor<1x4x2x!e1>, %r: tensor<1x4x3xf32>) -> (tensor<1x4x3x!e1>, tensor<1x4x3x!k>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<1x4x2x!e1> -> tensor<1x4x3xi32>
  %1 = spike.rescale %0 {scale = dense<0.5> : tensor<3xf32>, axis = 2 : i64} : tensor<1x4x3xi32> -> tensor<1x4x3xf32>
  %2 = onnx.gelu %1 : (tensor<1x4x3xf32>) -> tensor<1x4x3xf32>
  %f = onnx.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %m = onnx.mul %2, %f : (tensor<1x4x3xf32>, tensor<3xf32>) -> tensor<1x4x3xf32>
  %3 = onnx.add %r, %m : (tensor<1x4x3xf32>, tensor<1x4x3xf32>) -> tensor<1x4x3xf32>
  %4 = spike.encode %3 "a" kind activation : tensor<1x4x3xf32> -> tensor<1x4x3x!e1>
  %5 = spike.linear %x {weight = dense<2> : tensor<2x3xi8>} : tensor<1x4x2x!e1> -> tensor<1x4x3xi32>
  %6 = spike.requantize %5 "k" kind key {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x4x3xi32> -> tensor<1x4x3x!k>
  return %4, %6 : tensor<1x4x3x!e1>, tensor<1x4x3x!k>
}

// -----

!e1 = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// A value that is read twice is made; of two chains that one addition joins, one
// goes on through it.
// CHECK-LABEL: @limits
// CHECK: spike.linear {{.*}}spike.fused
// CHECK: %[[TWICE:.*]] = spike.rescale
// CHECK-NOT: spike.fused
// CHECK: onnx.relu %[[TWICE]]
// CHECK: spike.linear {{.*}}spike.fused
// CHECK: spike.rescale {{.*}}spike.fused
// CHECK: spike.linear {{.*}}spike.fused
// CHECK: spike.rescale
// CHECK-NOT: spike.fused
// CHECK: return
func.func @limits(%x: tensor<1x4x2x!e1>) -> (tensor<1x4x3xf32>, tensor<1x4x3xf32>, tensor<1x4x3xf32>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<1x4x2x!e1> -> tensor<1x4x3xi32>
  %1 = spike.rescale %0 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x4x3xi32> -> tensor<1x4x3xf32>
  %2 = onnx.relu %1 : (tensor<1x4x3xf32>) -> tensor<1x4x3xf32>
  %3 = spike.linear %x {weight = dense<2> : tensor<2x3xi8>} : tensor<1x4x2x!e1> -> tensor<1x4x3xi32>
  %4 = spike.rescale %3 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x4x3xi32> -> tensor<1x4x3xf32>
  %5 = spike.linear %x {weight = dense<3> : tensor<2x3xi8>} : tensor<1x4x2x!e1> -> tensor<1x4x3xi32>
  %6 = spike.rescale %5 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x4x3xi32> -> tensor<1x4x3xf32>
  %7 = onnx.add %4, %6 : (tensor<1x4x3xf32>, tensor<1x4x3xf32>) -> tensor<1x4x3xf32>
  return %1, %2, %7 : tensor<1x4x3xf32>, tensor<1x4x3xf32>, tensor<1x4x3xf32>
}

// -----

!e1 = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Factors that are no constants, are not by channel, or come before the
// activation.
// CHECK-LABEL: @factors
// CHECK-COUNT-3: spike.rescale %{{[0-9]+}} {axis = -1 : i64, scale = dense<5.000000e-01> : tensor<1xf32>}
// CHECK: return
func.func @factors(%x: tensor<1x4x2x!e1>, %f: tensor<3xf32>) -> (tensor<1x4x3xf32>, tensor<1x4x3xf32>, tensor<1x4x3xf32>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<1x4x2x!e1> -> tensor<1x4x3xi32>
  %1 = spike.rescale %0 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x4x3xi32> -> tensor<1x4x3xf32>
  %2 = onnx.mul %1, %f : (tensor<1x4x3xf32>, tensor<3xf32>) -> tensor<1x4x3xf32>
  %c = onnx.constant dense<2.0> : tensor<4x1xf32>
  %3 = spike.linear %x {weight = dense<2> : tensor<2x3xi8>} : tensor<1x4x2x!e1> -> tensor<1x4x3xi32>
  %4 = spike.rescale %3 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x4x3xi32> -> tensor<1x4x3xf32>
  %5 = onnx.mul %4, %c : (tensor<1x4x3xf32>, tensor<4x1xf32>) -> tensor<1x4x3xf32>
  %s = onnx.constant dense<2.0> : tensor<f32>
  %6 = spike.linear %x {weight = dense<3> : tensor<2x3xi8>} : tensor<1x4x2x!e1> -> tensor<1x4x3xi32>
  %7 = spike.rescale %6 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x4x3xi32> -> tensor<1x4x3xf32>
  %8 = onnx.mul %7, %s : (tensor<1x4x3xf32>, tensor<f32>) -> tensor<1x4x3xf32>
  return %2, %5, %8 : tensor<1x4x3xf32>, tensor<1x4x3xf32>, tensor<1x4x3xf32>
}
