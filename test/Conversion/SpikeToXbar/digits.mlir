// Two digits of one operand use one set of cells: the second layer names the first. Nothing
// else does, though it has the same weights.
//
// RUN: snn-opt %s --spike-to-xbar --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --spike-to-xbar --remarks-filter=spike-to-xbar 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK
// RUN: snn-opt %s --spike-to-xbar=chip=digital-22nm | FileCheck %s --check-prefix=DIGITAL

!h = !spike.ttfs<bits = 3, zero = 4, mask = 4, scale = 1.0>
!l = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 1.0>

// A digital core reads weights from its memory, in every pass.
// DIGITAL-NOT: cells_of

// CHECK-LABEL: @linear
// CHECK: xbar.linear %arg0 layer "fc/high" {weight
// CHECK: xbar.linear %arg1 layer "fc/low" {cells_of = "fc/high", weight
// REMARK: remark: {{.*}}[Passed] CellsShared | Category:spike-to-xbar | Function=fc/low | cells_of=fc/high
func.func @linear(%h: tensor<1x2x!h>, %l: tensor<1x2x!l>) -> tensor<1x2xi32> {
  %c = onnx.constant dense<4> : tensor<i32>
  %0 = spike.linear %h {weight = dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>} : tensor<1x2x!h> -> tensor<1x2xi32> loc("fc/high")
  %1 = spike.linear %l {weight = dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>} : tensor<1x2x!l> -> tensor<1x2xi32> loc("fc/low")
  %2 = onnx.mul %0, %c : (tensor<1x2xi32>, tensor<i32>) -> tensor<1x2xi32>
  %3 = onnx.add %2, %1 : (tensor<1x2xi32>, tensor<1x2xi32>) -> tensor<1x2xi32>
  return %3 : tensor<1x2xi32>
}

// The low digit first, and operands the other way round.
// CHECK-LABEL: @turned
// CHECK: layer "turned/low" {weight
// CHECK: layer "turned/high" {cells_of = "turned/low", weight
func.func @turned(%h: tensor<1x2x!h>, %l: tensor<1x2x!l>) -> tensor<1x2xi32> {
  %c = onnx.constant dense<4> : tensor<i32>
  %1 = spike.linear %l {weight = dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>} : tensor<1x2x!l> -> tensor<1x2xi32> loc("turned/low")
  %0 = spike.linear %h {weight = dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>} : tensor<1x2x!h> -> tensor<1x2xi32> loc("turned/high")
  %2 = onnx.mul %c, %0 : (tensor<i32>, tensor<1x2xi32>) -> tensor<1x2xi32>
  %3 = onnx.add %1, %2 : (tensor<1x2xi32>, tensor<1x2xi32>) -> tensor<1x2xi32>
  return %3 : tensor<1x2xi32>
}

// CHECK-LABEL: @conv
// CHECK: layer "conv/high" {dilations
// CHECK: layer "conv/low" {cells_of = "conv/high", dilations
func.func @conv(%h: tensor<1x1x3x!h>, %l: tensor<1x1x3x!l>) -> tensor<1x1x2xi32> {
  %c = onnx.constant dense<4> : tensor<i32>
  %0 = spike.conv %h {weight = dense<[[[1, 2]]]> : tensor<1x1x2xi8>, strides = array<i64: 1>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>, group = 1 : i64} : tensor<1x1x3x!h> -> tensor<1x1x2xi32> loc("conv/high")
  %1 = spike.conv %l {weight = dense<[[[1, 2]]]> : tensor<1x1x2xi8>, strides = array<i64: 1>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>, group = 1 : i64} : tensor<1x1x3x!l> -> tensor<1x1x2xi32> loc("conv/low")
  %2 = onnx.mul %0, %c : (tensor<1x1x2xi32>, tensor<i32>) -> tensor<1x1x2xi32>
  %3 = onnx.add %2, %1 : (tensor<1x1x2xi32>, tensor<1x1x2xi32>) -> tensor<1x1x2xi32>
  return %3 : tensor<1x1x2xi32>
}

