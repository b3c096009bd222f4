// RUN: snn-opt %s --split-input-file --spike-mttfs=plain --mlir-print-local-scope | FileCheck %s

!x = !spike.level<bits = 4, zero = 8, mask = 8, radius = 1, scale = 1.0>
!u = !spike.level<bits = 2, zero = 0, mask = 0, radius = 1, scale = 1.0>
!m = !spike.level<bits = 2, zero = 1, mask = 2, scale = 1.0>

// Plain TTFS: mask 0, radius 0; the dead zone around the zero point is left to the
// encoder and to the thresholds. Level 7 becomes 8, so that 7 and 8 are reached at
// once, and 9 becomes 8, so that 9 is reached with 10.
// CHECK: module attributes {spike.coding = "plain ttfs"}
// CHECK-LABEL: @dead_zone
// CHECK: spike.encode %{{.*}} "e" kind activation {dead_zone = 1 : i64} : tensor<4xf32> -> tensor<4x!spike.ttfs<bits = 4, zero = 8, mask = 0, scale = 1.0>>
// CHECK: spike.fire
// CHECK-SAME: thresholds = dense<{{\[\[}}-14, -13, -10, -9, -6, -5, -2, -2, 3, 3, 6, 7, 10, 11, 14]]>
// CHECK-SAME: -> tensor<4x!spike.ttfs<bits = 4, zero = 8, mask = 0, scale = 1.0>>
func.func @dead_zone(%x: tensor<4xf32>, %acc: tensor<4xi32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = spike.quantize %x "e" kind activation : tensor<4xf32> -> tensor<4x!x>
  %1 = spike.requantize %acc "f" kind activation {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<4xi32> -> tensor<4x!x>
  %d0 = spike.dequantize %0 : tensor<4x!x> -> tensor<4xf32>
  %d1 = spike.dequantize %1 : tensor<4x!x> -> tensor<4xf32>
  return %d0, %d1 : tensor<4xf32>, tensor<4xf32>
}

// An unsigned site: 0 and 1 become 0. Another mask is no matter without a dead zone.
// CHECK-LABEL: @unsigned
// CHECK: spike.fire %{{.*}} "f" {{.*}}thresholds = dense<{{\[\[}}2, 2, 3]]>
// CHECK: spike.fire %{{.*}} "g" {{.*}}thresholds = dense<{{\[\[}}0, 1, 2]]> {{.*}} -> tensor<4x!spike.ttfs<bits = 2, zero = 1, mask = 0, scale = 1.0>>
func.func @unsigned(%acc: tensor<4xi32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = spike.requantize %acc "f" kind activation {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64} : tensor<4xi32> -> tensor<4x!u>
  %1 = spike.requantize %acc "g" kind activation {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64} : tensor<4xi32> -> tensor<4x!m>
  %d0 = spike.dequantize %0 : tensor<4x!u> -> tensor<4xf32>
  %d1 = spike.dequantize %1 : tensor<4x!m> -> tensor<4xf32>
  return %d0, %d1 : tensor<4xf32>, tensor<4xf32>
}
