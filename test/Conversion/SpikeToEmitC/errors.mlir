// RUN: snn-opt %s --split-input-file --verify-diagnostics --spike-to-emitc

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @levels(%x: tensor<4x4xf32>) -> tensor<4x4x!l> {
  // expected-error@+1 {{'spike.quantize' op leaves the spiking site 'e' at its levels; run spike-mttfs first}}
  %0 = spike.quantize %x "e" kind activation : tensor<4x4xf32> -> tensor<4x4x!l>
  return %0 : tensor<4x4x!l>
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @linear(%x: tensor<4x4xf32>) -> tensor<4x2xi32> {
  %0 = spike.quantize %x "k" kind key : tensor<4x4xf32> -> tensor<4x4x!l>
  // expected-error@+1 {{'spike.linear' op needs a spike train in a simulator, has '!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>'; run spike-mttfs first}}
  %1 = spike.linear %0 {weight = dense<1> : tensor<4x2xi8>} : tensor<4x4x!l> -> tensor<4x2xi32>
  return %1 : tensor<4x2xi32>
}

// -----

// expected-error@+1 {{'func.func' op needs inputs of static shape, has 'tensor<?x4xf32>'}}
func.func @dynamic(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = onnx.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @half(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'onnx.cast' op has results that the runtime cannot hold: 'f16'}}
  %0 = onnx.cast %x {to = f16} : (tensor<4xf32>) -> tensor<4xf16>
  %1 = onnx.cast %0 {to = f32} : (tensor<4xf16>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// expected-error@+1 {{needs one function without control flow, the network}}
module {
  func.func private @declared(tensor<4xf32>)
}

// -----

!p = !spike.phase<base = 1.5, phases = 8, scale = 1.0>

func.func @phase(%x: tensor<4x!p>) -> tensor<4xf32> {
  // expected-error@+1 {{'spike.dequantize' op is no neuron in a simulator; run spike-phase first}}
  %0 = spike.dequantize %x : tensor<4x!p> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
