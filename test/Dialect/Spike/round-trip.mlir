// RUN: snn-opt %s --verify-roundtrip --mlir-print-local-scope | FileCheck %s

!l = !spike.level<bits = 4, zero = 8, mask = 7, radius = 1, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 7, radius = 1, scale = 0.25>
!k1 = !spike.level<bits = 1, zero = 0, mask = 0, scale = 2.0>
!t2 = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.5>
!ph = !spike.phase<base = 1.15, phases = 40, scale = 2.5>
!pp = !spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>

!bin = !spike.binary<steps = 4>

// A radius of 0 is not printed; scales are the shortest decimals that read back
// to the same bits, with a dot.
// CHECK-LABEL: @types
func.func @types(
    // CHECK-SAME: tensor<4x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>
    %a: tensor<4x!spike.level<bits = 4, zero = 8, mask = 8, radius = 0, scale = 0.25>>,
    // CHECK-SAME: tensor<4x!spike.level<bits = 8, zero = 128, mask = 255, radius = 255, scale = 0.1>>
    %b: tensor<4x!spike.level<bits = 8, zero = 128, mask = 255, radius = 255, scale = 0.1>>,
    // CHECK-SAME: tensor<4x!spike.level<bits = 1, zero = 0, mask = 1, scale = 3.0>>
    %c: tensor<4x!spike.level<bits = 1, zero = 0, mask = 1, scale = 3.0>>,
    // CHECK-SAME: tensor<4x!spike.ttfs<bits = 4, zero = 0, mask = 15, radius = 3, scale = 0.333333343267441>>
    %d: tensor<4x!spike.ttfs<bits = 4, zero = 0, mask = 15, radius = 3, scale = 0.333333343267441>>,
    // CHECK-SAME: tensor<?x!spike.ttfs<bits = 2, zero = 3, mask = 2, scale = 1.0e-30>>
    %e: tensor<?x!spike.ttfs<bits = 2, zero = 3, mask = 2, scale = 1.0e-30>>,
    // Spaces and the form of a number do not matter.
    // CHECK-SAME: tensor<2x!spike.ttfs<bits = 3, zero = 4, mask = 4, scale = 1.5e+20>>
    %f: tensor<2x!spike.ttfs<bits=3,zero=4,mask=4,scale=150000000000000000000.0>>,
    // CHECK-SAME: tensor<2x!spike.ttfs<bits = 2, zero = 1, mask = 1, scale = 0.5, table = [-1, 0, 1, 4]>>
    %g: tensor<2x!spike.ttfs<bits = 2, zero = 1, mask = 1, scale = 0.5, table = [-1, 0, 1, 4]>>) {
  return
}

// CHECK-LABEL: @site
func.func @site(%x: tensor<?x6x8xf32>, %valid: tensor<?x6xi1>) {
  // CHECK: spike.site %{{.*}} "fc/x" kind activation : tensor<?x6x8xf32>
  %0 = spike.site %x "fc/x" kind activation : tensor<?x6x8xf32>
  // CHECK: spike.site %{{.*}} "q" kind query valid(%{{.*}} : tensor<?x6xi1>) {token_axes = array<i64: 1>} : tensor<?x6x8xf32>
  %1 = spike.site %x "q" kind query valid(%valid : tensor<?x6xi1>) {token_axes = array<i64: 1>} : tensor<?x6x8xf32>
  // CHECK: spike.site %{{.*}} "k" kind key {bits = 4 : i64, scale = 2.500000e-01 : f32, zero = 8 : i64} : tensor<?x6x8xf32>
  %2 = spike.site %x "k" kind key {bits = 4 : i64, zero = 8 : i64, scale = 2.5e-01 : f32} : tensor<?x6x8xf32>
  // CHECK: kind value
  %3 = spike.site %x "v" kind value : tensor<?x6x8xf32>
  // CHECK: kind probability {snn.note = "kept"}
  %4 = spike.site %x "p" kind probability {snn.note = "kept"} : tensor<?x6x8xf32>
  return
}

