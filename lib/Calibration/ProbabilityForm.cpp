//===- ProbabilityForm.cpp - What a query sends for each key --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantisedRun.h"
#include "SiteNotes.h"
#include "mlir/IR/Remarks.h"
#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKEPROBABILITYFORM
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

/// An attention whose probabilities can be sent by numerator.
struct Attention {
  SiteOp site;
  onnx::SoftmaxOp softmax;
  onnx::MatMulOp product;
};

std::optional<Attention> matchAttention(SiteOp site) {
  if (site.getKind() != SiteKind::Probability || !site.getScale())
    return std::nullopt;
  auto softmax = site.getX().getDefiningOp<onnx::SoftmaxOp>();
  if (!softmax || !softmax->hasOneUse() || !site.getResult().hasOneUse())
    return std::nullopt;
  int64_t rank = cast<RankedTensorType>(softmax.getType()).getRank();
  if (softmax.getAxis() != -1 && softmax.getAxis() != rank - 1)
    return std::nullopt;
  auto product = dyn_cast<onnx::MatMulOp>(*site.getResult().user_begin());
  if (!product || product.getA() != site.getResult() ||
      cast<RankedTensorType>(product.getType()).getRank() != rank)
    return std::nullopt;
  return Attention{site, softmax, product};
}

Value makeNumber(OpBuilder &b, Location loc, float number) {
  auto type = RankedTensorType::get({}, b.getF32Type());
  return onnx::ConstantOp::create(b, loc, type,
                                  DenseElementsAttr::get(type, number));
}

/// T exp(s - max) instead of the softmax, and a division of the context by the
/// sum of the levels.
void divideContext(const Attention &attention) {
  SiteOp site = attention.site;
  onnx::SoftmaxOp softmax = attention.softmax;
  onnx::MatMulOp product = attention.product;
  Location loc = softmax.getLoc();
  OpBuilder b(softmax);
  auto type = cast<RankedTensorType>(softmax.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = 1;
  auto rowType = type.clone(shape);
  std::string name = site.getSite().str();
  auto nameOf = [&](StringRef suffix) {
    return NameLoc::get(b.getStringAttr(name + suffix));
  };
  Value largest =
      onnx::ReduceMaxOp::create(b, nameOf("/largest"), rowType, softmax.getX(),
                                ArrayRef<int64_t>{-1}, true);
  Value below =
      onnx::SubOp::create(b, nameOf("/below"), type, softmax.getX(), largest);
  Value numerator = onnx::ExpOp::create(b, loc, type, below);
  // Level 0 is 0, and the largest level T.
  float top = float((1 << *site.getBits()) - 1);
  int64_t zero = 0;
  if (std::optional<ArrayRef<int32_t>> table = site.getTable()) {
    zero = *site.getZero();
    top = float(table->back() - (*table)[zero]);
  }
  Value steps = onnx::MulOp::create(b, nameOf("/steps"), type, numerator,
                                    makeNumber(b, loc, top));
  site.getXMutable().assign(steps);
  site.setZero(zero);
  site.setScaleAttr(b.getF32FloatAttr(1.0));
  softmax.erase();

  b.setInsertionPointAfter(product);
  Value sum =
      onnx::ReduceSumOp::create(b, nameOf("/sum"), rowType, site.getResult(),
                                ArrayRef<int64_t>{-1}, true);
  // A dead zone that reaches the largest level would leave nothing.
  Value divisor = onnx::MaxOp::create(b, nameOf("/divisor"), rowType, sum,
                                      makeNumber(b, loc, 1.0f));
  auto context = onnx::DivOp::create(b, nameOf("/context"), product.getType(),
                                     product.getResult(), divisor);
  product.getResult().replaceAllUsesExcept(context.getResult(), context);
  // Lost mass is given back: no factor per head is to do so again.
  dropFact(facts(product).getDeviationAttrHelper(), product);
}

SmallVector<Attention> findAttentions(ModuleOp module, unsigned finestBits) {
  SmallVector<Attention> attentions;
  module.walk([&](SiteOp site) {
    if (std::optional<Attention> attention = matchAttention(site))
      if (*site.getBits() <= finestBits)
        attentions.push_back(*attention);
  });
  return attentions;
}

struct ProbabilityForm
    : calibration::impl::SpikeProbabilityFormBase<ProbabilityForm> {
  using SpikeProbabilityFormBase::SpikeProbabilityFormBase;

  /// Whether numerators leave the outputs at least as near to the float
  /// network's.
  FailureOr<bool> isBetter(ModuleOp module) {
    FailureOr<TrialInputs> trial = loadTrial(
        module, inputs, radius, llvm::to_vector(deadZoneSites), 2048, 16);
    if (failed(trial))
      return failure();
    const std::vector<SampleTensors> &samples = trial->samples;
    auto all = [](SiteOp) { return true; };
    FailureOr<std::vector<SampleTensors>> wanted = runNetwork(module, samples);
    if (failed(wanted))
      return failure();
    double errors[2];
    for (bool byNumerator : {false, true}) {
      OwningOpRef<ModuleOp> copy = module.clone();
      if (byNumerator)
        for (const Attention &attention : findAttentions(*copy, finestBits))
          divideContext(attention);
      OwningOpRef<ModuleOp> quantised =
          cloneQuantised(*copy, trial->radii, all);
      FailureOr<std::vector<SampleTensors>> has =
          runNetwork(*quantised, samples);
      if (failed(has))
        return failure();
      errors[byNumerator] = relativeError(*wanted, *has);
    }
    remark::passed(module.getLoc(), remark::RemarkOpts::name("ProbabilityForm")
                                        .category("spike-probability-form"))
        << remark::metric("softmax", errors[0])
        << remark::metric("numerator", errors[1]);
    return errors[1] <= errors[0];
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (form != "auto" && form != "softmax" && form != "numerator") {
      module.emitError("needs form auto, softmax or numerator, has '")
          << form << "'";
      return signalPassFailure();
    }
    if (form == "softmax" ||
        (form == "auto" &&
         (inputs.empty() || StringRef(inputs).starts_with("random:"))))
      return;
    if (form == "numerator")
      finestBits = 8;
    SmallVector<Attention> attentions = findAttentions(module, finestBits);
    if (attentions.empty()) {
      if (form == "numerator")
        module.emitWarning("has no probabilities of a softmax along the last "
                           "axis that a product alone reads; none is sent by "
                           "numerator");
      return;
    }
    if (form == "auto") {
      FailureOr<bool> better = isBetter(module);
      if (failed(better))
        return signalPassFailure();
      if (!*better)
        return;
    }
    SiteNotes notes(module);
    for (const Attention &attention : attentions) {
      SiteOp site = attention.site;
      notes.drop(site.getSite(), "error");
      notes.set(site.getSite(), "form", StringRef("numerator"));
      divideContext(attention);
    }
    notes.store();
  }
};

} // namespace
