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
#include "snn/Support/InputFile.h"
#include "snn/Target/Cpp/Passes.h"
#include "snn/Target/Image/Passes.h"
#include "snn/runtime/Compilation.h"

using namespace mlir;
using namespace snn;

SmallVector<Phase> snn::getPhases(Phase last) {
  SmallVector<Phase> phases;
  for (int phase = 0; phase <= int(last); ++phase)
    if (Phase(phase) == last || Phase(phase) != Phase::Sim)
      phases.push_back(Phase(phase));
  return phases;
}

/// `random:N`, or a hash of what the file holds; the path where it cannot be
/// read, as who reads it will say.
static std::string describeFile(StringRef path) {
  if (path.empty() || path.starts_with("random:"))
    return path.str();
  auto buffer = readRegularFile(path);
  if (!buffer) {
    llvm::consumeError(buffer.takeError());
    return path.str();
  }
  return rt::toHex(rt::contentHash((*buffer)->getBuffer()));
}

std::string snn::describeDecisions(const PipelineOptions &options) {
  PipelineOptions network;
  network.copyOptionValuesFrom(options);
  network.calibrate = describeFile(options.calibrate);
  // These decide where the network goes, and how far.
#define OPTION(Field, Name, Type, Default, Value, FirstPhase, ...)             \
  if (Phase::FirstPhase == Phase::Image)                                       \
    network.Field = Default;
#include "snn/Pipeline/Options.def"
  network.output = "";
  network.to = Phase::Sim;
  std::string text;
  llvm::raw_string_ostream os(text);
  network.print(os);
  return text;
}

std::string snn::describeMapping(const PipelineOptions &options) {
  if (options.chip.empty())
    return {};
  llvm::Expected<chip::Chip> chip = chip::loadChip(options.chip);
  std::string text = chip ? chip::toYAML(*chip) : options.chip.getValue();
  if (!chip)
    llvm::consumeError(chip.takeError());
  return text + "adc " + toString(options.adcPolicy).str() + ", replicas " +
         std::to_string(options.maxReplicas);
}

/// Recognition of what exporters write.
static void addImport(OpPassManager &pm, const PipelineOptions &options) {
  SnnStampCompilationOptions stamp;
  stamp.decisions = describeDecisions(options);
  pm.addPass(createSnnStampCompilation(stamp));
  pm.addPass(onnx::createOnnxNameNodes());
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
  pm.addPass(spike::createSpikeMatchSlots());
  spike::SpikeMatchSsaOptions stochastic;
  stochastic.rng = toString(options.rng).str();
  pm.addPass(spike::createSpikeMatchSsa(stochastic));
  spike::SpikeMatchAttentionOptions attention;
  attention.experimental = options.experimental;
  pm.addPass(spike::createSpikeMatchAttention(attention));
  pm.addPass(spike::createSpikeKeepTrains());
  pm.addPass(createCanonicalizerPass());
}

/// Refuses what recognition has found to be ignored.
static void addNetworkChecks(OpPassManager &pm,
                             const PipelineOptions &options) {
  SnnCheckNetworkOptions check;
  check.neurons = options.coding == CodingChoice::Lif;
#define OPTION(Field, Name, ...)                                               \
  if (options.Field.hasValue()) {                                              \
    unsigned needs = findOption(Name)->needs;                                  \
    if (needs & need::StochasticAttention)                                     \
      check.stochastic.push_back(Name);                                        \
    if (needs & need::RandomNumbers)                                           \
      check.random.push_back(Name);                                            \
  }
#include "snn/Pipeline/Options.def"
  pm.addPass(createSnnCheckNetwork(check));
}

/// What the quantise phase of all codings begins with.
static void addNormalForm(OpPassManager &pm) {
  pm.addPass(onnx::createOnnxTurnProducts());
  pm.addPass(onnx::createOnnxNormalizeQuantizers());
  pm.addPass(spike::createSpikeImportQdq());
  pm.addPass(onnx::createOnnxFoldBatchNorm());
}

