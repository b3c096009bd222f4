//===- Thresholds.h - From re-quantisers to thresholds ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one routine that turns a re-quantiser (scale, bias, ReLU, rounding, clip)
// into the thresholds of a firing site (mttfs.md section 3). The compiler and
// the loader of programming images share it.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_THRESHOLDS_H
#define SNN_RUNTIME_THRESHOLDS_H

#include "snn/runtime/Coding.h"
#include "snn/runtime/Tensor.h"

#include <vector>

namespace snn::rt {

/// The least and the greatest accumulator of one channel.
struct AccumulatorRange {
  int64_t lowest = 0, highest = 0;
  /// Extends this range to hold `other`.
  void include(const AccumulatorRange &other);
};

/// What the accumulators of a product with static weights can reach when its
/// inputs take every level of `coding`. `weight` is I8 or I16, [inputs,
/// outputs] or, for a convolution, [outputs, inputs, kernel...]. One range per
/// output.
std::vector<AccumulatorRange> accumulatorRanges(const Tensor &weight,
                                                bool isConvolution,
                                                const Coding &coding);

/// A map from accumulators to levels: acc * scale + bias, optional ReLU,
/// `levelOf`, and levels within `deadZone` of the zero point to the zero
/// point (0: none). The coding's own mask and radius are not applied.
struct Requantiser {
  Tensor scale; ///< F32, 1 or one per channel; positive
  Tensor bias;  ///< the same, or undefined: no addition
  bool relu = false;
  Coding coding{};
  int32_t deadZone = 0;

  /// One row of thresholds serves all channels.
  bool isUniform() const {
    return scale.size() == 1 && (!bias.defined() || bias.size() == 1);
  }
};

/// One range per row of thresholds of `channels` channels, of which `ranges`
/// has one or one each: a single row over the widest range where one serves all
/// channels.
std::vector<AccumulatorRange>
thresholdRanges(const Requantiser &requantiser,
                const std::vector<AccumulatorRange> &ranges, int64_t channels);

/// Theta[channel][v - 1]: the least accumulator of the channel's range that the
/// re-quantiser maps to level v or more; INT32_MAX where none does. I32
/// [ranges.size(), T]. Searches with the re-quantiser itself, so that rounding
/// cannot differ. Throws when a scale is not positive.
Tensor buildThresholds(const Requantiser &requantiser,
                       const std::vector<AccumulatorRange> &ranges);

} // namespace snn::rt

#endif // SNN_RUNTIME_THRESHOLDS_H
