//===- Comparison.cpp - Compile, run and report every system --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A system is compiled by a process of its own, as a user would, so that one
// which fails leaves the others alone, and every artefact can be made again by
// the command that stands in its log.
//
//===----------------------------------------------------------------------===//

#include "snn/Compare/Comparison.h"
#include "mlir/Pass/PassManager.h"
#include "snn/Chip/Chip.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Pipeline/LoadModule.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Support/Process.h"
#include "snn/Target/Cpp/Simulator.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace snn;
using namespace snn::compare;
namespace json = llvm::json;

static std::string joinPath(llvm::StringRef folder, llvm::StringRef name) {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

static llvm::Expected<json::Object> readObject(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot read '" + path +
                                   "': " + buffer.getError().message());
  llvm::Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value)
    return value.takeError();
  if (json::Object *object = value->getAsObject())
    return std::move(*object);
  return llvm::createStringError("'" + path + "' holds no object");
}

/// The number at `path`, keys in turn; 0 where there is none.
static double numberAt(const json::Object &object,
                       llvm::ArrayRef<llvm::StringRef> path) {
  const json::Object *at = &object;
  for (llvm::StringRef key : path.drop_back())
    if (!(at = at->getObject(key)))
      return 0;
  return at->getNumber(path.back()).value_or(0);
}

namespace {
/// The way of one system through compiler, simulator and reports.
class SystemRun {
public:
  SystemRun(const Task &task, llvm::StringRef compiler,
            llvm::StringRef directory, Row &row)
      : task(task), compiler(compiler), row(row),
        info(getInfo(row.entry.system)), folder(joinPath(directory, info.name)),
        outputs(joinPath(folder, "outputs.npz")),
        statistics(joinPath(folder, "stats.json")) {}

  /// Fills in the row, except for its rank; counts the samples.
  llvm::Error run(int64_t &samples);

private:
  llvm::Error compile(const std::string &directory,
                      const std::vector<std::string> &more);
  llvm::Error readStatistics(int64_t &samples);
  llvm::Expected<Figure> report(llvm::StringRef name, const std::string &chip,
                                bool isPaperModel);

  const Task &task;
  std::string compiler;
  Row &row;
  const SystemInfo &info;
  std::string folder, outputs, statistics;
};
} // namespace

llvm::Error SystemRun::compile(const std::string &directory,
                               const std::vector<std::string> &more) {
  if (std::error_code error = llvm::sys::fs::create_directories(directory))
    return llvm::createStringError("cannot make directory '" + directory +
                                   "': " + error.message());
  PipelineOptions options;
  options.coding = info.coding;
  if (info.attention != AttentionChoice::Auto)
    options.attention = info.attention;
  options.calibrate = task.calibrate;
  std::vector<std::string> command = {compiler, row.entry.model, "-o",
                                      directory};
  llvm::append_range(command, toFlags(options));
  llvm::append_range(command, row.entry.flags);
  llvm::append_range(command, more);
  return runProcess(command, joinPath(directory, "log.txt"));
}

llvm::Error SystemRun::readStatistics(int64_t &samples) {
  llvm::Expected<json::Object> read = readObject(statistics);
  if (!read)
    return read.takeError();
  samples = int64_t(numberAt(*read, {"samples"}));
  const json::Object *sites = read->getObject("sites");
  if (!sites || samples <= 0)
    return llvm::createStringError("'" + statistics + "' counts nothing");
  for (const auto &[name, site] : *sites)
    if (const json::Object *counts = site.getAsObject())
      row.spikes += counts->getNumber("spikes").value_or(0) / double(samples);
  return llvm::Error::success();
}

llvm::Expected<Figure> SystemRun::report(llvm::StringRef name,
                                         const std::string &chip,
                                         bool isPaperModel) {
  llvm::Expected<chip::Chip> described = chip::loadChip(chip);
  if (!described)
    return described.takeError();
  std::string directory = joinPath(folder, name);
  if (llvm::Error error =
          compile(directory, {"--chip=" + chip, "--measured=" + statistics,
                              "--emit=report"}))
    return error;
  llvm::Expected<json::Object> read =
      readObject(joinPath(directory, "energy.json"));
  if (!read)
    return read.takeError();
  Figure figure;
  figure.chip = described->name;
  figure.technologyNm = described->technologyNm.value;
  const json::Object *totals = read->getObject("totals");
  const json::Object *leaves =
      totals ? totals->getObject(isPaperModel ? "paper_compatible_pj"
                                              : "full_per_tile_pj")
             : nullptr;
  if (!leaves)
    return llvm::createStringError("'" + directory +
                                   "/energy.json' lacks its totals");
  for (const auto &[key, value] : *leaves) {
    double pj = value.getAsNumber().value_or(0);
    if (key == "total")
      figure.energyPj = pj;
    else if (pj != 0)
      figure.components[key.str()] = pj;
  }
  double latency = numberAt(*read, {"latency", "latency_ns"});
  if (latency > 0)
    figure.latencyNs = latency;
  if (!isPaperModel) {
    row.synapticOperations =
        numberAt(*read, {"neurobench", "synaptic_operations", "Effective_ACs"});
    row.multiplyAdds = numberAt(
        *read, {"neurobench", "synaptic_operations", "Effective_MACs"});
    row.denseOperations =
        numberAt(*read, {"neurobench", "synaptic_operations", "Dense"});
  }
  return figure;
}

