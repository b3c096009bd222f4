//===- CalibratePhase.cpp - Choose the phase code of every site -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CalibrationRun.h"
#include "PhaseFit.h"
#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKECALIBRATEPHASE
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

struct CalibratePhase
    : calibration::impl::SpikeCalibratePhaseBase<CalibratePhase> {
  using SpikeCalibratePhaseBase::SpikeCalibratePhaseBase;

  LogicalResult checkOptions() {
    if (range != "mse" && range != "max")
      return getOperation().emitError(
                 "needs range mse or max for phase coding, "
                 "has '")
             << range << "'";
    if (!symbolizePhaseRelease(release))
      return getOperation().emitError("needs release none, swin or bert, has '")
             << release << "'";
    if (!(base > 1 && base <= 2) || phases < 1 || phases > 127)
      return getOperation().emitError(
                 "needs a base above 1 and at most 2 and 1 to 127 phases, has ")
             << toShortest(base) << " and " << int64_t(phases);
    return success();
  }

  /// The code of a site that sees `values`.
  PhaseType choose(SiteKind kind, const std::vector<float> &values) {
    PhaseRelease follow = *symbolizePhaseRelease(release);
    auto type = [&](double scale, bool positive) {
      return PhaseType::get(&getContext(), F64(base), phases, F64(scale),
                            positive ? PhaseSign::Positive : PhaseSign::Signed,
                            follow);
    };
    if (kind == SiteKind::Probability)
      return type(1.0, true);
    PhaseFit fit(values);
    PhaseType unit = type(1.0, !fit.hasNegative());
    if (range == "max")
      return unit.withScale(fit.largest() > 0 ? fit.largest() : 1.0f);
    return unit.withScale(fit.fitScale(unit.getCoding()));
  }

  void runOnOperation() override {
    if (failed(checkOptions()))
      return signalPassFailure();
    SmallVector<Site> sites = getSites(getOperation());
    for (const Site &site : sites)
      if (!isa<SiteOp>(site.op)) {
        site.op->emitOpError("is a quantiser of the model's own; phase coding "
                             "needs a float model");
        return signalPassFailure();
      }
    if (sites.empty())
      return;
    auto chooseSite = [&](SiteOp site, const std::vector<float> &values) {
      site.setCoding(choose(site.getKind(), values));
    };
    if (failed(runCalibration(getOperation(), inputs, chooseSite)))
      signalPassFailure();
  }
};

} // namespace
