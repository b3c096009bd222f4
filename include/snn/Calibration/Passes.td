//===- Passes.td - Passes that run networks to choose numbers -*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CALIBRATION_PASSES_TD
#define SNN_CALIBRATION_PASSES_TD

include "mlir/Pass/PassBase.td"

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

def SpikeEqualize : Pass<"spike-equalize", "::mlir::ModuleOp"> {
  let summary = "Give the channels of a site one range";
  let description = [{
    Runs after `spike-insert-sites` and before `spike-calibrate`. A site has one step and
    one zero point for all of its channels, whose ranges differ; at few bits the narrow ones
    are left with a level or two. For a site behind a normalisation, an activation function
    or a gate that only linears with static weights read, the pass chooses a scale s and a
    shift t per channel from the calibration inputs and lets the site see x' = (x - t) / s,
    in steps of 1:

    * before the site, s and t go into the gain and the bias of the normalisation; s into the
      columns of a linear that only a ReLU or a gate parts from the site; where another op
      reads the tensor too (a residual), or where the activation function is not homogeneous
      (GELU, SiLU), `onnx.mul` and `onnx.add` of a vector compute x';
    * behind it every linear has the weights diag(s) W and the bias b + t W.

    In mode `on`, or with `attention`, contexts and queries have scales, too, where
    their projections are linears with static weights that nothing else reads:

    * s and t of a context go into the columns and the bias of the values' projection, as rows of
      probabilities sum to 1, and from there into the linear behind; heads that share values share
      s and t;
    * s of a query divides the columns of its projection and multiplies those of the keys'. What
      stands between a projection and its product may only move elements, or multiply
      them by one number: queries that positions rotate stay as they are.

    The range of a channel is the one of least squared error at the site's bits whose ends lie
    at 0.4 to 1 of the extremes' distance from the median; with a dead zone the median becomes
    the zero point. From 6 bits on it is half as wide again. Values behind activation
    functions keep zero as a level: no shift. The pass sets `bits`, `zero` and `scale` of the
    sites, and what it chose in `spike.site_calibration` of the module.

    The float network stays what it was but for rounding. It is run again on the first 16 samples;
    outputs that differ by more than `tolerance` of the largest leave the network as it was, with a
    warning. 64 samples decide, or as many as give a site 4,096 tokens.

    `mode` is `on`, `off` or `auto`: sites of at most `finest-bits`, and no random inputs.

    A site of `level-table` (see `spike-calibrate`) has the levels of its table. Where it may be
    shifted, zero or the channel's median becomes the table's 0, whichever has the smaller error.

    ```mlir
    %1 = onnx.layer_normalization %0, %gain, %bias : ...
    %2 = spike.site %1 "x" kind activation : tensor<?x8x2xf32>
    %3 = onnx.matmul %2, %w : ...
    // becomes
    %1 = onnx.layer_normalization %0, %gain_over_s, %bias_less_t_over_s : ...
    %2 = spike.site %1 "x" kind activation {bits = 4 : i64, scale = 1.0 : f32, zero = 8 : i64} : ...
    %3 = onnx.matmul %2, %s_times_w : ...
    %4 = onnx.add %3, %t_times_w : ...
    ```
  }];
  let options = [
    Option<"inputs", "inputs", "std::string", "", "calibration inputs: a file, or random:N">,
    Option<"mode", "mode", "std::string", "\"auto\"", "auto, on or off">,
    Option<"finestBits", "finest-bits", "unsigned", "6", "mode auto: sites of more bits stay as they are">,
    Option<"attention", "attention", "bool", "false", "mode auto: contexts and queries, too">,
    Option<"activationBits", "act-bits", "unsigned", "8", "bits of activations, queries, probabilities">,
    ListOption<"siteBits", "site-bits", "std::string", "SITE=N or CLASS=N">,
    ListOption<"levelTables", "level-table", "std::string",
               "SITE or CLASS, or either with =L:L:...: levels that are not uniform">,
    Option<"radius", "radius", "int", "-1", "dead zone that spiking sites will have (-1: the model's)">,
    ListOption<"deadZoneSites", "site", "std::string", "SITE=K for single sites' dead zones">,
    Option<"tolerance", "tolerance", "double", "1e-5", "difference of the float networks' outputs">];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
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
    given percentile of the magnitude, `max` the largest magnitude. A site that has `bits`,
    `zero` and `scale` already (from `spike-equalize`) keeps them.

    Spiking sites have `act-bits`, keys and values `kv-bits`; `site-bits` gives single sites,
    or classes of them, other ones. The classes: `norms`, `hidden` (activation functions and
    gates), `contexts`, `inputs`, `queries`, `keys`, `probabilities`, `values`, `others`; and
    `single`, the activations that see one token a sample (a pooler, a classifier), which
    have 8 bits unless they are named. What a site's class is, and the mean squared error of its
    quantiser, is left in `spike.site_calibration`.

    Sites of `level-table` get a table of levels that are not uniform, 2^bits ascending integers,
    one of them 0, and the step of least squared error. Without a list it is 0 and magnitudes
    whose distances grow like a float's: the same distance between a power of two and the next,
    three octaves of them; below 0 the same without 0. For 4 bits -16, -12, -8, -6, -4, -3, -2,
    -1, 0, 1, 2, 3, 4, 6, 8, 12; where no value is negative 0 to 8 by 1, 10, 12, 14, 16, 20, 24,
    28. Tables are for sites that spike and have 2 to 6 bits; a name that no such site has, and
    a list that is none, is an error.

    Leaves what `spike-correct-bias` wants to know of the float network: in `spike.mean` and
    `spike.deviation` the mean and the standard deviation per output channel of every product
    with static weights, without its bias; in `spike.deviation` of a product of probabilities
    with values that of every head, over kept tokens. A deviation of 0 says that there
    were fewer than 16 rows.
  }];
  let options = [
    Option<"inputs", "inputs", "std::string", "", "calibration inputs: a file, or random:N">,
    Option<"activationBits", "act-bits", "unsigned", "8", "bits of activations, queries, probabilities">,
    Option<"residentBits", "kv-bits", "unsigned", "8", "bits of keys and values: 8, 4 or 1">,
    ListOption<"siteBits", "site-bits", "std::string", "SITE=N or CLASS=N">,
    ListOption<"levelTables", "level-table", "std::string",
               "SITE or CLASS, or either with =L:L:...: levels that are not uniform">,
    Option<"radius", "radius", "int", "-1", "dead zone that spiking sites will have (-1: the model's)">,
    ListOption<"deadZoneSites", "site", "std::string", "SITE=K for single sites' dead zones">,
    Option<"range", "range", "std::string", "\"mse\"", "mse, percentile or max">,
    Option<"percentile", "percentile", "double", "99.9", "for range=percentile">];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeProbabilityForm : Pass<"spike-probability-form", "::mlir::ModuleOp"> {
  let summary = "Choose what a query sends for each key";
  let description = [{
    Runs after `spike-calibrate`. Quantised probabilities of a row do not add up to 1: those
    below half a step are lost. With `form=numerator` a query sends the levels of
    T e, e = exp(s - max) of its scores s, T the largest level, and its context is the product
    of levels and values over the sum of the levels, which is an integer. The step, 1 / T of
    the largest, needs no calibration, and lost mass is given back. One division for
    a channel of a context replaces one for a key.

    `softmax` leaves probabilities; `auto` runs the network with all sites quantised in both
    forms and takes numerators where they leave the outputs at least as near to the float
    network's, on 16 samples or as many as give a site 2,048 tokens. It looks at probabilities of at most `finest-bits`, and keeps softmax where
    calibration is random. Probabilities that something stands behind (a guard against
    rows that are hidden as a whole), or that have another reader, stay.

    ```mlir
    %1 = onnx.softmax %0 : ...
    %2 = spike.site %1 "p" kind probability {bits = 4 : i64, ...} : ...
    %3 = onnx.matmul %2, %v : ...
    // becomes
    %1 = onnx.reduce_max %0 {axes = array<i64: -1>} : ...
    %2 = onnx.sub %0, %1 : ...
    %3 = onnx.exp %2 : ...
    %4 = onnx.mul %3, %fifteen : ...
    %5 = spike.site %4 "p" kind probability {bits = 4 : i64, scale = 1.0 : f32, zero = 0 : i64} : ...
    %6 = onnx.matmul %5, %v : ...
    %7 = onnx.reduce_sum %5 {axes = array<i64: -1>} : ...
    %8 = onnx.max %7, %one : ...
    %9 = onnx.div %6, %8 : ...
    ```
  }];
  let options = [
    Option<"inputs", "inputs", "std::string", "", "calibration inputs: a file, or random:N">,
    Option<"form", "form", "std::string", "\"auto\"", "auto, softmax or numerator">,
    Option<"finestBits", "finest-bits", "unsigned", "6", "form auto: probabilities of more bits stay">,
    Option<"radius", "radius", "int", "-1", "dead zone that spiking sites will have (-1: the model's)">,
    ListOption<"deadZoneSites", "site", "std::string", "SITE=K for single sites' dead zones">];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
}

