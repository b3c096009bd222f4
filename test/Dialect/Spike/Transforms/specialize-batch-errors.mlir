// RUN: snn-opt %s --split-input-file --verify-diagnostics --spike-specialize-batch

func.func @softmax(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error@+1 {{'onnx.softmax' op mixes samples: it normalises the batch axis}}
  %0 = onnx.softmax %x {axis = 0 : i64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @reduce(%x: tensor<?x4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'onnx.reduce_mean' op mixes samples: it reduces the batch axis}}
  %0 = onnx.reduce_mean %x {axes = array<i64: -2>, keepdims = false} : (tensor<?x4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @reduce_all(%x: tensor<?x4xf32>) -> tensor<f32> {
  // expected-error@+1 {{'onnx.reduce_sum' op mixes samples: it reduces the batch axis}}
  %0 = onnx.reduce_sum %x {axes = array<i64>, keepdims = false} : (tensor<?x4xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// The reduction runs over an axis that a reshape made of batch and tokens.

func.func @folded(%x: tensor<?x4x8xf32>) -> tensor<1x8xf32> {
  %0 = onnx.reshape %x [-1, 8] : (tensor<?x4x8xf32>) -> tensor<?x8xf32>
  // expected-error@+1 {{'onnx.reduce_max' op mixes samples: it reduces the batch axis}}
  %1 = onnx.reduce_max %0 {axes = array<i64: 0>} : (tensor<?x8xf32>) -> tensor<1x8xf32>
  return %1 : tensor<1x8xf32>
}

// -----

func.func @gather(%x: tensor<?x4xf32>) -> tensor<4xf32> {
  %index = onnx.constant dense<0> : tensor<i64>
  // expected-error@+1 {{'onnx.gather' op mixes samples: it picks from the batch axis}}
  %0 = onnx.gather %x, %index : (tensor<?x4xf32>, tensor<i64>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @concat(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error@+1 {{'onnx.concat' op mixes samples: it joins the batch axis}}
  %0 = onnx.concat %x, %x {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @product(%x: tensor<?x4xf32>) -> tensor<?x?xf32> {
  %0 = onnx.transpose %x [1, 0] : (tensor<?x4xf32>) -> tensor<4x?xf32>
  // expected-error@+1 {{'onnx.matmul' op mixes samples: the batch is on more than one axis of its result}}
  %1 = onnx.matmul %x, %0 : (tensor<?x4xf32>, tensor<4x?xf32>) -> tensor<?x?xf32>
  return %1 : tensor<?x?xf32>
}

// -----

func.func @contract(%x: tensor<?x4xf32>) -> tensor<4x4xf32> {
  %0 = onnx.transpose %x [1, 0] : (tensor<?x4xf32>) -> tensor<4x?xf32>
  // expected-error@+1 {{'onnx.matmul' op mixes samples: it contracts the batch axis}}
  %1 = onnx.matmul %0, %x : (tensor<4x?xf32>, tensor<?x4xf32>) -> tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}

// -----

func.func @reshape(%x: tensor<?x4xf32>) -> tensor<4x?xf32> {
  // expected-error@+1 {{'onnx.reshape' op mixes samples: the reshape does not keep what is outside of the batch and what is inside of it apart}}
  %0 = onnx.reshape %x [4, -1] : (tensor<?x4xf32>) -> tensor<4x?xf32>
  return %0 : tensor<4x?xf32>
}

// -----

func.func @slice(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error@+1 {{'onnx.slice' op mixes samples: it slices the batch axis}}
  %0 = onnx.slice %x {axes = array<i64: 0>, ends = array<i64: 9223372036854775807>, starts = array<i64: 1>, steps = array<i64: 1>}
      : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

!e = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @spikes(%x: tensor<?x4xf32>) -> tensor<4x4xi32> {
  %0 = spike.encode %x "q" kind query : tensor<?x4xf32> -> tensor<?x4x!e>
  %1 = onnx.transpose %0 [1, 0] : (tensor<?x4x!e>) -> tensor<4x?x!e>
  %2 = spike.quantize %x "k" kind key : tensor<?x4xf32> -> tensor<?x4x!k>
  // expected-error@+1 {{'spike.matmul' op mixes samples: it contracts the batch axis}}
  %3 = spike.matmul %1, %2 : tensor<4x?x!e>, tensor<?x4x!k> -> tensor<4x4xi32>
  return %3 : tensor<4x4xi32>
}

// -----

func.func @result(%x: tensor<?x4xf32>) -> tensor<4x?xf32> {
  %0 = onnx.transpose %x [1, 0] : (tensor<?x4xf32>) -> tensor<4x?xf32>
  // expected-error@+1 {{'func.return' op needs the batch on axis 0 of result 'tensor<4x1xf32>', has it on axis 1}}
  return %0 : tensor<4x?xf32>
}

// -----

// expected-error@+1 {{needs the batch on axis 0 of input 0, has 'tensor<4x?xf32>'}}
func.func @input(%x: tensor<4x?xf32>) -> tensor<4x?xf32> {
  return %x : tensor<4x?xf32>
}

// -----

func.func @steps(%x: tensor<?x4xf32>) -> tensor<?x4x!spike.binary<steps = 2>> {
  // expected-error@+1 {{'spike.lif' op mixes samples: its time steps run over the batch axis}}
  %0 = spike.lif %x "n" {tau = 2.0 : f64, threshold = 1.0 : f64} : tensor<?x4xf32> -> tensor<?x4x!spike.binary<steps = 2>>
  return %0 : tensor<?x4x!spike.binary<steps = 2>>
}

// -----

// Time and batch on one axis against the batch twice.

func.func @groups(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = onnx.tile %x {repeats = array<i64: 4, 1>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = onnx.tile %x {repeats = array<i64: 2, 1>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // expected-error@+1 {{'onnx.add' op mixes samples: its operands have different axes outside of the batch}}
  %2 = onnx.add %0, %1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// -----

// A train of 4 steps on the batch axis, which has 2 groups of samples.

func.func @steps(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = onnx.tile %x {repeats = array<i64: 2, 1>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // expected-error@+1 {{'spike.lif' op mixes samples: its time steps run over the batch axis}}
  %1 = spike.lif %0 "n" {tau = 2.0 : f64, threshold = 1.0 : f64} : tensor<?x8xf32> -> tensor<?x8x!spike.binary<steps = 4>>
  %2 = spike.dequantize %1 : tensor<?x8x!spike.binary<steps = 4>> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// -----

func.func @result(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = onnx.tile %x {repeats = array<i64: 4, 1>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // expected-error@+1 {{'func.return' op needs the batch alone outside of result 'tensor<4x8xf32>', has 4 groups of samples}}
  return %0 : tensor<?x8xf32>
}

// -----

func.func @cum_sum(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error@+1 {{'onnx.cum_sum' op mixes samples: it adds along the batch axis}}
  %0 = onnx.cum_sum %x {axis = 0 : i64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @reduce_min(%x: tensor<?x4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'onnx.reduce_min' op mixes samples: it reduces the batch axis}}
  %0 = onnx.reduce_min %x {axes = array<i64: 0>, keepdims = false} : (tensor<?x4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @top_k(%x: tensor<?x4xf32>) -> tensor<2x4xf32> {
  // expected-error@+1 {{'onnx.top_k' op mixes samples: it sorts the batch axis}}
  %0, %1 = onnx.top_k %x {axis = 0 : i64, k = 2 : i64} : (tensor<?x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xi64>)
  return %0 : tensor<2x4xf32>
}

// -----

func.func @gather_elements(%x: tensor<?x4xf32>, %i: tensor<1x4xi64>) -> tensor<1x4xf32> {
  // expected-error@+1 {{'onnx.gather_elements' op mixes samples: its operands do not all have the batch axis}}
  %0 = onnx.gather_elements %x, %i {axis = 1 : i64} : (tensor<?x4xf32>, tensor<1x4xi64>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @gather_elements_batch(%x: tensor<?x4xf32>, %i: tensor<?x4xi64>) -> tensor<?x4xf32> {
  // expected-error@+1 {{'onnx.gather_elements' op mixes samples: it picks from the batch axis}}
  %0 = onnx.gather_elements %x, %i : (tensor<?x4xf32>, tensor<?x4xi64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @gather_nd(%x: tensor<?x4xf32>) -> tensor<3x4xf32> {
  %i = onnx.constant dense<0> : tensor<3x1xi64>
  // expected-error@+1 {{'onnx.gather_nd' op mixes samples: it picks from the batch axis}}
  %0 = onnx.gather_nd %x, %i : (tensor<?x4xf32>, tensor<3x1xi64>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

func.func @scatter_nd(%x: tensor<?x4xf32>, %u: tensor<3x4xf32>) -> tensor<?x4xf32> {
  %i = onnx.constant dense<0> : tensor<3x1xi64>
  // expected-error@+1 {{'onnx.scatter_nd' op mixes samples: it writes to the batch axis}}
  %0 = onnx.scatter_nd %x, %i, %u : (tensor<?x4xf32>, tensor<3x1xi64>, tensor<3x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @resize(%x: tensor<?x3x4x4xf32>) -> tensor<2x3x4x4xf32> {
  // expected-error@+1 {{'onnx.resize' op mixes samples: it resizes the batch axis}}
  %0 = onnx.resize %x {sizes = array<i64: 2, -1, -1, -1>} : (tensor<?x3x4x4xf32>) -> tensor<2x3x4x4xf32>
  return %0 : tensor<2x3x4x4xf32>
}

// -----

func.func @max_pool_indices(%x: tensor<?x3x4x4xf32>) -> tensor<?x3x2x2xi64> {
  // expected-error@+1 {{'onnx.max_pool_indices' op mixes samples: its positions count from the first sample}}
  %0 = onnx.max_pool_indices %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x2x2xi64>
  return %0 : tensor<?x3x2x2xi64>
}
