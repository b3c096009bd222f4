//===- Pipeline.cpp - From import to target, phase by phase ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Pipeline/Pipeline.h"
#include "mlir/Transforms/Passes.h"
#include "snn/Calibration/Passes.h"
#include "snn/Chip/Chip.h"
#include "snn/Conversion/OnnxToSpike/Passes.h"
#include "snn/Conversion/SpikeToEmitC/Passes.h"
#include "snn/Conversion/SpikeToXbar/Passes.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Xbar/Passes.h"
#include "snn/Pipeline/Passes.h"
#include "snn/Target/Cpp/Passes.h"
#include "snn/Target/Image/Passes.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace snn;

StringRef snn::toString(Phase phase) {
  switch (phase) {
  case Phase::Import:
    return "import";
  case Phase::Quantise:
    return "quantise";
  case Phase::Spike:
    return "spike";
  case Phase::Mapped:
    return "mapped";
  case Phase::Sim:
    return "sim";
  case Phase::Image:
    return "image";
  }
  llvm_unreachable("unknown phase");
}

std::optional<Phase> snn::parsePhase(StringRef text) {
  return llvm::StringSwitch<std::optional<Phase>>(text)
      .Case("import", Phase::Import)
      .Case("quantise", Phase::Quantise)
      .Case("spike", Phase::Spike)
      .Case("mapped", Phase::Mapped)
      .Case("sim", Phase::Sim)
      .Case("image", Phase::Image)
      .Default(std::nullopt);
}

SmallVector<Phase> snn::getPhases(Phase last) {
  SmallVector<Phase> phases;
  for (int phase = 0; phase <= int(last); ++phase)
    if (Phase(phase) == last || Phase(phase) != Phase::Sim)
      phases.push_back(Phase(phase));
  return phases;
}

static LogicalResult fail(const Twine &message) {
  llvm::WithColor::error() << message << '\n';
  return failure();
}

/// Recognition of what exporters write.
static void addImport(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(onnx::createOnnxRecognizeLayerNorm());
  pm.addPass(onnx::createOnnxRecognizeGelu());
  pm.addPass(onnx::createOnnxRecognizeSilu());
  pm.addPass(onnx::createOnnxRecognizeAttention());
  pm.addPass(createCanonicalizerPass());
}

/// The neurons and the attention of networks trained to spike.
static void addRecovery(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(spike::createSpikeRecoverLif());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(spike::createSpikeMergeRepConv());
  spike::SpikeRecoverBernoulliOptions bernoulli;
  bernoulli.seed = options.seed;
  pm.addPass(spike::createSpikeRecoverBernoulli(bernoulli));
  spike::SpikeMatchSsaOptions stochastic;
  stochastic.rng = options.rng;
  pm.addPass(spike::createSpikeMatchSsa(stochastic));
  spike::SpikeMatchAttentionOptions attention;
  attention.experimental = options.experimental;
  pm.addPass(spike::createSpikeMatchAttention(attention));
  pm.addPass(createCanonicalizerPass());
}

static LogicalResult addQuantise(OpPassManager &pm,
                                 const PipelineOptions &options) {
  pm.addPass(spike::createSpikeImportQdq());
  pm.addPass(onnx::createOnnxFoldBatchNorm());
  if (options.coding != "mttfs")
    addRecovery(pm, options);
  spike::SpikeInsertSitesOptions insert;
  insert.floatOps.assign(options.floatOps.begin(), options.floatOps.end());
  pm.addPass(spike::createSpikeInsertSites(insert));
  pm.addPass(spike::createSpikeMarkTokens());
  calibration::SpikeDeadZoneOptions deadZone;
  SmallVector<StringRef> entries;
  StringRef(options.deadZone).split(entries, ',', -1, /*KeepEmpty=*/false);
  for (StringRef entry : entries) {
    if (entry.contains('=')) {
      deadZone.sites.push_back(entry.str());
      continue;
    }
    unsigned k;
    if (entry.getAsInteger(10, k) || k > 255)
      return fail("--dead-zone needs K or SITE=K,..., has '" + entry + "'");
    deadZone.radius = int(k);
  }
  calibration::SpikeCalibrateOptions calibrate;
  calibrate.inputs = options.calibrate;
  calibrate.activationBits = options.activationBits;
  calibrate.residentBits = options.residentBits;
  calibrate.range = options.range;
  calibrate.radius = deadZone.radius;
  calibrate.deadZoneSites = deadZone.sites;
  pm.addPass(calibration::createSpikeCalibrate(calibrate));
  spike::SpikeQuantizeOptions quantize;
  quantize.weightBits = options.weightBits;
  pm.addPass(spike::createSpikeQuantize(quantize));
  pm.addPass(createOnnxToSpike());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(spike::createSpikeMarkTokens());
  pm.addPass(calibration::createSpikeDeadZone(deadZone));
  calibration::SpikeChooseMaskOptions mask;
  mask.mask = options.mask;
  mask.inputs = options.calibrate;
  pm.addPass(calibration::createSpikeChooseMask(mask));
  if (options.correctBias) {
    calibration::SpikeCorrectBiasOptions bias;
    bias.inputs = options.calibrate;
    bias.correctScale = options.correctScale;
    pm.addPass(calibration::createSpikeCorrectBias(bias));
  }
  return success();
}

