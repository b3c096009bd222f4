//===- TurnProducts.cpp - Weights on the right of products ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizerPatterns.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/runtime/Kernels.h"

using namespace mlir;
using namespace snn::onnx;
namespace rt = snn::rt;

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXTURNPRODUCTS
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

namespace {

/// Whether a constant reaches `value` through its quantisers and its layout.
bool isOfWeight(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<ConstantOp>(op))
      return true;
    if (!isa<QuantizeLinearOp, DequantizeLinearOp, TransposeOp, ReshapeOp,
             ClipOp>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

/// The permutation that exchanges the last two of `rank` axes.
SmallVector<int64_t> exchangeLast(int64_t rank) {
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(permutation[rank - 2], permutation[rank - 1]);
  return permutation;
}

Value transposeLast(OpBuilder &b, Location loc, Value value) {
  RankedTensorType type = getTensorType(value);
  SmallVector<int64_t> shape(type.getShape());
  std::swap(shape[shape.size() - 2], shape[shape.size() - 1]);
  return TransposeOp::create(b, loc, type.clone(shape), value,
                             exchangeLast(type.getRank()));
}

/// A constant with its last two axes exchanged; null where it is not read.
Value transposeConstant(PatternRewriter &rewriter, Value value,
                        Operation *owner, RewriteErrors &errors) {
  std::optional<rt::Tensor> tensor = errors.takeNamed(
      owner, readConstant(getConstantAttr(value), value.getLoc()));
  if (!tensor)
    return nullptr;
  rt::Tensor moved;
  rt::Ints permutation;
  for (int64_t axis : exchangeLast(tensor->rank()))
    permutation.push_back(axis);
  rt::transpose(*tensor, moved, permutation);
  return makeConstant(rewriter, value.getLoc(),
                      nameOfConstant(value) + ".transposed", moved,
                      getTensorType(value).getElementType());
}

/// matmul(weight, x) = transpose(matmul(transpose(x), transpose(weight))).
struct TurnProduct : CheckedPattern<MatMulOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const final {
    Value left = op.getA(), x = op.getB();
    if (getTensorType(left).getRank() != 2 || getTensorType(x).getRank() < 2 ||
        !isOfWeight(left) || isOfWeight(x))
      return rewriter.notifyMatchFailure(op, "has no weight on the left only");
    if (!errors.empty())
      return rewriter.notifyMatchFailure(op, "an error is to be reported");
    Location loc = op.getLoc();
    Value weight;
    auto dequantize = left.getDefiningOp<DequantizeLinearOp>();
    if (getConstantAttr(left)) {
      weight = transposeConstant(rewriter, left, op, errors);
    } else if (dequantize && getConstantAttr(dequantize.getX())) {
      weight = transposeConstant(rewriter, dequantize.getX(), op, errors);
      int64_t axis = dequantize.getAxis();
      if (weight)
        weight = DequantizeLinearOp::create(
            rewriter, dequantize.getLoc(),
            getTensorType(weight).clone(rewriter.getF32Type()), weight,
            dequantize.getScale(), dequantize.getZeroPoint(),
            1 - (axis < 0 ? axis + 2 : axis));
    } else {
      weight = transposeLast(rewriter, loc, left);
    }
    if (!weight)
      return rewriter.notifyMatchFailure(op, "its weight cannot be read");
    RankedTensorType type = op.getType();
    SmallVector<int64_t> shape(type.getShape());
    std::swap(shape[shape.size() - 2], shape[shape.size() - 1]);
    Value product = MatMulOp::create(rewriter, loc, type.clone(shape),
                                     transposeLast(rewriter, loc, x), weight);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, type, product,
                                             exchangeLast(type.getRank()));
    return success();
  }
};

/// The same of constants that are added to a turned product, or that scale it:
/// they join it in front of the transposition.
template <typename Op> struct TurnConstant : CheckedPattern<Op> {
  using CheckedPattern<Op>::CheckedPattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const final {
    for (auto [value, constant] :
         {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())}) {
      auto transpose = value.template getDefiningOp<TransposeOp>();
      if (!transpose || !transpose->hasOneUse() ||
          value.getType() != op.getType() || !getConstantAttr(constant) ||
          !this->errors.empty() || !isTurned(transpose))
        continue;
      Value turned = constant;
      RankedTensorType type = getTensorType(constant);
      int64_t rank = getTensorType(value).getRank();
      if (type.getRank() > rank)
        continue;
      if (type.getRank() == 1) {
        // Behind the exchange the axis is the last but one.
        std::optional<rt::Tensor> tensor = this->errors.takeNamed(
            op, readConstant(getConstantAttr(constant), constant.getLoc()));
        turned = tensor
                     ? makeConstant(rewriter, constant.getLoc(),
                                    nameOfConstant(constant) + ".column",
                                    tensor->reshaped({type.getDimSize(0), 1}),
                                    type.getElementType())
                     : nullptr;
      } else if (type.getRank() > 1) {
        // A column for the rows of the product becomes a bias of its channels.
        turned = transposeConstant(rewriter, constant, op, this->errors);
      }
      if (!turned)
        break;
      Value x = transpose.getX();
      Value result = Op::create(rewriter, op.getLoc(), x.getType(), x, turned);
      rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), result,
                                               transpose.getPermutation());
      return success();
    }
    return rewriter.notifyMatchFailure(op,
                                       "is no constant of a turned product");
  }

private:
  /// Whether a product whose weight was on the left is in front of `op`.
  static bool isTurned(TransposeOp op) {
    if (op.getPermutation() !=
        ArrayRef<int64_t>(exchangeLast(getTensorType(op.getX()).getRank())))
      return false;
    Value value = op.getX();
    while (Operation *def = value.getDefiningOp()) {
      if (auto product = dyn_cast<MatMulOp>(def))
        return product.getA().getDefiningOp<TransposeOp>() &&
               isOfWeight(product.getB());
      if (!isa<AddOp, MulOp>(def) || !def->hasOneUse())
        return false;
      value = getConstantAttr(def->getOperand(0)) ? def->getOperand(1)
                                                  : def->getOperand(0);
    }
    return false;
  }
};

struct TurnProducts : snn::onnx::impl::OnnxTurnProductsBase<TurnProducts> {
  void runOnOperation() override {
    RewriteErrors errors;
    RewritePatternSet patterns(&getContext());
    patterns.add<TurnProduct, TurnConstant<AddOp>, TurnConstant<MulOp>>(
        &getContext(), errors);
    LogicalResult applied =
        applyRecognition(getOperation(), std::move(patterns));
    if (failed(errors.report()) || failed(applied))
      signalPassFailure();
  }
};

} // namespace
