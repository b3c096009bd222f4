// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=%S/../../Dialect/Xbar/Inputs/toy.yaml --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --snn-write-image=output=%t/a.snnimg -o %t/mapped.mlir
// RUN: snn-image dump %t/a.snnimg | FileCheck %s
// RUN: snn-image dump %t/a.snnimg --json | FileCheck %s --check-prefix=JSON
// RUN: snn-image dump %t/a.snnimg --section=engines | FileCheck %s --check-prefix=ONE
// RUN: snn-image verify %t/a.snnimg --chip=%S/../../Dialect/Xbar/Inputs/toy.yaml | FileCheck %s --check-prefix=VERIFY
//
// The bytes depend on the module alone, whatever wrote it.
// RUN: snn-opt %t/mapped.mlir --snn-write-image=output=%t/b.snnimg -o /dev/null
// RUN: snn-opt %t/mapped.mlir --snn-write-image=output=%t/c.snnimg -o /dev/null
// RUN: cmp %t/b.snnimg %t/c.snnimg
//
// RUN: snn-image export %t/a.snnimg -o %t/export | FileCheck %s --check-prefix=EXPORT
// RUN: FileCheck %s --check-prefix=INDEX --input-file=%t/export/index.csv
// RUN: FileCheck %s --check-prefix=CSV --input-file=%t/export/layer1_fc_g0_c0_r0.csv
// RUN: FileCheck %s --check-prefix=CSV2 --input-file=%t/export/layer0_fc1_g0_c0_r1.csv
// RUN: %python -c "import numpy, sys; a = numpy.load(sys.argv[1]); print(a.dtype, a.shape, a.tolist())" \
// RUN:   %t/export/layer1_fc_g0_c0_r0.npy | FileCheck %s --check-prefix=NPY

!e1 = !spike.ttfs<bits = 2, zero = 2, mask = 2, scale = 0.5>
!e2 = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.25>
!e3 = !spike.ttfs<bits = 2, zero = 0, mask = 1, radius = 1, scale = 0.25>
!k = !spike.level<bits = 1, zero = 0, mask = 0, scale = 1.0>

// CHECK: programming image, schema version 8
// CHECK: section             bytes   share     crc32
// CHECK-NEXT: chip
// CHECK-NEXT: interface
// CHECK-NEXT: layers
// 10 x 2 ternary weights and 3 x 2 of +1 and -1: 20 * 2 + 6 * 1 bits.
// CHECK-NEXT: conductances{{ +}}6 
// CHECK: file
// CHECK: chip toy (fingerprint {{[0-9a-f]+}}): 2 cores of 4 crossbars, 8 x 8 cells, differential
// CHECK-NEXT:   reram of 2 levels, 10 to 100 uS; 4 active rows, 4-bit lossless ADC
// CHECK-NEXT: 12 engines mttfs: 4 elements of 64 bits
// CHECK: model small.onnx, coding mttfs, written by snnc
// CHECK-NEXT: input 'ids': I64 4 = %0
// CHECK-NEXT: output 'y': F32 4x2
// CHECK: layer 0 '/fc1': 10 x 2, {{.*}}slices (direct)
// CHECK-NEXT: 2 tiles (2 row x 1 column blocks), {{[0-9]+}} replicas, round 0, 2 bits a cell, 2 passes, 4 active rows, exact
// CHECK-NEXT: tile 0/0/0: 8 x 2 on crossbars 0 4 6
// CHECK-NEXT: tile 0/0/1: 2 x 2 on crossbars 1 5 7
// CHECK: layer 1 '/fc': 3 x 2, {{.*}}slices (direct)
// CHECK: 1 bits a cell
// CHECK: requantiser 0 'e2': 2 x 15 thresholds, from scale and bias
// CHECK: requantiser 1 'e3': 1 x 3 thresholds, explicit
// CHECK: product 0 '/QK': engine mttfs, transposed
// CHECK: %{{[0-9]+}} = gather(%{{[0-9]+}}, %0) {0}  # /emb
// CHECK: %{{[0-9]+}} = encode(%{{[0-9]+}}) {2, 2, 2, 0, 0.5, 1} site 'e1'  # /fc1
// CHECK: %[[ACC:[0-9]+]] = layer 0(%{{[0-9]+}})  # /fc1
// CHECK: %{{[0-9]+}} = fire 0(%[[ACC]]) site 'e2'  # /fc1
// CHECK: %{{[0-9]+}} = quantize(%{{[0-9]+}}) {1, 0, 0, 0, 1} site 'k'
// CHECK: product 0(%{{[0-9]+}}, %{{[0-9]+}}, -)  # /QK
// CHECK: rescale(%{{[0-9]+}}, %{{[0-9]+}}, -) {1}
// CHECK: constant {{[0-9]+}} '/table': F32 3x10, embedding, 120 bytes at 0
// CHECK: 'e2.bias': F32 2, requantiser
// CHECK: 'e2.lowest': I32 2, requantiser
// CHECK: '/fc.offset': I32 2, offset
// CHECK: route %0: host -> digital unit, fan-out 1
// CHECK: route %{{[0-9]+}}: digital unit -> crossbars of cores 0 1, fan-out 1
// CHECK: statistics: 8 of 8 crossbars, 26 weights in 26 cells

