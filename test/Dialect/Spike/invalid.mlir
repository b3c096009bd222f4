// RUN: snn-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{needs 1 to 8 bits, has 0}}
func.func private @f(tensor<4x!spike.level<bits = 0, zero = 0, mask = 0, scale = 1.0>>)

// -----

// expected-error@+1 {{needs 1 to 8 bits, has 9}}
func.func private @f(tensor<4x!spike.level<bits = 9, zero = 0, mask = 0, scale = 1.0>>)

// -----

// expected-error@+1 {{needs a zero point of at most 15, has 16}}
func.func private @f(tensor<4x!spike.level<bits = 4, zero = 16, mask = 0, scale = 1.0>>)

// -----

// expected-error@+1 {{needs a mask level of at most 15, has 16}}
func.func private @f(tensor<4x!spike.level<bits = 4, zero = 8, mask = 16, scale = 1.0>>)

// -----

// expected-error@+1 {{needs 2 to 6 bits for a table of levels, has 8}}
func.func private @f(tensor<4x!spike.level<bits = 8, zero = 0, mask = 0, scale = 1.0, table = [0, 1]>>)

// -----

// expected-error@+1 {{needs a table of 4 levels, has 3}}
func.func private @f(tensor<4x!spike.level<bits = 2, zero = 0, mask = 0, scale = 1.0, table = [0, 1, 2]>>)

// -----

// expected-error@+1 {{needs a table that ascends, has 1 behind 1}}
func.func private @f(tensor<4x!spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 1.0, table = [0, 1, 1, 2]>>)

// -----

// expected-error@+1 {{needs a table that spans at most 255, has 256}}
func.func private @f(tensor<4x!spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 1.0, table = [-1, 0, 1, 255]>>)

// -----

func.func @f(%x: tensor<4xf32>) {
  // C8 of spike.site
  // expected-error@+1 {{'spike.site' op has a table of levels, but no bits}}
  %0 = spike.site %x "s" kind activation {table = array<i32: 0, 1, 2, 3>} : tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x2x!spike.level<bits = 2, zero = 0, mask = 0, scale = 1.0, table = [0, 1, 2, 4]>>) {
  // C5 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op needs a resident operand without a table of levels}}
  %0 = spike.matmul %x, %x : tensor<2x2x!spike.level<bits = 2, zero = 0, mask = 0, scale = 1.0, table = [0, 1, 2, 4]>>, tensor<2x2x!spike.level<bits = 2, zero = 0, mask = 0, scale = 1.0, table = [0, 1, 2, 4]>> -> tensor<2x2xi32>
  return
}

// -----

// expected-error@+1 {{needs a radius of at most 3, has 4}}
func.func private @f(tensor<4x!spike.level<bits = 2, zero = 0, mask = 0, radius = 4, scale = 1.0>>)

// -----

// expected-error@+1 {{needs a finite positive scale}}
func.func private @f(tensor<4x!spike.level<bits = 4, zero = 0, mask = 0, scale = 0.0>>)

// -----

// expected-error@+1 {{needs a finite positive scale}}
func.func private @f(tensor<4x!spike.level<bits = 4, zero = 0, mask = 0, scale = -1.0>>)

// -----

// expected-error@+1 {{needs a finite positive scale}}
func.func private @f(tensor<4x!spike.level<bits = 4, zero = 0, mask = 0, scale = 1.0e400>>)

// -----

// expected-error@+1 {{needs 1 to 8 bits, has 0}}
func.func private @f(tensor<4x!spike.ttfs<bits = 0, zero = 0, mask = 0, scale = 1.0>>)

// -----

// expected-error@+1 {{needs 1 to 8 bits, has 9}}
func.func private @f(tensor<4x!spike.ttfs<bits = 9, zero = 0, mask = 0, scale = 1.0>>)

// -----

// expected-error@+1 {{needs a zero point of at most 15, has 16}}
func.func private @f(tensor<4x!spike.ttfs<bits = 4, zero = 16, mask = 0, scale = 1.0>>)

// -----

// expected-error@+1 {{needs a mask level of at most 15, has 16}}
func.func private @f(tensor<4x!spike.ttfs<bits = 4, zero = 8, mask = 16, scale = 1.0>>)

// -----

// expected-error@+1 {{needs a radius of at most 3, has 4}}
func.func private @f(tensor<4x!spike.ttfs<bits = 2, zero = 0, mask = 0, radius = 4, scale = 1.0>>)

