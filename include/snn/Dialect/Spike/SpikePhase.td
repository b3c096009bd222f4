//===- SpikePhase.td - One-spike phase coding ----------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The type and the ops of SpikedAttention (Hwang et al., NeurIPS 2024). Included
// by SpikeOps.td, whose classes they use. What is computed, to the bit, is in
// docs/spikedattention.md.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKEPHASE_TD
#define SNN_DIALECT_SPIKE_SPIKEPHASE_TD

//===----------------------------------------------------------------------===//
// The type
//===----------------------------------------------------------------------===//

def Spike_PhaseSign : I32EnumAttr<"PhaseSign", "which signs a spike may have", [
    I32EnumAttrCase<"Signed", 0, "signed">,
    I32EnumAttrCase<"Positive", 1, "positive">]> {
  let cppNamespace = "::snn::spike";
  let genSpecializedAttr = 0;
  let description = [{
    `signed`: a spike stands for a positive or a negative value. `positive`: negative
    values are silent, which is ReLU.
  }];
}

def Spike_PhaseRelease : I32EnumAttr<"PhaseRelease", "which released implementation to follow", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"Swin", 1, "swin">,
    I32EnumAttrCase<"Bert", 2, "bert">]> {
  let cppNamespace = "::snn::spike";
  let genSpecializedAttr = 0;
  let description = [{
    `none` is the corrected form; `swin` and `bert` reproduce what the authors of
    SpikedAttention released for the two networks, where it differs.
  }];
}

class DefaultedEnumParameter<EnumInfo info, string value> : EnumParameter<info> {
  let defaultValue = value;
}

