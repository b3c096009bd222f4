//===- SpikeOps.td - Ops of the spike dialect ----------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKEOPS_TD
#define SNN_DIALECT_SPIKE_SPIKEOPS_TD

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "snn/Dialect/Kernel/DigitalCostInterface.td"
include "snn/Dialect/Kernel/DrawsNumbers.td"
include "snn/Dialect/Kernel/KernelOpInterface.td"
include "snn/Dialect/Kernel/SampleAxesInterface.td"
include "snn/Dialect/Spike/SpikeConstraints.td"
include "snn/Dialect/Spike/SpikeInterfaces.td"

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def Spike_SiteKind : I32EnumAttr<"SiteKind", "what a quantised tensor feeds", [
    I32EnumAttrCase<"Activation", 0, "activation">,
    I32EnumAttrCase<"Query", 1, "query">,
    I32EnumAttrCase<"Key", 2, "key">,
    I32EnumAttrCase<"Value", 3, "value">,
    I32EnumAttrCase<"Probability", 4, "probability">,
    I32EnumAttrCase<"Score", 5, "score">,
    I32EnumAttrCase<"Residual", 6, "residual">]> {
  let cppNamespace = "::snn::spike";
  let genSpecializedAttr = 0;
  let description = [{
    `activation`: the input of a linear or convolution with static weights;
    `query` and `probability`: the spiking operands of the two attention products;
    `key` and `value`: resident operands, quantised but never spike trains in M-TTFS.
    Phase coding also has `score`, what a winner-oriented softmax reads, and
    `residual`, a skip connection.
  }];
}
def Spike_SiteKindAttr : EnumAttr<Spike_Dialect, Spike_SiteKind, "site_kind">;

// The shapes of an op's results follow from its operands and attributes;
// element types do not, as they are codings. The verifier and the inference
// share the one rule, `inferShapes`, which reports what does not fit through
// `emitError`.
def Spike_InfersShapes : NativeOpTrait<"InfersShapes", [], [{
    static ::llvm::LogicalResult inferShapes(
        ::llvm::function_ref<::mlir::InFlightDiagnostic()> emitError,
        Adaptor adaptor,
        ::llvm::SmallVectorImpl<::mlir::ShapedTypeComponents> &shapes);
  }],
                                       [{
    ::llvm::LogicalResult $cppClass::inferReturnTypeComponents(
        ::mlir::MLIRContext *context, std::optional<::mlir::Location> location,
        ::mlir::ValueShapeRange operands, ::mlir::DictionaryAttr attributes,
        ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
        ::llvm::SmallVectorImpl<::mlir::ShapedTypeComponents> &shapes) {
      auto emitError = [&]() {
        return ::mlir::emitError(
                   location.value_or(::mlir::UnknownLoc::get(context)))
               << "'" << getOperationName() << "' op ";
      };
      return inferShapes(
          emitError, Adaptor(operands, attributes, properties, regions), shapes);
    }
  }]> {
  let cppNamespace = "::snn::spike";
}

// Every op says when it keeps samples apart. `keepsShape`: the result has the
// shape of the first operand; otherwise the op has an `inferShapes` of its own.
class Spike_Op<string mnemonic, list<Trait> traits = []>
    : Op<Spike_Dialect, mnemonic,
         !listconcat([Pure, Spike_InfersShapes,
                      DeclareOpInterfaceMethods<InferShapedTypeOpInterface,
                                                ["inferReturnTypeComponents"]>,
                      DeclareOpInterfaceMethods<SampleAxesInterface>],
                     traits)> {
  SampleRule samples = ?;
  bit keepsShape = 0;
  string siteDefinition = "";
  string costDefinition = "";
  let hasVerifier = 1;
  let extraClassDefinition = [{
    ::llvm::LogicalResult
    $cppClass::checkSampleAxes(const ::snn::SampleAxes &axes) {
      return }] # samples.checkCpp # [{;
    }
    ::mlir::FailureOr<int64_t>
    $cppClass::countSampleGroups(const ::snn::SampleAxes &axes) {
      return }] # samples.groupsCpp # [{;
    }
    void $cppClass::bindBatch() }] # "{ " # samples.bindCpp # " }" # !if(keepsShape, [{
    ::llvm::LogicalResult $cppClass::inferShapes(
        ::llvm::function_ref<::mlir::InFlightDiagnostic()>, Adaptor adaptor,
        ::llvm::SmallVectorImpl<::mlir::ShapedTypeComponents> &shapes) {
      shapes.emplace_back(
          ::llvm::cast<::mlir::ShapedType>(adaptor.getOperands()[0].getType()));
      return ::llvm::success();
    }
  }], "") # siteDefinition # costDefinition;
}

