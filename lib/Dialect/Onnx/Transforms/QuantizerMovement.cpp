//===- QuantizerMovement.cpp - Levels that are moved ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizerPatterns.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace snn::onnx;
namespace rt = snn::rt;

namespace {

DequantizeLinearOp dequantize(PatternRewriter &rewriter,
                              DequantizeLinearOp like, Value levels) {
  return DequantizeLinearOp::create(
      rewriter, like.getLoc(),
      getTensorType(levels).clone(getTensorType(like.getY()).getElementType()),
      levels, like.getScale(), like.getZeroPoint(), like.getAxis());
}

/// dequantize_linear(movement(q)): movement(dequantize_linear(q)).
struct SinkMovement : OpRewritePattern<DequantizeLinearOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DequantizeLinearOp op,
                                PatternRewriter &rewriter) const final {
    Operation *move = op.getX().getDefiningOp();
    if (!move || !isSingle(op.getScale()))
      return rewriter.notifyMatchFailure(op, "has no operand to move");
    SmallVector<OpOperand *> moved = getMovedOperands(move);
    if (moved.empty() && !isa<PadOp>(move))
      return rewriter.notifyMatchFailure(op, "its operand is no movement");
    if (auto pad = dyn_cast<PadOp>(move)) {
      moved.push_back(&pad->getOpOperand(0));
      if (!getNumber(op.getScale()) ||
          (op.getZeroPoint() && !getNumber(op.getZeroPoint())))
        return rewriter.notifyMatchFailure(op, "its scale is no constant");
    }
    // The rows of a table are picked as levels.
    if (llvm::all_of(moved, [](OpOperand *operand) {
          return getConstantAttr(operand->get()) != nullptr;
        }))
      return rewriter.notifyMatchFailure(op, "moves a constant");
    rewriter.setInsertionPoint(move);
    IRMapping mapping;
    for (OpOperand *operand : moved)
      mapping.map(operand->get(), dequantize(rewriter, op, operand->get()));
    rewriter.setInsertionPointAfter(move);
    Operation *onValues = rewriter.clone(*move, mapping);
    Type element = getTensorType(op.getY()).getElementType();
    for (Value result : onValues->getResults())
      result.setType(getTensorType(result).clone(element));
    if (auto pad = dyn_cast<PadOp>(onValues)) {
      float zero =
          op.getZeroPoint() ? float(*getNumber(op.getZeroPoint())) : 0.0f;
      float value =
          (float(pad.getValue()) - zero) * float(*getNumber(op.getScale()));
      pad.setValueAttr(rewriter.getF64FloatAttr(value));
    }
    // The other results of a split are dequantised likewise.
    for (auto [levels, values] :
         llvm::zip(move->getResults(), onValues->getResults()))
      for (Operation *user : llvm::make_early_inc_range(levels.getUsers())) {
        auto other = dyn_cast<DequantizeLinearOp>(user);
        if (other && isAlike(other, op))
          rewriter.replaceOp(other, values);
      }
    return success();
  }

private:
  static bool isAlike(DequantizeLinearOp a, DequantizeLinearOp b) {
    return a.getScale() == b.getScale() && a.getZeroPoint() == b.getZeroPoint();
  }
};

/// clip(movement(q)) of levels: movement(clip(q)).
struct SinkBelowClip : OpRewritePattern<ClipOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ClipOp op,
                                PatternRewriter &rewriter) const final {
    Operation *move = op.getX().getDefiningOp();
    if (!isMovement(move) || move->getNumResults() != 1 ||
        !getTensorType(op.getX()).getElementType().isInteger(8) ||
        getConstantAttr(move->getOperand(0)))
      return rewriter.notifyMatchFailure(op, "is not of moved levels");
    Value clipped =
        ClipOp::create(rewriter, op.getLoc(), move->getOperand(0).getType(),
                       move->getOperand(0), op.getLoAttr(), op.getHiAttr());
    IRMapping mapping;
    mapping.map(move->getOperand(0), clipped);
    Operation *moved = rewriter.clone(*move, mapping);
    rewriter.replaceOp(op, moved->getResult(0));
    return success();
  }
};

/// dequantize_linear(cast(max_pool(cast(q)))): max_pool(dequantize_linear(q)).
/// Pooling of levels is done in floats, perhaps with reshapes around it.
struct SinkMaxPool : OpRewritePattern<DequantizeLinearOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DequantizeLinearOp op,
                                PatternRewriter &rewriter) const final {
    auto back = op.getX().getDefiningOp<CastOp>();
    std::optional<double> scale = getNumber(op.getScale());
    if (!back || !scale || !(*scale > 0) ||
        !getTensorType(back.getX()).getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "is not of pooled levels");
    SmallVector<Operation *> chain;
    Value value = back.getX();
    while (isa_and_nonnull<MaxPoolOp, ReshapeOp, TransposeOp>(
        value.getDefiningOp())) {
      chain.push_back(value.getDefiningOp());
      value = value.getDefiningOp()->getOperand(0);
    }
    auto levels = value.getDefiningOp<CastOp>();
    if (!levels || getTensorType(levels.getX()).getElementType() !=
                       getTensorType(op.getX()).getElementType())
      return rewriter.notifyMatchFailure(op, "is not of pooled levels");
    value = dequantize(rewriter, op, levels.getX());
    for (Operation *link : llvm::reverse(chain)) {
      IRMapping mapping;
      mapping.map(link->getOperand(0), value);
      value = rewriter.clone(*link, mapping)->getResult(0);
    }
    rewriter.replaceOp(op, value);
    return success();
  }
};

} // namespace

void snn::onnx::populateQuantizerMovementPatterns(RewritePatternSet &patterns) {
  patterns.add<SinkMovement, SinkBelowClip, SinkMaxPool>(patterns.getContext());
}