static bool recoversNeurons(const PipelineOptions &options) {
  return options.coding != CodingChoice::Mttfs &&
         options.coding != CodingChoice::Phase;
}

bool snn::addRewrites(OpPassManager &pm, const PipelineOptions &options) {
  if (options.rng != RngChoice::Philox || options.seed.hasValue())
    return false;
  addNormalForm(pm);
  if (recoversNeurons(options))
    addRecovery(pm, options);
  return true;
}

static void addQuantise(OpPassManager &pm, const PipelineOptions &options) {
  addNormalForm(pm);
  if (recoversNeurons(options)) {
    addRecovery(pm, options);
    addNetworkChecks(pm, options);
  }
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
    // checkOptions has seen that it is a number.
    (void)entry.getAsInteger(10, deadZone.radius);
  }
  calibration::SpikeCalibrateOptions calibrate;
  calibrate.inputs = options.calibrate;
  SmallVector<StringRef> widths;
  StringRef(options.activationBits).split(widths, ',', -1, /*KeepEmpty=*/false);
  for (StringRef entry : widths) {
    if (entry.contains('='))
      calibrate.siteBits.push_back(entry.str());
    else // checkOptions has seen that it is a number.
      (void)entry.getAsInteger(10, calibrate.activationBits);
  }
  SmallVector<StringRef> tables;
  StringRef(options.levelTable).split(tables, ',', -1, /*KeepEmpty=*/false);
  for (StringRef entry : tables)
    calibrate.levelTables.push_back(entry.str());
  calibrate.residentBits = options.residentBits;
  calibrate.range = toString(options.range).str();
  calibrate.radius = deadZone.radius;
  calibrate.deadZoneSites = deadZone.sites;
  calibration::SpikeEqualizeOptions equalize;
  equalize.inputs = options.calibrate;
  equalize.mode = toString(options.equalize).str();
  equalize.activationBits = calibrate.activationBits;
  equalize.siteBits = calibrate.siteBits;
  equalize.levelTables = calibrate.levelTables;
  equalize.radius = deadZone.radius;
  equalize.deadZoneSites = deadZone.sites;
  pm.addPass(calibration::createSpikeEqualize(equalize));
  pm.addPass(calibration::createSpikeCalibrate(calibrate));
  calibration::SpikeProbabilityFormOptions probability;
  probability.inputs = options.calibrate;
  probability.form = toString(options.probability).str();
  probability.radius = deadZone.radius;
  probability.deadZoneSites = deadZone.sites;
  pm.addPass(calibration::createSpikeProbabilityForm(probability));
  if (options.sensitivity) {
    calibration::SpikeSiteSensitivityOptions sensitivity;
    sensitivity.inputs = options.calibrate;
    sensitivity.radius = deadZone.radius;
    sensitivity.deadZoneSites = deadZone.sites;
    pm.addPass(calibration::createSpikeSiteSensitivity(sensitivity));
  }
  calibration::SpikeFitWeightsOptions fit;
  fit.inputs = options.calibrate;
  fit.mode = toString(options.fitWeights).str();
  fit.weightBits = options.weightBits;
  fit.radius = deadZone.radius;
  fit.deadZoneSites = deadZone.sites;
  pm.addPass(calibration::createSpikeFitWeights(fit));
  spike::SpikeQuantizeOptions quantize;
  quantize.weightBits = options.weightBits;
  pm.addPass(spike::createSpikeQuantize(quantize));
  pm.addPass(createOnnxToSpike());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(onnx::createSnnReleaseWeights());
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
  calibration::SpikeSplitDigitsOptions digits;
  SmallVector<StringRef> counts;
  StringRef(options.digits).split(counts, ',', -1, /*KeepEmpty=*/false);
  for (StringRef entry : counts) {
    if (entry.contains('='))
      digits.sites.push_back(entry.str());
    else // checkOptions has seen that it is 1 or 2.
      (void)entry.getAsInteger(10, digits.digits);
  }
  if (digits.digits != 1 || !digits.sites.empty())
    pm.addPass(calibration::createSpikeSplitDigits(digits));
}

