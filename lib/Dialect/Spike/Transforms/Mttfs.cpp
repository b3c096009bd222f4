//===- Mttfs.cpp - Code levels as M-TTFS trains ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/Requantiser.h"
#include "snn/Dialect/Spike/SiteUtils.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEMTTFS
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

struct Mttfs : spike::impl::SpikeMttfsBase<Mttfs> {
  using SpikeMttfsBase::SpikeMttfsBase;

  bool isPlain() {
    if (plain)
      return true;
    StringAttr mask =
        facts(getOperation()).getMaskAttrHelper().getAttr(getOperation());
    return mask && mask.getValue() == "plain";
  }

  /// `spike.fire` with the thresholds of `op` and what they follow from.
  FailureOr<Value> buildFire(OpBuilder &b, RequantizeOp op, TTFSType train) {
    FailureOr<rt::Requantiser> requantiser = getRequantiser(op);
    if (failed(requantiser))
      return failure();
    // With the mask at the dead zone's centre the firing window applies the
    // dead zone; otherwise the thresholds do.
    if (train.getRadius() == 0)
      requantiser->deadZone = requantiser->coding.radius;
    auto accType = cast<RankedTensorType>(op.getX().getType());
    int64_t axis =
        op.getAxis() < 0 ? op.getAxis() + accType.getRank() : op.getAxis();
    FailureOr<std::vector<rt::AccumulatorRange>> ranges =
        findAccumulatorRanges(op.getX(), axis);
    if (failed(ranges))
      return failure();
    rt::Tensor thresholds;
    try {
      thresholds = rt::buildThresholds(
          *requantiser,
          rt::thresholdRanges(*requantiser, *ranges, accType.getDimSize(axis)));
    } catch (const std::exception &e) {
      return op.emitOpError(e.what());
    }
    TypedAttr attribute = onnx::makeConstantAttr(
        &getContext(), op.getSite().str() + ".thresholds", thresholds,
        IntegerType::get(&getContext(), 32));
    auto resultType =
        cast<RankedTensorType>(op.getResult().getType()).clone(train);
    return Value(FireOp::create(
        b, op.getLoc(), resultType, op.getX(), op.getValid(), op.getSiteAttr(),
        op.getKindAttr(), op.getTokenAxesAttr(), attribute, op.getAxisAttr(),
        op.getScaleAttr(), op.getBiasAttr(), op.getReluAttr(),
        b.getI64IntegerAttr(requantiser->deadZone)));
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
      auto train =
          TTFSType::get(&getContext(), type.getBits(), type.getZero(), mask,
                        radius, type.getScale(), type.getTable());
      OpBuilder b(site.op);
      Value result;
      if (auto quantize = dyn_cast<QuantizeOp>(site.op)) {
        auto resultType =
            cast<RankedTensorType>(site.result.getType()).clone(train);
        result = EncodeOp::create(
            b, site.op->getLoc(), resultType, quantize.getX(),
            quantize.getValid(), quantize.getSiteAttr(), quantize.getKindAttr(),
            quantize.getTokenAxesAttr(),
            b.getI64IntegerAttr(isPlainCoding ? type.getRadius() : 0));
      } else {
        FailureOr<Value> fired =
            buildFire(b, cast<RequantizeOp>(site.op), train);
        if (failed(fired))
          return signalPassFailure();
        result = *fired;
      }
      copyFact(facts(site.op).getHistogramAttrHelper(), site.op,
               result.getDefiningOp());
      site.result.replaceAllUsesWith(result);
      setElementType(result, train);
      site.op->erase();
    }
    bool hasSteps =
        llvm::any_of(getSites(getOperation()), [](const Site &site) {
          return isStepTrain(site.result.getType());
        });
    StringRef coding =
        hasSteps ? "lif" : (isPlainCoding ? "plain ttfs" : "mttfs");
    facts(getOperation())
        .getCodingAttrHelper()
        .setAttr(getOperation(), StringAttr::get(&getContext(), coding));
  }
};

} // namespace
