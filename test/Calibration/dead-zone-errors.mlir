// RUN: snn-opt %s --split-input-file --spike-dead-zone --verify-diagnostics
// RUN: not snn-opt %s --spike-dead-zone=site=q 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not snn-opt %s --spike-dead-zone=site=q=-1 2>&1 | FileCheck %s --check-prefix=FORM

// FORM: error: needs SITE=K for a single site's dead zone, has 'q

// expected-error@+1 {{needs an integer in the metadata snnc.dead_zone, has 'wide'}}
module attributes {onnx.metadata = {snnc.dead_zone = "wide"}} {
}

// -----

// expected-error@+1 {{has no site 'nobody', which snnc.dead_zone_sites names}}
module attributes {onnx.metadata = {snnc.dead_zone = "1", snnc.dead_zone_sites = "nobody"}} {
}

// -----

!l = !spike.level<bits = 2, zero = 2, mask = 2, scale = 0.25>

module attributes {onnx.metadata = {snnc.dead_zone = "4"}} {
  func.func @too_wide(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error@+1 {{'spike.quantize' op needs a dead zone of at most 3 levels, has 4}}
    %0 = spike.quantize %x "e" kind activation : tensor<4xf32> -> tensor<4x!l>
    %1 = spike.dequantize %0 : tensor<4x!l> -> tensor<4xf32>
    return %1 : tensor<4xf32>
  }
}
