// RUN: not snn-opt %s --split-input-file 2>&1 | FileCheck %s

// Errors name the ONNX node that the location carries.
// CHECK: m.onnx:0:0: error: 'onnx.matmul' op needs 8 rows on the right, has 9: 4x8 times 9x2 [node '/encoder/fc/MatMul']
func.func @f(%a: tensor<4x8xf32>, %b: tensor<9x2xf32>) {
  %0 = onnx.matmul %a, %b : (tensor<4x8xf32>, tensor<9x2xf32>) -> tensor<4x2xf32> loc("/encoder/fc/MatMul"("m.onnx":0:0))
  return
}

// -----

// Fused locations count as well; an error without a node stays as it is.
// CHECK: error: 'onnx.softmax' op needs an axis in [-2, 2), has 2 [node 'softmax']
func.func @g(%x: tensor<?x8xf32>) {
  %0 = onnx.softmax %x {axis = 2} : (tensor<?x8xf32>) -> tensor<?x8xf32> loc(fused["softmax"("m.onnx":0:0), "m.onnx":0:0])
  return
}

// -----

// CHECK: error: 'onnx.softmax' op needs an axis in [-2, 2), has 2{{$}}
func.func @h(%x: tensor<?x8xf32>) {
  %0 = onnx.softmax %x {axis = 2} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
