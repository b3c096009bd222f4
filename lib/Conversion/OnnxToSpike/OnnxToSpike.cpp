//===- OnnxToSpike.cpp - The onnx-to-spike pass ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "snn/Conversion/OnnxToSpike/Passes.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Spike.h"

namespace snn {
#define GEN_PASS_DEF_ONNXTOSPIKE
#include "snn/Conversion/OnnxToSpike/Passes.h.inc"
} // namespace snn

using namespace mlir;
using namespace snn;

namespace {

struct OnnxToSpike : snn::impl::OnnxToSpikeBase<OnnxToSpike> {
  using OnnxToSpikeBase::OnnxToSpikeBase;

  void runOnOperation() override {
    for (auto populate : {populateSinkPatterns, populatePhaseAttentionPatterns,
                          populateProductPatterns, populatePhasePatterns,
                          populateRequantizePatterns}) {
      onnx::RewriteErrors errors;
      RewritePatternSet patterns(&getContext());
      populate(patterns, errors);
      LogicalResult applied =
          applyPatternsGreedily(getOperation(), std::move(patterns));
      if (failed(errors.report()) || failed(applied))
        return signalPassFailure();
    }
    if (signBug)
      getOperation().walk([](spike::PhaseMatMulOp op) {
        if (!op.getDivisor())
          op.setSignBug(true);
      });
    // Constants that only dequantisers used are dead now; the float products
    // that are left are listed where the report can find them.
    SmallVector<Attribute> left;
    getOperation().walk([&](Operation *op) {
      if (!isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp, onnx::AttentionOp>(
              op))
        return;
      StringRef name = onnx::getNodeName(op->getLoc());
      left.push_back(StringAttr::get(&getContext(), name));
      remark::missed(op->getLoc(), remark::RemarkOpts::name("FloatProduct")
                                       .category("onnx-to-spike")
                                       .function(name))
          << remark::reason("stays in float: its operands are not quantised");
    });
    spike::facts(getOperation())
        .getFloatProductsAttrHelper()
        .setAttr(getOperation(), ArrayAttr::get(&getContext(), left));
  }
};

} // namespace
