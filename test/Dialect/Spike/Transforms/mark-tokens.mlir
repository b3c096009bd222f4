// RUN: snn-opt %s --split-input-file --spike-mark-tokens --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-mark-tokens | snn-opt --split-input-file --spike-mark-tokens --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-mark-tokens --verify-diagnostics -o /dev/null

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!p = !spike.level<bits = 4, zero = 0, mask = 0, scale = 0.0625>

// The mask is computed from an input; its token mask goes to the start, in front
// of the sites. Axes: tokens are axis 1 of activations, 2 of queries and values,
// 3 of transposed keys, 2 and 3 of probabilities.
// CHECK-LABEL: @attention
// CHECK-SAME: %[[M:[^:]*]]: tensor<1x6xf32>)
// CHECK: %[[R:.*]] = onnx.reshape %[[M]] [1, 1, 1, 6]
// CHECK-NEXT: %[[N:.*]] = onnx.neg %[[R]]
// CHECK-NEXT: %[[V:.*]] = spike.token_mask %[[N]] : tensor<1x1x1x6xf32> -> tensor<1x6xi1>
// CHECK: spike.quantize %{{.*}} "x" kind activation valid(%[[V]] : tensor<1x6xi1>) {token_axes = array<i64: 1>}
// CHECK: spike.quantize %{{.*}} "q" kind query valid(%[[V]] : tensor<1x6xi1>) {token_axes = array<i64: 2>}
// CHECK: spike.site %{{.*}} "k" kind key valid(%[[V]] : tensor<1x6xi1>) {token_axes = array<i64: 3>}
// CHECK: spike.matmul %{{.*}}, %{{.*}} valid(%[[V]] : tensor<1x6xi1>) {transposed}
// CHECK: spike.quantize %{{.*}} "p" kind probability valid(%[[V]] : tensor<1x6xi1>) {token_axes = array<i64: 2, 3>}
// The product with the values has no keys as its columns.
// CHECK: spike.matmul %{{.*}}, %{{.*}} : tensor<1x2x6x6x
// No axis of six tokens, or a rank that is not understood.
// CHECK: spike.quantize %{{.*}} "pooled" kind activation : tensor<1x8xf32>
// CHECK: spike.requantize %{{.*}} "other" kind activation {axis = -1 : i64, scale
func.func @attention(%x: tensor<1x6x8xf32>, %q: tensor<1x2x6x4xf32>, %k: tensor<1x2x4x6xf32>, %acc: tensor<1x5x8xi32>, %c: tensor<1x8xf32>, %m: tensor<1x6xf32>)
    -> (tensor<1x6x8xf32>, tensor<1x2x4x6xf32>, tensor<1x2x6x4xi32>, tensor<1x8xf32>, tensor<1x5x8xf32>) {
  %0 = spike.quantize %x "x" kind activation : tensor<1x6x8xf32> -> tensor<1x6x8x!l>
  %d0 = spike.dequantize %0 : tensor<1x6x8x!l> -> tensor<1x6x8xf32>
  %1 = spike.quantize %q "q" kind query : tensor<1x2x6x4xf32> -> tensor<1x2x6x4x!l>
  %2 = spike.site %k "k" kind key : tensor<1x2x4x6xf32>
  %3 = spike.matmul %1, %1 {transposed} : tensor<1x2x6x4x!l>, tensor<1x2x6x4x!l> -> tensor<1x2x6x6xi32>
  %4 = spike.rescale %3 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x2x6x6xi32> -> tensor<1x2x6x6xf32>
  %5 = onnx.reshape %m [1, 1, 1, 6] : (tensor<1x6xf32>) -> tensor<1x1x1x6xf32>
  %6 = onnx.neg %5 : (tensor<1x1x1x6xf32>) -> tensor<1x1x1x6xf32>
  %7 = onnx.add %4, %6 : (tensor<1x2x6x6xf32>, tensor<1x1x1x6xf32>) -> tensor<1x2x6x6xf32>
  %8 = onnx.softmax %7 : (tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %9 = spike.quantize %8 "p" kind probability : tensor<1x2x6x6xf32> -> tensor<1x2x6x6x!p>
  %10 = spike.matmul %9, %1 : tensor<1x2x6x6x!p>, tensor<1x2x6x4x!l> -> tensor<1x2x6x4xi32>
  %11 = spike.quantize %c "pooled" kind activation : tensor<1x8xf32> -> tensor<1x8x!l>
  %d11 = spike.dequantize %11 : tensor<1x8x!l> -> tensor<1x8xf32>
  %12 = spike.requantize %acc "other" kind activation {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x5x8xi32> -> tensor<1x5x8x!l>
  %d12 = spike.dequantize %12 : tensor<1x5x8x!l> -> tensor<1x5x8xf32>
  return %d0, %2, %10, %d11, %d12 : tensor<1x6x8xf32>, tensor<1x2x4x6xf32>, tensor<1x2x6x4xi32>, tensor<1x8xf32>, tensor<1x5x8xf32>
}

// -----

// The mask of attention that is still one op, an argument.
// CHECK-LABEL: @fused
// CHECK-SAME: %[[M:[^:]*]]: tensor<?x1x1x6xf32>)
// CHECK-NEXT: %[[V:.*]] = spike.token_mask %[[M]]
// CHECK-NEXT: spike.site %{{.*}} "x" kind activation valid(%[[V]] : tensor<?x6xi1>) {token_axes = array<i64: 2>}
func.func @fused(%x: tensor<?x2x6x4xf32>, %m: tensor<?x1x1x6xf32>) -> tensor<?x2x6x4xf32> {
  %0 = spike.site %x "x" kind activation : tensor<?x2x6x4xf32>
  %1 = onnx.attention %0, %0, %0, %m {scale = 0.5} : (tensor<?x2x6x4xf32>, tensor<?x2x6x4xf32>, tensor<?x2x6x4xf32>, tensor<?x1x1x6xf32>) -> tensor<?x2x6x4xf32>
  return %1 : tensor<?x2x6x4xf32>
}

// -----

// A causal mask, a constant one, and an addition without a softmax remove no tokens.
// CHECK-LABEL: @no_token_masks
// CHECK-NOT: spike.token_mask
// CHECK-NOT: valid(
func.func @no_token_masks(%x: tensor<1x2x6x6xf32>, %causal: tensor<1x1x6x6xf32>, %m: tensor<1x1x1x6xf32>) -> (tensor<1x2x6x6xf32>, tensor<1x2x6x6xf32>, tensor<1x2x6x6xf32>) {
  %c = onnx.constant dense<[[[[0.0, 0.0, 0.0, 0.0, -10000.0, -10000.0]]]]> : tensor<1x1x1x6xf32>
  %0 = spike.site %x "x" kind activation : tensor<1x2x6x6xf32>
  %1 = onnx.add %0, %causal : (tensor<1x2x6x6xf32>, tensor<1x1x6x6xf32>) -> tensor<1x2x6x6xf32>
  %2 = onnx.softmax %1 : (tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %3 = onnx.add %0, %c : (tensor<1x2x6x6xf32>, tensor<1x1x1x6xf32>) -> tensor<1x2x6x6xf32>
  %4 = onnx.softmax %3 : (tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %5 = onnx.add %0, %m : (tensor<1x2x6x6xf32>, tensor<1x1x1x6xf32>) -> tensor<1x2x6x6xf32>
  return %2, %4, %5 : tensor<1x2x6x6xf32>, tensor<1x2x6x6xf32>, tensor<1x2x6x6xf32>
}

// -----

// Hidden scores are replaced: the condition says which keys count.
// CHECK-LABEL: @replaced
// CHECK-SAME: %[[C:[^:]*]]: tensor<?x1x1x6xi1>)
// CHECK-NEXT: %[[V:.*]] = spike.token_mask %[[C]] : tensor<?x1x1x6xi1> -> tensor<?x6xi1>
// CHECK: spike.site %{{.*}} "x" kind activation valid(%[[V]] : tensor<?x6xi1>) {token_axes = array<i64: 1>}
func.func @replaced(%x: tensor<?x6x8xf32>, %s: tensor<?x2x6x6xf32>, %c: tensor<?x1x1x6xi1>) -> (tensor<?x6x8xf32>, tensor<?x2x6x6xf32>) {
  %low = onnx.constant dense<-1.0e4> : tensor<f32>
  %0 = spike.site %x "x" kind activation : tensor<?x6x8xf32>
  %1 = onnx.where %c, %s, %low : (tensor<?x1x1x6xi1>, tensor<?x2x6x6xf32>, tensor<f32>) -> tensor<?x2x6x6xf32>
  %2 = onnx.softmax %1 : (tensor<?x2x6x6xf32>) -> tensor<?x2x6x6xf32>
  return %0, %2 : tensor<?x6x8xf32>, tensor<?x2x6x6xf32>
}

// -----

// PyTorch's encoder: which tokens are padding, repeated for two heads that are folded into
// the batch; two samples; tokens in front of samples. Scores, too, are of folded heads.
// CHECK-LABEL: @sequence_first
// CHECK-SAME: %[[P:[^:]*]]: tensor<2x6xi1>)
// CHECK-NEXT: %[[K:.*]] = onnx.not %[[P]]
// CHECK-NEXT: %[[V:.*]] = spike.token_mask %[[K]] : tensor<2x6xi1> -> tensor<2x6xi1>
// CHECK: spike.site %{{.*}} "x" kind activation valid(%[[V]] : tensor<2x6xi1>) {token_axes = array<i64: 0>}
// CHECK: spike.site %{{.*}} "q" kind query valid(%[[V]] : tensor<2x6xi1>) {token_axes = array<i64: 1>}
// As many channels as tokens: the product says which axis has the keys.
// CHECK: spike.site %{{.*}} "k" kind key valid(%[[V]] : tensor<2x6xi1>) {token_axes = array<i64: 2>}
// CHECK: spike.site %{{.*}} "p" kind probability valid(%[[V]] : tensor<2x6xi1>) {token_axes = array<i64: 1, 2>}
func.func @sequence_first(%x: tensor<6x2x8xf32>, %q: tensor<4x6x6xf32>, %k: tensor<4x6x6xf32>, %p: tensor<2x6xi1>) -> (tensor<6x2x8xf32>, tensor<4x6x6xf32>) {
  %low = onnx.constant dense<0xFF800000> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %0 = spike.site %x "x" kind activation : tensor<6x2x8xf32>
  %1 = onnx.reshape %p [2, 1, 1, 6] : (tensor<2x6xi1>) -> tensor<2x1x1x6xi1>
  %2 = onnx.expand %1 {shape = array<i64: 2, 2, 1, 6>} : (tensor<2x1x1x6xi1>) -> tensor<2x2x1x6xi1>
  %3 = onnx.reshape %2 [4, 1, 6] : (tensor<2x2x1x6xi1>) -> tensor<4x1x6xi1>
  %4 = onnx.where %3, %low, %zero : (tensor<4x1x6xi1>, tensor<f32>, tensor<f32>) -> tensor<4x1x6xf32>
  %5 = spike.site %q "q" kind query : tensor<4x6x6xf32>
  %6 = spike.site %k "k" kind key : tensor<4x6x6xf32>
  %7 = onnx.matmul %5, %6 : (tensor<4x6x6xf32>, tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %8 = onnx.add %7, %4 : (tensor<4x6x6xf32>, tensor<4x1x6xf32>) -> tensor<4x6x6xf32>
  %9 = onnx.softmax %8 {axis = 2} : (tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %10 = spike.site %9 "p" kind probability : tensor<4x6x6xf32>
  %11 = onnx.matmul %10, %q : (tensor<4x6x6xf32>, tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  return %0, %11 : tensor<6x2x8xf32>, tensor<4x6x6xf32>
}

// -----

// A mask whose samples cannot be told from heads: one remark at its softmax.
// CHECK-LABEL: @unknown
// CHECK-NOT: spike.token_mask
func.func @unknown(%s: tensor<?x6x6xf32>, %p: tensor<?x2x1x6xi1>) -> tensor<?x6x6xf32> {
  %low = onnx.constant dense<-1.0e9> : tensor<f32>
  %0 = onnx.not %p : (tensor<?x2x1x6xi1>) -> tensor<?x2x1x6xi1>
  %1 = onnx.reshape %0 [-1, 1, 6] : (tensor<?x2x1x6xi1>) -> tensor<?x1x6xi1>
  %2 = onnx.transpose %1 [1, 0, 2] : (tensor<?x1x6xi1>) -> tensor<1x?x6xi1>
  %3 = onnx.transpose %2 [1, 0, 2] : (tensor<1x?x6xi1>) -> tensor<?x1x6xi1>
  %4 = onnx.where %3, %s, %low : (tensor<?x1x6xi1>, tensor<?x6x6xf32>, tensor<f32>) -> tensor<?x6x6xf32>
  // expected-remark@+1 {{its attention mask was not understood: tokens that it hides count as neurons}}
  %5 = onnx.softmax %4 : (tensor<?x6x6xf32>) -> tensor<?x6x6xf32>
  return %5 : tensor<?x6x6xf32>
}
