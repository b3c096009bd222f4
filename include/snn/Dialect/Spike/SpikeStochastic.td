//===- SpikeStochastic.td - Stochastic spiking attention -----*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bernoulli neurons and the attention of Xpikeformer. Included by SpikeOps.td,
// whose classes they use. What is drawn, to the bit, is in docs/xpikeformer.md.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKESTOCHASTIC_TD
#define SNN_DIALECT_SPIKE_SPIKESTOCHASTIC_TD

def Spike_Generator : I32EnumAttr<"Generator", "where random numbers come from", [
    I32EnumAttrCase<"Philox", 0, "philox">,
    I32EnumAttrCase<"Lfsr32", 1, "lfsr32">]> {
  let cppNamespace = "::snn::spike";
  let genSpecializedAttr = 0;
  let description = [{
    `philox`: Philox4x32-10, independent numbers that depend on what they are for only.
    `lfsr32`: a shift register of 32 bits per row and head, as hardware has; its numbers
    are correlated, for studies of area and energy.
  }];
}

def Spike_GeneratorAttr : EnumAttr<Spike_Dialect, Spike_Generator, "generator">;

def Spike_BernoulliOp
    : Spike_Op<"bernoulli", [DrawsNumbers, SiteOpInterface,
                             DeclareOpInterfaceMethods<NeuronOpInterface>]> {
  let keepsShape = 1;
  let samples = MixesTimeSteps;
  let summary = "Bernoulli neurons: spikes of given probabilities";
  let description = [{
    Every neuron fires in every step with its probability p, independently: 0 and less
    never, 1 and more always. The number that decides is Philox4x32-10 with the key
    (`seed`, `layer_id`) and a counter made of step, sample and element; it is the same
    in every batch, thread and process. `stage` says how elements are numbered: 2,
    an encoder, within the sample; 0 and 1, the scores and the output of an attention,
    within their head: `p` then is [..., heads, rows, columns]. `layer_id` is the ordinal
    of the random operator in the imported graph, which passes do not change.

    Source: Song et al., AICAS 2024 (stochastic spiking attention), section 2; ONNX
    `RandomUniformLike`, `Less`, `Cast` and `Bernoulli` (opset 15).

    Errors: axis 0 is no multiple of the steps; a stage other than 0, 1 and 2; a negative
    `layer_id`; less than three axes at stages 0 and 1.

    Constraints:
    * (C1) axis 0 of `p` is a multiple of the steps
    * (C2) `stage` is 0 (scores), 1 (output) or 2 (encoder)
    * (C3) `layer` is from 0 to 2^31 - 1
    * (C4) at stages 0 and 1 `p` is [time, ..., rows, columns]

    ```mlir
    %1 = spike.bernoulli %0 "/encode" {seed = 0 : i64, layer_id = 0 : i64, stage = 2 : i64}
        : tensor<4x1x64xf32> -> tensor<4x1x64x!spike.binary<steps = 4>>
    ```
  }];
  let arguments = (ins FloatTensor:$p, StrAttr:$site, Spike_IntAttr:$seed,
                       Spike_IntAttr:$layer_id, Spike_IntAttr:$stage);
  let results = (outs BinaryTensor:$result);
  let assemblyFormat = "$p $site attr-dict `:` type($p) `->` type($result)";
  let extraClassDeclaration = [{
    /// The number of time steps.
    int64_t getSteps();
  }];
}

