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
    `lo` becomes 0. Signed int8 levels become level + 128. Each consumer with
    quantiser parameters of its own keeps its own site. Weights keep their
    `onnx.dequantize_linear`, which `onnx-to-spike` folds. The dead zone of the
    model's metadata is applied later, by `spike-dead-zone`.

    A quantiser per axis on an activation, or a scale that is not a constant, is an
    error at its node.
  }];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeRecoverLif : Pass<"spike-recover-lif", "::mlir::ModuleOp"> {
  let summary = "Find the LIF neurons of networks trained to spike";
  let description = [{
    Exporters write leaky integrate-and-fire neurons step by step: for each time step
    an input picked from axis 0, a membrane, a comparison with the threshold, and what
    the spike leaves of the membrane; at last the spikes of all steps are joined. The
    pass follows the membrane from step to step, as a polynomial in the step's input and
    the former step's membrane and spike, and replaces the whole by `spike.lif` and
    `spike.dequantize` where that polynomial is that of a LIF neuron: with hard or soft
    reset, with or without a decaying input, with any time constant and threshold, in
    whatever order the exporter wrote its additions and products. A loop has been
    unrolled on import. One time step is a division (none: tau is 1) and a comparison. A
    reset towards a value other than 0 moves threshold and membrane by that value. A
    strict comparison (h > threshold) raises the threshold to the next F32 number, which
    is the same neuron exactly; with a soft reset it is not recognised. Neurons with a
    threshold for each channel, all positive, and a hard reset to 0 become neurons of
    threshold 1 on an input that is divided by them.

    A comparison of floats with a constant whose result is used as 0 and 1, but which is
    no such neuron, is left, with a missed remark that says why.
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
    Finds additive attention masks that depend on an input and are the same for every
    query, makes a `spike.token_mask` of each, and attaches it to the sites whose
    shape runs over those tokens, with the axes. Histograms and spike counts then
    leave removed tokens out.
  }];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeCalibrate : Pass<"spike-calibrate", "::mlir::ModuleOp"> {
  let summary = "Choose the quantiser of every site from calibration inputs";
  let description = [{
    Runs the network on the calibration inputs, op by op over all samples, and sets
    `bits`, `zero` and `scale` of every `spike.site`. A site whose values never
    fall below zero (after ReLU, probabilities) is unsigned with zero point 0,
    others have zero point 2^(bits-1). `range` picks the step: `mse` searches the
    step with the least squared error over valid tokens (with levels within the radius of
    the site's dead zone around the zero point read as zero), `percentile` takes the
    given percentile of the magnitude, `max` the largest magnitude.

    Leaves what `spike-correct-bias` wants to know of the float network: in `snn.mean` and
    `snn.deviation` the mean and the standard deviation per output channel of every product
    with static weights, without its bias; in `snn.deviation` of a product of probabilities
    with values that of every head, over kept tokens. A deviation of 0 says that there
    were fewer than 16 rows.
  }];
  let options = [
    Option<"inputs", "inputs", "std::string", "", "calibration inputs: a file, or random:N">,
    Option<"activationBits", "act-bits", "unsigned", "8", "bits of activations, queries, probabilities">,
    Option<"residentBits", "kv-bits", "unsigned", "8", "bits of keys and values: 8, 4 or 1">,
    Option<"radius", "radius", "int", "-1", "dead zone that spiking sites will have (-1: the model's)">,
    ListOption<"deadZoneSites", "site", "std::string", "SITE=K for single sites' dead zones">,
    Option<"range", "range", "std::string", "\"mse\"", "mse, percentile or max">,
    Option<"percentile", "percentile", "double", "99.9", "for range=percentile">];
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

def SpikePhaseSites : Pass<"spike-phase-sites", "::mlir::ModuleOp"> {
  let summary = "Mark what else phase coding encodes: scores and skip connections";
  let description = [{
    Runs after `spike-insert-sites`. Puts a site of kind `score` on what the softmax of
    an attention reads, in front of its masks: a factor or a term that depends on an
    input without being the scores, and a constant term with elements at or below -50,
    are masks; a constant such as a relative position bias belongs to the scores.

    With `residual`, a tensor that an addition carries past a branch becomes one train
    (a site of kind `residual`, unless it has a site already) that all its readers
    decode (SpikedAttention section 4).
  }];
  let options = [
    Option<"residual", "residual", "bool", "true", "encode skip connections">];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeCalibratePhase : Pass<"spike-calibrate-phase", "::mlir::ModuleOp"> {
  let summary = "Choose the phase code of every site from calibration inputs";
  let description = [{
    Runs the float network on the calibration inputs and sets `coding` of every
    `spike.site`: `base` and `phases` as given (a site that has a coding keeps its own),
    positive sign where no value on kept tokens is negative, and a scale: `mse`
    searches the scale of least squared error, `max` takes the largest magnitude.
    Probabilities have scale 1; spikes of values and probabilities need one base.
    SpikedAttention's release calibrates on the evaluation set; here calibration inputs
    are given apart.
  }];
  let options = [
    Option<"inputs", "inputs", "std::string", "", "calibration inputs: a file, or random:N">,
    Option<"base", "base", "double", "1.15", "B: above 1, at most 2">,
    Option<"phases", "phases", "unsigned", "40", "T: phases of a window, 1 to 127">,
    Option<"range", "range", "std::string", "\"mse\"", "mse or max">,
    Option<"release", "release", "std::string", "\"none\"",
           "none, or the released behaviour of swin or bert">];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeSearchPhase : Pass<"spike-search-phase", "::mlir::ModuleOp"> {
  let summary = "Search a base and a number of phases for every site";
  let description = [{
    Runs after `spike-calibrate-phase` and gives every site the code that lets the
    network keep `budget` in the fewest phases, added up over the sites (the latency of
    a pipeline of windows, and the bound of its un-fired neuron steps). `metric` is
    `error`, the root mean square of the difference to the float network's outputs over
    that of the outputs, at most `budget`; or `agreement`, the share of equal arg max of
    the first output, at least `budget`.

    The uniform pairs come first: for every number of phases in `phases` the base in
    `bases` whose codes fit the sites' values best. Then sites are assigned one by one:
    each takes the code of least T + lambda * (relative squared error), for a falling
    series of lambda, starting from the cheapest. Both kinds of candidates are quantised
    and run on the calibration inputs; the cheapest that keeps the budget wins. As the
    uniform pairs are among them, the result is never worse than the best of these.
    Where none keeps the budget, the most exact candidate is taken, with a warning.

    Operands of one trace product (query and key; probability and value) share base and
    phases. `snn.phase_search` of the module records the candidates.
  }];
  let options = [
    Option<"inputs", "inputs", "std::string", "", "calibration inputs: a file, or random:N">,
    Option<"metric", "metric", "std::string", "\"error\"", "error or agreement">,
    Option<"budget", "budget", "double", "0.05", "what the network must keep">,
    Option<"weightBits", "weight-bits", "unsigned", "8", "bits of static weights">,
    ListOption<"phases", "phases", "unsigned", "numbers of phases to try">,
    ListOption<"bases", "bases", "double", "bases to try">];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

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

def SpikeDeadZone : Pass<"spike-dead-zone", "::mlir::ModuleOp"> {
  let summary = "Set the dead zone of every site";
  let description = [{
    Sets the radius of the sites' dead zones: to `radius` (`-1`: the model's metadata
    `snnc.dead_zone` and `snnc.dead_zone_sites`, none if absent), to the value given in
    `sites` for a site named there. Keys and values have one only where the model or
    `sites` asks for it. The dead zone lies around the mask level that
    `spike-choose-mask` sets, the zero point until then.
  }];
  let options = [
    Option<"radius", "radius", "int", "-1", "levels on each side of the mask">,
    ListOption<"sites", "site", "std::string", "SITE=K for single sites">];
}

def SpikeChooseMask : Pass<"spike-choose-mask", "::mlir::ModuleOp"> {
  let summary = "Choose the silent level of every site";
  let description = [{
    `mask` is `mode` (the most frequent level over the calibration inputs, with the
    dead zones of all sites upstream applied; clipped values left out; ties to the
    level nearest the zero point, then the lower), `zero` (the zero point),
    `level:N`, or `plain` (the zero point for the dead zone; `spike-mttfs` then codes
    with mask 0), or `auto`: the model's metadata `snnc.mask`, else mode.
    Probabilities always have mask 0. Where a dead zone around the mode would swallow the
    zero point, the mask is the zero point, with a remark (mttfs.md section 1).
  }];
  let options = [
    Option<"mask", "mask", "std::string", "\"auto\"", "auto, mode, zero, plain or level:N">,
    Option<"inputs", "inputs", "std::string", "", "calibration inputs for mode">];
}

def SpikeCorrectBias : Pass<"spike-correct-bias", "::mlir::ModuleOp"> {
  let summary = "Undo what quantisers and dead zones do to means and spreads";
  let description = [{
    Runs the quantised network on the calibration inputs, op by op, and gives each integer
    linear and convolution, per output channel over kept tokens, the mean and the standard
    deviation that it had in the float network (`snn.mean` and `snn.deviation`, recorded by
    `spike-calibrate`): the factor of the accumulator is multiplied by the ratio of the
    deviations, at least 0.5 and at most 2, and the bias takes what is left of the
    mean's shift. Products of probabilities with values, from which silent
    probabilities take a share, get one factor per head in the same way.
    In execution order, so that later corrections see earlier
    ones. Networks with quantisers of their own have no `snn.mean` and stay as they are.
    Phase-coded products get a bias alone.

    ```mlir
    %1 = spike.linear %0 {snn.mean = dense<[1.0, 0.0]> : tensor<2xf32>,
                          snn.deviation = dense<[3.0, 1.0]> : tensor<2xf32>, ...}
    %2 = spike.rescale %1 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64}
    // becomes, where the accumulator's means are 0 and 2 and its deviations 4 and 2,
    %1 = spike.linear %0 {...}
    %2 = spike.rescale %1 {scale = dense<[0.75, 0.5]> : tensor<2xf32>,
                           bias = dense<[1.0, -1.0]> : tensor<2xf32>, axis = -1 : i64}
    ```
  }];
  let options = [
    Option<"inputs", "inputs", "std::string", "", "calibration inputs: a file, or random:N">,
    Option<"correctScale", "scale", "bool", "true", "correct standard deviations, too">];
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
    digital unit computes in float; `snn.digital_ops` of the module counts them.
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
                        "auto, mttfs, trace-woss, sdsa or ssa">];
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

def SnnVerifyPhase : Pass<"snn-verify-phase", "::mlir::ModuleOp"> {
  let summary = "Check that a module is what its phase promises";
  let description = [{
    Ends every phase of a compilation. `import` holds no op of the spike dialect;
    `quantise` no `spike.site`; `spike` no levels on spiking sites, and every product
    whose silent inputs contribute has its `offset`; `mapped` has an engine for every
    dynamic product; `sim` holds neither onnx nor spike ops; `image` has every product
    bound to a unit of its chip and every layer placed. The error is at the op.
  }];
  let options = [Option<"phase", "phase", "std::string", "", "import, quantise, spike, mapped, sim or image">];
}

def SnnExternalizeWeights : Pass<"snn-externalize-weights", "::mlir::ModuleOp"> {
  let summary = "Write weights that passes made to a safetensors file";
  let description = [{
    Writes every tensor of the archive in memory that the module still uses to
    `archive` and makes the attributes name it, so that printed IR can be read again.
    `name` is the path that the attributes hold, relative to the file that the IR is
    printed to; by default the path of `archive`.
  }];
  let options = [
    Option<"archive", "archive", "std::string", "", "file to write">,
    Option<"name", "name", "std::string", "", "the file's name in the IR">];
}

#endif // SNN_DIALECT_SPIKE_PASSES_TD