// An op that the digital unit executes: what it costs has no usual value.
class Spike_DigitalOp<string mnemonic, list<Trait> traits = []>
    : Spike_Op<mnemonic,
               !listconcat([DeclareOpInterfaceMethods<DigitalCostInterface>],
                           traits)> {
  DigitalCost cost = ?;
  let costDefinition = [{
    ::snn::DigitalCost $cppClass::getDigitalCost() { return }]#cost.cpp#[{; }
  }];
}

// A call of a kernel of the runtime's table.
def Spike_KernelCall
    : DeclareOpInterfaceMethods<
          KernelOpInterface, ["getKernelName", "getKernelAttributes",
                              "getKernelOperands", "getKernelConstants",
                              "getKernelCoded"]>;

def Spike_IsSite : DeclareOpInterfaceMethods<SiteOpInterface, ["setTokens"]>;

// What an op has at whose result the network is quantised: it names the site
// and says which of its neurons belong to tokens that the attention mask keeps.
class Spike_SiteArguments {
  dag siteArguments = (ins StrAttr:$site, Spike_SiteKindAttr:$kind,
                           DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$token_axes);
  string siteDefinition = [{
    void $cppClass::setTokens(::mlir::Value valid, ::llvm::ArrayRef<int64_t> axes) {
      getValidMutable().assign(valid);
      setTokenAxes(axes);
    }
  }];
}
class Spike_SiteOpBase<string mnemonic, list<Trait> traits = []>
    : Spike_Op<mnemonic, !listconcat([Spike_IsSite], traits)>,
      Spike_SiteArguments;
class Spike_DigitalSiteOp<string mnemonic, list<Trait> traits = []>
    : Spike_DigitalOp<mnemonic, !listconcat([Spike_IsSite], traits)>,
      Spike_SiteArguments;

// When ops of this dialect keep samples apart.

/// Axis 0 of the train that it makes runs over time.
def MixesTimeSteps
    : SampleRule<"::snn::spike::detail::checkTimeAxis(axes, *this)">;

/// Attention of binary trains, which also runs over heads, tokens and channels.
def MixesAttention
    : SampleRule<"::snn::spike::detail::checkAttentionAxes(axes, *this)">;

/// A product of activations.
def MixesContraction
    : SampleRule<
          "::snn::spike::detail::checkContraction(axes, *this, getLhs(), "
          "getRhs(), getTransposed())">;

/// An image: batch and channels are in front of the axes that it runs over.
def MixesPositions
    : MixesFrom<"getX()", "1", "the convolution runs over the batch axis">;

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

