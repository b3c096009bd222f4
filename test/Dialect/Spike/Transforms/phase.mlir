// RUN: snn-opt %s --split-input-file --spike-phase --verify-diagnostics --mlir-print-local-scope | FileCheck %s

!ph = !spike.phase<base = 1.5, phases = 12, scale = 2.0>

// CHECK: module attributes {spike.coding = "phase"}
// CHECK-LABEL: @network
// CHECK-SAME: (%[[X:.*]]: tensor<2x4xf32>, %[[V:.*]]: tensor<2x4xi1>)
// CHECK: %[[T:.*]] = spike.phase_encode %[[X]] "x" kind activation valid(%[[V]] : tensor<2x4xi1>) {token_axes = array<i64: 1>} : tensor<2x4xf32> -> tensor<2x4x!spike.phase<base = 1.5, phases = 12, scale = 2.0>>
// CHECK: %[[Y:.*]] = spike.phase_linear %[[T]]
// CHECK: %[[Z:.*]] = spike.phase_residual %[[Y]], %[[T]]
// CHECK: %[[D:.*]] = spike.phase_decode %[[T]]
// CHECK: %[[E:.*]] = onnx.relu %[[D]]
// CHECK: return %[[Z]], %[[E]]
func.func @network(%x: tensor<2x4xf32>, %v: tensor<2x4xi1>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %0 = spike.quantize %x "x" kind activation valid(%v : tensor<2x4xi1>) {token_axes = array<i64: 1>} : tensor<2x4xf32> -> tensor<2x4x!ph>
  %1 = spike.phase_linear %0 {weight = dense<1> : tensor<4x4xi8>} : tensor<2x4x!ph> -> tensor<2x4xf32>
  %2 = spike.dequantize %0 : tensor<2x4x!ph> -> tensor<2x4xf32>
  %3 = onnx.add %2, %1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %4 = spike.dequantize %0 : tensor<2x4x!ph> -> tensor<2x4xf32>
  %5 = onnx.relu %4 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %3, %5 : tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

func.func @unquantised(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{is not quantised; run spike-quantize first}}
  %0 = spike.site %x "x" kind activation : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @levels(%x: tensor<4xf32>) {
  // expected-error@+1 {{needs a phase code, makes '!spike.level}}
  %0 = spike.quantize %x "x" kind activation : tensor<4xf32> -> tensor<4x!spike.level<bits = 4, zero = 8, mask = 8, scale = 1.0>>
  return
}
