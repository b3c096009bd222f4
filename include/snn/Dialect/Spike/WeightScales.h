//===- WeightScales.h - Integers and scales of weights ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_WEIGHTSCALES_H
#define SNN_DIALECT_SPIKE_WEIGHTSCALES_H

#include "snn/Dialect/Spike/Spike.h"

namespace snn::spike {

/// Channels whose scales are searched side by side: neighbours in memory where
/// the channel's axis is the last.
constexpr int64_t channelLanes = 8;

/// Integers and one scale for each of `channelLanes` output channels' weights;
/// element n of lane l is at n * channelLanes + l. With one bit, the sign of
/// what exceeds the mean; otherwise the scale of least squared error among 49
/// below the one that holds the largest weight. Weights are finite.
void quantizeChannels(llvm::ArrayRef<float> weights, unsigned bits,
                      llvm::MutableArrayRef<int8_t> integers,
                      llvm::MutableArrayRef<float> scales);

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_WEIGHTSCALES_H
