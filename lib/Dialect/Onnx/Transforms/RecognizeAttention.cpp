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
#include <limits>
#include <map>

using namespace mlir;
using namespace snn::onnx;

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXRECOGNIZEATTENTION
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

namespace {

/// One step from the product to the softmax.
struct Mask {
  Value added;               // an additive mask
  WhereOp where;             // or a choice between scores and `hidden`
  bool scoresIfTrue = false; // which side of `where` the scores are on
  double hidden = 0;         // what replaces the others
};

struct Scores {
  MatMulOp product; // Q K^T
  double scale = 1;
  SmallVector<Mask> masks; // outermost last
  Value plain;             // in front of the masks
};

/// The weights e^a and e^b of two scores in one row: where the greater is 1,
/// the other vanishes in F32, whose least number is e^-103.3.
constexpr double vanishes = 104;

/// Whether a term is a constant that hides nothing, such as a bias by position.
bool isBias(Value term) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(getConstantAttr(term));
  return dense && dense.getElementType().isF32() &&
         llvm::all_of(dense.getValues<float>(),
                      [](float value) { return value > snn::rt::paddingFrom; });
}

/// The numbers by which replaced scores can be hidden in an added mask, so that
/// every row keeps its softmax: they are below `absorbsFrom`, so that
/// score + number == number for every score below 2^70, which leaves a row that
/// is hidden as a whole as even as ONNX has it. By descending `hidden`. Nothing
/// where no such mask exists.
std::optional<std::map<double, double, std::greater<double>>>
findAbsorbing(ArrayRef<Mask> masks) {
  std::map<double, double, std::greater<double>> absorbing;
  bool mayHide = false; // a term hides scores by a number of its own
  for (const Mask &mask : masks) {
    if (mask.where)
      absorbing[mask.hidden] = 0;
    else if (!absorbing.empty())
      return std::nullopt; // a term of replaced scores would be absorbed
    else
      mayHide |= !isBias(mask.added);
  }
  // Keys that a term hides compete with replaced ones where a row has no other.
  if (mayHide && !absorbing.empty())
    return std::nullopt;
  double last = std::numeric_limits<double>::infinity();
  int exponent = 96;
  for (auto &[hidden, number] : absorbing) {
    // Scores that are hidden by two numbers compete in their row.
    if (!(last - hidden >= vanishes))
      return std::nullopt;
    last = hidden;
    number = std::isfinite(hidden) ? -std::ldexp(1.0, exponent) : hidden;
    exponent = std::min(exponent + 2, 126);
  }
  // Distinct finite numbers have distinct powers up to here.
  if (absorbing.size() > 15)
    return std::nullopt;
  return absorbing;
}

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
      scores->masks.push_back(Mask{mask, {}, false, 0});
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
      scores->masks.push_back(Mask{{}, where, ifTrue, *hidden});
      return scores;
    }
    return std::nullopt;
  }
  Scores scores;
  scores.plain = value;
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
    Value weights = skipNanGuard(op.getA());
    auto softmax = weights.getDefiningOp<SoftmaxOp>();
    bool isGuarded = weights != op.getA();
    if (!softmax || (!softmax->hasOneUse() && !isGuarded))
      return rewriter.notifyMatchFailure(op, "left operand is no softmax");
    RankedTensorType type = getTensorType(softmax.getX());
    int64_t rank = type.getRank();
    if (softmax.getAxis() != -1 && softmax.getAxis() != rank - 1)
      return rewriter.notifyMatchFailure(op, "softmax over another axis");
    std::optional<Scores> scores = matchScores(softmax.getX(), type);
    if (!scores)
      return rewriter.notifyMatchFailure(op, "softmax of something else");
    auto absorbing = findAbsorbing(scores->masks);
    if (!absorbing)
      return rewriter.notifyMatchFailure(
          op, "replaced scores that no added mask stands for");
    auto hide = [&](double hidden) { return absorbing->find(hidden)->second; };
    if (isGuarded) {
      // The rows that the guard sets to 0 are no attention's; their scores have
      // an added mask all the same.
      if (absorbing->empty())
        return rewriter.notifyMatchFailure(op, "guarded, without choices");
      rewriter.setInsertionPoint(softmax);
      Value mask = makeMask(rewriter, op.getLoc(), *scores, hide);
      Value masked =
          AddOp::create(rewriter, softmax.getLoc(), scores->plain, mask);
      rewriter.modifyOpInPlace(softmax,
                               [&] { softmax.getXMutable().assign(masked); });
      return success();
    }
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
    Value mask = makeMask(rewriter, op.getLoc(), *scores, hide);
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

  /// What the masks make of scores that are 0, with `hide(number)` for the
  /// number that replaces a score; null without any mask.
  static Value makeMask(PatternRewriter &rewriter, Location location,
                        const Scores &scores,
                        llvm::function_ref<double(double)> hide) {
    Value sum;
    for (const Mask &mask : scores.masks) {
      if (mask.added) {
        sum = sum ? AddOp::create(rewriter, location, sum, mask.added).getY()
                  : mask.added;
        continue;
      }
      WhereOp where = mask.where;
      Type element = getTensorType(where.getResult()).getElementType();
      auto scalar = RankedTensorType::get({}, element);
      auto constant = [&](double number) -> Value {
        return ConstantOp::create(
            rewriter, where.getLoc(), scalar,
            DenseElementsAttr::get(scalar,
                                   rewriter.getFloatAttr(element, number)));
      };
      Value kept = sum ? sum : constant(0), low = constant(hide(mask.hidden));
      sum = WhereOp::create(rewriter, where.getLoc(), where.getCondition(),
                            mask.scoresIfTrue ? kept : low,
                            mask.scoresIfTrue ? low : kept);
    }
    return sum;
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
