//===- ChooseMask.cpp - Choose the silent level of every site -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Remarks.h"
#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Metadata.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/runtime/Kernels.h"
#include "snn/runtime/Spiking.h"

#include <cmath>
#include <cstdlib>

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKECHOOSEMASK
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

/// The real values that `site` quantises.
FailureOr<rt::Tensor> realValues(const Site &site, const rt::Tensor &operand) {
  auto requantize = dyn_cast<RequantizeOp>(site.op);
  if (!requantize)
    return operand;
  FailureOr<rt::Tensor> scale =
      onnx::resolveConstant(requantize.getScale(), site.op->getLoc());
  if (failed(scale))
    return failure();
  rt::Tensor bias, y, rectified;
  if (requantize.getBias()) {
    FailureOr<rt::Tensor> resolved =
        onnx::resolveConstant(*requantize.getBias(), site.op->getLoc());
    if (failed(resolved))
      return failure();
    bias = *resolved;
  }
  rt::rescale(operand, *scale, bias.defined() ? &bias : nullptr, y,
              requantize.getAxis());
  if (!requantize.getRelu())
    return y;
  rt::relu(y, rectified);
  return rectified;
}

struct ChooseMask : calibration::impl::SpikeChooseMaskBase<ChooseMask> {
  using SpikeChooseMaskBase::SpikeChooseMaskBase;

  /// Counts levels on kept tokens; values outside the range are left out.
  static LogicalResult count(const Site &site, const rt::Tensor &operand,
                             const rt::Tensor *valid,
                             std::vector<int64_t> &histogram) {
    FailureOr<rt::Tensor> x = realValues(site, operand);
    if (failed(x))
      return failure();
    rt::Coding coding = *getCoding(site.result.getType());
    std::vector<bool> flags = expandValidity(x->shape(), valid, site.tokenAxes);
    const float *data = x->data<float>();
    for (int64_t n = 0, size = x->size(); n < size; ++n) {
      if (!flags.empty() && !flags[n])
        continue;
      if (coding.hasTable()) {
        ++histogram[rt::levelOf(data[n], coding)];
        continue;
      }
      float level = std::nearbyint(data[n] / coding.scale) + float(coding.zero);
      if (level >= 0 && level <= float(coding.maxLevel()))
        ++histogram[int64_t(level)];
    }
    return success();
  }

  /// Sets the mask of `site`, with a remark if that is the last word on it.
  void setMask(const Site &site, unsigned level, bool final) {
    auto type = cast<LevelType>(
        cast<RankedTensorType>(site.result.getType()).getElementType());
    unsigned k = type.getRadius();
    unsigned distance = std::abs(int(level) - int(type.getZero()));
    setElementType(site.result,
                   LevelType::get(&getContext(), type.getBits(), type.getZero(),
                                  level, k, type.getScale(), type.getTable()));
    if (!final)
      return;
    std::string name = site.name.str();
    remark::passed(site.op->getLoc(), remark::RemarkOpts::name("MaskLevel")
                                          .category("spike-choose-mask")
                                          .function(name))
        << remark::metric("mask", level)
        << remark::metric("zero", type.getZero())
        << remark::metric("distance", distance);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string choice = mask;
    if (choice == "auto") {
      choice = getMetadata(module, "snnc.mask").str();
      // Networks of spikes are read bit by bit as they are: the levels of the
      // few sites beside them would pay for a mask on every row.
      bool hasTrains = llvm::any_of(getSites(module), [](const Site &site) {
        return isStepTrain(site.result.getType());
      });
      if (choice.empty())
        choice = hasTrains ? "zero" : "mode";
    }
    StringRef level = choice;
    unsigned fixedLevel = 0;
    bool fixed = level.consume_front("level:");
    if (fixed ? level.getAsInteger(10, fixedLevel)
              : (choice != "mode" && choice != "zero" && choice != "plain")) {
      module.emitError("needs mask mode, zero, plain or level:N, has '")
          << choice << "'";
      return signalPassFailure();
    }
    SmallVector<Site> sites;
    for (const Site &site : getSites(module))
      if (isa<LevelType>(
              cast<RankedTensorType>(site.result.getType()).getElementType()))
        sites.push_back(site);
    if (choice == "mode" && inputs.empty() && !sites.empty()) {
      module.emitWarning("has no calibration inputs for the mask level; every "
                         "site's mask is its zero point (give --calibrate, or "
                         "--mask zero)");
      choice = "zero";
    }
    facts(module).getMaskAttrHelper().setAttr(
        module, StringAttr::get(&getContext(), choice));

    // Everything but the mode is known without running.
    for (const Site &site : sites) {
      auto type = cast<LevelType>(
          cast<RankedTensorType>(site.result.getType()).getElementType());
      unsigned chosen = type.getZero();
      if (fixed && isSpiking(site.kind) && site.kind != SiteKind::Probability) {
        if (fixedLevel > type.getMaxLevel()) {
          site.op->emitOpError("needs a mask level of at most ")
              << type.getMaxLevel() << ", has " << fixedLevel;
          return signalPassFailure();
        }
        chosen = fixedLevel;
      }
      bool fromRun = choice == "mode" && isSpiking(site.kind) &&
                     site.kind != SiteKind::Probability;
      setMask(site, chosen, !fromRun);
    }
    if (choice != "mode" || sites.empty())
      return;

    func::FuncOp function = getEntryPoint(module);
    if (!function)
      return signalPassFailure();
    FailureOr<std::vector<SampleTensors>> samples =
        loadSamples(function, inputs);
    if (failed(samples))
      return signalPassFailure();
    Interpreter interpreter(function);
    interpreter.setFast(true);
    interpreter.setBefore([&](Operation *op,
                              ArrayRef<const SampleTensors *> operands) {
      std::optional<Site> site = getSite(op);
      if (!site || !isSpiking(site->kind) ||
          site->kind == SiteKind::Probability ||
          isTrain(site->result.getType()))
        return success();
      auto type = cast<LevelType>(
          cast<RankedTensorType>(site->result.getType()).getElementType());
      std::vector<int64_t> histogram(type.getMaxLevel() + 1, 0);
      const SampleTensors &x = *operands[0];
      for (size_t s = 0; s < x.size(); ++s) {
        const rt::Tensor *valid = nullptr;
        if (site->valid)
          valid = &(*operands[1])[operands[1]->size() == 1 ? 0 : s];
        if (failed(count(*site, x[s], valid, histogram)))
          return LogicalResult(failure());
      }
      int zero = int(type.getZero()), best = zero;
      for (int l = 0; l <= int(type.getMaxLevel()); ++l) {
        int64_t gain = histogram[l] - histogram[best];
        int closer = std::abs(best - zero) - std::abs(l - zero);
        if (gain > 0 ||
            (gain == 0 && (closer > 0 || (closer == 0 && l < best))))
          best = l;
      }
      int distance = std::abs(best - zero);
      if (type.getRadius() > 0 && distance > 0 &&
          distance <= int(type.getRadius())) {
        std::string name = site->name.str();
        remark::passed(op->getLoc(), remark::RemarkOpts::name("ZeroStaysZero")
                                         .category("spike-choose-mask")
                                         .function(name))
            << remark::reason("the mode {0} would swallow the zero point {1}",
                              best, zero);
        best = zero;
      }
      setMask(*site, unsigned(best), true);
      facts(op).getHistogramAttrHelper().setAttr(
          op, DenseI64ArrayAttr::get(op->getContext(), histogram));
      return success();
    });
    if (failed(interpreter.run(*samples)))
      return signalPassFailure();
  }
};

} // namespace
