//===- snn-run.cpp - Executes a network of any phase ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compare.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/Pipeline/LoadModule.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Target/Cpp/Simulator.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
namespace cl = llvm::cl;

static cl::OptionCategory category("snn-run options");
static cl::list<std::string> files(cl::Positional, cl::OneOrMore,
                                   cl::desc("<model.onnx | module.mlir> ..."),
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
                                    cl::desc("Bind an input's shape: X=1x128"),
                                    cl::cat(category));
static cl::opt<int64_t> limit("limit", cl::desc("Run only so many rows"),
                              cl::init(0), cl::cat(category));

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error() << message << '\n';
  return 1;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Executes a network of any phase\n");
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

  snn::rt::NamedArrays arrays;
  try {
    for (const std::string &file : inputs)
      for (auto &array : snn::rt::readArrays(file))
        arrays.push_back(std::move(array));
  } catch (const std::exception &e) {
    return fail(e.what());
  }

  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  if (compare)
    return snn::compareModules(files[0], files[1], context, options, arrays,
                               floatTolerance, agreement, limit);

  OwningOpRef<ModuleOp> module = snn::loadModule(files[0], context, options);
  if (!module)
    return 1;
  if (snn::isSimulatorModule(*module)) {
    if (inputs.size() != 1 || output.empty())
      return fail("a module of the sim phase needs one --input and --output");
    snn::RunOptions run;
    run.input = inputs[0];
    run.output = output;
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
  FailureOr<std::vector<snn::SampleTensors>> results =
      interpreter.run(*samples);
  if (failed(results))
    return 1;
  snn::rt::NamedArrays joined = snn::joinResults(function, *results);
  if (output.empty()) {
    for (const auto &[name, tensor] : joined)
      llvm::outs() << name << ": " << snn::rt::name(tensor.dtype()) << ' '
                   << snn::rt::toString(tensor.shape()) << '\n';
    return 0;
  }
  try {
    snn::rt::writeArrays(output, joined);
  } catch (const std::exception &e) {
    return fail(e.what());
  }
  return 0;
}
