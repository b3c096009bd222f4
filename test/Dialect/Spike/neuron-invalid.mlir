// RUN: snn-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{needs 1 to 65536 steps, has 0}}
func.func private @f(tensor<4x!spike.binary<steps = 0>>)

// -----

func.func @f(%x: tensor<3x8xf32>) {
  // C1 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs a multiple of 2 steps on axis 0, has 3x8}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64} : tensor<3x8xf32> -> tensor<3x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C2 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs a result of shape 2x8, has 2x4}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64} : tensor<2x8xf32> -> tensor<2x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C3 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs a time constant of at least 1 step, has 0.5}}
  %0 = spike.lif %x "n" {tau = 0.5 : f64, threshold = 1.0 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C4 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs a finite threshold}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 0x7FF0000000000000 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C5 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs no reset value with a soft reset, has 0.25}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64, reset_value = 0.25 : f64, soft_reset} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>) {
  // C1 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs a variant from 1 to 4, has 5}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 5 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.5 : f64} : tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x3x4x!spike.binary<steps = 2>>) {
  // C2 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs trains of shape time x ... x heads x tokens x channels, has 2x3x4}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 3 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.5 : f64} : tensor<2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>) {
  // C3 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs variant 3 or 4 where it has a mask, has 1}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 1 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.5 : f64, mask = dense<1> : tensor<3x3xui8>} : tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>) {
  // C4 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs a mask of type tensor<3x3xui8>, has 'tensor<4x4xui8>'}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 3 : i64, scale = 0.125 : f64, tau = 2.0 : f64, threshold = 0.5 : f64, mask = dense<1> : tensor<4x4xui8>} : tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}
