//===- RequantizePatterns.cpp - Quantisers up to the accumulator ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "mlir/IR/IRMapping.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/runtime/Kernels.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

int64_t channelAxis(RescaleOp op) {
  return op.getAxis() < 0 ? op.getAxis() + tensorType(op.getX()).getRank()
                          : op.getAxis();
}

} // namespace

std::optional<rt::Tensor>
snn::readChannelConstant(Operation *op, Value value, RankedTensorType type,
                         int64_t axis, onnx::RewriteErrors &errors) {
  TypedAttr attribute = onnx::getConstantAttr(value);
  if (!attribute)
    return std::nullopt;
  auto own = tensorType(value);
  for (int64_t a = 0; a < own.getRank(); ++a) {
    int64_t aligned = a + type.getRank() - own.getRank();
    if (own.getDimSize(a) != 1 &&
        (aligned != axis || own.getDimSize(a) != type.getDimSize(axis)))
      return std::nullopt;
  }
  return errors.take(op, onnx::readConstant(attribute, value.getLoc()));
}

namespace {

/// add(rescale(acc), constant along the channel axis): the bias.
struct FoldBias : CheckedPattern<onnx::AddOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(onnx::AddOp op,
                                PatternRewriter &rewriter) const override {
    auto rescale = op.getA().getDefiningOp<RescaleOp>();
    Value other = op.getB();
    if (!rescale || !onnx::getConstantAttr(other)) {
      rescale = op.getB().getDefiningOp<RescaleOp>();
      other = op.getA();
    }
    if (!rescale || rescale.getBias() || !rescale->hasOneUse() ||
        op.getResult().getType() != rescale.getResult().getType())
      return failure();
    TypedAttr attribute = onnx::getConstantAttr(other);
    std::optional<rt::Tensor> bias = readChannelConstant(
        op, other, tensorType(op), channelAxis(rescale), errors);
    if (!bias)
      return failure();
    if (bias->rank() != 1) {
      bias = bias->reshaped({bias->size()});
      std::string name = onnx::getNodeName(other.getLoc()).str() + ".bias";
      attribute = onnx::makeConstantAttr(op.getContext(), name, *bias,
                                         rewriter.getF32Type());
    }
    rewriter.replaceOpWithNewOp<RescaleOp>(
        op, op.getResult().getType(), rescale.getX(), rescale.getScaleAttr(),
        attribute, rescale.getAxisAttr());
    return success();
  }
};

/// mul(rescale(acc) of scale 1, constant along the channel axis): the scale. No
/// number changes, as a factor of 1 rounds nothing.
struct FoldScale : CheckedPattern<onnx::MulOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(onnx::MulOp op,
                                PatternRewriter &rewriter) const override {
    auto rescale = op.getA().getDefiningOp<RescaleOp>();
    Value other = op.getB();
    if (!rescale) {
      rescale = op.getB().getDefiningOp<RescaleOp>();
      other = op.getA();
    }
    if (!rescale || rescale.getBias() || !rescale->hasOneUse() ||
        op.getResult().getType() != rescale.getResult().getType())
      return failure();
    auto one = dyn_cast<DenseElementsAttr>(rescale.getScale());
    if (!one || !one.isSplat() ||
        !one.getSplatValue<APFloat>().isExactlyValue(1.0))
      return failure();
    std::optional<rt::Tensor> scale = readChannelConstant(
        op, other, tensorType(op), channelAxis(rescale), errors);
    if (!scale || scale->dtype() != rt::DType::F32)
      return failure();
    for (float factor : scale->toVector<float>())
      if (!(factor > 0)) // a re-quantiser must rise with its accumulator
        return failure();
    std::string name = onnx::getNodeName(op.getLoc()).str() + ".rescale";
    rewriter.replaceOpWithNewOp<RescaleOp>(
        op, op.getResult().getType(), rescale.getX(),
        onnx::makeConstantAttr(op.getContext(), name,
                               scale->reshaped({scale->size()}),
                               rewriter.getF32Type()),
        TypedAttr(), rescale.getAxisAttr());
    return success();
  }
};

/// Elements first..first+count of a per-channel parameter; null where there is
/// none, or after noting why it cannot be read.
TypedAttr sliceParameter(Operation *op, TypedAttr attribute, int64_t first,
                         int64_t count, onnx::RewriteErrors &errors) {
  if (!attribute || cast<ShapedType>(attribute.getType()).getDimSize(0) == 1)
    return attribute;
  std::optional<rt::Tensor> tensor =
      errors.take(op, onnx::readConstant(attribute, op->getLoc()));
  if (!tensor)
    return nullptr;
  std::vector<float> all = tensor->toVector<float>();
  std::vector<float> part(all.begin() + first, all.begin() + first + count);
  return onnx::makeConstantAttr(
      op->getContext(), onnx::getNodeName(op->getLoc()).str() + ".slice",
      rt::Tensor::fromVector({count}, part),
      Float32Type::get(op->getContext()));
}