/// Mapping to a chip.
static void addImage(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(spike::createSpikeSpecializeBatch());
  pm.addPass(createCanonicalizerPass());
  SpikeToXbarOptions bind;
  bind.chip = options.chip;
  pm.addPass(createSpikeToXbar(bind));
  xbar::XbarTileOptions tile;
  tile.adcPolicy = options.adcPolicy;
  tile.inputs = options.calibrate;
  pm.addPass(xbar::createXbarTile(tile));
  xbar::XbarPlaceOptions place;
  place.maxReplicas = options.maxReplicas;
  pm.addPass(xbar::createXbarPlace(place));
  pm.addPass(xbar::createXbarSchedule());
  if (options.verifyMapping)
    pm.addPass(xbar::createXbarVerifyMapping());
}

/// The quantise phase of phase coding.
static void addQuantisePhase(OpPassManager &pm,
                             const PipelineOptions &options) {
  pm.addPass(spike::createSpikeImportQdq());
  pm.addPass(onnx::createOnnxFoldBatchNorm());
  spike::SpikeInsertSitesOptions insert;
  insert.floatOps.assign(options.floatOps.begin(), options.floatOps.end());
  pm.addPass(spike::createSpikeInsertSites(insert));
  calibration::SpikePhaseSitesOptions sites;
  sites.residual = options.phaseResidual == "train";
  pm.addPass(calibration::createSpikePhaseSites(sites));
  pm.addPass(spike::createSpikeMarkTokens());
  calibration::SpikeCalibratePhaseOptions calibrate;
  calibrate.inputs = options.calibrate;
  calibrate.base = options.phaseBase;
  calibrate.phases = options.phaseSteps;
  calibrate.range = options.range;
  calibrate.release = options.phaseRelease;
  pm.addPass(calibration::createSpikeCalibratePhase(calibrate));
  if (!options.phaseSearch.empty()) {
    auto [metric, budget] = StringRef(options.phaseSearch).split(':');
    calibration::SpikeSearchPhaseOptions search;
    search.inputs = options.calibrate;
    search.metric = metric.str();
    search.weightBits = options.weightBits;
    double value;
    if (!budget.getAsDouble(value)) // checkOptions has seen that it is a number
      search.budget = value;
    pm.addPass(calibration::createSpikeSearchPhase(search));
  }
  spike::SpikeQuantizeOptions quantize;
  quantize.weightBits = options.weightBits;
  pm.addPass(spike::createSpikeQuantize(quantize));
  OnnxToSpikeOptions convert;
  convert.signBug = options.phaseSignBug;
  pm.addPass(createOnnxToSpike(convert));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(spike::createSpikeMarkTokens());
  if (options.correctBias) {
    calibration::SpikeCorrectBiasOptions bias;
    bias.inputs = options.calibrate;
    pm.addPass(calibration::createSpikeCorrectBias(bias));
  }
}

static void addMapping(OpPassManager &pm, const PipelineOptions &options) {
  spike::SpikeMapAttentionOptions engines;
  engines.attention = options.attention;
  pm.addPass(spike::createSpikeMapAttention(engines));
}

static LogicalResult addPhasePasses(OpPassManager &pm, Phase phase,
                                    const PipelineOptions &options) {
  switch (phase) {
  case Phase::Import:
    addImport(pm);
    return success();
  case Phase::Quantise:
    if (options.coding != "phase")
      return addQuantise(pm, options);
    addQuantisePhase(pm, options);
    return success();
  case Phase::Spike:
    if (options.coding == "phase") {
      pm.addPass(spike::createSpikePhase());
      pm.addPass(createCSEPass());
      return success();
    }
    pm.addPass(spike::createSpikeMttfs());
    pm.addPass(spike::createSpikeFoldSilentOffset());
    pm.addPass(createCSEPass());
    return success();
  case Phase::Mapped:
    addMapping(pm, options);
    return success();
  case Phase::Sim:
    pm.addPass(spike::createSpikeSpecializeBatch());
    pm.addPass(createCanonicalizerPass());
    pm.addPass(spike::createSpikeFuseEpilogues());
    pm.addPass(createSpikeToEmitC());
    return success();
  case Phase::Image:
    addImage(pm, options);
    return success();
  }
  llvm_unreachable("unknown phase");
}

