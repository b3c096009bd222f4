// Debian's mlir-opt reads the dialects and runs the passes of the plug-in library.
//
// RUN: mlir-opt %s --load-dialect-plugin=%build/lib/libSNNCPlugin.so \
// RUN:   --load-pass-plugin=%build/lib/libSNNCPlugin.so \
// RUN:   --pass-pipeline='builtin.module(spike-insert-sites)' | FileCheck %s
// RUN: mlir-opt --load-dialect-plugin=%build/lib/libSNNCPlugin.so --show-dialects \
// RUN:   | FileCheck %s --check-prefix=DIALECTS

// CHECK: spike.site %arg0 "fc/x" kind activation
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %w = onnx.constant dense<1.0> : tensor<3x2xf32>
  %y = onnx.matmul %x, %w : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32> loc("fc")
  return %y : tensor<2x2xf32>
}

// DIALECTS: onnx
// DIALECTS: spike
// DIALECTS: xbar