// -----

// expected-error@+1 {{needs a finite positive scale}}
func.func private @f(tensor<4x!spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.0>>)

// -----

// expected-error@+1 {{needs a finite positive scale}}
func.func private @f(tensor<4x!spike.ttfs<bits = 4, zero = 0, mask = 0, scale = -1.0>>)

// -----

// expected-error@+1 {{needs a finite positive scale}}
func.func private @f(tensor<4x!spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 1.0e400>>)

// -----

// expected-error@+1 {{struct is missing required parameter: mask}}
func.func private @f(tensor<4x!spike.level<bits = 4, zero = 0, scale = 1.0>>)

// -----

func.func @f(%x: tensor<4xi32>) {
  // C1 of spike.site
  // expected-error@+1 {{'spike.site' op operand #0 must be ranked tensor of 32-bit float values, but got 'tensor<4xi32>'}}
  %0 = spike.site %x "s" kind activation : tensor<4xi32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xf32>) {
  // C2 of spike.site
  // expected-error@+1 {{'spike.site' op failed to verify that all of {x, result} have same type}}
  %0 = "spike.site"(%x) {site = "s", kind = #spike<site_kind activation>} : (tensor<2x6x8xf32>) -> tensor<2x48xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xf32>) {
  // C3 of spike.site
  // expected-error@+1 {{'spike.site' op requires attribute 'site'}}
  %0 = "spike.site"(%x) {kind = #spike<site_kind activation>} : (tensor<2x6x8xf32>) -> tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // C3 of spike.site
  // expected-error@+2 {{expected ::snn::spike::SiteKind to be one of: activation, query, key, value, probability}}
  // expected-error@+1 {{failed to parse Spike_SiteKindAttr parameter 'value'}}
  %0 = spike.site %x "s" kind membrane : tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xf32>) {
  // C4 of spike.site
  // expected-error@+1 {{'spike.site' op needs token axes from 0 to 2, has -1}}
  %0 = spike.site %x "s" kind activation {token_axes = array<i64: -1>} : tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xf32>) {
  // C4 of spike.site
  // expected-error@+1 {{'spike.site' op needs token axes from 0 to 2, has 3}}
  %0 = spike.site %x "s" kind activation {token_axes = array<i64: 3>} : tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xf32>, %valid: tensor<12xi1>) {
  // C5 of spike.site
  // expected-error@+1 {{'spike.site' op needs a validity of shape batch x tokens, has 12}}
  %0 = spike.site %x "s" kind activation valid(%valid : tensor<12xi1>) {token_axes = array<i64: 1>} : tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xf32>, %valid: tensor<2x6xi1>) {
  // C5 of spike.site
  // expected-error@+1 {{'spike.site' op needs token axes where it has a validity}}
  %0 = spike.site %x "s" kind activation valid(%valid : tensor<2x6xi1>) : tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xf32>, %valid: tensor<2x6xi1>) {
  // C6 of spike.site
  // expected-error@+1 {{'spike.site' op needs 6 tokens on axis 2, has 8}}
  %0 = spike.site %x "s" kind activation valid(%valid : tensor<2x6xi1>) {token_axes = array<i64: 1, 2>} : tensor<2x6x8xf32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C1 of spike.quantize
  // expected-error@+1 {{'spike.quantize' op needs token axes from 0 to 2, has -1}}
  %0 = spike.quantize %x "s" kind activation {token_axes = array<i64: -1>} : tensor<2x6x8xf32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C1 of spike.quantize
  // expected-error@+1 {{'spike.quantize' op needs token axes from 0 to 2, has 3}}
  %0 = spike.quantize %x "s" kind activation {token_axes = array<i64: 3>} : tensor<2x6x8xf32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>, %valid: tensor<12xi1>) {
  // C2 of spike.quantize
  // expected-error@+1 {{'spike.quantize' op needs a validity of shape batch x tokens, has 12}}
  %0 = spike.quantize %x "s" kind activation valid(%valid : tensor<12xi1>) {token_axes = array<i64: 1>} : tensor<2x6x8xf32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>, %valid: tensor<2x6xi1>) {
  // C2 of spike.quantize
  // expected-error@+1 {{'spike.quantize' op needs token axes where it has a validity}}
  %0 = spike.quantize %x "s" kind activation valid(%valid : tensor<2x6xi1>) : tensor<2x6x8xf32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>, %valid: tensor<2x6xi1>) {
  // C3 of spike.quantize
  // expected-error@+1 {{'spike.quantize' op needs 6 tokens on axis 2, has 8}}
  %0 = spike.quantize %x "s" kind activation valid(%valid : tensor<2x6xi1>) {token_axes = array<i64: 1, 2>} : tensor<2x6x8xf32> -> tensor<2x6x8x!l>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C1 of spike.encode
  // expected-error@+1 {{'spike.encode' op needs token axes from 0 to 2, has -1}}
  %0 = spike.encode %x "s" kind activation {token_axes = array<i64: -1>} : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C1 of spike.encode
  // expected-error@+1 {{'spike.encode' op needs token axes from 0 to 2, has 3}}
  %0 = spike.encode %x "s" kind activation {token_axes = array<i64: 3>} : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>, %valid: tensor<12xi1>) {
  // C2 of spike.encode
  // expected-error@+1 {{'spike.encode' op needs a validity of shape batch x tokens, has 12}}
  %0 = spike.encode %x "s" kind activation valid(%valid : tensor<12xi1>) {token_axes = array<i64: 1>} : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>, %valid: tensor<2x6xi1>) {
  // C2 of spike.encode
  // expected-error@+1 {{'spike.encode' op needs token axes where it has a validity}}
  %0 = spike.encode %x "s" kind activation valid(%valid : tensor<2x6xi1>) : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>, %valid: tensor<2x6xi1>) {
  // C3 of spike.encode
  // expected-error@+1 {{'spike.encode' op needs 6 tokens on axis 2, has 8}}
  %0 = spike.encode %x "s" kind activation valid(%valid : tensor<2x6xi1>) {token_axes = array<i64: 1, 2>} : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C4 of spike.quantize
  // expected-error@+1 {{'spike.quantize' op result #0 must be ranked tensor of level or phase code values, but got 'tensor<2x6x8x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>>'}}
  %0 = spike.quantize %x "s" kind activation : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4xi32>) {
  // C4 of spike.quantize
  // expected-error@+1 {{'spike.quantize' op operand #0 must be ranked tensor of 32-bit float values, but got 'tensor<4xi32>'}}
  %0 = spike.quantize %x "s" kind activation : tensor<4xi32> -> tensor<4x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<?x8xf32>) {
  // C5 of spike.quantize
  // expected-error@+1 {{'spike.quantize' op needs a result of shape ?x8, has ?x9}}
  %0 = spike.quantize %x "s" kind activation : tensor<?x8xf32> -> tensor<?x9x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<f32>) {
  // C5 of spike.quantize
  // expected-error@+1 {{'spike.quantize' op needs a result of shape a scalar, has 1}}
  %0 = spike.quantize %x "s" kind activation : tensor<f32> -> tensor<1x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C4 of spike.encode
  // expected-error@+1 {{'spike.encode' op result #0 must be ranked tensor of spike train values, but got 'tensor<2x6x8x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>'}}
  %0 = spike.encode %x "s" kind activation : tensor<2x6x8xf32> -> tensor<2x6x8x!l>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C5 of spike.encode
  // expected-error@+1 {{'spike.encode' op needs a result of shape 2x6x8, has 2x48}}
  %0 = spike.encode %x "s" kind activation : tensor<2x6x8xf32> -> tensor<2x48x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C6 of spike.encode
  // expected-error@+1 {{'spike.encode' op needs a spiking site, has one of kind key}}
  %0 = spike.encode %x "s" kind key : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C6 of spike.encode
  // expected-error@+1 {{'spike.encode' op needs a spiking site, has one of kind value}}
  %0 = spike.encode %x "s" kind value : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xf32>) {
  // C7 of spike.encode
  // expected-error@+1 {{'spike.encode' op needs a dead zone of at least 0, has -1}}
  %0 = spike.encode %x "s" kind activation {dead_zone = -1 : i64} : tensor<2x6x8xf32> -> tensor<2x6x8x!t>
  return
}

// -----

func.func @f(%x: tensor<4xi8>) {
  // C1 of spike.dequantize
  // expected-error@+1 {{'spike.dequantize' op operand #0 must be ranked tensor of level, spike train or phase code values, but got 'tensor<4xi8>'}}
  %0 = spike.dequantize %x : tensor<4xi8> -> tensor<4xf32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x!l>) {
  // C2 of spike.dequantize
  // expected-error@+1 {{'spike.dequantize' op result #0 must be ranked tensor of 32-bit float values, but got 'tensor<4xf64>'}}
  %0 = spike.dequantize %x : tensor<4x!l> -> tensor<4xf64>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x!t>) {
  // C3 of spike.dequantize
  // expected-error@+1 {{'spike.dequantize' op needs a result of shape 4, has 2x2}}
  %0 = spike.dequantize %x : tensor<4x!t> -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<6xf32>) {
  // C1 of spike.token_mask
  // expected-error@+1 {{'spike.token_mask' op needs a mask of shape batch x ... x tokens, has 6}}
  %0 = spike.token_mask %x : tensor<6xf32> -> tensor<1x6xi1>
  return
}

// -----

func.func @f(%x: tensor<?x1x6x6xi32>) {
  // C1 of spike.token_mask
  // expected-error@+1 {{'spike.token_mask' op operand #0 must be ranked tensor of}}
  %0 = spike.token_mask %x : tensor<?x1x6x6xi32> -> tensor<?x6xi1>
  return
}

// -----

func.func @f(%x: tensor<2x1x1x6xf32>) {
  // C2 of spike.token_mask
  // expected-error@+1 {{'spike.token_mask' op needs a result of shape batch x tokens, has 2x7}}
  %0 = spike.token_mask %x : tensor<2x1x1x6xf32> -> tensor<2x7xi1>
  return
}

// -----

func.func @f(%x: tensor<2x1x1x6xf32>) {
  // C3 of spike.token_mask
  // expected-error@+1 {{'spike.token_mask' op result #0 must be ranked tensor of 1-bit signless integer values, but got 'tensor<2x6xf32>'}}
  %0 = spike.token_mask %x : tensor<2x1x1x6xf32> -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<4x2xi8>) {
  // C1 of spike.linear
  // expected-error@+1 {{'spike.linear' op operand #0 must be ranked tensor of level or spike train values, but got 'tensor<4x2xi8>'}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<4x2xi8> -> tensor<4x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C2 of spike.linear
  // expected-error@+1 {{'spike.linear' op requires attribute 'weight'}}
  %0 = spike.linear %x : tensor<4x2x!l> -> tensor<4x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C2 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs an i8 or i16 weight of rank 2, has 'tensor<2x3xf32>'}}
  %0 = spike.linear %x {weight = dense<1.0> : tensor<2x3xf32>} : tensor<4x2x!l> -> tensor<4x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C2 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs an i8 or i16 weight of rank 2, has 'tensor<2x3xi32>'}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi32>} : tensor<4x2x!l> -> tensor<4x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C2 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs an i8 or i16 weight of rank 2, has 'tensor<2x3xui8>'}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xui8>} : tensor<4x2x!l> -> tensor<4x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C2 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs an i8 or i16 weight of rank 2, has 'tensor<6xi8>'}}
  %0 = spike.linear %x {weight = dense<1> : tensor<6xi8>} : tensor<4x2x!l> -> tensor<4x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C2 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs an i8 or i16 weight of rank 2, has 'i8'}}
  %0 = spike.linear %x {weight = 1 : i8} : tensor<4x2x!l> -> tensor<4x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C3 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs 5 inputs on the last axis, has 4x2}}
  %0 = spike.linear %x {weight = dense<1> : tensor<5x3xi8>} : tensor<4x2x!l> -> tensor<4x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<!l>) {
  // C3 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs 2 inputs on the last axis, has a scalar}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<!l> -> tensor<3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C4 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs a result of shape 4x3, has 4x4}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<4x2x!l> -> tensor<4x4xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C5 of spike.linear
  // expected-error@+1 {{'spike.linear' op result #0 must be ranked tensor of 32-bit signless integer values, but got 'tensor<4x3xi64>'}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>} : tensor<4x2x!l> -> tensor<4x3xi64>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!t>) {
  // C6 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs an offset of type tensor<3xi32>, has 'tensor<2xi32>'}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>, offset = dense<1> : tensor<2xi32>} : tensor<4x2x!t> -> tensor<4x3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!t>) {
  // C6 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs an offset of type tensor<3xi32>, has 'tensor<3xi64>'}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>, offset = dense<1> : tensor<3xi64>} : tensor<4x2x!t> -> tensor<4x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x2x!l>) {
  // C7 of spike.linear
  // expected-error@+1 {{'spike.linear' op needs a spike train where it has an offset}}
  %0 = spike.linear %x {weight = dense<1> : tensor<2x3xi8>, offset = dense<1> : tensor<3xi32>} : tensor<4x2x!l> -> tensor<4x3xi32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x5xf32>) {
  // C1 of spike.conv
  // expected-error@+1 {{'spike.conv' op operand #0 must be ranked tensor of level or spike train values, but got 'tensor<1x4x5x5xf32>'}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x4x5x5xf32> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C2 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs an i8 or i16 weight of rank 4, has 'tensor<6x4x9xi8>'}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x9xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C2 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs an i8 or i16 weight of rank 4, has 'tensor<6x4x3x3xi32>'}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi32>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C3 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs 2 strides and dilations and 4 pads}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C3 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs 2 strides and dilations and 4 pads}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, group = 1 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C3 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs 2 strides and dilations and 4 pads}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<4x5x!l>) {
  // C3 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs 0 strides and dilations and 0 pads}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<4x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C4 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs 4 input channels in each of 2 groups, has 4}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 2 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C4 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs 4 input channels in each of 0 groups, has 4}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 0 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C4 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs 2 input channels in each of 2 groups, has 4}}
  %0 = spike.conv %x {weight = dense<1> : tensor<5x2x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 2 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C5 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs positive strides and dilations}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 0, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C5 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs positive strides and dilations}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 0>, group = 1 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C6 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs a result of shape 1x6x4x3, has 1x6x3x3}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 1, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!t>) {
  // C7 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs an i32 offset of shape 6x3x3, has 'tensor<6xi32>'}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64, offset = dense<1> : tensor<6xi32>} : tensor<1x4x5x5x!t> -> tensor<1x6x3x3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!t>) {
  // C7 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs an i32 offset of shape 6x3x3, has 'tensor<6x3x3xi16>'}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64, offset = dense<1> : tensor<6x3x3xi16>} : tensor<1x4x5x5x!t> -> tensor<1x6x3x3xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<1x4x5x5x!l>) {
  // C8 of spike.conv
  // expected-error@+1 {{'spike.conv' op needs a spike train where it has an offset}}
  %0 = spike.conv %x {weight = dense<1> : tensor<6x4x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64, offset = dense<1> : tensor<6x3x3xi32>} : tensor<1x4x5x5x!l> -> tensor<1x6x3x3xi32>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%q: tensor<2x6x8x!t>, %k: tensor<2x8x6x!t>) {
  // C1 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op operand #1 must be ranked tensor of level values, but got 'tensor<2x8x6x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>>'}}
  %0 = spike.matmul %q, %k : tensor<2x6x8x!t>, tensor<2x8x6x!t> -> tensor<2x6x6xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%q: tensor<2x6x8xf32>, %k: tensor<2x8x6x!l>) {
  // C1 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op operand #0 must be ranked tensor of level or spike train values, but got 'tensor<2x6x8xf32>'}}
  %0 = spike.matmul %q, %k : tensor<2x6x8xf32>, tensor<2x8x6x!l> -> tensor<2x6x6xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%q: tensor<2x6x8x!t>, %k: tensor<8x6x!l>) {
  // C2 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op needs operands of one rank of at least 2, has 2x6x8 and 8x6}}
  %0 = spike.matmul %q, %k : tensor<2x6x8x!t>, tensor<8x6x!l> -> tensor<2x6x6xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%q: tensor<8x!t>, %k: tensor<8x!l>) {
  // C2 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op needs operands of one rank of at least 2, has 8 and 8}}
  %0 = spike.matmul %q, %k : tensor<8x!t>, tensor<8x!l> -> tensor<8xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%q: tensor<2x6x8x!t>, %k: tensor<2x6x8x!l>) {
  // C3 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op needs a resident operand that fits 2x6x8, has 2x6x8}}
  %0 = spike.matmul %q, %k : tensor<2x6x8x!t>, tensor<2x6x8x!l> -> tensor<2x6x6xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%q: tensor<2x6x8x!t>, %k: tensor<2x8x6x!l>) {
  // C3 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op needs a resident operand that fits 2x6x8, has 2x8x6}}
  %0 = spike.matmul %q, %k {transposed} : tensor<2x6x8x!t>, tensor<2x8x6x!l> -> tensor<2x6x6xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%q: tensor<2x6x8x!t>, %k: tensor<3x8x6x!l>) {
  // C3 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op needs a resident operand that fits 2x6x8, has 3x8x6}}
  %0 = spike.matmul %q, %k : tensor<2x6x8x!t>, tensor<3x8x6x!l> -> tensor<2x6x6xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%q: tensor<2x6x8x!t>, %k: tensor<2x8x5x!l>) {
  // C4 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op needs a result of shape 2x6x5, has 2x6x6}}
  %0 = spike.matmul %q, %k : tensor<2x6x8x!t>, tensor<2x8x5x!l> -> tensor<2x6x6xi32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%q: tensor<2x6x8x!t>, %k: tensor<2x8x5x!l>) {
  // C4 of spike.matmul
  // expected-error@+1 {{'spike.matmul' op needs a result of shape 2x6x5, has 6x5}}
  %0 = spike.matmul %q, %k : tensor<2x6x8x!t>, tensor<2x8x5x!l> -> tensor<6x5xi32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // C1 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op operand #0 must be ranked tensor of 32-bit signless integer values, but got 'tensor<4xf32>'}}
  %0 = spike.rescale %x {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64} : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xi32>) {
  // C2 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op needs a result of shape 2x6x8, has 2x6x1}}
  %0 = spike.rescale %x {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x1xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xi32>) {
  // C3 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op needs an axis from -3 to 2, has -4}}
  %0 = spike.rescale %x {scale = dense<1.0> : tensor<1xf32>, axis = -4 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xi32>) {
  // C3 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op needs an axis from -3 to 2, has 3}}
  %0 = spike.rescale %x {scale = dense<1.0> : tensor<1xf32>, axis = 3 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xi32>) {
  // C4 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op needs scale of type tensor<Nxf32>, has 'tensor<f32>'}}
  %0 = spike.rescale %x {scale = dense<1.0> : tensor<f32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xi32>) {
  // C4 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op needs scale of type tensor<Nxf32>, has 'tensor<8xf64>'}}
  %0 = spike.rescale %x {scale = dense<1.0> : tensor<8xf64>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xi32>) {
  // C4 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op needs scale of type tensor<Nxf32>, has 'f32'}}
  %0 = spike.rescale %x {scale = 1.0 : f32, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xi32>) {
  // C4 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op needs 1 or 6 values of scale, has 8}}
  %0 = spike.rescale %x {scale = dense<1.0> : tensor<8xf32>, axis = 1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xi32>) {
  // C5 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op needs bias of type tensor<Nxf32>, has 'tensor<8xi32>'}}
  %0 = spike.rescale %x {scale = dense<1.0> : tensor<1xf32>, bias = dense<1> : tensor<8xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x8xi32>) {
  // C5 of spike.rescale
  // expected-error@+1 {{'spike.rescale' op needs 1 or 8 values of bias, has 6}}
  %0 = spike.rescale %x {scale = dense<1.0> : tensor<1xf32>, bias = dense<1.0> : tensor<6xf32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8xf32>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C1 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs token axes from 0 to 2, has -1}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64, token_axes = array<i64: -1>} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C1 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs token axes from 0 to 2, has 3}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64, token_axes = array<i64: 3>} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>, %valid: tensor<12xi1>) {
  // C2 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs a validity of shape batch x tokens, has 12}}
  %0 = spike.requantize %x "s" kind activation valid(%valid : tensor<12xi1>) {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64, token_axes = array<i64: 1>} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>, %valid: tensor<2x6xi1>) {
  // C2 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs token axes where it has a validity}}
  %0 = spike.requantize %x "s" kind activation valid(%valid : tensor<2x6xi1>) {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>, %valid: tensor<2x6xi1>) {
  // C3 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs 6 tokens on axis 2, has 8}}
  %0 = spike.requantize %x "s" kind activation valid(%valid : tensor<2x6xi1>) {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64, token_axes = array<i64: 1, 2>} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C4 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op result #0 must be ranked tensor of level values, but got 'tensor<2x6x8x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>>'}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C5 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs a result of shape 2x6x8, has 2x6}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C6 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs an axis from -3 to 2, has -4}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<1xf32>, axis = -4 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C6 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs an axis from -3 to 2, has 3}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<1xf32>, axis = 3 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C7 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs scale of type tensor<Nxf32>, has 'tensor<f32>'}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<f32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C7 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs scale of type tensor<Nxf32>, has 'tensor<8xf64>'}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<8xf64>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C7 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs scale of type tensor<Nxf32>, has 'f32'}}
  %0 = spike.requantize %x "s" kind activation {scale = 1.0 : f32, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C7 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs 1 or 6 values of scale, has 8}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<8xf32>, axis = 1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C8 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs bias of type tensor<Nxf32>, has 'tensor<8xi32>'}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<1xf32>, bias = dense<1> : tensor<8xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C8 of spike.requantize
  // expected-error@+1 {{'spike.requantize' op needs 1 or 8 values of bias, has 6}}
  %0 = spike.requantize %x "s" kind activation {scale = dense<1.0> : tensor<1xf32>, bias = dense<1.0> : tensor<6xf32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C1 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs token axes from 0 to 2, has -1}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64, token_axes = array<i64: -1>} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C1 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs token axes from 0 to 2, has 3}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64, token_axes = array<i64: 3>} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>, %valid: tensor<12xi1>) {
  // C2 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs a validity of shape batch x tokens, has 12}}
  %0 = spike.fire %x "s" kind activation valid(%valid : tensor<12xi1>) {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64, token_axes = array<i64: 1>} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>, %valid: tensor<2x6xi1>) {
  // C2 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs token axes where it has a validity}}
  %0 = spike.fire %x "s" kind activation valid(%valid : tensor<2x6xi1>) {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>, %valid: tensor<2x6xi1>) {
  // C3 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs 6 tokens on axis 2, has 8}}
  %0 = spike.fire %x "s" kind activation valid(%valid : tensor<2x6xi1>) {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64, token_axes = array<i64: 1, 2>} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C4 of spike.fire
  // expected-error@+1 {{'spike.fire' op result #0 must be ranked tensor of spike train values, but got 'tensor<2x6x8x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>'}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!l>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C5 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs a result of shape 2x6x8, has 2x6x9}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x9x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C6 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs a spiking site, has one of kind key}}
  %0 = spike.fire %x "s" kind key {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C6 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs a spiking site, has one of kind value}}
  %0 = spike.fire %x "s" kind value {thresholds = dense<0> : tensor<1x15xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C7 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs an axis from -3 to 2, has 3}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x15xi32>, axis = 3 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C8 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs thresholds of type tensor<8x15xi32>, has 'tensor<15xi32>'}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<15xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C8 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs thresholds of type tensor<8x15xi32>, has 'tensor<1x14xi32>'}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x14xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C8 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs thresholds of type tensor<8x15xi32>, has 'tensor<6x15xi32>'}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<6x15xi32>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @f(%x: tensor<2x6x8xi32>) {
  // C8 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs thresholds of type tensor<8x15xi32>, has 'tensor<8x15xi64>'}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<8x15xi64>, axis = -1 : i64} : tensor<2x6x8xi32> -> tensor<2x6x8x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

func.func @f(%x: tensor<2x4xi32>) {
  // C9 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs a scale where it has bias, relu or dead_zone}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x3xi32>, axis = -1 : i64, relu} : tensor<2x4xi32> -> tensor<2x4x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

func.func @f(%x: tensor<2x4xi32>) {
  // C9 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs a scale where it has bias, relu or dead_zone}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x3xi32>, axis = -1 : i64, bias = dense<0.5> : tensor<1xf32>} : tensor<2x4xi32> -> tensor<2x4x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

func.func @f(%x: tensor<2x4xi32>) {
  // C10 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs a dead zone of at least 0, has -1}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x3xi32>, axis = -1 : i64, scale = dense<0.5> : tensor<1xf32>, dead_zone = -1 : i64} : tensor<2x4xi32> -> tensor<2x4x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

func.func @f(%x: tensor<2x4xi32>) {
  // C11 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs 1 or 4 values of scale, has 3}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x3xi32>, axis = -1 : i64, scale = dense<0.5> : tensor<3xf32>} : tensor<2x4xi32> -> tensor<2x4x!t>
  return
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

func.func @f(%x: tensor<2x4xi32>) {
  // C11 of spike.fire
  // expected-error@+1 {{'spike.fire' op needs bias of type tensor<Nxf32>, has 'tensor<1xi32>'}}
  %0 = spike.fire %x "s" kind activation {thresholds = dense<0> : tensor<1x3xi32>, axis = -1 : i64, scale = dense<0.5> : tensor<1xf32>, bias = dense<1> : tensor<1xi32>} : tensor<2x4xi32> -> tensor<2x4x!t>
  return
}
