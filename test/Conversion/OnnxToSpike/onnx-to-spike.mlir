// RUN: snn-opt %s --split-input-file --onnx-to-spike --mlir-print-local-scope | FileCheck %s

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!y = !spike.level<bits = 4, zero = 0, mask = 0, scale = 0.5>

// A product with static weights, its bias, a ReLU and the next quantiser become
// a linear and a re-quantiser. The scales are 0.25 * [0.5, 0.125].
// CHECK: module attributes {spike.float_products = []}
// CHECK-LABEL: @linear
// CHECK-NEXT: %[[Q:.*]] = spike.quantize
// CHECK-NEXT: %[[A:.*]] = spike.linear %[[Q]] {spike.mean = dense<1.000000e+00> : tensor<2xf32>, spike.weight_scale = dense<[5.000000e-01, 1.250000e-01]> : tensor<2xf32>, weight = dense<{{\[\[}}1, 2], [3, 4], [-5, 6]]> : tensor<3x2xi8>} : tensor<?x3x!spike.level<{{.*}}>> -> tensor<?x2xi32>
// CHECK-NEXT: %[[R:.*]] = spike.requantize %[[A]] "y" kind activation {axis = -1 : i64, bias = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>, relu, scale = dense<[1.250000e-01, 3.125000e-02]> : tensor<2xf32>} : tensor<?x2xi32> -> tensor<?x2x!spike.level<bits = 4, zero = 0, mask = 0, scale = 0.5>>
// CHECK-NEXT: spike.dequantize %[[R]]
func.func @linear(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = onnx.constant dense<[[1, 2], [3, 4], [-5, 6]]> : tensor<3x2xi8>
  %s = onnx.constant dense<[0.5, 0.125]> : tensor<2xf32>
  %b = onnx.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %0 = spike.quantize %x "x" kind activation : tensor<?x3xf32> -> tensor<?x3x!x>
  %1 = spike.dequantize %0 : tensor<?x3x!x> -> tensor<?x3xf32>
  %2 = onnx.dequantize_linear %w, %s {axis = -1 : i64} : (tensor<3x2xi8>, tensor<2xf32>) -> tensor<3x2xf32>
  %3 = onnx.matmul %1, %2 {spike.mean = dense<1.0> : tensor<2xf32>} : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
  %4 = onnx.add %b, %3 : (tensor<1x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %5 = onnx.relu %4 : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %6 = spike.quantize %5 "y" kind activation : tensor<?x2xf32> -> tensor<?x2x!y>
  %7 = spike.dequantize %6 : tensor<?x2x!y> -> tensor<?x2xf32>
  return %7 : tensor<?x2xf32>
}

// A negative scale negates its column; zero points are subtracted, 9 bits if
// needed; equal scales become one.
// CHECK-LABEL: @weights
// CHECK: spike.linear {{.*}}spike.weight_scale = dense<5.000000e-01> : tensor<1xf32>, weight = dense<{{\[\[}}1, -2], [3, 4]]> : tensor<2x2xi8>
// CHECK: spike.rescale {{.*}} {axis = -1 : i64, scale = dense<1.250000e-01> : tensor<1xf32>}
// CHECK: spike.linear {{.*}}weight = dense<{{\[\[}}-100, 127], [155, -128]]> : tensor<2x2xi16>
func.func @weights(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = onnx.constant dense<[[1, 2], [3, -4]]> : tensor<2x2xi8>
  %s = onnx.constant dense<[0.5, -0.5]> : tensor<2xf32>
  %u = onnx.constant dense<[[0, 255], [255, 0]]> : tensor<2x2xui8>
  %z = onnx.constant dense<[100, 128]> : tensor<2xui8>
  %0 = spike.quantize %x "x" kind activation : tensor<?x2xf32> -> tensor<?x2x!x>
  %1 = spike.dequantize %0 : tensor<?x2x!x> -> tensor<?x2xf32>
  %2 = onnx.dequantize_linear %w, %s : (tensor<2x2xi8>, tensor<2xf32>) -> tensor<2x2xf32>
  %3 = onnx.matmul %1, %2 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %t = onnx.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %4 = onnx.dequantize_linear %u, %t, %z : (tensor<2x2xui8>, tensor<2xf32>, tensor<2xui8>) -> tensor<2x2xf32>
  %5 = onnx.matmul %1, %4 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %3, %5 : tensor<?x2xf32>, tensor<?x2xf32>
}

// Weights of a Gemm lie the other way round, or are transposed by an op.
// CHECK-LABEL: @transposed
// CHECK: spike.linear {{.*}}weight = dense<{{\[\[}}1, 4], [2, 5], [3, 6]]> : tensor<3x2xi8>
// CHECK: spike.rescale {{.*}} {axis = -1 : i64, bias = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>, scale = dense<[1.250000e-01, 2.500000e-01]> : tensor<2xf32>}
// CHECK: spike.linear {{.*}}weight = dense<{{\[\[}}1, 4], [2, 5], [3, 6]]> : tensor<3x2xi8>
// CHECK: spike.rescale {{.*}} {axis = -1 : i64, scale = dense<[1.250000e-01, 2.500000e-01]> : tensor<2xf32>}
func.func @transposed(%x: tensor<?x3xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = onnx.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %s = onnx.constant dense<[0.5, 1.0]> : tensor<2xf32>
  %b = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = spike.quantize %x "x" kind activation : tensor<?x3xf32> -> tensor<?x3x!x>
  %1 = spike.dequantize %0 : tensor<?x3x!x> -> tensor<?x3xf32>
  %2 = onnx.dequantize_linear %w, %s {axis = 0 : i64} : (tensor<2x3xi8>, tensor<2xf32>) -> tensor<2x3xf32>
  %3 = onnx.gemm %1, %2, %b {transB = true} : (tensor<?x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %4 = onnx.transpose %2 [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %5 = onnx.matmul %1, %4 : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
  return %3, %5 : tensor<?x2xf32>, tensor<?x2xf32>
}

// CHECK-LABEL: @conv
// CHECK: spike.conv {{.*}}dilations = array<i64: 1, 2>, group = 2 : i64, pads = array<i64: 1, 0, 1, 2>, {{.*}}strides = array<i64: 2, 1>, weight = dense<{{.*}}> : tensor<2x1x1x1xi8>} : tensor<?x2x4x4x!spike.level<{{.*}}>> -> tensor<?x2x3x6xi32>
// CHECK-NEXT: spike.requantize {{.*}} "y" kind activation {axis = 1 : i64, bias = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>, scale = dense<[1.250000e-01, 2.500000e-01]> : tensor<2xf32>}
func.func @conv(%x: tensor<?x2x4x4xf32>) -> tensor<?x2x3x6xf32> {
  %w = onnx.constant dense<[[[[3]]], [[[-4]]]]> : tensor<2x1x1x1xi8>
  %s = onnx.constant dense<[0.5, 1.0]> : tensor<2xf32>
  %b = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = spike.quantize %x "x" kind activation : tensor<?x2x4x4xf32> -> tensor<?x2x4x4x!x>
  %1 = spike.dequantize %0 : tensor<?x2x4x4x!x> -> tensor<?x2x4x4xf32>
  %2 = onnx.dequantize_linear %w, %s {axis = 0 : i64} : (tensor<2x1x1x1xi8>, tensor<2xf32>) -> tensor<2x1x1x1xf32>
  %3 = onnx.conv %1, %2, %b {dilations = array<i64: 1, 2>, group = 2, pads = array<i64: 1, 0, 1, 2>, strides = array<i64: 2, 1>}
      : (tensor<?x2x4x4xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<?x2x3x6xf32>
  %4 = spike.quantize %3 "y" kind activation : tensor<?x2x3x6xf32> -> tensor<?x2x3x6x!y>
  %5 = spike.dequantize %4 : tensor<?x2x3x6x!y> -> tensor<?x2x3x6xf32>
  return %5 : tensor<?x2x3x6xf32>
}

// -----

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!p = !spike.level<bits = 4, zero = 0, mask = 0, scale = 0.0625>

// The fused projection is sliced before its re-quantisers, which take their
// channels' parameters; quantisers move up through the split into heads, without
// their validity; a transposed key is no transpose.
// CHECK-LABEL: @attention
// CHECK: %[[A:.*]] = spike.linear {{.*}} -> tensor<1x4x12xi32>
// CHECK-DAG: %[[QA:.*]] = onnx.slice %[[A]] {axes = array<i64: 2>, ends = array<i64: 4>, starts = array<i64: 0>, {{.*}}} : (tensor<1x4x12xi32>) -> tensor<1x4x4xi32>
// CHECK-DAG: %[[QL:.*]] = spike.requantize %[[QA]] "q" kind query {axis = -1 : i64, bias = dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]> : tensor<4xf32>, scale
// CHECK-DAG: %[[QR:.*]] = onnx.reshape %[[QL]] [1, 4, 2, 2] : (tensor<1x4x4x!spike.level<{{.*}}-> tensor<1x4x2x2x!spike.level<
// CHECK-DAG: %[[QT:.*]] = onnx.transpose %[[QR]] [0, 2, 1, 3]
// CHECK-DAG: %[[KL:.*]] = spike.requantize %{{.*}} "k" kind key {axis = -1 : i64, bias = dense<[5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00]>
// CHECK-DAG: %[[KR:.*]] = onnx.reshape %[[KL]]
// CHECK-DAG: %[[VL:.*]] = spike.requantize %{{.*}} "v" kind value {axis = -1 : i64, bias = dense<[9.000000e+00, 1.000000e+01, 1.100000e+01, 1.200000e+01]>
// CHECK: spike.matmul %[[QT]], %{{.*}} -> tensor<1x2x4x4xi32>
// CHECK-NEXT: spike.rescale %{{.*}} {axis = -1 : i64, scale = dense<6.250000e-02> : tensor<1xf32>}
// CHECK: %[[P:.*]] = spike.quantize %{{.*}} "p" kind probability
// CHECK: spike.matmul %[[P]], %{{.*}} : tensor<1x2x4x4x!spike.level<{{.*}}-> tensor<1x2x4x2xi32>
// CHECK-NEXT: spike.rescale %{{.*}} {axis = -1 : i64, scale = dense<1.562500e-02> : tensor<1xf32>}
func.func @attention(%x: tensor<1x4x3xf32>, %valid: tensor<1x4xi1>) -> tensor<1x2x4x2xf32> {
  %w = onnx.constant dense<1> : tensor<3x12xi8>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %b = onnx.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]> : tensor<12xf32>
  %0 = spike.quantize %x "x" kind activation : tensor<1x4x3xf32> -> tensor<1x4x3x!x>
  %1 = spike.dequantize %0 : tensor<1x4x3x!x> -> tensor<1x4x3xf32>
  %2 = onnx.dequantize_linear %w, %s : (tensor<3x12xi8>, tensor<f32>) -> tensor<3x12xf32>
  %3 = onnx.matmul %1, %2 : (tensor<1x4x3xf32>, tensor<3x12xf32>) -> tensor<1x4x12xf32>
  %4 = onnx.add %3, %b : (tensor<1x4x12xf32>, tensor<12xf32>) -> tensor<1x4x12xf32>
  %q0 = onnx.slice %4 {axes = array<i64: 2>, starts = array<i64: 0>, ends = array<i64: 4>, steps = array<i64: 1>} : (tensor<1x4x12xf32>) -> tensor<1x4x4xf32>
  %k0 = onnx.slice %4 {axes = array<i64: -1>, starts = array<i64: 4>, ends = array<i64: 8>, steps = array<i64: 1>} : (tensor<1x4x12xf32>) -> tensor<1x4x4xf32>
  %v0 = onnx.slice %4 {axes = array<i64: 2>, starts = array<i64: -4>, ends = array<i64: 12>, steps = array<i64: 1>} : (tensor<1x4x12xf32>) -> tensor<1x4x4xf32>
  %q1 = onnx.reshape %q0 [1, 4, 2, 2] : (tensor<1x4x4xf32>) -> tensor<1x4x2x2xf32>
  %q2 = onnx.transpose %q1 [0, 2, 1, 3] : (tensor<1x4x2x2xf32>) -> tensor<1x2x4x2xf32>
  %q3 = spike.quantize %q2 "q" kind query valid(%valid : tensor<1x4xi1>) {token_axes = array<i64: 2>} : tensor<1x2x4x2xf32> -> tensor<1x2x4x2x!x>
  %q4 = spike.dequantize %q3 : tensor<1x2x4x2x!x> -> tensor<1x2x4x2xf32>
  %k1 = onnx.reshape %k0 [1, 4, 2, 2] : (tensor<1x4x4xf32>) -> tensor<1x4x2x2xf32>
  %k2 = onnx.transpose %k1 [0, 2, 3, 1] : (tensor<1x4x2x2xf32>) -> tensor<1x2x2x4xf32>
  %k3 = spike.quantize %k2 "k" kind key : tensor<1x2x2x4xf32> -> tensor<1x2x2x4x!x>
  %k4 = spike.dequantize %k3 : tensor<1x2x2x4x!x> -> tensor<1x2x2x4xf32>
  %v1 = onnx.reshape %v0 [1, 4, 2, 2] : (tensor<1x4x4xf32>) -> tensor<1x4x2x2xf32>
  %v2 = onnx.transpose %v1 [0, 2, 1, 3] : (tensor<1x4x2x2xf32>) -> tensor<1x2x4x2xf32>
  %v3 = spike.quantize %v2 "v" kind value : tensor<1x2x4x2xf32> -> tensor<1x2x4x2x!x>
  %v4 = spike.dequantize %v3 : tensor<1x2x4x2x!x> -> tensor<1x2x4x2xf32>
  %5 = onnx.matmul %q4, %k4 : (tensor<1x2x4x2xf32>, tensor<1x2x2x4xf32>) -> tensor<1x2x4x4xf32>
  %6 = onnx.softmax %5 : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %7 = spike.quantize %6 "p" kind probability : tensor<1x2x4x4xf32> -> tensor<1x2x4x4x!p>
  %8 = spike.dequantize %7 : tensor<1x2x4x4x!p> -> tensor<1x2x4x4xf32>
  %9 = onnx.matmul %8, %v4 : (tensor<1x2x4x4xf32>, tensor<1x2x4x2xf32>) -> tensor<1x2x4x2xf32>
  return %9 : tensor<1x2x4x2xf32>
}

// Movement of dequantised values is movement of levels; a key that a site
// transposed is read as it lies.
// CHECK-LABEL: @key
// CHECK: spike.matmul %{{.*}}, %[[K:.*]] {transposed} : tensor<2x4x3x!spike.level<{{.*}}>>, tensor<2x5x3x!spike.level<{{.*}}>> -> tensor<2x4x5xi32>
func.func @key(%q: tensor<2x4x3x!x>, %k: tensor<10x3x!x>) -> tensor<2x4x5xf32> {
  %0 = spike.dequantize %q : tensor<2x4x3x!x> -> tensor<2x4x3xf32>
  %1 = spike.dequantize %k : tensor<10x3x!x> -> tensor<10x3xf32>
  %2 = onnx.reshape %1 [2, 5, 3] : (tensor<10x3xf32>) -> tensor<2x5x3xf32>
  %3 = onnx.transpose %2 [0, 2, 1] : (tensor<2x5x3xf32>) -> tensor<2x3x5xf32>
  %4 = onnx.matmul %0, %3 : (tensor<2x4x3xf32>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  return %4 : tensor<2x4x5xf32>
}

// One projection split in one op.
// CHECK-LABEL: @split
// CHECK: %[[A:.*]] = spike.linear
// CHECK: %[[S:.*]]:2 = onnx.split %[[A]] {axis = -1 : i64, sizes = array<i64: 1, 2>} : (tensor<2x3xi32>) -> (tensor<2x1xi32>, tensor<2x2xi32>)
// CHECK-DAG: spike.requantize %[[S]]#0 "a" kind activation {{.*}}scale = dense<1.250000e-01> : tensor<1xf32>
// CHECK-DAG: spike.requantize %[[S]]#1 "b" kind activation {{.*}}scale = dense<[2.500000e-01, 5.000000e-01]> : tensor<2xf32>
func.func @split(%x: tensor<2x3x!x>) -> (tensor<2x1xf32>, tensor<2x2xf32>) {
  %w = onnx.constant dense<1> : tensor<3x3xi8>
  %s = onnx.constant dense<[0.5, 1.0, 2.0]> : tensor<3xf32>
  %0 = spike.dequantize %x : tensor<2x3x!x> -> tensor<2x3xf32>
  %1 = onnx.dequantize_linear %w, %s : (tensor<3x3xi8>, tensor<3xf32>) -> tensor<3x3xf32>
  %2 = onnx.matmul %0, %1 : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
  %3, %4 = onnx.split %2 {axis = -1, sizes = array<i64: 1, 2>} : (tensor<2x3xf32>) -> (tensor<2x1xf32>, tensor<2x2xf32>)
  %5 = spike.quantize %3 "a" kind activation : tensor<2x1xf32> -> tensor<2x1x!x>
  %6 = spike.quantize %4 "b" kind activation : tensor<2x2xf32> -> tensor<2x2x!x>
  %7 = spike.dequantize %5 : tensor<2x1x!x> -> tensor<2x1xf32>
  %8 = spike.dequantize %6 : tensor<2x2x!x> -> tensor<2x2xf32>
  return %7, %8 : tensor<2x1xf32>, tensor<2x2xf32>
}
