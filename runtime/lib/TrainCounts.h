//===- TrainCounts.h - Histograms of trains ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_TRAINCOUNTS_H
#define SNN_LIB_TRAINCOUNTS_H

#include "snn/runtime/Tensor.h"

#include <array>

namespace snn::rt::detail {

using Histogram = std::array<int64_t, 256>;

/// The levels that do not fire: all from `low` to `high`.
struct SilentLevels {
  uint8_t low, high;
};

/// How often each byte occurs in a train on valid neurons, and what the others
/// do.
struct TrainCounts {
  Histogram valid{};
  int64_t removed = 0, removedSpikes = 0;
};

/// The counts of a train of bytes; `valid` and `tokenAxes` as in countSpikes.
TrainCounts countTrain(const Tensor &train, SilentLevels silent,
                       const Tensor *valid, const Ints &tokenAxes);

/// Valid neurons that fire.
int64_t countFiring(const Tensor &train, SilentLevels silent,
                    const Tensor *valid, const Ints &tokenAxes);

/// The sum of a histogram.
int64_t total(const Histogram &h);

} // namespace snn::rt::detail

#endif // SNN_LIB_TRAINCOUNTS_H
