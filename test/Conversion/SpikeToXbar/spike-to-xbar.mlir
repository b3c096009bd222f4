// RUN: snn-opt %s --split-input-file --spike-to-xbar --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=digital-22nm --mlir-print-local-scope | FileCheck %s --check-prefix=DIGITAL
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=xpikeformer-pcm --mlir-print-local-scope | FileCheck %s --check-prefix=PCM
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=xpikeformer-pcm --remarks-filter=spike-to-xbar 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!m = !spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Without a chip the built-in one is taken.
// CHECK: module attributes {xbar.chip = #xbar.chip<{{.*}}name = "matterhorn-22nm"
// CHECK-LABEL: @linears
// CHECK: %[[A:.*]] = xbar.linear %{{.*}} layer "/ffn/MatMul" {weight = dense<1> : tensor<2x2xi8>}
// What silent inputs contribute becomes explicit: (7 - 8) * (1 + 3), (2 + 4).
// CHECK: %[[B:.*]] = xbar.linear %{{.*}} layer "/ffn/MatMul#1" {offset = dense<[-4, -6]> : tensor<2xi32>, weight = dense<{{.*}}> : tensor<2x2xi8>}
// An offset that is there stays.
// CHECK: %[[C:.*]] = xbar.linear %{{.*}} layer "linear" {offset = dense<[5, 6]> : tensor<2xi32>
// CHECK: %[[D:.*]] = spike.rescale %[[C]]
// CHECK: return %[[A]], %[[B]], %[[D]]
// DIGITAL-LABEL: @linears
// DIGITAL-NOT: xbar.linear
// DIGITAL: spike.linear
// DIGITAL-NOT: xbar.linear
// REMARK: remark: {{.*}}[Passed] Crossbar | Category:spike-to-xbar | Function=/ffn/MatMul
// REMARK: remark: {{.*}}[Passed] DigitalUnit | Category:spike-to-xbar | op=spike.rescale
func.func @linears(%t: tensor<1x2x!t>, %m: tensor<1x2x!m>) -> (tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xf32>) {
  %0 = spike.linear %t {weight = dense<1> : tensor<2x2xi8>} : tensor<1x2x!t> -> tensor<1x2xi32> loc("/ffn/MatMul")
  %1 = spike.linear %m {weight = dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>} : tensor<1x2x!m> -> tensor<1x2xi32> loc("/ffn/MatMul")
  %2 = spike.linear %m {weight = dense<1> : tensor<2x2xi8>, offset = dense<[5, 6]> : tensor<2xi32>} : tensor<1x2x!m> -> tensor<1x2xi32>
  %3 = spike.rescale %2 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x2xi32> -> tensor<1x2xf32>
  return %0, %1, %3 : tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xf32>
}

// -----

!m = !spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>

// Padded taps are no inputs: the corner sums one tap, the middle all.
// CHECK-LABEL: @conv
// CHECK: xbar.conv %{{.*}} layer "/Conv" {dilations = array<i64: 1>, group = 1 : i64, offset = dense<{{\[\[}}-2, -3, -1]]> : tensor<1x3xi32>, pads = array<i64: 1, 1>, strides = array<i64: 1>, weight = dense<{{.*}}> : tensor<1x1x2xi8>}
func.func @conv(%m: tensor<1x1x2x!m>) -> tensor<1x1x3xi32> {
  %0 = spike.conv %m {weight = dense<[[[1, 2]]]> : tensor<1x1x2xi8>, strides = array<i64: 1>, pads = array<i64: 1, 1>,
      dilations = array<i64: 1>, group = 1 : i64} : tensor<1x1x2x!m> -> tensor<1x1x3xi32> loc("/Conv")
  return %0 : tensor<1x1x3xi32>
}

// -----

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// CHECK-LABEL: @product
// CHECK: xbar.product %{{.*}}, %{{.*}} {engine = "mttfs", transposed}
// DIGITAL-LABEL: @product
// DIGITAL: xbar.product %{{.*}}, %{{.*}} {engine = "mttfs", transposed}
// REMARK: remark: {{.*}}[Missed] DigitalProduct | Category:spike-to-xbar | Function=/att/MatMul | Reason="chip 'xpikeformer-pcm' has no engine 'mttfs'; the digital unit runs an integer product"
// PCM: xbar.product %{{.*}}, %{{.*}} {engine = "digital", transposed}
func.func @product(%q: tensor<2x4x8x!t>, %k: tensor<2x4x8x!k>) -> tensor<2x4x4xi32> {
  %0 = spike.matmul %q, %k {transposed, engine = "mttfs"} : tensor<2x4x8x!t>, tensor<2x4x8x!k> -> tensor<2x4x4xi32> loc("/att/MatMul")
  return %0 : tensor<2x4x4xi32>
}

// -----

!p = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.0625>

// The site says that the resident operand holds keys, whichever way it lies.
// CHECK-LABEL: @kinds
// CHECK: xbar.product {{.*}} {engine = "mttfs"}
// CHECK: xbar.product {{.*}} {engine = "mttfs", reduce_keys}
func.func @kinds(%q: tensor<2x4x8x!p>, %k: tensor<2x8x4xf32>, %a: tensor<2x4x4x!p>, %v: tensor<2x4x8xf32>) -> (tensor<2x4x4xi32>, tensor<2x4x8xi32>) {
  %0 = spike.quantize %k "k" kind key : tensor<2x8x4xf32> -> tensor<2x8x4x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>
  %1 = spike.matmul %q, %0 {engine = "mttfs"} : tensor<2x4x8x!p>, tensor<2x8x4x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>> -> tensor<2x4x4xi32>
  %2 = spike.quantize %v "v" kind value : tensor<2x4x8xf32> -> tensor<2x4x8x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>
  %3 = spike.matmul %a, %2 {engine = "mttfs"} : tensor<2x4x4x!p>, tensor<2x4x8x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>> -> tensor<2x4x8xi32>
  return %1, %3 : tensor<2x4x4xi32>, tensor<2x4x8xi32>
}