def SpikeSiteSensitivity : Pass<"spike-site-sensitivity", "::mlir::ModuleOp"> {
  let summary = "Measure what the quantiser of each site does to the outputs";
  let description = [{
    Runs after `spike-calibrate`. For every site the network is run with this site alone
    quantised, on up to 32 calibration samples; the squared difference of the float outputs,
    over their squared deviation from their mean, is left as `sensitivity` of the site in
    `spike.site_calibration`. Where it is large, more bits pay (`act-bits` by site).

    ```mlir
    module attributes {spike.site_calibration = {x = {class = "norms", sensitivity = 0.0125}}} {
    ```
  }];
  let options = [
    Option<"inputs", "inputs", "std::string", "", "calibration inputs: a file, or random:N">,
    Option<"radius", "radius", "int", "-1", "dead zone that spiking sites will have (-1: the model's)">,
    ListOption<"deadZoneSites", "site", "std::string", "SITE=K for single sites' dead zones">];
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

def SpikeFitWeights : Pass<"spike-fit-weights", "::mlir::ModuleOp"> {
  let summary = "Quantise weights for the inputs that they will see";
  let description = [{
    Runs after `spike-calibrate`, before `spike-quantize`, and quantises the weights of linears
    whose inputs are quantised: `onnx.dequantize_linear` of integers, as `spike-quantize`
    writes them, which then leaves them. In execution order, with X the quantised inputs on
    kept tokens (of a network whose earlier linears are quantised, and their means corrected,
    already) and Y the float network's outputs, both centred, and H = X'X:

        W* = (H + l I)^-1 (X'Y + l W),  l = damping * mean(diag H) * max(1, 8 K / n)

    for K inputs and n rows. The scale of an output is that of least squared error of W*. Rows
    are rounded in order of falling diag H; the loss of each is passed on to those
    that are left, by the Cholesky factor of (H + 0.01 mean(diag H) I)^-1. Results do not
    depend on the number of threads; at most 8,192 rows count (of 64 samples, or as many as it
    takes), fewer of wide inputs.
    Memory is that of one site: its rows and three matrices of K^2 numbers.

    `damping` is 1 below 256 samples and 0.2 from there on unless given. `mode` is `on`, `off`
    or `auto`: with weights of less than 8 bits or spiking sites of at most `finest-bits`,
    and no random inputs. Convolutions keep weights of least squared error. The names of
    the products are left in `spike.fitted_products`.

    ```mlir
    %2 = onnx.matmul %1, %w : (tensor<?x8x2xf32>, tensor<2x3xf32>) -> tensor<?x8x3xf32>
    // becomes
    %q = onnx.constant dense<[[3, -7, 1], [7, 2, 7]]> : tensor<2x3xi8>
    %w = onnx.dequantize_linear %q, %scale {axis = 1 : i64} : ...
    %2 = onnx.matmul %1, %w : ...
    ```
  }];
  let options = [
    Option<"inputs", "inputs", "std::string", "", "calibration inputs: a file, or random:N">,
    Option<"mode", "mode", "std::string", "\"auto\"", "auto, on or off">,
    Option<"finestBits", "finest-bits", "unsigned", "6", "mode auto: sites of more bits need no fit">,
    Option<"weightBits", "weight-bits", "unsigned", "8", "8, 4, 2 or 1">,
    Option<"damping", "damping", "double", "0", "how far float weights count (0: by the number of samples)">,
    Option<"radius", "radius", "int", "-1", "dead zone that spiking sites will have (-1: the model's)">,
    ListOption<"deadZoneSites", "site", "std::string", "SITE=K for single sites' dead zones">];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
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
    phases. `spike.phase_search` of the module records the candidates.
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

def SpikeDeadZone : Pass<"spike-dead-zone", "::mlir::ModuleOp"> {
  let summary = "Set the dead zone of every site";
  let description = [{
    Sets the radius of the sites' dead zones: to `radius` (`-1`: the model's metadata
    `snnc.dead_zone`, K or SITE=K entries, and `snnc.dead_zone_sites`, none if absent),
    to the value given in `sites` for a site named there. Keys and values have one only where the model or
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
    with mask 0), or `auto`: the model's metadata `snnc.mask`, else `zero` where the
    network has trains of binary spikes or counts, else mode.
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
    deviation that it had in the float network (`spike.mean` and `spike.deviation`, recorded by
    `spike-calibrate`): the factor of the accumulator is multiplied by the ratio of the
    deviations, at least 0.5 and at most 2, and the bias takes what is left of the
    mean's shift. Products of probabilities with values, from which silent
    probabilities take a share, get one factor per head in the same way.
    In execution order, so that later corrections see earlier
    ones. Networks with quantisers of their own have no `spike.mean` and stay as they are.
    Phase-coded products get a bias alone.

    ```mlir
    %1 = spike.linear %0 {spike.mean = dense<[1.0, 0.0]> : tensor<2xf32>,
                          spike.deviation = dense<[3.0, 1.0]> : tensor<2xf32>, ...}
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

def SpikeSplitDigits : Pass<"spike-split-digits", "::mlir::ModuleOp"> {
  let summary = "Send a level in two digits, each in a short window";
  let description = [{
    Runs on the quantised network, after its masks and biases are chosen. A level of b bits is
    q = 2^c h + l, c = b / 2 rounded down. The site becomes two, `SITE/high` and `SITE/low`,
    whose windows have 2^(b-c) - 1 and 2^c - 1 slots: 15 + 15 for 8 bits instead of 255. A
    product of q is the integer that it was, for any weights and zero points:

        sum w (q - z) = 2^c sum w (h - z_h) + sum w (l - z_l)

    with z_h and z_l the digits of z; so accumulators, and outputs, stay the same bits. The digital
    unit splits: x over the step, rounded and limited as the quantiser did, the dead zone
    applied to q; a re-quantiser becomes `spike.rescale` first. Each digit has its own mask: its most frequent
    value where the histogram of the levels is known, else the digit of the mask.

    With `digits=2` sites of at least 5 bits that spike are split; `site` gives single sites 1
    or 2. An op that reads levels and is no product, dequantiser or data movement is an error.

    ```mlir
    %1 = spike.quantize %0 "x" kind activation : tensor<?x8xf32> -> tensor<?x8x!q8>
    %2 = spike.linear %1 {weight = #w} : tensor<?x8x!q8> -> tensor<?x4xi32>
    // becomes
    %4 = spike.quantize %h "x/high" kind activation : tensor<?x8xf32> -> tensor<?x8x!q4>
    %5 = spike.quantize %l "x/low" kind activation : tensor<?x8xf32> -> tensor<?x8x!q4>
    %6 = spike.linear %4 {weight = #w} : tensor<?x8x!q4> -> tensor<?x4xi32>
    %7 = spike.linear %5 {weight = #w} : tensor<?x8x!q4> -> tensor<?x4xi32>
    %8 = onnx.mul %6, %sixteen : (tensor<?x4xi32>, tensor<i32>) -> tensor<?x4xi32>
    %2 = onnx.add %8, %7 : (tensor<?x4xi32>, tensor<?x4xi32>) -> tensor<?x4xi32>
    ```
  }];
  let options = [
    Option<"digits", "digits", "unsigned", "1", "1 or 2">,
    ListOption<"sites", "site", "std::string", "SITE=1 or SITE=2">];
  let dependentDialects = ["::snn::spike::SpikeDialect", "::snn::onnx::OnnxDialect"];
}

#endif // SNN_CALIBRATION_PASSES_TD
