// RUN: snn-opt %s --split-input-file --snn-verify-phase=phase=image --verify-diagnostics

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

module attributes {xbar.rounds = 1 : i64} {
func.func @mapped(%x: tensor<1x2x!t>, %q: tensor<2x4x8x!t>, %k: tensor<2x4x8x!k>) {
  %0 = xbar.linear %x layer "a" {weight = dense<1> : tensor<2x3xi8>,
      tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>,
      placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0]>} : tensor<1x2x!t> -> tensor<1x3xi32>
  %1 = xbar.product %q, %k {transposed, engine = "digital"} : tensor<2x4x8x!t>, tensor<2x4x8x!k> -> tensor<2x4x4xi32>
  return
}
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @unplaced(%x: tensor<1x2x!t>) {
  // expected-error@+1 {{'xbar.linear' op needs a placement after phase 'image'}}
  %0 = xbar.linear %x layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<1x2x!t> -> tensor<1x3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

module attributes {xbar.rounds = 1 : i64} {
func.func @unbound(%x: tensor<1x2x!t>) {
  // expected-error@+1 {{'spike.linear' op is bound to no crossbar after phase 'image'}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<1x2x!t> -> tensor<1x3xi32>
  return
}
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// A chip without crossbars programs none and keeps its static products.
module attributes {xbar.rounds = 0 : i64} {
func.func @digital(%x: tensor<1x2x!t>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<1x2x!t> -> tensor<1x3xi32>
  return
}
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @product(%q: tensor<2x4x8x!t>, %k: tensor<2x4x8x!k>) {
  // expected-error@+1 {{'spike.matmul' op is bound to no engine after phase 'image'}}
  %0 = spike.matmul %q, %k {transposed, engine = "mttfs"} : tensor<2x4x8x!t>, tensor<2x4x8x!k> -> tensor<2x4x4xi32>
  return
}

// -----

!p = !spike.phase<base = 1.15, phases = 40, scale = 2.0>

module attributes {xbar.rounds = 1 : i64} {
func.func @phase_unbound(%x: tensor<1x4x!p>) {
  // expected-error@+1 {{'spike.phase_linear' op is bound to no crossbar after phase 'image'}}
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<4x3xi8>} : tensor<1x4x!p> -> tensor<1x3xf32>
  return
}
}

// -----

!p = !spike.phase<base = 1.15, phases = 40, scale = 2.0>

func.func @phase_unplaced(%x: tensor<1x4x!p>) {
  // expected-error@+1 {{'xbar.phase_linear' op needs a placement after phase 'image'}}
  %0 = xbar.phase_linear %x layer "a" {weight = dense<1> : tensor<4x3xi8>} : tensor<1x4x!p> -> tensor<1x3xf32>
  return
}
