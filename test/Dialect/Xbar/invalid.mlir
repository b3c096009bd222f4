// RUN: snn-opt %s --split-input-file --verify-diagnostics

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @linear_shape(%t: tensor<4x!t>) {
  // C1 of xbar.linear
  // expected-error@+1 {{'xbar.linear' op needs 2 inputs on the last axis, has 4}}
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<4x!t> -> tensor<3xi32>
  return
}

// -----

!m = !spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>

func.func @linear_offset(%m: tensor<2x!m>) {
  // C2 of xbar.linear
  // expected-error@+1 {{'xbar.linear' op needs an offset for its silent inputs (mask 7, zero point 8)}}
  %0 = xbar.linear %m layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<2x!m> -> tensor<3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @placement_alone(%t: tensor<2x!t>) {
  // C3 of xbar.linear
  // expected-error@+1 {{'xbar.linear' op needs a tiling where it has a placement}}
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<2x3xi8>,
      placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0]>} : tensor<2x!t> -> tensor<3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @row_blocks(%t: tensor<9x!t>) {
  // C4 of xbar.linear
  // expected-error@+1 {{'xbar.linear' op needs 2 row blocks of 8 for 9, has 1}}
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<9x3xi8>,
      tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>} : tensor<9x!t> -> tensor<3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @column_blocks(%t: tensor<8x!t>) {
  // C4 of xbar.linear
  // expected-error@+1 {{'xbar.linear' op needs 3 column blocks of 1 for 3, has 1}}
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<8x3xi8>,
      tiling = #xbar.tiling<slicing = twos_complement, slices = 3, weight_bits = 3, cell_levels = 2, digit_min = 0,
          digit_step = 1, pair_levels = 2, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>} : tensor<8x!t> -> tensor<3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @crossbars(%t: tensor<8x!t>) {
  // C5 of xbar.linear
  // expected-error@+1 {{'xbar.linear' op needs 2 crossbars for 2 replicas of 1 tiles, has 4}}
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<8x3xi8>,
      tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>,
      placement = #xbar.placement<replicas = 2, round = 0, crossbars = [0, 1, 2, 3]>} : tensor<8x!t> -> tensor<3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @groups(%t: tensor<1x2x3x3x!t>) {
  // C1 of xbar.conv
  // expected-error@+1 {{'xbar.conv' op needs a tiling of 2 groups, has 1}}
  %0 = xbar.conv %t layer "a" {weight = dense<1> : tensor<2x1x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>, group = 2 : i64,
      tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1,
          active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>}
      : tensor<1x2x3x3x!t> -> tensor<1x2x1x1xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @conv_shape(%t: tensor<1x3x3x3x!t>) {
  // C2 of xbar.conv
  // expected-error@+1 {{'xbar.conv' op needs 1 input channels in each of 2 groups, has 3}}
  %0 = xbar.conv %t layer "a" {weight = dense<1> : tensor<2x1x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>, group = 2 : i64} : tensor<1x3x3x3x!t> -> tensor<1x2x1x1xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @product_shape(%q: tensor<2x4x8x!t>, %k: tensor<2x6x8x!k>) {
  // C1 of xbar.product
  // expected-error@+1 {{'xbar.product' op needs a result of shape 2x4x6, has 2x4x4}}
  %0 = xbar.product %q, %k {transposed, engine = "mttfs"} : tensor<2x4x8x!t>, tensor<2x6x8x!k> -> tensor<2x4x4xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @product_engine(%q: tensor<2x4x8x!t>, %k: tensor<2x6x8x!k>) {
  // C2 of xbar.product
  // expected-error@+1 {{'xbar.product' op needs the name of an engine}}
  %0 = xbar.product %q, %k {transposed, engine = ""} : tensor<2x4x8x!t>, tensor<2x6x8x!k> -> tensor<2x4x6xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @product_turns(%q: tensor<2x4x8x!t>, %k: tensor<2x6x8x!k>) {
  // C3 of xbar.product
  // expected-error@+1 {{'xbar.product' op needs turns that hold 6 keys, has 1 of 4}}
  %0 = xbar.product %q, %k {transposed, engine = "mttfs", keys_per_tile = 4 : i64, key_tiles = 1 : i64} : tensor<2x4x8x!t>, tensor<2x6x8x!k> -> tensor<2x4x6xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @product_half(%q: tensor<2x4x8x!t>, %k: tensor<2x6x8x!k>) {
  // C4 of xbar.product
  // expected-error@+1 {{'xbar.product' op needs both keys_per_tile and key_tiles, or neither}}
  %0 = xbar.product %q, %k {transposed, engine = "mttfs", key_tiles = 1 : i64} : tensor<2x4x8x!t>, tensor<2x6x8x!k> -> tensor<2x4x6xi32>
  return
}

// -----

// expected-error@+1 {{needs slices of at least 1, has 0}}
#t = #xbar.tiling<slicing = direct, slices = 0, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs active_rows of at least 1, has 0}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 0, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs at most 16 weight bits and 30 ADC bits, has 17 and 4}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 17, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs cells of at least 2 levels, has 1}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 1, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs passes of at least 0, has -1}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = -1, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs one slice of a direct weight, has 2}}
#t = #xbar.tiling<slicing = direct, slices = 2, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs a slice for each of 2 bits on cells of 2 levels, has 3 on 2}}
#t = #xbar.tiling<slicing = twos_complement, slices = 3, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs levels from -1 to 1, has -1 to 2}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 4, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs levels from 0 to 1, has -1 to 1}}
#t = #xbar.tiling<slicing = biased, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs a tile that holds an output of 5 slices, has 4 columns}}
#t = #xbar.tiling<slicing = twos_complement, slices = 5, weight_bits = 5, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs at most 8 active rows, has 9}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 9, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>

// -----

// expected-error@+1 {{needs exact = true for a lossless ADC}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = false>

// -----

// expected-error@+1 {{needs exact = false for a calibrated ADC}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = calibrated, exact = true>

// -----

// expected-error@+1 {{needs an ADC range where it is calibrated}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = calibrated, exact = false>

// -----

// expected-error@+1 {{has an ADC range though it is lossless}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true, adc_range = [1.0, 2.0]>

// -----

// expected-error@+1 {{needs an ADC range for each of 2 row blocks, has 1}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = calibrated, exact = false, adc_range = [1.0]>

// -----

// expected-error@+1 {{needs positive ADC ranges, has 0}}
#t = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = -1, digit_step = 1, pair_levels = 3, rows = 8, columns = 4, row_blocks = 2, column_blocks = 1, groups = 1, active_rows = 4, passes = 4, adc_bits = 4, adc_policy = calibrated, exact = false, adc_range = [1.0, 0.0]>

// -----

// expected-error@+1 {{needs at least one replica in a round from 0, has 0 in round 0}}
#p = #xbar.placement<replicas = 0, round = 0, crossbars = [1]>

// -----

// expected-error@+1 {{needs at least one replica in a round from 0, has 1 in round -1}}
#p = #xbar.placement<replicas = 1, round = -1, crossbars = [1]>

// -----

// expected-error@+1 {{needs equal numbers of crossbars for 2 replicas, has 3}}
#p = #xbar.placement<replicas = 2, round = 0, crossbars = [1, 2, 3]>

// -----

// expected-error@+1 {{needs crossbars from 0, has -2}}
#p = #xbar.placement<replicas = 1, round = 0, crossbars = [1, -2]>

// -----

// expected-error@+1 {{names crossbar 1 twice}}
#p = #xbar.placement<replicas = 1, round = 0, crossbars = [1, 2, 1]>

// -----

// expected-error@+1 {{needs one replica in two or more rounds where it has round_tiles, has 2 in 2}}
#p = #xbar.placement<replicas = 2, round = 0, crossbars = [1, 2], round_tiles = [1, 1]>

// -----

// expected-error@+1 {{needs one replica in two or more rounds where it has round_tiles, has 1 in 1}}
#p = #xbar.placement<replicas = 1, round = 0, crossbars = [1, 2], round_tiles = [2]>

// -----

// expected-error@+1 {{needs a tile in every round, has 0}}
#p = #xbar.placement<replicas = 1, round = 0, crossbars = [1, 2], round_tiles = [2, 0]>

// -----

// expected-error@+1 {{needs round_tiles that add up to its 2 crossbars, has 3}}
#p = #xbar.placement<replicas = 1, round = 0, crossbars = [1, 2], round_tiles = [2, 1]>

// -----

// expected-error@+1 {{names crossbar 1 twice}}
#p = #xbar.placement<replicas = 1, round = 0, crossbars = [1, 1, 1], round_tiles = [1, 2]>

// -----

// expected-error@+1 {{cannot have attribute 'xbar.chip', which belongs to a module}}
func.func private @f() attributes {xbar.chip = #xbar.chip<{name = "toy"}>}

// -----

// expected-error@+1 {{needs a #xbar.chip as 'xbar.chip', has "toy"}}
module attributes {xbar.chip = "toy"} {
}

// -----

// expected-error@+1 {{needs an integer as 'xbar.rounds', has "one"}}
module attributes {xbar.rounds = "one"} {
}

// -----

// C1 of xbar.phase_linear
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @phase_shape(%x: tensor<1x4x!s>) {
  // expected-error@+1 {{'xbar.phase_linear' op needs 3 inputs on the last axis, has 1x4}}
  %0 = xbar.phase_linear %x layer "a" {weight = dense<1> : tensor<3x4xi8>} : tensor<1x4x!s> -> tensor<1x4xf32>
  return
}

// -----

// C3 of xbar.phase_linear
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @phase_result(%x: tensor<1x4x!s>) {
  // expected-error@+1 {{'xbar.phase_linear' op needs a result of shape 1x3, has 1x4}}
  %0 = xbar.phase_linear %x layer "a" {weight = dense<1> : tensor<4x3xi8>} : tensor<1x4x!s> -> tensor<1x4xf32>
  return
}

// -----

// C2 of xbar.phase_linear
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @phase_weight(%x: tensor<1x4x!s>) {
  // expected-error@+1 {{'xbar.phase_linear' op needs an i8 or i16 weight of rank 2, has 'tensor<4x4xf32>'}}
  %0 = xbar.phase_linear %x layer "a" {weight = dense<1.0> : tensor<4x4xf32>} : tensor<1x4x!s> -> tensor<1x4xf32>
  return
}

// -----

// C4 of xbar.phase_linear
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @phase_scale(%x: tensor<1x4x!s>) {
  // expected-error@+1 {{'xbar.phase_linear' op needs 1 or 3 values of weight scale, has 2}}
  %0 = xbar.phase_linear %x layer "a" {weight = dense<1> : tensor<4x3xi8>, weight_scale = dense<1.0> : tensor<2xf32>} : tensor<1x4x!s> -> tensor<1x3xf32>
  return
}

// -----

// C5 of xbar.phase_linear
!swin = !spike.phase<base = 1.15, phases = 40, scale = 2.0, release = swin>
func.func @phase_release(%x: tensor<1x4x!swin>) {
  // expected-error@+1 {{'xbar.phase_linear' op needs a code of no released implementation, has '!spike.phase<base = 1.15, phases = 40, scale = 2.0, release = swin>'}}
  %0 = xbar.phase_linear %x layer "a" {weight = dense<1> : tensor<4x4xi8>} : tensor<1x4x!swin> -> tensor<1x4xf32>
  return
}

// -----

// C6 of xbar.phase_linear
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @phase_placement(%x: tensor<1x4x!s>) {
  // expected-error@+1 {{'xbar.phase_linear' op needs a tiling where it has a placement}}
  %0 = xbar.phase_linear %x layer "a" {weight = dense<1> : tensor<4x4xi8>,
      placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0]>} : tensor<1x4x!s> -> tensor<1x4xf32>
  return
}

// -----

// C2 of xbar.phase_conv
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @phase_bias(%x: tensor<1x2x4x4x!s>) {
  // expected-error@+1 {{'xbar.phase_conv' op needs 1 or 2 values of bias, has 4}}
  %0 = xbar.phase_conv %x layer "a" {weight = dense<1> : tensor<2x2x3x3xi8>, bias = dense<1.0> : tensor<4xf32>,
      strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, group = 1 : i64}
      : tensor<1x2x4x4x!s> -> tensor<1x2x4x4xf32>
  return
}

// -----

// C1 of xbar.phase_conv
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @phase_window(%x: tensor<1x2x4x4x!s>) {
  // expected-error@+1 {{'xbar.phase_conv' op needs 2 strides and dilations and 4 pads}}
  %0 = xbar.phase_conv %x layer "a" {weight = dense<1> : tensor<2x2x3x3xi8>,
      strides = array<i64: 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, group = 1 : i64}
      : tensor<1x2x4x4x!s> -> tensor<1x2x4x4xf32>
  return
}

// -----

!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @spike_layer(%x: tensor<1x4x!s>) -> tensor<1x4xf32> {
  // expected-error@+1 {{cannot have attribute 'xbar.tiling', which belongs to a module}}
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<4x4xi8>, xbar.tiling = "none"} : tensor<1x4x!s> -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// C3 of xbar.phase_conv
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @phase_conv_weight(%x: tensor<1x2x4x4x!s>) {
  // expected-error@+1 {{'xbar.phase_conv' op needs an i8 or i16 weight of rank 4, has 'tensor<2x2x3x3xf32>'}}
  %0 = xbar.phase_conv %x layer "a" {weight = dense<1.0> : tensor<2x2x3x3xf32>,
      strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, group = 1 : i64}
      : tensor<1x2x4x4x!s> -> tensor<1x2x4x4xf32>
  return
}

// -----

// C6 of xbar.linear
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
func.func @cells_first(%t: tensor<2x!t>) {
  // expected-error@+1 {{'xbar.linear' op needs layer 'a', whose cells it uses, in front of it}}
  %0 = xbar.linear %t layer "b" {weight = dense<1> : tensor<2x3xi8>, cells_of = "a"} : tensor<2x!t> -> tensor<3xi32>
  return
}

// -----

// C6 of xbar.linear
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
func.func @cells_far(%t: tensor<2x!t>) {
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<2x!t> -> tensor<3xi32>
  %1 = xbar.linear %t layer "c" {weight = dense<1> : tensor<2x3xi8>} : tensor<2x!t> -> tensor<3xi32>
  // expected-error@+1 {{'xbar.linear' op needs layer 'a', whose cells it uses, in front of it}}
  %2 = xbar.linear %t layer "b" {weight = dense<1> : tensor<2x3xi8>, cells_of = "a"} : tensor<2x!t> -> tensor<3xi32>
  return
}

// -----

// C6 of xbar.linear
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
func.func @cells_lent(%t: tensor<2x!t>) {
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<2x!t> -> tensor<3xi32>
  %1 = xbar.linear %t layer "b" {weight = dense<1> : tensor<2x3xi8>, cells_of = "a"} : tensor<2x!t> -> tensor<3xi32>
  // expected-error@+1 {{'xbar.linear' op uses the cells of layer 'b', which has none of its own}}
  %2 = xbar.linear %t layer "c" {weight = dense<1> : tensor<2x3xi8>, cells_of = "b"} : tensor<2x!t> -> tensor<3xi32>
  return
}

// -----

// C6 of xbar.linear
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
func.func @cells_weight(%t: tensor<2x!t>) {
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<2x3xi8>} : tensor<2x!t> -> tensor<3xi32>
  // expected-error@+1 {{'xbar.linear' op needs the weight and window of layer 'a', whose cells it uses}}
  %1 = xbar.linear %t layer "b" {weight = dense<2> : tensor<2x3xi8>, cells_of = "a"} : tensor<2x!t> -> tensor<3xi32>
  return
}

// -----

// C6 of xbar.linear
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
func.func @cells_untiled(%t: tensor<2x!t>) {
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<2x3xi8>, tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>} : tensor<2x!t> -> tensor<3xi32>
  // expected-error@+1 {{'xbar.linear' op needs the tiling of layer 'a', whose cells it uses, but for passes and ADC range}}
  %1 = xbar.linear %t layer "b" {weight = dense<1> : tensor<2x3xi8>, cells_of = "a"} : tensor<2x!t> -> tensor<3xi32>
  return
}

// -----

// C6 of xbar.linear
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
func.func @cells_rows(%t: tensor<2x!t>) {
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<2x3xi8>, tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>} : tensor<2x!t> -> tensor<3xi32>
  // expected-error@+1 {{'xbar.linear' op needs the tiling of layer 'a', whose cells it uses, but for passes and ADC range}}
  %1 = xbar.linear %t layer "b" {weight = dense<1> : tensor<2x3xi8>, cells_of = "a", tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 2, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>} : tensor<2x!t> -> tensor<3xi32>
  return
}

// -----

// C6 of xbar.linear
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
func.func @cells_place(%t: tensor<2x!t>) {
  %0 = xbar.linear %t layer "a" {weight = dense<1> : tensor<2x3xi8>, tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 4, passes = 4, adc_bits = 4, adc_policy = lossless, exact = true>,
      placement = #xbar.placement<replicas = 1, round = 0, crossbars = [0]>} : tensor<2x!t> -> tensor<3xi32>
  // expected-error@+1 {{'xbar.linear' op needs the placement of layer 'a', whose cells it uses}}
  %1 = xbar.linear %t layer "b" {weight = dense<1> : tensor<2x3xi8>, cells_of = "a", tiling = #xbar.tiling<slicing = direct, slices = 1, weight_bits = 2, cell_levels = 2, digit_min = 1,
          digit_step = 1, pair_levels = 1, rows = 8, columns = 4, row_blocks = 1, column_blocks = 1, groups = 1,
          active_rows = 4, passes = 2, adc_bits = 4, adc_policy = lossless, exact = true>,
      placement = #xbar.placement<replicas = 1, round = 0, crossbars = [1]>} : tensor<2x!t> -> tensor<3xi32>
  return
}
