//===- Counting.h - What a simulator counts ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CONVERSION_SPIKETOEMITC_COUNTING_H
#define SNN_LIB_CONVERSION_SPIKETOEMITC_COUNTING_H

#include "snn/Dialect/Spike/SiteUtils.h"

namespace snn {

/// The neurons of an op's spiking operand that count, as axes of that operand.
struct CountedTokens {
  mlir::Value valid; // may be null: all
  llvm::SmallVector<int64_t> axes;
};
/// The tokens of an operand whose events are counted where it is read, as they
/// have different numbers of targets; none for any other operand.
CountedTokens getCountedTokens(mlir::OpOperand &operand);

} // namespace snn

#endif // SNN_LIB_CONVERSION_SPIKETOEMITC_COUNTING_H
