//===- Calibration.h - Choosing numbers by running networks -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CALIBRATION_CALIBRATION_H
#define SNN_CALIBRATION_CALIBRATION_H

#include "mlir/IR/DialectRegistry.h"

namespace snn::calibration {

/// Lets `xbar-tile` run networks for the range of calibrated converters: adds
/// `xbar::ConverterCalibrationInterface` to the xbar dialect.
void registerConverterCalibration(mlir::DialectRegistry &registry);

} // namespace snn::calibration

#endif // SNN_CALIBRATION_CALIBRATION_H
