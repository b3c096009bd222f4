//===- Passes.td - Passes over the onnx dialect ------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_PASSES_TD
#define SNN_DIALECT_ONNX_PASSES_TD

include "mlir/Pass/PassBase.td"

def OnnxRecognizeLayerNorm : Pass<"onnx-recognize-layer-norm"> {
  let summary = "Find layer normalisations in their nine-node form";
  let description = [{
    Exporters before opset 17 write a layer normalisation as

        mean = ReduceMean(x);  d = Sub(x, mean);  v = ReduceMean(Pow(d, 2));
        y = Add(Mul(Div(d, Sqrt(Add(v, epsilon))), scale), bias)

    with Mul(d, d) for Pow, and the operands of Add and Mul in either order. The
    reductions run over the last axes and keep them; a multiplication by
    Reciprocal may stand for the division, and the subtraction may be written
    twice. The pass replaces the form by `onnx.layer_normalization` when scale
    and bias have the shape of the reduced axes, or broadcast to it, and no
    other op uses a value inside. The fused op has the location of the last Add.
  }];
}

def OnnxRecognizeGelu : Pass<"onnx-recognize-gelu"> {
  let summary = "Find GELUs in their erf and tanh forms";
  let description = [{
    Replaces 0.5 * x * (1 + erf(x / sqrt(2))) and 0.5 * x * (1 + tanh(sqrt(2 /
    pi) * (x + 0.044715 * x^3))) by `onnx.gelu`, in whatever order the factors
    are multiplied, with a division by sqrt(2) or a multiplication by its
    reciprocal, and with the cube as Pow or as products. Constants are compared
    with a relative tolerance of 1e-3, since exporters round them. The fused op
    has the location of the last Mul.
  }];
}

def OnnxRecognizeSilu : Pass<"onnx-recognize-silu"> {
  let summary = "Find x * sigmoid(x)";
  let description = [{
    Replaces Mul(x, Sigmoid(x)), in either order, by `onnx.silu` when no other
    op uses the sigmoid. The fused op has the location of the Mul.
  }];
}

def OnnxRecognizeAttention : Pass<"onnx-recognize-attention"> {
  let summary = "Find scaled dot-product attention";
  let description = [{
    Replaces MatMul(Softmax(scale * MatMul(Q, K^T) + mask), V) by
    `onnx.attention`. The scale may be a constant factor or divisor of Q, of K,
    of both or of the scores. The mask may be added, or chosen with Where
    between the scores and a large negative constant (at most -1e4); the latter
    becomes an additive mask. K is taken as it is before its transposition;
    where it reaches the product in another way, a transposition is added.

    Reshapes of scores [batch * heads, M, N] for a mask, and back, move to the
    operands first. Where leading axes of Q, K and V broadcast, the operands are
    expanded to the result's.

    The form is left alone, with a remark that says why, when a value inside has
    another use, when the softmax does not run over the last axis, or when
    quantisation ops stand between. The fused op has the location of the last
    MatMul.
  }];
}

def OnnxFoldBatchNorm : Pass<"onnx-fold-batch-norm"> {
  let summary = "Fold batch normalisations into the products before them";
  let description = [{
    A batch normalisation with constant parameters is one factor and one offset
    a channel. The pass multiplies the factor into the constant weight of the
    convolution, Gemm or matrix product before it and adds the offset to the
    bias, computing in f64 and rounding once. Between a product and the
    normalisation may stand a constant bias and a transposition that moves the
    outputs to the channel axis. New weights that are not small live in the
    archive in memory under the weight's name.

    A normalisation stays when a parameter or the weight is no constant, or when
    another op uses the product's result. A constant that cannot be read is an
    error. The fused op has the location of the
    batch normalisation.
  }];
}

def OnnxNameNodes : Pass<"onnx-name-nodes", "::mlir::ModuleOp"> {
  let summary = "Give nodes without a name one of their own";
  let description = [{
    Sites, layers and statistics have the names of nodes, which locations carry. ONNX
    models name their nodes or what they make; ops of MLIR text may have no name, and
    would share the empty one. They get their kind and a number.

    Example: the second matmul without a name becomes

    ```mlir
    %1 = onnx.matmul %0, %w : ... loc("matmul#2")
    ```
  }];
}

