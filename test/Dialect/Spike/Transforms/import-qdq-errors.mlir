// RUN: snn-opt %s --split-input-file --spike-import-qdq --verify-diagnostics

func.func @f(%x: tensor<2x4xf32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<2x4xf32> {
  // expected-error@+1 {{'onnx.quantize_linear' op needs a constant scale}}
  %0 = onnx.quantize_linear %x, %s {to = i8} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi8>
  %2 = onnx.dequantize_linear %0, %s : (tensor<2x4xi8>, tensor<f32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

func.func @f(%x: tensor<2x4xf32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<2x4xf32> {
  %c = onnx.constant dense<0.5> : tensor<f32>
  // expected-error@+1 {{'onnx.quantize_linear' op needs a constant zero point}}
  %0 = onnx.quantize_linear %x, %c, %z {to = i8} : (tensor<2x4xf32>, tensor<f32>, tensor<i8>) -> tensor<2x4xi8>
  %2 = onnx.dequantize_linear %0, %c, %z : (tensor<2x4xi8>, tensor<f32>, tensor<i8>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

func.func @f(%x: tensor<2x4xf32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<2x4xf32> {
  %v = onnx.constant dense<[0.5, 0.25, 0.5, 0.25]> : tensor<4xf32>
  // expected-error@+1 {{'onnx.quantize_linear' op quantises an activation per axis (4 scales); only weights may be quantised per axis}}
  %0 = onnx.quantize_linear %x, %v {to = i8, axis = 1 : i64} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi8>
  %2 = onnx.dequantize_linear %0, %v {axis = 1 : i64} : (tensor<2x4xi8>, tensor<4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

func.func @f(%x: tensor<2x4xf32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<2x4xf32> {
  %c = onnx.constant dense<0.5> : tensor<f32>
  // expected-error@+1 {{'onnx.quantize_linear' op keeps no levels: its clip runs from 5 to 5}}
  %0 = onnx.quantize_linear %x, %c {to = i8} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi8>
  %1 = onnx.clip %0 {lo = 5.0, hi = 5.0} : (tensor<2x4xi8>) -> tensor<2x4xi8>
  %2 = onnx.dequantize_linear %1, %c : (tensor<2x4xi8>, tensor<f32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

func.func @f(%x: tensor<2x4xf32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<2x4xf32> {
  %c = onnx.constant dense<0.5> : tensor<f32>
  %k = onnx.constant dense<9> : tensor<i8>
  // expected-error@+1 {{'onnx.quantize_linear' op needs its zero point inside its range -8..7, has 9}}
  %0 = onnx.quantize_linear %x, %c, %k {to = i8} : (tensor<2x4xf32>, tensor<f32>, tensor<i8>) -> tensor<2x4xi8>
  %1 = onnx.clip %0 {lo = -8.0, hi = 7.0} : (tensor<2x4xi8>) -> tensor<2x4xi8>
  %2 = onnx.dequantize_linear %1, %c, %k : (tensor<2x4xi8>, tensor<f32>, tensor<i8>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

func.func @f(%x: tensor<2x4xf32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<2x4xf32> {
  %c = onnx.constant dense<0.5> : tensor<f32>
  %e = onnx.constant dense<0.25> : tensor<f32>
  %0 = onnx.quantize_linear %x, %c {to = i8} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi8>
  // expected-error@+1 {{'onnx.dequantize_linear' op needs the scale and zero point of its quantiser (5.000000e-01, 0), has 2.500000e-01, 0}}
  %2 = onnx.dequantize_linear %0, %e : (tensor<2x4xi8>, tensor<f32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}
