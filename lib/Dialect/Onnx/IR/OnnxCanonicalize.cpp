//===- OnnxCanonicalize.cpp - Folds of the onnx dialect -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops that do nothing, and chains of data movement. Ops on constants are folded
// by the dialect (OnnxDialect.cpp).
//
//===----------------------------------------------------------------------===//

#include "OnnxDetail.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace snn::onnx;
using namespace snn::onnx::detail;

//===----------------------------------------------------------------------===//
// Arithmetic with neutral elements
//===----------------------------------------------------------------------===//

/// Whether `value` is a dense constant whose elements all equal `number`.
static bool isSplatOf(Attribute value, int64_t number) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(value);
  if (!dense || !dense.isSplat())
    return false;
  if (isa<FloatType>(dense.getElementType()))
    return dense.getSplatValue<APFloat>().convertToDouble() == number;
  if (isa<IntegerType>(dense.getElementType()))
    return dense.getSplatValue<APInt>().getSExtValue() == number;
  return false;
}

/// `x` when its type is the result's, so that it can stand for it.
static OpFoldResult ifSameType(Value x, Value result) {
  return x.getType() == result.getType() ? x : Value();
}

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getB(), 0))
    return ifSameType(getA(), getY());
  if (isSplatOf(adaptor.getA(), 0))
    return ifSameType(getB(), getY());
  return {};
}

OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getB(), 0))
    return ifSameType(getA(), getY());
  return {};
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getB(), 1))
    return ifSameType(getA(), getY());
  if (isSplatOf(adaptor.getA(), 1))
    return ifSameType(getB(), getY());
  return {};
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getB(), 1))
    return ifSameType(getA(), getY());
  return {};
}

//===----------------------------------------------------------------------===//
// CastOp
//===----------------------------------------------------------------------===//

/// Whether every value of `from` has an exact counterpart in `to`.
static bool isLossless(Type from, Type to) {
  if (from == to || from.isInteger(1))
    return true;
  auto a = dyn_cast<IntegerType>(from), b = dyn_cast<IntegerType>(to);
  if (a && b) {
    if (a.isUnsigned() == b.isUnsigned())
      return a.getWidth() <= b.getWidth();
    return a.isUnsigned() && a.getWidth() < b.getWidth();
  }
  if (a && to.isF32())
    return a.getWidth() <= 16;
  if (a && to.isF64())
    return a.getWidth() <= 32;
  return from.isF32() && to.isF64();
}

OpFoldResult CastOp::fold(FoldAdaptor) { return ifSameType(getX(), getY()); }

namespace {
/// cast(cast(x)) is one cast when the inner one loses nothing.
struct MergeCasts : OpRewritePattern<CastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CastOp op,
                                PatternRewriter &rewriter) const final {
    auto inner = op.getX().getDefiningOp<CastOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "operand is no cast");
    Type from = cast<RankedTensorType>(inner.getX().getType()).getElementType();
    if (!isLossless(from, inner.getTo()))
      return rewriter.notifyMatchFailure(op, "inner cast rounds");
    rewriter.modifyOpInPlace(op,
                             [&] { op.getXMutable().assign(inner.getX()); });
    return success();
  }
};
} // namespace

void CastOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<MergeCasts>(context);
}

//===----------------------------------------------------------------------===//
// Data movement
//===----------------------------------------------------------------------===//

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  // With one open axis, equal types mean equal shapes.
  if (cast<RankedTensorType>(getX().getType()).getNumDynamicDims() > 1)
    return {};
  return ifSameType(getX(), getY());
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  for (auto [i, axis] : llvm::enumerate(getPermutation()))
    if (axis != static_cast<int64_t>(i))
      return {};
  return ifSameType(getX(), getY());
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() != 1)
    return {};
  return ifSameType(getInputs().front(), getY());
}

OpFoldResult ExpandOp::fold(FoldAdaptor) {
  // A batch of one in x may stand for another batch in `like`.
  if (getLike() && !cast<RankedTensorType>(getY().getType()).hasStaticShape())
    return {};
  return ifSameType(getX(), getY());
}

namespace {
struct MergeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const final {
    auto inner = op.getX().getDefiningOp<ReshapeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "operand is no reshape");
    rewriter.modifyOpInPlace(op,
                             [&] { op.getXMutable().assign(inner.getX()); });
    return success();
  }
};

struct MergeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const final {
    auto inner = op.getX().getDefiningOp<TransposeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    SmallVector<int64_t> permutation;
    for (int64_t axis : op.getPermutation())
      permutation.push_back(inner.getPermutation()[axis]);
    rewriter.modifyOpInPlace(op, [&] {
      op.getXMutable().assign(inner.getX());
      op.setPermutation(permutation);
    });
    return success();
  }
};
} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<MergeReshapes>(context);
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<MergeTransposes>(context);
}
