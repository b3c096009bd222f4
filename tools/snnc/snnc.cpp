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

#include "Progress.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "snn/Compare/Comparison.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Dialect/Xbar/Summary.h"
#include "snn/Pipeline/LoadModule.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Report/Passes.h"
#include "snn/Report/Quantisation.h"
#include "snn/Report/Rates.h"
#include "snn/Target/Cpp/Passes.h"
#include "snn/Target/Cpp/Simulator.h"
#include "snn/Target/Image/Image.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

#include <set>

using namespace mlir;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("snnc options");
cl::opt<std::string> model(cl::Positional, cl::desc("<model.onnx>"),
                           cl::cat(category));
cl::opt<std::string> directory("o", cl::desc("Directory for all artefacts"),
                               cl::value_desc("DIR"), cl::cat(category));
cl::opt<std::string>
    calibrate("calibrate", cl::desc("Calibration inputs: FILE.npz or random:N"),
              cl::cat(category));
cl::opt<std::string> coding("coding",
                            cl::desc("auto, mttfs, phase, lif or none"),
                            cl::init("auto"), cl::cat(category));
cl::opt<unsigned> weightBits("weight-bits", cl::desc("Weights: 8, 4, 2 or 1"),
                             cl::init(8), cl::cat(category));
cl::opt<unsigned> activationBits("act-bits", cl::desc("Activations: 2 to 8"),
                                 cl::init(8), cl::cat(category));
cl::opt<unsigned> residentBits("kv-bits",
                               cl::desc("Keys and values: 8, 4 or 1"),
                               cl::init(8), cl::cat(category));
cl::opt<std::string> range("range", cl::desc("mse, percentile or max"),
                           cl::init("mse"), cl::cat(category));
cl::opt<std::string> deadZone("dead-zone", cl::desc("K, or SITE=K,..."),
                              cl::cat(category));
cl::opt<std::string> mask("mask",
                          cl::desc("auto, mode, zero, plain or level:N"),
                          cl::init("auto"), cl::cat(category));
cl::opt<std::string> attention("attention",
                               cl::desc("auto, mttfs, trace-woss, sdsa or ssa"),
                               cl::init("auto"), cl::cat(category));
cl::opt<std::string>
    rng("rng",
        cl::desc("Random numbers of stochastic attention: philox or lfsr32"),
        cl::init("philox"), cl::cat(category));
cl::opt<int64_t> seed("seed",
                      cl::desc("Seed that random numbers are compiled with"),
                      cl::init(0), cl::cat(category));
cl::opt<double> phaseBase("phase-base",
                          cl::desc("Phase coding: the base B, 1 < B <= 2"),
                          cl::init(1.15), cl::cat(category));
cl::opt<unsigned> phaseSteps("phase-steps",
                             cl::desc("Phase coding: T phases, 1 to 127"),
                             cl::init(40), cl::cat(category));
cl::opt<std::string>
    phaseRelease("phase-release",
                 cl::desc("Phase coding: follow a release, none, swin or bert"),
                 cl::init("none"), cl::cat(category));
cl::opt<bool> phaseSignBug(
    "phase-sign-bug",
    cl::desc("Phase coding: the release's error with negative queries"),
    cl::init(false), cl::cat(category));
cl::opt<std::string> phaseSearch(
    "phase-search",
    cl::desc("Phase coding: search B and T per site for error:R, the relative "
             "error of the outputs, or agreement:A of predictions"),
    cl::cat(category));
cl::opt<std::string>
    phaseResidual("phase-residual",
                  cl::desc("Phase coding: skip connections, train or real"),
                  cl::init("train"), cl::cat(category));
cl::list<std::string> floatOps("float-op",
                               cl::desc("ONNX node that stays in float"),
                               cl::cat(category));
cl::opt<bool> experimental(
    "experimental",
    cl::desc("Also recognise SDSA-2 and SDSA-4, whose formulas are "
             "reconstructed"),
    cl::init(false), cl::cat(category));
