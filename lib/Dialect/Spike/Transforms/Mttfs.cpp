//===- Mttfs.cpp - Code levels as M-TTFS trains ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"

#include <climits>

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEMTTFS
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// The least and the greatest accumulator of one channel.
struct AccumulatorRange {
  int64_t lowest, highest;
};

/// Ranges of the accumulators of `acc` along `axis`: one per element if it is
/// the channel axis of a product, or a single one that covers all.
FailureOr<std::vector<AccumulatorRange>> findRanges(Value acc, int64_t axis) {
  std::vector<AccumulatorRange> whole = {{INT32_MIN, INT32_MAX - 1}};
  Operation *op = acc.getDefiningOp();
  if (!isa_and_nonnull<LinearOp, ConvOp>(op))
    return whole;
  auto weightAttr = op->getAttrOfType<TypedAttr>("weight");
  FailureOr<rt::Tensor> weight =
      onnx::resolveConstant(weightAttr, op->getLoc());
  if (failed(weight))
    return failure();
  rt::Coding coding = *getCoding(op->getOperand(0).getType());
  int64_t down = -coding.zero, up = coding.maxLevel() - coding.zero;
  bool isConv = isa<ConvOp>(op);
  int64_t channels = isConv ? weight->dim(0) : weight->dim(1);
  std::vector<AccumulatorRange> ranges(channels, {0, 0});
  for (int64_t n = 0, size = weight->size(); n < size; ++n) {
    int64_t w = weight->dtype() == rt::DType::I8 ? weight->data<int8_t>()[n]
                                                 : weight->data<int16_t>()[n];
    AccumulatorRange &range =
        ranges[isConv ? n / (size / channels) : n % channels];
    // A padded tap contributes 0, which lies inside [w * down, w * up].
    range.lowest += std::min(w * down, w * up);
    range.highest += std::max(w * down, w * up);
  }
  AccumulatorRange widest = {0, 0};
  for (const AccumulatorRange &range : ranges) {
    widest.lowest = std::min(widest.lowest, range.lowest);
    widest.highest = std::max(widest.highest, range.highest);
  }
  if (widest.lowest < INT32_MIN || widest.highest > INT32_MAX)
    return op->emitOpError("needs accumulators of at most 32 bits, can reach ")
           << (widest.highest > INT32_MAX ? widest.highest : widest.lowest);
  int64_t channelAxis =
      isConv ? 1 : cast<RankedTensorType>(acc.getType()).getRank() - 1;
  if (axis != channelAxis)
    return std::vector<AccumulatorRange>{widest};
  return ranges;
}

/// The least accumulator in `range` at which `level` reaches `wanted`;
/// INT32_MAX if none does.
template <typename Level>
int32_t findThreshold(AccumulatorRange range, int32_t wanted, Level level) {
  if (level(int32_t(range.highest)) < wanted)
    return INT32_MAX;
  int64_t low = range.lowest, high = range.highest; // level(high) >= wanted
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (level(int32_t(middle)) >= wanted)
      high = middle;
    else
      low = middle + 1;
  }
  return int32_t(low);
}

struct Mttfs : spike::impl::SpikeMttfsBase<Mttfs> {
  using SpikeMttfsBase::SpikeMttfsBase;

  bool isPlain() {
    if (plain)
      return true;
    auto mask = getOperation()->getAttrOfType<StringAttr>("snn.mask");
    return mask && mask.getValue() == "plain";
  }

