//===- StampCompilation.cpp - Give a module the digest of its compilation -===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AttrTypeSubElements.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Pipeline/Passes.h"
#include "snn/Support/Version.h"
#include "snn/runtime/Compilation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"

namespace snn {
#define GEN_PASS_DEF_SNNSTAMPCOMPILATION
#include "snn/Pipeline/Passes.h.inc"
} // namespace snn

using namespace mlir;
using namespace snn;

/// Digits of a digest come from so many bytes.
static constexpr size_t digestBytes = 16;

namespace {

struct StampCompilation : snn::impl::SnnStampCompilationBase<StampCompilation> {
  using SnnStampCompilationBase::SnnStampCompilationBase;

  void runOnOperation() override {
    hash.init();
    add(("snnc " + getRelease()).str());
    add(decisions);
    if (failed(addConstants()))
      return signalPassFailure();
    addModule();
    llvm::BLAKE3Result<digestBytes> result = hash.result<digestBytes>();
    getOperation()->setAttr(
        onnx::digestAttrName,
        StringAttr::get(&getContext(),
                        llvm::toHex(result, /*LowerCase=*/true)));
    markAllAnalysesPreserved();
  }

private:
  /// With its length, so that neighbours cannot be cut elsewhere.
  void add(StringRef text) {
    hash.update(std::to_string(text.size()) + ":");
    hash.update(text);
  }

  /// The elements of constants that are stored outside of the text.
  LogicalResult addConstants() {
    LogicalResult result = success();
    AttrTypeWalker walker;
    Location loc = getOperation().getLoc();
    walker.addWalk([&](onnx::ParamAttr param) {
      FailureOr<rt::Tensor> tensor = onnx::resolveConstant(param, loc);
      if (failed(tensor)) {
        result = failure();
        return WalkResult::interrupt();
      }
      add(param.getKey());
      add(rt::toHex(rt::contentHash(
          {static_cast<const char *>(tensor->raw()), tensor->bytes()})));
      return WalkResult::advance();
    });
    getOperation().walk([&](Operation *op) {
      loc = op->getLoc();
      return walker.walk(op->getAttrDictionary()).wasInterrupted()
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    return result;
  }

  /// Text and node names, without the paths of model and archives and what
  /// follows from them: a graph without a name has that of its file.
  void addModule() {
    OwningOpRef<ModuleOp> copy = getOperation().clone();
    (*copy)->removeAttr(onnx::digestAttrName);
    copy->removeSymNameAttr();
    (*copy)->removeAttr("onnx.source");
    AttrTypeReplacer replacer;
    replacer.addReplacement([](onnx::ParamAttr param) -> Attribute {
      return onnx::ParamAttr::get(param.getType(), "", param.getKey());
    });
    replacer.recursivelyReplaceElementsIn(*copy);
    std::string text;
    llvm::raw_string_ostream os(text);
    OpPrintingFlags flags;
    flags.enableDebugInfo(false).elideLargeElementsAttrs(INT64_MAX);
    copy->print(os, flags);
    add(text);
    copy->walk([&](Operation *op) { add(onnx::getNodeName(op->getLoc())); });
  }

  llvm::BLAKE3 hash;
};

} // namespace
