//===- Stochastic.h - The runtime's form of random spikes -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_STOCHASTIC_H
#define SNN_DIALECT_SPIKE_STOCHASTIC_H

#include "snn/Dialect/Spike/Spike.h"
#include "snn/runtime/Stochastic.h"

namespace snn::spike {

/// What the random numbers of an op are drawn from.
template <typename Op> rt::RandomStream getStream(Op op) {
  return {static_cast<uint64_t>(op.getSeed()),
          static_cast<int32_t>(op.getLayerId())};
}

/// What the elements of a random tensor are numbered by.
template <typename Op> rt::DrawStage getStage(Op op) {
  return static_cast<rt::DrawStage>(op.getStage());
}

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_STOCHASTIC_H
