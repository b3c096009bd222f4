//===- ReshapedScores.cpp - Attention whose scores are reshaped -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters compute [batch * heads, M, N] scores and reshape them to [batch,
// heads, M, N] for a mask, and back. The reshapes move to the operands of the
// products, so that nothing but masks and factors stands between the products.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace snn::onnx;

namespace {

/// Whether only axes before the last two differ, and both have some.
bool keepsMatrices(RankedTensorType from, RankedTensorType to) {
  return from.getRank() > 2 && to.getRank() > 2 &&
         from.getShape().take_back(2) == to.getShape().take_back(2) &&
         llvm::count(to.getShape().drop_back(2), ShapedType::kDynamic) <= 1;
}

/// `value` with the leading axes `lead`.
Value reshapeLead(PatternRewriter &rewriter, Location location, Value value,
                  ArrayRef<int64_t> lead) {
  RankedTensorType type = getTensorType(value);
  SmallVector<int64_t> shape(lead), written;
  llvm::append_range(shape, type.getShape().take_back(2));
  for (int64_t dim : shape)
    written.push_back(ShapedType::isDynamic(dim) ? -1 : dim);
  return ReshapeOp::create(rewriter, location, type.clone(shape), value,
                           written);
}

/// The same; a factor of `value` stays the last step.
Value reshapeBelowFactor(PatternRewriter &rewriter, Value value,
                         ArrayRef<int64_t> lead) {
  Operation *op = value.getDefiningOp();
  std::optional<ScaledValue> scaled = getScaledValue(value);
  if (!scaled || !value.hasOneUse())
    return reshapeLead(rewriter, value.getLoc(), value, lead);
  Value factor = op->getOperand(op->getOperand(0) == scaled->x ? 1 : 0);
  if (getTensorType(factor).getNumElements() != 1 ||
      getTensorType(factor).getRank() > 2)
    return reshapeLead(rewriter, value.getLoc(), value, lead);
  IRMapping mapping;
  mapping.map(scaled->x, reshapeLead(rewriter, op->getLoc(), scaled->x, lead));
  Operation *moved = rewriter.clone(*op, mapping);
  moved->getResult(0).setType(mapping.lookup(scaled->x).getType());
  return moved->getResult(0);
}

/// Whether no axis of either operand broadcasts, so that leading axes may be
/// grouped otherwise.
bool isPlainBatch(MatMulOp op) {
  RankedTensorType a = getTensorType(op.getA()), b = getTensorType(op.getB());
  return a.getRank() == b.getRank() && a.getRank() > 2 &&
         a.getShape().drop_back(2) == b.getShape().drop_back(2) &&
         !ShapedType::isDynamic(b.getShape().back()) &&
         !ShapedType::isDynamic(a.getShape().back()) &&
         !ShapedType::isDynamic(a.getShape()[a.getRank() - 2]);
}

/// Whether factors and masks lead from `value` to a softmax.
bool reachesSoftmax(Value value) {
  while (value.hasOneUse()) {
    Operation *user = *value.getUsers().begin();
    if (isa<SoftmaxOp>(user))
      return true;
    if (!isa<AddOp, SubOp, MulOp, DivOp, WhereOp>(user) ||
        user->getResult(0).getType() != value.getType())
      return false;
    value = user->getResult(0);
  }
  return false;
}

/// Reshape(Q K^T) to Reshape(Q) Reshape(K)^T, in front of a softmax.
struct ScorePattern : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const final {
    auto product = op.getX().getDefiningOp<MatMulOp>();
    RankedTensorType type = getTensorType(op.getY());
    if (!product || !product->hasOneUse() || !isPlainBatch(product) ||
        !keepsMatrices(getTensorType(op.getX()), type) ||
        !reachesSoftmax(op.getY()))
      return rewriter.notifyMatchFailure(op, "reshapes no scores");
    ArrayRef<int64_t> lead = type.getShape().drop_back(2);
    Location location = product.getLoc();
    Value q = reshapeBelowFactor(rewriter, product.getA(), lead);
    Value keys = product.getB();
    auto transpose = keys.getDefiningOp<TransposeOp>();
    Value k;
    if (transpose && swapsLast(transpose)) {
      Value source = reshapeBelowFactor(rewriter, transpose.getX(), lead);
      k = swapLast(rewriter, location, source);
    } else {
      k = reshapeBelowFactor(rewriter, keys, lead);
    }
    rewriter.replaceOp(op, MatMulOp::create(rewriter, location, type, q, k));
    return success();
  }

private:
  static SmallVector<int64_t> swapped(int64_t rank) {
    SmallVector<int64_t> permutation =
        llvm::to_vector(llvm::seq<int64_t>(0, rank));
    std::swap(permutation[rank - 1], permutation[rank - 2]);
    return permutation;
  }

  static bool swapsLast(TransposeOp op) {
    return llvm::equal(op.getPermutation(),
                       swapped(getTensorType(op.getX()).getRank()));
  }

  static Value swapLast(PatternRewriter &rewriter, Location location,
                        Value value) {
    RankedTensorType type = getTensorType(value);
    SmallVector<int64_t> permutation = swapped(type.getRank()), shape;
    for (int64_t axis : permutation)
      shape.push_back(type.getDimSize(axis));
    return TransposeOp::create(rewriter, location, type.clone(shape), value,
                               permutation);
  }
};

/// Reshape(softmax) V to Reshape(softmax Reshape(V)).
struct ContextPattern : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const final {
    auto reshape = op.getA().getDefiningOp<ReshapeOp>();
    if (!reshape || !reshape->hasOneUse() || !isPlainBatch(op) ||
        !reshape.getX().getDefiningOp<SoftmaxOp>())
      return rewriter.notifyMatchFailure(op, "left operand is no reshaped "
                                             "softmax");
    RankedTensorType from = getTensorType(reshape.getX());
    if (!keepsMatrices(from, getTensorType(op.getA())) ||
        llvm::count(from.getShape().drop_back(2), ShapedType::kDynamic) > 1)
      return rewriter.notifyMatchFailure(op, "reshapes rows or columns");
    ArrayRef<int64_t> lead = from.getShape().drop_back(2);
    RankedTensorType type = getTensorType(op.getY());
    Value v = reshapeLead(rewriter, op.getLoc(), op.getB(), lead);
    SmallVector<int64_t> shape(lead);
    llvm::append_range(shape, type.getShape().take_back(2));
    Value y = MatMulOp::create(rewriter, op.getLoc(), type.clone(shape),
                               reshape.getX(), v);
    rewriter.replaceOp(op, reshapeLead(rewriter, reshape.getLoc(), y,
                                       type.getShape().drop_back(2)));
    return success();
  }
};

} // namespace

void snn::onnx::populateReshapedScoresPatterns(RewritePatternSet &patterns) {
  patterns.add<ScorePattern, ContextPattern>(patterns.getContext());
}