// JSON: "bytes":
// JSON: "fingerprint":
// JSON: "layers": [
// JSON: "schema_version": 8
// JSON: "sections": [

// ONE: product 0
// ONE-NOT: layer

// VERIFY: a.snnimg: ok, 11 sections, 2 layers, 3 tiles, 26 cells, 2 firing sites, {{[0-9]+}} instructions

// EXPORT: wrote the conductances of 3 tiles
// INDEX: file,layer,node,group,column_block,row_block,rows,columns,crossbars
// INDEX-NEXT: layer0_fc1_g0_c0_r0,0,"/fc1",0,0,0,8,4,0 4 6
// INDEX-NEXT: layer0_fc1_g0_c0_r1,0,"/fc1",0,0,1,2,4,1 5 7
// INDEX-NEXT: layer1_fc_g0_c0_r0,1,"/fc",0,0,0,3,4,2 3
// +1 is (g_on, g_off), -1 is swapped.
// CSV: {{^}}100,10,10,100{{$}}
// CSV-NEXT: {{^}}10,100,10,100{{$}}
// CSV-NEXT: {{^}}100,10,100,10{{$}}
// 0 is g_off twice.
// CSV2: {{^}}10,10,100,10{{$}}
// CSV2-NEXT: {{^}}10,100,10,10{{$}}
// NPY: float32 (3, 4) {{\[\[}}100.0, 10.0, 10.0, 100.0], [10.0, 100.0, 10.0, 100.0], [100.0, 10.0, 100.0, 10.0]]
module attributes {onnx.source = "models/small.onnx", spike.coding = "mttfs"} {
func.func @main(%ids: tensor<4xi64> {onnx.name = "ids"}) -> (tensor<4x2xf32> {onnx.name = "y"}) {
  %table = onnx.constant dense<0.5> : tensor<3x10xf32> loc("/table")
  %0 = onnx.gather %table, %ids {axis = 0 : i64} : (tensor<3x10xf32>, tensor<4xi64>) -> tensor<4x10xf32> loc("/emb")
  %1 = spike.encode %0 "e1" kind activation {dead_zone = 1 : i64} : tensor<4x10xf32> -> tensor<4x10x!e1> loc("/fc1")
  %2 = spike.linear %1 {weight = dense<[[1, 1], [1, -1], [0, 1], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1], [0, 1], [-1, 0]]> : tensor<10x2xi8>}
      : tensor<4x10x!e1> -> tensor<4x2xi32> loc("/fc1")
  %3 = spike.fire %2 "e2" kind activation {axis = -1 : i64, scale = dense<[0.25, 0.5]> : tensor<2xf32>, bias = dense<[0.0, -0.5]> : tensor<2xf32>, relu,
      thresholds = dense<[[1, 2, 3, 4, 5, 6, 7, 8, 9, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647],
                          [2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9]]> : tensor<2x15xi32>}
      : tensor<4x2xi32> -> tensor<4x2x!e2> loc("/fc1")
  %4 = spike.dequantize %3 : tensor<4x2x!e2> -> tensor<4x2xf32>
  %k = spike.quantize %4 "k" kind key : tensor<4x2xf32> -> tensor<4x2x!k>
  %5 = spike.matmul %3, %k {transposed, engine = "mttfs"} : tensor<4x2x!e2>, tensor<4x2x!k> -> tensor<4x4xi32> loc("/QK")
  %6 = spike.fire %5 "e3" kind activation {axis = -1 : i64, scale = dense<0.5> : tensor<1xf32>, thresholds = dense<[[1, 2, 3]]> : tensor<1x3xi32>}
      : tensor<4x4xi32> -> tensor<4x4x!e3> loc("/QK")
  %7 = onnx.slice %6 {starts = array<i64: 0>, ends = array<i64: 3>, axes = array<i64: 1>, steps = array<i64: 1>} : (tensor<4x4x!e3>) -> tensor<4x3x!e3>
  %8 = spike.linear %7 {weight = dense<[[1, -1], [-1, -1], [1, 1]]> : tensor<3x2xi8>, offset = dense<[1, -1]> : tensor<2xi32>}
      : tensor<4x3x!e3> -> tensor<4x2xi32> loc("/fc")
  %9 = spike.rescale %8 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<4x2xi32> -> tensor<4x2xf32>
  return %9 : tensor<4x2xf32>
}
}
