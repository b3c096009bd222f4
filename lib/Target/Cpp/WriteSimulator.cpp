//===- WriteSimulator.cpp - Write sim.cpp and weights.safetensors ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Target/Cpp/CppEmitter.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Target/Cpp/Passes.h"
#include "snn/Target/Cpp/Simulator.h"
#include "snn/runtime/Compilation.h"
#include "snn/runtime/DataFile.h"
#include "snn/runtime/Weights.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace snn {
#define GEN_PASS_DEF_SNNWRITESIMULATOR
#include "snn/Target/Cpp/Passes.h.inc"
} // namespace snn

using namespace mlir;
using namespace snn;

/// The tensors that a simulator asks for, by key; null of other modules.
static DictionaryAttr getConstants(ModuleOp module) {
  return spike::facts(module).getConstantsAttrHelper().getAttr(module);
}

bool snn::isSimulatorModule(ModuleOp module) {
  return bool(getConstants(module));
}

FailureOr<std::string> snn::printSimulator(ModuleOp module) {
  if (!isSimulatorModule(module))
    return module.emitError("needs the attribute '")
           << spike::SpikeDialect::ConstantsAttrHelper::getNameStr()
           << "': it is no simulator that spike-to-emitc made";
  std::string text;
  llvm::raw_string_ostream os(text);
  if (failed(emitc::translateToCpp(module, os)))
    return failure();
  return text;
}

/// The tensors that the program asks for, by key.
static FailureOr<std::map<std::string, rt::Tensor>>
resolveConstants(ModuleOp module) {
  std::map<std::string, rt::Tensor> tensors;
  for (NamedAttribute entry : getConstants(module)) {
    FailureOr<rt::Tensor> tensor =
        onnx::resolveConstant(entry.getValue(), module.getLoc());
    if (failed(tensor))
      return failure();
    tensors.emplace(entry.getName().str(), *tensor);
  }
  return tensors;
}

/// Lets archived constants name `file`, where they now are.
static void renameConstants(ModuleOp module, StringRef file) {
  SmallVector<NamedAttribute> constants;
  for (NamedAttribute entry : getConstants(module)) {
    Attribute value = entry.getValue();
    if (auto param = dyn_cast<onnx::ParamAttr>(value))
      value = onnx::ParamAttr::get(param.getType(), file, entry.getName());
    constants.emplace_back(entry.getName(), value);
  }
  MLIRContext *context = module.getContext();
  spike::SpikeDialect &facts = spike::facts(module);
  facts.getConstantsAttrHelper().setAttr(
      module, DictionaryAttr::get(context, constants));
  facts.getWeightsAttrHelper().setAttr(module, StringAttr::get(context, file));
}

LogicalResult snn::writeSimulator(ModuleOp module, StringRef directory) {
  FailureOr<std::string> program = printSimulator(module);
  if (failed(program))
    return failure();
  FailureOr<std::map<std::string, rt::Tensor>> weights =
      resolveConstants(module);
  if (failed(weights))
    return failure();
  if (std::error_code error = llvm::sys::fs::create_directories(
          directory, /*IgnoreExisting=*/true, llvm::sys::fs::all_all))
    return module.emitError("cannot make the directory '")
           << directory << "': " << error.message();
  SmallString<128> weightsPath(directory), programPath(directory);
  llvm::sys::path::append(weightsPath, "weights.safetensors");
  llvm::sys::path::append(programPath, "sim.cpp");
  std::map<std::string, std::string> metadata;
  if (auto digest = module->getAttrOfType<StringAttr>(onnx::digestAttrName)) {
    metadata[rt::digestKey] = digest.str();
    *program += "\n// Compilation " + digest.str() + ".\n";
  }
  try {
    rt::writeSafetensors(weightsPath.str().str(), *weights, metadata);
    rt::writeTextFile(programPath.str().str(), *program);
  } catch (const std::exception &e) {
    return module.emitError("cannot write the simulator: ") << e.what();
  }
  renameConstants(module, weightsPath);
  return success();
}

namespace {
struct WriteSimulator : snn::impl::SnnWriteSimulatorBase<WriteSimulator> {
  using SnnWriteSimulatorBase::SnnWriteSimulatorBase;

  void runOnOperation() override {
    if (failed(writeSimulator(getOperation(), output)))
      return signalPassFailure();
    if (!build)
      return;
    if (llvm::Error error = buildSimulator(output)) {
      getOperation().emitError() << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }
};
} // namespace
