//===- CalibrationRun.h - The float run that sites are chosen from -*- C++ -*-//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_CALIBRATIONRUN_H
#define SNN_LIB_CALIBRATION_CALIBRATIONRUN_H

#include "snn/Dialect/Spike/Spike.h"

#include <functional>
#include <vector>

namespace snn::calibration {

/// Decides about a site from its values on kept tokens.
using ChooseSite =
    std::function<void(spike::SiteOp site, std::vector<float> values)>;

/// Runs the float network of `module` on `inputs` (a data file or "random:N")
/// and hands every site's values to `choose` before anything downstream runs.
/// Leaves statistics of products in `spike.mean` and `spike.deviation`, and
/// `spike.random_calibration` on the module where the inputs are random.
/// Reports missing inputs and values that are not finite.
mlir::LogicalResult runCalibration(mlir::ModuleOp module,
                                   llvm::StringRef inputs,
                                   const ChooseSite &choose);

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_CALIBRATIONRUN_H
