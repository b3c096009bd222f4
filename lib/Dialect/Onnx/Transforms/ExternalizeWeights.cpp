//===- ExternalizeWeights.cpp - Write weights that passes made ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AttrTypeSubElements.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/runtime/Weights.h"

namespace snn::onnx {
#define GEN_PASS_DEF_SNNEXTERNALIZEWEIGHTS
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

using namespace mlir;
using namespace snn;
using namespace snn::onnx;

namespace {

struct ExternalizeWeights
    : onnx::impl::SnnExternalizeWeightsBase<ExternalizeWeights> {
  using SnnExternalizeWeightsBase::SnnExternalizeWeightsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (archive.empty()) {
      module.emitError("needs the option 'archive', the file to write");
      return signalPassFailure();
    }

    const std::string &attributeName = name.empty() ? archive : name;

    // What the module uses of the archive in memory, and of the file itself:
    // the file is written anew and must not lose what it has.
    std::map<std::string, rt::Tensor> tensors;
    bool failedToResolve = false, found = false;
    AttrTypeReplacer replacer;
    replacer.addReplacement(
        [&](onnx::ParamAttr param) -> std::optional<Attribute> {
          bool inMemory = param.getArchive().empty();
          if (!inMemory && param.getArchive() != attributeName)
            return std::nullopt;
          found |= inMemory;
          FailureOr<rt::Tensor> tensor =
              onnx::resolveConstant(param, module.getLoc());
          if (failed(tensor)) {
            failedToResolve = true;
            return std::nullopt;
          }
          auto [it, inserted] = tensors.emplace(param.getKey().str(), *tensor);
          if (!inserted && it->second.raw() != tensor->raw()) {
            module.emitError("has two tensors named '")
                << param.getKey() << "', in memory and in '" << archive << "'";
            failedToResolve = true;
          }
          return onnx::ParamAttr::get(param.getType(), attributeName,
                                      param.getKey());
        });
    replacer.recursivelyReplaceElementsIn(module);
    if (failedToResolve)
      return signalPassFailure();
    if (!found)
      return markAllAnalysesPreserved();
    try {
      rt::writeSafetensors(archive, tensors);
    } catch (const std::exception &e) {
      module.emitError("cannot write its weights: ") << e.what();
      return signalPassFailure();
    }
  }
};

} // namespace
