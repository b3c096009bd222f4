// RUN: snn-opt %s --split-input-file --spike-quantize --verify-diagnostics
// RUN: not snn-opt %s --split-input-file --spike-quantize=weight-bits=3 2>&1 | FileCheck %s --check-prefix=BITS

// BITS: error: needs weights of 8, 4, 2 or 1 bits, has 3

func.func @not_calibrated(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // expected-error@+1 {{'spike.site' op is not calibrated; run spike-calibrate first}}
  %0 = spike.site %x "x" kind activation : tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func @not_finite(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = onnx.constant dense<[[1.0, 2.0], [0x7F800000, 1.0]]> : tensor<2x2xf32>
  %0 = spike.site %x "x" kind activation {bits = 4 : i64, zero = 8 : i64, scale = 0.25 : f32} : tensor<?x2xf32>
  // expected-error@+1 {{'onnx.matmul' op has weights that are not finite}}
  %1 = onnx.matmul %0, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

func.func @archive(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = onnx.constant #onnx.param<"no-such-file.safetensors", "w"> : tensor<2x2xf32>
  %0 = spike.site %x "x" kind activation {bits = 4 : i64, zero = 8 : i64, scale = 0.25 : f32} : tensor<?x2xf32>
  // expected-error-re@+1 {{cannot read {{.*}}no-such-file.safetensors}}
  %1 = onnx.matmul %0, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
