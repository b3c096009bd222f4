//===- SearchTrials.cpp - Networks that a search tries --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SearchTrials.h"
#include "mlir/IR/Diagnostics.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Report/Energy.h"
#include "snn/Report/Rates.h"
#include "llvm/Support/FileSystem.h"

#include <cstring>

using namespace mlir;
using namespace snn;
using namespace snn::calibration;

/// Rows of data that probes run on, and of calibration inputs that they have:
/// they are compared with each other only.
static constexpr int64_t probeSamples = 128, probeCalibration = 64;

/// Blocks of `block` rows of `tensor`: those of which `chosen` says so.
static rt::Tensor takeBlocks(const rt::Tensor &tensor, int64_t block,
                             llvm::function_ref<bool(int64_t)> chosen) {
  if (tensor.rank() == 0)
    return tensor;
  int64_t rows = tensor.dim(0), count = 0;
  for (int64_t first = 0; first < rows; first += block)
    if (chosen(first / block))
      count += std::min(block, rows - first);
  rt::Shape shape = tensor.shape();
  shape[0] = count;
  rt::Tensor part(tensor.dtype(), shape);
  size_t bytes = rows ? tensor.bytes() / size_t(rows) : 0;
  char *to = static_cast<char *>(part.raw());
  for (int64_t first = 0; first < rows; first += block)
    if (chosen(first / block)) {
      size_t size = bytes * size_t(std::min(block, rows - first));
      std::memcpy(to, static_cast<const char *>(tensor.raw()) + first * bytes,
                  size);
      to += size;
    }
  return part;
}

static rt::NamedArrays takeBlocks(const rt::NamedArrays &arrays, int64_t block,
                                  llvm::function_ref<bool(int64_t)> chosen) {
  rt::NamedArrays parts;
  for (const auto &[name, tensor] : arrays)
    parts.emplace_back(name, takeBlocks(tensor, block, chosen));
  return parts;
}

static FailureOr<rt::NamedArrays> readFile(ModuleOp module, StringRef path,
                                           StringRef what) {
  try {
    return rt::readArrays(path.str());
  } catch (const std::exception &e) {
    return module.emitError("cannot read ") << what << ": " << e.what();
  }
}

static FailureOr<std::vector<int64_t>> toIntegers(ModuleOp module,
                                                  const rt::Tensor &tensor) {
  std::vector<int64_t> values(tensor.size());
  for (int64_t n = 0; n < tensor.size(); ++n)
    switch (tensor.dtype()) {
    case rt::DType::I64:
      values[n] = tensor.data<int64_t>()[n];
      break;
    case rt::DType::I32:
      values[n] = tensor.data<int32_t>()[n];
      break;
    case rt::DType::I16:
      values[n] = tensor.data<int16_t>()[n];
      break;
    case rt::DType::I8:
      values[n] = tensor.data<int8_t>()[n];
      break;
    case rt::DType::U8:
      values[n] = tensor.data<uint8_t>()[n];
      break;
    default:
      return module.emitError("needs labels that are integers, has ")
             << rt::name(tensor.dtype());
    }
  return values;
}

LogicalResult SearchTrials::load(const rt::NamedArrays &arrays,
                                 const rt::Tensor *labels, TrialData &data,
                                 int64_t limit) {
  func::FuncOp function = getEntryPoint(imported);
  FailureOr<std::vector<SampleTensors>> inputs =
      splitSamples(function, arrays, 32, limit);
  if (failed(inputs))
    return failure();
  data.inputs = std::move(*inputs);
  for (const SampleTensors &argument : data.inputs) {
    int64_t rows = 0;
    for (const rt::Tensor &group : argument)
      rows += group.rank() ? group.dim(0) : 1;
    data.rows = std::max(data.rows, rows);
  }
  Interpreter interpreter(function);
  interpreter.setFast(true);
  FailureOr<std::vector<SampleTensors>> reference =
      interpreter.run(data.inputs);
  if (failed(reference))
    return failure();
  data.reference = std::move(*reference);
  if (data.reference.empty() || data.reference[0].empty() ||
      data.reference[0][0].dtype() != rt::DType::F32)
    return imported.emitError(
        "needs a first output of floats for a search, has none");
  if (!labels)
    return success();
  FailureOr<std::vector<int64_t>> values = toIntegers(imported, *labels);
  if (failed(values))
    return failure();
  data.labels = std::move(*values);
  int64_t decisions = countDecisions(data.reference[0]);
  if (int64_t(data.labels.size()) != decisions)
    return imported.emitError("needs a label for each of ")
           << decisions << " decisions, has " << data.labels.size();
  return success();
}

