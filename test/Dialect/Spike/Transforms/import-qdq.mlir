// RUN: snn-opt %s --split-input-file --spike-import-qdq --mlir-print-local-scope | FileCheck %s

// Unsigned levels are levels; a weight keeps its dequantiser. The site has the
// name of the quantiser.
// CHECK-LABEL: @unsigned
// CHECK: %[[Q:.*]] = spike.quantize %{{.*}} "fc/Quantize" kind activation : tensor<?x4xf32> -> tensor<?x4x!spike.level<bits = 8, zero = 100, mask = 100, scale = 0.5>>
// CHECK-NEXT: %[[X:.*]] = spike.dequantize %[[Q]]
// CHECK-NOT: onnx.quantize_linear
// CHECK: %[[W:.*]] = onnx.dequantize_linear
// CHECK: onnx.matmul %[[X]], %[[W]]
func.func @unsigned(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<100> : tensor<ui8>
  %0 = onnx.quantize_linear %x, %s, %z {to = ui8} : (tensor<?x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<?x4xui8> loc("fc/Quantize")
  %1 = onnx.dequantize_linear %0, %s, %z : (tensor<?x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<?x4xf32>
  %w = onnx.constant dense<1> : tensor<4x2xi8>
  %ws = onnx.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %2 = onnx.dequantize_linear %w, %ws : (tensor<4x2xi8>, tensor<2xf32>) -> tensor<4x2xf32>
  %3 = onnx.matmul %1, %2 : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  return %3 : tensor<?x2xf32>
}

// -----

// Signed int8 becomes level + 128; without a zero point it is 0. The name of the
// output is preferred.
// CHECK-LABEL: @signed
// CHECK: spike.quantize %{{.*}} "x_q" kind activation : tensor<?x4xf32> -> tensor<?x4x!spike.level<bits = 8, zero = 128, mask = 128, scale = 0.5>>
// CHECK: spike.quantize %{{.*}} "y_q" kind activation : tensor<?x4xf32> -> tensor<?x4x!spike.level<bits = 8, zero = 125, mask = 125, scale = 0.5>>
func.func @signed(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<-3> : tensor<i8>
  %0 = onnx.quantize_linear %x, %s {to = i8, onnx.output = "x_q"} : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xi8>
  %1 = onnx.dequantize_linear %0, %s : (tensor<?x4xi8>, tensor<f32>) -> tensor<?x4xf32>
  %2 = onnx.quantize_linear %x, %s, %z {to = i8, onnx.output = "y_q"} : (tensor<?x4xf32>, tensor<f32>, tensor<i8>) -> tensor<?x4xi8>
  %3 = onnx.dequantize_linear %2, %s, %z : (tensor<?x4xi8>, tensor<f32>, tensor<i8>) -> tensor<?x4xf32>
  return %1, %3 : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// Clips give the width: -8..7 is four bits with zero 8, 0..3 two bits with zero
// 0, -2..5 three bits with zero 2 + 1.
// CHECK-LABEL: @clipped
// CHECK: spike.quantize {{.*}} -> tensor<4x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.5>>
// CHECK: spike.quantize {{.*}} -> tensor<4x!spike.level<bits = 2, zero = 0, mask = 0, scale = 0.5>>
// CHECK: spike.quantize {{.*}} -> tensor<4x!spike.level<bits = 3, zero = 3, mask = 3, scale = 0.5>>
// CHECK-NOT: onnx.clip
func.func @clipped(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %one = onnx.constant dense<1> : tensor<i8>
  %0 = onnx.quantize_linear %x, %s {to = i8} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi8>
  %1 = onnx.clip %0 {lo = -8.0, hi = 7.0} : (tensor<4xi8>) -> tensor<4xi8>
  %2 = onnx.dequantize_linear %1, %s : (tensor<4xi8>, tensor<f32>) -> tensor<4xf32>
  %3 = onnx.quantize_linear %x, %s {to = ui8} : (tensor<4xf32>, tensor<f32>) -> tensor<4xui8>
  %4 = onnx.clip %3 {hi = 3.0} : (tensor<4xui8>) -> tensor<4xui8>
  %5 = onnx.dequantize_linear %4, %s : (tensor<4xui8>, tensor<f32>) -> tensor<4xf32>
  %6 = onnx.quantize_linear %x, %s, %one {to = i8} : (tensor<4xf32>, tensor<f32>, tensor<i8>) -> tensor<4xi8>
  %7 = onnx.clip %6 {lo = -2.0, hi = 5.0} : (tensor<4xi8>) -> tensor<4xi8>
  %8 = onnx.dequantize_linear %7, %s, %one : (tensor<4xi8>, tensor<f32>, tensor<i8>) -> tensor<4xf32>
  return %2, %5, %8 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Several dequantisers of one quantiser share a site; another clip is another
// site.
// CHECK-LABEL: @shared
// CHECK-DAG: %[[A:.*]] = spike.quantize %{{.*}} "q" {{.*}}bits = 8
// CHECK-DAG: %[[X:.*]] = spike.dequantize %[[A]]
// CHECK-DAG: %[[B:.*]] = spike.quantize %{{.*}} "q.1" {{.*}}bits = 4
// CHECK-DAG: %[[Y:.*]] = spike.dequantize %[[B]]
// CHECK: return %[[X]], %[[X]], %[[Y]]
func.func @shared(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.quantize_linear %x, %s {to = i8, onnx.output = "q"} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi8>
  %3 = onnx.clip %0 {lo = -8.0, hi = 7.0} : (tensor<4xi8>) -> tensor<4xi8>
  %4 = onnx.dequantize_linear %3, %s : (tensor<4xi8>, tensor<f32>) -> tensor<4xf32>
  %1 = onnx.dequantize_linear %0, %s : (tensor<4xi8>, tensor<f32>) -> tensor<4xf32>
  %2 = onnx.dequantize_linear %0, %s : (tensor<4xi8>, tensor<f32>) -> tensor<4xf32>
  return %1, %2, %4 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Attention's operands, seen through reshapes and transposes.
// CHECK-LABEL: @attention
// CHECK-DAG: spike.quantize %{{.*}} "q" kind query
// CHECK-DAG: spike.quantize %{{.*}} "k" kind key
// CHECK-DAG: spike.quantize %{{.*}} "p" kind probability
// CHECK-DAG: spike.quantize %{{.*}} "v" kind value
// CHECK-DAG: spike.quantize %{{.*}} "o" kind activation
func.func @attention(%q: tensor<2x4x4xf32>, %k: tensor<2x4x4xf32>, %v: tensor<2x4x4xf32>) -> tensor<2x4x4xf32> {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %w = onnx.constant dense<1.0> : tensor<4x4xf32>
  %q0 = onnx.quantize_linear %q, %s {to = i8, onnx.output = "q"} : (tensor<2x4x4xf32>, tensor<f32>) -> tensor<2x4x4xi8>
  %q1 = onnx.dequantize_linear %q0, %s : (tensor<2x4x4xi8>, tensor<f32>) -> tensor<2x4x4xf32>
  %k0 = onnx.quantize_linear %k, %s {to = i8, onnx.output = "k"} : (tensor<2x4x4xf32>, tensor<f32>) -> tensor<2x4x4xi8>
  %k1 = onnx.dequantize_linear %k0, %s : (tensor<2x4x4xi8>, tensor<f32>) -> tensor<2x4x4xf32>
  %k2 = onnx.transpose %k1 [0, 2, 1] : (tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %v0 = onnx.quantize_linear %v, %s {to = i8, onnx.output = "v"} : (tensor<2x4x4xf32>, tensor<f32>) -> tensor<2x4x4xi8>
  %v1 = onnx.dequantize_linear %v0, %s : (tensor<2x4x4xi8>, tensor<f32>) -> tensor<2x4x4xf32>
  %0 = onnx.matmul %q1, %k2 : (tensor<2x4x4xf32>, tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %1 = onnx.softmax %0 : (tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %p0 = onnx.quantize_linear %1, %s {to = ui8, onnx.output = "p"} : (tensor<2x4x4xf32>, tensor<f32>) -> tensor<2x4x4xui8>
  %p1 = onnx.dequantize_linear %p0, %s : (tensor<2x4x4xui8>, tensor<f32>) -> tensor<2x4x4xf32>
  %2 = onnx.matmul %p1, %v1 : (tensor<2x4x4xf32>, tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %o0 = onnx.quantize_linear %2, %s {to = i8, onnx.output = "o"} : (tensor<2x4x4xf32>, tensor<f32>) -> tensor<2x4x4xi8>
  %o1 = onnx.dequantize_linear %o0, %s : (tensor<2x4x4xi8>, tensor<f32>) -> tensor<2x4x4xf32>
  %3 = onnx.matmul %o1, %w : (tensor<2x4x4xf32>, tensor<4x4xf32>) -> tensor<2x4x4xf32>
  return %3 : tensor<2x4x4xf32>
}

// -----

// The quantiser of a constant belongs to a weight.
// CHECK-LABEL: @weight
// CHECK-NOT: spike.quantize
func.func @weight() -> tensor<4xf32> {
  %x = onnx.constant dense<1.0> : tensor<4xf32>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.quantize_linear %x, %s {to = i8} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi8>
  %1 = onnx.dequantize_linear %0, %s : (tensor<4xi8>, tensor<f32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// Fewer levels than a width has: the values are clipped to them, so that the
// others are never taken. Below signed levels, above unsigned ones.
// CHECK-LABEL: @narrow
// CHECK: %[[A:.*]] = onnx.clip %{{.*}} {lo = -6.350000e+01 : f64}
// CHECK: spike.quantize %[[A]] "a" kind activation : tensor<4xf32> -> tensor<4x!spike.level<bits = 8, zero = 128, mask = 128, scale = 0.5>>
// CHECK: %[[B:.*]] = onnx.clip %{{.*}} {hi = 1.500000e+00 : f64}
// CHECK: spike.quantize %[[B]] "b" kind activation : tensor<4xf32> -> tensor<4x!spike.level<bits = 3, zero = 2, mask = 2, scale = 0.5>>
// CHECK: %[[C:.*]] = onnx.clip %{{.*}} {hi = 5.000000e-01 : f64}
// CHECK: spike.quantize %[[C]] "c" kind activation : tensor<4xf32> -> tensor<4x!spike.level<bits = 2, zero = 0, mask = 0, scale = 0.5>>
func.func @narrow(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<2> : tensor<ui8>
  %0 = onnx.quantize_linear %x, %s {to = i8, onnx.output = "a"} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi8>
  %1 = onnx.clip %0 {lo = -127.0, hi = 127.0} : (tensor<4xi8>) -> tensor<4xi8>
  %2 = onnx.dequantize_linear %1, %s : (tensor<4xi8>, tensor<f32>) -> tensor<4xf32>
  %3 = onnx.quantize_linear %x, %s, %z {to = ui8, onnx.output = "b"} : (tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4xui8>
  %4 = onnx.clip %3 {lo = 0.0, hi = 5.0} : (tensor<4xui8>) -> tensor<4xui8>
  %5 = onnx.dequantize_linear %4, %s, %z : (tensor<4xui8>, tensor<f32>, tensor<ui8>) -> tensor<4xf32>
  %6 = onnx.quantize_linear %x, %s {to = i8, onnx.output = "c"} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi8>
  %7 = onnx.clip %6 {lo = 0.0, hi = 1.0} : (tensor<4xi8>) -> tensor<4xi8>
  %8 = onnx.dequantize_linear %7, %s : (tensor<4xi8>, tensor<f32>) -> tensor<4xf32>
  return %2, %5, %8 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Users of the integers keep the quantiser.
// CHECK-LABEL: @integers
// CHECK: spike.quantize
// CHECK: %[[Q:.*]] = onnx.quantize_linear
// CHECK: return %{{.*}}, %[[Q]]
func.func @integers(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi8>) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.quantize_linear %x, %s {to = i8} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi8>
  %1 = onnx.dequantize_linear %0, %s : (tensor<4xi8>, tensor<f32>) -> tensor<4xf32>
  return %1, %0 : tensor<4xf32>, tensor<4xi8>
}

// -----

// A quantiser whose scale the model computes from its values becomes a site to
// calibrate, which the module names.
// CHECK: module attributes {spike.dynamic_sites = ["x_q"]}
// CHECK-LABEL: @dynamic
// CHECK: %[[X:.*]] = spike.site %{{.*}} "x_q" kind activation
// CHECK: onnx.matmul %[[X]]
func.func @dynamic(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %c = onnx.constant dense<255.0> : tensor<f32>
  %top = onnx.reduce_max %x {axes = array<i64: 0, 1>, keepdims = false} : (tensor<1x4xf32>) -> tensor<f32>
  %s = onnx.div %top, %c : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %0 = onnx.quantize_linear %x, %s {to = ui8, onnx.output = "x_q"} : (tensor<1x4xf32>, tensor<f32>) -> tensor<1x4xui8>
  %1 = onnx.dequantize_linear %0, %s : (tensor<1x4xui8>, tensor<f32>) -> tensor<1x4xf32>
  %w = onnx.constant dense<1> : tensor<4x2xi8>
  %ws = onnx.constant dense<0.5> : tensor<f32>
  %2 = onnx.dequantize_linear %w, %ws : (tensor<4x2xi8>, tensor<f32>) -> tensor<4x2xf32>
  %3 = onnx.matmul %1, %2 : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  return %3 : tensor<1x2xf32>
}

// -----

// Exporters write a quantiser for every reader: equal ones of one tensor are one
// site, with the first one's name. Those of another scale, or that keep other
// levels, are sites of their own.
// CHECK-LABEL: @equal
// CHECK: spike.quantize %{{.*}} "q" kind activation : {{.*}}bits = 4, zero = 8, mask = 8, scale = 0.5>>
// CHECK-NEXT: %[[X:.*]] = spike.dequantize
// CHECK: spike.quantize %{{.*}} "narrow" kind activation : {{.*}}bits = 3, zero = 0
// CHECK: spike.quantize %{{.*}} "other" {{.*}}scale = 0.25
// CHECK-NOT: spike.quantize
// CHECK: return %[[X]], %[[X]], %[[X]],
func.func @equal(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<8> : tensor<ui8>
  %s2 = onnx.constant dense<0.25> : tensor<f32>
  %0 = onnx.quantize_linear %x, %s, %z {to = ui8, onnx.output = "q"} : (tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4xui8>
  %1 = onnx.clip %0 {lo = 0.0, hi = 15.0} : (tensor<4xui8>) -> tensor<4xui8>
  %2 = onnx.dequantize_linear %1, %s, %z : (tensor<4xui8>, tensor<f32>, tensor<ui8>) -> tensor<4xf32>
  %3 = onnx.clip %0 {lo = 0.0, hi = 15.0} : (tensor<4xui8>) -> tensor<4xui8>
  %4 = onnx.dequantize_linear %3, %s, %z : (tensor<4xui8>, tensor<f32>, tensor<ui8>) -> tensor<4xf32>
  %5 = onnx.quantize_linear %x, %s, %z {to = ui8, onnx.output = "k"} : (tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4xui8>
  %6 = onnx.clip %5 {lo = 0.0, hi = 15.0} : (tensor<4xui8>) -> tensor<4xui8>
  %7 = onnx.dequantize_linear %6, %s, %z : (tensor<4xui8>, tensor<f32>, tensor<ui8>) -> tensor<4xf32>
  %8 = onnx.quantize_linear %x, %s, %z {to = ui8, onnx.output = "narrow"} : (tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4xui8>
  %9 = onnx.clip %8 {lo = 8.0, hi = 15.0} : (tensor<4xui8>) -> tensor<4xui8>
  %10 = onnx.dequantize_linear %9, %s, %z : (tensor<4xui8>, tensor<f32>, tensor<ui8>) -> tensor<4xf32>
  %11 = onnx.quantize_linear %x, %s2, %z {to = ui8, onnx.output = "other"} : (tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4xui8>
  %12 = onnx.dequantize_linear %11, %s2, %z : (tensor<4xui8>, tensor<f32>, tensor<ui8>) -> tensor<4xf32>
  return %2, %4, %7, %10, %12 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
