// RUN: snn-opt %s --onnx-recognize-gelu | FileCheck %s

// x * (1 + erf(x / sqrt(2))) * 0.5
// CHECK-LABEL: @erf_pytorch
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK: %[[Y:.*]] = onnx.gelu %[[X]] : (tensor<?x8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @erf_pytorch(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = onnx.constant dense<1.41421354> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.div %x, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.erf %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %x, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.mul %3, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// (x * 0.5) * (1 + erf(x * 0.7071))
// CHECK-LABEL: @erf_half_first
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK: %[[Y:.*]] = onnx.gelu %[[X]] : (tensor<?x8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @erf_half_first(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = onnx.constant dense<0.70710677> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.mul %x, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.erf %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %one, %1 : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.mul %half, %x : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.mul %3, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// x * (0.5 * (1 + erf(x / sqrt(2))))
// CHECK-LABEL: @erf_half_inside
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK: %[[Y:.*]] = onnx.gelu %[[X]] : (tensor<?x8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @erf_half_inside(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = onnx.constant dense<1.41421354> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.div %x, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.erf %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %2, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %4 = onnx.mul %x, %3 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// x * (1 + erf(x / sqrt(2))) / 2
// CHECK-LABEL: @erf_division
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK: %[[Y:.*]] = onnx.gelu %[[X]] : (tensor<?x8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @erf_division(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = onnx.constant dense<1.41421354> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %two = onnx.constant dense<2.0> : tensor<f32>
  %0 = onnx.div %x, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.erf %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %2, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.div %3, %two : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// The x may itself be a sum.
// CHECK-LABEL: @erf_of_sum
// CHECK: %[[B:.*]] = onnx.add
// CHECK-NEXT: onnx.gelu %[[B]] :
func.func @erf_of_sum(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = onnx.constant dense<1.41421354> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %b = onnx.add %x, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %0 = onnx.div %b, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.erf %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %b, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.mul %3, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// 0.5 * x * (1 + tanh(0.7979 * (x + 0.044715 * x^3)))
// CHECK-LABEL: @tanh_pow
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK: %[[Y:.*]] = onnx.gelu %[[X]] {approximate = "tanh"} : (tensor<?x8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @tanh_pow(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %three = onnx.constant dense<3.0> : tensor<f32>
  %c = onnx.constant dense<0.044715> : tensor<f32>
  %k = onnx.constant dense<0.797884583> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.pow %x, %three : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.mul %0, %c : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %2 = onnx.add %x, %1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.mul %2, %k : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %4 = onnx.tanh %3 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %5 = onnx.add %4, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %6 = onnx.mul %half, %x : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %7 = onnx.mul %6, %5 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %7 : tensor<?x8xf32>
}

// The cube as products.
// CHECK-LABEL: @tanh_products
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK: %[[Y:.*]] = onnx.gelu %[[X]] {approximate = "tanh"} : (tensor<?x8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @tanh_products(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c = onnx.constant dense<0.044715> : tensor<f32>
  %k = onnx.constant dense<0.797884583> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %a = onnx.mul %x, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %0 = onnx.mul %a, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = onnx.mul %0, %c : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %2 = onnx.add %x, %1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.mul %2, %k : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %4 = onnx.tanh %3 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %5 = onnx.add %4, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %6 = onnx.mul %x, %5 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %7 = onnx.mul %6, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  return %7 : tensor<?x8xf32>
}

// tanh(0.7979 * x * (1 + 0.044715 * x * x))
// CHECK-LABEL: @tanh_factored
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK: %[[Y:.*]] = onnx.gelu %[[X]] {approximate = "tanh"} : (tensor<?x8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @tanh_factored(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c = onnx.constant dense<0.044715> : tensor<f32>
  %k = onnx.constant dense<0.797884583> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %a = onnx.mul %c, %x : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %b = onnx.mul %a, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %one, %b : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %p = onnx.mul %x, %k : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %p, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.tanh %3 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %5 = onnx.add %4, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %6 = onnx.mul %half, %x : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %7 = onnx.mul %6, %5 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %7 : tensor<?x8xf32>
}

// 1.702 is the sigmoid approximation's constant.
// CHECK-LABEL: @wrong_factor
// CHECK-NOT: onnx.gelu
// CHECK: return
func.func @wrong_factor(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = onnx.constant dense<1.702> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.div %x, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.erf %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %x, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.mul %3, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// Without the half.
// CHECK-LABEL: @no_half
// CHECK-NOT: onnx.gelu
// CHECK: return
func.func @no_half(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = onnx.constant dense<1.41421354> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %0 = onnx.div %x, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.erf %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %x, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// The outer x is another value.
// CHECK-LABEL: @other_x
// CHECK-NOT: onnx.gelu
// CHECK: return
func.func @other_x(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = onnx.constant dense<1.41421354> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.div %x, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.erf %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %z, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.mul %3, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// The erf has another use.
// CHECK-LABEL: @other_use
// CHECK-NOT: onnx.gelu
// CHECK: return
func.func @other_use(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = onnx.constant dense<1.41421354> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %0 = onnx.div %x, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = onnx.erf %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = onnx.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = onnx.mul %x, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.mul %3, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %5 = onnx.add %4, %1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}
