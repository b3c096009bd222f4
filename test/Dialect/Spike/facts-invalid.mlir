// RUN: snn-opt %s --split-input-file --verify-diagnostics | FileCheck %s

// What passes leave for later ones is verified: name, type and place.

!l = !spike.level<bits = 1, zero = 0, mask = 0, scale = 0.25>

// CHECK: module attributes {spike.coding = "mttfs", spike.mask = "mode", spike.random_calibration}
module attributes {spike.coding = "mttfs", spike.mask = "mode", spike.random_calibration} {
  // CHECK: onnx.matmul {{.*}}spike.deviation = dense<1.0{{.*}}spike.mean = dense<2.0
  func.func @main(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>) -> (tensor<2x4xf32>, tensor<2x3x!l>) {
    %0 = onnx.matmul %x, %w {spike.mean = dense<2.0> : tensor<4xf32>, spike.deviation = dense<1.0> : tensor<4xf32>} : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
    // CHECK: spike.quantize {{.*}}spike.histogram = array<i64: 5, 1>
    %1 = spike.quantize %x "q" kind activation {spike.histogram = array<i64: 5, 1>} : tensor<2x3xf32> -> tensor<2x3x!l>
    return %0, %1 : tensor<2x4xf32>, tensor<2x3x!l>
  }
}

// -----

func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error@+1 {{'onnx.relu' op needs a vector of f32 as 'spike.mean', has dense<2> : tensor<4xi32>}}
  %0 = onnx.relu %x {spike.mean = dense<2> : tensor<4xi32>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error@+1 {{'onnx.relu' op needs a vector of f32 as 'spike.weight_scale', has "0.5"}}
  %0 = onnx.relu %x {spike.weight_scale = "0.5"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error@+1 {{'onnx.relu' op is no site with levels, but has 'spike.histogram'}}
  %0 = onnx.relu %x {spike.histogram = array<i64: 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

!l = !spike.level<bits = 1, zero = 0, mask = 0, scale = 0.25>
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3x!l> {
  // expected-error@+1 {{'spike.quantize' op needs 2 counts, one a level, in 'spike.histogram', has 3}}
  %0 = spike.quantize %x "q" kind activation {spike.histogram = array<i64: 1, 2, 3>} : tensor<2x3xf32> -> tensor<2x3x!l>
  return %0 : tensor<2x3x!l>
}

// -----

!l = !spike.level<bits = 1, zero = 0, mask = 0, scale = 0.25>
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3x!l> {
  // expected-error@+1 {{'spike.quantize' op needs an array of counts as 'spike.histogram', has array<i64: 1, -2>}}
  %0 = spike.quantize %x "q" kind activation {spike.histogram = array<i64: 1, -2>} : tensor<2x3xf32> -> tensor<2x3x!l>
  return %0 : tensor<2x3x!l>
}

// -----

func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error@+1 {{'onnx.relu' op is no module, but has 'spike.mask'}}
  %0 = onnx.relu %x {spike.mask = "mode"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// expected-error@+1 {{'builtin.module' op needs text as 'spike.mask', has 3 : i64}}
module attributes {spike.mask = 3} {
}

// -----

// expected-error@+1 {{'builtin.module' op needs a list of names as 'spike.float_products', has [1]}}
module attributes {spike.float_products = [1]} {
}

// -----

// expected-error@+1 {{'builtin.module' op needs a dictionary of texts as 'spike.float_reasons', has {fc = 1 : i64}}}
module attributes {spike.float_reasons = {fc = 1}} {
}

// -----

// expected-error@+1 {{'builtin.module' op needs a dictionary of dictionaries as 'spike.site_calibration', has {x = 1 : i64}}}
module attributes {spike.site_calibration = {x = 1}} {
}

// -----

// expected-error@+1 {{'builtin.module' op needs a dictionary of dictionaries as 'spike.fitted_products', has {fc}}}
module attributes {spike.fitted_products = {fc}} {
}

// -----

// expected-error@+1 {{'builtin.module' op needs a list of texts as 'spike.missed_neurons', has [1]}}
module attributes {spike.missed_neurons = [1]} {
}

// -----

// expected-error@+1 {{'builtin.module' op needs a list of names as 'spike.dynamic_sites', has "x"}}
module attributes {spike.dynamic_sites = "x"} {
}

// -----

// expected-error@+1 {{'builtin.module' op needs a dictionary of counts as 'spike.digital_ops', has {relu = "3"}}}
module attributes {spike.digital_ops = {relu = "3"}} {
}

// -----

// expected-error@+1 {{'builtin.module' op has 'spike.masks', which is no fact that the spike dialect knows}}
module attributes {spike.masks = "mode"} {
}

// -----

func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error@+1 {{'onnx.relu' op needs no value as 'spike.fused', has 1 : i64}}
  %0 = onnx.relu %x {spike.fused = 1} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// The call of a fused op stands at its one user.
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error@+1 {{'onnx.relu' op needs one use in its block for 'spike.fused'}}
  %0 = onnx.relu %x {spike.fused} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = onnx.add %0, %0 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
