// Phase-coded layers on crossbars; the passes are the slots and signs of their input.
// Products and races keep their form and name an engine.
//
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=common-22nm --xbar-tile --xbar-place=max-replicas=1 \
// RUN:   --xbar-schedule --xbar-verify-mapping --verify-diagnostics | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=matterhorn-22nm --verify-diagnostics | FileCheck %s --check-prefix=DIGITAL
//
// CHECK-LABEL: @attention
// CHECK: xbar.phase_linear %{{.*}} layer "fc" {bias = dense<2.500000e-01> : tensor<4xf32>, placement = #xbar.placement<{{.*}}>, tiling = #xbar.tiling<{{.*}}passes = 80{{.*}}weight = dense<1> : tensor<4x4xi8>, weight_scale = dense<5.000000e-01> : tensor<1xf32>}
// CHECK: spike.phase_matmul {{.*}}engine = "trace_woss"
// CHECK: spike.woss {{.*}}engine = "trace_woss"
// CHECK: xbar.phase_conv %{{.*}} layer "conv" {{.*}}strides = array<i64: 1, 1>{{.*}}passes = 40
// DIGITAL-LABEL: @attention
// DIGITAL: xbar.phase_linear %{{.*}} layer "fc" {bias =
// DIGITAL: spike.phase_matmul {{.*}}engine = "digital"
// DIGITAL: spike.woss {{.*}}engine = "digital"
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
!u = !spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>
func.func @attention(%x: tensor<1x4x4x!s>, %image: tensor<1x2x4x4x!u>) -> (tensor<1x4x4x!u>, tensor<1x4x1xf32>, tensor<1x2x4x4xf32>) {
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<4x4xi8>, weight_scale = dense<0.5> : tensor<1xf32>,
      bias = dense<0.25> : tensor<4xf32>} : tensor<1x4x4x!s> -> tensor<1x4x4xf32> loc("fc")
  %1 = spike.phase_encode %0 "q" kind query : tensor<1x4x4xf32> -> tensor<1x4x4x!s>
  %2 = spike.phase_matmul %1, %1 {transposed, engine = "trace_woss"} : tensor<1x4x4x!s>, tensor<1x4x4x!s> -> tensor<1x4x4xf32> loc("qk")
  %3 = spike.phase_encode %2 "s" kind score : tensor<1x4x4xf32> -> tensor<1x4x4x!s>
  %4, %z = spike.woss %3 "p" kind probability {engine = "trace_woss"} : tensor<1x4x4x!s> -> tensor<1x4x4x!u>, tensor<1x4x1xf32>
  %5 = spike.phase_conv %image {weight = dense<1> : tensor<2x2x3x3xi8>, strides = array<i64: 1, 1>,
      pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, group = 1 : i64}
      : tensor<1x2x4x4x!u> -> tensor<1x2x4x4xf32> loc("conv")
  return %4, %z, %5 : tensor<1x4x4x!u>, tensor<1x4x1xf32>, tensor<1x2x4x4xf32>
}

// -----

!swin = !spike.phase<base = 1.15, phases = 40, scale = 2.0, release = swin>
func.func @released(%x: tensor<1x4x!swin>) -> tensor<1x4xf32> {
  // expected-error@+1 {{has a coding of a released implementation, which no chip has; use --phase-release none}}
  %0 = spike.phase_linear %x {weight = dense<1> : tensor<4x4xi8>} : tensor<1x4x!swin> -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @real(%x: tensor<1x4x!s>) -> tensor<1x4xf32> {
  // expected-error@+1 {{needs integer weights on a crossbar, has f32; run spike-quantize first}}
  %0 = spike.phase_linear %x {weight = dense<1.0> : tensor<4x4xf32>} : tensor<1x4x!s> -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @unbound(%x: tensor<1x4x!s>) -> tensor<1x4xf32> {
  // expected-error@+1 {{needs an attention engine; run spike-map-attention first}}
  %0 = spike.phase_matmul %x, %x {transposed} : tensor<1x4x!s>, tensor<1x4x!s> -> tensor<1x1xf32>
  %1 = spike.phase_decode %x : tensor<1x4x!s> -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}
