//===- ExternalizeWeights.cpp - Write weights that passes made ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AttrTypeSubElements.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/runtime/Compilation.h"
#include "snn/runtime/Weights.h"

#include <cstring>

namespace snn::onnx {
#define GEN_PASS_DEF_SNNEXTERNALIZEWEIGHTS
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

using namespace mlir;
using namespace snn;
using namespace snn::onnx;

static bool equal(const rt::Tensor &a, const rt::Tensor &b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         (a.raw() == b.raw() || !std::memcmp(a.raw(), b.raw(), a.bytes()));
}

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
          bool isThere = param.getArchive() == attributeName;
          if (!param.getArchive().empty() && !isThere && !all)
            return std::nullopt;
          found |= !isThere;
          FailureOr<rt::Tensor> tensor =
              onnx::resolveConstant(param, module.getLoc());
          if (failed(tensor)) {
            failedToResolve = true;
            return std::nullopt;
          }
          std::string key = param.getKey().str();
          auto [it, inserted] = tensors.emplace(key, *tensor);
          if (!inserted && it->second.raw() != tensor->raw() && !all) {
            module.emitError("has two tensors named '")
                << param.getKey() << "', in memory and in '" << archive << "'";
            failedToResolve = true;
          }
          for (unsigned i = 1; !inserted && !equal(it->second, *tensor); ++i) {
            key = param.getKey().str() + "." + std::to_string(i);
            std::tie(it, inserted) = tensors.emplace(key, *tensor);
          }
          return onnx::ParamAttr::get(param.getType(), attributeName, key);
        });
    replacer.recursivelyReplaceElementsIn(module);
    if (failedToResolve)
      return signalPassFailure();
    if (!found)
      return markAllAnalysesPreserved();
    try {
      std::map<std::string, std::string> metadata;
      if (auto digest = module->getAttrOfType<StringAttr>(digestAttrName))
        metadata[rt::digestKey] = digest.str();
      rt::writeSafetensors(archive, tensors, metadata);
    } catch (const std::exception &e) {
      module.emitError("cannot write its weights: ") << e.what();
      return signalPassFailure();
    }
  }
};

} // namespace
