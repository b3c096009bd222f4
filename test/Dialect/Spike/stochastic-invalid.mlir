// RUN: snn-opt %s --split-input-file --verify-diagnostics

func.func @f(%p: tensor<3x8xf32>) {
  // C1 of spike.bernoulli
  // expected-error@+1 {{'spike.bernoulli' op needs a multiple of 2 steps on axis 0, has 3x8}}
  %0 = spike.bernoulli %p "b" {seed = 0 : i64, layer_id = 0 : i64, stage = 2 : i64} : tensor<3x8xf32> -> tensor<3x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%p: tensor<4x8xf32>) {
  // C2 of spike.bernoulli
  // expected-error@+1 {{'spike.bernoulli' op needs stage 0 (scores), 1 (output) or 2 (encoder), has 3}}
  %0 = spike.bernoulli %p "b" {seed = 0 : i64, layer_id = 0 : i64, stage = 3 : i64} : tensor<4x8xf32> -> tensor<4x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%p: tensor<4x8xf32>) {
  // C3 of spike.bernoulli
  // expected-error@+1 {{'spike.bernoulli' op needs a layer number from 0 to 2^31 - 1, has -1}}
  %0 = spike.bernoulli %p "b" {seed = 0 : i64, layer_id = -1 : i64, stage = 2 : i64} : tensor<4x8xf32> -> tensor<4x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%p: tensor<4x8xf32>) {
  // C4 of spike.bernoulli
  // expected-error@+1 {{'spike.bernoulli' op needs probabilities of shape time x ... x rows x columns at stages 0 and 1, has 4x8}}
  %0 = spike.bernoulli %p "b" {seed = 0 : i64, layer_id = 0 : i64, stage = 0 : i64} : tensor<4x8xf32> -> tensor<4x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%p: tensor<4x8xf32>) {
  // expected-error@+1 {{'spike.bernoulli' op }}
  %0 = spike.bernoulli %p "b" {seed = 0 : i64, layer_id = 0 : i64, stage = 2 : i64} : tensor<4x8xf32> -> tensor<4x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x3x4x!spike.binary<steps = 2>>) {
  // C1 of spike.ssa
  // expected-error@+1 {{'spike.ssa' op needs trains of shape time x ... x heads x tokens x channels, has 2x3x4}}
  %0 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 0 : i64, norm_d = 4 : i64, norm_n = 3 : i64} : tensor<2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<3x1x3x4x!spike.binary<steps = 2>>) {
  // C2 of spike.ssa
  // expected-error@+1 {{'spike.ssa' op needs a multiple of 2 steps on axis 0, has 3x1x3x4}}
  %0 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 0 : i64, norm_d = 4 : i64, norm_n = 3 : i64} : tensor<3x1x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x1x3x4x!spike.binary<steps = 2>>) {
  // C3 of spike.ssa
  // expected-error@+1 {{'spike.ssa' op needs a layer number from 0 to 2^31 - 1, has -2}}
  %0 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = -2 : i64, norm_d = 4 : i64, norm_n = 3 : i64} : tensor<2x1x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x1x3x4x!spike.binary<steps = 2>>) {
  // C4 of spike.ssa
  // expected-error@+1 {{'spike.ssa' op needs a norm of at least 4 channels and at most 2^31, has 3}}
  %0 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 0 : i64, norm_d = 3 : i64, norm_n = 3 : i64} : tensor<2x1x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x1x3x4x!spike.binary<steps = 2>>) {
  // C4 of spike.ssa
  // expected-error@+1 {{'spike.ssa' op needs a norm of at least 3 tokens and at most 2^31, has 4294967296}}
  %0 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 0 : i64, norm_d = 4 : i64, norm_n = 4294967296 : i64} : tensor<2x1x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x1x3x4x!spike.binary<steps = 2>>) {
  // C5 of spike.ssa
  // expected-error@+1 {{'spike.ssa' op needs a mask of type tensor<3x3xui8>, has}}
  %0 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 0 : i64, norm_d = 4 : i64, norm_n = 3 : i64, mask = dense<1> : tensor<3x4xui8>} : tensor<2x1x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x1x3x4x!spike.binary<steps = 2>>) {
  // C6 of spike.ssa
  // expected-error@+1 {{'spike.ssa' op needs a norm for each of its 3 tokens, has 2}}
  %0 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 0 : i64, norm_d = 4 : i64, norm_n = 3 : i64, norms = array<i64: 1, 2>} : tensor<2x1x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x1x3x4x!spike.binary<steps = 2>>) {
  // C6 of spike.ssa
  // expected-error@+1 {{'spike.ssa' op needs norms from 1 to 2^31, has 0}}
  %0 = spike.ssa %q, %q, %q "a" {seed = 0 : i64, layer_id = 0 : i64, norm_d = 4 : i64, norm_n = 3 : i64, norms = array<i64: 1, 2, 0>} : tensor<2x1x3x4x!spike.binary<steps = 2>>
  return
}
