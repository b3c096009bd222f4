// RUN: snn-opt %s --split-input-file --spike-to-xbar --verify-diagnostics
// RUN: not snn-opt %s --split-input-file --spike-to-xbar=chip=no-such-chip 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: {{.*}}no-such-chip

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @dynamic(%t: tensor<?x2x!t>) -> tensor<?x2xi32> {
  // expected-error@+1 {{'spike.linear' op needs static shapes on a chip; run spike-specialize-batch first}}
  %0 = spike.linear %t {weight = dense<1> : tensor<2x2xi8>} : tensor<?x2x!t> -> tensor<?x2xi32>
  return %0 : tensor<?x2xi32>
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

func.func @no_engine(%q: tensor<2x4x8x!t>, %k: tensor<2x4x8x!k>) -> tensor<2x4x4xi32> {
  // expected-error@+1 {{'spike.matmul' op needs an attention engine; run spike-map-attention first}}
  %0 = spike.matmul %q, %k {transposed} : tensor<2x4x8x!t>, tensor<2x4x8x!k> -> tensor<2x4x4xi32>
  return %0 : tensor<2x4x4xi32>
}

// -----

// expected-error@+1 {{has a wrong 'xbar.chip': }}
module attributes {xbar.chip = #xbar.chip<{name = "toy"}>} {
}

// -----

func.func @no_form(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // expected-error@+1 {{'spike.site' op has no form on a chip; networks in M-TTFS and phase coding and networks trained to spike are mapped}}
  %0 = spike.site %x "a" kind activation : tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
