// RUN: snn-opt %s --canonicalize --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --cse --mlir-print-local-scope | FileCheck %s --check-prefix=CSE

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!l7 = !spike.level<bits = 4, zero = 8, mask = 7, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Every op is pure: one without uses goes. Quantising loses values, so a
// dequantiser after its quantiser stays.
// CHECK-LABEL: @unused
// CHECK-NEXT: spike.quantize
// CHECK-NEXT: spike.dequantize
// CHECK-NEXT: return
func.func @unused(%x: tensor<4x2xf32>, %m: tensor<4x1x1x2xf32>, %k: tensor<4x2x!l>) -> tensor<4x2xf32> {
  %site = spike.site %x "s" kind activation : tensor<4x2xf32>
  %mask = spike.token_mask %m : tensor<4x1x1x2xf32> -> tensor<4x2xi1>
  %t = spike.encode %x "e" kind activation : tensor<4x2xf32> -> tensor<4x2x!t>
  %acc = spike.linear %t {weight = dense<1> : tensor<2x3xi8>} : tensor<4x2x!t> -> tensor<4x3xi32>
  %y = spike.rescale %acc {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<4x3xi32> -> tensor<4x3xf32>
  %r = spike.requantize %acc "r" kind key {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<4x3xi32> -> tensor<4x3x!l>
  %f = spike.fire %acc "f" kind activation {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64} : tensor<4x3xi32> -> tensor<4x3x!t>
  %s = spike.matmul %t, %k {transposed} : tensor<4x2x!t>, tensor<4x2x!l> -> tensor<4x4xi32>
  %i = onnx.reshape %t [1, 1, 4, 2] : (tensor<4x2x!t>) -> tensor<1x1x4x2x!t>
  %c = spike.conv %i {weight = dense<1> : tensor<1x1x2x2xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x1x4x2x!t> -> tensor<1x1x3x1xi32>
  %q = spike.quantize %x "q" kind activation : tensor<4x2xf32> -> tensor<4x2x!l>
  %d = spike.dequantize %q : tensor<4x2x!l> -> tensor<4x2xf32>
  return %d : tensor<4x2xf32>
}

// A site that has not been calibrated is no identity yet.
// CHECK-LABEL: @site
// CHECK-NEXT: spike.site
func.func @site(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %0 = spike.site %x "s" kind activation : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Equal ops become one; sites of other names, other codings and other weights
// stay apart.
// CSE-LABEL: @common
// CSE-NEXT: %[[A:.*]] = spike.quantize %{{.*}} "a"
// CSE-NEXT: %[[B:.*]] = spike.quantize %{{.*}} "b"
// CSE-NEXT: %[[C:.*]] = spike.quantize %{{.*}} "a" {{.*}}mask = 7
// CSE-NEXT: %[[X:.*]] = spike.linear %[[A]] {weight = dense<1>
// CSE-NEXT: %[[Y:.*]] = spike.linear %[[A]] {weight = dense<2>
// CSE-NEXT: return %[[A]], %[[A]], %[[B]], %[[C]], %[[X]], %[[X]], %[[Y]]
func.func @common(%x: tensor<4x2xf32>) -> (tensor<4x2x!l>, tensor<4x2x!l>, tensor<4x2x!l>, tensor<4x2x!l7>, tensor<4x3xi32>, tensor<4x3xi32>, tensor<4x3xi32>) {
  %a = spike.quantize %x "a" kind activation : tensor<4x2xf32> -> tensor<4x2x!l>
  %a2 = spike.quantize %x "a" kind activation : tensor<4x2xf32> -> tensor<4x2x!l>
  %b = spike.quantize %x "b" kind activation : tensor<4x2xf32> -> tensor<4x2x!l>
  %c = spike.quantize %x "a" kind activation : tensor<4x2xf32> -> tensor<4x2x!l7>
  %0 = spike.linear %a {weight = dense<1> : tensor<2x3xi8>} : tensor<4x2x!l> -> tensor<4x3xi32>
  %1 = spike.linear %a2 {weight = dense<1> : tensor<2x3xi8>} : tensor<4x2x!l> -> tensor<4x3xi32>
  %2 = spike.linear %a2 {weight = dense<2> : tensor<2x3xi8>} : tensor<4x2x!l> -> tensor<4x3xi32>
  return %a, %a2, %b, %c, %0, %1, %2 : tensor<4x2x!l>, tensor<4x2x!l>, tensor<4x2x!l>, tensor<4x2x!l7>, tensor<4x3xi32>, tensor<4x3xi32>, tensor<4x3xi32>
}

// Reshapes of levels fold as those of floats do.
// CHECK-LABEL: @movement
// CHECK-SAME: (%[[X:.*]]: tensor<4x2x!spike.level<
// CHECK-NEXT: return %[[X]]
func.func @movement(%x: tensor<4x2x!l>) -> tensor<4x2x!l> {
  %0 = onnx.reshape %x [8] : (tensor<4x2x!l>) -> tensor<8x!l>
  %1 = onnx.reshape %0 [4, 2] : (tensor<8x!l>) -> tensor<4x2x!l>
  return %1 : tensor<4x2x!l>
}
