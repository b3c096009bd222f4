// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --onnx-fold-batch-norm --canonicalize --snn-release-weights --snn-externalize-weights=archive=%t/w.safetensors \
// RUN:   --remarks-filter=snn-release-weights -o %t/out.mlir 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t/out.mlir
// What is in use stays: nothing is released, and the module can be read.
// RUN: snn-opt %t/out.mlir --snn-release-weights --remarks-filter=snn-release-weights 2>&1 | FileCheck %s --check-prefix=AGAIN

// Each normalisation makes a weight and a bias; those of the first are folded
// into those of the second. Names are given once, so that they do not depend on
// what was released.
// REMARK: Released | Category:snn-release-weights{{.*}}bytes=25920, tensors=2
// CHECK-DAG: onnx.constant #onnx.param<"{{.*}}w.safetensors", "weight.1"> : tensor<80x80xf32>
// CHECK-DAG: onnx.constant #onnx.param<"{{.*}}w.safetensors", "weight.bias.1"> : tensor<80xf32>
// AGAIN-NOT: Released
// AGAIN: onnx.matmul
func.func @main(%x: tensor<?x80xf32>) -> tensor<?x80xf32> {
  %w = onnx.constant dense<2.0> : tensor<80x80xf32>
  %scale = onnx.constant dense<4.0> : tensor<80xf32>
  %bias = onnx.constant dense<3.0> : tensor<80xf32>
  %mean = onnx.constant dense<1.0> : tensor<80xf32>
  %variance = onnx.constant dense<4.0> : tensor<80xf32>
  %0 = onnx.matmul %x, %w : (tensor<?x80xf32>, tensor<80x80xf32>) -> tensor<?x80xf32>
  %1 = onnx.batch_normalization %0, %scale, %bias, %mean, %variance {epsilon = 0.0}
      : (tensor<?x80xf32>, tensor<80xf32>, tensor<80xf32>, tensor<80xf32>, tensor<80xf32>) -> tensor<?x80xf32>
  %2 = onnx.batch_normalization %1, %scale, %bias, %mean, %variance {epsilon = 0.0}
      : (tensor<?x80xf32>, tensor<80xf32>, tensor<80xf32>, tensor<80xf32>, tensor<80xf32>) -> tensor<?x80xf32>
  return %2 : tensor<?x80xf32>
}
