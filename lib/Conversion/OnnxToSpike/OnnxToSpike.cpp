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

/// Why `op` is no integer product.
StringRef explainFloat(Operation *op) {
  if (isa<onnx::AttentionOp>(op))
    return "its queries, keys, probabilities and values are not quantised";
  auto isQuantised = [](Value value) {
    return value.getDefiningOp<spike::DequantizeOp>() != nullptr;
  };
  Value left = op->getOperand(0), right = op->getOperand(1);
  if (spike::isStaticWeight(left))
    return "its left operand is a constant";
  if (spike::isStaticWeight(right)) {
    Value weight = right;
    while (isa_and_nonnull<onnx::TransposeOp, onnx::ReshapeOp>(
        weight.getDefiningOp()))
      weight = weight.getDefiningOp()->getOperand(0);
    bool isLevels = weight.getDefiningOp<onnx::DequantizeLinearOp>() != nullptr;
    if (!isQuantised(left))
      return isLevels ? "its activation is not quantised"
                      : "neither its activation nor its weight is quantised";
    if (!isLevels)
      return "its weight is not quantised";
    return "its form is that of no integer product";
  }
  if (isQuantised(left) && isQuantised(right))
    return "its operands have no batch axes in common";
  if (isQuantised(left))
    return "its right operand is not quantised";
  return isQuantised(right) ? "its left operand is not quantised"
                            : "its operands are not quantised";
}

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
    NamedAttrList reasons;
    getOperation().walk([&](Operation *op) {
      if (!isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp, onnx::AttentionOp>(
              op))
        return;
      StringRef name = onnx::getNodeName(op->getLoc());
      left.push_back(StringAttr::get(&getContext(), name));
      remark::missed(op->getLoc(), remark::RemarkOpts::name("FloatProduct")
                                       .category("onnx-to-spike")
                                       .function(name))
          << remark::reason("stays in float: {0}", explainFloat(op));
      reasons.set(name, StringAttr::get(&getContext(), explainFloat(op)));
    });
    if (!reasons.empty())
      spike::facts(getOperation())
          .getFloatReasonsAttrHelper()
          .setAttr(getOperation(), reasons.getDictionary(&getContext()));
    spike::facts(getOperation())
        .getFloatProductsAttrHelper()
        .setAttr(getOperation(), ArrayAttr::get(&getContext(), left));
  }
};

} // namespace
