//===- SpikeNeurons.td - Networks trained to spike -----------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Trains of binary spikes and of counts over explicit time steps, leaky
// integrate-and-fire neurons and spike-driven self-attention (Meta-SpikeFormer). Included by SpikeOps.td,
// whose classes they use. How a network becomes such ops is in
// docs/metaspikeformer.md.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKENEURONS_TD
#define SNN_DIALECT_SPIKE_SPIKENEURONS_TD

//===----------------------------------------------------------------------===//
// The types
//===----------------------------------------------------------------------===//

def Spike_BinaryType : Spike_Type<"Binary", "binary", [OpAsmTypeInterface]> {
  let summary = "A binary spike of one time step";
  let description = [{
    An element of a train over `steps` time steps in which a neuron fires or is silent
    in every step: 1 for a spike, 0 for none, each worth its number. Axis 0 of a tensor
    is time, or time folded with the batch, time-major: [T, B, ...] or [T*B, ...].
    There are at least 1 and at most 65536 steps.

    Example: `tensor<4x1x64x128x!spike.binary<steps = 4>>`
  }];
  let parameters = (ins "unsigned":$steps);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let genMnemonicAlias = 1;
  let extraClassDeclaration = [{
    /// The runtime's form: level 1 is a spike, level 0 is silent.
    ::snn::rt::Coding getCoding() const { return {1, 0, 0, 0, 1.0f}; }
  }];
}

def Spike_CountType : Spike_Type<"Count", "count", [OpAsmTypeInterface]> {
  let summary = "The spikes of one time step, counted";
  let description = [{
    An element of a train over `steps` time steps in which a neuron fires up to `max`
    times in a step: an integer 0..max, which stands for itself. Time as in
    `!spike.binary`, which holds what is at most 1. Integer LIF neurons make counts (Yao
    et al., Spike-driven Transformer V3), and sums of binary trains. `max` is at least 2
    and at most 255.

    Example: `tensor<4x64x128x!spike.count<max = 4, steps = 4>>`
  }];
  let parameters = (ins "unsigned":$max, "unsigned":$steps);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let genMnemonicAlias = 1;
  let extraClassDeclaration = [{
    /// The runtime's form: as many bits as the largest count needs.
    ::snn::rt::Coding getCoding() const {
      int32_t bits = 2;
      while ((1u << bits) <= getMax())
        ++bits;
      return {bits, 0, 0, 0, 1.0f};
    }
  }];
}

def StepTensor : RankedTensorOf<[Type<CPred<"::snn::spike::isStepTrain($_self)">,
                                      "binary spike or count of spikes">]>;

//===----------------------------------------------------------------------===//
// Neurons
//===----------------------------------------------------------------------===//

def Spike_ChargeOrder : I32EnumAttr<"ChargeOrder", "how a membrane takes up its input", [
    I32EnumAttrCase<"Tau", 0, "tau">,
    I32EnumAttrCase<"DecayFactor", 1, "decay_factor">,
    I32EnumAttrCase<"LeakTau", 2, "leak_tau">,
    I32EnumAttrCase<"LeakFactor", 3, "leak_factor">,
    I32EnumAttrCase<"Affine", 4, "affine">]> {
  let cppNamespace = "::snn::spike";
  let genSpecializedAttr = 0;
  let description = [{
    The charge of a membrane v by the input x, rounded F32 operations in the order
    written. `tau`: v + (x - v) / tau with `decay_input`, else v * (1 - 1/tau) + x;
    `decay_factor`: v + (x - v) * factor; `leak_tau`: (v - v / tau) + x; `leak_factor`:
    (v - v * factor) + x; `affine`: factor * v + gain * x.
  }];
}
def Spike_ChargeOrderAttr : EnumAttr<Spike_Dialect, Spike_ChargeOrder, "charge_order">;

def Spike_ResetRule : I32EnumAttr<"ResetRule", "what spikes take off a membrane", [
    I32EnumAttrCase<"AtOnce", 0, "at_once">,
    I32EnumAttrCase<"Subtract", 1, "subtract">,
    I32EnumAttrCase<"LateSubtract", 2, "late_subtract">,
    I32EnumAttrCase<"LateZero", 3, "late_zero">,
    I32EnumAttrCase<"Never", 4, "never">]> {
  let cppNamespace = "::snn::spike";
  let genSpecializedAttr = 0;
  let description = [{
    `at_once`: the membrane becomes `reset_value`, with `soft_reset` it loses the
    threshold; `subtract`: it loses `amount` for each spike; `late_subtract`: the same,
    but off the next step's membrane, behind the leak (snnTorch's default);
    `late_zero`: the next step's membrane is 0; `never`: it stays as it is.
  }];
}
def Spike_ResetRuleAttr : EnumAttr<Spike_Dialect, Spike_ResetRule, "reset_rule">;

