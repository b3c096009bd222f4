//===- RecognizeLayerNorm.cpp - Find layer normalisations -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "snn/Dialect/Onnx/Passes.h"

using namespace mlir;
using namespace snn::onnx;

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXRECOGNIZELAYERNORM
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

namespace {

/// x - mean(x) over the axes from `axis` on.
struct Centered {
  Value x;
  int64_t axis;
  SubOp sub;
  ReduceMeanOp mean;
};

/// The first of the trailing axes that `op` reduces and keeps.
std::optional<int64_t> getTrailingAxis(ReduceMeanOp op) {
  int64_t rank = getTensorType(op.getX()).getRank();
  SmallVector<int64_t> axes;
  for (int64_t axis : op.getAxes())
    axes.push_back(axis < 0 ? axis + rank : axis);
  llvm::sort(axes);
  if (!op.getKeepdims() || axes.empty())
    return std::nullopt;
  for (auto [i, axis] : llvm::enumerate(axes))
    if (axis != rank - static_cast<int64_t>(axes.size() - i))
      return std::nullopt;
  return axes.front();
}

std::optional<Centered> matchCentered(Value value) {
  auto sub = value.getDefiningOp<SubOp>();
  auto mean = sub ? sub.getB().getDefiningOp<ReduceMeanOp>() : ReduceMeanOp();
  if (!mean || mean.getX() != sub.getA())
    return std::nullopt;
  std::optional<int64_t> axis = getTrailingAxis(mean);
  if (!axis)
    return std::nullopt;
  return Centered{sub.getA(), *axis, sub, mean};
}

/// The value whose square `value` is.
Value matchSquare(Value value) {
  if (auto mul = value.getDefiningOp<MulOp>())
    return mul.getA() == mul.getB() ? mul.getA() : Value();
  auto pow = value.getDefiningOp<PowOp>();
  if (pow && getUniformConstant(pow.getB()) == 2.0 &&
      pow.getY().getType() == pow.getA().getType())
    return pow.getA();
  return {};
}

/// Matches `value` = d / sqrt(mean(d^2) + epsilon) with d = x - mean(x).
struct Normalized {
  Centered centered;
  double epsilon;
};

std::optional<Normalized> matchNormalized(Value value) {
  Value d, root;
  if (auto div = value.getDefiningOp<DivOp>()) {
    d = div.getA();
    root = div.getB();
  } else if (auto mul = value.getDefiningOp<MulOp>()) {
    auto inverse = mul.getB().getDefiningOp<ReciprocalOp>();
    d = mul.getA();
    if (!inverse) {
      inverse = mul.getA().getDefiningOp<ReciprocalOp>();
      d = mul.getB();
    }
    if (!inverse || !inverse->hasOneUse())
      return std::nullopt;
    root = inverse.getX();
  } else {
    return std::nullopt;
  }
  std::optional<Centered> centered = matchCentered(d);
  auto sqrt = root.getDefiningOp<SqrtOp>();
  auto add = sqrt ? sqrt.getX().getDefiningOp<AddOp>() : AddOp();
  if (!centered || !add || !sqrt->hasOneUse() || !add->hasOneUse())
    return std::nullopt;
  Value variance = add.getA();
  std::optional<double> epsilon = getUniformConstant(add.getB());
  if (!epsilon) {
    variance = add.getB();
    epsilon = getUniformConstant(add.getA());
  }
  auto mean = variance.getDefiningOp<ReduceMeanOp>();
  if (!epsilon || !(*epsilon >= 0) || !mean || !mean->hasOneUse() ||
      getTrailingAxis(mean) != centered->axis)
    return std::nullopt;
  Value squared = matchSquare(mean.getX());
  std::optional<Centered> other =
      squared ? matchCentered(squared) : std::nullopt;
  if (!other || other->x != centered->x || other->axis != centered->axis ||
      !mean.getX().hasOneUse())
    return std::nullopt;

  // Nothing outside may look at the differences or the means.
  Operation *square = mean.getX().getDefiningOp();
  Operation *quotient = value.getDefiningOp();
  for (const Centered &c : {*centered, *other}) {
    for (Operation *user : c.sub->getUsers())
      if (user != square && user != quotient)
        return std::nullopt;
    for (Operation *user : c.mean->getUsers())
      if (user != centered->sub && user != other->sub)
        return std::nullopt;
  }
  return Normalized{*centered, *epsilon};
}

/// Whether `value` has one element for each normalised position, or one for all
/// along some axis.
bool fits(Value value, ArrayRef<int64_t> normalized) {
  ArrayRef<int64_t> dims = getTensorType(value).getShape();
  if (dims.size() > normalized.size())
    return false;
  for (size_t i = 1; i <= dims.size(); ++i)
    if (dims[dims.size() - i] != 1 &&
        dims[dims.size() - i] != normalized[normalized.size() - i])
      return false;
  return true;
}

struct LayerNormPattern : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const final {
    for (auto [product, bias] :
         {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())}) {
      auto mul = product.getDefiningOp<MulOp>();
      if (!mul || !mul->hasOneUse())
        continue;
      for (auto [quotient, scale] : {std::pair(mul.getA(), mul.getB()),
                                     std::pair(mul.getB(), mul.getA())}) {
        if (!quotient.hasOneUse())
          continue;
        std::optional<Normalized> match = matchNormalized(quotient);
        if (!match)
          continue;
        Value x = match->centered.x;
        RankedTensorType type = getTensorType(x);
        ArrayRef<int64_t> dims =
            type.getShape().drop_front(match->centered.axis);
        if (type != op.getType() || !fits(scale, dims) || !fits(bias, dims))
          continue;
        rewriter.replaceOpWithNewOp<LayerNormalizationOp>(
            op, type, x, scale, bias, match->centered.axis - type.getRank(),
            match->epsilon);
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "ends no layer normalisation");
  }
};

struct RecognizeLayerNorm
    : snn::onnx::impl::OnnxRecognizeLayerNormBase<RecognizeLayerNorm> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<LayerNormPattern>(&getContext());
    if (failed(applyRecognition(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
