// RUN: snn-opt %s --split-input-file --spike-insert-sites --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-insert-sites | snn-opt --split-input-file --spike-insert-sites --mlir-print-local-scope | FileCheck %s

// One site serves both linears that read %x; a bias is none.
// CHECK-LABEL: @linears
// CHECK-SAME: (%[[X:[^:]*]]: tensor<?x4xf32>
// CHECK-DAG: %[[S:.*]] = spike.site %[[X]] "{{.*}}/x" kind activation : tensor<?x4xf32>
// CHECK: %[[A:.*]] = onnx.matmul %[[S]], %{{.*}}
// CHECK: %[[B:.*]] = onnx.gemm %[[S]], %{{.*}}, %{{.*}}
// CHECK: %[[C:.*]] = onnx.add %[[A]], %[[B]]
// CHECK: %[[T:.*]] = spike.site %[[C]] "fc2/x" kind activation
// CHECK: onnx.matmul %[[T]], %{{.*}}
// CHECK-NOT: spike.site
func.func @linears(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = onnx.constant dense<1.0> : tensor<4x2xf32>
  %w2 = onnx.constant dense<1.0> : tensor<2x2xf32>
  %b = onnx.constant dense<1.0> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32> loc("fc")
  %1 = onnx.gemm %x, %w, %b : (tensor<?x4xf32>, tensor<4x2xf32>, tensor<2xf32>) -> tensor<?x2xf32> loc("gemm")
  %2 = onnx.add %0, %1 : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %3 = onnx.matmul %2, %w2 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32> loc("fc2")
  return %3 : tensor<?x2xf32>
}

// -----

// A convolution, and a weight behind a transpose.
// CHECK-LABEL: @weights
// CHECK: %[[S:.*]] = spike.site %{{.*}} "conv/x" kind activation : tensor<?x2x4x4xf32>
// CHECK: onnx.conv %[[S]]
// CHECK: %[[T:.*]] = spike.site %{{.*}} "fc/x" kind activation
// CHECK: onnx.matmul %[[T]]
func.func @weights(%x: tensor<?x2x4x4xf32>) -> tensor<?x4x4x3xf32> {
  %w = onnx.constant dense<1.0> : tensor<4x2x1x1xf32>
  %v = onnx.constant dense<1.0> : tensor<3x4xf32>
  %vt = onnx.transpose %v [1, 0] : (tensor<3x4xf32>) -> tensor<4x3xf32>
  %0 = onnx.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : (tensor<?x2x4x4xf32>, tensor<4x2x1x1xf32>) -> tensor<?x4x4x4xf32> loc("conv")
  %1 = onnx.matmul %0, %vt : (tensor<?x4x4x4xf32>, tensor<4x3xf32>) -> tensor<?x4x4x3xf32> loc("fc")
  return %1 : tensor<?x4x4x3xf32>
}

// -----

// Attention is opened; the mask is added in float.
// CHECK-LABEL: @attention
// CHECK-SAME: (%[[Q:[^:]*]]: {{[^,]*}}, %[[K:[^:]*]]: {{[^,]*}}, %[[V:[^:]*]]: {{[^,]*}}, %[[M:[^:]*]]: tensor<?x1x1x4xf32>)
// CHECK: %[[KT:.*]] = onnx.transpose %[[K]] [0, 1, 3, 2]
// CHECK: %[[SQ:.*]] = spike.site %[[Q]] "attn/query" kind query
// CHECK: %[[SK:.*]] = spike.site %[[KT]] "attn/key" kind key
// CHECK: %[[S:.*]] = onnx.matmul %[[SQ]], %[[SK]]
// CHECK: %[[C:.*]] = onnx.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[SC:.*]] = onnx.mul %[[S]], %[[C]]
// CHECK: %[[MA:.*]] = onnx.add %[[SC]], %[[M]]
// CHECK: %[[P:.*]] = onnx.softmax %[[MA]]
// CHECK: %[[SP:.*]] = spike.site %[[P]] "attn/probability" kind probability
// CHECK: %[[SV:.*]] = spike.site %[[V]] "attn/value" kind value
// CHECK: %[[Y:.*]] = onnx.matmul %[[SP]], %[[SV]]
// CHECK: return %[[Y]]
func.func @attention(%q: tensor<?x2x4x4xf32>, %k: tensor<?x2x4x4xf32>, %v: tensor<?x2x4x4xf32>, %m: tensor<?x1x1x4xf32>) -> tensor<?x2x4x4xf32> {
  %0 = onnx.attention %q, %k, %v, %m {scale = 0.5} : (tensor<?x2x4x4xf32>, tensor<?x2x4x4xf32>, tensor<?x2x4x4xf32>, tensor<?x1x1x4xf32>) -> tensor<?x2x4x4xf32> loc("attn")
  return %0 : tensor<?x2x4x4xf32>
}

// -----

// No sites: constant activations, a product that broadcasts.
// CHECK-LABEL: @none
// CHECK-NOT: spike.site
func.func @none(%x: tensor<4x3xf32>, %y: tensor<2x3x4xf32>) -> (tensor<2x3xf32>, tensor<2x4x4xf32>) {
  %w = onnx.constant dense<1.0> : tensor<2x4xf32>
  %0 = onnx.matmul %w, %x : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
  %1 = onnx.matmul %x, %y : (tensor<4x3xf32>, tensor<2x3x4xf32>) -> tensor<2x4x4xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<2x4x4xf32>
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// A network with quantisers of its own keeps to them.
// CHECK-LABEL: @quantised
// CHECK-NOT: spike.site
func.func @quantised(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = onnx.constant dense<1.0> : tensor<4x4xf32>
  %0 = spike.quantize %x "q" kind activation : tensor<4x4xf32> -> tensor<4x4x!l>
  %1 = spike.dequantize %0 : tensor<4x4x!l> -> tensor<4x4xf32>
  %2 = onnx.matmul %1, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = onnx.matmul %2, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %3 : tensor<4x4xf32>
}