/// slice(rescale(acc)) along the channel axis: rescale(slice(acc)), so that one
/// fused projection feeds several quantisers.
struct SinkRescaleBelowSlice : CheckedPattern<onnx::SliceOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(onnx::SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto rescale = op.getX().getDefiningOp<RescaleOp>();
    if (!rescale || op.getAxes().size() != 1 || op.getSteps()[0] != 1)
      return failure();
    auto type = tensorType(op.getX());
    int64_t axis = channelAxis(rescale);
    int64_t sliced = op.getAxes()[0] < 0 ? op.getAxes()[0] + type.getRank()
                                         : op.getAxes()[0];
    if (sliced != axis)
      return failure();
    int64_t size = type.getDimSize(axis);
    int64_t first = op.getStarts()[0];
    first =
        std::min(std::max<int64_t>(first < 0 ? first + size : first, 0), size);
    auto resultType = tensorType(op.getResult());
    int64_t count = resultType.getDimSize(axis);
    TypedAttr bias;
    if (rescale.getBias())
      bias = sliceParameter(op, *rescale.getBias(), first, count, errors);
    TypedAttr scale =
        sliceParameter(op, rescale.getScale(), first, count, errors);
    if (!scale || (rescale.getBias() && !bias))
      return rewriter.notifyMatchFailure(op, "a parameter cannot be read");
    Value acc = onnx::SliceOp::create(
        rewriter, op.getLoc(), resultType.clone(rewriter.getI32Type()),
        rescale.getX(), op.getStarts(), op.getEnds(), op.getAxes(),
        op.getSteps());
    rewriter.replaceOpWithNewOp<RescaleOp>(op, resultType, acc, scale, bias,
                                           rescale.getAxisAttr());
    return success();
  }
};

/// The same for split.
struct SinkRescaleBelowSplit : CheckedPattern<onnx::SplitOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(onnx::SplitOp op,
                                PatternRewriter &rewriter) const override {
    auto rescale = op.getX().getDefiningOp<RescaleOp>();
    if (!rescale)
      return failure();
    auto type = tensorType(op.getX());
    int64_t axis =
        op.getAxis() < 0 ? op.getAxis() + type.getRank() : op.getAxis();
    if (axis != channelAxis(rescale))
      return failure();
    SmallVector<Type> accTypes;
    SmallVector<std::pair<TypedAttr, TypedAttr>> parameters;
    int64_t first = 0;
    for (Value result : op.getResults()) {
      accTypes.push_back(tensorType(result).clone(rewriter.getI32Type()));
      int64_t count = tensorType(result).getDimSize(axis);
      TypedAttr bias;
      if (rescale.getBias())
        bias = sliceParameter(op, *rescale.getBias(), first, count, errors);
      TypedAttr scale =
          sliceParameter(op, rescale.getScale(), first, count, errors);
      if (!scale || (rescale.getBias() && !bias))
        return rewriter.notifyMatchFailure(op, "a parameter cannot be read");
      parameters.emplace_back(scale, bias);
      first += count;
    }
    auto split =
        onnx::SplitOp::create(rewriter, op.getLoc(), accTypes, rescale.getX(),
                              op.getAxis(), op.getSizes());
    SmallVector<Value> values;
    for (auto [result, acc, parameter] :
         llvm::zip(op.getResults(), split.getResults(), parameters))
      values.push_back(RescaleOp::create(
          rewriter, op.getLoc(), result.getType(), acc, parameter.first,
          parameter.second, rescale.getAxisAttr()));
    rewriter.replaceOp(op, values);
    return success();
  }
};

/// quantize(movement(relu(rescale(acc)))) in any order of movement and relu:
/// movement(requantize(acc)).
struct FuseRequantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Operation *> movement;
    bool relu = false;
    Value value = op.getX();
    RescaleOp rescale;
    while (Operation *def = value.getDefiningOp()) {
      if ((rescale = dyn_cast<RescaleOp>(def)))
        break;
      if (isa<onnx::ReluOp>(def))
        relu = true;
      else if (isa<onnx::ReshapeOp, onnx::TransposeOp>(def))
        movement.push_back(def);
      else
        return failure();
      value = def->getOperand(0);
    }
    if (!rescale)
      return failure();
    Type element = tensorType(op.getResult()).getElementType();
    // The validity of the moved tensor no longer fits; spike-mark-tokens
    // attaches it anew.
    Value result = RequantizeOp::create(
        rewriter, op.getLoc(), tensorType(rescale.getX()).clone(element),
        rescale.getX(), movement.empty() ? op.getValid() : Value(),
        op.getSiteAttr(), op.getKindAttr(),
        movement.empty() ? op.getTokenAxesAttr() : DenseI64ArrayAttr(),
        rescale.getScaleAttr(), rescale.getBiasAttr(), rescale.getAxisAttr(),
        relu ? rewriter.getUnitAttr() : UnitAttr());
    for (Operation *move : llvm::reverse(movement)) {
      IRMapping mapping;
      mapping.map(move->getOperand(0), result);
      Operation *moved = rewriter.clone(*move, mapping);
      moved->getResult(0).setType(
          tensorType(move->getResult(0)).clone(element));
      result = moved->getResult(0);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void snn::populateRequantizePatterns(RewritePatternSet &patterns,
                                     onnx::RewriteErrors &errors) {
  patterns
      .add<FoldBias, FoldScale, SinkRescaleBelowSlice, SinkRescaleBelowSplit>(
          patterns.getContext(), errors);
  patterns.add<FuseRequantize>(patterns.getContext());
}
