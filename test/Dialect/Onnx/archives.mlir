// RUN: rm -rf %t && %python %S/Inputs/make_archives.py %t && cp %s %t/a.mlir
// RUN: snn-opt %t/a.mlir --canonicalize | FileCheck %s

// Negation of a constant shows what an archive holds.

// CHECK-LABEL: @raw
func.func @raw() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xi1>, tensor<f32>) {
  // CHECK-DAG: dense<-9.000000e+00> : tensor<f32>
  // CHECK-DAG: dense<[false, true]> : tensor<2xi1>
  // CHECK-DAG: %[[RAW:.*]] = onnx.constant dense<[-1.000000e+00, -2.000000e+00]> : tensor<2xf32>
  // CHECK: return %[[RAW]], %[[RAW]], %[[RAW]]
  %a = onnx.constant #onnx.param<"m.onnx", "raw"> : tensor<2xf32>
  %b = onnx.constant #onnx.param<"m.onnx", "raw1"> : tensor<2xf32>
  %c = onnx.constant #onnx.param<"m.onnx", "raw12"> : tensor<2xf32>
  %d = onnx.constant #onnx.param<"m.onnx", "bool"> : tensor<2xi1>
  %e = onnx.constant #onnx.param<"m.onnx", "scalar"> : tensor<f32>
  %0 = onnx.neg %a : (tensor<2xf32>) -> tensor<2xf32>
  %1 = onnx.neg %b : (tensor<2xf32>) -> tensor<2xf32>
  %2 = onnx.neg %c : (tensor<2xf32>) -> tensor<2xf32>
  %3 = onnx.not %d : (tensor<2xi1>) -> tensor<2xi1>
  %4 = onnx.neg %e : (tensor<f32>) -> tensor<f32>
  return %0, %1, %2, %3, %4 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xi1>, tensor<f32>
}

// CHECK-LABEL: @typed
func.func @typed() -> (tensor<2xf32>, tensor<1xf32>, tensor<2xi64>, tensor<2xi64>, tensor<1xf32>) {
  // CHECK-DAG: dense<[-3.000000e+00, -4.000000e+00]> : tensor<2xf32>
  // CHECK-DAG: dense<-5.000000e+00> : tensor<1xf32>
  // CHECK-DAG: dense<[-6, 7]> : tensor<2xi64>
  // CHECK-DAG: dense<[8, 255]> : tensor<2xi64>
  // CHECK-DAG: dense<2.500000e-01> : tensor<1xf32>
  %a = onnx.constant #onnx.param<"m.onnx", "typed"> : tensor<2xf32>
  %b = onnx.constant #onnx.param<"m.onnx", "single"> : tensor<1xf32>
  %c = onnx.constant #onnx.param<"m.onnx", "int64"> : tensor<2xi64>
  %d = onnx.constant #onnx.param<"m.onnx", "uint8"> : tensor<2xui8>
  %e = onnx.constant #onnx.param<"m.onnx", "double"> : tensor<1xf64>
  %0 = onnx.neg %a : (tensor<2xf32>) -> tensor<2xf32>
  %1 = onnx.neg %b : (tensor<1xf32>) -> tensor<1xf32>
  %2 = onnx.neg %c : (tensor<2xi64>) -> tensor<2xi64>
  %3 = onnx.cast %d {to = i64} : (tensor<2xui8>) -> tensor<2xi64>
  %4 = onnx.cast %e {to = f32} : (tensor<1xf64>) -> tensor<1xf32>
  return %0, %1, %2, %3, %4 : tensor<2xf32>, tensor<1xf32>, tensor<2xi64>, tensor<2xi64>, tensor<1xf32>
}

// Half floats are handed out as f32.
// CHECK-LABEL: @half
func.func @half() -> (tensor<2xf32>, tensor<1xf32>) {
  // CHECK-DAG: dense<[-5.000000e-01, 2.000000e+00]> : tensor<2xf32>
  // CHECK-DAG: dense<2.000000e+00> : tensor<1xf32>
  %a = onnx.constant #onnx.param<"m.onnx", "half"> : tensor<2xf32>
  %b = onnx.constant #onnx.param<"m.onnx", "typed_half"> : tensor<1xf32>
  %c = onnx.constant #onnx.param<"m.onnx", "brain"> : tensor<1xf32>
  %0 = onnx.neg %a : (tensor<2xf32>) -> tensor<2xf32>
  %1 = onnx.add %b, %c : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  return %0, %1 : tensor<2xf32>, tensor<1xf32>
}

// CHECK-LABEL: @elsewhere
func.func @elsewhere() -> (tensor<2xf32>, tensor<3xf32>, tensor<1xf32>, tensor<2xf32>) {
  // CHECK-DAG: dense<[-1.200000e+01, -1.300000e+01]> : tensor<2xf32>
  // CHECK-DAG: dense<[-1.100000e+01, -1.200000e+01, -1.300000e+01]> : tensor<3xf32>
  // CHECK-DAG: dense<-1.000000e+01> : tensor<1xf32>
  // CHECK-DAG: dense<[-1.400000e+01, -1.500000e+01]> : tensor<2xf32>
  %a = onnx.constant #onnx.param<"m.onnx", "external"> : tensor<2xf32>
  %b = onnx.constant #onnx.param<"m.onnx", "rest"> : tensor<3xf32>
  %c = onnx.constant #onnx.param<"m.onnx", "constant"> : tensor<1xf32>
  %d = onnx.constant #onnx.param<"w.safetensors", "w"> : tensor<2xf32>
  %0 = onnx.neg %a : (tensor<2xf32>) -> tensor<2xf32>
  %1 = onnx.neg %b : (tensor<3xf32>) -> tensor<3xf32>
  %2 = onnx.neg %c : (tensor<1xf32>) -> tensor<1xf32>
  %3 = onnx.neg %d : (tensor<2xf32>) -> tensor<2xf32>
  return %0, %1, %2, %3 : tensor<2xf32>, tensor<3xf32>, tensor<1xf32>, tensor<2xf32>
}
