//===- snn-run.cpp - Executes a network of any phase ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/Chip.h"
#include "snn/Equivalence/Equivalence.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/Interpreter/Lengths.h"
#include "snn/Pipeline/LoadModule.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Support/Tool.h"
#include "snn/Support/Version.h"
#include "snn/Target/Cpp/Simulator.h"
#include "snn/Target/Image/ChipSection.h"
#include "snn/runtime/Ranks.h"
#include "snn/runtime/Samples.h"
#include "snn/vchip/Runner.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
namespace cl = llvm::cl;

/// LLVM registers options of these names for itself; they are ours here. Runs
/// before the options below are made.
[[maybe_unused]] static const bool namesAreFree = [] {
  auto &registered = cl::getRegisteredOptions();
  for (llvm::StringRef name : {"stats", "threads"})
    if (auto found = registered.find(name); found != registered.end())
      found->second->removeArgument();
  return true;
}();

static cl::OptionCategory category("snn-run options");
static cl::list<std::string>
    files(cl::Positional, cl::OneOrMore,
          cl::desc("<model.onnx | module.mlir | image.snnimg> ..."),
          cl::cat(category));
static cl::list<std::string>
    inputs("input", cl::desc("Input arrays: .npz, .npy or .pb (repeatable)"),
           cl::cat(category));
static cl::opt<std::string> output("output", cl::desc("Write results to Y.npz"),
                                   cl::cat(category));
static cl::opt<bool>
    compare("compare",
            cl::desc("Run two modules and report the first op that differs"),
            cl::cat(category));
static cl::opt<double> floatTolerance(
    "float-tolerance",
    cl::desc("Largest float difference, relative to the value's range"),
    cl::init(1e-4), cl::cat(category));
static cl::opt<double> agreement(
    "agreement",
    cl::desc("Least fraction of equal predictions, float against quantised"),
    cl::init(0.995), cl::cat(category));
static cl::list<std::string> shapes("shape",
                                    cl::desc("Bind an input's shape, X=1x128, "
                                             "or a symbol, SEQ=128"),
                                    cl::cat(category));
static cl::opt<int64_t> limit("limit", cl::desc("Run only so many rows"),
                              cl::init(0), cl::cat(category));

static cl::opt<std::string> memoryLimit(
    "memory-limit",
    cl::desc("Bytes that tensors may take, or a number with K, M, G or T "
             "(default: four fifths of the machine's)"),
    cl::value_desc("BYTES"), cl::cat(category));
static cl::opt<bool>
    fast("fast",
         cl::desc("Compute integer products and LIF neurons as calibration "
                  "does, on the simulator's fast kernels"),
         cl::cat(category));

// Programming images only.
static cl::opt<std::string> noise(
    "noise",
    cl::desc(
        "Device effects of an image's run: ideal, all (those that the chip "
        "enables), or NAME[=MAGNITUDE],... of programming, read, output, "
        "flicker, drift, variation, stuck_on, stuck_off, ir_drop, "
        "adc_offset"),
    cl::init("ideal"), cl::cat(category));
static cl::opt<std::string>
    chip("chip",
         cl::desc("Refuse an image that was not made for this chip: "
                  "NAME or FILE.yaml"),
         cl::cat(category));
static cl::opt<double>
    seconds("time", cl::desc("Read-out time after programming, seconds"),
            cl::init(0), cl::cat(category));
static cl::opt<bool> compensate(
    "compensate",
    cl::desc("Apply global drift compensation, or not (default: as the chip's "
             "description says)"),
    cl::cat(category));
static cl::opt<uint64_t>
    seed("seed",
         cl::desc("Seed of random spikes, in place of the compiled one, and of "
                  "an image's device effects"),
         cl::init(0), cl::cat(category));
static cl::opt<int64_t> firstSample(
    "first-sample",
    cl::desc("Number of the first row in the whole run, for random spikes"),
    cl::init(0), cl::cat(category));
static cl::opt<std::string>
    stats("stats", cl::desc("Write an image's counters to S.json"),
          cl::cat(category));
static cl::opt<unsigned> threads("threads",
                                 cl::desc("Threads of an image's run"),
                                 cl::init(0), cl::cat(category));
static cl::opt<snn::vchip::DriveKind> drive(
    "drive", cl::desc("How an image's crossbars are driven"),
    cl::values(clEnumValN(snn::vchip::DriveKind::BitSerial, "bit-serial",
                          "a bit of all digits after the other (default)"),
               clEnumValN(snn::vchip::DriveKind::SlotSerial, "slot-serial",
                          "spikes in their slots")),
    cl::init(snn::vchip::DriveKind::BitSerial), cl::cat(category));
static cl::opt<bool>
    resume("resume",
           cl::desc("Take what an earlier run of the image had finished"),
           cl::cat(category));
static cl::list<double>
    probes("probe-times", cl::CommaSeparated,
           cl::desc("Compare every layer's sums at these times, with and "
                    "without compensation, with those of the run (in --stats)"),
           cl::cat(category));

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error() << message << '\n';
  return 1;
}