// CHECK-LABEL: @quantize
func.func @quantize(%x: tensor<?x6x8xf32>, %valid: tensor<?x6xi1>, %one: tensor<1x6xi1>) {
  // CHECK: spike.quantize %{{.*}} "e1" kind activation : tensor<?x6x8xf32> -> tensor<?x6x8x!spike.level<bits = 4, zero = 8, mask = 7, radius = 1, scale = 0.25>>
  %0 = spike.quantize %x "e1" kind activation : tensor<?x6x8xf32> -> tensor<?x6x8x!l>
  // CHECK: spike.quantize %{{.*}} "e2" kind value valid(%{{.*}} : tensor<?x6xi1>) {token_axes = array<i64: 1>} : tensor<?x6x8xf32> -> tensor<?x6x8x!spike.level<bits = 1,
  %1 = spike.quantize %x "e2" kind value valid(%valid : tensor<?x6xi1>) {token_axes = array<i64: 1>} : tensor<?x6x8xf32> -> tensor<?x6x8x!k1>
  // Axes without a validity: no attention mask was found (yet).
  // CHECK: spike.quantize %{{.*}} "e3" kind activation {token_axes = array<i64: 1>}
  %2 = spike.quantize %x "e3" kind activation {token_axes = array<i64: 1>} : tensor<?x6x8xf32> -> tensor<?x6x8x!l>
  return
}

// CHECK-LABEL: @encode
func.func @encode(%x: tensor<2x6x8xf32>, %p: tensor<2x3x6x6xf32>, %valid: tensor<2x6xi1>) {
  // CHECK: spike.encode %{{.*}} "e1" kind activation : tensor<2x6x8xf32> -> tensor<2x6x8x!spike.ttfs<bits = 4, zero = 8, mask = 7, radius = 1, scale = 0.25>>
  %0 = spike.encode %x "e1" kind activation : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  // CHECK: spike.encode %{{.*}} "e2" kind query {dead_zone = 2 : i64}
  %1 = spike.encode %x "e2" kind query {dead_zone = 2 : i64} : tensor<2x6x8xf32> -> tensor<2x6x8x!t2>
  // CHECK: spike.encode %{{.*}} "e3" kind probability valid(%{{.*}} : tensor<2x6xi1>) {token_axes = array<i64: 2, 3>} : tensor<2x3x6x6xf32> -> tensor<2x3x6x6x!spike.ttfs
  %2 = spike.encode %p "e3" kind probability valid(%valid : tensor<2x6xi1>) {token_axes = array<i64: 2, 3>} : tensor<2x3x6x6xf32> -> tensor<2x3x6x6x!t2>
  return
}

// CHECK-LABEL: @dequantize
func.func @dequantize(%l: tensor<4x!l>, %t: tensor<?x4x!t>) {
  // CHECK: spike.dequantize %{{.*}} : tensor<4x!spike.level<{{.*}}>> -> tensor<4xf32>
  %0 = spike.dequantize %l : tensor<4x!l> -> tensor<4xf32>
  // CHECK: spike.dequantize %{{.*}} : tensor<?x4x!spike.ttfs<{{.*}}>> -> tensor<?x4xf32>
  %1 = spike.dequantize %t : tensor<?x4x!t> -> tensor<?x4xf32>
  return
}

// CHECK-LABEL: @token_mask
func.func @token_mask(%m: tensor<?x1x1x6xf32>) -> tensor<?x6xi1> {
  // CHECK: spike.token_mask %{{.*}} : tensor<?x1x1x6xf32> -> tensor<?x6xi1>
  %0 = spike.token_mask %m : tensor<?x1x1x6xf32> -> tensor<?x6xi1>
  return %0 : tensor<?x6xi1>
}