def Spike_PhaseType : Spike_Type<"Phase", "phase", [OpAsmTypeInterface]> {
  let summary = "A spike of a one-spike phase code";
  let description = [{
    A neuron of SpikedAttention (Hwang et al., NeurIPS 2024, section 3) fires at most
    once in a window of `phases` phases. A spike in phase j stands for
    sign * scale * base^-j, silence for 0. Phase j is the first whose threshold
    |x / scale| >= base^-j (1 + 1/base) / 2 is reached, so the code is a logarithmic
    quantiser with decision boundaries halfway between levels. The base is above 1 and
    at most 2, there are 1 to 127 phases.

    `release = swin` shifts the levels by one phase, to base^-(j + 1), as the released
    vision pipeline does.

    Example: `tensor<64x128x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>`
  }];
  let parameters = (ins
    F64Parameter<>:$base, "unsigned":$phases, F64Parameter<>:$scale,
    DefaultedEnumParameter<Spike_PhaseSign, "::snn::spike::PhaseSign::Signed">:$sign,
    DefaultedEnumParameter<Spike_PhaseRelease, "::snn::spike::PhaseRelease::None">:$release);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let genMnemonicAlias = 1;
  let extraClassDeclaration = [{
    /// The runtime's form of this coding.
    ::snn::rt::PhaseCoding getCoding() const;
    /// This type with another scale.
    PhaseType withScale(double scale) const;
  }];
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

def Spike_PhaseEncodeOp
    : Spike_SiteOpBase<
          "phase_encode", [DeclareOpInterfaceMethods<NeuronOpInterface>]> {
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "Fires one-spike phase neurons";
  let description = [{
    A neuron with the potential x fires in the first phase j with
    |x / scale| >= base^-j (1 + 1/base) / 2, with the sign of x, or stays silent
    (SpikedAttention section 3). A `sign = positive` coding leaves negative potentials
    silent, which is ReLU. The site counts as `spike.encode`'s does; a potential within
    1e-6, relative, of a threshold is counted as near.

    Constraints:
    * (C1) the result has the shape of `x`
    * (C2) `valid` stands with `token_axes`
    * (C3) the result is a phase code

    ```mlir
    %1 = spike.phase_encode %0 "e1" kind activation
        : tensor<64x128xf32> -> tensor<64x128x!spike.phase<base = 1.15, phases = 40, scale = 2.5>>
    ```
  }];
  let arguments = !con((ins FloatTensor:$x, Optional<ValidTensor>:$valid), siteArguments);
  let results = (outs PhaseTensor:$result);
  let assemblyFormat = [{
    $x $site `kind` $kind (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($x) `->` type($result)
  }];
}

def Spike_PhaseDecodeOp : Spike_DigitalOp<"phase_decode"> {
  let cost = CostOfResult<1>;
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "The real values of a phase code, for the digital unit";
  let description = [{
    sign * scale * base^-phase, 0 for a silent neuron.

    Constraints:
    * (C1) the result has the shape of `x`

    ```mlir
    %1 = spike.phase_decode %0
        : tensor<4x!spike.phase<base = 1.4, phases = 16, scale = 1.0>> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins PhaseTensor:$x);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

def Spike_PhaseResidualOp : Spike_DigitalOp<"phase_residual"> {
  let cost = CostOfResult<1>;
  let keepsShape = 1;
  let samples = KeepsSamples;
  let summary = "Adds the train of a skip connection to a membrane";
  let description = [{
    value + the decoded train: the skip's spikes are held back until the branch is
    integrated, and added to its membrane (SpikedAttention section 4).

    Constraints:
    * (C1) the result has the shape of the operands

    ```mlir
    %2 = spike.phase_residual %0, %1
        : tensor<4xf32>, tensor<4x!spike.phase<base = 1.4, phases = 16, scale = 1.0>> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins FloatTensor:$value, PhaseTensor:$train);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$value `,` $train attr-dict `:` type($value) `,` type($train) `->` type($result)";
}

def Spike_PhaseLinearOp
    : Spike_Op<"phase_linear", [DeclareOpInterfaceMethods<
                                   EventConsumerOpInterface>]> {
  let samples = MixesAlong<"getX()", "-1", "it contracts">;
  let summary = "Integrates a phase code through static weights";
  let description = [{
    y[..., j] = scale * weight_scale[j] * sum_i w[i, j] u_i + bias[j], where
    u_i = sign_i * base^-phase_i and `scale` is the coding's. The sum is exact up to the
    rounding of doubles; the result is rounded to float once. `weight` is
    [inputs, outputs], i8, i16 or f32; `weight_scale` has one value or one per output
    (absent: 1), `bias` one per output.

    A stepwise neuron adds the bias once, at the end of its integration, instead of
    dividing it by a geometric sum and adding it in every phase.

    Constraints:
    * (C1) the last axis of `x` has K elements, K the rows of `weight`
    * (C2) `weight` is i8, i16 or f32 [K, N]
    * (C3) the result is `x`'s shape with N in place of K
    * (C4) the weights' scale has 1 or N values
    * (C5) `bias` is f32 with 1 or N values

    ```mlir
    %1 = spike.phase_linear %0 {weight = #onnx.param<"w.safetensors", "ffn"> : tensor<128x512xi8>,
                                weight_scale = dense<0.01> : tensor<1xf32>}
        : tensor<64x128x!spike.phase<base = 1.15, phases = 40, scale = 2.5>> -> tensor<64x512xf32>
    ```
  }];
  let arguments = (ins PhaseTensor:$x, TypedAttrInterface:$weight,
                       OptionalAttr<TypedAttrInterface>:$weight_scale,
                       OptionalAttr<TypedAttrInterface>:$bias);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

def Spike_PhaseConvOp
    : Spike_Op<"phase_conv", [DeclareOpInterfaceMethods<
                                 EventConsumerOpInterface, ["getWindow"]>]> {
  let samples = MixesPositions;
  let summary = "Integrates a phase-coded image through a static convolution";
  let description = [{
    The convolution of `spike.phase_linear`, NCHW (or NCW). `weight` is [O, I/group,
    kernel...]; `pads` is begin..., end.... Padded taps are silent.

    Constraints:
    * (C1) `x` has group times as many channels as `weight` reads
    * (C2) the result has the shape that the window gives
    * (C3) `bias` has a value for each output, or one

    ```mlir
    %1 = spike.phase_conv %0 {weight = dense<1> : tensor<8x3x2x2xi8>, strides = array<i64: 2, 2>,
        pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, group = 1 : i64}
        : tensor<1x3x8x8x!spike.phase<base = 1.15, phases = 40, scale = 1.0>> -> tensor<1x8x4x4xf32>
    ```
  }];
  let arguments = (ins PhaseTensor:$x, TypedAttrInterface:$weight,
                       OptionalAttr<TypedAttrInterface>:$weight_scale,
                       OptionalAttr<TypedAttrInterface>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations, Spike_IntAttr:$group);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

def Spike_PhaseMatMulOp
    : Spike_Op<
          "phase_matmul", [AttrSizedOperandSegments,
                           DeclareOpInterfaceMethods<
                               AttentionEngineOpInterface, ["sumsIntegers"]>,
                           DeclareOpInterfaceMethods<
                               EventConsumerOpInterface, ["getResident",
                                                          "receivesEvents"]>]> {
  let samples = MixesContraction;
  let summary = "Trace-driven product of two phase codes";
  let description = [{
    y[..., i, j] = factor * sum_c a[..., i, c] b[..., c, j] of the decoded operands,
    rounded to float once; with `divisor` [..., i, 1] (the Z of `spike.woss`) divided by
    it before rounding, and 0 where it is 0. A machine latches a decaying trace at each
    spike and multiplies latches by the other operand's spikes (SpikedAttention
    section 4); the result is exactly the product of the decoded operands. Both codings
    have one base and one number of phases. `transposed`: b is [..., j, c]. `valid`
    names the kept keys, for counting events only. `engine`, set by
    `spike-map-attention`, is the attention engine that runs it.

    `sign_bug` reproduces the released correction of spikes that coincide, which squares
    away the sign of a negative left operand.

    Constraints:
    * (C1) both operands have one base and number of phases
    * (C2) the contracted axes have one size, and so have all batch axes
    * (C3) both have one rank of at least 2
    * (C4) `divisor` has one element for each row
    * (C5) the result is [batch..., rows of `lhs`, columns of `rhs`]

    ```mlir
    %1 = spike.phase_matmul %q, %k {factor = 0.125 : f64, transposed}
        : tensor<2x64x64x!spike.phase<base = 1.15, phases = 40, scale = 2.0>>,
          tensor<2x64x64x!spike.phase<base = 1.15, phases = 40, scale = 3.0>> -> tensor<2x64x64xf32>
    ```
  }];
  let arguments = (ins PhaseTensor:$lhs, PhaseTensor:$rhs, Optional<FloatTensor>:$divisor,
                       Optional<ValidTensor>:$valid,
                       DefaultValuedAttr<F64Attr, "1.0">:$factor, UnitAttr:$transposed,
                       UnitAttr:$sign_bug, OptionalAttr<StrAttr>:$engine);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`divisor` `(` $divisor^ `:` type($divisor) `)`)?
    (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
}

def Spike_WossOp
    : Spike_DigitalSiteOp<
          "woss", [AttrSizedOperandSegments,
                   DeclareOpInterfaceMethods<
                       AttentionEngineOpInterface, ["sumsIntegers"]>,
                   DeclareOpInterfaceMethods<EventConsumerOpInterface>,
                   DeclareOpInterfaceMethods<NeuronOpInterface>]> {
  // A logit, its distance from the winner, and an addition to Z.
  let cost = CostOfResult<3>;
  let samples = MixesAlong<"getScores()", "-1", "it normalises">;
  let summary = "Winner-oriented spike shift: a softmax's numerators as spikes";
  let description = [{
    Over the last axis, with logit_i = decoded score_i * multiplicative_i + additive_i:
    neuron i fires in phase floor((max - logit_i) / ln base + 1/2) of `train`, silent from
    phase T on; so its spike, worth base^-phase, is exp(logit_i - max) up to a factor of
    at most base^(1/2). `z` [..., 1] is their sum (SpikedAttention section 4). The product
    with the values divides by `z` once a row and head.

    A key whose additive mask is not above -50 is masked: silent, and no winner. A row
    that is masked as a whole is silent, with z = 0; then `spike.phase_matmul` gives 0.
    Every weight differs from the softmax of the decoded scores by a factor of at most
    base either way, before silence cuts off what is below base^-(T - 1/2).

    The coding of `train` has scale 1 and positive sign. `release = swin` of it fires in
    phase 1 + round(base * d / ln base), `bert` in 1 + ceil(d / ln base).

    Constraints:
    * (C1) the train has scale 1 and positive sign
    * (C2) `z` has one element for each row
    * (C3) masks broadcast to the scores
    * (C4) the train has the shape of the scores

    ```mlir
    %p, %z = spike.woss %s additive(%mask : tensor<1x1x1x64xf32>) "p" kind probability
        : tensor<1x2x64x64x!spike.phase<base = 1.15, phases = 40, scale = 8.0>>
       -> tensor<1x2x64x64x!spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>>,
          tensor<1x2x64x1xf32>
    ```
  }];
  let arguments = !con((ins PhaseTensor:$scores, Optional<FloatTensor>:$multiplicative,
                            Optional<FloatTensor>:$additive, Optional<ValidTensor>:$valid),
                       siteArguments, (ins OptionalAttr<StrAttr>:$engine));
  let results = (outs PhaseTensor:$train, FloatTensor:$z);
  let assemblyFormat = [{
    $scores (`multiplicative` `(` $multiplicative^ `:` type($multiplicative) `)`)?
    (`additive` `(` $additive^ `:` type($additive) `)`)? $site `kind` $kind
    (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($scores) `->` type($train) `,` type($z)
  }];
}

#endif // SNN_DIALECT_SPIKE_SPIKEPHASE_TD