def Spike_SiteOp : Spike_SiteOpBase<"site", [AllTypesMatch<["x", "result"]>]> {
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "A tensor that is to be quantised";
  let description = [{
    Marks where post-training quantisation puts a quantiser; the identity at the
    float level. `spike-calibrate` fills in `bits`, `zero` and `scale`,
    `spike-calibrate-phase` fills in `coding`, the type of a phase code;
    `spike-quantize` replaces the op by `spike.quantize` and `spike.dequantize`.

    `valid` [batch, tokens] says which tokens the attention mask keeps;
    `token_axes` are the axes of `x` that run over tokens. Samples are along the first
    axis, or the second where tokens are along the first; heads may be folded into them.

    Constraints:
    * (C1) `x` is f32
    * (C2) `result` has the type of `x`
    * (C3) it has a name and a kind
    * (C4) `token_axes` are axes of the result
    * (C5) `valid` is [batch, tokens] and stands with `token_axes`
    * (C6) every axis of `token_axes` has as many elements as `valid` has tokens
    * (C7) it has either `coding` or all of `bits`, `zero` and `scale`, or none of them
    * (C8) `table`, levels that are not uniform, stands with `bits` and suits it

    ```mlir
    %1 = spike.site %0 "/ffn/MatMul:x" kind activation : tensor<1x64x128xf32>
    ```
  }];
  let arguments = !con((ins FloatTensor:$x, Optional<ValidTensor>:$valid),
                       siteArguments,
                       (ins OptionalAttr<Spike_IntAttr>:$bits, OptionalAttr<Spike_IntAttr>:$zero,
                            OptionalAttr<F32Attr>:$scale,
                            OptionalAttr<TypeAttrOf<PhaseCode>>:$coding,
                            OptionalAttr<DenseI32ArrayAttr>:$table));
  let results = (outs FloatTensor:$result);
  let assemblyFormat = [{
    $x $site `kind` $kind (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict `:` type($result)
  }];
}

def Spike_QuantizeOp : Spike_DigitalSiteOp<"quantize", [Spike_KernelCall]> {
  let cost = CostOfResult<1>;
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "Quantises real values to levels";
  let description = [{
    q = clip(round_half_even(x / scale) + zero, 0, T), then the dead zone of the
    result type (ONNX QuantizeLinear; mttfs.md section 1). Executed by the digital
    unit. To a phase code: the logarithmic quantiser of `!spike.phase`.

    Constraints:
    * (C1) `token_axes` are axes of the result
    * (C2) `valid` is [batch, tokens] and stands with `token_axes`
    * (C3) every axis of `token_axes` has as many elements as `valid` has tokens
    * (C4) `x` is f32, the result levels or a phase code
    * (C5) the result has the shape of `x`

    ```mlir
    %1 = spike.quantize %0 "e1" kind activation
        : tensor<64x128xf32> -> tensor<64x128x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>
    ```
  }];
  let arguments = !con((ins FloatTensor:$x, Optional<ValidTensor>:$valid), siteArguments);
  let results = (outs QuantisedTensor:$result);
  let assemblyFormat = [{
    $x $site `kind` $kind (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($x) `->` type($result)
  }];
}

def Spike_EncodeOp : Spike_DigitalSiteOp<"encode", [Spike_KernelCall]> {
  let cost = CostOfResult<1>;
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "Encodes real values as a spike train";
  let description = [{
    Quantises as `spike.quantize` does, maps levels within `dead_zone` of the zero
    point to the zero point, and codes the level in the type of the result: silent
    within `radius` of the mask, otherwise one spike in slot T - q. `dead_zone`
    is used where the coding's own mask is not the dead zone's centre (plain
    TTFS of a network with a dead zone). Executed by the digital unit.

    Constraints:
    * (C1) `token_axes` are axes of the result
    * (C2) `valid` is [batch, tokens] and stands with `token_axes`
    * (C3) every axis of `token_axes` has as many elements as `valid` has tokens
    * (C4) `x` is f32, the result a train
    * (C5) the result has the shape of `x`
    * (C6) the kind of the site spikes: keys and values stay resident
    * (C7) `dead_zone` is 0 or more

    ```mlir
    %1 = spike.encode %0 "e1" kind activation
        : tensor<64x128xf32> -> tensor<64x128x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>>
    ```
  }];
  let arguments = !con((ins FloatTensor:$x, Optional<ValidTensor>:$valid), siteArguments,
                       (ins DefaultValuedAttr<Spike_IntAttr, "0">:$dead_zone));
  let results = (outs TrainTensor:$result);
  let assemblyFormat = [{
    $x $site `kind` $kind (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($x) `->` type($result)
  }];
}

def Spike_DequantizeOp : Spike_DigitalOp<"dequantize", [Spike_KernelCall]> {
  let cost = CostOfResult<1>;
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "The real values of levels or spikes";
  let description = [{
    scale * (q - zero); an operand of 1 bit stands for scale * (2q - 1). A phase code
    stands for sign * scale * base^-phase, rounded to float once. A binary spike stands
    for 1, silence for 0, a count for itself; with `unit`, they stand for
    F32(count * unit), which a product has in its scale.

    Constraints:
    * (C1) `x` holds levels, a train or a phase code
    * (C2) the result is f32
    * (C3) the result has the shape of `x`
    * (C4) `unit` is finite, positive and stands with binary spikes and counts

    ```mlir
    %1 = spike.dequantize %0
        : tensor<4x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins DecodableTensor:$x, OptionalAttr<F32Attr>:$unit);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Type":$type, "::mlir::Value":$x), [{
    build($_builder, $_state, type, x, ::mlir::FloatAttr());
  }]>];
  let extraClassDeclaration = [{
    /// The coding of `x`, whose scale the unit is where there is one.
    ::snn::rt::Coding getNumberCoding();
  }];
}

def Spike_TokenMaskOp : Spike_DigitalOp<"token_mask", [Spike_KernelCall]> {
  let cost = CostOfResult<1>;
  let samples =
      MixesFrom<"getMask()", "1", "the batch is not the mask's first axis">;
  let summary = "Which tokens an attention mask keeps";
  let description = [{
    `mask` is an attention mask, [batch, ..., tokens] with heads and queries between
    them: additive (f32), where a key counts if its value is above -1000, or the keys
    that count (i1). A token is kept if one head and query sees it.

    Constraints:
    * (C1) `mask` is [batch, ..., tokens], of rank 2 or more
    * (C2) the result is [batch, tokens]
    * (C3) the result is i1

    ```mlir
    %1 = spike.token_mask %0 : tensor<?x1x1x64xf32> -> tensor<?x64xi1>
    ```
  }];
  let arguments = (ins AnyTypeOf<[FloatTensor, ValidTensor]>:$mask);
  let results = (outs ValidTensor:$result);
  let assemblyFormat = "$mask attr-dict `:` type($mask) `->` type($result)";
}

//===----------------------------------------------------------------------===//
// Integration
//===----------------------------------------------------------------------===//

def Spike_LinearOp
    : Spike_Op<
          "linear", [DeclareOpInterfaceMethods<EventConsumerOpInterface>]> {
  let samples = MixesAlong<"getX()", "-1", "it contracts">;
  let summary = "Integrates a quantised tensor through static weights";
  let description = [{
    acc[..., j] = sum_i w[i, j] * (q[..., i] - zero), an exact 32-bit integer.
    For a spike train the sum runs over the spiking inputs and starts at
    `offset`: acc = offset[j] + sum over spiking i of w[i, j] * (T - t_i - mask)
    with offset = (mask - zero) * sum_i w[i, j] (mttfs.md section 2), which is the
    same integer. Without `offset` that constant is implied; `spike-fold-silent-offset`
    makes it explicit where it is not zero.

    `weight` is [inputs, outputs], int8, or int16 where a zero point was folded in.

    Constraints:
    * (C1) `x` holds levels or a train
    * (C2) `weight` is i8 or i16 [K, N]
    * (C3) the last axis of `x` has K elements
    * (C4) the result is `x`'s shape with N in place of K
    * (C5) the result is i32
    * (C6) `offset` is i32 [N]
    * (C7) `offset` belongs to a train

    ```mlir
    %1 = spike.linear %0 {weight = #onnx.param<"w.safetensors", "ffn"> : tensor<128x512xi8>}
        : tensor<64x128x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>> -> tensor<64x512xi32>
    ```
  }];
  let arguments = (ins CodedTensor:$x, TypedAttrInterface:$weight,
                       OptionalAttr<TypedAttrInterface>:$offset);
  let results = (outs MembraneTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

def Spike_ConvOp
    : Spike_Op<"conv", [DeclareOpInterfaceMethods<
                           EventConsumerOpInterface, ["getWindow"]>]> {
  let samples = MixesPositions;
  let summary = "Integrates a quantised image through a static convolution";
  let description = [{
    The convolution of `spike.linear`, NCHW (or NCW). `weight` is [O, I/group,
    kernel...]; `pads` is begin..., end.... Padded taps are no inputs: they
    contribute nothing, and `offset`, of the shape of one result [O, spatial...],
    sums the valid taps of each position only.

    Constraints:
    * (C1) `x` holds levels or a train
    * (C2) `weight` is i8 or i16 and has the rank of `x`
    * (C3) `strides` and `dilations` have a positive number for each spatial axis,
      `pads` two
    * (C4) `x` has group times as many channels as `weight` reads, and `weight` as many
      outputs as the groups share evenly
    * (C5) strides and dilations are positive
    * (C6) the result has the shape that the window gives
    * (C7) `offset` is i32 of the shape of one result
    * (C8) `offset` belongs to a train

    ```mlir
    %1 = spike.conv %0 {weight = dense<1> : tensor<8x3x2x2xi8>, strides = array<i64: 2, 2>,
        pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64}
        : tensor<1x3x8x8x!spike.level<bits = 8, zero = 128, mask = 128, scale = 0.01>> -> tensor<1x8x4x4xi32>
    ```
  }];
  let arguments = (ins CodedTensor:$x, TypedAttrInterface:$weight,
                       OptionalAttr<TypedAttrInterface>:$offset,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations, Spike_IntAttr:$group);
  let results = (outs MembraneTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

def Spike_MatMulOp
    : Spike_Op<
          "matmul", [DeclareOpInterfaceMethods<
                         AttentionEngineOpInterface, ["verifyEngineOperands"]>,
                     DeclareOpInterfaceMethods<
                         EventConsumerOpInterface, ["getResident"]>]> {
  let samples = MixesContraction;
  let summary = "Product of a quantised tensor with a resident operand";
  let description = [{
    acc[..., i, j] = sum_c (q[..., i, c] - zero) * k[..., c, j], where the resident
    operand's integer is k = level - zero, or 2 * level - 1 for one bit. For a
    spike train the sum runs over the events and adds (mask - zero) * kappa[j],
    kappa[j] = sum_c k[c, j], computed when the resident operand is written
    (mttfs.md section 5). `transposed`: the resident operand is [..., j, c].
    `valid` names the kept keys, for counting events only. `engine`, set by
    `spike-map-attention`, is the attention engine that runs it.

    Constraints:
    * (C1) `lhs` holds levels or a train, `rhs` levels
    * (C2) both have one rank of at least 2
    * (C3) the contracted axes have one size, and so have all batch axes
    * (C4) the result is [batch..., rows of `lhs`, columns of `rhs`]
    * (C5) the levels of `rhs` have no table

    ```mlir
    %1 = spike.matmul %q, %k {transposed}
        : tensor<2x64x64x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>>,
          tensor<2x64x64x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>> -> tensor<2x64x64xi32>
    ```
  }];
  let arguments = (ins CodedTensor:$lhs, LevelTensor:$rhs,
                       Optional<ValidTensor>:$valid, UnitAttr:$transposed,
                       OptionalAttr<StrAttr>:$engine);
  let results = (outs MembraneTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
}

//===----------------------------------------------------------------------===//
// From the membrane potential
//===----------------------------------------------------------------------===//

def Spike_RescaleOp : Spike_DigitalOp<"rescale", [Spike_KernelCall]> {
  let cost = CostOfResult<1>;
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "The real values of accumulators";
  let description = [{
    y = float(acc) * scale[c] + bias[c], two rounded float operations; without
    `bias` the product alone. `scale` and `bias` have one value, or one per
    element of axis `axis`. Executed by the digital unit.

    Constraints:
    * (C1) `x` is i32
    * (C2) the result has the shape of `x`
    * (C3) `axis` is an axis of `x`
    * (C4) `scale` is f32 [N], N 1 or the size of axis `axis`
    * (C5) so is `bias`, where there is one

    ```mlir
    %1 = spike.rescale %0 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64}
        : tensor<64x512xi32> -> tensor<64x512xf32>
    ```
  }];
  let arguments = (ins MembraneTensor:$x, TypedAttrInterface:$scale,
                       OptionalAttr<TypedAttrInterface>:$bias, Spike_IntAttr:$axis);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

def Spike_RequantizeOp : Spike_DigitalSiteOp<"requantize", [Spike_KernelCall]> {
  let cost = CostOfResult<1>;
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "Accumulators to levels";
  let description = [{
    `spike.rescale`, then max(0, .) if `relu` is present, then `spike.quantize`: the
    quantised network's re-quantiser f of mttfs.md section 3, monotone in acc for a
    positive scale. `spike-mttfs` turns it into `spike.fire`.

    Constraints:
    * (C1) `token_axes` are axes of the result
    * (C2) `valid` is [batch, tokens] and stands with `token_axes`
    * (C3) every axis of `token_axes` has as many elements as `valid` has tokens
    * (C4) the result holds levels
    * (C5) the result has the shape of `x`
    * (C6) `axis` is an axis of `x`
    * (C7) `scale` is f32 [N], N 1 or the size of axis `axis`
    * (C8) so is `bias`, where there is one

    ```mlir
    %1 = spike.requantize %0 "e6" kind activation
        {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64, relu}
        : tensor<64x512xi32> -> tensor<64x512x!spike.level<bits = 4, zero = 0, mask = 0, scale = 0.25>>
    ```
  }];
  let arguments = !con((ins MembraneTensor:$x, Optional<ValidTensor>:$valid), siteArguments,
                       (ins TypedAttrInterface:$scale, OptionalAttr<TypedAttrInterface>:$bias,
                            Spike_IntAttr:$axis, UnitAttr:$relu));
  let results = (outs LevelTensor:$result);
  let assemblyFormat = [{
    $x $site `kind` $kind (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($x) `->` type($result)
  }];
}

def Spike_FireOp
    : Spike_SiteOpBase<"fire", [DeclareOpInterfaceMethods<NeuronOpInterface>]> {
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "Fires neurons by descending thresholds";
  let description = [{
    `thresholds` [channels, T] (channels of axis `axis`, or 1): column v - 1 is the
    least membrane potential that reaches level v, 2147483647 for an unreachable
    level. In slot t a neuron that has not fired fires if its potential is at least
    the threshold of level T - t; a crossing within the mask's window latches the
    neuron silently (mttfs.md section 3).

    `scale`, `bias` and `relu` are those of the `spike.requantize` that the thresholds
    were made from, and `dead_zone` the radius around the zero point that was folded
    into them; a programming image holds them instead of the thresholds where that
    is smaller. Execution reads the thresholds alone.

    Constraints:
    * (C1) `token_axes` are axes of the result
    * (C2) `valid` is [batch, tokens] and stands with `token_axes`
    * (C3) every axis of `token_axes` has as many elements as `valid` has tokens
    * (C4) the result is a train
    * (C5) the result has the shape of `x`
    * (C6) the kind of the site spikes: keys and values stay resident
    * (C7) `axis` is an axis of `x`
    * (C8) `thresholds` is i32 [N, T], N 1 or the size of axis `axis`, T the highest
      level
    * (C9) `bias`, `relu` and `dead_zone` stand with `scale`
    * (C10) `dead_zone` is 0 or more
    * (C11) `scale` and `bias` are f32 with 1 value, or one per element of axis `axis`

    ```mlir
    %1 = spike.fire %0 "e6" kind activation
        {thresholds = dense<[[-3, 0, 4]]> : tensor<1x3xi32>, axis = -1 : i64}
        : tensor<64x512xi32> -> tensor<64x512x!spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>>
    ```
  }];
  let arguments = !con((ins MembraneTensor:$x, Optional<ValidTensor>:$valid), siteArguments,
                       (ins TypedAttrInterface:$thresholds, Spike_IntAttr:$axis,
                            OptionalAttr<TypedAttrInterface>:$scale,
                            OptionalAttr<TypedAttrInterface>:$bias, UnitAttr:$relu,
                            DefaultValuedAttr<Spike_IntAttr, "0">:$dead_zone));
  let results = (outs TrainTensor:$result);
  let assemblyFormat = [{
    $x $site `kind` $kind (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($x) `->` type($result)
  }];
}

include "snn/Dialect/Spike/SpikePhase.td"
include "snn/Dialect/Spike/SpikeNeurons.td"
include "snn/Dialect/Spike/SpikeStochastic.td"

#endif // SNN_DIALECT_SPIKE_SPIKEOPS_TD
