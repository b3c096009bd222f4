//===- ReleaseWeights.cpp - Free weights that nothing uses ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "llvm/ADT/StringSet.h"

namespace snn::onnx {
#define GEN_PASS_DEF_SNNRELEASEWEIGHTS
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

using namespace mlir;
using namespace snn;
using namespace snn::onnx;

namespace {

struct ReleaseWeights : onnx::impl::SnnReleaseWeightsBase<ReleaseWeights> {
  void runOnOperation() override {
    markAllAnalysesPreserved();
    llvm::StringSet<> used;
    AttrTypeWalker attributes;
    attributes.addWalk([&](ParamAttr param) {
      if (param.getArchive().empty())
        used.insert(param.getKey());
    });
    getOperation()->walk(
        [&](Operation *op) { attributes.walk(op->getAttrDictionary()); });

    auto *dialect = getContext().getLoadedDialect<OnnxDialect>();
    if (!dialect)
      return;
    uint64_t bytes = 0, tensors = 0;
    for (const auto &[key, tensor] : dialect->getArchives().inMemory()) {
      if (used.contains(key))
        continue;
      bytes += tensor.bytes();
      ++tensors;
      dialect->getArchives().erase(key);
    }
    if (tensors > 0)
      remark::passed(
          getOperation().getLoc(),
          remark::RemarkOpts::name("Released").category("snn-release-weights"))
          << remark::metric("tensors", tensors)
          << remark::metric("bytes", bytes);
  }
};

} // namespace
