// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-fold-silent-offset --snn-externalize-weights=archive=%t/w.safetensors -o %t/out.mlir
// RUN: FileCheck %s --input-file=%t/out.mlir
// The file is found again, also by a second run that has nothing to add.
// RUN: snn-opt %t/out.mlir --snn-externalize-weights=archive=%t/w.safetensors --spike-to-emitc --snn-write-simulator=output=%t/sim -o /dev/null
// RUN: FileCheck %s --check-prefix=KEYS --input-file=%t/sim/weights.safetensors
// RUN: not snn-opt %s --snn-externalize-weights 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not snn-opt %s --spike-fold-silent-offset --snn-externalize-weights=archive=%t/none/w.safetensors 2>&1 | FileCheck %s --check-prefix=WRITE

// OPTION: error: needs the option 'archive', the file to write
// WRITE: error: cannot write its weights: {{.*}}none

!e = !spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>

// A pass made a large constant: it gets a file. Small ones stay where they are.
// CHECK: spike.linear
// CHECK-SAME: offset = #onnx.param<"{{.*}}w.safetensors", "[[KEY:[^"]+]]"> : tensor<80xi32>
// CHECK-SAME: weight = dense<2> : tensor<3x80xi8>
// KEYS: offset
func.func @main(%x: tensor<4x3xf32>) -> tensor<4x80xi32> {
  %0 = spike.encode %x "e" kind activation : tensor<4x3xf32> -> tensor<4x3x!e>
  %1 = spike.linear %0 {weight = dense<2> : tensor<3x80xi8>} : tensor<4x3x!e> -> tensor<4x80xi32>
  return %1 : tensor<4x80xi32>
}
