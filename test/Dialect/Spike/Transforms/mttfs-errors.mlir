// RUN: snn-opt %s --split-input-file --spike-mttfs --verify-diagnostics

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @negative_scale(%acc: tensor<4x2xi32>) -> tensor<4x2xf32> {
  // expected-error@+1 {{'spike.requantize' op needs positive scales, has -0.5}}
  %0 = spike.requantize %acc "e" kind activation {scale = dense<[0.5, -0.5]> : tensor<2xf32>, axis = -1 : i64} : tensor<4x2xi32> -> tensor<4x2x!l>
  %1 = spike.dequantize %0 : tensor<4x2x!l> -> tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

// -----

func.func @not_quantised(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'spike.site' op is not quantised; run spike-quantize first}}
  %0 = spike.site %x "s" kind activation : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

!l = !spike.level<bits = 8, zero = 128, mask = 128, scale = 0.25>

// 1000 * 30000 * 128 does not fit 32 bits.
func.func @wide(%x: tensor<1000xf32>) -> tensor<2xf32> {
  %0 = spike.quantize %x "x" kind activation : tensor<1000xf32> -> tensor<1000x!l>
  // expected-error@+1 {{'spike.linear' op needs accumulators of at most 32 bits, can reach 3810000000}}
  %1 = spike.linear %0 {weight = dense<30000> : tensor<1000x2xi16>} : tensor<1000x!l> -> tensor<2xi32>
  %2 = spike.requantize %1 "y" kind activation {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<2xi32> -> tensor<2x!l>
  %3 = spike.dequantize %2 : tensor<2x!l> -> tensor<2xf32>
  return %3 : tensor<2xf32>
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 7, radius = 1, scale = 0.25>

// What spike-choose-mask says holds without the option, too.
module attributes {spike.mask = "plain"} {
  func.func @dead_zone_elsewhere(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error@+1 {{'spike.quantize' op needs its dead zone around its zero point 8 in plain TTFS, has it around 7; run spike-choose-mask with mask=plain first}}
    %0 = spike.quantize %x "x" kind activation : tensor<4xf32> -> tensor<4x!l>
    %1 = spike.dequantize %0 : tensor<4x!l> -> tensor<4xf32>
    return %1 : tensor<4xf32>
  }
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @archive(%acc: tensor<4x2xi32>) -> tensor<4x2xf32> {
  // expected-error-re@+1 {{cannot read {{.*}}no-such-file.safetensors}}
  %0 = spike.requantize %acc "e" kind activation {scale = #onnx.param<"no-such-file.safetensors", "s"> : tensor<2xf32>, axis = -1 : i64} : tensor<4x2xi32> -> tensor<4x2x!l>
  %1 = spike.dequantize %0 : tensor<4x2x!l> -> tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}
