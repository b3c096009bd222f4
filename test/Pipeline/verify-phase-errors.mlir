// RUN: snn-opt %s --split-input-file --verify-diagnostics --snn-verify-phase=phase=spike

func.func @site(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{is not quantised after phase 'quantise'}}
  %0 = spike.site %x "s" kind activation : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @levels(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{needs a spike train after phase 'spike', makes levels}}
  %0 = spike.quantize %x "s" kind activation
      : tensor<2x3xf32> -> tensor<2x3x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>
  %1 = spike.dequantize %0
      : tensor<2x3x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>> -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----

func.func @offset(%x: tensor<2x3xf32>) -> tensor<2x2xi32> {
  %0 = spike.encode %x "s" kind activation
      : tensor<2x3xf32> -> tensor<2x3x!spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>>
  // expected-error @+1 {{needs an offset for its silent inputs after phase 'spike' (mask 7, zero point 8)}}
  %1 = spike.linear %0 {weight = dense<1> : tensor<3x2xi8>}
      : tensor<2x3x!spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>> -> tensor<2x2xi32>
  return %1 : tensor<2x2xi32>
}

// -----

func.func @phase(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{is no neuron after phase 'spike'; run spike-phase}}
  %0 = spike.quantize %x "s" kind activation
      : tensor<2x3xf32> -> tensor<2x3x!spike.phase<base = 1.5, phases = 8, scale = 1.0>>
  %1 = spike.dequantize %0
      : tensor<2x3x!spike.phase<base = 1.5, phases = 8, scale = 1.0>> -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
