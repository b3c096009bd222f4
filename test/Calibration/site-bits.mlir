// RUN: snn-opt %s --spike-calibrate="inputs=random:20 act-bits=4" --mlir-print-local-scope | FileCheck %s --check-prefixes=CHECK,PLAIN
// RUN: snn-opt %s --spike-calibrate="inputs=random:20 act-bits=4 kv-bits=4 site-bits=norms=6,hidden/x=5,keys=8,single=3" --mlir-print-local-scope | FileCheck %s --check-prefixes=CHECK,NAMED
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 site-bits=contexts=6" 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 site-bits=norms=9" 2>&1 | FileCheck %s --check-prefix=WIDE
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 site-bits=keys=5" 2>&1 | FileCheck %s --check-prefix=KEYS
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 site-bits=norms" 2>&1 | FileCheck %s --check-prefix=FORM

// ABSENT: error: has no site and no class of sites 'contexts' to give 6 bits
// WIDE: error: needs 2 to 8 bits for 'norms', has 9
// KEYS: error: needs 8, 4 or 1 bits for 'keys', has 5
// FORM: error: needs SITE=N or CLASS=N for the bits of some sites, has 'norms'

// A name goes before a class. The pooled site sees one token while others see three: 8 bits,
// unless its class is named.
// CHECK-DAG: "in/x" = {class = "inputs"
// CHECK-DAG: "norm/x" = {class = "norms"
// CHECK-DAG: "rms/x" = {class = "norms"
// CHECK-DAG: "hidden/x" = {class = "hidden"
// CHECK-DAG: key = {class = "keys"
// CHECK-LABEL: @classes
// PLAIN: "in/x" kind activation {bits = 4 : i64
// PLAIN: "norm/x" kind activation {bits = 4 : i64
// PLAIN: "rms/x" kind activation {bits = 4 : i64
// PLAIN: "hidden/x" kind activation {bits = 4 : i64
// PLAIN: "key" kind key {bits = 8 : i64
// PLAIN: "pooled/x" kind activation {bits = 8 : i64
// NAMED: "in/x" kind activation {bits = 4 : i64
// NAMED: "norm/x" kind activation {bits = 6 : i64
// NAMED: "rms/x" kind activation {bits = 6 : i64
// NAMED: "hidden/x" kind activation {bits = 5 : i64
// NAMED: "key" kind key {bits = 8 : i64
// NAMED: "pooled/x" kind activation {bits = 3 : i64
func.func @classes(%x: tensor<?x3x2xf32>) -> (tensor<?x3x2xf32>, tensor<?x3x2xf32>, tensor<?x2xf32>) {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %gain = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %first = onnx.constant dense<0> : tensor<i64>
  %0 = spike.site %x "in/x" kind activation : tensor<?x3x2xf32>
  %1 = onnx.matmul %0, %w : (tensor<?x3x2xf32>, tensor<2x2xf32>) -> tensor<?x3x2xf32>
  %2 = onnx.layer_normalization %1, %gain, %gain : (tensor<?x3x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x3x2xf32>
  %3 = spike.site %2 "norm/x" kind activation : tensor<?x3x2xf32>
  %4 = onnx.mul %x, %x : (tensor<?x3x2xf32>, tensor<?x3x2xf32>) -> tensor<?x3x2xf32>
  %5 = onnx.reduce_mean %4 {axes = array<i64: 2>} : (tensor<?x3x2xf32>) -> tensor<?x3x1xf32>
  %6 = onnx.sqrt %5 : (tensor<?x3x1xf32>) -> tensor<?x3x1xf32>
  %7 = onnx.div %x, %6 : (tensor<?x3x2xf32>, tensor<?x3x1xf32>) -> tensor<?x3x2xf32>
  %8 = onnx.mul %7, %gain : (tensor<?x3x2xf32>, tensor<2xf32>) -> tensor<?x3x2xf32>
  %9 = spike.site %8 "rms/x" kind activation : tensor<?x3x2xf32>
  %10 = onnx.gelu %1 : (tensor<?x3x2xf32>) -> tensor<?x3x2xf32>
  %11 = spike.site %10 "hidden/x" kind activation : tensor<?x3x2xf32>
  %12 = spike.site %1 "key" kind key : tensor<?x3x2xf32>
  %13 = onnx.gather %2, %first {axis = 1 : i64} : (tensor<?x3x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %14 = spike.site %13 "pooled/x" kind activation : tensor<?x2xf32>
  %15 = onnx.matmul %14, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %16 = onnx.matmul %3, %w : (tensor<?x3x2xf32>, tensor<2x2xf32>) -> tensor<?x3x2xf32>
  %17 = onnx.matmul %9, %w : (tensor<?x3x2xf32>, tensor<2x2xf32>) -> tensor<?x3x2xf32>
  return %16, %17, %15 : tensor<?x3x2xf32>, tensor<?x3x2xf32>, tensor<?x2xf32>
}