LogicalResult SearchTrials::readData() {
  if (request.inputs.empty() ||
      StringRef(request.inputs).starts_with("random:"))
    return imported.emitError(
        "needs data to search on; give --search-inputs FILE.npz");
  FailureOr<rt::NamedArrays> arrays =
      readFile(imported, request.inputs, "the inputs of the search");
  if (failed(arrays))
    return failure();
  std::optional<rt::Tensor> labels;
  bool isAccuracy = request.metric.kind == OutputMetric::Kind::Accuracy;
  if (isAccuracy) {
    FailureOr<rt::NamedArrays> read =
        readFile(imported, request.labels, "the labels of the search");
    if (failed(read))
      return failure();
    if (read->size() != 1)
      return imported.emitError("needs one array of labels, has ")
             << read->size();
    labels = (*read)[0].second;
  }
  int64_t rows = 0;
  for (const auto &[name, tensor] : *arrays)
    if (tensor.rank())
      rows = std::max(rows, tensor.dim(0));
  if (labels && (labels->rank() == 0 || labels->dim(0) != rows))
    return imported.emitError("needs labels for ")
           << rows << " rows, has "
           << (labels->rank() ? labels->dim(0) : int64_t(1));
  // Every second one is not looked at until the end. One alone is searched on.
  auto load = [&](bool isSeen, TrialData &data) {
    auto chosen = [&](int64_t number) { return (number % 2 == 0) == isSeen; };
    std::optional<rt::Tensor> part;
    if (labels)
      part = takeBlocks(*labels, block, chosen);
    return this->load(takeBlocks(*arrays, block, chosen),
                      part ? &*part : nullptr, data);
  };
  if (failed(load(true, searchedRows)) ||
      (rows > block && failed(load(false, unseenRows))))
    return failure();
  auto seen = [](int64_t number) { return number % 2 == 0; };
  int64_t limit = (probeSamples + block - 1) / block * block;
  return this->load(takeBlocks(*arrays, block, seen), nullptr, probeRows,
                    limit);
}

/// Probes calibrate on the first inputs only.
LogicalResult SearchTrials::limitCalibration() {
  few.copyOptionValuesFrom(options);
  if (options.calibrate.empty() ||
      StringRef(options.calibrate).starts_with("random:"))
    return success();
  // What takes longest of a compilation, and moves all probes alike.
  if (!few.fitWeights.hasValue())
    few.fitWeights = FitChoice::Off;
  FailureOr<rt::NamedArrays> arrays =
      readFile(imported, options.calibrate, "calibration inputs");
  if (failed(arrays))
    return failure();
  SmallString<128> path;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("snnc-search", "npz", path))
    return imported.emitError("cannot make a temporary file: ")
           << error.message();
  limited = std::make_unique<llvm::FileRemover>(path);
  int64_t blocks = std::max<int64_t>(probeCalibration / block, 1);
  try {
    rt::writeArrays(path.str().str(),
                    takeBlocks(*arrays, block, [&](int64_t number) {
                      return number < blocks;
                    }));
  } catch (const std::exception &e) {
    return imported.emitError("cannot write calibration inputs: ") << e.what();
  }
  few.calibrate = path.str().str();
  return success();
}

FailureOr<OwningOpRef<ModuleOp>>
SearchTrials::compile(StringRef flags, const PipelineOptions &with,
                      Phase last) {
  PipelineOptions chosen;
  chosen.copyOptionValuesFrom(with);
  if (!flags.empty()) {
    if (request.knob == SearchRequest::Knob::DeadZones)
      chosen.deadZone = flags.str();
    else
      chosen.activationBits = "8," + flags.str();
  }
  OwningOpRef<ModuleOp> copy = imported.clone();
  PassManager pm(imported.getContext());
  for (Phase phase : getPhases(last))
    if (phase != Phase::Sim)
      addPhase(pm, phase, chosen);
  // The compilation of what is found will say these once.
  ScopedDiagnosticHandler quiet(
      imported.getContext(), [](Diagnostic &diagnostic) {
        return success(diagnostic.getSeverity() != DiagnosticSeverity::Error);
      });
  if (failed(pm.run(*copy)))
    return failure();
  return copy;
}

LogicalResult SearchTrials::findSites() {
  PipelineOptions whole;
  whole.copyOptionValuesFrom(few);
  whole.digits = "1";
  FailureOr<OwningOpRef<ModuleOp>> network =
      compile("", whole, Phase::Quantise);
  if (failed(network))
    return failure();
  for (const spike::Site &site : spike::getSites(**network)) {
    auto level =
        dyn_cast<spike::LevelType>(getElementTypeOrSelf(site.result.getType()));
    if (level && spike::isSpiking(site.kind))
      found.push_back({site.name.str(), level.getBits()});
  }
  return success();
}

