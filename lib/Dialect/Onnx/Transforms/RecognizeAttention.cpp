//===- RecognizeAttention.cpp - Find scaled dot-product attention ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "mlir/IR/Builders.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/runtime/Masks.h"

#include <cmath>

using namespace mlir;
using namespace snn::onnx;

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXRECOGNIZEATTENTION
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

namespace {

/// One operand that is added to the scores, outermost last.
struct Mask {
  Value added;               // an additive mask
  WhereOp where;             // or a choice between scores and `hidden`
  bool scoresIfTrue = false; // which side of `where` the scores are on
};

struct Scores {
  MatMulOp product; // Q K^T
  double scale = 1;
  SmallVector<Mask> masks;
};

/// Strips factors that have no other use off `value`.
Value stripFactors(Value value, double &scale) {
  while (value.hasOneUse()) {
    std::optional<ScaledValue> scaled = getScaledValue(value);
    if (!scaled)
      break;
    scale *= scaled->factor;
    value = scaled->x;
  }
  return value;
}

/// Follows the scores from the softmax up to the product: masks first, then
/// factors. Every value on the way has one use and the shape of the scores.
std::optional<Scores> matchScores(Value value, Type type) {
  if (!value.hasOneUse() || value.getType() != type)
    return std::nullopt;
  if (auto add = value.getDefiningOp<AddOp>()) {
    for (auto [inner, mask] : {std::pair(add.getA(), add.getB()),
                               std::pair(add.getB(), add.getA())}) {
      std::optional<Scores> scores = matchScores(inner, type);
      if (!scores)
        continue;
      scores->masks.push_back(Mask{mask, {}, false});
      return scores;
    }
    return std::nullopt;
  }
  if (auto where = value.getDefiningOp<WhereOp>()) {
    for (bool ifTrue : {true, false}) {
      Value inner = ifTrue ? where.getA() : where.getB();
      std::optional<double> hidden =
          getUniformConstant(ifTrue ? where.getB() : where.getA());
      if (!hidden || !(*hidden <= snn::rt::scoreFillFrom))
        continue;
      std::optional<Scores> scores = matchScores(inner, type);
      if (!scores)
        continue;
      scores->masks.push_back(Mask{{}, where, ifTrue});
      return scores;
    }
    return std::nullopt;
  }
  Scores scores;
  value = stripFactors(value, scores.scale);
  scores.product = value.getDefiningOp<MatMulOp>();
  if (!scores.product || !value.hasOneUse() || value.getType() != type)
    return std::nullopt;
  return scores;
}

struct AttentionPattern : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const final {
    auto softmax = op.getA().getDefiningOp<SoftmaxOp>();
    if (!softmax || !softmax->hasOneUse())
      return rewriter.notifyMatchFailure(op, "left operand is no softmax");
    RankedTensorType type = getTensorType(softmax.getX());
    int64_t rank = type.getRank();
    if (softmax.getAxis() != -1 && softmax.getAxis() != rank - 1)
      return rewriter.notifyMatchFailure(op, "softmax over another axis");
    std::optional<Scores> scores = matchScores(softmax.getX(), type);
    if (!scores)
      return rewriter.notifyMatchFailure(op, "softmax of something else");
    Value v = op.getB();
    if (getTensorType(scores->product.getA()).getRank() < 2 ||
        getTensorType(scores->product.getB()).getRank() < 2 ||
        getTensorType(v).getRank() < 2)
      return rewriter.notifyMatchFailure(op, "has a vector operand");
    double scale = scores->scale;
    Value q = stripFactors(scores->product.getA(), scale);
    Value keys = stripFactors(scores->product.getB(), scale);
    // The factor of K may also stand before the transposition.
    auto transpose = keys.getDefiningOp<TransposeOp>();
    Value source = transpose && transpose->hasOneUse()
                       ? stripFactors(transpose.getX(), scale)
                       : Value();
    if (!std::isfinite(scale))
      return rewriter.notifyMatchFailure(op, "scale is not finite");

    Value k = source ? transposeKeys(rewriter, transpose, source)
                     : swapLastAxes(rewriter, keys);
    Value mask = makeMask(rewriter, op.getLoc(), *scores, type);
    rewriter.replaceOpWithNewOp<AttentionOp>(op, op.getType(), q, k, v, mask,
                                             scale);
    return success();
  }

private:
  static SmallVector<int64_t> identity(int64_t rank) {
    return llvm::to_vector(llvm::seq<int64_t>(0, rank));
  }

  static Value transposed(PatternRewriter &rewriter, Location location,
                          Value value, ArrayRef<int64_t> permutation) {
    RankedTensorType type = getTensorType(value);
    if (llvm::equal(permutation, identity(type.getRank())))
      return value;
    SmallVector<int64_t> dims;
    for (int64_t axis : permutation)
      dims.push_back(type.getDimSize(axis));
    return TransposeOp::create(rewriter, location, type.clone(dims), value,
                               permutation);
  }

  /// K from `source`, of which `transpose` makes K^T.
  static Value transposeKeys(PatternRewriter &rewriter, TransposeOp transpose,
                             Value source) {
    SmallVector<int64_t> permutation(transpose.getPermutation());
    std::swap(permutation[permutation.size() - 1],
              permutation[permutation.size() - 2]);
    return transposed(rewriter, transpose.getLoc(), source, permutation);
  }

  static Value swapLastAxes(PatternRewriter &rewriter, Value keys) {
    SmallVector<int64_t> permutation = identity(getTensorType(keys).getRank());
    std::swap(permutation[permutation.size() - 1],
              permutation[permutation.size() - 2]);
    return transposed(rewriter, keys.getLoc(), keys, permutation);
  }

  /// The sum of the masks; null without any.
  static Value makeMask(PatternRewriter &rewriter, Location location,
                        const Scores &scores, RankedTensorType type) {
    Value sum;
    for (Mask mask : scores.masks) {
      Value added = mask.added ? mask.added : toAdditive(rewriter, mask, type);
      sum = sum ? AddOp::create(rewriter, location, sum, added).getY() : added;
    }
    return sum;
  }

  /// Zero where the scores count, the hiding number elsewhere.
  static Value toAdditive(PatternRewriter &rewriter, const Mask &mask,
                          RankedTensorType type) {
    WhereOp where = mask.where;
    double hidden =
        *getUniformConstant(mask.scoresIfTrue ? where.getB() : where.getA());
    auto scalar = RankedTensorType::get({}, type.getElementType());
    auto constant = [&](double number) -> Value {
      return ConstantOp::create(
          rewriter, where.getLoc(), scalar,
          DenseElementsAttr::get(
              scalar, rewriter.getFloatAttr(type.getElementType(), number)));
    };
    Value zero = constant(0), low = constant(hidden);
    return WhereOp::create(rewriter, where.getLoc(), where.getCondition(),
                           mask.scoresIfTrue ? zero : low,
                           mask.scoresIfTrue ? low : zero);
  }
};

struct RecognizeAttention
    : snn::onnx::impl::OnnxRecognizeAttentionBase<RecognizeAttention> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<AttentionPattern>(&getContext());
    populateReshapedScoresPatterns(patterns);
    populateAlignAttentionPatterns(patterns);
    if (failed(applyRecognition(getOperation(), std::move(patterns))))
      return signalPassFailure();
    reportMissedAttention(getOperation());
  }
};

} // namespace
