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

    std::optional<rt::Safetensors> written;
    if (!shared.empty()) {
      try {
        written.emplace(shared);
      } catch (const std::exception &e) {
        module.emitError("cannot read the weights that it shares: ")
            << e.what();
        return signalPassFailure();
      }
    }
    if (failed(externalize(written ? &*written : nullptr)))
      signalPassFailure();
  }

private:
  /// The key of a tensor of `file` that equals `tensor`, `key` preferably.
  static std::optional<StringRef> findEqual(const rt::Safetensors &file,
                                            StringRef key,
                                            const rt::Tensor &tensor) {
    auto isEqual = [&](const rt::Tensor &other) {
      return other.dtype() == tensor.dtype() &&
             other.shape() == tensor.shape() &&
             std::memcmp(other.raw(), tensor.raw(), tensor.bytes()) == 0;
    };
    auto named = file.tensors().find(key.str());
    if (named != file.tensors().end() && isEqual(named->second))
      return StringRef(named->first);
    for (const auto &[other, stored] : file.tensors())
      if (isEqual(stored))
        return StringRef(other);
    return std::nullopt;
  }

  LogicalResult externalize(const rt::Safetensors *written) {
    ModuleOp module = getOperation();
    const std::string &attributeName = name.empty() ? archive : name;
    const std::string &otherName = sharedName.empty() ? shared : sharedName;

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
          FailureOr<rt::Tensor> tensor =
              onnx::resolveConstant(param, module.getLoc());
          if (failed(tensor)) {
            failedToResolve = true;
            return std::nullopt;
          }
          if (!isThere && written)
            if (std::optional<StringRef> key =
                    findEqual(*written, param.getKey(), *tensor))
              return onnx::ParamAttr::get(param.getType(), otherName, *key);
          found |= !isThere;
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
      return failure();
    if (!found)
      return success();
    try {
      std::map<std::string, std::string> metadata;
      if (auto digest = module->getAttrOfType<StringAttr>(digestAttrName))
        metadata[rt::digestKey] = digest.str();
      rt::writeSafetensors(archive, tensors, metadata);
    } catch (const std::exception &e) {
      return module.emitError("cannot write its weights: ") << e.what();
    }
    return success();
  }
};

} // namespace
