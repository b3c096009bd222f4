// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=4x4=-0.25,-0.25,-0.25,0,1,0.25,9,9,9,9,9,0.75,0.75,-9,0.75,0 arg1=4x4=-10000,-10000,0,0,0,0,0,0,0,0,0,0,0,0,0,0
// RUN: snn-opt %s --split-input-file --spike-choose-mask="mask=mode inputs=%t.npz" --mlir-print-local-scope --remark-format=emitRemark --remarks-filter=spike-choose-mask 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks
// RUN: snn-opt %s --split-input-file --spike-choose-mask=mask=zero --mlir-print-local-scope | FileCheck %s --check-prefix=ZERO
// RUN: snn-opt %s --split-input-file --spike-choose-mask=mask=plain --mlir-print-local-scope | FileCheck %s --check-prefix=PLAIN
// RUN: snn-opt %s --split-input-file --spike-choose-mask=mask=level:5 --mlir-print-local-scope | FileCheck %s --check-prefix=LEVEL
// RUN: snn-opt %s --split-input-file --spike-choose-mask --mlir-print-local-scope 2>%t.warn | FileCheck %s --check-prefix=AUTO
// RUN: FileCheck %s --check-prefix=WARN --input-file=%t.warn

// The levels of %x are 7 three times, 8 twice, 9, 11 three times and 12; the nines
// are clipped and do not count. 7 and 11 tie: 7 is nearer to the zero point 8.
// A key is no spike train: it has its zero point, and no histogram.
// A probability has mask 0.
// Site "b" has a dead zone: around 7 it would swallow the zero point 8.
!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!r = !spike.level<bits = 4, zero = 8, mask = 8, radius = 1, scale = 0.25>
!p = !spike.level<bits = 4, zero = 0, mask = 0, scale = 0.0625>

