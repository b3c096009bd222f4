//===- Passes.h - Reports on mapped networks --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_REPORT_PASSES_H
#define SNN_REPORT_PASSES_H

#include "mlir/Pass/Pass.h"

namespace snn::chip {

#define GEN_PASS_DECL
#include "snn/Report/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Report/Passes.h.inc"

} // namespace snn::chip

#endif // SNN_REPORT_PASSES_H
