// RUN: snn-opt %s --spike-split-digits=digits=2 --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --spike-split-digits=site=x=1 --mlir-print-local-scope | FileCheck %s --check-prefix=ONE
// RUN: snn-opt %s --spike-split-digits="digits=2 site=y=1" --mlir-print-local-scope | FileCheck %s --check-prefix=OTHER
// RUN: not snn-opt %s --spike-split-digits=digits=3 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not snn-opt %s --spike-split-digits=site=no=2 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not snn-opt %s --spike-split-digits=site=y 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not snn-opt %s --spike-split-digits=site=four=2 2>&1 | FileCheck %s --check-prefix=FEW

// COUNT: error: needs 1 or 2 digits, has 3
// ABSENT: error: has no site of levels that spike 'no' to send in 2 digits
// FORM: error: needs SITE=1 or SITE=2 for a site's digits, has 'y'
// FEW: error: 'spike.requantize' op needs at least 5 bits for two digits, has 4

!q8 = !spike.level<bits = 8, zero = 130, mask = 19, radius = 1, scale = 0.5>
!q5 = !spike.level<bits = 5, zero = 16, mask = 16, scale = 0.25>
!q4 = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>
!q6 = !spike.level<bits = 6, zero = 0, mask = 0, scale = 1.0>
!kv = !spike.level<bits = 8, zero = 128, mask = 128, scale = 0.25>

// 130 = 16 * 8 + 2 and 19 = 16 + 3; 5 bits are 3 and 2. The re-quantiser of an accumulator
// that is a sum is opened, whatever its site has.
// CHECK-LABEL: @product
// CHECK: onnx.div
// CHECK: onnx.round
// CHECK: onnx.clip %{{.*}} {hi = 1.250000e+02 : f64, lo = -1.300000e+02 : f64}
// CHECK: onnx.less_or_equal
// CHECK: onnx.where
// CHECK: %[[H:.*]] = spike.quantize %{{.*}} "x/high" kind activation : tensor<3x2xf32> -> tensor<3x2x!spike.level<bits = 4, zero = 8, mask = 1, scale = 1.0>>
// CHECK: %[[L:.*]] = spike.quantize %{{.*}} "x/low" kind activation : tensor<3x2xf32> -> tensor<3x2x!spike.level<bits = 4, zero = 2, mask = 3, scale = 1.0>>
// CHECK: %[[TH:.*]] = onnx.transpose %[[H]]
// CHECK: %[[TL:.*]] = onnx.transpose %[[L]]
// CHECK: %[[A:.*]] = spike.linear %[[TH]]
// CHECK: %[[B:.*]] = spike.linear %[[TL]]
// CHECK: %[[R:.*]] = onnx.constant dense<16> : tensor<i32>
// CHECK: %[[S:.*]] = onnx.mul %[[A]], %[[R]]
// CHECK: %[[ACC:.*]] = onnx.add %[[S]], %[[B]]
// CHECK: %[[Y:.*]] = spike.rescale %[[ACC]]
// CHECK: %[[RELU:.*]] = onnx.relu %[[Y]]
// CHECK: spike.quantize %{{.*}} "y/high" kind activation : tensor<2x3xf32> -> tensor<2x3x!spike.level<bits = 3, zero = 4, mask = 4, scale = 1.0>>
// CHECK: spike.quantize %{{.*}} "y/low" kind activation : tensor<2x3xf32> -> tensor<2x3x!spike.level<bits = 2, zero = 0, mask = 0, scale = 1.0>>
// CHECK: %[[Z:.*]] = spike.rescale %[[ACC]]
// CHECK: spike.quantize %[[Z]] "four" kind activation
// CHECK-NOT: spike.requantize
// ONE-LABEL: @product
// ONE-NOT: /high
// OTHER-LABEL: @product
// OTHER: "x/high"
// OTHER: spike.quantize %{{.*}} "y" kind activation
func.func @product(%x: tensor<3x2xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = spike.quantize %x "x" kind activation : tensor<3x2xf32> -> tensor<3x2x!q8>
  %1 = onnx.transpose %0 [1, 0] : (tensor<3x2x!q8>) -> tensor<2x3x!q8>
  %2 = spike.linear %1 {weight = dense<1> : tensor<3x3xi8>} : tensor<2x3x!q8> -> tensor<2x3xi32>
  %3 = spike.requantize %2 "y" kind activation {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64, relu} : tensor<2x3xi32> -> tensor<2x3x!q5>
  %4 = spike.requantize %2 "four" kind activation {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<2x3xi32> -> tensor<2x3x!q4>
  %5 = spike.dequantize %3 : tensor<2x3x!q5> -> tensor<2x3xf32>
  %6 = spike.dequantize %4 : tensor<2x3x!q4> -> tensor<2x3xf32>
  return %5, %6 : tensor<2x3xf32>, tensor<2x3xf32>
}

// A resident operand stays one number; each digit of the histogram 3, 1, 0, 5 of the levels
// 0, 1, 8, 9 has its own mode.
// CHECK-LABEL: @attention
// CHECK: spike.quantize %{{.*}} "p/high" kind query {spike.histogram = array<i64: 4, 5, 0, 0, 0, 0, 0, 0>} : tensor<1x2x2xf32> -> tensor<1x2x2x!spike.level<bits = 3, zero = 0, mask = 1, scale = 1.0>>
// CHECK: spike.quantize %{{.*}} "p/low" kind query {spike.histogram = array<i64: 3, 6, 0, 0, 0, 0, 0, 0>} : tensor<1x2x2xf32> -> tensor<1x2x2x!spike.level<bits = 3, zero = 0, mask = 1, scale = 1.0>>
// CHECK: %[[V:.*]] = spike.quantize %{{.*}} "v" kind value
// CHECK: spike.matmul %{{.*}}, %[[V]]
// CHECK: spike.matmul %{{.*}}, %[[V]]
// CHECK: onnx.constant dense<8> : tensor<i32>
func.func @attention(%x: tensor<1x2x2xf32>) -> tensor<1x2x2xf32> {
  %0 = spike.quantize %x "p" kind query {spike.histogram = array<i64: 3, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>} : tensor<1x2x2xf32> -> tensor<1x2x2x!q6>
  %1 = spike.quantize %x "v" kind value : tensor<1x2x2xf32> -> tensor<1x2x2x!kv>
  %2 = spike.matmul %0, %1 : tensor<1x2x2x!q6>, tensor<1x2x2x!kv> -> tensor<1x2x2xi32>
  %3 = spike.rescale %2 {scale = dense<0.25> : tensor<1xf32>, axis = -1 : i64} : tensor<1x2x2xi32> -> tensor<1x2x2xf32>
  return %3 : tensor<1x2x2xf32>
}
