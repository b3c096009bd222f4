// RUN: snn-opt %s --verify-roundtrip --mlir-print-local-scope | FileCheck %s

!l = !spike.level<bits = 4, zero = 8, mask = 7, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!m = !spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>
!k = !spike.level<bits = 1, zero = 0, mask = 0, scale = 2.0>
!p = !spike.phase<base = 1.15, phases = 40, scale = 2.0>

// CHECK: module attributes {xbar.chip = #xbar.chip<{name = "toy"}>, xbar.program = [{cells = 8 : i64, crossbars = 2 : i64, layers = ["fc"]}], xbar.rounds = 1 : i64, xbar.verified}
module attributes {xbar.chip = #xbar.chip<{name = "toy"}>, xbar.rounds = 1 : i64, xbar.verified,
    xbar.program = [{cells = 8 : i64, crossbars = 2 : i64, layers = ["fc"]}]} {

// CHECK-LABEL: @linear
func.func @linear(%l: tensor<6x2x!l>, %t: tensor<2x!t>, %m: tensor<2x!m>) {
  // CHECK: xbar.linear %{{.*}} layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<6x2x!spike.level<{{.*}}>> -> tensor<6x3xi32>
  %0 = xbar.linear %l layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<6x2x!l> -> tensor<6x3xi32>
  // CHECK: xbar.linear %{{.*}} layer "b" {offset = dense<3> : tensor<3xi32>, weight = #onnx.param<"w.safetensors", "fc"> : tensor<2x3xi16>}
  %1 = xbar.linear %m layer "b" {weight = #onnx.param<"w.safetensors", "fc"> : tensor<2x3xi16>, offset = dense<3> : tensor<3xi32>} : tensor<2x!m> -> tensor<3xi32>
  // CHECK: xbar.linear %{{.*}} layer "c" {placement = #xbar.placement<replicas = 2, round = 0, crossbars = [4, 5]>, tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1, digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1, active_rows = 8, passes = 4, adc_bits = 5, adc_policy = lossless, exact = true>, weight = dense<1> : tensor<2x3xi8>}
  %2 = xbar.linear %t layer "c" {weight = dense<1> : tensor<2x3xi8>,
      tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 8, passes = 4, adc_bits = 5, adc_policy = lossless, exact = true>,
      placement = #xbar.placement<replicas = 2, round = 0, crossbars = [4, 5]>} : tensor<2x!t> -> tensor<3xi32>
  // CHECK: adc_policy = calibrated, exact = false, adc_range = [1.250000e+01, 7.000000e+00]>
  %3 = xbar.linear %t layer "d" {weight = dense<1> : tensor<2x3xi8>,
      tiling = #xbar.tiling<slicing = signed_magnitude, slices = 2, weight_bits = 5, cell_levels = 4, digit_min = -3,
          digit_step = 1, pair_levels = 7, rows = 1, columns = 6, row_blocks = 2, column_blocks = 1, groups = 1,
          active_rows = 1, passes = 4, adc_bits = 3, adc_policy = calibrated, exact = false,
          adc_range = [12.5, 7.0]>} : tensor<2x!t> -> tensor<3xi32>
  return
}

// CHECK-LABEL: @rounds
func.func @rounds(%t: tensor<2x!t>) {
  // CHECK: placement = #xbar.placement<replicas = 1, round = 1, crossbars = [4, 4], round_tiles = [1, 1]>
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<2x5xi8>,
      tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 2, groups = 1,
          active_rows = 8, passes = 4, adc_bits = 5, adc_policy = lossless, exact = true>,
      placement = #xbar.placement<replicas = 1, round = 1, crossbars = [4, 4], round_tiles = [1, 1]>} : tensor<2x!t> -> tensor<5xi32>
  return
}

// CHECK-LABEL: @conv
func.func @conv(%t: tensor<1x4x5x5x!t>) {
  // CHECK: xbar.conv %{{.*}} layer "c" {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 0, 1, 1>, strides = array<i64: 2, 2>, tiling = #xbar.tiling<slicing = biased, slices = 4,
  %0 = xbar.conv %t layer "c" {weight = dense<1> : tensor<6x2x3x3xi8>, strides = array<i64: 2, 2>,
      pads = array<i64: 1, 0, 1, 1>, dilations = array<i64: 1, 1>, group = 2 : i64,
      tiling = #xbar.tiling<slicing = biased, slices = 4, weight_bits = 8, cell_levels = 4, digit_min = 0,
          digit_step = 1, pair_levels = 4, rows = 10, columns = 9, row_blocks = 2, column_blocks = 2, groups = 2,
          active_rows = 5, passes = 4, adc_bits = 8, adc_policy = lossless, exact = true>}
      : tensor<1x4x5x5x!t> -> tensor<1x6x3x2xi32>
  return
}

// CHECK-LABEL: @phase_linear
func.func @phase_linear(%x: tensor<6x2x!p>) {
  // CHECK: xbar.phase_linear %{{.*}} layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<6x2x!spike.phase<base = 1.15, phases = 40, scale = 2.0>> -> tensor<6x3xf32>
  %0 = xbar.phase_linear %x layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<6x2x!p> -> tensor<6x3xf32>
  // CHECK: xbar.phase_linear %{{.*}} layer "b" {bias = dense<1.000000e+00> : tensor<3xf32>, placement = #xbar.placement<replicas = 1, round = 0, crossbars = [3]>, tiling = #xbar.tiling<{{.*}}passes = 80{{.*}}>, weight = #onnx.param<"w.safetensors", "fc"> : tensor<2x3xi16>, weight_scale = dense<5.000000e-01> : tensor<1xf32>}
  %1 = xbar.phase_linear %x layer "b" {weight = #onnx.param<"w.safetensors", "fc"> : tensor<2x3xi16>,
      weight_scale = dense<0.5> : tensor<1xf32>, bias = dense<1.0> : tensor<3xf32>,
      tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 8, passes = 80, adc_bits = 5, adc_policy = lossless, exact = true>,
      placement = #xbar.placement<replicas = 1, round = 0, crossbars = [3]>} : tensor<6x2x!p> -> tensor<6x3xf32>
  return
}

// CHECK-LABEL: @phase_conv
func.func @phase_conv(%x: tensor<1x4x5x5x!p>) {
  // CHECK: xbar.phase_conv %{{.*}} layer "c" {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 0, 1, 1>, strides = array<i64: 2, 2>, weight = dense<1> : tensor<6x2x3x3xi8>} : tensor<1x4x5x5x!spike.phase<{{.*}}>> -> tensor<1x6x3x2xf32>
  %0 = xbar.phase_conv %x layer "c" {weight = dense<1> : tensor<6x2x3x3xi8>, strides = array<i64: 2, 2>,
      pads = array<i64: 1, 0, 1, 1>, dilations = array<i64: 1, 1>, group = 2 : i64}
      : tensor<1x4x5x5x!p> -> tensor<1x6x3x2xf32>
  return
}

// CHECK-LABEL: @product
func.func @product(%q: tensor<3x6x8x!t>, %k: tensor<3x6x8x!k>, %valid: tensor<1x6xi1>) {
  // CHECK: xbar.product %{{.*}}, %{{.*}} valid(%{{.*}} : tensor<1x6xi1>) {engine = "mttfs", key_tiles = 2 : i64, keys_per_tile = 4 : i64, transposed} : tensor<3x6x8x!spike.ttfs<{{.*}}>>, tensor<3x6x8x!spike.level<{{.*}}>> -> tensor<3x6x6xi32>
  %0 = xbar.product %q, %k valid(%valid : tensor<1x6xi1>) {engine = "mttfs", transposed, keys_per_tile = 4 : i64, key_tiles = 2 : i64}
      : tensor<3x6x8x!t>, tensor<3x6x8x!k> -> tensor<3x6x6xi32>
  // CHECK: xbar.product %{{.*}}, %{{.*}} {engine = "digital", reduce_keys, transposed}
  %1 = xbar.product %q, %k {engine = "digital", transposed, reduce_keys} : tensor<3x6x8x!t>, tensor<3x6x8x!k> -> tensor<3x6x6xi32>
  return
}

}
