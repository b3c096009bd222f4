//===- Summary.h - What a mapping uses, in numbers --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_SUMMARY_H
#define SNN_DIALECT_XBAR_SUMMARY_H

#include "mlir/IR/BuiltinOps.h"
#include "snn/Chip/Chip.h"

#include <map>
#include <string>

namespace snn::xbar {

/// A placed module in numbers.
struct MappingSummary {
  int64_t layers = 0;    ///< with cells of their own
  int64_t tiles = 0;     ///< one copy of every layer
  int64_t crossbars = 0; ///< copies included, over all rounds
  int64_t cells = 0;     ///< logical cells with a digit, copies included
  int64_t rounds = 0;
  double utilisation =
      0; ///< of the logical cells of the used crossbars, 0 to 1
  std::map<std::string, int64_t> products; ///< by engine
};

/// Sums up `module`, whose layers have placements on `chip`.
MappingSummary summarise(mlir::ModuleOp module, const chip::Chip &chip);

/// One line for people: "24 layers in 1728 of 16384 crossbars (72.0 % ...".
std::string toString(const MappingSummary &summary, const chip::Chip &chip);

} // namespace snn::xbar

#endif // SNN_DIALECT_XBAR_SUMMARY_H
