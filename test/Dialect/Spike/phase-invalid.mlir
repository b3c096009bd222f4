// RUN: snn-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{needs a base above 1 and at most 2, has 1.0}}
func.func private @f(tensor<4x!spike.phase<base = 1.0, phases = 4, scale = 1.0>>)

// -----

// expected-error@+1 {{needs a base above 1 and at most 2, has 2.5}}
func.func private @f(tensor<4x!spike.phase<base = 2.5, phases = 4, scale = 1.0>>)

// -----

// expected-error@+1 {{needs 1 to 127 phases, has 0}}
func.func private @f(tensor<4x!spike.phase<base = 2.0, phases = 0, scale = 1.0>>)

// -----

// expected-error@+1 {{needs 1 to 127 phases, has 128}}
func.func private @f(tensor<4x!spike.phase<base = 2.0, phases = 128, scale = 1.0>>)

// -----

// expected-error@+1 {{needs a finite positive scale}}
func.func private @f(tensor<4x!spike.phase<base = 2.0, phases = 4, scale = 0.0>>)

// -----

func.func @f(%x: tensor<4xf32>) {
  // C7 of spike.site
  // expected-error@+1 {{needs either a coding or bits, zero point and scale}}
  %0 = spike.site %x "s" kind activation {coding = !spike.phase<base = 1.15, phases = 40, scale = 2.5>, bits = 4 : i64} : tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // C1 of spike.phase_encode
  // expected-error@+1 {{needs a result of shape 4, has 5}}
  %0 = spike.phase_encode %x "s" kind activation : tensor<4xf32> -> tensor<5x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>
  return
}

// -----

func.func @f(%x: tensor<4x6xf32>, %v: tensor<1x6xi1>) {
  // C2 of spike.phase_encode
  // expected-error@+1 {{needs token axes where it has a validity}}
  %0 = spike.phase_encode %x "s" kind activation valid(%v : tensor<1x6xi1>) : tensor<4x6xf32> -> tensor<4x6x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // C3 of spike.phase_encode
  // expected-error@+1 {{must be ranked tensor of phase code values}}
  %0 = spike.phase_encode %x "s" kind activation : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C1 of spike.phase_decode
  // expected-error@+1 {{needs a result of shape 4, has 2}}
  %0 = spike.phase_decode %x : tensor<4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2xf32>
  return
}

// -----

func.func @f(%y: tensor<3xf32>, %x: tensor<4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C1 of spike.phase_residual
  // expected-error@+1 {{needs a result of shape 3, has 4}}
  %0 = spike.phase_residual %y, %x : tensor<3xf32>, tensor<4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C1 of spike.phase_linear
  // expected-error@+1 {{needs 5 inputs on the last axis, has 2x4}}
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<5x3xi8>} : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C2 of spike.phase_linear
  // expected-error@+1 {{needs an i8, i16 or f32 weight of rank 2, has 'tensor<4x3xi32>'}}
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<4x3xi32>} : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C3 of spike.phase_linear
  // expected-error@+1 {{needs a result of shape 2x3, has 2x4}}
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<4x3xi8>} : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C4 of spike.phase_linear
  // expected-error@+1 {{needs 1 or 3 values of weight scale, has 2}}
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<4x3xi8>, weight_scale = dense<1.0> : tensor<2xf32>} : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C5 of spike.phase_linear
  // expected-error@+1 {{needs bias of type tensor<Nxf32>, has 'tensor<3xi32>'}}
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<4x3xi8>, bias = dense<1> : tensor<3xi32>} : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C1 of spike.phase_conv
  // expected-error@+1 {{needs 3 input channels in each of 1 groups, has 2}}
  %0 = spike.phase_conv %x {weight = dense<1> : tensor<4x3x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x2x4x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<1x4x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C2 of spike.phase_conv
  // expected-error@+1 {{needs a result of shape 1x4x2x2, has 1x4x4x4}}
  %0 = spike.phase_conv %x {weight = dense<1> : tensor<4x2x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x2x4x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<1x4x4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C3 of spike.phase_conv
  // expected-error@+1 {{needs 1 or 4 values of bias, has 2}}
  %0 = spike.phase_conv %x {weight = dense<1> : tensor<4x2x3x3xi8>, bias = dense<1.0> : tensor<2xf32>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x2x4x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<1x4x2x2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, %b: tensor<4x3x!spike.phase<base = 1.4, phases = 40, scale = 2.5>>) {
  // C1 of spike.phase_matmul
  // expected-error@+1 {{needs operands of one base and number of phases}}
  %0 = spike.phase_matmul %a, %b : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, tensor<4x3x!spike.phase<base = 1.4, phases = 40, scale = 2.5>> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, %b: tensor<5x3x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C2 of spike.phase_matmul
  // expected-error@+1 {{needs a resident operand that fits 2x4, has 5x3}}
  %0 = spike.phase_matmul %a, %b : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, tensor<5x3x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, %b: tensor<4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C3 of spike.phase_matmul
  // expected-error@+1 {{needs operands of one rank of at least 2, has 2x4 and 4}}
  %0 = spike.phase_matmul %a, %b : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, tensor<4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, %b: tensor<4x3x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, %z: tensor<2x3xf32>) {
  // C4 of spike.phase_matmul
  // expected-error@+1 {{needs a divisor of shape 2x1, has 2x3}}
  %0 = spike.phase_matmul %a, %b divisor(%z : tensor<2x3xf32>) : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, tensor<4x3x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, %b: tensor<3x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C5 of spike.phase_matmul
  // expected-error@+1 {{needs a result of shape 2x3, has 2x4}}
  %0 = spike.phase_matmul %a, %b {transposed} : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, tensor<3x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%s: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C1 of spike.woss
  // expected-error@+1 {{needs a train of scale 1.0 and positive sign}}
  %p, %z = spike.woss %s "p" kind probability : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, tensor<2x1xf32>
  return
}

// -----

func.func @f(%s: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C2 of spike.woss
  // expected-error@+1 {{needs a result of shape 2x1, has 2x4}}
  %p, %z = spike.woss %s "p" kind probability : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>>, tensor<2x4xf32>
  return
}

// -----

func.func @f(%s: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, %m: tensor<3x4xf32>) {
  // C3 of spike.woss
  // expected-error@+1 {{needs a mask that broadcasts to 2x4, has 3x4}}
  %p, %z = spike.woss %s additive(%m : tensor<3x4xf32>) "p" kind probability : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>>, tensor<2x1xf32>
  return
}

// -----

func.func @f(%s: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>, %m: tensor<1x2x4xf32>) {
  // C3 of spike.woss
  // expected-error@+1 {{needs a mask that broadcasts to 2x4, has 1x2x4}}
  %p, %z = spike.woss %s multiplicative(%m : tensor<1x2x4xf32>) "p" kind probability : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>>, tensor<2x1xf32>
  return
}

// -----

func.func @f(%s: tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>) {
  // C4 of spike.woss
  // expected-error@+1 {{needs a result of shape 2x4, has 2x5}}
  %p, %z = spike.woss %s "p" kind probability : tensor<2x4x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<2x5x!spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>>, tensor<2x1xf32>
  return
}