/// The seed that was given.
static std::optional<uint64_t> seedOrNone() {
  if (seed.getNumOccurrences() == 0)
    return std::nullopt;
  return seed.getValue();
}

static void printShapes(const snn::rt::NamedArrays &arrays) {
  for (const auto &[name, tensor] : arrays)
    llvm::outs() << name << ": " << snn::rt::name(tensor.dtype()) << ' '
                 << snn::rt::toString(tensor.shape()) << '\n';
}

/// Runs a programming image on the virtual chip.
static int runImage(const std::string &image) {
  snn::vchip::RunRequest request;
  request.image = image;
  request.output = output;
  request.stats = stats;
  request.noise = noise;
  request.seconds = seconds;
  if (compensate.getNumOccurrences() > 0)
    request.compensate = compensate.getValue();
  request.seed = seedOrNone();
  request.firstSample = firstSample;
  request.threads = threads;
  request.limit = limit;
  request.drive = drive;
  request.resume = resume;
  request.probeSeconds.assign(probes.begin(), probes.end());
  try {
    snn::image::Image checked(image);
    if (!chip.empty()) {
      llvm::Expected<snn::chip::Chip> wanted = snn::chip::loadChip(chip);
      if (!wanted)
        return fail(llvm::toString(wanted.takeError()));
      checked.requireChip(wanted->name, snn::chip::fingerprint(*wanted));
    }
    if (llvm::Error error = snn::verifyChipSection(checked))
      return fail(llvm::toString(std::move(error)));
    snn::rt::NamedArrays results = snn::vchip::runImage(request, inputs);
    if (output.empty())
      printShapes(results);
  } catch (const std::exception &e) {
    return fail(e.what());
  }
  return 0;
}

static int run(int argc, char **argv) {
  snn::setVersionPrinter("snn-run");
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Executes a network of any phase\n");
  if (!memoryLimit.empty())
    snn::rt::setMemoryLimit(snn::rt::parseMemorySize(memoryLimit));
  DialectRegistry registry;
  snn::registerDialects(registry);
  snn::ImportOptions options;
  for (const std::string &shape : shapes)
    if (llvm::Error error = snn::addShapeBinding(options, shape))
      return fail(llvm::toString(std::move(error)));
  if (inputs.empty())
    return fail("needs --input FILE (.npz, .npy or .pb)");
  if (files.size() != (compare ? 2u : 1u))
    return fail(compare ? "--compare needs two modules"
                        : "needs one module (or --compare A B)");

  bool image = !compare && llvm::StringRef(files[0]).ends_with(".snnimg");
  if (image)
    return runImage(files[0]);
  const cl::Option *const imageOptions[] = {
      &chip,    &noise, &seconds, &compensate,           &stats,
      &threads, &drive, &resume,  std::addressof(probes)};
  for (const cl::Option *option : imageOptions)
    if (option->getNumOccurrences() > 0)
      return fail("--" + option->ArgStr +
                  " needs one programming image (.snnimg)");

  snn::rt::NamedArrays arrays;
  try {
    arrays = snn::rt::readAllArrays(inputs);
    if (snn::rt::Ranks::join()->isShared())
      return fail("modules run in one process; simulators and programming "
                  "images run under mpirun");
  } catch (const std::exception &e) {
    return fail(e.what());
  }
  if (compare && firstSample.getNumOccurrences() > 0)
    return fail("--first-sample needs one module");
  options.arrays = [&] { return snn::getShapes(arrays, limit); };
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  if (compare)
    return snn::compareModules(files[0], files[1], context, options, arrays,
                               floatTolerance, agreement, limit, seedOrNone());

  OwningOpRef<ModuleOp> module = snn::loadModule(files[0], context, options);
  if (!module)
    return 1;
  if (snn::isSimulatorModule(*module)) {
    if (inputs.size() != 1 || output.empty())
      return fail("a module of the sim phase needs one --input and --output");
    snn::RunOptions run;
    run.input = inputs[0];
    run.output = output;
    run.seed = seedOrNone();
    run.firstSample = firstSample;
    return failed(snn::runSimulatorModule(*module, run));
  }
  func::FuncOp function = snn::getEntryPoint(*module);
  if (!function)
    return 1;
  FailureOr<std::vector<snn::SampleTensors>> samples =
      snn::splitSamples(function, arrays, 32, limit);
  if (failed(samples))
    return 1;
  snn::Interpreter interpreter(function);
  interpreter.setRandom(seedOrNone(), firstSample);
  interpreter.setFast(fast);
  FailureOr<std::vector<snn::SampleTensors>> results =
      interpreter.run(*samples);
  if (failed(results))
    return 1;
  snn::rt::NamedArrays joined = snn::joinResults(function, *results);
  try {
    snn::cutToLength(function, arrays, joined);
  } catch (const std::exception &e) {
    return fail(e.what());
  }
  if (output.empty()) {
    printShapes(joined);
    return 0;
  }
  try {
    snn::rt::writeArrays(output, joined);
  } catch (const std::exception &e) {
    return fail(e.what());
  }
  return 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  return snn::runTool([&] { return run(argc, argv); });
}