/// Mapping to a chip.
static void addImage(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(spike::createSpikeSpecializeBatch());
  pm.addPass(createCanonicalizerPass());
  SpikeToXbarOptions bind;
  bind.chip = options.chip;
  pm.addPass(createSpikeToXbar(bind));
  xbar::XbarTileOptions tile;
  if (options.adcPolicy != AdcPolicyChoice::Chip)
    tile.adcPolicy = toString(options.adcPolicy).str();
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
  addNormalForm(pm);
  spike::SpikeInsertSitesOptions insert;
  insert.floatOps.assign(options.floatOps.begin(), options.floatOps.end());
  pm.addPass(spike::createSpikeInsertSites(insert));
  calibration::SpikePhaseSitesOptions sites;
  sites.residual = options.phaseResidual == ResidualChoice::Train;
  pm.addPass(calibration::createSpikePhaseSites(sites));
  pm.addPass(spike::createSpikeMarkTokens());
  calibration::SpikeCalibratePhaseOptions calibrate;
  calibrate.inputs = options.calibrate;
  calibrate.base = options.phaseBase;
  calibrate.phases = options.phaseSteps;
  calibrate.range = toString(options.range).str();
  calibrate.release = toString(options.phaseRelease).str();
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
  pm.addPass(onnx::createSnnReleaseWeights());
  pm.addPass(spike::createSpikeMarkTokens());
  if (options.correctBias) {
    calibration::SpikeCorrectBiasOptions bias;
    bias.inputs = options.calibrate;
    pm.addPass(calibration::createSpikeCorrectBias(bias));
  }
}

/// Attention engines, which chips and simulators share.
static void addEngines(OpPassManager &pm, const PipelineOptions &options) {
  spike::SpikeMapAttentionOptions engines;
  engines.attention = toString(options.attention).str();
  pm.addPass(spike::createSpikeMapAttention(engines));
}

static void addPhasePasses(OpPassManager &pm, Phase phase,
                           const PipelineOptions &options) {
  bool isPhaseCoding = options.coding == CodingChoice::Phase;
  switch (phase) {
  case Phase::Import:
    return addImport(pm, options);
  case Phase::Quantise:
    return isPhaseCoding ? addQuantisePhase(pm, options)
                         : addQuantise(pm, options);
  case Phase::Spike:
    if (isPhaseCoding) {
      pm.addPass(spike::createSpikePhase());
    } else {
      pm.addPass(spike::createSpikeMttfs());
      pm.addPass(spike::createSpikeFoldSilentOffset());
    }
    pm.addPass(createCSEPass());
    return;
  case Phase::Engines:
    return addEngines(pm, options);
  case Phase::Sim:
    pm.addPass(spike::createSpikeSpecializeBatch());
    pm.addPass(createCanonicalizerPass());
    pm.addPass(spike::createSpikeFuseEpilogues());
    pm.addPass(createSpikeToEmitC());
    return;
  case Phase::Image:
    return addImage(pm, options);
  }
  llvm_unreachable("unknown phase");
}

void snn::addPhase(OpPassManager &pm, Phase phase,
                   const PipelineOptions &options) {
  addPhasePasses(pm, phase, options);
  SnnVerifyPhaseOptions check;
  check.phase = toString(phase).str();
  pm.addPass(createSnnVerifyPhase(check));
}

llvm::Error snn::buildPipeline(OpPassManager &pm,
                               const PipelineOptions &options) {
  if (llvm::Error error = checkOptions(options))
    return error;
  Phase last = options.to;
  for (Phase phase : getPhases(last))
    addPhase(pm, phase, options);
  if (last == Phase::Sim && !options.output.empty()) {
    SnnWriteSimulatorOptions write;
    write.output = options.output;
    pm.addPass(createSnnWriteSimulator(write));
  }
  if (last == Phase::Image && !options.output.empty()) {
    SnnWriteImageOptions write;
    write.output = options.output + "/image.snnimg";
    pm.addPass(createSnnWriteImage(write));
  }
  return llvm::Error::success();
}
