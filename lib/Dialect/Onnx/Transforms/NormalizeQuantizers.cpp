//===- NormalizeQuantizers.cpp - One form of quantised networks -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "QuantizerGrid.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/Dialect/Onnx/RewriteErrors.h"
#include "snn/runtime/Kernels.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace snn::onnx;
namespace rt = snn::rt;

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXNORMALIZEQUANTIZERS
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

namespace {

/// A pattern that may find a network at fault.
template <typename Op> struct CheckedPattern : OpRewritePattern<Op> {
  CheckedPattern(MLIRContext *context, RewriteErrors &errors)
      : OpRewritePattern<Op>(context), errors(errors) {}
  RewriteErrors &errors;
};

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The name that what replaces a constant has.
std::string nameOfConstant(Value value) {
  if (auto param = dyn_cast_or_null<ParamAttr>(getConstantAttr(value)))
    return param.getKey().str();
  StringRef name = getNodeName(value.getLoc());
  return name.empty() ? "weight" : name.str();
}

Value makeConstant(OpBuilder &b, Location loc, StringRef name,
                   const rt::Tensor &tensor, Type elementType) {
  TypedAttr value = makeConstantAttr(b.getContext(), name, tensor, elementType);
  return ConstantOp::create(b, loc, value.getType(), value);
}

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

/// Whether `value` reaches the static operand of a product, or one that may be
/// multiplied from the left.
bool isWeight(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    Operation *user = use.getOwner();
    if (isa<MatMulOp, GemmOp, ConvOp>(user))
      return use.getOperandNumber() < 2;
    return isa<TransposeOp, ReshapeOp, ClipOp>(user) &&
           isWeight(user->getResult(0));
  });
}

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

//===----------------------------------------------------------------------===//
// Data movement between quantiser and dequantiser
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Integer products
//===----------------------------------------------------------------------===//

bool isOne(Value scale) {
  std::optional<double> number = getUniformConstant(scale);
  return number && *number == 1;
}

/// The dequantiser with scale 1 that an operand of an integer product is.
DequantizeLinearOp getIntegers(Value value) {
  auto op = value.getDefiningOp<DequantizeLinearOp>();
  return op && isOne(op.getScale()) ? op : DequantizeLinearOp();
}

/// Whether all elements of `value` are integers: a product of such.
bool isIntegral(Value value) {
  Operation *op = value.getDefiningOp();
  return isa_and_nonnull<MatMulOp, ConvOp>(op) && op->getNumOperands() == 2 &&
         getIntegers(op->getOperand(0)) && getIntegers(op->getOperand(1));
}

/// cast(cast(x)) to integers and back where x holds integers: x.
struct DropIntegerCasts : OpRewritePattern<CastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CastOp op,
                                PatternRewriter &rewriter) const final {
    auto inner = op.getX().getDefiningOp<CastOp>();
    if (!inner || !op.getTo().isF32() || !inner.getTo().isInteger(32) ||
        !isIntegral(inner.getX()))
      return rewriter.notifyMatchFailure(op, "is not of an integer product");
    rewriter.replaceOp(op, inner.getX());
    return success();
  }
};

/// The factor on the channels of a product: a scalar, or one value per channel.
/// Nothing when it varies along another axis of `type`.
std::optional<SmallVector<float>> readFactor(Value value, RankedTensorType type,
                                             int64_t axis) {
  TypedAttr attribute = getConstantAttr(value);
  if (!attribute || !getTensorType(value).getElementType().isF32())
    return std::nullopt;
  RankedTensorType own = getTensorType(value);
  if (own.getRank() > type.getRank())
    return std::nullopt;
  for (int64_t a = 0; a < own.getRank(); ++a)
    if (own.getDimSize(a) != 1 && (a + type.getRank() - own.getRank() != axis ||
                                   own.getDimSize(a) != type.getDimSize(axis)))
      return std::nullopt;
  llvm::Expected<rt::Tensor> tensor = readConstant(attribute, value.getLoc());
  if (!tensor) {
    llvm::consumeError(tensor.takeError()); // reported where it is used
    return std::nullopt;
  }
  return SmallVector<float>(tensor->data<float>(),
                            tensor->data<float>() + tensor->size());
}