cl::opt<bool> correctBias("correct-bias",
                          cl::desc("Undo the mean shift of quantisation"),
                          cl::init(true), cl::cat(category));
cl::opt<bool> correctScale("correct-scale",
                           cl::desc("With --correct-bias: undo the change of "
                                    "spreads, too"),
                           cl::init(true), cl::cat(category));
cl::list<std::string> shapes("shape", cl::desc("Bind an input: NAME=1x128"),
                             cl::cat(category));
cl::opt<std::string>
    chip("chip", cl::desc("Chip to map to: a shipped one, or FILE.yaml"),
         cl::cat(category));
cl::opt<std::string> adcPolicy("adc-policy",
                               cl::desc("lossless or calibrated (default: the "
                                        "chip's)"),
                               cl::cat(category));
cl::opt<unsigned> maxReplicas("max-replicas",
                              cl::desc("Most copies of a layer's weights"),
                              cl::init(8), cl::cat(category));
cl::opt<bool> verifyMapping("verify-mapping",
                            cl::desc("Prove that every weight is placed once "
                                     "and nothing is over-used"),
                            cl::cat(category));
cl::list<std::string> assume("assume", cl::CommaSeparated,
                             cl::desc("Spike rates of the energy report: "
                                      "rate=R, rate.SITE=R"),
                             cl::cat(category));
cl::opt<std::string>
    measured("measured",
             cl::desc("Spike counts of the energy report: what "
                      "sim wrote with --stats"),
             cl::value_desc("S.json"), cl::cat(category));
cl::opt<std::string> remarks("remarks",
                             cl::desc("Print remarks of passes that match"),
                             cl::value_desc("REGEX"), cl::cat(category));
cl::opt<std::string> compileTo("compile-to",
                               cl::desc("Stop after import, quantise, spike, "
                                        "mapped, sim or image (default: sim, "
                                        "with --chip also image)"),
                               cl::cat(category));
cl::opt<std::string> dumpPhases("dump-phases",
                                cl::desc("Write the module of every phase"),
                                cl::value_desc("DIR"), cl::cat(category));
cl::opt<std::string>
    compareTask("compare-systems",
                cl::desc("Compile, run and report the systems of a task side "
                         "by side; MODEL replaces their models"),
                cl::value_desc("TASK.yaml"), cl::cat(category));
cl::list<std::string> emit("emit", cl::CommaSeparated,
                           cl::desc("ir, sim, image, report (default: all)"),
                           cl::cat(category));

int fail(const Twine &message) {
  llvm::WithColor::error() << message << '\n';
  return 1;
}

bool wants(StringRef artefact) {
  return emit.empty() || llvm::is_contained(emit, artefact);
}

/// The pipeline options that the flags say.
void readFlags(snn::PipelineOptions &options) {
  options.calibrate = calibrate;
  options.coding = coding;
  options.attention = attention;
  options.experimental = experimental;
  options.rng = rng;
  options.seed = seed;
  options.phaseBase = phaseBase;
  options.phaseSteps = phaseSteps;
  options.phaseRelease = phaseRelease;
  options.phaseSignBug = phaseSignBug;
  options.phaseResidual = phaseResidual;
  options.phaseSearch = phaseSearch;
  options.weightBits = weightBits;
  options.activationBits = activationBits;
  options.residentBits = residentBits;
  options.range = range;
  options.deadZone = deadZone;
  options.mask = mask;
  options.correctBias = correctBias;
  options.correctScale = correctScale;
  options.to = compileTo.empty() ? "sim" : compileTo.getValue();
  options.output = directory;
  options.chip = chip;
  options.adcPolicy = adcPolicy;
  options.maxReplicas = maxReplicas;
  options.verifyMapping = verifyMapping;
  for (const std::string &name : floatOps)
    options.floatOps.push_back(name);
}

/// What the compilation reports of itself; main's.
snn::Progress *progress = nullptr;

