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

// -----

// expected-error@+1 {{needs a largest count of 2 to 255, has 1}}
func.func private @f(tensor<4x!spike.count<max = 1, steps = 2>>)

// -----

// expected-error@+1 {{needs 1 to 65536 steps, has 0}}
func.func private @f(tensor<4x!spike.count<max = 4, steps = 0>>)

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C2 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs a result of shape 2x8, has 2x4}}
  %0, %h = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>, tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C6 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs a factor with its order}}
  %0 = spike.lif %x "n" order affine {tau = 2.0 : f64, threshold = 1.0 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C6 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs no factor with its order}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64, factor = 0.5 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C6 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs no gain with its order}}
  %0 = spike.lif %x "n" order leak_factor {tau = 2.0 : f64, threshold = 1.0 : f64, factor = 0.5 : f64, gain = 2.0 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C7 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs an amount with its rule}}
  %0 = spike.lif %x "n" rule subtract {tau = 2.0 : f64, threshold = 1.0 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C7 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs no amount with its rule}}
  %0 = spike.lif %x "n" rule never {tau = 2.0 : f64, threshold = 1.0 : f64, amount = 1.0 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C8 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs no soft reset and no reset value with the rule never}}
  %0 = spike.lif %x "n" rule never {tau = 2.0 : f64, threshold = 1.0 : f64, soft_reset} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C9 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs finite levels that ascend from its threshold, has 0.5 behind 1.0}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64, levels = array<f32: 0.5>} : tensor<2x8xf32> -> tensor<2x8x!spike.count<max = 2, steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C10 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs a result of up to 2 spikes a step, has}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64, levels = array<f32: 1.5>} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%a: tensor<2x8x!spike.binary<steps = 2>>, %b: tensor<2x8x!spike.binary<steps = 2>>, %c: tensor<2x8x!spike.count<max = 2, steps = 2>>, %d: tensor<2x3x!spike.binary<steps = 2>>, %e: tensor<2x8x!spike.binary<steps = 1>>) {
  // C1 of spike.and
  // expected-error@+1 {{'spike.and' op needs binary trains of one number of steps, has '!spike.count<max = 2, steps = 2>' and a result of '!spike.binary<steps = 2>'}}
  %0 = spike.and %a, %c "s" : tensor<2x8x!spike.binary<steps = 2>>, tensor<2x8x!spike.count<max = 2, steps = 2>> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%a: tensor<2x8x!spike.binary<steps = 2>>, %b: tensor<2x8x!spike.binary<steps = 2>>, %c: tensor<2x8x!spike.count<max = 2, steps = 2>>, %d: tensor<2x3x!spike.binary<steps = 2>>, %e: tensor<2x8x!spike.binary<steps = 1>>) {
  // C2 of spike.and
  // expected-error@+1 {{'spike.and' op needs operands whose shapes broadcast, has 2x8 and 2x3}}
  %0 = spike.and %a, %d "s" : tensor<2x8x!spike.binary<steps = 2>>, tensor<2x3x!spike.binary<steps = 2>> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%a: tensor<2x8x!spike.binary<steps = 2>>, %b: tensor<2x8x!spike.binary<steps = 2>>, %c: tensor<2x8x!spike.count<max = 2, steps = 2>>, %d: tensor<2x3x!spike.binary<steps = 2>>, %e: tensor<2x8x!spike.binary<steps = 1>>) {
  // C1 of spike.and_not
  // expected-error@+1 {{'spike.and_not' op needs binary trains of one number of steps, has '!spike.count<max = 2, steps = 2>' and a result of '!spike.binary<steps = 2>'}}
  %0 = spike.and_not %a, %c "s" : tensor<2x8x!spike.binary<steps = 2>>, tensor<2x8x!spike.count<max = 2, steps = 2>> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%a: tensor<2x8x!spike.binary<steps = 2>>, %b: tensor<2x8x!spike.binary<steps = 2>>, %c: tensor<2x8x!spike.count<max = 2, steps = 2>>, %d: tensor<2x3x!spike.binary<steps = 2>>, %e: tensor<2x8x!spike.binary<steps = 1>>) {
  // C2 of spike.and_not
  // expected-error@+1 {{'spike.and_not' op needs operands whose shapes broadcast, has 2x8 and 2x3}}
  %0 = spike.and_not %a, %d "s" : tensor<2x8x!spike.binary<steps = 2>>, tensor<2x3x!spike.binary<steps = 2>> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%a: tensor<2x8x!spike.binary<steps = 2>>, %b: tensor<2x8x!spike.binary<steps = 2>>, %c: tensor<2x8x!spike.count<max = 2, steps = 2>>, %d: tensor<2x3x!spike.binary<steps = 2>>, %e: tensor<2x8x!spike.binary<steps = 1>>) {
  // C1 of spike.add
  // expected-error@+1 {{'spike.add' op needs trains of one number of steps, has '!spike.binary<steps = 1>' and a result of '!spike.count<max = 2, steps = 2>'}}
  %0 = spike.add %a, %e "s" : tensor<2x8x!spike.binary<steps = 2>>, tensor<2x8x!spike.binary<steps = 1>> -> tensor<2x8x!spike.count<max = 2, steps = 2>>
  return
}