/// The attention engines of each coding.
static LogicalResult checkAttention(const PipelineOptions &options) {
  StringRef attention(options.attention), coding(options.coding);
  if (attention == "auto")
    return success();
  std::optional<bool> fits =
      llvm::StringSwitch<std::optional<bool>>(attention)
          .Case("mttfs", coding == "auto" || coding == "mttfs")
          .Case("trace-woss", coding == "phase")
          .Cases({"sdsa", "ssa"}, coding == "auto" || coding == "lif")
          .Default(std::nullopt);
  if (!fits)
    return fail("unknown attention engine '" + attention +
                "'; there are auto, mttfs, trace-woss, sdsa and ssa");
  if (*fits)
    return success();
  return fail("coding '" + coding + "' has no attention engine '" + attention +
              "': 'mttfs' is coding 'mttfs', 'trace-woss' is coding 'phase', "
              "'sdsa' and 'ssa' are coding 'lif'");
}

LogicalResult snn::checkOptions(const PipelineOptions &options) {
  std::optional<Phase> last = parsePhase(options.to);
  if (!last)
    return fail("unknown phase '" + Twine(options.to) +
                "'; there are import, quantise, spike, mapped, sim and image");
  if (options.coding != "auto" && options.coding != "mttfs" &&
      options.coding != "phase" && options.coding != "lif" &&
      options.coding != "none")
    return fail("unknown coding '" + Twine(options.coding) +
                "'; there are auto, mttfs, phase, lif and none");
  if (failed(checkAttention(options)))
    return failure();
  if (options.rng != "philox" && options.rng != "lfsr32")
    return fail("--rng needs philox or lfsr32, has '" + Twine(options.rng) +
                "'");
  bool isPhase = options.coding == "phase";
  if (options.phaseResidual != "train" && options.phaseResidual != "real")
    return fail("--phase-residual needs train or real, has '" +
                Twine(options.phaseResidual) + "'");
  auto [metric, budget] = StringRef(options.phaseSearch).split(':');
  double value;
  if (!options.phaseSearch.empty() &&
      ((metric != "error" && metric != "agreement") ||
       budget.getAsDouble(value)))
    return fail("--phase-search needs error:R or agreement:A, has '" +
                Twine(options.phaseSearch) + "'");
  if (isPhase && !options.deadZone.empty())
    return fail("--dead-zone is for coding 'mttfs'; in phase coding small "
                "values are silent after --phase-steps phases");
  if (!options.chip.empty()) {
    llvm::Expected<chip::Chip> chip = chip::loadChip(options.chip);
    if (!chip)
      return fail(llvm::toString(chip.takeError()));
  }
  if (!options.adcPolicy.empty() && options.adcPolicy != "lossless" &&
      options.adcPolicy != "calibrated")
    return fail("--adc-policy needs lossless or calibrated, has '" +
                Twine(options.adcPolicy) + "'");
  if (options.coding == "none" && *last > Phase::Import)
    return fail("coding 'none' keeps the float network; the last phase is "
                "then 'import'");
  return success();
}

LogicalResult snn::addPhase(OpPassManager &pm, Phase phase,
                            const PipelineOptions &options) {
  if (failed(addPhasePasses(pm, phase, options)))
    return failure();
  SnnVerifyPhaseOptions check;
  check.phase = toString(phase).str();
  pm.addPass(createSnnVerifyPhase(check));
  return success();
}

LogicalResult snn::buildPipeline(OpPassManager &pm,
                                 const PipelineOptions &options) {
  if (failed(checkOptions(options)))
    return failure();
  std::optional<Phase> last = parsePhase(options.to);
  for (Phase phase : getPhases(*last))
    if (failed(addPhase(pm, phase, options)))
      return failure();
  if (*last == Phase::Sim && !options.output.empty()) {
    SnnWriteSimulatorOptions write;
    write.output = options.output;
    pm.addPass(createSnnWriteSimulator(write));
  }
  if (*last == Phase::Image && !options.output.empty()) {
    SnnWriteImageOptions write;
    write.output = options.output + "/image.snnimg";
    pm.addPass(createSnnWriteImage(write));
  }
  return success();
}