LogicalResult runPasses(ModuleOp module, StringRef name,
                        llvm::function_ref<LogicalResult(PassManager &)> fill) {
  snn::Progress::Phase phase(*progress, name);
  PassManager pm(module.getContext());
  pm.enableTiming(phase.timing());
  pm.addInstrumentation(progress->createInstrumentation());
  if (failed(fill(pm)))
    return failure();
  return pm.run(module);
}

/// Writes a module beside a safetensors file that holds the weights it made.
LogicalResult writeModule(ModuleOp module, StringRef path) {
  OwningOpRef<ModuleOp> copy = module.clone();
  SmallString<128> archive(path);
  llvm::sys::path::replace_extension(archive, "safetensors");
  LogicalResult externalised =
      runPasses(*copy, "write module", [&](PassManager &pm) {
        snn::onnx::SnnExternalizeWeightsOptions options;
        options.archive = archive.str().str();
        options.name = llvm::sys::path::filename(archive).str();
        pm.addPass(snn::onnx::createSnnExternalizeWeights(options));
        return success();
      });
  if (failed(externalised))
    return failure();
  if (llvm::Error error = llvm::writeToOutput(path, [&](raw_ostream &os) {
        OpPrintingFlags flags;
        flags.enableDebugInfo();
        copy->print(os, flags);
        os << '\n';
        return llvm::Error::success();
      })) {
    llvm::WithColor::error()
        << "cannot write '" << path << "': " << llvm::toString(std::move(error))
        << '\n';
    return failure();
  }
  return success();
}

/// Whether a network has neurons that fire in time steps.
bool hasBinarySites(ModuleOp module) {
  return llvm::any_of(snn::spike::getSites(module),
                      [](const snn::spike::Site &site) {
                        return isa<snn::spike::BinaryType>(
                            getElementTypeOrSelf(site.result.getType()));
                      });
}

/// Runs one phase and dumps what it leaves.
LogicalResult runPhase(ModuleOp module, snn::Phase phase,
                       const snn::PipelineOptions &options) {
  LogicalResult ran =
      runPasses(module, snn::toString(phase), [&](PassManager &pm) {
        return snn::addPhase(pm, phase, options);
      });
  if (failed(ran) || failed(verify(module)))
    return failure();
  if (dumpPhases.empty())
    return success();
  SmallString<128> path(dumpPhases);
  llvm::sys::path::append(path, std::to_string(int(phase)) + "." +
                                    snn::toString(phase) + ".mlir");
  return writeModule(module, path);
}

