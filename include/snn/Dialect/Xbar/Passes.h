//===- Passes.h - Passes on the xbar dialect --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_PASSES_H
#define SNN_DIALECT_XBAR_PASSES_H

#include "mlir/Pass/Pass.h"

namespace snn::xbar {

#define GEN_PASS_DECL
#include "snn/Dialect/Xbar/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Dialect/Xbar/Passes.h.inc"

} // namespace snn::xbar

#endif // SNN_DIALECT_XBAR_PASSES_H