/// What neurons have beside tau, threshold and what goes with them.
class Spike_NeuronForm {
  dag formArguments = (ins
      DefaultValuedAttr<Spike_ChargeOrderAttr, "::snn::spike::ChargeOrder::Tau">:$order,
      DefaultValuedAttr<Spike_ResetRuleAttr, "::snn::spike::ResetRule::AtOnce">:$rule,
      OptionalAttr<F64Attr>:$factor, OptionalAttr<F64Attr>:$gain,
      OptionalAttr<F64Attr>:$amount, OptionalAttr<F64Attr>:$floor);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

def Spike_LifOp : Spike_Op<"lif", [SiteOpInterface,
                                   DeclareOpInterfaceMethods<
                                       NeuronOpInterface, ["getMembrane"]>]>,
                  Spike_NeuronForm {
  let samples = MixesTimeSteps;
  let summary = "Leaky integrate-and-fire neurons";
  let description = [{
    Every neuron starts from membrane v = 0; in step t, in this order of rounded F32
    operations,

        decay_input:  h = v + (x[t] - v) / tau
        otherwise:    h = v * (1 - 1/tau) + x[t]
        spike s = h >= threshold
        soft_reset:   v = s ? h - threshold : h
        otherwise:    v = s ? reset_value : h

    (Yao et al., ICLR 2024, section 3; spikingjelly's LIF). `x` is the input current,
    with time as in `!spike.binary`; `tau` is in steps, at least 1, and infinite for
    neurons that do not leak. `site` names the neurons in statistics.

    `order` says another charge, and `factor` and `gain` (1 where it is not said) its
    numbers; `rule` another reset, and `amount` what it subtracts. With `levels`, ascending
    and above the threshold, a neuron fires once more for each level that h reaches
    (integer LIF); the result then holds counts. Late resets also act on the first step,
    as if a membrane of 0 had been compared in front of it. With `floor`, membranes go no
    lower: behind its reset v becomes max(v - floor, 0) + floor (sinabs).

    With `constants` every channel along `channel_axis` of `x` has a number of its own in
    place of `tau` (orders `tau` and `leak_tau`) or `factor` (the others).

    The second result, which is optional, holds the membranes h of all steps.

    Errors: axis 0 is no multiple of the steps; tau below 1; a threshold or reset value
    that is not finite; a reset value with `soft_reset`; numbers that `order` or `rule`
    does not have, or lacks.

    Constraints:
    * (C1) axis 0 of `x` is a multiple of the steps
    * (C2) the results have the shape of `x`
    * (C3) `tau` is at least 1 step
    * (C4) `threshold` is finite
    * (C5) a soft reset has no reset value
    * (C6) `factor` stands with the orders `decay_factor`, `leak_factor` and `affine`,
      `gain` with `affine`
    * (C7) `amount` stands with the rules `subtract` and `late_subtract`
    * (C8) reset values and soft resets stand with the rule `at_once`
    * (C9) `levels` ascend from the threshold
    * (C10) the result holds as many spikes a step as there are levels
    * (C11) `floor` is finite and stands with the rules `at_once`, `subtract` and `never`
    * (C12) `constants` stand with a `channel_axis` behind the time axis, which has as many
      elements; time constants are at least 1 step, factors are finite

    ```mlir
    %1 = spike.lif %0 "/block/lif" {tau = 2.0 : f64, threshold = 1.0 : f64, decay_input}
        : tensor<4x1x64x128xf32> -> tensor<4x1x64x128x!spike.binary<steps = 4>>
    %4 = spike.lif %0 "channels" order affine rule subtract {tau = 1.0 : f64, factor = 0.5 : f64,
        threshold = 1.0 : f64, amount = 1.0 : f64, constants = array<f32: 0.5, 0.25>, channel_axis = 2 : i64}
        : tensor<4x1x2x128xf32> -> tensor<4x1x2x128x!spike.binary<steps = 4>>
    %3 = spike.lif %0 "iaf" rule subtract {tau = 1.0 : f64, threshold = 1.0 : f64,
        amount = 1.0 : f64, floor = -1.0 : f64}
        : tensor<4x1x64x128xf32> -> tensor<4x1x64x128x!spike.binary<steps = 4>>
    %2, %h = spike.lif %0 "leaky" order affine rule late_subtract
        {tau = 1.0 : f64, factor = 0.9 : f64, threshold = 1.0 : f64, amount = 1.0 : f64}
        : tensor<4x1x64x128xf32> -> tensor<4x1x64x128x!spike.binary<steps = 4>>, tensor<4x1x64x128xf32>
    ```
  }];
  let arguments = !con((ins FloatTensor:$x, StrAttr:$site, F64Attr:$tau, F64Attr:$threshold,
                            DefaultValuedAttr<F64Attr, "0.0">:$reset_value,
                            UnitAttr:$decay_input, UnitAttr:$soft_reset),
                       formArguments,
                       (ins OptionalAttr<DenseF32ArrayAttr>:$levels,
                            OptionalAttr<DenseF32ArrayAttr>:$constants,
                            OptionalAttr<Spike_IntAttr>:$channel_axis));
  let results = (outs StepTensor:$result, Optional<FloatTensor>:$membranes);
  let assemblyFormat = [{
    $x $site (`order` $order^)? (`rule` $rule^)? attr-dict
    `:` type($x) `->` type($result) (`,` type($membranes)^)?
  }];
  let extraClassDeclaration = [{
    /// The number of time steps.
    int64_t getSteps();
  }];
}

def Spike_SdsaOp
    : Spike_Op<"sdsa", [SiteOpInterface, SpikingAttentionOpInterface,
                        DeclareOpInterfaceMethods<AttentionEngineOpInterface>,
                        DeclareOpInterfaceMethods<NeuronOpInterface,
                                                  ["countNeurons", "getMembrane"]>]>,
      Spike_NeuronForm {
  let samples = MixesAttention;
  let summary = "Spike-driven self-attention";
  let description = [{
    Meta-SpikeFormer's attention on trains [T, B, H, N, d] (or [T*B, H, N, d]); sums are
    exact integers, `lif` stands for the neurons of `spike.lif` with `tau`, `threshold`,
    `levels`, `reset_value`, `order`, `rule` and `floor`, applied to F32(sum) * scale over the time
    steps:

        variant 1:  kv = sum over n of K[n] and V[n];   A[n] = Q[n] and lif(scale * kv)
        variant 2:  s = sum over n of Q[n];             A[n] = V[n] and lif(scale * s)
        variant 3:  y = Q (K^T V) = (Q K^T) V;          A = lif(scale * y)
        variant 4:  as 3, with a threshold that was trained

    Variants 1 and 3: Yao et al., NeurIPS 2023 and ICLR 2024, section 3.3; 2 and 4 are
    experimental reconstructions. Variant 2 does not read K. `mask` [N, N], 0 or 1, row
    n for query n, removes pairs of tokens from Q K^T (variants 3 and 4).

    Trains of variants 3 and 4 may hold counts (Spike-driven Transformer V3), V may have
    another number of channels, which the result then has, too, and `scales`, which
    broadcast to [H, N, channels of V], are factors of their own for heads, tokens or
    channels: F32(sum) * scales. One token of a causal sum, for example, is divided by
    the tokens that it sees.

    Constraints:
    * (C1) `variant` is 1, 2, 3 or 4
    * (C2) the trains are [time, ..., heads, tokens, channels]; Q and K have one shape, V
      and the result another number of channels at most
    * (C3) `mask` stands with variants 3 and 4
    * (C4) `mask` is ui8 [tokens, tokens]
    * (C5) the trains have one number of steps
    * (C6) counts, `levels`, `scales` and another number of channels stand with variants
      3 and 4
    * (C7) `scales` is f32 of rank 3 and broadcasts to heads, tokens and channels; the
      scale is then 1
    * (C8) `levels` ascend from the threshold, and the result holds as many spikes a step
    * (C9) sums of counts are below 2^24

    ```mlir
    %1 = spike.sdsa %q, %k, %v "/attention/lif" {variant = 3 : i64, scale = 0.125 : f64,
        tau = 2.0 : f64, threshold = 0.5 : f64, decay_input}
        : tensor<4x1x8x196x32x!spike.binary<steps = 4>>
    %2 = spike.sdsa %q, %k, %v "/attention/lif" {variant = 3 : i64, scale = 0.125 : f64,
        tau = 1.0 : f64, threshold = 0.5 : f64, levels = array<f32: 1.5>}
        : (tensor<1x8x196x32x!spike.count<max = 4, steps = 1>>, tensor<1x8x196x32x!spike.count<max = 4, steps = 1>>,
           tensor<1x8x196x64x!spike.count<max = 4, steps = 1>>) -> tensor<1x8x196x64x!spike.count<max = 2, steps = 1>>
    ```
  }];
  let arguments = !con((ins StepTensor:$q, StepTensor:$k, StepTensor:$v,
                            StrAttr:$site, Spike_IntAttr:$variant, F64Attr:$scale,
                            F64Attr:$tau, F64Attr:$threshold,
                            DefaultValuedAttr<F64Attr, "0.0">:$reset_value,
                            UnitAttr:$decay_input, UnitAttr:$soft_reset),
                       formArguments,
                       (ins OptionalAttr<DenseF32ArrayAttr>:$levels,
                            OptionalAttr<TypedAttrInterface>:$scales,
                            OptionalAttr<TypedAttrInterface>:$mask,
                            OptionalAttr<StrAttr>:$engine));
  let results = (outs StepTensor:$result);
  let assemblyFormat = [{
    $q `,` $k `,` $v $site (`order` $order^)? (`rule` $rule^)? attr-dict `:`
    custom<AttentionTypes>(type($q), type($k), type($v), type($result))
  }];
  let extraClassDeclaration = [{
    /// The number of time steps.
    int64_t getSteps();
  }];
}

include "snn/Dialect/Spike/SpikeTrains.td"

#endif // SNN_DIALECT_SPIKE_SPIKENEURONS_TD