  /// Theta[channel][v - 1]: the least accumulator that f maps to v or more.
  FailureOr<TypedAttr> buildThresholds(RequantizeOp op, TTFSType train) {
    auto type = cast<LevelType>(
        cast<RankedTensorType>(op.getResult().getType()).getElementType());
    FailureOr<rt::Tensor> scale =
        onnx::resolveConstant(op.getScale(), op.getLoc());
    if (failed(scale))
      return failure();
    rt::Tensor bias;
    if (op.getBias()) {
      FailureOr<rt::Tensor> resolved =
          onnx::resolveConstant(*op.getBias(), op.getLoc());
      if (failed(resolved))
        return failure();
      bias = *resolved;
    }
    auto accType = cast<RankedTensorType>(op.getX().getType());
    int64_t axis =
        op.getAxis() < 0 ? op.getAxis() + accType.getRank() : op.getAxis();
    FailureOr<std::vector<AccumulatorRange>> ranges =
        findRanges(op.getX(), axis);
    if (failed(ranges))
      return failure();
    bool uniform = scale->size() == 1 && (!bias.defined() || bias.size() == 1);
    if (uniform) { // one row serves all channels, over the widest range
      for (const AccumulatorRange &range : *ranges) {
        (*ranges)[0].lowest = std::min((*ranges)[0].lowest, range.lowest);
        (*ranges)[0].highest = std::max((*ranges)[0].highest, range.highest);
      }
      ranges->resize(1);
    }
    int64_t rows = uniform ? 1 : accType.getDimSize(axis);
    int32_t maxLevel = int32_t(type.getMaxLevel());
    rt::Coding coding = type.getCoding();
    // With the mask at the dead zone's centre the firing window applies the
    // dead zone; otherwise the thresholds do.
    bool folded = coding.radius > 0 && train.getRadius() == 0;
    rt::Tensor thresholds(rt::DType::I32, {rows, maxLevel});
    for (int64_t c = 0; c < rows; ++c) {
      float s = scale->data<float>()[scale->size() == 1 ? 0 : c];
      float b =
          !bias.defined() ? 0.0f : bias.data<float>()[bias.size() == 1 ? 0 : c];
      bool hasBias = bias.defined();
      if (!(s > 0))
        return op.emitOpError("needs positive scales, has ") << s;
      auto level = [&](int32_t acc) {
        float y = hasBias ? rt::rescaleAccumulator(acc, s, b)
                          : static_cast<float>(acc) * s;
        if (op.getRelu())
          y = y > 0 ? y : 0.0f;
        int32_t q = rt::quantizeLevel(y, coding.scale, coding.zero, maxLevel);
        return folded ? coding.deadZone(q) : q;
      };
      AccumulatorRange range = (*ranges)[ranges->size() == 1 ? 0 : c];
      int32_t *row = thresholds.data<int32_t>() + c * maxLevel;
      for (int32_t v = 1; v <= maxLevel; ++v)
        row[v - 1] = findThreshold(range, v, level);
    }
    return onnx::makeConstantAttr(
        &getContext(), op.getSite().str() + ".thresholds", thresholds,
        IntegerType::get(&getContext(), 32));
  }

  void runOnOperation() override {
    bool isPlainCoding = isPlain();
    for (Site site : getSites(getOperation())) {
      if (isa<SiteOp>(site.op)) {
        site.op->emitOpError("is not quantised; run spike-quantize first");
        return signalPassFailure();
      }
      auto type = dyn_cast<LevelType>(
          cast<RankedTensorType>(site.result.getType()).getElementType());
      if (!type || !isSpiking(site.kind))
        continue;
      if (isPlainCoding && type.getRadius() > 0 &&
          type.getMask() != type.getZero()) {
        site.op->emitOpError("needs its dead zone around its zero point ")
            << type.getZero() << " in plain TTFS, has it around "
            << type.getMask()
            << "; run spike-choose-mask with mask=plain first";
        return signalPassFailure();
      }
      unsigned mask = isPlainCoding ? 0 : type.getMask();
      unsigned radius = isPlainCoding ? 0 : type.getRadius();
      auto train = TTFSType::get(&getContext(), type.getBits(), type.getZero(),
                                 mask, radius, type.getScale());
      auto resultType =
          cast<RankedTensorType>(site.result.getType()).clone(train);
      OpBuilder b(site.op);
      Value result;
      if (auto quantize = dyn_cast<QuantizeOp>(site.op)) {
        result = EncodeOp::create(
            b, site.op->getLoc(), resultType, quantize.getX(),
            quantize.getValid(), quantize.getSiteAttr(), quantize.getKindAttr(),
            quantize.getTokenAxesAttr(),
            b.getI64IntegerAttr(isPlainCoding ? type.getRadius() : 0));
      } else {
        auto requantize = cast<RequantizeOp>(site.op);
        FailureOr<TypedAttr> thresholds = buildThresholds(requantize, train);
        if (failed(thresholds))
          return signalPassFailure();
        result = FireOp::create(
            b, site.op->getLoc(), resultType, requantize.getX(),
            requantize.getValid(), requantize.getSiteAttr(),
            requantize.getKindAttr(), requantize.getTokenAxesAttr(),
            *thresholds, requantize.getAxisAttr());
      }
      if (Attribute histogram = site.op->getAttr("snn.histogram"))
        result.getDefiningOp()->setAttr("snn.histogram", histogram);
      site.result.replaceAllUsesWith(result);
      setElementType(result, train);
      site.op->erase();
    }
    getOperation()->setAttr(
        "snn.coding",
        StringAttr::get(&getContext(), isPlainCoding ? "plain ttfs" : "mttfs"));
  }
};

} // namespace
