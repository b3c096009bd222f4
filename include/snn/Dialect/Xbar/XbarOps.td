//===- XbarOps.td - Ops of the xbar dialect ------------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_XBAROPS_TD
#define SNN_DIALECT_XBAR_XBAROPS_TD

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "snn/Dialect/Spike/SpikeConstraints.td"
include "snn/Dialect/Spike/SpikeInterfaces.td"
include "snn/Dialect/Xbar/XbarDialect.td"
include "snn/Dialect/Xbar/XbarInterfaces.td"

class Xbar_Op<string mnemonic, list<Trait> traits = []>
    : Op<Xbar_Dialect, mnemonic, !listconcat([Pure], traits)> {
  let hasVerifier = 1;
}

/// A product with static weights, which crossbars hold.
class Xbar_LayerOp<string mnemonic, list<string> consumes = []>
    : Xbar_Op<mnemonic, [DeclareOpInterfaceMethods<EventConsumerOpInterface,
                                                   consumes>,
                         LayerOpInterface]> {
  dag layerArguments = (ins CodedTensor:$x, StrAttr:$layer,
                            TypedAttrInterface:$weight,
                            OptionalAttr<TypedAttrInterface>:$offset,
                            OptionalAttr<StrAttr>:$cells_of);
  dag phaseArguments = (ins PhaseTensor:$x, StrAttr:$layer,
                            TypedAttrInterface:$weight,
                            OptionalAttr<TypedAttrInterface>:$weight_scale,
                            OptionalAttr<TypedAttrInterface>:$bias);
  dag windowArguments = (ins DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                             DenseI64ArrayAttr:$dilations, Spike_IntAttr:$group);
  dag mappingArguments = (ins OptionalAttr<Xbar_TilingAttr>:$tiling,
                              OptionalAttr<Xbar_PlacementAttr>:$placement);
  let results = (outs MembraneTensor:$result);
  let assemblyFormat = "$x `layer` $layer attr-dict `:` type($x) `->` type($result)";
}

def Xbar_LinearOp : Xbar_LayerOp<"linear"> {
  let summary = "Integrates a quantised tensor through crossbars";
  let description = [{
    acc[..., j] = offset[j] + sum_i w[i, j] * d[..., i] with the digit
    d = T - t - mask of a spike in slot t (0 of a silent input), or level - zero
    of a level: the integer of `spike.linear`. Rows are driven bit by bit, column
    sums of row groups are converted, and the codes are shifted and added
    (mapping.md): with an ideal lossless ADC the result is exact.

    `weight` is [inputs, outputs], int8 or int16. `layer` is the ONNX node, unique
    in the module. `offset` is needed for a train whose mask is not its zero point.
    `tiling` is set by `xbar-tile`, `placement` by `xbar-place`.

    Two digits of one operand are two trains and two layers of the same weights, but
    one set of cells: the second has in `cells_of` the name of the first, the op in
    front of it. Its rows are driven in passes of their own, behind the first's in
    every round; the digital unit shifts one sum and adds the other. What is driven
    (`passes`) and the range of a calibrated ADC are its own.

    Constraints:
    * (C1) operands, weight and result fit as those of `spike.linear`
    * (C2) a train whose mask is not its zero point has an `offset`
    * (C3) a placement stands with a tiling
    * (C4) the tiling's blocks cover the weight
    * (C5) the placement has a crossbar for every tile of every replica
    * (C6) the op in front is the layer that `cells_of` names, has cells of its own, and
      is of the same kind, window, weight, tiling (but for passes and ADC range) and
      placement

    ```mlir
    %1 = xbar.linear %0 layer "/ffn/MatMul"
        {weight = #onnx.param<"w.safetensors", "ffn"> : tensor<128x512xi8>}
        : tensor<64x128x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>> -> tensor<64x512xi32>
    ```
  }];
  let arguments = !con(layerArguments, mappingArguments);
}

def Xbar_ConvOp : Xbar_LayerOp<"conv", ["getWindow"]> {
  let summary = "Integrates a quantised image through crossbars";
  let description = [{
    The convolution of `spike.conv`; each output position is one vector of inputs
    (im2col): row c * taps + tap of group g is tap `tap` of channel c of that group.
    Padded taps drive no row.

    Constraints:
    * (C1) the tiling has the groups of the convolution; offset, tiling, placement and
      `cells_of` are for the rest as those of `xbar.linear`
    * (C2) operands, weight and result fit as those of `spike.conv`

    ```mlir
    %1 = xbar.conv %0 layer "/Conv" {weight = dense<1> : tensor<8x3x2x2xi8>,
        strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
        dilations = array<i64: 1, 1>, group = 1 : i64}
        : tensor<1x3x8x8x!spike.ttfs<bits = 8, zero = 128, mask = 128, scale = 0.01>> -> tensor<1x8x4x4xi32>
    ```
  }];
  let arguments = !con(layerArguments, windowArguments, mappingArguments);
}

