// Neurons that are found in a float graph must fire as it does; a spike that a rounding
// flips is no fault.
//
// RUN: split-file %s %t
// RUN: snn-opt %t/imported.mlir --spike-recover-lif --canonicalize -o %t/recovered.mlir
// RUN: FileCheck %s --input-file %t/recovered.mlir
// RUN: snn-opt %t/recovered.mlir --snn-check-recognition="reference=%t/imported.mlir mean inputs=random:64" -o /dev/null
// RUN: not snn-opt %t/wrong.mlir --snn-check-recognition="reference=%t/imported.mlir mean inputs=random:64" 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: snn-opt %t/rounded.mlir --snn-check-recognition="reference=%t/imported.mlir mean inputs=random:64" -o /dev/null
// RUN: not snn-opt %t/rounded.mlir --snn-check-recognition="reference=%t/imported.mlir inputs=random:64" 2>&1 | FileCheck %s --check-prefix=WRONG

// CHECK: spike.lif
// WRONG: error: {{.*}}, which was recognised here, differs from the graph as imported by {{[0-9.]+}} % of the value's range

//--- imported.mlir
func.func @main(%x: tensor<2x1x512xf32>) -> tensor<1x512xf32> {
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %tau = onnx.constant dense<2.0> : tensor<f32>
  %x0 = onnx.gather %x, %i0 : (tensor<2x1x512xf32>, tensor<i64>) -> tensor<1x512xf32> loc("x0")
  %0 = onnx.div %x0, %tau : (tensor<1x512xf32>, tensor<f32>) -> tensor<1x512xf32> loc("h0")
  %1 = onnx.greater_or_equal %0, %one : (tensor<1x512xf32>, tensor<f32>) -> tensor<1x512xi1> loc("c0")
  %s0 = onnx.cast %1 {to = f32} : (tensor<1x512xi1>) -> tensor<1x512xf32> loc("s0")
  %2 = onnx.sub %one, %s0 : (tensor<f32>, tensor<1x512xf32>) -> tensor<1x512xf32> loc("n0")
  %v0 = onnx.mul %2, %0 : (tensor<1x512xf32>, tensor<1x512xf32>) -> tensor<1x512xf32> loc("v0")
  %x1 = onnx.gather %x, %i1 : (tensor<2x1x512xf32>, tensor<i64>) -> tensor<1x512xf32> loc("x1")
  %3 = onnx.sub %x1, %v0 : (tensor<1x512xf32>, tensor<1x512xf32>) -> tensor<1x512xf32> loc("d1")
  %4 = onnx.div %3, %tau : (tensor<1x512xf32>, tensor<f32>) -> tensor<1x512xf32> loc("e1")
  %h1 = onnx.add %v0, %4 : (tensor<1x512xf32>, tensor<1x512xf32>) -> tensor<1x512xf32> loc("h1")
  %5 = onnx.greater_or_equal %h1, %one : (tensor<1x512xf32>, tensor<f32>) -> tensor<1x512xi1> loc("c1")
  %s1 = onnx.cast %5 {to = f32} : (tensor<1x512xi1>) -> tensor<1x512xf32> loc("s1")
  %r0 = onnx.reshape %s0 [1, 1, 512] : (tensor<1x512xf32>) -> tensor<1x1x512xf32> loc("r0")
  %r1 = onnx.reshape %s1 [1, 1, 512] : (tensor<1x512xf32>) -> tensor<1x1x512xf32> loc("r1")
  %c = onnx.concat %r0, %r1 {axis = 0 : i64} : (tensor<1x1x512xf32>, tensor<1x1x512xf32>) -> tensor<2x1x512xf32> loc("spikes")
  %y = onnx.reduce_mean %c {axes = array<i64: 0>, keepdims = false} : (tensor<2x1x512xf32>) -> tensor<1x512xf32> loc("y")
  return %y : tensor<1x512xf32>
}

//--- wrong.mlir
func.func @main(%x: tensor<2x1x512xf32>) -> tensor<1x512xf32> {
  %s = spike.lif %x "lif" {decay_input, tau = 2.000000e+00 : f64, threshold = 1.200000e+00 : f64} : tensor<2x1x512xf32> -> tensor<2x1x512x!spike.binary<steps = 2>> loc("lif")
  %c = spike.dequantize %s : tensor<2x1x512x!spike.binary<steps = 2>> -> tensor<2x1x512xf32> loc("spikes")
  %y = onnx.reduce_mean %c {axes = array<i64: 0>, keepdims = false} : (tensor<2x1x512xf32>) -> tensor<1x512xf32> loc("y")
  return %y : tensor<1x512xf32>
}

//--- rounded.mlir
func.func @main(%x: tensor<2x1x512xf32>) -> tensor<1x512xf32> {
  %s = spike.lif %x "lif" {decay_input, tau = 2.000000e+00 : f64, threshold = 1.002000e+00 : f64} : tensor<2x1x512xf32> -> tensor<2x1x512x!spike.binary<steps = 2>> loc("lif")
  %c = spike.dequantize %s : tensor<2x1x512x!spike.binary<steps = 2>> -> tensor<2x1x512xf32> loc("spikes")
  %y = onnx.reduce_mean %c {axes = array<i64: 0>, keepdims = false} : (tensor<2x1x512xf32>) -> tensor<1x512xf32> loc("y")
  return %y : tensor<1x512xf32>
}
