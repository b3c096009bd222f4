//===- snn-opt.cpp - Every pass by name, on MLIR or ONNX ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Equivalence/Passes.h"
#include "snn/Import/Import.h"
#include "snn/Import/Operators.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Support/InputFile.h"
#include "snn/Support/Nesting.h"
#include "snn/Support/OutputFile.h"
#include "snn/Support/Tool.h"
#include "snn/Support/Version.h"
#include "snn/runtime/Tensor.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;

static llvm::cl::OptionCategory
    category("snn-opt options",
             "--help-hidden lists every pass and its options.");
static llvm::cl::list<std::string>
    shapes("shape", llvm::cl::desc("Bind an ONNX input's shape"),
           llvm::cl::value_desc("NAME=1x128"), llvm::cl::cat(category));

static llvm::cl::opt<bool> printSupported(
    "print-supported-ops",
    llvm::cl::desc("Print the ONNX operators that are read, with what is "
                   "refused of them, and exit"),
    llvm::cl::cat(category));

static llvm::cl::opt<std::string> memoryLimit(
    "memory-limit",
    llvm::cl::desc("Bytes that tensors may take, or a number with K, M, G or T "
                   "(default: four fifths of the machine's)"),
    llvm::cl::value_desc("BYTES"), llvm::cl::cat(category));

static llvm::cl::opt<bool> trustBytecode(
    "trust-bytecode",
    llvm::cl::desc("Read MLIR bytecode, too, whose reader trusts it"),
    llvm::cl::cat(category));

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error() << message << '\n';
  return 1;
}

/// Of MLIR's options, those that tests and users of this tool need.
static void showOptions() {
  auto &options = llvm::cl::getRegisteredOptions();
  for (StringRef name :
       {"o", "pass-pipeline", "list-passes", "emit-bytecode",
        "verify-diagnostics", "split-input-file", "mlir-print-ir-after-all",
        "mlir-elide-elementsattrs-if-larger"})
    if (auto found = options.find(name); found != options.end())
      found->second->addCategory(category);
  llvm::cl::HideUnrelatedOptions(category);
  // One option has all passes as its values.
  if (auto found = options.find("snn-pipeline"); found != options.end())
    found->second->setHiddenFlag(llvm::cl::Hidden);
}

static int run(int argc, char **argv) {
  DialectRegistry registry;
  snn::registerDialects(registry);
  snn::registerPasses();
  snn::registerEquivalencePasses();
  snn::setVersionPrinter("snn-opt");
  std::string header =
      registerCLIOptions("SNNC pass driver: reads .onnx or MLIR\n", registry);
  showOptions();
  auto [input, output] = parseCLIOptions(argc, argv, header);
  if (printSupported) {
    snn::printOperators(llvm::outs());
    return 0;
  }
  if (!memoryLimit.empty())
    snn::rt::setMemoryLimit(snn::rt::parseMemorySize(memoryLimit));
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  if (StringRef(input).ends_with(".onnx")) {
    snn::ImportOptions options;
    for (const std::string &shape : shapes)
      if (llvm::Error error = snn::addShapeBinding(options, shape))
        return fail(llvm::toString(std::move(error)));
    MLIRContext context(registry);
    context.printOpOnDiagnostic(false);
    llvm::SourceMgr sources;
    SourceMgrDiagnosticHandler handler(sources, &context);
    OwningOpRef<ModuleOp> module = snn::importOnnx(input, context, options);
    if (!module)
      return 1;
    // Bytecode keeps every location; text would not.
    std::string bytes;
    llvm::raw_string_ostream os(bytes);
    if (failed(writeBytecodeToFile(*module, os)))
      return fail("cannot serialise '" + input + "'");
    buffer = llvm::MemoryBuffer::getMemBufferCopy(os.str(), input);
  } else {
    std::string message;
    if (input != "-")
      if (llvm::Error error = snn::checkRegularFile(input))
        return fail("cannot open input file '" + input +
                    "': " + llvm::toString(std::move(error)));
    buffer = openInputFile(input, &message);
    if (!buffer)
      return fail(message);
    bool isTrusted = trustBytecode && snn::isMlirBytecode(buffer->getBuffer());
    if (llvm::Error error = isTrusted
                                ? llvm::Error::success()
                                : snn::checkMlirNesting(buffer->getBuffer()))
      return fail("'" + input + "' " + llvm::toString(std::move(error)));
    // Archives of MLIR are looked up beside the file.
    static std::string base;
    base = llvm::sys::path::parent_path(input).str();
    registry.addExtension(+[](MLIRContext *, snn::onnx::OnnxDialect *dialect) {
      dialect->getArchives().setBaseDirectory(base);
    });
  }
  // A file that is there stays until there is something to write.
  std::string text;
  llvm::raw_string_ostream os(text);
  if (failed(MlirOptMain(os, std::move(buffer), registry, config)))
    return 1;
  if (llvm::Error error = snn::writeOutputFile(
          output, [&](llvm::raw_ostream &out) { out << text; }))
    return fail(llvm::toString(std::move(error)));
  return 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  return snn::runTool([&] { return run(argc, argv); });
}