/// The scale of an operand as a factor on the product: integer products are
/// multiplied by the scales of both operands behind them.
struct FoldScales : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp op,
                                PatternRewriter &rewriter) const final {
    for (auto [value, factor] :
         {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())}) {
      Operation *product = value.getDefiningOp();
      if (!isa_and_nonnull<MatMulOp, ConvOp>(product) ||
          !product->hasOneUse() || value.getType() != op.getType())
        continue;
      if (succeeded(foldComputed(op, product, factor, rewriter)) ||
          succeeded(foldConstant(op, product, factor, rewriter)))
        return success();
    }
    return rewriter.notifyMatchFailure(op, "scales no integer product");
  }

private:
  static void replaceProduct(MulOp op, Operation *product, Value right,
                             Value bias, PatternRewriter &rewriter) {
    Operation *scaled = rewriter.clone(*product);
    scaled->setOperand(1, right);
    if (bias)
      scaled->setOperand(2, bias);
    rewriter.replaceOp(op, scaled->getResult(0));
  }

  /// factor = s, or s * rest, where s is the scale of the quantiser of an
  /// operand.
  static LogicalResult foldComputed(MulOp op, Operation *product, Value factor,
                                    PatternRewriter &rewriter) {
    if (product->getNumOperands() != 2)
      return failure();
    for (OpOperand &operand : product->getOpOperands()) {
      DequantizeLinearOp integers = getIntegers(operand.get());
      auto quantizer = integers
                           ? integers.getX().getDefiningOp<QuantizeLinearOp>()
                           : QuantizeLinearOp();
      if (!quantizer || !isSingle(quantizer.getScale()))
        continue;
      Value scale = quantizer.getScale(), rest;
      auto factors = factor.getDefiningOp<MulOp>();
      if (isSame(factor, scale))
        rest = nullptr;
      else if (factors && isSame(factors.getA(), scale))
        rest = factors.getB();
      else if (factors && isSame(factors.getB(), scale))
        rest = factors.getA();
      else
        continue;
      Value values = DequantizeLinearOp::create(
          rewriter, integers.getLoc(), integers.getType(), integers.getX(),
          scale, integers.getZeroPoint(), integers.getAxis());
      // Another operand may be the same value.
      Operation *scaled = rewriter.clone(*product);
      scaled->setOperand(operand.getOperandNumber(), values);
      Value result = scaled->getResult(0);
      if (rest)
        result =
            MulOp::create(rewriter, op.getLoc(), op.getType(), result, rest);
      rewriter.replaceOp(op, result);
      return success();
    }
    return failure();
  }

  static bool isSame(Value a, Value b) {
    auto strip = [](Value value) {
      while (auto reshape = value.getDefiningOp<ReshapeOp>()) {
        if (!isSingle(reshape.getX()))
          break;
        value = reshape.getX();
      }
      return value;
    };
    return strip(a) == strip(b);
  }

  /// A constant factor is the scale of the weight.
  static LogicalResult foldConstant(MulOp op, Operation *product, Value factor,
                                    PatternRewriter &rewriter) {
    DequantizeLinearOp weight = getIntegers(product->getOperand(1));
    if (!weight || !isOfConstant(weight))
      return failure();
    RankedTensorType type = getTensorType(op.getY());
    RankedTensorType own = getTensorType(weight.getX());
    bool isConv = isa<ConvOp>(product);
    std::optional<SmallVector<float>> factors =
        readFactor(factor, type, isConv ? 1 : type.getRank() - 1);
    if (!factors)
      return failure();
    int64_t axis = isConv ? 0 : own.getRank() - 1;
    // Scale and zero point have the same shape.
    if (factors->size() == 1 && !isSingle(weight.getScale()))
      factors->resize(own.getDimSize(axis), factors->front());
    int64_t count = factors->size();
    bool isScalar = count == 1;
    if (!isScalar && count != own.getDimSize(axis))
      return failure();
    Value bias;
    if (product->getNumOperands() > 2) {
      std::optional<SmallVector<float>> addend = readFactor(
          product->getOperand(2),
          RankedTensorType::get({type.getDimSize(1)}, type.getElementType()),
          0);
      if (!addend)
        return failure();
      addend->resize(type.getDimSize(1), addend->front());
      rt::Tensor scaled(rt::DType::F32, {int64_t(addend->size())});
      for (auto [n, value] : llvm::enumerate(*addend))
        scaled.data<float>()[n] = value * (*factors)[isScalar ? 0 : n];
      bias = makeConstant(rewriter, op.getLoc(),
                          nameOfConstant(product->getOperand(2)) + ".scaled",
                          scaled, rewriter.getF32Type());
    }
    rt::Shape shape = isScalar ? rt::Shape{} : rt::Shape{count};
    rt::Tensor scales(rt::DType::F32, shape);
    llvm::copy(*factors, scales.data<float>());
    Value scale = makeConstant(rewriter, op.getLoc(),
                               nameOfConstant(weight.getX()) + ".scale", scales,
                               rewriter.getF32Type());
    Value zero = weight.getZeroPoint();
    if (zero && !isScalar && isSingle(zero)) {
      auto vector =
          RankedTensorType::get({count}, getTensorType(zero).getElementType());
      auto dense = dyn_cast<DenseElementsAttr>(getConstantAttr(zero));
      if (!dense)
        return failure();
      zero = ConstantOp::create(
          rewriter, op.getLoc(), vector,
          DenseElementsAttr::get(vector, dense.getSplatValue<Attribute>()));
    } else if (zero && isScalar && !isSingle(zero)) {
      return failure();
    }
    Value right =
        DequantizeLinearOp::create(rewriter, weight.getLoc(), weight.getType(),
                                   weight.getX(), scale, zero, axis);
    replaceProduct(op, product, right, bias, rewriter);
    return success();
  }
};

