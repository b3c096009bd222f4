//===- Passes.td - Passes on the spike dialect ---------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_PASSES_TD
#define SNN_DIALECT_SPIKE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SpikeImportQdq : Pass<"spike-import-qdq", "::mlir::ModuleOp"> {
  let summary = "Take quantisers as given from QDQ and QCDQ models";
  let description = [{
    Turns `onnx.quantize_linear`, `onnx.clip`, `onnx.dequantize_linear` on
    activations into `spike.quantize` and `spike.dequantize`, level for level. The
    clip's bounds give the width: n levels from `lo` to `hi` are shifted so that
    `lo` becomes 0. Signed int8 levels become level + 128. Where n is no power of
    two, or 2, the next width holds the levels, and a clip of the values before the
    site keeps the others from being taken: those below signed levels (-127 becomes
    1), else those above. Each consumer with quantiser parameters of its own keeps
    its own site; consumers of the integers keep the quantiser. Weights keep their
    `onnx.dequantize_linear`, which `onnx-to-spike` folds. The dead zone of the
    model's metadata is applied later, by `spike-dead-zone`.

    A quantiser whose scale the model computes from the values that it quantises
    becomes a `spike.site`, for calibration to choose its range; `spike.dynamic_sites`
    of the module names it. A quantiser per axis on an activation, or another scale
    that is not a constant, is an error at its node.
  }];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeRecoverLif : Pass<"spike-recover-lif", "::mlir::ModuleOp"> {
  let summary = "Find the LIF neurons of networks trained to spike";
  let description = [{
    Exporters write leaky integrate-and-fire neurons step by step: for each time step
    an input, a membrane, a comparison with the threshold, and what the spike leaves of
    the membrane; at last the spikes of all steps are joined. The pass follows the
    membrane from step to step, as a polynomial in the step's input and the former step's
    membrane and spikes, and replaces the whole by `spike.lif` and `spike.dequantize`
    where that polynomial is that of a LIF neuron: with hard or soft reset, at once or in
    the next step, or without one, with or without a decaying input, with any time
    constant and threshold, in whatever order the exporter wrote its additions and
    products. The order of rounded operations is found by running the exported
    expressions on numbers; one that is none of `spike.lif`'s is said in a remark, as
    its membranes then differ in their last bits.

    Inputs are the time steps of one tensor's axis 0 or, where an exporter wrote a copy of
    every layer for each step, T values, which are stacked; T products with one weight on
    all steps of a train become one product on the train. A loop has been unrolled on
    import. One time step is a division (none: tau is 1) and a comparison. A reset
    towards a value other than 0 moves threshold and membrane by that value. A strict
    comparison (h > threshold) raises the threshold to the next F32 number, which is the
    same neuron exactly. Neurons with a threshold for each channel, all positive, and a
    hard reset to 0 or a soft one become neurons of threshold 1 on an input that is divided
    by them.
    Membranes that something else reads (a network's output) become the second result.

    Round(Clip(h, 0, D)) and Floor(Clip(h, 0, D) + 0.5), also behind a product or
    quotient, are integer LIF neurons: each count's level is the first F32 number for
    which the exported expression gives it.

    A comparison of floats with a constant whose result is used as 0 and 1, but which is
    no such neuron, is left, with a missed remark that says why; if a product reads
    its spikes, it is kept as a firing of one step, and its membrane stays in float.
    Where nothing is recognised, one remark sums up what was found.
  }];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
}

def SpikeMatchSlots : Pass<"spike-match-slots", "::mlir::ModuleOp"> {
  let summary = "Find counts that are spread over time steps";
  let description = [{
    Runs in front of the recognition of attention. A comparison of a count of one step
    with constants along a new axis 0, `c >= [1, 2, ..., m]` or `c > [0, 1, ...]`, cast
    to floats and perhaps repeated along that axis by `onnx.tile`, becomes `spike.slots`:
    binary time steps, in which attention of binary trains can read it. The comparison may
    also be written the other way round, or of a difference with 0.

    Constants that a count always or never reaches are left, with a missed remark.
  }];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
}

def SpikeKeepTrains : Pass<"spike-keep-trains", "::mlir::ModuleOp"> {
  let summary = "Keep spikes spikes up to the products that read them";
  let description = [{
    Runs behind the recognition of neurons and attention. What products read is followed
    back to trains; on the way, operations on spikes as numbers become operations on
    trains: max pooling `spike.maxpool`, products of binary trains `spike.and`, a * (1 - b)
    `spike.and_not`, sums `spike.add`, multiplications by positive constants the unit of a
    count. Slices, concatenations, picks, broadcasts and padding by 0 move in front of
    `spike.dequantize`. Numbers that something else reads stay as they are.

    Sums of trains with other units or steps, or above 255, are left, with a missed
    remark.
  }];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
}

def SpikeRecoverBernoulli : Pass<"spike-recover-bernoulli", "::mlir::ModuleOp"> {
  let summary = "Find the Bernoulli neurons of networks trained to spike";
  let description = [{
    Replaces a cast of `u < p` (or `p > u`), where u is `onnx.random_uniform_like`, by
    `spike.bernoulli` and `spike.dequantize`. ONNX `Bernoulli` is imported as such ops.
    Seed, layer number and stage stay those that the import gave to the random operator,
    so that both draw the same numbers; `u < p` differs from the neuron in less than one
    draw of 2^24, where p is no multiple of 2^-24.

    `seed` is the seed that the network is compiled with; a run can override it. Numbers
    that are used in another way are left, with a missed remark.
  }];
  let options = [Option<"seed", "seed", "int64_t", "0", "seed of all random numbers; 0: as they are">];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
}

def SpikeMatchSsa : Pass<"spike-match-ssa", "::mlir::ModuleOp"> {
  let summary = "Find stochastic spiking attention";
  let description = [{
    Runs after `spike-recover-lif` and `spike-recover-bernoulli`, before other kinds of
    attention are looked for, and makes `spike.ssa` of

        bernoulli(mask(bernoulli(Q K^T / d)) V / N)

    on binary trains [T, B, H, N, d], with reshapes and transposes where exporters write
    them. `d` and `N` may be divisors or factors and have to be the channels of a head and
    the tokens, within 1e-6; `mask` is a constant of zeros and ones, as a product or as a
    choice between the spikes and 0, before or after the first draw. Neurons that
    look like such an attention, but have other norms, are left, with a missed remark.
    An attention is never rewritten to one of another kind: its expectation would differ.

    `rng`, `pow2` and `reuse` set what hardware may do instead of the exact operator: see
    `spike.ssa`.
  }];
  let options = [Option<"rng", "rng", "std::string", "\"philox\"", "philox or lfsr32">,
                 Option<"pow2", "pow2", "bool", "false", "norms are powers of two">,
                 Option<"reuse", "reuse", "std::string", "\"none\"",
                        "none, or row: one random number for a row">];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
}

def SpikeMergeRepConv : Pass<"spike-merge-repconv", "::mlir::ModuleOp"> {
  let summary = "Merge re-parameterisable convolutions";
  let description = [{
    Replaces the RepConv of Meta-SpikeFormer, a 1x1 convolution, a border of the constant
    that it makes of zero (written as padding by 0 and four border writes), a depthwise
    convolution without padding and a 1x1 convolution, by the one padded convolution
    that they equal:

        W[o,i,y,x] = sum_m W3[o,m] Wd[m,y,x] W1[m,i]
        b[o] = b3[o] + sum_m W3[o,m] (bd[m] + b1[m] sum_yx Wd[m,y,x])

    computed in F64, rounded once. A border that differs from the first convolution's
    bias by more than 1e-5 (relative to values above 1) is none of a RepConv: such a
    chain is left, with a missed remark.
  }];
  let dependentDialects = ["::snn::onnx::OnnxDialect"];
}

def SpikeMatchAttention : Pass<"spike-match-attention", "::mlir::ModuleOp"> {
  let summary = "Find the spike-driven attention of networks trained to spike";
  let description = [{
    Runs after `spike-recover-lif` and makes `spike.sdsa` of

        variant 3:  lif(scale * (Q (K^T V))) and lif(scale * ((Q K^T) o mask) V)
        variant 1:  Q * lif(scale * sum over tokens of (K * V))

    on binary trains, with reshapes, transposes and constant factors where exporters
    write them. `mask` is a constant of zeros and ones. A factor that is not a power of
    two has to stand behind both products, as the sums in front of it are exact
    integers only there.

    With `experimental` also variant 2, V * lif(scale * sum over tokens of Q), and
    variant 4, which is 3 with a threshold that differs from the published 0.5 (a
    learned one). Without it they are left, with a missed remark. One kind of attention
    is never rewritten to another.
  }];
  let options = [Option<"experimental", "experimental", "bool", "false",
                        "also match SDSA-2 and SDSA-4">];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
}

def SpikeInsertSites : Pass<"spike-insert-sites", "::mlir::ModuleOp"> {
  let summary = "Mark the tensors that post-training quantisation quantises";
  let description = [{
    Puts a `spike.site` on the activation of every matrix product, Gemm and
    convolution with static weights, and on both operands of every dynamic product
    (attention is opened into its two products): query and probability are to be
    spike trains, key and value resident. One site serves all linears that read the
    same value. Nodes named in `float-op` are left alone. A network that came with
    quantisers of its own is left as it is: what they leave out stays in float.
  }];
  let options = [ListOption<"floatOps", "float-op", "std::string",
                            "names of ONNX nodes that stay in float">];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeMarkTokens : Pass<"spike-mark-tokens", "::mlir::ModuleOp"> {
  let summary = "Tell sites which tokens the attention mask removes";
  let description = [{
    Finds what hides keys of a softmax and depends on an input: masks that are added to
    the scores, or that choose between scores and a number of at most -1000 (Where),
    behind reshapes, expansions and choices between two numbers. Makes a
    `spike.token_mask` of each, and attaches it to the sites whose shape runs over those
    tokens, with the axes: as the products say that read a site, else by their size.
    Histograms and spike counts then leave removed tokens out. A remark names the
    softmax whose mask was not understood, because samples cannot be told from other
    axes.
  }];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeQuantize : Pass<"spike-quantize", "::mlir::ModuleOp"> {
  let summary = "Quantise calibrated sites and static weights";
  let description = [{
    Replaces every calibrated `spike.site` by `spike.quantize` and
    `spike.dequantize`, and every static weight of a product whose activation is
    quantised by integers with one scale per output channel: symmetric, with the
    scale of least squared error; 1 bit is sign(w - mean w) * mean |w| per channel.
    Weights become `onnx.dequantize_linear` of an integer constant, which
    `onnx-to-spike` folds.
  }];
  let options = [
    Option<"weightBits", "weight-bits", "unsigned", "8", "8, 4, 2 or 1">];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
}

def SpikeMttfs : Pass<"spike-mttfs", "::mlir::ModuleOp"> {
  let summary = "Code levels as masked time-to-first-spike trains";
  let description = [{
    The step from the quantised to the spiking network. `spike.quantize` of a spiking
    site becomes `spike.encode`, `spike.requantize` becomes `spike.fire`, whose
    thresholds are built over the exact range of the accumulator with the
    re-quantiser's own rounding (mttfs.md section 3), and levels become
    `!spike.ttfs`. `plain` codes with mask 0 and radius 0 and leaves the dead zone to
    thresholds and encoders.
  }];
  let options = [
    Option<"plain", "plain", "bool", "false", "plain TTFS: mask 0, radius 0">];
}

def SpikePhase : Pass<"spike-phase", "::mlir::ModuleOp"> {
  let summary = "Code a network of phase levels as one-spike trains";
  let description = [{
    The step from the quantised to the spiking network in phase coding.
    `spike.quantize` becomes `spike.phase_encode`, `spike.dequantize` becomes
    `spike.phase_decode`, and a skip connection that adds a decoded train becomes
    `spike.phase_residual`. Warns of the functions between decoding and encoding that
    SpikedAttention does not cover (LayerNorm, GELU, Tanh and the like), which the
    digital unit computes in float; `spike.digital_ops` of the module counts them.
  }];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeFoldSilentOffset : Pass<"spike-fold-silent-offset", "::mlir::ModuleOp"> {
  let summary = "Fold what silent inputs contribute into a constant";
  let description = [{
    Gives every `spike.linear` and `spike.conv` on trains with mask != zero its
    `offset` C[j] = (mask - zero) * sum_i w[i, j]; a convolution's sum runs over
    the valid taps of each position (mttfs.md section 2).
  }];
}

def SpikeMapAttention : Pass<"spike-map-attention", "::mlir::ModuleOp"> {
  let summary = "Give every dynamic product its attention engine";
  let description = [{
    Sets `engine` of `spike.matmul` to the engine that runs products of trains with
    resident levels: `mttfs`, and of the ops of phase-coded attention
    (`spike.phase_matmul`, `spike.woss`): `trace_woss`, of `spike.sdsa`: `sdsa`, and of
    `spike.ssa`: `ssa`. A product of two level operands is an error.

    `attention` is the engine that was asked for. A network whose attention means
    something else is refused: softmax attention, spike-driven attention and
    stochastic attention are different functions, for which networks are trained.
  }];
  let options = [Option<"attention", "attention", "std::string", "\"auto\"",
                        "auto, mttfs, trace_woss (or trace-woss), sdsa or ssa">];
}

def SpikeSpecializeBatch : Pass<"spike-specialize-batch", "::mlir::ModuleOp"> {
  let summary = "Bind a dynamic batch to one sample";
  let description = [{
    Simulators run sample by sample: every dynamic dimension becomes 1 and all types
    are inferred anew. An axis may hold the batch together with axes inside of it and,
    as time in [T*B, ...], outside of it. A network that mixes samples (a reduction or
    concatenation of the batch, a reshape that does not keep what is outside and what is
    inside of the batch apart) is an error at the op.
  }];
}

def SpikeFuseEpilogues : Pass<"spike-fuse-epilogues", "::mlir::ModuleOp"> {
  let summary = "Let products consume their sums in the same call";
  let description = [{
    Marks, with `spike.fused`, the ops of a chain whose results need no memory of their
    own: a `spike.linear` or `spike.conv` on a train and what alone consumes its
    accumulators, channel by channel. That is `spike.fire` with a known re-quantiser, or
    `spike.requantize`, or `spike.rescale` and after it, each at most once and in this
    order, an activation (`onnx.relu`, `onnx.silu`, `onnx.gelu`), a multiplication of the
    channels of `spike.linear` with constants, an addition of a tensor of the same shape,
    and `spike.encode` or `spike.quantize`. The last op of a chain is not marked:
    `spike-to-emitc` puts the one call of the chain in its place. The float operations and
    their order stay as they are, so that every bit does.

    ```mlir
    %1 = spike.linear %0 {weight = #w, spike.fused} : tensor<64x128x!e1> -> tensor<64x512xi32>
    %2 = spike.fire %1 "e2" kind activation {thresholds = #t, scale = #s, axis = -1 : i64}
        : tensor<64x512xi32> -> tensor<64x512x!e2>
    ```
  }];
}

#endif // SNN_DIALECT_SPIKE_PASSES_TD