def Spike_SsaOp
    : Spike_Op<"ssa", [AllTypesMatch<["q", "k", "v", "result"]>, DrawsNumbers,
                       SiteOpInterface, SpikingAttentionOpInterface,
                       DeclareOpInterfaceMethods<AttentionEngineOpInterface>,
                       DeclareOpInterfaceMethods<NeuronOpInterface>]> {
  let keepsShape = 1;
  let samples = MixesAttention;
  let summary = "Stochastic spiking attention";
  let description = [{
    On binary trains [T, B, H, N, d] (or [T*B, H, N, d]), in every step and head:

        S_ij ~ Bernoulli(1/norm_d * sum over m of Q_im and K_jm);   S_ij = S_ij and mask_ij
        A_im ~ Bernoulli(1/norm_N * sum over j of S_ij and V_jm)

    (Song et al., AICAS 2024, section 3; Xpikeformer, TVLSI 2025). A count c fires with
    the number u of 32 bits if floor(u * norm / 2^32) < c, so that 0 never does and
    `norm` always. `norm_d` and `norm_n` are d and N where they are absent from the
    program; `pow2` rounds them up to powers of two, as hardware does, which scales the
    expectation by a known factor. `norms` [N] are the norms of the outputs where every
    query i has one of its own, as the tokens that it sees under a causal mask; a count
    above its norm always fires. Random numbers as `spike.bernoulli`, stage 0 for S and
    1 for A; `generator = lfsr32` draws them from shift registers, in a fixed order.
    `reuse_row` uses one number for all keys of a query, and one for all its channels:
    marginals stay, the joint law changes. `mask` [N, N], 0 or 1, row i for query i; norms
    stay what they are whatever it removes. `mask_self` removes the diagonal.

    In expectation over independent spikes this is linear attention, (Q K^T / d) V / N,
    and no softmax. Acceptance against that: 5 sqrt(P (1 - P) / (T R)) + 1 / (T R) for a
    mean over T steps and R samples.

    Errors: trains of less than four axes; a norm below the largest count, or above 2^31;
    `norms` of another number; a mask of another shape; axis 0 is no multiple of the steps; a negative `layer_id`.

    Constraints:
    * (C1) the trains are [time, ..., heads, tokens, channels]
    * (C2) axis 0 is a multiple of the steps
    * (C3) `layer` is from 0 to 2^31 - 1
    * (C4) the norms are at least the channels and the tokens, and at most 2^31
    * (C5) `mask` is ui8 [tokens, tokens]
    * (C6) `norms` has one for each token, from 1 to 2^31

    ```mlir
    %1 = spike.ssa %q, %k, %v "/attention" {seed = 0 : i64, layer_id = 3 : i64,
        norm_d = 16 : i64, norm_n = 19 : i64}
        : tensor<4x1x8x19x16x!spike.binary<steps = 4>>
    %2 = spike.ssa %r, %r, %r "/causal" {seed = 0 : i64, layer_id = 3 : i64, norm_d = 16 : i64,
        norm_n = 3 : i64, norms = array<i64: 1, 2, 3>,
        mask = dense<[[1, 0, 0], [1, 1, 0], [1, 1, 1]]> : tensor<3x3xui8>}
        : tensor<4x1x8x3x16x!spike.binary<steps = 4>>
    ```
  }];
  let arguments = (ins BinaryTensor:$q, BinaryTensor:$k, BinaryTensor:$v, StrAttr:$site,
                       Spike_IntAttr:$seed, Spike_IntAttr:$layer_id,
                       Spike_IntAttr:$norm_d, Spike_IntAttr:$norm_n,
                       OptionalAttr<DenseI64ArrayAttr>:$norms,
                       DefaultValuedAttr<Spike_GeneratorAttr,
                                         "::snn::spike::Generator::Philox">:$generator,
                       UnitAttr:$pow2, UnitAttr:$reuse_row, UnitAttr:$mask_self,
                       OptionalAttr<TypedAttrInterface>:$mask, OptionalAttr<StrAttr>:$engine);
  let results = (outs BinaryTensor:$result);
  let assemblyFormat = "$q `,` $k `,` $v $site attr-dict `:` type($result)";
  let extraClassDeclaration = [{
    /// The number of time steps.
    int64_t getSteps();
    /// What it computes, as the runtime takes it (snn/runtime/Stochastic.h).
    ::snn::rt::SsaParameters getParameters();
  }];
}

#endif // SNN_DIALECT_SPIKE_SPIKESTOCHASTIC_TD