// Other windows, so that rows stand for other taps of a padded image.
// CHECK-LABEL: @windows
// CHECK-NOT: cells_of
func.func @windows(%h: tensor<1x1x3x!h>, %l: tensor<1x1x3x!l>) -> tensor<1x1x2xi32> {
  %c = onnx.constant dense<4> : tensor<i32>
  %0 = spike.conv %h {weight = dense<[[[1, 2]]]> : tensor<1x1x2xi8>, strides = array<i64: 1>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>, group = 1 : i64} : tensor<1x1x3x!h> -> tensor<1x1x2xi32>
  %1 = spike.conv %l {weight = dense<[[[1, 2]]]> : tensor<1x1x2xi8>, strides = array<i64: 2>, pads = array<i64: 1, 0>,
      dilations = array<i64: 1>, group = 1 : i64} : tensor<1x1x3x!l> -> tensor<1x1x2xi32>
  %2 = onnx.mul %0, %c : (tensor<1x1x2xi32>, tensor<i32>) -> tensor<1x1x2xi32>
  %3 = onnx.add %2, %1 : (tensor<1x1x2xi32>, tensor<1x1x2xi32>) -> tensor<1x1x2xi32>
  return %3 : tensor<1x1x2xi32>
}

// Another weight; a factor that is no radix; a sum without one; a layer in between.
// CHECK-LABEL: @others
// CHECK-NOT: cells_of
func.func @others(%h: tensor<1x2x!h>, %l: tensor<1x2x!l>)
    -> (tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xi32>) {
  %c = onnx.constant dense<4> : tensor<i32>
  %n = onnx.constant dense<3> : tensor<i32>
  %0 = spike.linear %h {weight = dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>} : tensor<1x2x!h> -> tensor<1x2xi32>
  %1 = spike.linear %l {weight = dense<[[1, 2], [3, 5]]> : tensor<2x2xi8>} : tensor<1x2x!l> -> tensor<1x2xi32>
  %2 = onnx.mul %0, %c : (tensor<1x2xi32>, tensor<i32>) -> tensor<1x2xi32>
  %3 = onnx.add %2, %1 : (tensor<1x2xi32>, tensor<1x2xi32>) -> tensor<1x2xi32>

  %4 = spike.linear %h {weight = dense<1> : tensor<2x2xi8>} : tensor<1x2x!h> -> tensor<1x2xi32>
  %5 = spike.linear %l {weight = dense<1> : tensor<2x2xi8>} : tensor<1x2x!l> -> tensor<1x2xi32>
  %6 = onnx.mul %4, %n : (tensor<1x2xi32>, tensor<i32>) -> tensor<1x2xi32>
  %7 = onnx.add %6, %5 : (tensor<1x2xi32>, tensor<1x2xi32>) -> tensor<1x2xi32>

  %8 = spike.linear %h {weight = dense<2> : tensor<2x2xi8>} : tensor<1x2x!h> -> tensor<1x2xi32>
  %9 = spike.linear %l {weight = dense<2> : tensor<2x2xi8>} : tensor<1x2x!l> -> tensor<1x2xi32>
  %10 = onnx.add %8, %9 : (tensor<1x2xi32>, tensor<1x2xi32>) -> tensor<1x2xi32>

  %11 = spike.linear %h {weight = dense<3> : tensor<2x2xi8>} : tensor<1x2x!h> -> tensor<1x2xi32>
  %12 = spike.linear %l {weight = dense<4> : tensor<2x2xi8>} : tensor<1x2x!l> -> tensor<1x2xi32>
  %13 = spike.linear %l {weight = dense<3> : tensor<2x2xi8>} : tensor<1x2x!l> -> tensor<1x2xi32>
  %14 = onnx.mul %11, %c : (tensor<1x2xi32>, tensor<i32>) -> tensor<1x2xi32>
  %15 = onnx.add %14, %13 : (tensor<1x2xi32>, tensor<1x2xi32>) -> tensor<1x2xi32>
  return %3, %7, %10, %15, %12 : tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xi32>
}