// CHECK-LABEL: @linear
func.func @linear(%l: tensor<?x6x2x!l>, %t: tensor<2x!t>) {
  // CHECK: spike.linear %{{.*}} {weight = dense<{{.*}}> : tensor<2x3xi8>} : tensor<?x6x2x!spike.level<{{.*}}>> -> tensor<?x6x3xi32>
  %0 = spike.linear %l {weight = dense<[[1, 2, 3], [-4, 5, -6]]> : tensor<2x3xi8>} : tensor<?x6x2x!l> -> tensor<?x6x3xi32>
  // CHECK: spike.linear %{{.*}} {weight = #onnx.param<"w.safetensors", "fc"> : tensor<2x3xi16>}
  %1 = spike.linear %l {weight = #onnx.param<"w.safetensors", "fc"> : tensor<2x3xi16>} : tensor<?x6x2x!l> -> tensor<?x6x3xi32>
  // CHECK: spike.linear %{{.*}} {offset = dense<[3, -3, 3]> : tensor<3xi32>, weight = dense<1> : tensor<2x3xi8>} : tensor<2x!spike.ttfs<{{.*}}>> -> tensor<3xi32>
  %2 = spike.linear %t {weight = dense<1> : tensor<2x3xi8>, offset = dense<[3, -3, 3]> : tensor<3xi32>} : tensor<2x!t> -> tensor<3xi32>
  return
}

// CHECK-LABEL: @conv
func.func @conv(%l: tensor<?x4x5x5x!l>, %t: tensor<1x2x8x!t>) {
  // CHECK: spike.conv %{{.*}} {dilations = array<i64: 1, 2>, group = 2 : i64, pads = array<i64: 1, 0, 1, 1>, strides = array<i64: 2, 1>, weight = dense<1> : tensor<6x2x3x3xi8>} : tensor<?x4x5x5x!spike.level<{{.*}}>> -> tensor<?x6x3x2xi32>
  %0 = spike.conv %l {weight = dense<1> : tensor<6x2x3x3xi8>, strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 1, 1>,
      dilations = array<i64: 1, 2>, group = 2 : i64} : tensor<?x4x5x5x!l> -> tensor<?x6x3x2xi32>
  // CHECK: spike.conv %{{.*}} {dilations = array<i64: 1>, group = 1 : i64, offset = dense<7> : tensor<1x4xi32>, pads = array<i64: 0, 0>, strides = array<i64: 2>, weight = dense<1> : tensor<1x2x2xi16>}
  %1 = spike.conv %t {weight = dense<1> : tensor<1x2x2xi16>, offset = dense<7> : tensor<1x4xi32>, strides = array<i64: 2>,
      pads = array<i64: 0, 0>, dilations = array<i64: 1>, group = 1 : i64} : tensor<1x2x8x!t> -> tensor<1x1x4xi32>
  return
}

// CHECK-LABEL: @matmul
func.func @matmul(%ql: tensor<?x3x6x8x!l>, %q: tensor<?x3x6x8x!t>, %k: tensor<?x3x6x8x!k1>, %kt: tensor<?x3x8x6x!l>, %valid: tensor<?x6xi1>) {
  // CHECK: spike.matmul %{{.*}}, %{{.*}} : tensor<?x3x6x8x!spike.level<{{.*}}>>, tensor<?x3x8x6x!spike.level<{{.*}}>> -> tensor<?x3x6x6xi32>
  %0 = spike.matmul %ql, %kt : tensor<?x3x6x8x!l>, tensor<?x3x8x6x!l> -> tensor<?x3x6x6xi32>
  // CHECK: spike.matmul %{{.*}}, %{{.*}} valid(%{{.*}} : tensor<?x6xi1>) {engine = "mttfs", transposed} : tensor<?x3x6x8x!spike.ttfs<{{.*}}>>, tensor<?x3x6x8x!spike.level<bits = 1, {{.*}}>> -> tensor<?x3x6x6xi32>
  %1 = spike.matmul %q, %k valid(%valid : tensor<?x6xi1>) {transposed, engine = "mttfs"} : tensor<?x3x6x8x!t>, tensor<?x3x6x8x!k1> -> tensor<?x3x6x6xi32>
  return
}

// CHECK-LABEL: @rescale
func.func @rescale(%x: tensor<?x2x3xi32>) {
  // CHECK: spike.rescale %{{.*}} {axis = -1 : i64, scale = dense<5.000000e-01> : tensor<1xf32>} : tensor<?x2x3xi32> -> tensor<?x2x3xf32>
  %0 = spike.rescale %x {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<?x2x3xi32> -> tensor<?x2x3xf32>
  // CHECK: spike.rescale %{{.*}} {axis = 1 : i64, bias = #onnx.param<"w.safetensors", "b"> : tensor<2xf32>, scale = dense<{{.*}}> : tensor<2xf32>}
  %1 = spike.rescale %x {scale = dense<[0.5, 0.25]> : tensor<2xf32>, bias = #onnx.param<"w.safetensors", "b"> : tensor<2xf32>, axis = 1 : i64}
      : tensor<?x2x3xi32> -> tensor<?x2x3xf32>
  return
}

// CHECK-LABEL: @requantize
func.func @requantize(%x: tensor<?x6x3xi32>, %valid: tensor<?x6xi1>) {
  // CHECK: spike.requantize %{{.*}} "e6" kind activation {axis = -1 : i64, scale = dense<5.000000e-01> : tensor<1xf32>} : tensor<?x6x3xi32> -> tensor<?x6x3x!spike.level
  %0 = spike.requantize %x "e6" kind activation {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<?x6x3xi32> -> tensor<?x6x3x!l>
  // CHECK: spike.requantize %{{.*}} "k" kind key valid(%{{.*}} : tensor<?x6xi1>) {axis = 2 : i64, bias = dense<1.000000e+00> : tensor<3xf32>, relu, scale = dense<5.000000e-01> : tensor<3xf32>, token_axes = array<i64: 1>}
  %1 = spike.requantize %x "k" kind key valid(%valid : tensor<?x6xi1>) {scale = dense<0.5> : tensor<3xf32>, bias = dense<1.0> : tensor<3xf32>,
      axis = 2 : i64, relu, token_axes = array<i64: 1>} : tensor<?x6x3xi32> -> tensor<?x6x3x!k1>
  return
}

// CHECK-LABEL: @fire
func.func @fire(%x: tensor<?x6x2xi32>, %valid: tensor<?x6xi1>) {
  // CHECK: spike.fire %{{.*}} "e6" kind activation {axis = -1 : i64, thresholds = dense<{{\[\[}}-3, 0, 4]]> : tensor<1x3xi32>} : tensor<?x6x2xi32> -> tensor<?x6x2x!spike.ttfs
  %0 = spike.fire %x "e6" kind activation {thresholds = dense<[[-3, 0, 4]]> : tensor<1x3xi32>, axis = -1 : i64} : tensor<?x6x2xi32> -> tensor<?x6x2x!t2>
  // CHECK: spike.fire %{{.*}} "q" kind query valid(%{{.*}} : tensor<?x6xi1>) {axis = 2 : i64, thresholds = dense<{{.*}}> : tensor<2x3xi32>, token_axes = array<i64: 1>}
  %1 = spike.fire %x "q" kind query valid(%valid : tensor<?x6xi1>) {thresholds = dense<[[1, 2, 3], [4, 5, 2147483647]]> : tensor<2x3xi32>,
      axis = 2 : i64, token_axes = array<i64: 1>} : tensor<?x6x2xi32> -> tensor<?x6x2x!t2>
  // CHECK: spike.fire %{{.*}} "p" kind activation {axis = -1 : i64, bias = dense<{{.*}}> : tensor<2xf32>, dead_zone = 1 : i64, relu, scale = dense<5.000000e-01> : tensor<1xf32>, thresholds
  %2 = spike.fire %x "p" kind activation {thresholds = dense<[[1, 2, 3], [4, 5, 2147483647]]> : tensor<2x3xi32>, axis = -1 : i64,
      scale = dense<0.5> : tensor<1xf32>, bias = dense<[0.25, 1.0]> : tensor<2xf32>, relu, dead_zone = 1 : i64} : tensor<?x6x2xi32> -> tensor<?x6x2x!t2>
  return
}

// The default sign and release are not printed.
// CHECK-LABEL: @phase_types
func.func @phase_types(
    // CHECK-SAME: tensor<4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>
    %a: tensor<4x!spike.phase<base = 1.15, phases = 40, scale = 2.5, sign = signed, release = none>>,
    // CHECK-SAME: tensor<4x!spike.phase<base = 2.0, phases = 127, scale = 1.0, sign = positive, release = swin>>
    %b: tensor<4x!spike.phase<base = 2.0, phases = 127, scale = 1.0, sign = positive, release = swin>>,
    // CHECK-SAME: tensor<4x!spike.phase<base = 1.4, phases = 1, scale = 0.1, release = bert>>
    %c: tensor<4x!spike.phase<base = 1.4, phases = 1, scale = 0.1, release = bert>>) {
  return
}

// CHECK-LABEL: @phase_sites
func.func @phase_sites(%x: tensor<?x6x8xf32>, %valid: tensor<?x6xi1>) {
  // CHECK: spike.site %{{.*}} "s" kind score {coding = !spike.phase<base = 1.15, phases = 40, scale = 2.5>} : tensor<?x6x8xf32>
  %0 = spike.site %x "s" kind score {coding = !ph} : tensor<?x6x8xf32>
  // CHECK: spike.site %{{.*}} "r" kind residual : tensor<?x6x8xf32>
  %1 = spike.site %x "r" kind residual : tensor<?x6x8xf32>
  // CHECK: spike.quantize %{{.*}} "q" kind query : tensor<?x6x8xf32> -> tensor<?x6x8x!spike.phase<
  %2 = spike.quantize %x "q" kind query : tensor<?x6x8xf32> -> tensor<?x6x8x!ph>
  // CHECK: spike.dequantize %{{.*}} : tensor<?x6x8x!spike.phase<
  %3 = spike.dequantize %2 : tensor<?x6x8x!ph> -> tensor<?x6x8xf32>
  // CHECK: spike.phase_encode %{{.*}} "e" kind activation valid(%{{.*}} : tensor<?x6xi1>) {token_axes = array<i64: 1>} : tensor<?x6x8xf32> -> tensor<?x6x8x!spike.phase<
  %4 = spike.phase_encode %x "e" kind activation valid(%valid : tensor<?x6xi1>) {token_axes = array<i64: 1>} : tensor<?x6x8xf32> -> tensor<?x6x8x!ph>
  // CHECK: spike.phase_decode %{{.*}} : tensor<?x6x8x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<?x6x8xf32>
  %5 = spike.phase_decode %4 : tensor<?x6x8x!ph> -> tensor<?x6x8xf32>
  // CHECK: spike.phase_residual %{{.*}}, %{{.*}} : tensor<?x6x8xf32>, tensor<?x6x8x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<?x6x8xf32>
  %6 = spike.phase_residual %5, %4 : tensor<?x6x8xf32>, tensor<?x6x8x!ph> -> tensor<?x6x8xf32>
  return
}

// CHECK-LABEL: @phase_products
func.func @phase_products(%x: tensor<2x6x!ph>, %image: tensor<1x2x4x4x!ph>) {
  // CHECK: spike.phase_linear %{{.*}} {weight = dense<1> : tensor<6x3xi8>} : tensor<2x6x!spike.phase<{{.*}}>> -> tensor<2x3xf32>
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<6x3xi8>} : tensor<2x6x!ph> -> tensor<2x3xf32>
  // CHECK: spike.phase_linear %{{.*}} {bias = dense<0.000000e+00> : tensor<3xf32>, weight = dense<1.000000e+00> : tensor<6x3xf32>, weight_scale = dense<5.000000e-01> : tensor<1xf32>}
  %1 = spike.phase_linear %x {weight = dense<1.0> : tensor<6x3xf32>, weight_scale = dense<0.5> : tensor<1xf32>, bias = dense<0.0> : tensor<3xf32>} : tensor<2x6x!ph> -> tensor<2x3xf32>
  // CHECK: spike.phase_conv %{{.*}} {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 0, 0, 1, 1>, strides = array<i64: 2, 2>, weight = dense<1> : tensor<4x1x3x3xi16>} : tensor<1x2x4x4x!spike.phase<{{.*}}>> -> tensor<1x4x2x2xf32>
  %2 = spike.phase_conv %image {weight = dense<1> : tensor<4x1x3x3xi16>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>, dilations = array<i64: 1, 1>, group = 2 : i64} : tensor<1x2x4x4x!ph> -> tensor<1x4x2x2xf32>
  return
}

// CHECK-LABEL: @phase_attention
func.func @phase_attention(%q: tensor<?x2x6x8x!ph>, %k: tensor<?x2x6x8x!ph>, %mask: tensor<?x1x1x6xf32>, %valid: tensor<?x6xi1>, %scores: tensor<?x2x6x6x!ph>) {
  // CHECK: spike.phase_matmul %{{.*}}, %{{.*}} valid(%{{.*}} : tensor<?x6xi1>) {engine = "trace_woss", factor = 1.250000e-01 : f64, sign_bug, transposed} : tensor<?x2x6x8x!spike.phase<{{.*}}>>, tensor<?x2x6x8x!spike.phase<{{.*}}>> -> tensor<?x2x6x6xf32>
  %0 = spike.phase_matmul %q, %k valid(%valid : tensor<?x6xi1>) {factor = 0.125 : f64, transposed, sign_bug, engine = "trace_woss"} : tensor<?x2x6x8x!ph>, tensor<?x2x6x8x!ph> -> tensor<?x2x6x6xf32>
  // CHECK: spike.woss %{{.*}} multiplicative(%{{.*}} : tensor<?x1x1x6xf32>) additive(%{{.*}} : tensor<?x1x1x6xf32>) "p" kind probability valid(%{{.*}} : tensor<?x6xi1>) {token_axes = array<i64: 2, 3>}
  %p, %z = spike.woss %scores multiplicative(%mask : tensor<?x1x1x6xf32>) additive(%mask : tensor<?x1x1x6xf32>) "p" kind probability valid(%valid : tensor<?x6xi1>) {token_axes = array<i64: 2, 3>} : tensor<?x2x6x6x!ph> -> tensor<?x2x6x6x!pp>, tensor<?x2x6x1xf32>
  // CHECK: spike.woss %{{.*}} "p2" kind probability : tensor<?x2x6x6x!spike.phase<{{.*}}>> -> tensor<?x2x6x6x!spike.phase<{{.*}}>>, tensor<?x2x6x1xf32>
  %p2, %z2 = spike.woss %scores "p2" kind probability : tensor<?x2x6x6x!ph> -> tensor<?x2x6x6x!pp>, tensor<?x2x6x1xf32>
  // CHECK: spike.phase_matmul %{{.*}}, %{{.*}} divisor(%{{.*}} : tensor<?x2x6x1xf32>) : tensor<?x2x6x6x!spike.phase<{{.*}}>>
  %1 = spike.phase_matmul %p, %k divisor(%z : tensor<?x2x6x1xf32>) : tensor<?x2x6x6x!pp>, tensor<?x2x6x8x!ph> -> tensor<?x2x6x8xf32>
  return
}

// CHECK-LABEL: @lif
func.func @lif(%x: tensor<4x?x8xf32>) -> tensor<4x?x8xf32> {
  // CHECK: spike.lif %{{.*}} "n" {decay_input, tau = 2.000000e+00 : f64, threshold = 1.000000e+00 : f64} : tensor<4x?x8xf32> -> tensor<4x?x8x!spike.binary<steps = 4>>
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64, decay_input} : tensor<4x?x8xf32> -> tensor<4x?x8x!bin>
  // CHECK: spike.lif %{{.*}} "m" {soft_reset, tau = 0x7FF0000000000000 : f64
  %1 = spike.lif %x "m" {tau = 0x7FF0000000000000 : f64, threshold = 0.5 : f64, soft_reset} : tensor<4x?x8xf32> -> tensor<4x?x8x!spike.binary<steps = 2>>
  // CHECK: reset_value = -2.500000e-01 : f64
  %2 = spike.lif %x "r" {tau = 3.0 : f64, threshold = 0.5 : f64, reset_value = -0.25 : f64} : tensor<4x?x8xf32> -> tensor<4x?x8x!spike.binary<steps = 1>>
  // CHECK: spike.linear %{{.*}} : tensor<4x?x8x!spike.binary<steps = 4>> -> tensor<4x?x2xi32>
  %3 = spike.linear %0 {weight = dense<1> : tensor<8x2xi8>} : tensor<4x?x8x!bin> -> tensor<4x?x2xi32>
  // CHECK: spike.dequantize
  %4 = spike.dequantize %0 : tensor<4x?x8x!bin> -> tensor<4x?x8xf32>
  return %4 : tensor<4x?x8xf32>
}

// CHECK-LABEL: @floor
func.func @floor(%x: tensor<4x?x8xf32>) {
  // CHECK: spike.lif %{{.*}} "n" rule subtract {amount = 1.000000e+00 : f64, floor = -1.000000e+00 : f64, tau = 2.000000e+00 : f64, threshold = 1.000000e+00 : f64}
  %0 = spike.lif %x "n" rule subtract {tau = 2.0 : f64, threshold = 1.0 : f64, amount = 1.0 : f64, floor = -1.0 : f64} : tensor<4x?x8xf32> -> tensor<4x?x8x!bin>
  // CHECK: spike.lif %{{.*}} "c" {channel_axis = 2 : i64, constants = array<f32: 1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00>, tau = 2.000000e+00 : f64, threshold = 1.000000e+00 : f64}
  %1 = spike.lif %x "c" {tau = 2.0 : f64, threshold = 1.0 : f64, constants = array<f32: 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0>, channel_axis = 2 : i64} : tensor<4x?x8xf32> -> tensor<4x?x8x!bin>
  return
}

// CHECK-LABEL: @sdsa
func.func @sdsa(%q: tensor<4x1x2x3x8x!bin>, %k: tensor<4x1x2x3x8x!bin>, %v: tensor<4x1x2x3x8x!bin>) {
  // CHECK: spike.sdsa %{{.*}}, %{{.*}}, %{{.*}} "a" {decay_input, scale = 1.250000e-01 : f64, tau = 2.000000e+00 : f64, threshold = 5.000000e-01 : f64, variant = 3 : i64} : tensor<4x1x2x3x8x!spike.binary<steps = 4>>
  %0 = spike.sdsa %q, %k, %v "a" {variant = 3 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.5 : f64, decay_input} : tensor<4x1x2x3x8x!bin>
  // CHECK: engine = "sdsa", mask = dense<1> : tensor<3x3xui8>
  %1 = spike.sdsa %q, %k, %v "b" {variant = 4 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.25 : f64, engine = "sdsa", mask = dense<1> : tensor<3x3xui8>} : tensor<4x1x2x3x8x!bin>
  return
}

// CHECK-LABEL: @stochastic
func.func @stochastic(%p: tensor<4x?x8xf32>, %q: tensor<4x1x2x3x8x!bin>) {
  // CHECK: spike.bernoulli %{{.*}} "b" {layer_id = 0 : i64, seed = 5 : i64, stage = 2 : i64} : tensor<4x?x8xf32> -> tensor<4x?x8x!spike.binary<steps = 4>>
  %0 = spike.bernoulli %p "b" {seed = 5 : i64, layer_id = 0 : i64, stage = 2 : i64} : tensor<4x?x8xf32> -> tensor<4x?x8x!bin>
  // CHECK: spike.ssa %{{.*}}, %{{.*}}, %{{.*}} "a" {layer_id = 1 : i64, norm_d = 8 : i64, norm_n = 3 : i64, seed = 0 : i64} : tensor<4x1x2x3x8x!spike.binary<steps = 4>>
  %1 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 1 : i64, norm_d = 8 : i64, norm_n = 3 : i64, generator = #spike<generator philox>} : tensor<4x1x2x3x8x!bin>
  // CHECK: engine = "ssa", generator = #spike<generator lfsr32>, layer_id = 1 : i64, mask = dense<1> : tensor<3x3xui8>, mask_self, norm_d = 8 : i64, norm_n = 3 : i64, pow2, reuse_row
  %2 = spike.ssa %q, %q, %q "c" {seed = 0 : i64, layer_id = 1 : i64, norm_d = 8 : i64, norm_n = 3 : i64, generator = #spike<generator lfsr32>, pow2, reuse_row, mask_self, mask = dense<1> : tensor<3x3xui8>, engine = "ssa"} : tensor<4x1x2x3x8x!bin>
  // CHECK: norm_n = 3 : i64, norms = array<i64: 1, 2, 3>, seed = 0 : i64
  %3 = spike.ssa %q, %q, %q "d" {seed = 0 : i64, layer_id = 1 : i64, norm_d = 8 : i64, norm_n = 3 : i64, norms = array<i64: 1, 2, 3>} : tensor<4x1x2x3x8x!bin>
  return
}

!count = !spike.count<max = 2, steps = 4>

// CHECK-LABEL: @neuron_forms
func.func @neuron_forms(%x: tensor<4x?x8xf32>, %q: tensor<4x1x2x3x8x!bin>) {
  // CHECK: %{{.*}}, %{{.*}} = spike.lif %{{.*}} "l" order affine rule late_subtract {amount = 1.000000e+00 : f64, factor = 5.000000e-01 : f64, tau = 1.000000e+00 : f64, threshold = 1.000000e+00 : f64} : tensor<4x?x8xf32> -> tensor<4x?x8x!spike.binary<steps = 4>>, tensor<4x?x8xf32>
  %0, %h = spike.lif %x "l" order affine rule late_subtract {tau = 1.0 : f64, threshold = 1.0 : f64, factor = 0.5 : f64, amount = 1.0 : f64} : tensor<4x?x8xf32> -> tensor<4x?x8x!bin>, tensor<4x?x8xf32>
  // CHECK: spike.lif %{{.*}} "c" rule subtract {amount = 5.000000e-01 : f64, levels = array<f32: 1.500000e+00>, tau = 2.000000e+00 : f64, threshold = 5.000000e-01 : f64} : tensor<4x?x8xf32> -> tensor<4x?x8x!spike.count<max = 2, steps = 4>>
  %1 = spike.lif %x "c" rule subtract {tau = 2.0 : f64, threshold = 0.5 : f64, amount = 0.5 : f64, levels = array<f32: 1.5>} : tensor<4x?x8xf32> -> tensor<4x?x8x!count>
  // CHECK: spike.dequantize %{{.*}} {unit = 2.500000e-01 : f32} : tensor<4x?x8x!spike.count<max = 2, steps = 4>> -> tensor<4x?x8xf32>
  %2 = spike.dequantize %1 {unit = 0.25 : f32} : tensor<4x?x8x!count> -> tensor<4x?x8xf32>
  // CHECK: spike.linear %{{.*}} : tensor<4x?x8x!spike.count<max = 2, steps = 4>> -> tensor<4x?x2xi32>
  %3 = spike.linear %1 {weight = dense<1> : tensor<8x2xi8>} : tensor<4x?x8x!count> -> tensor<4x?x2xi32>
  // CHECK: spike.sdsa %{{.*}} "a" order leak_tau rule never {scale
  %4 = spike.sdsa %q, %q, %q "a" order leak_tau rule never {variant = 3 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.5 : f64} : tensor<4x1x2x3x8x!bin>
  return
}

// CHECK-LABEL: @trains
func.func @trains(%a: tensor<4x8x6x6x!bin>, %b: tensor<4x1x6x6x!bin>) {
  // CHECK: spike.and %{{.*}}, %{{.*}} "and" : tensor<4x8x6x6x!spike.binary<steps = 4>>, tensor<4x1x6x6x!spike.binary<steps = 4>> -> tensor<4x8x6x6x!spike.binary<steps = 4>>
  %0 = spike.and %a, %b "and" : tensor<4x8x6x6x!bin>, tensor<4x1x6x6x!bin> -> tensor<4x8x6x6x!bin>
  // CHECK: spike.and_not %{{.*}}, %{{.*}} "not"
  %1 = spike.and_not %a, %b "not" : tensor<4x8x6x6x!bin>, tensor<4x1x6x6x!bin> -> tensor<4x8x6x6x!bin>
  // CHECK: spike.add %{{.*}}, %{{.*}} "sum" : {{.*}} -> tensor<4x8x6x6x!spike.count<max = 2, steps = 4>>
  %2 = spike.add %a, %b "sum" : tensor<4x8x6x6x!bin>, tensor<4x1x6x6x!bin> -> tensor<4x8x6x6x!count>
  // CHECK: spike.maxpool %{{.*}} "pool" {ceil_mode, dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<4x8x6x6x!spike.count<max = 2, steps = 4>> -> tensor<4x8x3x3x!spike.count<max = 2, steps = 4>>
  %3 = spike.maxpool %2 "pool" {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, ceil_mode} : tensor<4x8x6x6x!count> -> tensor<4x8x3x3x!count>
  // CHECK: spike.sum %{{.*}} "mean" {axes = array<i64: 2, 3>} : tensor<4x8x6x6x!spike.binary<steps = 4>> -> tensor<4x8x!spike.count<max = 36, steps = 4>>
  %4 = spike.sum %a "mean" {axes = array<i64: 2, 3>} : tensor<4x8x6x6x!bin> -> tensor<4x8x!spike.count<max = 36, steps = 4>>
  %5 = spike.sum %a "total" {axes = array<i64: 0>} : tensor<4x8x6x6x!bin> -> tensor<8x6x6x!spike.count<max = 4, steps = 1>>
  // CHECK: spike.slots %{{.*}} "slots" {levels = array<i64: 1, 2, 1, 4>} : tensor<8x6x6x!spike.count<max = 4, steps = 1>> -> tensor<4x8x6x6x!spike.binary<steps = 4>>
  %6 = spike.slots %5 "slots" {levels = array<i64: 1, 2, 1, 4>} : tensor<8x6x6x!spike.count<max = 4, steps = 1>> -> tensor<4x8x6x6x!bin>
  return
}
