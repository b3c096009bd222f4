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

/// How many neurons one event of an op's spiking operand reaches.
struct EventTargets {
  int64_t count = 0;
  /// Set when the targets are the true elements of this tensor.
  mlir::Value valid;
  /// Events differ, as those of a convolution near the border.
  bool uneven = false;
};
EventTargets getEventTargets(mlir::OpOperand &operand);

/// The neurons of an op's spiking operand that count, as axes of that operand.
struct CountedTokens {
  mlir::Value valid; // may be null: all
  llvm::SmallVector<int64_t> axes;
};
/// The tokens of a convolution that is counted where it reads its train.
CountedTokens getCountedTokens(spike::ConvOp conv);

} // namespace snn

#endif // SNN_LIB_CONVERSION_SPIKETOEMITC_COUNTING_H
