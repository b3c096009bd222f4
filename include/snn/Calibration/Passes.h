//===- Passes.h - Passes that run networks to choose numbers ----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CALIBRATION_PASSES_H
#define SNN_CALIBRATION_PASSES_H

#include "mlir/Pass/Pass.h"

namespace snn::calibration {

#define GEN_PASS_DECL
#include "snn/Calibration/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Calibration/Passes.h.inc"

} // namespace snn::calibration

#endif // SNN_CALIBRATION_PASSES_H