// CHECK: module attributes {spike.mask = "mode"}
// CHECK-LABEL: @sites
// CHECK: spike.quantize %{{.*}} "a" kind activation {spike.histogram = array<i64: 0, 0, 0, 0, 0, 0, 0, 3, 2, 1, 0, 3, 1, 0, 0, 0>} {{.*}} -> tensor<?x4x!spike.level<bits = 4, zero = 8, mask = 7, scale = 0.25>>
// CHECK: spike.quantize %{{.*}} "b" kind activation {spike.histogram = {{.*}}zero = 8, mask = 8, radius = 1, scale
// CHECK: spike.quantize %{{.*}} "k" kind key : {{.*}}mask = 8, scale
// CHECK: spike.quantize %{{.*}} "p" kind probability : {{.*}}zero = 0, mask = 0, scale
// CHECK: onnx.reshape {{.*}}mask = 7, {{.*}}mask = 7, 
// ZERO: module attributes {spike.mask = "zero"}
// ZERO-LABEL: @sites
// ZERO: "a" kind activation : {{.*}}mask = 8, scale
// ZERO: "b" kind activation : {{.*}}mask = 8, radius = 1
// PLAIN: module attributes {spike.mask = "plain"}
// PLAIN: "a" kind activation : {{.*}}mask = 8, scale
// An explicit level may lie beside the zero point, and goes to spiking sites only.
// LEVEL: module attributes {spike.mask = "level:5"}
// LEVEL: "a" kind activation : {{.*}}mask = 5, scale
// LEVEL: "b" kind activation : {{.*}}mask = 5, radius = 1
// LEVEL: "k" kind key : {{.*}}mask = 8, scale
// LEVEL: "p" kind probability : {{.*}}mask = 0, scale
// AUTO: module attributes {spike.mask = "zero"}
// AUTO: "a" kind activation : {{.*}}mask = 8, scale
// WARN: warning: has no calibration inputs for the mask level; every site's mask is its zero point
// Nothing is said of a site before its level is known.
// REMARK-NOT: Function=a | distance=0
// REMARK: [Passed] MaskLevel | Category:spike-choose-mask | Function=a | distance=1, mask=7, zero=8
// REMARK: [Passed] ZeroStaysZero | Category:spike-choose-mask | Function=b | Reason="the mode 7 would swallow the zero point 8"
func.func @sites(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x2x2xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = spike.quantize %x "a" kind activation : tensor<?x4xf32> -> tensor<?x4x!l>
  %1 = spike.quantize %x "b" kind activation : tensor<?x4xf32> -> tensor<?x4x!r>
  %2 = spike.quantize %x "k" kind key : tensor<?x4xf32> -> tensor<?x4x!l>
  %3 = spike.quantize %y "p" kind probability : tensor<?x4xf32> -> tensor<?x4x!p>
  %4 = onnx.reshape %0 [-1, 2, 2] : (tensor<?x4x!l>) -> tensor<?x2x2x!l>
  %d0 = spike.dequantize %4 : tensor<?x2x2x!l> -> tensor<?x2x2xf32>
  %d1 = spike.dequantize %1 : tensor<?x4x!r> -> tensor<?x4xf32>
  %d2 = spike.dequantize %2 : tensor<?x4x!l> -> tensor<?x4xf32>
  %d3 = spike.dequantize %3 : tensor<?x4x!p> -> tensor<?x4xf32>
  return %d0, %d1, %d2, %d3 : tensor<?x2x2xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

!r = !spike.level<bits = 4, zero = 8, mask = 8, radius = 1, scale = 0.25>
!s = !spike.level<bits = 4, zero = 8, mask = 8, scale = 1.0>

// Dead zones upstream have been applied: no 7 and no 9 (acc -1, 1) arrives, and
// what "a" clipped is an ordinary level of "b".
// CHECK-LABEL: @upstream
// CHECK: spike.requantize %{{.*}} "b" kind activation {{.*}}spike.histogram = array<i64: 1, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 3, 1, 0, 0, 5>{{.*}}mask = 8, scale
func.func @upstream(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = spike.quantize %x "a" kind activation : tensor<?x4xf32> -> tensor<?x4x!r>
  %1 = spike.linear %0 {weight = dense<[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]> : tensor<4x4xi8>} : tensor<?x4x!r> -> tensor<?x4xi32>
  %2 = spike.requantize %1 "b" kind activation {scale = dense<1.0> : tensor<1xf32>, axis = -1 : i64} : tensor<?x4xi32> -> tensor<?x4x!s>
  %3 = spike.dequantize %2 : tensor<?x4x!s> -> tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Without the first sample's first two tokens, which are 7, the mode is 11.
// CHECK-LABEL: @validity
// CHECK: spike.quantize {{.*}}spike.histogram = array<i64: 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 3, 1, 0, 0, 0>{{.*}}mask = 11, scale
func.func @validity(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = onnx.reshape %y [-1, 1, 1, 4] : (tensor<?x4xf32>) -> tensor<?x1x1x4xf32>
  %1 = spike.token_mask %0 : tensor<?x1x1x4xf32> -> tensor<?x4xi1>
  %2 = spike.quantize %x "a" kind activation valid(%1 : tensor<?x4xi1>) {token_axes = array<i64: 1>} : tensor<?x4xf32> -> tensor<?x4x!l>
  %3 = spike.dequantize %2 : tensor<?x4x!l> -> tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// `auto` asks the model.
module attributes {onnx.metadata = {snnc.mask = "level:3"}} {
// AUTO: module attributes {onnx.metadata = {snnc.mask = "level:3"}, spike.mask = "level:3"}
// AUTO: "a" kind activation : {{.*}}mask = 3, scale
func.func @metadata(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = spike.quantize %x "a" kind activation : tensor<?x4xf32> -> tensor<?x4x!l>
  %1 = spike.dequantize %0 : tensor<?x4x!l> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}
}

// -----

// Nothing to choose.
// AUTO-LABEL: @float
func.func @float(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = onnx.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