def Xbar_PhaseLinearOp : Xbar_LayerOp<"phase_linear"> {
  let summary = "Integrates a phase code through crossbars";
  let description = [{
    The potentials of `spike.phase_linear`: y[..., j] = scale * weight_scale[j] *
    sum_i w[i, j] u_i + bias[j] with u_i = sign_i * base^-phase_i. Phase by phase, rows
    of positive spikes and then rows of negative ones are driven; the column sums of a
    phase are integers, which the digital side weights with base^-phase and adds
    (docs/mapping.md). A positive code needs one pass a phase.

    `weight` is [inputs, outputs], int8 or int16. `layer` is the ONNX node, unique
    in the module. `weight_scale` has one value or one per output (absent: 1), `bias`
    one per output. `tiling` is set by `xbar-tile`, `placement` by `xbar-place`.

    Constraints:
    - (C1) `x` has as many elements on its last axis as the weight has inputs.
    - (C2) `weight` is i8 or i16 of rank 2.
    - (C3) The result has the shape of `x` with the outputs on its last axis.
    - (C4) `weight_scale` and `bias` are f32 vectors of one value or one per output.
    - (C5) The code is of no released implementation.
    - (C6) A placement needs a tiling; both fit the layer as those of `xbar.linear` do.

    ```mlir
    %1 = xbar.phase_linear %0 layer "/ffn/MatMul"
        {weight = #onnx.param<"w.safetensors", "ffn"> : tensor<128x512xi8>,
         weight_scale = dense<0.01> : tensor<1xf32>}
        : tensor<64x128x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<64x512xf32>
    ```
  }];
  let arguments = !con(phaseArguments, mappingArguments);
  let results = (outs FloatTensor:$result);
}

def Xbar_PhaseConvOp : Xbar_LayerOp<"phase_conv", ["getWindow"]> {
  let summary = "Integrates a phase-coded image through crossbars";
  let description = [{
    The convolution of `spike.phase_conv`, driven as `xbar.phase_linear`; each output
    position is one vector of inputs, as of `xbar.conv`. Padded taps drive no row.

    Constraints:
    - (C1) There are a stride and a dilation for each spatial axis, and two pads.
    - (C2) `weight_scale` and `bias` are f32 vectors of one value or one per output
      channel.
    - (C3) All else as of `xbar.phase_linear` and `spike.phase_conv`: integer weights of
      the rank of `x`, the result's shape, the code, the mapping.

    ```mlir
    %1 = xbar.phase_conv %0 layer "/Conv" {weight = dense<1> : tensor<8x3x2x2xi8>,
        strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
        dilations = array<i64: 1, 1>, group = 1 : i64}
        : tensor<1x3x8x8x!spike.phase<base = 1.15, phases = 40, scale = 1.0>> -> tensor<1x8x4x4xf32>
    ```
  }];
  let arguments = !con(phaseArguments, windowArguments, mappingArguments);
  let results = (outs FloatTensor:$result);
}

def Xbar_ProductOp
    : Xbar_Op<"product", [DeclareOpInterfaceMethods<
                             EventConsumerOpInterface, ["getResident"]>]> {
  let summary = "Product of a quantised tensor with a resident operand";
  let description = [{
    The integers of `spike.matmul`. `engine` is the attention engine of the chip
    that runs it, or "digital": the digital unit, as an integer product whose
    operations are counted there.

    The resident operand (keys or values of one head) lies in the memories of the
    engine's processing elements. Where it does not fit, the product is tiled over
    keys: `keys_per_tile` keys are resident at a time, in `key_tiles` turns. A turn
    of scores gives the columns of its keys; with `reduce_keys` (the resident
    operand holds values, and keys are what is summed over) turns give partial sums,
    which are added: exact either way.

    Constraints:
    * (C1) operands and result fit as those of `spike.matmul`
    * (C2) `engine` names a unit
    * (C3) `key_tiles` turns of `keys_per_tile` keys hold all keys, and no turn is
      empty
    * (C4) `keys_per_tile` and `key_tiles` stand together

    ```mlir
    %1 = xbar.product %q, %k {transposed, engine = "mttfs"}
        : tensor<2x64x64x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>>,
          tensor<2x64x64x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>> -> tensor<2x64x64xi32>
    ```
  }];
  let arguments = (ins CodedTensor:$lhs, LevelTensor:$rhs,
                       Optional<ValidTensor>:$valid, StrAttr:$engine,
                       UnitAttr:$transposed, UnitAttr:$reduce_keys,
                       OptionalAttr<Spike_IntAttr>:$keys_per_tile,
                       OptionalAttr<Spike_IntAttr>:$key_tiles);
  let results = (outs MembraneTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// The axis of the resident operand that runs over keys: the one that is
    /// summed over for values, otherwise the other.
    int64_t getKeyAxis();
  }];
}

#endif // SNN_DIALECT_XBAR_XBAROPS_TD