/// mul(add(product, constant), constant) of an integer product: the factor goes
/// to both.
struct SpreadFactor : CheckedPattern<MulOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(MulOp op,
                                PatternRewriter &rewriter) const final {
    for (auto [value, factor] :
         {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())}) {
      auto sum = value.getDefiningOp<AddOp>();
      if (!sum || !sum->hasOneUse() || value.getType() != op.getType() ||
          !getConstantAttr(factor))
        continue;
      for (auto [product, addend] : {std::pair(sum.getA(), sum.getB()),
                                     std::pair(sum.getB(), sum.getA())}) {
        if (!isIntegral(product) || !getConstantAttr(addend) ||
            product.getType() != op.getType())
          continue;
        Value scaled =
            MulOp::create(rewriter, op.getLoc(), op.getType(), product, factor);
        std::optional<rt::Tensor> a = errors.takeNamed(
            op, readConstant(getConstantAttr(addend), addend.getLoc()));
        std::optional<rt::Tensor> b = errors.takeNamed(
            op, readConstant(getConstantAttr(factor), factor.getLoc()));
        if (!a || !b)
          return rewriter.notifyMatchFailure(op, "a constant is unreadable");
        rt::Tensor both;
        rt::mul(*a, *b, both);
        rewriter.replaceOpWithNewOp<AddOp>(
            op, op.getType(), scaled,
            makeConstant(rewriter, op.getLoc(),
                         nameOfConstant(addend) + ".scaled", both,
                         rewriter.getF32Type()));
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "scales no sum");
  }
};

/// gemm that scales or transposes, of a quantised weight: the factor of the
/// product becomes one of the weight's scale, that of the addend one of the
/// addend's elements.
struct PlainGemm : CheckedPattern<GemmOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(GemmOp op,
                                PatternRewriter &rewriter) const final {
    double alpha = op.getAlpha();
    double beta = op.getC() ? op.getBeta() : 1;
    auto weight = op.getB().getDefiningOp<DequantizeLinearOp>();
    if (!weight || !isOfConstant(weight) ||
        (alpha == 1 && beta == 1 && !op.getTransA()))
      return rewriter.notifyMatchFailure(op, "is plain, or not quantised");
    Value left = op.getA(), right = op.getB(), addend = op.getC();
    if (op.getTransA()) {
      RankedTensorType type = getTensorType(left);
      left = TransposeOp::create(
          rewriter, op.getLoc(),
          type.clone({type.getDimSize(1), type.getDimSize(0)}), left,
          ArrayRef<int64_t>{1, 0});
    }
    if (alpha != 1) {
      Value scale = multiply(op, weight.getScale(), alpha, rewriter);
      if (!scale)
        return rewriter.notifyMatchFailure(op, "its scale is no constant");
      right = DequantizeLinearOp::create(
          rewriter, weight.getLoc(), weight.getType(), weight.getX(), scale,
          weight.getZeroPoint(), weight.getAxis());
    }
    if (beta != 1) {
      addend = multiply(op, addend, beta, rewriter);
      if (!addend)
        return rewriter.notifyMatchFailure(op, "its addend is no constant");
    }
    rewriter.replaceOpWithNewOp<GemmOp>(
        op, op.getType(), left, right, addend, rewriter.getF64FloatAttr(1),
        rewriter.getF64FloatAttr(1), rewriter.getBoolAttr(false),
        op.getTransBAttr());
    return success();
  }

