//===- QuantizedConstants.cpp - Constants and their levels ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizerPatterns.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace snn::onnx;
namespace rt = snn::rt;

std::string snn::onnx::nameOfConstant(Value value) {
  if (auto param = dyn_cast_or_null<ParamAttr>(getConstantAttr(value)))
    return param.getKey().str();
  StringRef name = getNodeName(value.getLoc());
  return name.empty() ? "weight" : name.str();
}

Value snn::onnx::makeConstant(OpBuilder &b, Location loc, StringRef name,
                              const rt::Tensor &tensor, Type elementType) {
  TypedAttr value = makeConstantAttr(b.getContext(), name, tensor, elementType);
  return ConstantOp::create(b, loc, value.getType(), value);
}

bool snn::onnx::isWeight(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    Operation *user = use.getOwner();
    if (isa<MatMulOp, GemmOp, ConvOp>(user))
      return use.getOperandNumber() < 2;
    return isa<TransposeOp, ReshapeOp, ClipOp>(user) &&
           isWeight(user->getResult(0));
  });
}

namespace {

/// What `op` makes of constant operands; nothing if one is none.
template <typename Op>
std::optional<rt::Tensor> evaluate(Op op, RewriteErrors &errors) {
  SmallVector<rt::Tensor> tensors;
  for (Value operand : op->getOperands()) {
    TypedAttr attribute = getConstantAttr(operand);
    if (!attribute)
      return std::nullopt;
    std::optional<rt::Tensor> tensor =
        errors.takeNamed(op, readConstant(attribute, operand.getLoc()));
    if (!tensor)
      return std::nullopt;
    tensors.push_back(*tensor);
  }
  auto results = errors.take(op, snn::invokeKernelOp(op, tensors));
  if (!results)
    return std::nullopt;
  return results->front();
}

/// quantize_linear(constant): the levels.
struct FoldQuantize : CheckedPattern<QuantizeLinearOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(QuantizeLinearOp op,
                                PatternRewriter &rewriter) const final {
    std::optional<rt::Tensor> levels = evaluate(op, errors);
    if (!levels)
      return rewriter.notifyMatchFailure(op, "an operand is no constant");
    rewriter.replaceOp(op, makeConstant(rewriter, op.getX().getLoc(),
                                        nameOfConstant(op.getX()), *levels,
                                        op.getTo()));
    return success();
  }
};

/// dequantize_linear(constant) that is no weight: its values. Tables of
/// embeddings stay as levels where rows can be picked from these.
struct FoldDequantize : CheckedPattern<DequantizeLinearOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(DequantizeLinearOp op,
                                PatternRewriter &rewriter) const final {
    if (!isOfConstant(op) || isWeight(op.getY()))
      return rewriter.notifyMatchFailure(op, "is a weight");
    if (llvm::all_of(op->getUses(), [&](OpOperand &use) {
          auto gather = dyn_cast<GatherOp>(use.getOwner());
          return gather && use.getOperandNumber() == 0 &&
                 isSingle(op.getScale());
        }))
      return rewriter.notifyMatchFailure(op, "is a table");
    std::optional<rt::Tensor> values = evaluate(op, errors);
    if (!values)
      return rewriter.notifyMatchFailure(op, "an operand is no constant");
    rewriter.replaceOp(op, makeConstant(rewriter, op.getX().getLoc(),
                                        nameOfConstant(op.getX()) + ".dq",
                                        *values, rewriter.getF32Type()));
    return success();
  }
};

/// gather(dequantize_linear(table)): the picked levels are dequantised.
struct GatherLevels : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op,
                                PatternRewriter &rewriter) const final {
    auto table = op.getData().getDefiningOp<DequantizeLinearOp>();
    if (!table || !isOfConstant(table) || !isSingle(table.getScale()))
      return rewriter.notifyMatchFailure(op, "is not of a quantised table");
    auto type = getTensorType(op.getY()).clone(
        getTensorType(table.getX()).getElementType());
    Value levels = GatherOp::create(rewriter, op.getLoc(), type, table.getX(),
                                    op.getIndices(), op.getAxis());
    rewriter.replaceOpWithNewOp<DequantizeLinearOp>(
        op, op.getType(), levels, table.getScale(), table.getZeroPoint(),
        table.getAxis());
    return success();
  }
};

