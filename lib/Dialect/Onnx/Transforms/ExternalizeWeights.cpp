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

#include <cstring>

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
          bool inMemory = param.getArchive().empty();
          if (!inMemory && param.getArchive() != attributeName)
            return std::nullopt;
          FailureOr<rt::Tensor> tensor =
              onnx::resolveConstant(param, module.getLoc());
          if (failed(tensor)) {
            failedToResolve = true;
            return std::nullopt;
          }
          if (inMemory && written)
            if (std::optional<StringRef> key =
                    findEqual(*written, param.getKey(), *tensor))
              return onnx::ParamAttr::get(param.getType(), otherName, *key);
          found |= inMemory;
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
      return failure();
    if (!found)
      return success();
    try {
      rt::writeSafetensors(archive, tensors);
    } catch (const std::exception &e) {
      return module.emitError("cannot write its weights: ") << e.what();
    }
    return success();
  }
};

} // namespace
