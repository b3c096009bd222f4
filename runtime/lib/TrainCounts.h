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

/// How often each byte occurs in a train: on valid neurons, and on the others.
struct TrainCounts {
  Histogram valid{}, removed{};
};

/// The counts of a train of bytes; `valid` and `tokenAxes` as in countSpikes.
TrainCounts countTrain(const Tensor &train, const Tensor *valid,
                       const Ints &tokenAxes);

/// The sum of a histogram.
int64_t total(const Histogram &h);

} // namespace snn::rt::detail

#endif // SNN_LIB_TRAINCOUNTS_H