llvm::Error SystemRun::run(int64_t &samples) {
  if (llvm::Error error = compile(folder, {"--emit=ir,sim,report"}))
    return error;
  RunOptions options;
  options.input = task.inputs;
  options.output = outputs;
  options.statistics = statistics;
  if (llvm::Error error = runSimulator(folder, options))
    return error;
  llvm::Expected<double> rate = scoreOutputs(task.scoring, outputs);
  if (!rate)
    return rate.takeError();
  row.errorRate = *rate;
  if (llvm::Error error = readStatistics(samples))
    return error;
  llvm::Expected<Figure> own = report("own", row.entry.chip, info.isPaperModel);
  if (!own)
    return own.takeError();
  row.own = std::move(*own);
  if (!info.hasTiming)
    row.own->latencyNs = std::nullopt;
  llvm::Expected<Figure> common = report("common", task.commonChip, false);
  if (!common)
    return common.takeError();
  row.common = std::move(*common);
  return llvm::Error::success();
}

/// Whether the model of `entry` was trained to spike: recognition finds neurons
/// in it. What cannot be imported is left to the compiler to report.
static bool isTrainedToSpike(const Entry &entry, mlir::MLIRContext &context) {
  mlir::ScopedDiagnosticHandler quiet(
      &context, [](mlir::Diagnostic &) { return mlir::success(); });
  mlir::OwningOpRef<mlir::ModuleOp> module =
      loadModule(entry.model, context, ImportOptions());
  mlir::PassManager pm(&context);
  if (!module)
    return getInfo(entry.system).needsSpikingModel;
  addPhase(pm, Phase::Import, PipelineOptions());
  pm.addPass(spike::createSpikeRecoverLif());
  pm.addPass(spike::createSpikeRecoverBernoulli());
  if (failed(pm.run(*module)))
    return getInfo(entry.system).needsSpikingModel;
  return module
      ->walk([](spike::NeuronOpInterface op) {
        return op.getNeuronModel() != spike::NeuronModel::Threshold
                   ? mlir::WalkResult::interrupt()
                   : mlir::WalkResult::advance();
      })
      .wasInterrupted();
}

llvm::Expected<Comparison>
snn::compare::compareSystems(Task task, llvm::StringRef compiler,
                             llvm::StringRef directory) {
  Comparison comparison;
  // Before anything is compiled.
  std::vector<std::string> chips = {task.commonChip};
  for (const Entry &entry : task.entries)
    chips.push_back(entry.chip);
  for (const std::string &name : chips)
    if (llvm::Expected<chip::Chip> chip = chip::loadChip(name); !chip)
      return chip.takeError();
  llvm::Expected<std::optional<double>> reference =
      scoreReference(task.scoring);
  if (!reference)
    return reference.takeError();
  comparison.referenceErrorRate = *reference;

  mlir::DialectRegistry registry;
  registerDialects(registry);
  mlir::MLIRContext context(registry);
  for (const Entry &entry : task.entries) {
    Row row;
    row.entry = entry;
    bool isSpiking = isTrainedToSpike(entry, context);
    if (isSpiking != getInfo(entry.system).needsSpikingModel) {
      row.problem = needsRetraining.str();
    } else {
      SystemRun run(task, compiler, directory, row);
      int64_t samples = 0;
      if (llvm::Error error = run.run(samples))
        row.problem = llvm::toString(std::move(error));
      else
        comparison.samples = samples;
    }
    comparison.rows.push_back(std::move(row));
  }

  std::vector<Row *> ranked;
  for (Row &row : comparison.rows)
    if (row.problem.empty())
      ranked.push_back(&row);
  llvm::stable_sort(ranked, [](const Row *a, const Row *b) {
    return a->common->energyPj < b->common->energyPj;
  });
  for (auto [place, row] : llvm::enumerate(ranked))
    row->rank = unsigned(place + 1);
  comparison.task = std::move(task);
  return comparison;
}
