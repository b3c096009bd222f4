//===- Passes.td - From the onnx to the spike dialect ------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CONVERSION_ONNXTOSPIKE_PASSES_TD
#define SNN_CONVERSION_ONNXTOSPIKE_PASSES_TD

include "mlir/Pass/PassBase.td"

def OnnxToSpike : Pass<"onnx-to-spike", "::mlir::ModuleOp"> {
  let summary = "Make integer linears, convolutions and attention products";
  let description = [{
    Products of dequantised operands become `spike.linear`, `spike.conv` and
    `spike.matmul` on levels followed by `spike.rescale`, which takes a bias that
    is added next. Quantisers move up through reshapes and transposes, and
    `spike.rescale`, an optional ReLU and `spike.quantize` become
    `spike.requantize`. A negative scale is moved into the weights first.
    Accumulators that could exceed 32 bits are an error at their node.

    On phase codes the products become `spike.phase_linear`, `spike.phase_conv` and
    `spike.phase_matmul`, with their biases and factors; a softmax between encoded scores
    and probabilities becomes `spike.woss`, whose sum divides the product with the
    values; ReLU in front of a positive code is left to its neurons.
  }];
  let options = [
    Option<"signBug", "sign-bug", "bool", "false",
           "reproduce the released trace product's error with negative queries">];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

#endif // SNN_CONVERSION_ONNXTOSPIKE_PASSES_TD
