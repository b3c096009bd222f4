//===- CalibrationRun.cpp - The float run that sites are chosen from ------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CalibrationRun.h"
#include "ChannelStatistics.h"
#include "SiteValues.h"
#include "snn/Dialect/Spike/Facts.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

LogicalResult snn::calibration::runCalibration(ModuleOp module,
                                               StringRef inputs,
                                               const ChooseSite &choose) {
  if (inputs.empty()) {
    bool isDynamic =
        facts(module).getDynamicSitesAttrHelper().isAttrPresent(module);
    return module.emitError(isDynamic ? "computes the ranges of its quantisers"
                                      : "is a float model")
           << "; give calibration inputs with --calibrate FILE.npz (or "
              "--calibrate random:N to try things out)";
  }
  func::FuncOp function = getEntryPoint(module);
  if (!function)
    return failure();
  FailureOr<std::vector<SampleTensors>> samples = loadSamples(function, inputs);
  if (failed(samples))
    return failure();
  ProductRecorder recorder;
  Interpreter interpreter(function);
  interpreter.setFast(true);
  interpreter.setBefore(
      [&](Operation *op,
          ArrayRef<const SampleTensors *> operands) -> LogicalResult {
        auto site = dyn_cast<SiteOp>(op);
        if (!site)
          return success();
        const SampleTensors *valid =
            operands.size() > 1 ? operands[1] : nullptr;
        recorder.addSite(site, valid);
        std::vector<float> values =
            gatherValues(*getSite(op), *operands[0], valid);
        if (!llvm::all_of(values, [](float v) { return std::isfinite(v); }))
          return op->emitOpError("sees values that are not finite on the "
                                 "calibration inputs");
        choose(site, std::move(values));
        return success();
      });
  interpreter.setAfter(
      [&](Operation *op, ArrayRef<const SampleTensors *> results) {
        return recorder.record(op, *results[0]);
      });
  if (failed(interpreter.run(*samples)))
    return failure();
  if (inputs.starts_with("random:"))
    spike::facts(module).getRandomCalibrationAttrHelper().setAttr(
        module, UnitAttr::get(module.getContext()));
  return success();
}
