// RUN: rm -rf %t && %python %S/Inputs/make_archives.py %t && cp %s %t/a.mlir
// RUN: not snn-opt %t/a.mlir --split-input-file --onnx-fold-batch-norm 2>&1 | FileCheck %s

// A pass that reads a constant says what is wrong with its archive.

// CHECK: error: {{.*}}m.onnx: has no tensor 'nothing'
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "nothing"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}cannot read 'w': cannot find the weight archive 'no.onnx'
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"no.onnx", "w"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}has no tensor 'raw1x'
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "raw1x"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: 'int64' of archive 'm.onnx' needs F32 elements of shape 2, has I64 of 2
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "int64"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: 'rest' of archive 'm.onnx' needs F32 elements of shape 2, has F32 of 3
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "rest"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}m.onnx: tensor 'string' has the unsupported element type 8
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "string"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}m.onnx: tensor 'short' needs 12 bytes, has 8
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "short"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}m.onnx: tensor 'few' needs 3 elements, has 2
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "few"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}m.onnx: tensor 'huge' has an impossible shape
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "huge"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}m.onnx: tensor 'negative' has an impossible shape
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "negative"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}m.onnx: tensor 'beyond' needs bytes 8 to 16 of the external data 'data.bin', which has 12
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "beyond"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}m.onnx: tensor 'outside' has external data outside the model's directory: '../data.bin'
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "outside"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}m.onnx: tensor 'gone' cannot read the external data '{{.*}}gone.bin'
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"m.onnx", "gone"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}cut.onnx: is no ONNX model: bad protobuf encoding
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"cut.onnx", "raw"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}empty.onnx: is no ONNX model: has no graph
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"empty.onnx", "raw"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: {{.*}}w.safetensors: has no tensor 'v'
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"w.safetensors", "v"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// CHECK: error: the archive in memory has no tensor 'w'
func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %s = onnx.constant #onnx.param<"", "w"> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.batch_normalization %0, %s, %s, %s, %s
      : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