private:
  Value multiply(GemmOp op, Value value, double factor,
                 PatternRewriter &rewriter) const {
    TypedAttr attribute = getConstantAttr(value);
    if (!attribute)
      return nullptr;
    std::optional<rt::Tensor> tensor =
        errors.takeNamed(op, readConstant(attribute, value.getLoc()));
    if (!tensor)
      return nullptr;
    rt::Tensor result = tensor->clone();
    for (int64_t n = 0; n < result.size(); ++n)
      result.data<float>()[n] *= float(factor);
    return makeConstant(rewriter, value.getLoc(),
                        nameOfConstant(value) + ".scaled", result,
                        rewriter.getF32Type());
  }
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// A quantiser and a dequantiser of other constant parameters: the values are
/// brought to the dequantiser's levels first.
void matchParameters(QuantizeLinearOp op) {
  std::optional<double> scale = getNumber(op.getScale());
  std::optional<double> zero =
      op.getZeroPoint() ? getNumber(op.getZeroPoint()) : 0.0;
  if (!scale || !zero || !(*scale > 0))
    return;
  for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
    auto back = dyn_cast<DequantizeLinearOp>(user);
    if (!back)
      continue;
    std::optional<double> other = getNumber(back.getScale());
    std::optional<double> offset =
        back.getZeroPoint() ? getNumber(back.getZeroPoint()) : 0.0;
    if (!other || !offset || !(*other > 0) ||
        (*other == *scale && *offset == *zero))
      continue;
    OpBuilder b(op);
    Location loc = op.getLoc();
    Type type = op.getX().getType();
    // The values of levels of scale 1 are multiplied behind the dequantiser.
    if (*scale == 1 && *offset == *zero && !isWeight(back.getY())) {
      b.setInsertionPointAfter(back);
      Value levels = DequantizeLinearOp::create(
          b, back.getLoc(), type, back.getX(), op.getScale(),
          back.getZeroPoint(), back.getAxis());
      Value values =
          MulOp::create(b, back.getLoc(), type, levels, back.getScale());
      back.getY().replaceAllUsesWith(values);
      back.erase();
      continue;
    }
    auto number = [&](double value) -> Value {
      auto scalar = RankedTensorType::get({}, b.getF32Type());
      return ConstantOp::create(
          b, loc, scalar,
          DenseElementsAttr::get(scalar, b.getF32FloatAttr(float(value))));
    };
    Value x = DivOp::create(b, loc, type, op.getX(), number(*scale));
    if (*offset != *zero)
      x = AddOp::create(b, loc, type, x, number(*zero - *offset));
    if (*other != 1)
      x = MulOp::create(b, loc, type, x, number(*other));
    auto moved =
        QuantizeLinearOp::create(b, loc, op.getType(), x, back.getScale(),
                                 back.getZeroPoint(), op.getAxis(), op.getTo());
    if (Attribute name = op->getAttr("onnx.output"))
      moved->setAttr("onnx.output", name);
    back.getXMutable().assign(moved);
  }
}

struct NormalizeQuantizers
    : snn::onnx::impl::OnnxNormalizeQuantizersBase<NormalizeQuantizers> {
  void runOnOperation() override {
    bool isQuantised =
        getOperation()
            ->walk([](Operation *op) {
              return isa<QuantizeLinearOp, DequantizeLinearOp>(op)
                         ? WalkResult::interrupt()
                         : WalkResult::advance();
            })
            .wasInterrupted();
    if (!isQuantised)
      return;
    RewriteErrors errors;
    RewritePatternSet patterns(&getContext());
    patterns
        .add<FoldQuantize, FoldDequantize, ClipLevels, PlainGemm, SpreadFactor>(
            &getContext(), errors);
    patterns.add<GatherLevels, SinkMovement, SinkBelowClip, SinkMaxPool,
                 DropIntegerCasts, FoldScales, UniformScale<QuantizeLinearOp>,
                 UniformScale<DequantizeLinearOp>>(&getContext());
    LogicalResult applied =
        applyPatternsGreedily(getOperation(), std::move(patterns));
    if (failed(errors.report()) || failed(applied))
      return signalPassFailure();
    quantizeAtProducts(getOperation());
    SmallVector<QuantizeLinearOp> quantizers;
    getOperation()->walk(
        [&](QuantizeLinearOp op) { quantizers.push_back(op); });
    llvm::for_each(quantizers, matchParameters);
  }
};

} // namespace