// -----

func.func @f(%a: tensor<2x8x!spike.binary<steps = 2>>, %b: tensor<2x8x!spike.binary<steps = 2>>, %c: tensor<2x8x!spike.count<max = 2, steps = 2>>, %d: tensor<2x3x!spike.binary<steps = 2>>, %e: tensor<2x8x!spike.binary<steps = 1>>) {
  // C2 of spike.add
  // expected-error@+1 {{'spike.add' op needs a result of shape 2x8, has 2x3}}
  %0 = spike.add %a, %b "s" : tensor<2x8x!spike.binary<steps = 2>>, tensor<2x8x!spike.binary<steps = 2>> -> tensor<2x3x!spike.count<max = 2, steps = 2>>
  return
}

// -----

func.func @f(%a: tensor<2x8x!spike.binary<steps = 2>>, %b: tensor<2x8x!spike.binary<steps = 2>>, %c: tensor<2x8x!spike.count<max = 2, steps = 2>>, %d: tensor<2x3x!spike.binary<steps = 2>>, %e: tensor<2x8x!spike.binary<steps = 1>>) {
  // C3 of spike.add
  // expected-error@+1 {{'spike.add' op needs a result of up to 3 spikes a step, has '!spike.count<max = 2, steps = 2>'}}
  %0 = spike.add %a, %c "s" : tensor<2x8x!spike.binary<steps = 2>>, tensor<2x8x!spike.count<max = 2, steps = 2>> -> tensor<2x8x!spike.count<max = 2, steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8x6x6x!spike.binary<steps = 2>>) {
  // C1 of spike.maxpool
  // expected-error@+1 {{'spike.maxpool' op needs one or two spatial axes, for each a positive kernel size, stride and dilation, and two pads, has a train of shape 2x8x6x6}}
  %0 = spike.maxpool %x "s" {kernel = array<i64: 3, 0>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<2x8x6x6x!spike.binary<steps = 2>> -> tensor<2x8x2x2x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8x6x6x!spike.binary<steps = 2>>) {
  // C1 of spike.maxpool
  // expected-error@+1 {{'spike.maxpool' op needs a window that fits its input, has one of 7 over 6}}
  %0 = spike.maxpool %x "s" {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 3, 3>} : tensor<2x8x6x6x!spike.binary<steps = 2>> -> tensor<2x8x2x2x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8x6x6x!spike.binary<steps = 2>>) {
  // C2 of spike.maxpool
  // expected-error@+1 {{'spike.maxpool' op needs a result of shape 2x8x2x2, has 2x8x3x3}}
  %0 = spike.maxpool %x "s" {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<2x8x6x6x!spike.binary<steps = 2>> -> tensor<2x8x3x3x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8x6x6x!spike.binary<steps = 2>>) {
  // C3 of spike.maxpool
  // expected-error@+1 {{'spike.maxpool' op needs a result with the elements of its operand, has '!spike.binary<steps = 2>' and '!spike.count<max = 2, steps = 2>'}}
  %0 = spike.maxpool %x "s" {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<2x8x6x6x!spike.binary<steps = 2>> -> tensor<2x8x2x2x!spike.count<max = 2, steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8x!spike.binary<steps = 2>>, %y: tensor<2x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>) {
  // C4 of spike.dequantize
  // expected-error@+1 {{'spike.dequantize' op needs a finite positive unit}}
  %0 = spike.dequantize %x {unit = -1.0 : f32} : tensor<2x8x!spike.binary<steps = 2>> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%y: tensor<2x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>) {
  // C4 of spike.dequantize
  // expected-error@+1 {{'spike.dequantize' op needs binary spikes or counts where it has a unit, has}}
  %0 = spike.dequantize %y {unit = 1.0 : f32} : tensor<2x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>> -> tensor<2xf32>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>, %v: tensor<2x2x5x4x!spike.binary<steps = 2>>) {
  // C2 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs a key of the shape of its query and a value that differs in its channels at most, has 2x2x3x4, 2x2x3x4 and 2x2x5x4}}
  %0 = spike.sdsa %q, %q, %v "a" {variant = 3 : i64, scale = 1.0 : f64, tau = 2.0 : f64, threshold = 0.5 : f64} : (tensor<2x2x3x4x!spike.binary<steps = 2>>, tensor<2x2x3x4x!spike.binary<steps = 2>>, tensor<2x2x5x4x!spike.binary<steps = 2>>) -> tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>, %v: tensor<2x2x3x4x!spike.binary<steps = 1>>) {
  // C5 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs trains of one number of steps, has '!spike.binary<steps = 1>' and a result of '!spike.binary<steps = 2>'}}
  %0 = spike.sdsa %q, %q, %v "a" {variant = 3 : i64, scale = 1.0 : f64, tau = 2.0 : f64, threshold = 0.5 : f64} : (tensor<2x2x3x4x!spike.binary<steps = 2>>, tensor<2x2x3x4x!spike.binary<steps = 2>>, tensor<2x2x3x4x!spike.binary<steps = 1>>) -> tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>, %v: tensor<2x2x3x4x!spike.count<max = 4, steps = 2>>) {
  // C6 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs variant 3 or 4 where it has counts, levels, scales or values of another width, has 1}}
  %0 = spike.sdsa %q, %q, %v "a" {variant = 1 : i64, scale = 1.0 : f64, tau = 2.0 : f64, threshold = 0.5 : f64} : (tensor<2x2x3x4x!spike.binary<steps = 2>>, tensor<2x2x3x4x!spike.binary<steps = 2>>, tensor<2x2x3x4x!spike.count<max = 4, steps = 2>>) -> tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>) {
  // C7 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs scales of f32 and rank 3 that broadcast to 2x3x4, has 'tensor<1x2x1xf32>'}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 3 : i64, scale = 1.0 : f64, tau = 2.0 : f64, threshold = 0.5 : f64, scales = dense<1.0> : tensor<1x2x1xf32>} : tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>) {
  // C7 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs a scale of 1 where it has scales}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 3 : i64, scale = 0.5 : f64, tau = 2.0 : f64, threshold = 0.5 : f64, scales = dense<1.0> : tensor<1x3x1xf32>} : tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>) {
  // C8 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs finite levels that ascend from its threshold, has 0.25 behind 0.5}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 3 : i64, scale = 1.0 : f64, tau = 2.0 : f64, threshold = 0.5 : f64, levels = array<f32: 0.25>} : (tensor<2x2x3x4x!spike.binary<steps = 2>>, tensor<2x2x3x4x!spike.binary<steps = 2>>, tensor<2x2x3x4x!spike.binary<steps = 2>>) -> tensor<2x2x3x4x!spike.count<max = 2, steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.binary<steps = 2>>) {
  // C8 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs a result of up to 2 spikes a step, has 'tensor<2x2x3x4x!spike.binary<steps = 2>>'}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 3 : i64, scale = 1.0 : f64, tau = 2.0 : f64, threshold = 0.5 : f64, levels = array<f32: 0.75>} : tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%q: tensor<2x2x3x4x!spike.count<max = 255, steps = 2>>) {
  // C9 of spike.sdsa
  // expected-error@+1 {{'spike.sdsa' op needs sums below 2^24, which may reach 198976500}}
  %0 = spike.sdsa %q, %q, %q "a" {variant = 3 : i64, scale = 1.0 : f64, tau = 2.0 : f64, threshold = 0.5 : f64} : (tensor<2x2x3x4x!spike.count<max = 255, steps = 2>>, tensor<2x2x3x4x!spike.count<max = 255, steps = 2>>, tensor<2x2x3x4x!spike.count<max = 255, steps = 2>>) -> tensor<2x2x3x4x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x3x4x!spike.binary<steps = 2>>) {
  // C1 of spike.sum
  // expected-error@+1 {{'spike.sum' op needs ascending axes of known size, has 1 of a train of shape 2x3x4}}
  %0 = spike.sum %x "s" {axes = array<i64: 2, 1>} : tensor<2x3x4x!spike.binary<steps = 2>> -> tensor<2x!spike.count<max = 12, steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<4x3x4x!spike.binary<steps = 2>>) {
  // C2 of spike.sum
  // expected-error@+1 {{'spike.sum' op needs an axis 0 of its 2 time steps alone where it adds along it, has 4}}
  %0 = spike.sum %x "s" {axes = array<i64: 0>} : tensor<4x3x4x!spike.binary<steps = 2>> -> tensor<3x4x!spike.count<max = 4, steps = 1>>
  return
}

// -----

func.func @f(%x: tensor<2x3x4x!spike.binary<steps = 2>>) {
  // C3 of spike.sum
  // expected-error@+1 {{'spike.sum' op needs a result of up to 4 spikes in each of 2 steps, has '!spike.count<max = 3, steps = 2>'}}
  %0 = spike.sum %x "s" {axes = array<i64: 2>} : tensor<2x3x4x!spike.binary<steps = 2>> -> tensor<2x3x!spike.count<max = 3, steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x3x4x!spike.binary<steps = 2>>) {
  // C4 of spike.sum
  // expected-error@+1 {{'spike.sum' op needs a result of shape 2x3, has 2x3x1}}
  %0 = spike.sum %x "s" {axes = array<i64: 2>} : tensor<2x3x4x!spike.binary<steps = 2>> -> tensor<2x3x1x!spike.count<max = 4, steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C11 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs no floor with the rule late_zero}}
  %0 = spike.lif %x "n" rule late_zero {tau = 2.0 : f64, threshold = 1.0 : f64, floor = -1.0 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C11 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs a finite floor}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64, floor = 0xFFF0000000000000 : f64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // C12 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs a constant for each channel along an axis of known size behind the time axis, has 2 along axis 1 of 2x8}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64, constants = array<f32: 1.0, 2.0>, channel_axis = 1 : i64} : tensor<2x8xf32> -> tensor<2x8x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<2x2xf32>) {
  // C12 of spike.lif
  // expected-error@+1 {{'spike.lif' op needs time constants of at least 1 step, or finite factors, has 0.5}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64, constants = array<f32: 1.0, 0.5>, channel_axis = 1 : i64} : tensor<2x2xf32> -> tensor<2x2x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<4x3x!spike.count<max = 2, steps = 2>>) {
  // C1 of spike.slots
  // expected-error@+1 {{'spike.slots' op needs a count of one step, has '!spike.count<max = 2, steps = 2>'}}
  %0 = spike.slots %x "s" {levels = array<i64: 1, 2>} : tensor<4x3x!spike.count<max = 2, steps = 2>> -> tensor<2x4x3x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<4x3x!spike.count<max = 2, steps = 1>>) {
  // C2 of spike.slots
  // expected-error@+1 {{'spike.slots' op needs levels from 1 to the largest count 2, has 3}}
  %0 = spike.slots %x "s" {levels = array<i64: 1, 3>} : tensor<4x3x!spike.count<max = 2, steps = 1>> -> tensor<2x4x3x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<4x3x!spike.count<max = 2, steps = 1>>) {
  // C2 of spike.slots
  // expected-error@+1 {{'spike.slots' op needs a level}}
  %0 = spike.slots %x "s" {levels = array<i64>} : tensor<4x3x!spike.count<max = 2, steps = 1>> -> tensor<2x4x3x!spike.binary<steps = 2>>
  return
}

// -----

func.func @f(%x: tensor<4x3x!spike.count<max = 2, steps = 1>>) {
  // C3 of spike.slots
  // expected-error@+1 {{'spike.slots' op needs a binary train of 2 steps, has '!spike.binary<steps = 1>'}}
  %0 = spike.slots %x "s" {levels = array<i64: 1, 2>} : tensor<4x3x!spike.count<max = 2, steps = 1>> -> tensor<2x4x3x!spike.binary<steps = 1>>
  return
}

// -----

func.func @f(%x: tensor<4x3x!spike.count<max = 2, steps = 1>>) {
  // C3 of spike.slots
  // expected-error@+1 {{'spike.slots' op needs a result of shape 2x4x3, has 2x3x4}}
  %0 = spike.slots %x "s" {levels = array<i64: 1, 2>} : tensor<4x3x!spike.count<max = 2, steps = 1>> -> tensor<2x3x4x!spike.binary<steps = 2>>
  return
}
