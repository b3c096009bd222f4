//===- SpikeNeurons.td - Networks trained to spike -----------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Binary spike trains over explicit time steps, leaky integrate-and-fire neurons
// and spike-driven self-attention (Meta-SpikeFormer). Included by SpikeOps.td,
// whose classes they use. How a network becomes such ops is in
// docs/metaspikeformer.md.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKENEURONS_TD
#define SNN_DIALECT_SPIKE_SPIKENEURONS_TD

//===----------------------------------------------------------------------===//
// The type
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

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

def Spike_LifOp : Spike_Op<"lif", [SiteOpInterface,
                                   DeclareOpInterfaceMethods<
                                       NeuronOpInterface, ["getMembrane"]>]> {
  let keepsShape = 1;
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

    Errors: axis 0 is no multiple of the steps; tau below 1; a threshold or reset value
    that is not finite; a reset value with `soft_reset`.

    Constraints:
    * (C1) axis 0 of `x` is a multiple of the steps
    * (C2) the result has the shape of `x`
    * (C3) `tau` is at least 1 step
    * (C4) `threshold` is finite
    * (C5) a soft reset has no reset value

    ```mlir
    %1 = spike.lif %0 "/block/lif" {tau = 2.0 : f64, threshold = 1.0 : f64, decay_input}
        : tensor<4x1x64x128xf32> -> tensor<4x1x64x128x!spike.binary<steps = 4>>
    ```
  }];
  let arguments = (ins FloatTensor:$x, StrAttr:$site, F64Attr:$tau, F64Attr:$threshold,
                       DefaultValuedAttr<F64Attr, "0.0">:$reset_value,
                       UnitAttr:$decay_input, UnitAttr:$soft_reset);
  let results = (outs BinaryTensor:$result);
  let assemblyFormat = "$x $site attr-dict `:` type($x) `->` type($result)";
  let extraClassDeclaration = [{
    /// The number of time steps.
    int64_t getSteps();
  }];
}

def Spike_SdsaOp
    : Spike_Op<"sdsa", [AllTypesMatch<["q", "k", "v", "result"]>, SiteOpInterface,
                        SpikingAttentionOpInterface,
                        DeclareOpInterfaceMethods<AttentionEngineOpInterface>,
                        DeclareOpInterfaceMethods<NeuronOpInterface,
                                                  ["countNeurons", "getMembrane"]>]> {
  let keepsShape = 1;
  let samples = MixesAttention;
  let summary = "Spike-driven self-attention";
  let description = [{
    Meta-SpikeFormer's attention on binary trains [T, B, H, N, d] (or [T*B, H, N, d]);
    sums are exact integers, `lif` stands for the neurons of `spike.lif` with `tau`,
    `threshold` and `reset_value`, applied to F32(sum) * scale over the time steps:

        variant 1:  kv = sum over n of K[n] and V[n];   A[n] = Q[n] and lif(scale * kv)
        variant 2:  s = sum over n of Q[n];             A[n] = V[n] and lif(scale * s)
        variant 3:  y = Q (K^T V) = (Q K^T) V;          A = lif(scale * y)
        variant 4:  as 3, with a threshold that was trained

    Variants 1 and 3: Yao et al., NeurIPS 2023 and ICLR 2024, section 3.3; 2 and 4 are
    experimental reconstructions. Variant 2 does not read K. `mask` [N, N], 0 or 1, row
    n for query n, removes pairs of tokens from Q K^T (variants 3 and 4).

    Constraints:
    * (C1) `variant` is 1, 2, 3 or 4
    * (C2) the trains are [time, ..., heads, tokens, channels]
    * (C3) `mask` stands with variants 3 and 4
    * (C4) `mask` is ui8 [tokens, tokens]

    ```mlir
    %1 = spike.sdsa %q, %k, %v "/attention/lif" {variant = 3 : i64, scale = 0.125 : f64,
        tau = 2.0 : f64, threshold = 0.5 : f64, decay_input}
        : tensor<4x1x8x196x32x!spike.binary<steps = 4>>
    ```
  }];
  let arguments = (ins BinaryTensor:$q, BinaryTensor:$k, BinaryTensor:$v, StrAttr:$site,
                       Spike_IntAttr:$variant, F64Attr:$scale, F64Attr:$tau,
                       F64Attr:$threshold, DefaultValuedAttr<F64Attr, "0.0">:$reset_value,
                       UnitAttr:$decay_input, UnitAttr:$soft_reset,
                       OptionalAttr<TypedAttrInterface>:$mask, OptionalAttr<StrAttr>:$engine);
  let results = (outs BinaryTensor:$result);
  let assemblyFormat = "$q `,` $k `,` $v $site attr-dict `:` type($result)";
  let extraClassDeclaration = [{
    /// The number of time steps.
    int64_t getSteps();
  }];
}

#endif // SNN_DIALECT_SPIKE_SPIKENEURONS_TD
