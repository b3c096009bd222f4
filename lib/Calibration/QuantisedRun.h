//===- QuantisedRun.h - Networks with some sites quantised ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a decision about sites does to the network's outputs, before weights
// and products are converted: float products of quantised values.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_QUANTISEDRUN_H
#define SNN_LIB_CALIBRATION_QUANTISEDRUN_H

#include "DeadZoneRadii.h"
#include "snn/Interpreter/Interpreter.h"

namespace snn::calibration {

/// The levels of a calibrated site, with `radius` around its zero point.
spike::LevelType getLevelType(spike::SiteOp site, unsigned radius);

/// Puts `spike.quantize` and `spike.dequantize` of `x` where `b` stands, for a
/// calibrated site.
mlir::Value quantiseSite(mlir::OpBuilder &b, spike::SiteOp site, mlir::Value x,
                         mlir::Value valid, unsigned radius);

/// A copy of `module` in which the calibrated sites that `choose` accepts
/// quantise.
mlir::OwningOpRef<mlir::ModuleOp>
cloneQuantised(mlir::ModuleOp module, const DeadZoneRadii &radii,
               llvm::function_ref<bool(spike::SiteOp)> choose);

/// What a decision about the sites of a network is tried on.
struct TrialInputs {
  DeadZoneRadii radii;
  std::vector<SampleTensors> samples;
};

/// Reads the dead zones of `module` (`radius` and `sites` as for
/// readDeadZoneRadii) and the first of the calibration inputs: `fewest`
/// samples, or more until a site sees `tokens` of them, in their groups.
mlir::FailureOr<TrialInputs> loadTrial(mlir::ModuleOp module,
                                       llvm::StringRef inputs, int radius,
                                       llvm::ArrayRef<std::string> sites,
                                       int64_t tokens, int64_t fewest);

/// Runs the only function of `module`, fast.
mlir::FailureOr<std::vector<SampleTensors>>
runNetwork(mlir::ModuleOp module, const std::vector<SampleTensors> &samples);

/// The squared difference of all float results over the squared deviation of
/// `wanted` from its mean; 0 where there is no difference.
double relativeError(const std::vector<SampleTensors> &wanted,
                     const std::vector<SampleTensors> &has);

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_QUANTISEDRUN_H
