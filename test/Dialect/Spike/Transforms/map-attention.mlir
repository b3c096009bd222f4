// RUN: snn-opt %s --split-input-file --spike-map-attention --verify-diagnostics --mlir-print-local-scope | FileCheck %s

!q = !spike.ttfs<bits = 4, zero = 8, mask = 8, radius = 1, scale = 0.25>
!p = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.0625>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!b = !spike.level<bits = 1, zero = 0, mask = 0, scale = 0.25>

// CHECK-LABEL: @both_products
// CHECK: spike.matmul %{{.*}}, %{{.*}} {engine = "mttfs", transposed}
// CHECK: spike.matmul %{{.*}}, %{{.*}} {engine = "mttfs"}
func.func @both_products(%q: tensor<2x4x8x!q>, %k: tensor<2x4x8x!k>, %p: tensor<2x4x4x!p>, %v: tensor<2x4x8x!b>) -> (tensor<2x4x4xi32>, tensor<2x4x8xi32>) {
  %0 = spike.matmul %q, %k {transposed} : tensor<2x4x8x!q>, tensor<2x4x8x!k> -> tensor<2x4x4xi32>
  %1 = spike.matmul %p, %v : tensor<2x4x4x!p>, tensor<2x4x8x!b> -> tensor<2x4x8xi32>
  return %0, %1 : tensor<2x4x4xi32>, tensor<2x4x8xi32>
}

// Products with static weights run on crossbars.
// CHECK-LABEL: @linear
// CHECK-NOT: engine
func.func @linear(%x: tensor<4x8x!q>) -> tensor<4x2xi32> {
  %0 = spike.linear %x {weight = dense<1> : tensor<8x2xi8>} : tensor<4x8x!q> -> tensor<4x2xi32>
  return %0 : tensor<4x2xi32>
}

// -----

!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @levels(%q: tensor<2x4x8x!k>, %k: tensor<2x4x8x!k>) -> tensor<2x4x4xi32> {
  // expected-error@+1 {{'spike.matmul' op needs a spike train as its left operand; run spike-mttfs first}}
  %0 = spike.matmul %q, %k {transposed} : tensor<2x4x8x!k>, tensor<2x4x8x!k> -> tensor<2x4x4xi32>
  return %0 : tensor<2x4x4xi32>
}

// -----

!ph = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
!pp = !spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>

// CHECK-LABEL: @phase
// CHECK: spike.phase_matmul %{{.*}}, %{{.*}} {engine = "trace_woss", transposed}
// CHECK: spike.woss %{{.*}} "p" kind probability {engine = "trace_woss"}
func.func @phase(%q: tensor<2x4x8x!ph>, %k: tensor<2x4x8x!ph>, %s: tensor<2x4x4x!ph>) -> (tensor<2x4x4xf32>, tensor<2x4x1xf32>) {
  %0 = spike.phase_matmul %q, %k {transposed} : tensor<2x4x8x!ph>, tensor<2x4x8x!ph> -> tensor<2x4x4xf32>
  %p, %z = spike.woss %s "p" kind probability : tensor<2x4x4x!ph> -> tensor<2x4x4x!pp>, tensor<2x4x1xf32>
  return %0, %z : tensor<2x4x4xf32>, tensor<2x4x1xf32>
}

// -----

!bin = !spike.binary<steps = 2>

// CHECK-LABEL: @spike_driven
// CHECK: spike.sdsa {{.*}}engine = "sdsa"
func.func @spike_driven(%q: tensor<2x4x3x8x!bin>) -> tensor<2x4x3x8x!bin> {
  %0 = spike.sdsa %q, %q, %q "a" {variant = 3 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.5 : f64} : tensor<2x4x3x8x!bin>
  return %0 : tensor<2x4x3x8x!bin>
}

// -----

!bin = !spike.binary<steps = 2>

// CHECK-LABEL: @stochastic
// CHECK: spike.ssa {{.*}}engine = "ssa"
func.func @stochastic(%q: tensor<2x4x3x8x!bin>) -> tensor<2x4x3x8x!bin> {
  %0 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 0 : i64, norm_d = 8 : i64, norm_n = 3 : i64} : tensor<2x4x3x8x!bin>
  return %0 : tensor<2x4x3x8x!bin>
}