def OnnxTurnProducts : Pass<"onnx-turn-products"> {
  let summary = "Put the weights of products on the right";
  let description = [{
    Crossbars multiply rows of activations by a matrix. A product `weight x`,
    whose weight is a constant of rank 2 (quantised or not), becomes the
    transposition of `transpose(x) transpose(weight)`; constants that are added
    to it or scale it go in front of that transposition, where they are a bias
    and a scale of channels. A constant that cannot be read is an error.

    Example:

    ```mlir
    %y = onnx.matmul %w, %x : (tensor<8x4xf32>, tensor<?x4x6xf32>) -> tensor<?x8x6xf32>
    // becomes, with %v for the transposed constant
    %t = onnx.transpose %x [0, 2, 1] : (tensor<?x4x6xf32>) -> tensor<?x6x4xf32>
    %p = onnx.matmul %t, %v : (tensor<?x6x4xf32>, tensor<4x8xf32>) -> tensor<?x6x8xf32>
    %y = onnx.transpose %p [0, 2, 1] : (tensor<?x6x8xf32>) -> tensor<?x8x6xf32>
    ```
  }];
}

def OnnxNormalizeQuantizers : Pass<"onnx-normalize-quantizers"> {
  let summary = "Bring quantised networks to one form";
  let description = [{
    Exporters write the same quantised network in many ways. The pass brings
    them to QuantizeLinear, Clip (where there are fewer levels),
    DequantizeLinear directly before products, and to constant levels for
    weights, without changing a value:

    * QuantizeLinear and Clip of a constant become its levels: a weight in
      floats is stored as a quantised one.
    * DequantizeLinear of a constant that is no weight of a product, such as a
      bias, becomes a constant. Rows of a quantised table are picked as levels.
    * Data movement, padding and max pooling between a quantiser and its
      dequantiser go below the dequantiser.
    * Integer products (DequantizeLinear with scale 1 on both operands) take up
      the scales that they are multiplied by: constants into the weight's, that
      of a computed quantiser into the activation's.
    * An operand of a product that lies on the levels of dequantisers (a part of
      a split, a concatenation, an input of integers) is quantised once more
      with the same parameters, where no quantiser stands before it. A quantiser
      whose values all go that way is removed; its name goes over.
    * A dequantiser with other parameters than its quantiser gets a quantiser of
      its own, of the values brought to its levels. Such a value may differ by a
      level where it is within one rounding of a tie.

    A constant that cannot be read is an error at its op.
  }];
}

def SnnExternalizeWeights : Pass<"snn-externalize-weights", "::mlir::ModuleOp"> {
  let summary = "Write weights that passes made to a safetensors file";
  let description = [{
    Writes every tensor of the archive in memory that the module still uses to
    `archive` and makes the attributes name it, so that printed IR can be read again.
    `name` is the path that the attributes hold, relative to the file that the IR is
    printed to; by default the path of `archive`. With `all`, tensors of other archives
    go there as well, so that the text and the file need no third; a key that two
    archives use for different tensors gets a number. The file carries the module's
    `onnx.digest`, if it has one.

    A tensor that the safetensors file `shared` holds already is not written again: the
    attribute names it there, under `shared-name`. No file is written where nothing is
    left for it.
  }];
  let options = [
    Option<"archive", "archive", "std::string", "", "file to write">,
    Option<"name", "name", "std::string", "", "the file's name in the IR">,
    Option<"all", "all", "bool", "false", "also weights of other archives">,
    Option<"shared", "shared", "std::string", "", "file whose tensors are not written again">,
    Option<"sharedName", "shared-name", "std::string", "", "that file's name in the IR">];
}

def SnnReleaseWeights : Pass<"snn-release-weights", "::mlir::ModuleOp"> {
  let summary = "Free weights in memory that nothing uses any more";
  let description = [{
    A pass that replaces a weight adds the new one to the archive in memory and leaves
    the old one there, as other constants may still name it. This pass drops what no
    attribute of the module names. The archive is the context's: other modules of the
    context, clones included, must not depend on what only they name.
  }];
}

#endif // SNN_DIALECT_ONNX_PASSES_TD
