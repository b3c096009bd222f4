// RUN: snn-opt %s --verify-roundtrip | FileCheck %s

// CHECK-LABEL: @constants
func.func @constants() -> (tensor<f32>, tensor<4x8xf32>, tensor<2xi64>) {
  // CHECK: onnx.constant dense<5.000000e-01> : tensor<f32>
  %half = onnx.constant dense<5.0e-01> : tensor<f32>
  // CHECK: onnx.constant #onnx.param<"m.onnx", "fc.weight"> : tensor<4x8xf32>
  %w = onnx.constant #onnx.param<"m.onnx", "fc.weight"> : tensor<4x8xf32>
  // CHECK: onnx.constant dense<[1, 2]> : tensor<2xi64>
  %i = onnx.constant dense<[1, 2]> : tensor<2xi64>
  return %half, %w, %i : tensor<f32>, tensor<4x8xf32>, tensor<2xi64>
}

// CHECK-LABEL: @unary
func.func @unary(%x: tensor<?x8xf32>, %c: tensor<?x8xi1>) {
  // CHECK: onnx.neg %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %0 = onnx.neg %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.abs
  %1 = onnx.abs %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.sqrt
  %2 = onnx.sqrt %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.reciprocal
  %3 = onnx.reciprocal %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.exp
  %4 = onnx.exp %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.log
  %5 = onnx.log %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.erf
  %6 = onnx.erf %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.tanh
  %7 = onnx.tanh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.sigmoid
  %8 = onnx.sigmoid %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.relu
  %9 = onnx.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.silu
  %10 = onnx.silu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // The usual attribute values are not printed.
  // CHECK: onnx.gelu %{{[a-z0-9]+}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %11 = onnx.gelu %x {approximate = "none"} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.gelu %{{[a-z0-9]+}} {approximate = "tanh"}
  %12 = onnx.gelu %x {approximate = "tanh"} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.clip %{{[a-z0-9]+}} {hi = 6.000000e+00 : f64, lo = 0.000000e+00 : f64}
  %13 = onnx.clip %x {hi = 6.0, lo = 0.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.clip %{{[a-z0-9]+}} : (tensor<?x8xf32>)
  %14 = onnx.clip %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.not
  %15 = onnx.not %c : (tensor<?x8xi1>) -> tensor<?x8xi1>
  // CHECK: onnx.cast %{{[a-z0-9]+}} {to = i64} : (tensor<?x8xf32>) -> tensor<?x8xi64>
  %16 = onnx.cast %x {to = i64} : (tensor<?x8xf32>) -> tensor<?x8xi64>
  return
}

// CHECK-LABEL: @binary
func.func @binary(%a: tensor<?x8xf32>, %b: tensor<8xf32>, %c: tensor<?x8xi1>,
                  %d: tensor<8xi1>, %i: tensor<i64>, %one: tensor<1x8xf32>,
                  %four: tensor<4x1xf32>) {
  // CHECK: onnx.add %{{.*}}, %{{.*}} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %0 = onnx.add %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.sub
  %1 = onnx.sub %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.mul
  %2 = onnx.mul %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.div
  %3 = onnx.div %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.pow %{{.*}} : (tensor<?x8xf32>, tensor<i64>) -> tensor<?x8xf32>
  %4 = onnx.pow %a, %i : (tensor<?x8xf32>, tensor<i64>) -> tensor<?x8xf32>
  // CHECK: onnx.min
  %5 = onnx.min %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.max
  %6 = onnx.max %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.equal %{{.*}} -> tensor<?x8xi1>
  %7 = onnx.equal %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xi1>
  // CHECK: onnx.less %
  %8 = onnx.less %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xi1>
  // CHECK: onnx.less_or_equal
  %9 = onnx.less_or_equal %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xi1>
  // CHECK: onnx.greater %
  %10 = onnx.greater %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xi1>
  // CHECK: onnx.greater_or_equal
  %11 = onnx.greater_or_equal %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xi1>
  // CHECK: onnx.and
  %12 = onnx.and %c, %d : (tensor<?x8xi1>, tensor<8xi1>) -> tensor<?x8xi1>
  // CHECK: onnx.or
  %13 = onnx.or %c, %d : (tensor<?x8xi1>, tensor<8xi1>) -> tensor<?x8xi1>
  // CHECK: onnx.where
  %14 = onnx.where %c, %b, %a : (tensor<?x8xi1>, tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  // An open axis stays open against one element and is known against several.
  // CHECK: onnx.add %{{.*}} : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x8xf32>
  %15 = onnx.add %a, %one : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.add %{{.*}} : (tensor<?x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  %16 = onnx.add %a, %four : (tensor<?x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  return
}

// CHECK-LABEL: @products
func.func @products(%a: tensor<?x4x8xf32>, %w: tensor<8x16xf32>,
                    %v: tensor<8xf32>, %m: tensor<?x8xf32>,
                    %wt: tensor<16x8xf32>, %c: tensor<16xf32>,
                    %x: tensor<?x3x32x32xf32>, %k: tensor<64x3x4x4xf32>,
                    %b: tensor<64xf32>, %x1: tensor<?x6x10xf32>,
                    %k1: tensor<4x3x3xf32>) {
  // CHECK: onnx.matmul %{{.*}} -> tensor<?x4x16xf32>
  %0 = onnx.matmul %a, %w : (tensor<?x4x8xf32>, tensor<8x16xf32>) -> tensor<?x4x16xf32>
  // CHECK: onnx.matmul %{{.*}} : (tensor<?x4x8xf32>, tensor<8xf32>) -> tensor<?x4xf32>
  %1 = onnx.matmul %a, %v : (tensor<?x4x8xf32>, tensor<8xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.matmul %{{.*}} : (tensor<8xf32>, tensor<8x16xf32>) -> tensor<16xf32>
  %2 = onnx.matmul %v, %w : (tensor<8xf32>, tensor<8x16xf32>) -> tensor<16xf32>
  // CHECK: onnx.gemm %{{.*}} {transB = true} : (tensor<?x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x16xf32>
  %3 = onnx.gemm %m, %wt, %c {transB = true} : (tensor<?x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x16xf32>
  // CHECK: onnx.gemm %{{.*}}, %{{[a-z0-9]+}} {alpha = 5.000000e-01 : f64} : (tensor<?x8xf32>, tensor<8x16xf32>) -> tensor<?x16xf32>
  %4 = onnx.gemm %m, %w {alpha = 0.5} : (tensor<?x8xf32>, tensor<8x16xf32>) -> tensor<?x16xf32>
  // CHECK: onnx.conv %{{.*}} -> tensor<?x64x8x8xf32>
  %5 = onnx.conv %x, %k, %b {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 4, 4>}
      : (tensor<?x3x32x32xf32>, tensor<64x3x4x4xf32>, tensor<64xf32>) -> tensor<?x64x8x8xf32>
  // CHECK: onnx.conv %{{.*}} group = 2 {{.*}} -> tensor<?x4x5xf32>
  %6 = onnx.conv %x1, %k1 {dilations = array<i64: 1>, group = 2, pads = array<i64: 1, 1>, strides = array<i64: 2>}
      : (tensor<?x6x10xf32>, tensor<4x3x3xf32>) -> tensor<?x4x5xf32>
  return
}

// CHECK-LABEL: @attention
func.func @attention(%q: tensor<?x2x4x8xf32>, %k: tensor<?x2x6x8xf32>,
                     %v: tensor<?x2x6x3xf32>, %m: tensor<?x1x1x6xf32>) {
  // CHECK: onnx.attention %{{.*}} {scale = 1.250000e-01 : f64}
  %0 = onnx.attention %q, %k, %v {scale = 0.125}
      : (tensor<?x2x4x8xf32>, tensor<?x2x6x8xf32>, tensor<?x2x6x3xf32>) -> tensor<?x2x4x3xf32>
  // CHECK: onnx.attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {scale
  %1 = onnx.attention %q, %k, %v, %m {scale = 0.125}
      : (tensor<?x2x4x8xf32>, tensor<?x2x6x8xf32>, tensor<?x2x6x3xf32>, tensor<?x1x1x6xf32>) -> tensor<?x2x4x3xf32>
  return
}

// CHECK-LABEL: @normalisations
func.func @normalisations(%x: tensor<?x8x4xf32>, %s: tensor<4xf32>,
                          %c: tensor<8xf32>) {
  // CHECK: onnx.softmax %{{[a-z0-9]+}} :
  %0 = onnx.softmax %x {axis = -1} : (tensor<?x8x4xf32>) -> tensor<?x8x4xf32>
  // CHECK: onnx.softmax %{{[a-z0-9]+}} {axis = 1 : i64} :
  %1 = onnx.softmax %x {axis = 1} : (tensor<?x8x4xf32>) -> tensor<?x8x4xf32>
  // CHECK: onnx.reduce_mean %{{.*}} -> tensor<?x8x1xf32>
  %2 = onnx.reduce_mean %x {axes = array<i64: -1>} : (tensor<?x8x4xf32>) -> tensor<?x8x1xf32>
  // CHECK: onnx.reduce_sum %{{.*}} {axes = array<i64: 1>, keepdims = false} {{.*}} -> tensor<?x4xf32>
  %3 = onnx.reduce_sum %x {axes = array<i64: 1>, keepdims = false} : (tensor<?x8x4xf32>) -> tensor<?x4xf32>
  // No axes means all.
  // CHECK: onnx.reduce_max %{{.*}} {axes = array<i64>} {{.*}} -> tensor<1x1x1xf32>
  %4 = onnx.reduce_max %x {axes = array<i64>} : (tensor<?x8x4xf32>) -> tensor<1x1x1xf32>
  // CHECK: onnx.layer_normalization %{{.*}}, %{{[a-z0-9]+}} : (tensor<?x8x4xf32>, tensor<4xf32>)
  %5 = onnx.layer_normalization %x, %s : (tensor<?x8x4xf32>, tensor<4xf32>) -> tensor<?x8x4xf32>
  // CHECK: onnx.layer_normalization %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 9.9999999999999998E-13 : f64}
  %6 = onnx.layer_normalization %x, %s, %s {epsilon = 9.9999999999999998E-13}
      : (tensor<?x8x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x8x4xf32>
  // CHECK: onnx.batch_normalization
  %7 = onnx.batch_normalization %x, %c, %c, %c, %c
      : (tensor<?x8x4xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8x4xf32>
  // CHECK: onnx.arg_max %{{.*}} -> tensor<1x8x4xi64>
  %8 = onnx.arg_max %x : (tensor<?x8x4xf32>) -> tensor<1x8x4xi64>
  // CHECK: onnx.arg_max %{{.*}} {axis = -1 : i64, keepdims = false, selectLastIndex = true} {{.*}} -> tensor<?x8xi64>
  %9 = onnx.arg_max %x {axis = -1, keepdims = false, selectLastIndex = true} : (tensor<?x8x4xf32>) -> tensor<?x8xi64>
  return
}

// CHECK-LABEL: @pooling
func.func @pooling(%x: tensor<?x8x8x7xf32>) {
  // CHECK: onnx.global_average_pool %{{.*}} -> tensor<?x8x1x1xf32>
  %0 = onnx.global_average_pool %x : (tensor<?x8x8x7xf32>) -> tensor<?x8x1x1xf32>
  // CHECK: onnx.average_pool %{{.*}} -> tensor<?x8x4x3xf32>
  %1 = onnx.average_pool %x {kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : (tensor<?x8x8x7xf32>) -> tensor<?x8x4x3xf32>
  // CHECK: onnx.average_pool %{{.*}}ceilMode = true, countIncludePad = true{{.*}} -> tensor<?x8x4x4xf32>
  %2 = onnx.average_pool %x {ceilMode = true, countIncludePad = true, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : (tensor<?x8x8x7xf32>) -> tensor<?x8x4x4xf32>
  // CHECK: onnx.max_pool %{{.*}} -> tensor<?x8x4x4xf32>
  %3 = onnx.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
      : (tensor<?x8x8x7xf32>) -> tensor<?x8x4x4xf32>
  return
}

// CHECK-LABEL: @movement
func.func @movement(%t: tensor<100x16xf32>, %i: tensor<?x4xi64>,
                    %x: tensor<?x4x16xf32>, %y: tensor<?x1x16xf32>,
                    %cls: tensor<1x1x16xf32>, %s: tensor<i64>,
                    %levels: tensor<2x3xui8>) {
  // CHECK: onnx.gather %{{.*}} -> tensor<?x4x16xf32>
  %0 = onnx.gather %t, %i : (tensor<100x16xf32>, tensor<?x4xi64>) -> tensor<?x4x16xf32>
  // CHECK: onnx.gather %{{.*}} {axis = 1 : i64} {{.*}} -> tensor<?x16xf32>
  %1 = onnx.gather %x, %s {axis = 1} : (tensor<?x4x16xf32>, tensor<i64>) -> tensor<?x16xf32>
  // CHECK: onnx.reshape %{{.*}} [-1, 4, 2, 8] : (tensor<?x4x16xf32>) -> tensor<?x4x2x8xf32>
  %2 = onnx.reshape %x [-1, 4, 2, 8] : (tensor<?x4x16xf32>) -> tensor<?x4x2x8xf32>
  // CHECK: onnx.reshape %{{.*}} [3, -1] : (tensor<2x3xui8>) -> tensor<3x2xui8>
  %3 = onnx.reshape %levels [3, -1] : (tensor<2x3xui8>) -> tensor<3x2xui8>
  // CHECK: onnx.transpose %{{.*}} [0, 2, 1] : (tensor<?x4x16xf32>) -> tensor<?x16x4xf32>
  %4 = onnx.transpose %x [0, 2, 1] : (tensor<?x4x16xf32>) -> tensor<?x16x4xf32>
  // CHECK: onnx.concat %{{.*}}, %{{.*}} {axis = 1 : i64} {{.*}} -> tensor<?x5x16xf32>
  %5 = onnx.concat %y, %x {axis = 1} : (tensor<?x1x16xf32>, tensor<?x4x16xf32>) -> tensor<?x5x16xf32>
  // CHECK: onnx.slice %{{.*}} -> tensor<?x1x16xf32>
  %6 = onnx.slice %x {axes = array<i64: 1>, ends = array<i64: 1>, starts = array<i64: 0>, steps = array<i64: 1>}
      : (tensor<?x4x16xf32>) -> tensor<?x1x16xf32>
  // CHECK: onnx.slice %{{.*}} -> tensor<?x2x16xf32>
  %7 = onnx.slice %x {axes = array<i64: -2>, ends = array<i64: -9223372036854775808>, starts = array<i64: -1>, steps = array<i64: -2>}
      : (tensor<?x4x16xf32>) -> tensor<?x2x16xf32>
  // CHECK: onnx.split %{{.*}} -> (tensor<?x4x6xf32>, tensor<?x4x10xf32>)
  %8, %9 = onnx.split %x {axis = -1, sizes = array<i64: 6, 10>} : (tensor<?x4x16xf32>) -> (tensor<?x4x6xf32>, tensor<?x4x10xf32>)
  // CHECK: onnx.expand %{{.*}}, %{{.*}} {shape = array<i64: -1, 1, 16>} {{.*}} -> tensor<?x1x16xf32>
  %10 = onnx.expand %cls, %x {shape = array<i64: -1, 1, 16>} : (tensor<1x1x16xf32>, tensor<?x4x16xf32>) -> tensor<?x1x16xf32>
  // CHECK: onnx.expand %{{.*}} {shape = array<i64: 2, 1, 1>} {{.*}} -> tensor<2x1x16xf32>
  %11 = onnx.expand %cls {shape = array<i64: 2, 1, 1>} : (tensor<1x1x16xf32>) -> tensor<2x1x16xf32>
  // CHECK: onnx.tile %{{.*}} -> tensor<?x8x16xf32>
  %12 = onnx.tile %x {repeats = array<i64: 1, 2, 1>} : (tensor<?x4x16xf32>) -> tensor<?x8x16xf32>
  // CHECK: onnx.pad %{{.*}} -> tensor<?x7x15xf32>
  %13 = onnx.pad %x {mode = "edge", pads = array<i64: 0, 1, -1, 0, 2, 0>} : (tensor<?x4x16xf32>) -> tensor<?x7x15xf32>
  // CHECK: onnx.range %{{.*}} -> tensor<?xi64>
  %14 = onnx.range %s, %s, %s : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return
}

// CHECK-LABEL: @range_of_constants
func.func @range_of_constants() -> tensor<4xi64> {
  %0 = onnx.constant dense<0> : tensor<i64>
  %7 = onnx.constant dense<7> : tensor<i64>
  %2 = onnx.constant dense<2> : tensor<i64>
  // CHECK: onnx.range %{{.*}} -> tensor<4xi64>
  %r = onnx.range %0, %7, %2 : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<4xi64>
  return %r : tensor<4xi64>
}

// CHECK-LABEL: @quantisation
func.func @quantisation(%x: tensor<?x8xf32>, %s: tensor<f32>, %z: tensor<ui8>,
                        %w: tensor<4x8xi8>, %ws: tensor<4xf32>, %wz: tensor<4xi8>) {
  // CHECK: onnx.quantize_linear %{{.*}} {to = ui8} {{.*}} -> tensor<?x8xui8>
  %0 = onnx.quantize_linear %x, %s, %z {to = ui8} : (tensor<?x8xf32>, tensor<f32>, tensor<ui8>) -> tensor<?x8xui8>
  // CHECK: onnx.quantize_linear %{{.*}} {to = i8} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi8>
  %1 = onnx.quantize_linear %x, %s {to = i8} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi8>
  // CHECK: onnx.dequantize_linear %{{.*}} {axis = 0 : i64} {{.*}} -> tensor<4x8xf32>
  %2 = onnx.dequantize_linear %w, %ws, %wz {axis = 0} : (tensor<4x8xi8>, tensor<4xf32>, tensor<4xi8>) -> tensor<4x8xf32>
  return
}

// A program may state more or less of a shape than follows from the operands.
// CHECK-LABEL: @refinement
func.func @refinement(%x: tensor<?x8xf32>, %w: tensor<8x4xf32>) {
  // CHECK: -> tensor<2x4xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  // CHECK: -> tensor<?x?xf32>
  %1 = onnx.matmul %x, %w : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x?xf32>
  return
}

// CHECK-LABEL: @random
func.func @random(%p: tensor<4x?x8xf32>, %n: tensor<4x2x3xi64>) {
  // CHECK: onnx.random_uniform_like %{{.*}} {layer_id = 3 : i64, steps = 4 : i64} : (tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
  %0 = onnx.random_uniform_like %p {layer_id = 3 : i64, steps = 4 : i64, stage = 2 : i64, seed = 0 : i64} : (tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
  // CHECK: onnx.random_uniform_like %{{.*}} {seed = 7 : i64, stage = 1 : i64} : (tensor<4x2x3xi64>) -> tensor<4x2x3xf32>
  %1 = onnx.random_uniform_like %n {seed = 7 : i64, stage = 1 : i64} : (tensor<4x2x3xi64>) -> tensor<4x2x3xf32>
  return
}

// CHECK-LABEL: @elementary
func.func @elementary(%x: tensor<?x8xf32>) {
  // CHECK: onnx.sin %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %0 = onnx.sin %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.cos %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = onnx.cos %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.tan %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.tan %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.asin %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.asin %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.acos %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.acos %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.atan %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %5 = onnx.atan %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.sinh %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = onnx.sinh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.cosh %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %7 = onnx.cosh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.asinh %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %8 = onnx.asinh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.acosh %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %9 = onnx.acosh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.atanh %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %10 = onnx.atanh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.floor %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %11 = onnx.floor %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.ceil %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %12 = onnx.ceil %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.round %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %13 = onnx.round %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.sign %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %14 = onnx.sign %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// CHECK-LABEL: @remainders
func.func @remainders(%a: tensor<?x8xf32>, %b: tensor<8xf32>, %i: tensor<?x8xi64>) {
  // CHECK: onnx.mod %{{.*}} {fmod = true} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %0 = onnx.mod %a, %b {fmod = true} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.mod %{{[a-z0-9]+}}, %{{[a-z0-9]+}} : (tensor<?x8xi64>
  %1 = onnx.mod %i, %i : (tensor<?x8xi64>, tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// CHECK-LABEL: @along_axes
func.func @along_axes(%x: tensor<?x8x4xf32>) {
  // CHECK: onnx.reduce_min %{{.*}} {axes = array<i64: -1>} : (tensor<?x8x4xf32>) -> tensor<?x8x1xf32>
  %0 = onnx.reduce_min %x {axes = array<i64: -1>} : (tensor<?x8x4xf32>) -> tensor<?x8x1xf32>
  // CHECK: onnx.reduce_prod %{{.*}} {axes = array<i64: 1>, keepdims = false} : (tensor<?x8x4xf32>) -> tensor<?x4xf32>
  %1 = onnx.reduce_prod %x {axes = array<i64: 1>, keepdims = false} : (tensor<?x8x4xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.arg_min %{{.*}} {axis = 2 : i64, keepdims = false} : (tensor<?x8x4xf32>) -> tensor<?x8xi64>
  %2 = onnx.arg_min %x {axis = 2 : i64, keepdims = false} : (tensor<?x8x4xf32>) -> tensor<?x8xi64>
  // CHECK: onnx.cum_sum %{{.*}} {axis = 1 : i64, reverse = true} : (tensor<?x8x4xf32>) -> tensor<?x8x4xf32>
  %3 = onnx.cum_sum %x {axis = 1 : i64, reverse = true} : (tensor<?x8x4xf32>) -> tensor<?x8x4xf32>
  // CHECK: onnx.top_k %{{.*}} {axis = 1 : i64, k = 3 : i64} : (tensor<?x8x4xf32>) -> (tensor<?x3x4xf32>, tensor<?x3x4xi64>)
  %4:2 = onnx.top_k %x {k = 3 : i64, axis = 1 : i64} : (tensor<?x8x4xf32>) -> (tensor<?x3x4xf32>, tensor<?x3x4xi64>)
  return
}

// CHECK-LABEL: @by_index
func.func @by_index(%x: tensor<?x8xf32>, %i: tensor<?x2xi64>, %u: tensor<?x2xf32>,
                    %m: tensor<4x8xf32>, %t: tensor<5x1xi64>, %s: tensor<5x8xf32>) {
  // CHECK: onnx.gather_elements %{{.*}} {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %0 = onnx.gather_elements %x, %i {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  // CHECK: onnx.scatter_elements %{{.*}} {axis = 1 : i64, reduction = "add"} : (tensor<?x8xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x8xf32>
  %1 = onnx.scatter_elements %x, %i, %u {axis = 1 : i64, reduction = "add"} : (tensor<?x8xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x8xf32>
  // CHECK: onnx.gather_nd %{{.*}} : (tensor<4x8xf32>, tensor<5x1xi64>) -> tensor<5x8xf32>
  %2 = onnx.gather_nd %m, %t : (tensor<4x8xf32>, tensor<5x1xi64>) -> tensor<5x8xf32>
  // CHECK: onnx.gather_nd %{{.*}} {batchDims = 1 : i64} : (tensor<5x8xf32>, tensor<5x1xi64>) -> tensor<5xf32>
  %3 = onnx.gather_nd %s, %t {batchDims = 1 : i64} : (tensor<5x8xf32>, tensor<5x1xi64>) -> tensor<5xf32>
  // CHECK: onnx.scatter_nd %{{.*}} : (tensor<4x8xf32>, tensor<5x1xi64>, tensor<5x8xf32>) -> tensor<4x8xf32>
  %4 = onnx.scatter_nd %m, %t, %s : (tensor<4x8xf32>, tensor<5x1xi64>, tensor<5x8xf32>) -> tensor<4x8xf32>
  return
}

// CHECK-LABEL: @resizes
func.func @resizes(%x: tensor<?x3x4x4xf32>, %s: tensor<4xf32>, %r: tensor<8xf32>, %p: tensor<1x3x4x4xf32>) {
  // CHECK: onnx.resize %{{[a-z0-9]+}} {mode = "linear", sizes = array<i64: -1, -1, 8, 8>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x8x8xf32>
  %0 = onnx.resize %x {mode = "linear", sizes = array<i64: -1, -1, 8, 8>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x8x8xf32>
  // CHECK: onnx.resize %{{[a-z0-9]+}} scales %{{[a-z0-9]+}} roi %{{[a-z0-9]+}} {sizes = array<i64: -1, -1, 3, 3>, transform = "tf_crop_and_resize"} : (tensor<?x3x4x4xf32>, tensor<4xf32>, tensor<8xf32>) -> tensor<?x3x3x3xf32>
  %1 = onnx.resize %x scales %s roi %r {sizes = array<i64: -1, -1, 3, 3>, transform = "tf_crop_and_resize"} : (tensor<?x3x4x4xf32>, tensor<4xf32>, tensor<8xf32>) -> tensor<?x3x3x3xf32>
  // CHECK: onnx.max_pool_indices %{{.*}} {columnMajor = true, dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xi64>
  %2 = onnx.max_pool_indices %p {columnMajor = true, dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xi64>
  return
}
