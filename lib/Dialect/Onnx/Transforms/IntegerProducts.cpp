//===- IntegerProducts.cpp - Integer products and their scales ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizerPatterns.h"
#include "snn/runtime/Kernels.h"

using namespace mlir;
using namespace snn::onnx;
namespace rt = snn::rt;

namespace {

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

} // namespace

void snn::onnx::populateIntegerProductPatterns(RewritePatternSet &patterns,
                                               RewriteErrors &errors) {
  patterns.add<PlainGemm, SpreadFactor>(patterns.getContext(), errors);
  patterns.add<DropIntegerCasts, FoldScales>(patterns.getContext());
}