/// What a spike of every site costs on the chip: by how the energy of the
/// mapped network follows its rate.
LogicalResult SearchTrials::priceSpikes() {
  if (request.cost != SearchCostChoice::Energy)
    return success();
  FailureOr<OwningOpRef<ModuleOp>> network = compile("", few, Phase::Image);
  if (failed(network))
    return failure();
  FailureOr<chip::Chip> chip = xbar::getChip(**network);
  if (failed(chip))
    return failure();
  FailureOr<chip::Workload> workload = chip::buildWorkload(**network, *chip);
  if (failed(workload))
    return failure();
  constexpr double high = 0.6, low = 0.4;
  auto energyAt = [&](StringRef site, double rate) -> FailureOr<double> {
    chip::AssumedRates assumed;
    assumed.all = 0.5;
    assumed.sites[site] = rate;
    chip::Workload copy = *workload;
    if (llvm::Error error = chip::setRates(copy, assumed, "", ""))
      return imported.emitError() << llvm::toString(std::move(error));
    double total = 0;
    for (const chip::OpEnergy &op : chip::computeEnergy(copy, *chip).ops)
      total += op.full.total();
    return total;
  };
  for (const chip::SiteLoad &site : workload->sites) {
    FailureOr<double> more = energyAt(site.name, high),
                      less = energyAt(site.name, low);
    if (failed(more) || failed(less))
      return failure();
    if (site.neurons > 0)
      pricesPj[site.name] = (*more - *less) / ((high - low) * site.neurons);
  }
  return success();
}

LogicalResult SearchTrials::prepare() {
  func::FuncOp function = getEntryPoint(imported);
  if (!function)
    return failure();
  for (Type type : function.getArgumentTypes())
    if (auto tensor = dyn_cast<RankedTensorType>(type);
        tensor && tensor.getRank() > 0 && !tensor.isDynamicDim(0))
      block = std::max(block, tensor.getDimSize(0));
  return failure(failed(readData()) || failed(limitCalibration()) ||
                 failed(findSites()) || failed(priceSpikes()));
}

FailureOr<TrialRun> SearchTrials::run(StringRef flags, const TrialData &data,
                                      const PipelineOptions &with) {
  FailureOr<OwningOpRef<ModuleOp>> network =
      compile(flags, with, Phase::Quantise);
  if (failed(network))
    return failure();
  ++tried;
  TrialRun run;
  double energy = 0, slots = 0, neurons = 0;
  Interpreter interpreter(getEntryPoint(**network));
  interpreter.setFast(true);
  llvm::StringMap<SampleTensors> valid;
  interpreter.setBefore(
      [&](Operation *op, ArrayRef<const SampleTensors *> operands) {
        std::optional<spike::Site> site = spike::getSite(op);
        if (site && site->valid)
          for (auto [operand, value] : llvm::zip(op->getOperands(), operands))
            if (operand == site->valid)
              valid[site->name] = *value;
        return success();
      });
  interpreter.setAfter(
      [&](Operation *op, ArrayRef<const SampleTensors *> results) {
        std::optional<spike::Site> site = spike::getSite(op);
        if (!site || !spike::isSpiking(site->kind))
          return success();
        auto level = dyn_cast<spike::LevelType>(
            getElementTypeOrSelf(site->result.getType()));
        if (!level)
          return success();
        auto tokens = valid.find(site->name);
        double spikes = 0, kept = 0;
        for (auto [s, sample] : llvm::enumerate(*results[0])) {
          const rt::Tensor *mask = nullptr;
          if (tokens != valid.end())
            mask = &tokens->second[tokens->second.size() == 1 ? 0 : s];
          std::vector<bool> flags =
              spike::expandValidity(sample.shape(), mask, site->tokenAxes);
          const auto *levels = static_cast<const uint8_t *>(sample.raw());
          for (int64_t n = 0, size = sample.size(); n < size; ++n)
            if (flags.empty() || flags[n]) {
              ++kept;
              spikes += levels[n] != level.getMask();
            }
        }
        run.spikes += spikes;
        energy += spikes * pricesPj.lookup(site->name);
        neurons += kept;
        slots += kept * double(level.getMaxLevel());
        return success();
      });
  FailureOr<std::vector<SampleTensors>> outputs = interpreter.run(data.inputs);
  if (failed(outputs))
    return failure();
  run.outputs = std::move(*outputs);
  double rows = double(std::max<int64_t>(data.rows, 1));
  run.spikes /= rows;
  switch (request.cost) {
  case SearchCostChoice::Auto:
  case SearchCostChoice::Spikes:
    run.cost = run.spikes;
    break;
  case SearchCostChoice::Energy:
    run.cost = energy / rows;
    break;
  case SearchCostChoice::Slots:
    run.cost = slots / std::max(neurons, 1.0);
    break;
  }
  return run;
}

FailureOr<TrialRun> SearchTrials::run(StringRef flags, const TrialData &data) {
  return run(flags, data, options);
}

FailureOr<TrialRun> SearchTrials::probe(StringRef flags) {
  return run(flags, probeRows, few);
}

double SearchTrials::distance(const TrialRun &run, const TrialRun &base) const {
  OutputMetric metric; // the error
  double error = metric.score(run.outputs, base.outputs).value;
  return error * error;
}

OutputScore SearchTrials::score(const TrialRun &run,
                                const TrialData &data) const {
  return request.metric.score(run.outputs, data.reference, data.labels);
}
