// RUN: snn-opt %s --split-input-file --spike-dead-zone --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-dead-zone="radius=2 site=q=3,k=1" --mlir-print-local-scope | FileCheck %s --check-prefix=SET
// RUN: snn-opt %s --split-input-file --spike-dead-zone=radius=0 --mlir-print-local-scope | FileCheck %s --check-prefix=NONE

// NONE-NOT: radius

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!p = !spike.level<bits = 4, zero = 0, mask = 0, scale = 0.0625>
!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>

// The model's dead zone goes to the spiking sites, through data movement; keys
// and values have none unless they are named, trains are past it.
module attributes {onnx.metadata = {snnc.dead_zone = "1"}} {
// CHECK-LABEL: @metadata
// CHECK: spike.quantize %{{.*}} "e" kind activation {{.*}}-> tensor<4x8x!spike.level<bits = 4, zero = 8, mask = 8, radius = 1, scale = 0.25>>
// CHECK: spike.requantize %{{.*}} "q" kind query {{.*}}radius = 1, scale
// CHECK: onnx.reshape {{.*}}radius = 1,{{.*}}-> {{.*}}radius = 1,
// CHECK: spike.quantize %{{.*}} "p" kind probability {{.*}}mask = 0, radius = 1, scale
// CHECK: spike.quantize %{{.*}} "k" kind key {{.*}}mask = 8, scale
// CHECK: spike.quantize %{{.*}} "v" kind value {{.*}}mask = 8, scale
// CHECK: spike.encode %{{.*}} "done" {{.*}}mask = 8, scale
// SET-LABEL: @metadata
// SET: spike.quantize %{{.*}} "e" {{.*}}radius = 2, scale
// SET: spike.requantize %{{.*}} "q" {{.*}}radius = 3, scale
// SET: spike.quantize %{{.*}} "p" {{.*}}radius = 2, scale
// SET: spike.quantize %{{.*}} "k" {{.*}}radius = 1, scale
// SET: spike.quantize %{{.*}} "v" {{.*}}mask = 8, scale
func.func @metadata(%x: tensor<4x8xf32>, %acc: tensor<4x8xi32>) -> (tensor<4x8xf32>, tensor<32xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8x!t>) {
  %0 = spike.quantize %x "e" kind activation : tensor<4x8xf32> -> tensor<4x8x!l>
  %1 = spike.requantize %acc "q" kind query {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<4x8xi32> -> tensor<4x8x!l>
  %2 = onnx.reshape %1 [32] : (tensor<4x8x!l>) -> tensor<32x!l>
  %3 = spike.quantize %x "p" kind probability : tensor<4x8xf32> -> tensor<4x8x!p>
  %4 = spike.quantize %x "k" kind key : tensor<4x8xf32> -> tensor<4x8x!l>
  %5 = spike.quantize %x "v" kind value : tensor<4x8xf32> -> tensor<4x8x!l>
  %6 = spike.encode %x "done" kind activation : tensor<4x8xf32> -> tensor<4x8x!t>
  %d0 = spike.dequantize %0 : tensor<4x8x!l> -> tensor<4x8xf32>
  %d1 = spike.dequantize %2 : tensor<32x!l> -> tensor<32xf32>
  %d2 = spike.dequantize %3 : tensor<4x8x!p> -> tensor<4x8xf32>
  %d3 = spike.dequantize %4 : tensor<4x8x!l> -> tensor<4x8xf32>
  %d4 = spike.dequantize %5 : tensor<4x8x!l> -> tensor<4x8xf32>
  return %d0, %d1, %d2, %d3, %d4, %6 : tensor<4x8xf32>, tensor<32xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8x!t>
}
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// The model names its sites: only they have one, whatever their kind.
module attributes {onnx.metadata = {snnc.dead_zone = "3", snnc.dead_zone_sites = "q, k"}} {
// CHECK-LABEL: @named
// CHECK: "e" {{.*}}mask = 8, scale
// CHECK: "q" {{.*}}radius = 3, scale
// CHECK: "k" {{.*}}radius = 3, scale
// SET-LABEL: @named
// SET: "e" {{.*}}mask = 8, scale
// SET: "q" {{.*}}radius = 3, scale
// SET: "k" {{.*}}radius = 1, scale
func.func @named(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = spike.quantize %x "e" kind activation : tensor<4x8xf32> -> tensor<4x8x!l>
  %1 = spike.quantize %x "q" kind query : tensor<4x8xf32> -> tensor<4x8x!l>
  %2 = spike.quantize %x "k" kind key : tensor<4x8xf32> -> tensor<4x8x!l>
  %d0 = spike.dequantize %0 : tensor<4x8x!l> -> tensor<4x8xf32>
  %d1 = spike.dequantize %1 : tensor<4x8x!l> -> tensor<4x8xf32>
  %d2 = spike.dequantize %2 : tensor<4x8x!l> -> tensor<4x8xf32>
  return %d0, %d1, %d2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// Or all of them.
module attributes {onnx.metadata = {snnc.dead_zone = "1", snnc.dead_zone_sites = "all"}} {
// CHECK-LABEL: @all
// CHECK: "q" {{.*}}radius = 1, scale
// CHECK: "k" {{.*}}radius = 1, scale
func.func @all(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = spike.quantize %x "q" kind query : tensor<4x8xf32> -> tensor<4x8x!l>
  %1 = spike.quantize %x "k" kind key : tensor<4x8xf32> -> tensor<4x8x!l>
  %d0 = spike.dequantize %0 : tensor<4x8x!l> -> tensor<4x8xf32>
  %d1 = spike.dequantize %1 : tensor<4x8x!l> -> tensor<4x8xf32>
  return %d0, %d1 : tensor<4x8xf32>, tensor<4x8xf32>
}
}

// -----

!l = !spike.level<bits = 4, zero = 8, mask = 8, radius = 2, scale = 0.25>

// A model that says nothing has no dead zone.
// CHECK-LABEL: @silent
// CHECK: "q" {{.*}}mask = 8, scale
func.func @silent(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = spike.quantize %x "q" kind query : tensor<4x8xf32> -> tensor<4x8x!l>
  %1 = spike.quantize %x "k" kind key : tensor<4x8xf32> -> tensor<4x8x!l>
  %d0 = spike.dequantize %0 : tensor<4x8x!l> -> tensor<4x8xf32>
  %d1 = spike.dequantize %1 : tensor<4x8x!l> -> tensor<4x8xf32>
  return %d0, %d1 : tensor<4x8xf32>, tensor<4x8xf32>
}
