// RUN: snn-opt %s --split-input-file --spike-map-attention=attention=ssa --verify-diagnostics

!bin = !spike.binary<steps = 2>

func.func @spike_driven(%q: tensor<2x4x3x8x!bin>) -> tensor<2x4x3x8x!bin> {
  // expected-error@+1 {{'spike.sdsa' op is spike-driven attention, which engine 'ssa' does not compute: another attention needs a network trained for it; use --attention auto or sdsa}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 3 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.5 : f64} : tensor<2x4x3x8x!bin>
  return %0 : tensor<2x4x3x8x!bin>
}

// -----

!q = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @softmax(%q: tensor<2x4x8x!q>, %k: tensor<2x4x8x!k>) -> tensor<2x4x4xi32> {
  // expected-error@+1 {{'spike.matmul' op is softmax attention, which engine 'ssa' does not compute}}
  %0 = spike.matmul %q, %k {transposed} : tensor<2x4x8x!q>, tensor<2x4x8x!k> -> tensor<2x4x4xi32>
  return %0 : tensor<2x4x4xi32>
}
