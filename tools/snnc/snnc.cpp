//===- snnc.cpp - The compiler --------------------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// snnc MODEL.onnx -o DIR: imports, quantises, codes and emits, phase by phase.
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "Flags.h"
#include "LoadNir.h"
#include "Progress.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "snn/Compare/Comparison.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Dialect/Xbar/Summary.h"
#include "snn/Equivalence/ImportPadded.h"
#include "snn/Equivalence/SelfCheck.h"
#include "snn/Pipeline/LoadModule.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Pipeline/SearchSites.h"
#include "snn/Report/Passes.h"
#include "snn/Report/Quantisation.h"
#include "snn/Report/Rates.h"
#include "snn/Support/ArtefactSet.h"
#include "snn/Support/OutputFile.h"
#include "snn/Support/Tool.h"
#include "snn/Target/Cpp/Passes.h"
#include "snn/Target/Cpp/Simulator.h"
#include "snn/Target/Image/Image.h"
#include "snn/runtime/Compilation.h"
#include "snn/runtime/Tensor.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

#include <chrono>
#include <set>

using namespace mlir;
namespace cl = llvm::cl;

namespace {

snn::Flags flags;

/// What this compilation writes to --o, and the phases where --dump-phases is
/// outside of it. Set while there is something to write.
snn::ArtefactSet *artefacts = nullptr, *phaseArtefacts = nullptr;
/// Where in `artefacts` phases go otherwise.
std::string phaseFolder;

/// Files are written elsewhere first; messages have their final names.
std::string withFinalNames(std::string text) {
  for (snn::ArtefactSet *set : {artefacts, phaseArtefacts})
    if (set)
      text = set->withFinalNames(text);
  return text;
}

int fail(const Twine &message) {
  std::string text = withFinalNames(message.str());
  if (flags.diagnostics == snn::DiagnosticFormat::Json)
    snn::printJsonError(text);
  else
    llvm::WithColor::error() << text << '\n';
  return 1;
}

/// Where to write an artefact now.
FailureOr<std::string> artefactPath(const snn::ArtefactSet *set,
                                    StringRef name) {
  llvm::Expected<std::string> path = set->path(name);
  if (path)
    return *path;
  fail(llvm::toString(path.takeError()));
  return failure();
}
FailureOr<std::string> artefactPath(StringRef name) {
  return artefactPath(artefacts, name);
}

bool wants(snn::Artefact artefact) {
  if (flags.emit.empty())
    return artefact != snn::Artefact::Nir;
  return llvm::is_contained(flags.emit, artefact);
}

/// What the compilation reports of itself; main's.
snn::Progress *progress = nullptr;

/// Gives the pages of mapped weights back after every pass, so that those which
/// nothing reads again take no room.
class PageReleaser : public PassInstrumentation {
public:
  explicit PageReleaser(snn::onnx::Archives &archives) : archives(archives) {}
  void runAfterPass(Pass *, Operation *) override { archives.releasePages(); }

private:
  snn::onnx::Archives &archives;
};

LogicalResult runPasses(ModuleOp module, StringRef name,
                        llvm::function_ref<LogicalResult(PassManager &)> fill) {
  snn::Progress::Phase phase(*progress, name);
  PassManager pm(module.getContext());
  pm.enableTiming(phase.timing());
  pm.addInstrumentation(progress->createInstrumentation());
  pm.addInstrumentation(std::make_unique<PageReleaser>(
      module.getContext()
          ->getOrLoadDialect<snn::onnx::OnnxDialect>()
          ->getArchives()));
  if (failed(fill(pm)))
    return failure();
  try {
    return pm.run(module);
  } catch (const std::exception &e) {
    // What no op was executed for: samples, weights in another form.
    return module.emitError("phase '") << name << "': " << e.what();
  }
}

/// Writes a module beside a safetensors file that holds its weights, those
/// aside that the file `shared` beside it has: no other file is needed.
LogicalResult writeModule(ModuleOp module, StringRef path,
                          StringRef shared = "") {
  OwningOpRef<ModuleOp> copy = module.clone();
  SmallString<128> archive(path);
  llvm::sys::path::replace_extension(archive, "safetensors");
  LogicalResult externalised =
      runPasses(*copy, "write module", [&](PassManager &pm) {
        snn::onnx::SnnExternalizeWeightsOptions options;
        options.archive = archive.str().str();
        options.name = llvm::sys::path::filename(archive).str();
        options.all = true;
        options.shared = shared.str();
        options.sharedName = llvm::sys::path::filename(shared).str();
        pm.addPass(snn::onnx::createSnnExternalizeWeights(options));
        return success();
      });
  if (failed(externalised))
    return failure();
  if (llvm::Error error = snn::writeOutputFile(path, [&](raw_ostream &os) {
        OpPrintingFlags printing;
        printing.enableDebugInfo();
        copy->print(os, printing);
        os << '\n';
      })) {
    fail(llvm::toString(std::move(error)));
    return failure();
  }
  return success();
}

/// Runs one phase and dumps what it leaves.
LogicalResult runPhase(ModuleOp module, snn::Phase phase,
                       const snn::PipelineOptions &options) {
  LogicalResult ran =
      runPasses(module, snn::toString(phase), [&](PassManager &pm) {
        snn::addPhase(pm, phase, options);
        return success();
      });
  if (failed(ran) || failed(verify(module)))
    return failure();
  if (flags.dumpPhases.empty())
    return success();
  SmallString<128> name(phaseFolder);
  llvm::sys::path::append(name, std::to_string(int(phase)) + "." +
                                    snn::toString(phase) + ".mlir");
  FailureOr<std::string> path =
      artefactPath(phaseArtefacts ? phaseArtefacts : artefacts, name);
  return failed(path) ? failure() : writeModule(module, *path);
}

/// Maps a module of phase `engines` to the chip and writes the image.
LogicalResult compileImage(ModuleOp module,
                           const snn::PipelineOptions &options) {
  if (failed(runPhase(module, snn::Phase::Image, options)))
    return failure();
  FailureOr<snn::chip::Chip> chip = snn::xbar::getChip(module);
  if (failed(chip))
    return failure();
  llvm::outs() << "mapped to " << chip->name << ": "
               << toString(snn::xbar::summarise(module, *chip), *chip) << '\n';
  if (wants(snn::Artefact::Image) && wants(snn::Artefact::Report) &&
      !chip->hasCrossbars()) {
    llvm::outs() << "no image: " << chip->name << " has no crossbars\n";
  } else if (wants(snn::Artefact::Image)) {
    FailureOr<std::string> path = artefactPath("image.snnimg");
    llvm::raw_ostream *sizes =
        wants(snn::Artefact::Report) ? &llvm::outs() : nullptr;
    snn::Progress::Phase writing(*progress, "write image");
    if (failed(path) || failed(snn::writeImage(module, *path, sizes)))
      return failure();
  }
  if (!wants(snn::Artefact::Report))
    return success();
  return runPasses(module, "report", [&](PassManager &pm) {
    auto file = [](StringRef name) {
      return artefacts->folder() + "/" + name.str();
    };
    snn::chip::XbarReportEnergyOptions report;
    report.assume.assign(flags.assume.begin(), flags.assume.end());
    report.counts = snn::toString(flags.countsAs).str();
    report.stats = flags.measured;
    report.inputs = flags.calibrate;
    report.output = file("energy.json");
    report.trace = file("trace.json");
    report.page = file("report.html");
    if (wants(snn::Artefact::Image) && chip->hasCrossbars())
      report.image = file("image.snnimg");
    report.table = true;
    pm.addPass(snn::chip::createXbarReportEnergy(report));
    return success();
  });
}

/// Refuses assumed rates of sites that the network does not have.
LogicalResult checkAssumedSites(ModuleOp module,
                                const snn::chip::AssumedRates &assumed) {
  std::set<std::string> sites;
  module.walk([&](Operation *op) {
    if (std::optional<snn::spike::Site> site = snn::spike::getSite(op);
        site && snn::spike::isSpiking(site->kind))
      sites.insert(site->name.str());
  });
  for (const auto &entry : assumed.sites)
    if (!sites.count(entry.getKey().str())) {
      fail("--assume names the site '" + entry.getKey() +
           "', which the network does not have; it has " +
           llvm::join(sites, ", "));
      return failure();
    }
  return success();
}

/// Remarks of passes whose name matches --remarks go to the terminal.
LogicalResult printRemarks(MLIRContext &context) {
  remark::RemarkCategories categories;
  categories.passed = categories.missed = categories.failed =
      categories.analysis = flags.remarks;
  return remark::enableOptimizationRemarks(
      context, nullptr, std::make_unique<remark::RemarkEmittingPolicyAll>(),
      categories,
      /*printAsEmitRemarks=*/true);
}

/// The seconds that the self-check of recognition takes, and at least has left
/// for that of neurons and quantisers.
constexpr double selfCheckSeconds = 2, leastSelfCheckSeconds = 0.5;

/// Compares what the import phase recognised with the graph as imported, then
/// the neurons, attention and quantisers that are found in it with it, and says
/// for quantisation.json how far that went.
FailureOr<llvm::json::Object> checkSelf(ModuleOp imported, ModuleOp recognised,
                                        const snn::PipelineOptions &options) {
  if (flags.selfCheck == snn::SelfCheckChoice::Off)
    return llvm::json::Object{{"status", "off"}};
  auto begin = std::chrono::steady_clock::now();
  FailureOr<snn::SelfCheck> check = snn::checkRecognition(
      imported, recognised, flags.calibrate, selfCheckSeconds);
  if (failed(check))
    return failure();
  OwningOpRef<ModuleOp> rewritten = recognised.clone();
  // The constants of this trial go with it.
  snn::onnx::Archives &archives =
      recognised.getContext()
          ->getOrLoadDialect<snn::onnx::OnnxDialect>()
          ->getArchives();
  std::set<std::string> before;
  for (const auto &[key, tensor] : archives.inMemory())
    before.insert(std::string(key));
  llvm::scope_exit forget([&] {
    rewritten = nullptr;
    for (const auto &[key, tensor] : archives.inMemory())
      if (!before.count(std::string(key)))
        archives.erase(key);
  });
  bool isChecked = false;
  if (options.to != snn::Phase::Import) {
    // The phase itself will say these once more.
    ScopedDiagnosticHandler quiet(
        recognised.getContext(), [](Diagnostic &diagnostic) {
          return success(diagnostic.getSeverity() != DiagnosticSeverity::Error);
        });
    LogicalResult ran =
        runPasses(*rewritten, "self-check", [&](PassManager &pm) {
          isChecked = snn::addRewrites(pm, options);
          return success();
        });
    if (failed(ran))
      return failure();
  }
  // What the model computes a scale for is not quantised yet.
  bool isDynamic = snn::spike::facts(*rewritten)
                       .getDynamicSitesAttrHelper()
                       .isAttrPresent(*rewritten);
  if (isChecked && !isDynamic) {
    std::chrono::duration<double> used =
        std::chrono::steady_clock::now() - begin;
    FailureOr<snn::SelfCheck> second = snn::checkRecognition(
        recognised, *rewritten, flags.calibrate,
        std::max(selfCheckSeconds - used.count(), leastSelfCheckSeconds),
        snn::SelfCheckMeasure::Mean);
    if (failed(second))
      return failure();
    check->ops += second->ops;
    check->complete &= second->complete;
  }
  if (!check->complete)
    llvm::outs() << "self-check: not complete, " << check->ops
                 << " recognised ops compared\n";
  return llvm::json::Object{
      {"status", check->complete ? "passed" : "incomplete"},
      {"samples", check->samples},
      {"compared_ops", check->ops}};
}

/// Names the products that stay in float, and the quantisers whose ranges the
/// model computes and the compiled network has fixed.
void printSummary(const llvm::json::Object &quantisation) {
  const llvm::json::Object *reasons = quantisation.getObject("float_reasons");
  if (const llvm::json::Array *products =
          quantisation.getArray("float_products")) {
    for (const llvm::json::Value &name : *products) {
      llvm::outs() << "  stays in float: " << *name.getAsString();
      if (auto reason =
              reasons ? reasons->getString(*name.getAsString()) : std::nullopt)
        llvm::outs() << " (" << *reason << ')';
      llvm::outs() << '\n';
    }
  }
  if (const llvm::json::Array *sites = quantisation.getArray("sites"))
    for (const llvm::json::Value &site : *sites)
      if (site.getAsObject()->getBoolean("dynamic").value_or(false))
        llvm::outs() << "  dynamic quantiser, fixed at the range of the "
                        "calibration inputs: "
                     << *site.getAsObject()->getString("name") << '\n';
}

/// What only this tool asks of its flags, and what every tool asks.
llvm::Error checkFlags(const snn::PipelineOptions &options) {
  if (flags.directory.empty())
    return llvm::createStringError("needs -o DIR for its artefacts");
  if (flags.chip.empty() &&
      (options.to == snn::Phase::Image ||
       llvm::is_contained(flags.emit, snn::Artefact::Image)))
    return llvm::createStringError("an image needs --chip NAME or FILE.yaml");
  if (llvm::Error error = snn::checkOptions(options))
    return error;
  if (llvm::Error error = snn::checkNirFlags(flags))
    return error;
  for (StringRef name : flags.getGiven())
    if (llvm::Error error = snn::checkEffect(*snn::findOption(name), options))
      return error;
  return llvm::Error::success();
}

/// What --search and its companions say; nullopt without it.
llvm::Expected<std::optional<snn::SearchRequest>>
readSearch(const snn::PipelineOptions &options) {
  auto isGiven = [](StringRef name) {
    return llvm::is_contained(flags.getGiven(), name);
  };
  if (flags.search.empty()) {
    for (StringRef name : {"search-inputs", "search-labels", "search-cost"})
      if (isGiven(name))
        return llvm::createStringError("--" + name +
                                       " has no effect without --search");
    return std::nullopt;
  }
  llvm::Expected<snn::SearchRequest> request = snn::parseSearch(flags.search);
  if (!request)
    return request.takeError();
  StringRef option = snn::getSearchedOption(request->knob);
  bool isBits = request->knob == snn::SearchRequest::Knob::Bits;
  bool isAccuracy =
      request->metric.kind == snn::calibration::OutputMetric::Kind::Accuracy;
  if (isGiven(option))
    return llvm::createStringError("--" + option +
                                   " has no effect with "
                                   "--search " +
                                   snn::toString(request->knob) +
                                   ", which chooses it");
  if (isBits && options.calibrate.empty())
    return llvm::createStringError("--search bits needs --calibrate: it is for "
                                   "quantisers that the model does not have");
  if (isAccuracy != !flags.searchLabels.empty())
    return llvm::createStringError(
        isAccuracy ? "--search for an accuracy needs --search-labels"
                   : "--search-labels has no effect in a search for an " +
                         request->metric.name().str());
  request->inputs = flags.searchInputs.empty() ? options.calibrate.getValue()
                                               : flags.searchInputs.getValue();
  request->labels = flags.searchLabels;
  request->cost = flags.searchCost;
  if (request->cost == snn::SearchCostChoice::Auto)
    request->cost =
        isBits ? snn::SearchCostChoice::Slots : snn::SearchCostChoice::Spikes;
  if (request->cost == snn::SearchCostChoice::Energy && options.chip.empty())
    return llvm::createStringError("--search-cost energy needs --chip NAME or "
                                   "FILE.yaml");
  return std::optional<snn::SearchRequest>(*request);
}

/// Where the diagnostics of a context go, in the form of --diagnostics.
class DiagnosticOutput {
public:
  explicit DiagnosticOutput(MLIRContext &context) : handler(sources, &context) {
    context.printOpOnDiagnostic(false);
    if (flags.diagnostics == snn::DiagnosticFormat::Json)
      objects.emplace(&context, [](Diagnostic &diagnostic) {
        snn::printJson(diagnostic, withFinalNames);
      });
  }
  bool isJson() const { return objects.has_value(); }

private:
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler;
  std::optional<ScopedDiagnosticHandler> objects;
};

/// Searches in a module and a context of their own, which leave nothing behind,
/// gives `options` what is found, and writes search.json.
LogicalResult search(const DialectRegistry &registry,
                     const snn::ImportOptions &import,
                     const snn::SearchRequest &request,
                     snn::PipelineOptions &options) {
  MLIRContext context(registry);
  DiagnosticOutput diagnostics(context);
  snn::Progress::Phase phase(*progress, "search");
  snn::ImportOptions again = import;
  OwningOpRef<ModuleOp> module =
      import.lengths
          ? snn::importPadded(flags.model, context, again, flags.calibrate)
          : snn::loadModule(flags.model, context, again);
  if (!module)
    return failure();
  FailureOr<snn::SearchResult> result =
      snn::searchSites(*module, options, request);
  if (failed(result))
    return failure();
  if (!result->isKept)
    emitWarning(module->getLoc())
        << "finds no " << snn::toString(request.knob) << " that keep "
        << request.metric.name() << ' ' << request.metric.budget
        << "; the best has " << result->found.searched.value;
  result->print(llvm::outs());
  if (request.knob == snn::SearchRequest::Knob::Bits)
    options.activationBits = "8," + result->found.flags;
  else
    options.deadZone = result->found.flags;
  FailureOr<std::string> path = artefactPath("search.json");
  if (failed(path))
    return failure();
  if (llvm::Error error = snn::writeJson(*path, result->toJson())) {
    fail(llvm::toString(std::move(error)));
    return failure();
  }
  return success();
}

/// --compare-systems: writes comparison.json and comparison.md to the
/// directory.
int runComparison(StringRef program) {
  for (StringRef name : flags.getGiven())
    if (name != "compare-systems" && name != "o")
      return fail("--" + name +
                  " has no effect with --compare-systems; a task gives flags "
                  "to its systems");
  if (flags.directory.empty())
    return fail("--compare-systems needs -o DIR for its artefacts");
  llvm::Expected<snn::compare::Task> task =
      snn::compare::loadTask(flags.compareTask, flags.model);
  if (!task)
    return fail(llvm::toString(task.takeError()));
  llvm::Expected<snn::compare::Comparison> comparison =
      snn::compare::compareSystems(std::move(*task), program, flags.directory);
  if (!comparison)
    return fail(llvm::toString(comparison.takeError()));
  if (std::error_code error =
          llvm::sys::fs::create_directories(flags.directory))
    return fail("cannot make directory '" + Twine(flags.directory) +
                "': " + error.message());
  SmallString<128> object(flags.directory), page(flags.directory);
  llvm::sys::path::append(object, "comparison.json");
  llvm::sys::path::append(page, "comparison.md");
  llvm::Error error = snn::writeJson(object, snn::compare::toJson(*comparison));
  if (!error)
    error = snn::writeOutputFile(page, [&](raw_ostream &os) {
      snn::compare::printTables(*comparison, os);
    });
  if (error)
    return fail(llvm::toString(std::move(error)));
  snn::compare::printTables(*comparison, llvm::outs());
  llvm::outs() << "wrote " << flags.directory << '\n';
  bool isComplete = true;
  for (const snn::compare::Row &row : comparison->rows)
    if (!row.problem.empty() && row.problem != snn::compare::needsRetraining) {
      isComplete = false;
      llvm::WithColor::error() << snn::compare::getInfo(row.entry.system).name
                               << ": " << row.problem << '\n';
    }
  return isComplete ? 0 : 1;
}

/// Opens the sets that a compilation writes. Phases below --o are a part of its
/// set, and change with it.
LogicalResult openArtefacts(std::unique_ptr<snn::ArtefactSet> &main,
                            std::unique_ptr<snn::ArtefactSet> &phases) {
  auto open = [](StringRef path, std::unique_ptr<snn::ArtefactSet> &set) {
    llvm::Expected<std::unique_ptr<snn::ArtefactSet>> opened =
        snn::ArtefactSet::open(path);
    if (opened)
      set = std::move(*opened);
    else
      fail(llvm::toString(opened.takeError()));
    return success(bool(set));
  };
  if (failed(open(flags.directory, main)))
    return failure();
  artefacts = main.get();
  if (flags.dumpPhases.empty())
    return success();
  SmallString<128> around(flags.directory), inner(flags.dumpPhases);
  for (SmallString<128> *path : {&around, &inner}) {
    llvm::sys::fs::make_absolute(*path);
    llvm::sys::path::remove_dots(*path, /*remove_dot_dot=*/true);
  }
  StringRef rest = inner;
  if (rest.consume_front(around) && (rest.empty() || rest.starts_with("/"))) {
    phaseFolder = rest.ltrim('/').str();
    return success();
  }
  if (failed(open(flags.dumpPhases, phases)))
    return failure();
  phaseArtefacts = phases.get();
  return success();
}

/// Puts what was written in its place.
LogicalResult commitArtefacts(const snn::PipelineOptions &options,
                              ModuleOp module) {
  snn::CompilationInfo info;
  if (auto digest =
          module->getAttrOfType<StringAttr>(snn::onnx::digestAttrName))
    info.digest = digest.str();
  std::string mapping = snn::describeMapping(options);
  if (!mapping.empty())
    info.mapping = snn::rt::toHex(snn::rt::contentHash(mapping));
  info.model = llvm::sys::path::filename(flags.model).str();
  for (snn::ArtefactSet *set : {phaseArtefacts, artefacts})
    if (set)
      if (llvm::Error error = set->commit(info)) {
        fail(llvm::toString(std::move(error)));
        return failure();
      }
  return success();
}

int compile(int argc, char **argv) {
  registerDefaultTimingManagerCLOptions();
  cl::HideUnrelatedOptions(flags.category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compiles an ONNX transformer to a spiking network and its simulator\n");

  if (flags.printOptions.getNumOccurrences() > 0) {
    llvm::outs() << llvm::formatv("{0:2}\n",
                                  llvm::json::Value(snn::describeOptions()));
    return 0;
  }
  if (flags.compareTask.getNumOccurrences() > 0)
    return runComparison(llvm::sys::fs::getMainExecutable(
        argv[0], reinterpret_cast<void *>(&runComparison)));
  if (flags.model.empty())
    return fail("not enough positional arguments: needs MODEL.onnx");
  snn::PipelineOptions options;
  flags.assignTo(options);
  snn::Phase last = options.to;
  if (llvm::Error error = checkFlags(options))
    return fail(llvm::toString(std::move(error)));
  llvm::Expected<snn::chip::AssumedRates> assumed =
      snn::chip::parseAssumedRates(flags.assume);
  if (!assumed)
    return fail("--assume: " + llvm::toString(assumed.takeError()));
  if (!flags.measured.empty() && !llvm::sys::fs::exists(flags.measured))
    return fail("--measured: there is no file '" + Twine(flags.measured) + "'");
  llvm::Expected<std::optional<snn::SearchRequest>> request =
      readSearch(options);
  if (!request)
    return fail(llvm::toString(request.takeError()));
  // Without --compile-to, both ends are reached.
  bool toImage =
      last == snn::Phase::Image ||
      (!flags.chip.empty() && flags.compileTo.getNumOccurrences() == 0 &&
       (wants(snn::Artefact::Image) || wants(snn::Artefact::Report)));

  DialectRegistry registry;
  snn::registerDialects(registry);
  MLIRContext context(registry);
  DiagnosticOutput diagnostics(context);
  ScopedDiagnosticHandler renaming(&context, [&](Diagnostic &diagnostic) {
    if (diagnostics.isJson())
      return failure();
    std::string text = diagnostic.str(), renamed = withFinalNames(text);
    if (renamed == text)
      return failure(); // the handler before prints it
    emitError(diagnostic.getLocation()) << renamed;
    return success();
  });
  if (!flags.memoryLimit.empty())
    snn::rt::setMemoryLimit(snn::rt::parseMemorySize(flags.memoryLimit));
  if (!flags.remarks.empty() && failed(printRemarks(context)))
    return fail("cannot set up remarks");
  snn::ImportOptions import;
  for (const std::string &shape : flags.shapes)
    if (llvm::Error error = snn::addShapeBinding(import, shape))
      return fail(llvm::toString(std::move(error)));
  if (!flags.padTo.empty())
    if (llvm::Error error = snn::setLengths(import, flags.padTo))
      return fail(llvm::toString(std::move(error)));
  import.arrays = [] { return snn::readShapes(flags.calibrate); };
  import.oneSample = true;
  snn::Progress reporter;
  progress = &reporter;
  OwningOpRef<ModuleOp> module;
  std::optional<llvm::json::Object> fidelity;
  {
    snn::Progress::Phase loading(reporter, "load");
    if (snn::isNir(flags))
      module = snn::loadNir(flags, context, options, fidelity);
    else
      module = import.lengths ? snn::importPadded(flags.model, context, import,
                                                  flags.calibrate)
                              : snn::loadModule(flags.model, context, import);
  }
  if (!module)
    return 1;
  std::unique_ptr<snn::ArtefactSet> mainSet, phaseSet;
  llvm::scope_exit forget([] { artefacts = phaseArtefacts = nullptr; });
  if (failed(openArtefacts(mainSet, phaseSet)))
    return 1;

  if (*request && failed(search(registry, import, **request, options)))
    return 1;
  llvm::json::Object quantisation, selfCheck;
  OwningOpRef<ModuleOp> record;
  for (snn::Phase phase : snn::getPhases(last)) {
    if (phase == snn::Phase::Image)
      break;
    OwningOpRef<ModuleOp> imported;
    if (phase == snn::Phase::Import)
      imported = module->clone();
    if (failed(runPhase(*module, phase, options)))
      return 1;
    if (imported) {
      FailureOr<llvm::json::Object> checked =
          checkSelf(*imported, *module, options);
      if (failed(checked))
        return 1;
      selfCheck = std::move(*checked);
      if (wants(snn::Artefact::Nir)) {
        FailureOr<std::string> path = artefactPath("network.nir");
        if (failed(path) ||
            failed(snn::emitNir(*module, flags, options, *path)))
          return 1;
      }
    }
    if (phase == snn::Phase::Quantise) {
      FailureOr<llvm::json::Object> described =
          snn::describeQuantisation(*module);
      if (failed(described))
        return 1;
      quantisation = std::move(*described);
    }
    if (phase == snn::Phase::Engines && toImage) {
      OwningOpRef<ModuleOp> mapped = module->clone();
      if (failed(checkAssumedSites(*module, *assumed)) ||
          failed(compileImage(*mapped, options)))
        return 1;
    }
    // The last phase that the interpreter runs is the model of record.
    bool isRecord = phase == std::min(last, snn::Phase::Engines);
    if (isRecord && wants(snn::Artefact::Ir))
      record = module->clone();
  }
  if (int(last) >= int(snn::Phase::Quantise) && wants(snn::Artefact::Report)) {
    printSummary(quantisation);
    if (!selfCheck.empty())
      quantisation["self_check"] = std::move(selfCheck);
    FailureOr<std::string> path = artefactPath("quantisation.json");
    if (failed(path))
      return 1;
    if (llvm::Error error = snn::writeJson(*path, std::move(quantisation)))
      return fail(llvm::toString(std::move(error)));
  }
  if (fidelity && wants(snn::Artefact::Report)) {
    FailureOr<std::string> path = artefactPath("fidelity.json");
    if (failed(path))
      return 1;
    if (llvm::Error error = snn::writeJson(*path, std::move(*fidelity)))
      return fail(llvm::toString(std::move(error)));
  }
  bool isSimulated = last == snn::Phase::Sim && wants(snn::Artefact::Sim);
  if (isSimulated) {
    LogicalResult written =
        runPasses(*module, "write simulator", [&](PassManager &pm) {
          snn::SnnWriteSimulatorOptions write;
          write.output = artefacts->folder();
          pm.addPass(snn::createSnnWriteSimulator(write));
          return success();
        });
    if (failed(written))
      return 1;
  }
  if (record) {
    // After the simulator, whose weights it need not write again.
    FailureOr<std::string> path = artefactPath("model.mlir");
    std::string weights;
    if (isSimulated)
      weights = artefacts->folder() + "/weights.safetensors";
    if (failed(path) || failed(writeModule(*record, *path, weights)))
      return 1;
  }
  if (isSimulated) {
    snn::Progress::Phase building(reporter, "compile simulator");
    snn::BuildOptions build;
    build.library = true;
    build.temporary = artefacts->temporaryFolder();
    if (llvm::Error error = snn::buildSimulator(artefacts->folder(), build))
      return fail(llvm::toString(std::move(error)));
  }
  if (failed(commitArtefacts(options, *module)))
    return 1;
  llvm::outs() << "wrote " << flags.directory << '\n';
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  return snn::runTool([&] { return compile(argc, argv); });
}
