//===- ModuleChip.h - The chip that a module is mapped to -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_MODULECHIP_H
#define SNN_DIALECT_XBAR_MODULECHIP_H

#include "mlir/IR/BuiltinOps.h"
#include "snn/Chip/Chip.h"

namespace snn::xbar {

/// The chip in `xbar.chip`. Reports a missing or wrong attribute at `module`.
mlir::FailureOr<chip::Chip> getChip(mlir::ModuleOp module);

} // namespace snn::xbar

#endif // SNN_DIALECT_XBAR_MODULECHIP_H
