//===- DigitalCost.h - Operations of the digital unit -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_REPORT_DIGITALCOST_H
#define SNN_LIB_REPORT_DIGITALCOST_H

#include "snn/Report/Workload.h"

namespace snn::chip {

/// Elements of a tensor value; its shape must be static.
double countElements(mlir::Value value);

/// Bits of one element as the digital unit stores it.
unsigned elementBits(mlir::Type type);

/// Fills in what the digital unit does for `op`: multiply-adds, exponentials,
/// operand memory (docs/energy.md has the table). Fails at an op that the unit
/// does not execute.
mlir::LogicalResult addDigitalCost(mlir::Operation *op, Load &load);

} // namespace snn::chip

#endif // SNN_LIB_REPORT_DIGITALCOST_H