/// clip(dequantize_linear(constant)) where the bounds are levels, or cut
/// nothing off: dequantize_linear(clip(constant)).
struct ClipLevels : CheckedPattern<ClipOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(ClipOp op,
                                PatternRewriter &rewriter) const final {
    auto weight = op.getX().getDefiningOp<DequantizeLinearOp>();
    if (!weight || !isOfConstant(weight))
      return rewriter.notifyMatchFailure(op, "is not of a quantised constant");
    std::optional<rt::Tensor> values = evaluate(weight, errors);
    if (!values)
      return rewriter.notifyMatchFailure(op, "cannot be read");
    float lo = float(op.getLo());
    float hi = float(op.getHi());
    const float *data = values->data<float>();
    if (llvm::all_of(llvm::ArrayRef(data, values->size()),
                     [&](float v) { return v >= lo && v <= hi; })) {
      rewriter.replaceOp(op, weight.getY());
      return success();
    }
    std::optional<double> scale = getNumber(weight.getScale());
    std::optional<double> zero =
        weight.getZeroPoint() ? getNumber(weight.getZeroPoint()) : 0.0;
    if (!scale || !zero || !(*scale > 0))
      return rewriter.notifyMatchFailure(op, "has a scale per axis");
    double levels[2];
    for (auto [level, bound] : {std::pair(&levels[0], lo), {&levels[1], hi}}) {
      if (std::isinf(bound)) {
        *level = bound;
        continue;
      }
      *level = std::nearbyint(bound / float(*scale));
      if (float(*level) * float(*scale) != bound)
        return rewriter.notifyMatchFailure(op, "cuts between levels");
      *level += *zero;
    }
    Value clipped =
        ClipOp::create(rewriter, op.getLoc(), weight.getX().getType(),
                       weight.getX(), rewriter.getF64FloatAttr(levels[0]),
                       rewriter.getF64FloatAttr(levels[1]));
    rewriter.replaceOpWithNewOp<DequantizeLinearOp>(
        op, op.getType(), clipped, weight.getScale(), weight.getZeroPoint(),
        weight.getAxis());
    return success();
  }
};

/// Equal scales and zero points along the axis of an activation: one.
template <typename Op> struct UniformScale : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const final {
    if (isSingle(op.getScale()) || getConstantAttr(op.getX()))
      return rewriter.notifyMatchFailure(op, "has one scale, or is a weight");
    Value scale = makeScalar(op.getScale(), rewriter);
    Value zero = op.getZeroPoint();
    if (zero)
      zero = makeScalar(zero, rewriter);
    if (!scale || (op.getZeroPoint() && !zero))
      return rewriter.notifyMatchFailure(op, "has different scales");
    rewriter.modifyOpInPlace(op, [&] {
      op.getScaleMutable().assign(scale);
      if (zero)
        op.getZeroPointMutable().assign(zero);
    });
    return success();
  }

private:
  static Value makeScalar(Value value, PatternRewriter &rewriter) {
    TypedAttr attribute = getConstantAttr(value);
    if (!attribute)
      return nullptr;
    llvm::Expected<rt::Tensor> tensor = readConstant(attribute, value.getLoc());
    if (!tensor) {
      llvm::consumeError(tensor.takeError()); // reported where it is used
      return nullptr;
    }
    size_t width = rt::byteWidth(tensor->dtype()), bytes = tensor->bytes();
    const char *data = static_cast<const char *>(tensor->raw());
    if (bytes == 0 || std::memcmp(data, data + width, bytes - width) != 0)
      return nullptr;
    rt::Tensor one(tensor->dtype(), {});
    std::memcpy(one.raw(), data, width);
    return makeConstant(rewriter, value.getLoc(), nameOfConstant(value), one,
                        getTensorType(value).getElementType());
  }
};

} // namespace

void snn::onnx::populateQuantizedConstantPatterns(RewritePatternSet &patterns,
                                                  RewriteErrors &errors) {
  patterns.add<FoldQuantize, FoldDequantize, ClipLevels>(patterns.getContext(),
                                                         errors);
  patterns.add<GatherLevels, UniformScale<QuantizeLinearOp>,
               UniformScale<DequantizeLinearOp>>(patterns.getContext());
}
