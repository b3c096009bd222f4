//===- SiteSensitivity.cpp - What each site does to the outputs -----------===//
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
#define GEN_PASS_DEF_SPIKESITESENSITIVITY
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

struct SiteSensitivity
    : calibration::impl::SpikeSiteSensitivityBase<SiteSensitivity> {
  using SpikeSiteSensitivityBase::SpikeSiteSensitivityBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<StringRef> names;
    module.walk([&](SiteOp site) {
      if (site.getScale())
        names.push_back(site.getSite());
    });
    if (names.empty() || inputs.empty())
      return;
    FailureOr<TrialInputs> trial = loadTrial(
        module, inputs, radius, llvm::to_vector(deadZoneSites), 0, 32);
    if (failed(trial))
      return signalPassFailure();
    const std::vector<SampleTensors> &samples = trial->samples;
    FailureOr<std::vector<SampleTensors>> wanted = runNetwork(module, samples);
    if (failed(wanted))
      return signalPassFailure();
    SiteNotes notes(module);
    for (StringRef name : names) {
      OwningOpRef<ModuleOp> copy =
          cloneQuantised(module, trial->radii,
                         [&](SiteOp site) { return site.getSite() == name; });
      FailureOr<std::vector<SampleTensors>> has = runNetwork(*copy, samples);
      if (failed(has))
        return signalPassFailure();
      double error = relativeError(*wanted, *has);
      notes.set(name, "sensitivity", error);
      std::string text = name.str();
      remark::passed(module.getLoc(), remark::RemarkOpts::name("Sensitivity")
                                          .category("spike-site-sensitivity")
                                          .function(text))
          << remark::metric("error", error);
    }
    notes.store();
  }
};

} // namespace
