// A tensor that another file holds already is named there and not written again.
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-fold-silent-offset --snn-externalize-weights=archive=%t/w.safetensors -o /dev/null
// RUN: snn-opt %s --spike-fold-silent-offset "--snn-externalize-weights=archive=%t/v.safetensors shared=%t/w.safetensors shared-name=w.safetensors" -o %t/out.mlir
// RUN: FileCheck %s --input-file=%t/out.mlir
// RUN: not ls %t/v.safetensors
// RUN: snn-opt %t/out.mlir --snn-externalize-weights=archive=%t/u.safetensors -o /dev/null
// Other contents under the same key are another tensor.
// RUN: sed 's/dense<2>/dense<3>/' %s > %t/other.mlir
// RUN: snn-opt %t/other.mlir --spike-fold-silent-offset "--snn-externalize-weights=archive=%t/v.safetensors name=v.safetensors shared=%t/w.safetensors" | FileCheck %s --check-prefix=OTHER
// RUN: not snn-opt %s --spike-fold-silent-offset "--snn-externalize-weights=archive=%t/v.safetensors shared=%t/none.safetensors" 2>&1 | FileCheck %s --check-prefix=NONE

!e = !spike.ttfs<bits = 4, zero = 8, mask = 7, scale = 0.25>

// CHECK: offset = #onnx.param<"w.safetensors", "{{[^"]+}}"> : tensor<80xi32>
// OTHER: offset = #onnx.param<"v.safetensors", "{{[^"]+}}"> : tensor<80xi32>
// NONE: error: cannot read the weights that it shares: {{.*}}none.safetensors
func.func @main(%x: tensor<4x3xf32>) -> tensor<4x80xi32> {
  %0 = spike.encode %x "e" kind activation : tensor<4x3xf32> -> tensor<4x3x!e>
  %1 = spike.linear %0 {weight = dense<2> : tensor<3x80xi8>} : tensor<4x3x!e> -> tensor<4x80xi32>
  return %1 : tensor<4x80xi32>
}
