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
    Option<"radius", "radius", "int", "-1", "dead zone that spiking sites will have (-1: the model's)">,
    ListOption<"deadZoneSites", "site", "std::string", "SITE=K for single sites' dead zones">,
    Option<"range", "range", "std::string", "\"mse\"", "mse, percentile or max">,
    Option<"percentile", "percentile", "double", "99.9", "for range=percentile">];
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

#endif // SNN_CALIBRATION_PASSES_TD