/// Maps a module of phase `mapped` to the chip and writes the image.
LogicalResult compileImage(ModuleOp module,
                           const snn::PipelineOptions &options) {
  if (failed(runPhase(module, snn::Phase::Image, options)))
    return failure();
  FailureOr<snn::chip::Chip> chip = snn::xbar::getChip(module);
  if (failed(chip))
    return failure();
  llvm::outs() << "mapped to " << chip->name << ": "
               << toString(snn::xbar::summarise(module, *chip), *chip) << '\n';
  if (wants("image") && wants("report") && !chip->hasCrossbars()) {
    llvm::outs() << "no image: " << chip->name << " has no crossbars\n";
  } else if (wants("image")) {
    SmallString<128> path(directory);
    llvm::sys::path::append(path, "image.snnimg");
    llvm::raw_ostream *sizes = wants("report") ? &llvm::outs() : nullptr;
    snn::Progress::Phase writing(*progress, "write image");
    if (failed(snn::writeImage(module, path, sizes)))
      return failure();
  }
  if (!wants("report"))
    return success();
  return runPasses(module, "report", [&](PassManager &pm) {
    auto file = [](StringRef name) {
      SmallString<128> path(directory);
      llvm::sys::path::append(path, name);
      return path.str().str();
    };
    snn::chip::XbarReportEnergyOptions report;
    report.assume.assign(assume.begin(), assume.end());
    report.stats = measured;
    report.inputs = calibrate;
    report.output = file("energy.json");
    report.trace = file("trace.json");
    report.page = file("report.html");
    if (wants("image") && chip->hasCrossbars())
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
      llvm::WithColor::error() << "--assume names the site '" << entry.getKey()
                               << "', which the network does not have; it has "
                               << llvm::join(sites, ", ") << '\n';
      return failure();
    }
  return success();
}

/// Remarks of passes whose name matches --remarks go to the terminal.
LogicalResult printRemarks(MLIRContext &context) {
  remark::RemarkCategories categories;
  categories.passed = categories.missed = categories.failed =
      categories.analysis = remarks;
  return remark::enableOptimizationRemarks(
      context, nullptr, std::make_unique<remark::RemarkEmittingPolicyAll>(),
      categories,
      /*printAsEmitRemarks=*/true);
}

/// Names the products that stay in float.
void printSummary(const llvm::json::Object &quantisation) {
  if (const llvm::json::Array *products =
          quantisation.getArray("float_products")) {
    for (const llvm::json::Value &name : *products)
      llvm::outs() << "  stays in float: " << *name.getAsString() << '\n';
  }
}

/// --compare-systems: writes comparison.json and comparison.md to the
/// directory.
int runComparison(StringRef program) {
  llvm::Expected<snn::compare::Task> task =
      snn::compare::loadTask(compareTask, model);
  if (!task)
    return fail(llvm::toString(task.takeError()));
  llvm::Expected<snn::compare::Comparison> comparison =
      snn::compare::compareSystems(std::move(*task), program, directory);
  if (!comparison)
    return fail(llvm::toString(comparison.takeError()));
  if (std::error_code error = llvm::sys::fs::create_directories(directory))
    return fail("cannot make directory '" + Twine(directory) +
                "': " + error.message());
  SmallString<128> object(directory), page(directory);
  llvm::sys::path::append(object, "comparison.json");
  llvm::sys::path::append(page, "comparison.md");
  llvm::Error error = snn::writeJson(object, snn::compare::toJson(*comparison));
  if (!error)
    error = llvm::writeToOutput(page, [&](raw_ostream &os) {
      snn::compare::printTables(*comparison, os);
      return llvm::Error::success();
    });
  if (error)
    return fail(llvm::toString(std::move(error)));
  snn::compare::printTables(*comparison, llvm::outs());
  llvm::outs() << "wrote " << directory << '\n';
  bool isComplete = true;
  for (const snn::compare::Row &row : comparison->rows)
    if (!row.problem.empty() && row.problem != snn::compare::needsRetraining) {
      isComplete = false;
      llvm::WithColor::error() << snn::compare::getInfo(row.entry.system).name
                               << ": " << row.problem << '\n';
    }
  return isComplete ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  registerDefaultTimingManagerCLOptions();
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compiles an ONNX transformer to a spiking network and its simulator\n");

  if (!compareTask.empty() && directory.empty())
    return fail("--compare-systems needs -o DIR for its artefacts");
  if (!compareTask.empty())
    return runComparison(llvm::sys::fs::getMainExecutable(
        argv[0], reinterpret_cast<void *>(&runComparison)));
  if (model.empty())
    return fail("not enough positional arguments: needs MODEL.onnx");
  snn::PipelineOptions options;
  readFlags(options);
  std::optional<snn::Phase> last = snn::parsePhase(options.to);
  if (!last)
    return fail("unknown phase '" + Twine(compileTo) +
                "'; there are import, quantise, spike, mapped, sim and image");
  if (directory.empty())
    return fail("needs -o DIR for its artefacts");
  if (chip.empty() &&
      (*last == snn::Phase::Image || llvm::is_contained(emit, "image")))
    return fail("an image needs --chip NAME or FILE.yaml");
  if (chip.empty() && (!assume.empty() || !measured.empty()))
    return fail(
        "--assume and --measured are for the energy report, which needs "
        "--chip NAME or FILE.yaml");
  for (const std::string &artefact : emit)
    if (artefact != "ir" && artefact != "sim" && artefact != "image" &&
        artefact != "report")
      return fail("cannot emit '" + Twine(artefact) +
                  "'; there are ir, sim, image and report");
  if (failed(snn::checkOptions(options)))
    return 1;
  llvm::Expected<snn::chip::AssumedRates> assumed =
      snn::chip::parseAssumedRates(std::vector<std::string>(assume));
  if (!assumed)
    return fail("--assume: " + llvm::toString(assumed.takeError()));
  if (!measured.empty() && !llvm::sys::fs::exists(measured))
    return fail("--measured: there is no file '" + Twine(measured) + "'");
  // Without --compile-to, both ends are reached.
  bool toImage =
      *last == snn::Phase::Image || (!chip.empty() && compileTo.empty() &&
                                     (wants("image") || wants("report")));

  DialectRegistry registry;
  snn::registerDialects(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  if (!remarks.empty() && failed(printRemarks(context)))
    return fail("cannot set up remarks");
  snn::ImportOptions import;
  for (const std::string &shape : shapes)
    if (llvm::Error error = snn::addShapeBinding(import, shape))
      return fail(llvm::toString(std::move(error)));
  snn::Progress reporter;
  progress = &reporter;
  OwningOpRef<ModuleOp> module;
  {
    snn::Progress::Phase loading(reporter, "load");
    module = snn::loadModule(model, context, import);
  }
  if (!module)
    return 1;
  for (StringRef path : {StringRef(directory), StringRef(dumpPhases)})
    if (!path.empty())
      if (std::error_code error = llvm::sys::fs::create_directories(path))
        return fail("cannot make directory '" + path + "': " + error.message());

  llvm::json::Object quantisation;
  for (snn::Phase phase : snn::getPhases(*last)) {
    if (phase == snn::Phase::Image)
      break;
    if (failed(runPhase(*module, phase, options)))
      return 1;
    if (phase == snn::Phase::Quantise && coding == "lif" &&
        !hasBinarySites(*module))
      return fail("'" + Twine(model) +
                  "' has no neurons of a network trained to spike, which "
                  "--coding lif is for (--remarks spike-recover says what was "
                  "not recognised)");
    if (phase == snn::Phase::Quantise) {
      FailureOr<llvm::json::Object> described =
          snn::describeQuantisation(*module);
      if (failed(described))
        return 1;
      quantisation = std::move(*described);
    }
    if (phase == snn::Phase::Mapped && toImage) {
      OwningOpRef<ModuleOp> mapped = module->clone();
      if (failed(checkAssumedSites(*module, *assumed)) ||
          failed(compileImage(*mapped, options)))
        return 1;
    }
    // The last phase that the interpreter runs is the model of record.
    bool isRecord = phase == std::min(*last, snn::Phase::Mapped);
    if (isRecord && wants("ir")) {
      SmallString<128> path(directory);
      llvm::sys::path::append(path, "model.mlir");
      if (failed(writeModule(*module, path)))
        return 1;
    }
  }
  if (int(*last) >= int(snn::Phase::Quantise) && wants("report")) {
    printSummary(quantisation);
    SmallString<128> path(directory);
    llvm::sys::path::append(path, "quantisation.json");
    if (llvm::Error error = snn::writeJson(path, std::move(quantisation)))
      return fail("cannot write '" + Twine(path) +
                  "': " + llvm::toString(std::move(error)));
  }
  if (*last == snn::Phase::Sim && wants("sim")) {
    LogicalResult written =
        runPasses(*module, "write simulator", [&](PassManager &pm) {
          snn::SnnWriteSimulatorOptions write;
          write.output = directory;
          pm.addPass(snn::createSnnWriteSimulator(write));
          return success();
        });
    if (failed(written))
      return 1;
    snn::Progress::Phase building(reporter, "compile simulator");
    if (llvm::Error error = snn::buildSimulator(directory))
      return fail(llvm::toString(std::move(error)));
  }
  llvm::outs() << "wrote " << directory << '\n';
  return 0;
}
