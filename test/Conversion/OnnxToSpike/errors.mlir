// RUN: snn-opt %s --split-input-file --onnx-to-spike --verify-diagnostics

!x = !spike.level<bits = 8, zero = 0, mask = 0, scale = 0.25>

// 70000 * 127 * 255 does not fit 32 bits.
func.func @wide(%q: tensor<2x70000x!x>) -> tensor<2x1xf32> {
  %w = onnx.constant dense<127> : tensor<70000x1xi8>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %d = onnx.dequantize_linear %w, %s : (tensor<70000x1xi8>, tensor<f32>) -> tensor<70000x1xf32>
  %l = spike.dequantize %q : tensor<2x70000x!x> -> tensor<2x70000xf32>
  // expected-error@+1 {{'onnx.matmul' op needs accumulators of at most 32 bits; channel 0 can reach 2266950000 (use fewer bits for its weights or activations)}}
  %0 = onnx.matmul %l, %d : (tensor<2x70000xf32>, tensor<70000x1xf32>) -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// -----

!x = !spike.level<bits = 8, zero = 0, mask = 0, scale = 0.25>

// 40000 * 255 * 255
func.func @wide_attention(%p: tensor<1x40000x!x>, %v: tensor<40000x1x!x>) -> tensor<1x1xf32> {
  %0 = spike.dequantize %p : tensor<1x40000x!x> -> tensor<1x40000xf32>
  %1 = spike.dequantize %v : tensor<40000x1x!x> -> tensor<40000x1xf32>
  // expected-error@+1 {{'onnx.matmul' op needs accumulators of at most 32 bits, can reach 2601000000}}
  %2 = onnx.matmul %0, %1 : (tensor<1x40000xf32>, tensor<40000x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @axis(%q: tensor<2x3x!x>) -> tensor<2x2xf32> {
  %w = onnx.constant dense<1> : tensor<3x2xi8>
  %s = onnx.constant dense<[0.5, 1.0, 2.0]> : tensor<3xf32>
  %d = onnx.dequantize_linear %w, %s {axis = 0 : i64} : (tensor<3x2xi8>, tensor<3xf32>) -> tensor<3x2xf32>
  %l = spike.dequantize %q : tensor<2x3x!x> -> tensor<2x3xf32>
  // expected-error@+1 {{'onnx.matmul' op needs weights quantised per output channel (axis 1), has scales along axis 0}}
  %0 = onnx.matmul %l, %d : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @scale(%q: tensor<2x3x!x>, %s: tensor<f32>) -> tensor<2x2xf32> {
  %w = onnx.constant dense<1> : tensor<3x2xi8>
  %d = onnx.dequantize_linear %w, %s : (tensor<3x2xi8>, tensor<f32>) -> tensor<3x2xf32>
  %l = spike.dequantize %q : tensor<2x3x!x> -> tensor<2x3xf32>
  // expected-error@+1 {{needs constant weights and scales}}
  %0 = onnx.matmul %l, %d : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @reshaped(%q: tensor<2x3x!x>) -> tensor<2x2xf32> {
  %w = onnx.constant dense<1> : tensor<6x1xi8>
  %s = onnx.constant dense<[0.5, 1.0, 0.5, 1.0, 0.5, 1.0]> : tensor<6xf32>
  %d = onnx.dequantize_linear %w, %s {axis = 0 : i64} : (tensor<6x1xi8>, tensor<6xf32>) -> tensor<6x1xf32>
  %r = onnx.reshape %d [3, 2] : (tensor<6x1xf32>) -> tensor<3x2xf32>
  %l = spike.dequantize %q : tensor<2x3x!x> -> tensor<2x3xf32>
  // expected-error@+1 {{reshapes a weight that is quantised per axis}}
  %0 = onnx.matmul %l, %r : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

!x = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @archive(%q: tensor<2x3x!x>) -> tensor<2x2xf32> {
  %w = onnx.constant #onnx.param<"no-such-file.safetensors", "w"> : tensor<3x2xi8>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %d = onnx.dequantize_linear %w, %s : (tensor<3x2xi8>, tensor<f32>) -> tensor<3x2xf32>
  %l = spike.dequantize %q : tensor<2x3x!x> -> tensor<2x3xf32>
  // expected-error-re@+1 {{cannot read {{.*}}no-such-file.safetensors}}
  %0 = onnx.matmul %l, %d : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
