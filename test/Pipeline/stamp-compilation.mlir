// Artefacts of one compilation carry the digest of model, options and version: it depends
// on what the module computes and on the decisions, and on nothing else.
//
// RUN: split-file %s %t
// RUN: snn-opt %t/a.mlir --snn-stamp-compilation="options=act-bits=8" | FileCheck %s
// RUN: snn-opt %t/a.mlir --snn-stamp-compilation="options=act-bits=8" | grep -o 'onnx.digest = "[0-9a-f]*"' > %t/a
// RUN: snn-opt %t/a.mlir --snn-stamp-compilation="options=act-bits=8" | grep -o 'onnx.digest = "[0-9a-f]*"' > %t/again
// RUN: snn-opt %t/b.mlir --snn-stamp-compilation="options=act-bits=8" | grep -o 'onnx.digest = "[0-9a-f]*"' > %t/b
// RUN: snn-opt %t/a.mlir --snn-stamp-compilation="options=act-bits=4" | grep -o 'onnx.digest = "[0-9a-f]*"' > %t/c
// RUN: cmp %t/a %t/again
// RUN: not cmp %t/a %t/b
// RUN: not cmp %t/a %t/c

// CHECK: module attributes {onnx.digest = "{{[0-9a-f]+}}"}

//--- a.mlir
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %c = onnx.constant dense<0.5> : tensor<f32>
  %y = onnx.mul %x, %c : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

//--- b.mlir
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %c = onnx.constant dense<0.25> : tensor<f32>
  %y = onnx.mul %x, %c : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
