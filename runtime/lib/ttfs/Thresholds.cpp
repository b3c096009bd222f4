//===- Thresholds.cpp - From re-quantisers to thresholds --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Thresholds.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdio>

using namespace snn::rt;

void AccumulatorRange::include(const AccumulatorRange &other) {
  lowest = std::min(lowest, other.lowest);
  highest = std::max(highest, other.highest);
}

std::vector<AccumulatorRange> snn::rt::accumulatorRanges(const Tensor &weight,
                                                         bool isConvolution,
                                                         const Coding &coding) {
  int64_t zero = coding.value(coding.zero);
  int64_t down = coding.value(0) - zero;
  int64_t up = coding.value(coding.maxLevel()) - zero;
  int64_t channels = isConvolution ? weight.dim(0) : weight.dim(1);
  std::vector<AccumulatorRange> ranges(channels);
  for (int64_t n = 0, size = weight.size(); n < size; ++n) {
    int64_t w = weight.dtype() == DType::I8 ? weight.data<int8_t>()[n]
                                            : weight.data<int16_t>()[n];
    AccumulatorRange &range =
        ranges[isConvolution ? n / (size / channels) : n % channels];
    // A padded tap contributes 0, which lies inside [w * down, w * up].
    range.lowest += std::min(w * down, w * up);
    range.highest += std::max(w * down, w * up);
  }
  return ranges;
}

/// The least accumulator in `range` at which `level` reaches `wanted`;
/// INT32_MAX if none does. `guess` is where it may be; a good one saves the
/// search.
template <typename Level>
static int32_t findThreshold(const AccumulatorRange &range, int32_t wanted,
                             double guess, Level level) {
  if (level(int32_t(range.highest)) < wanted)
    return INT32_MAX;
  int64_t low = range.lowest, high = range.highest; // level(high) >= wanted
  // Brackets of growing width around the guess.
  if (guess > double(low) && guess < double(high))
    for (int64_t at = std::llround(guess), width = 1; width <= 64; width *= 8) {
      if (at + width < high && level(int32_t(at + width)) >= wanted)
        high = at + width;
      if (at - width > low && at - width < high &&
          level(int32_t(at - width)) < wanted)
        low = at - width + 1;
      if (high - low <= 2 * width)
        break;
    }
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (level(int32_t(middle)) >= wanted)
      high = middle;
    else
      low = middle + 1;
  }
  return int32_t(low);
}

std::vector<AccumulatorRange>
snn::rt::thresholdRanges(const Requantiser &requantiser,
                         const std::vector<AccumulatorRange> &ranges,
                         int64_t channels) {
  if (!requantiser.isUniform())
    return ranges.size() == 1
               ? std::vector<AccumulatorRange>(channels, ranges[0])
               : ranges;
  AccumulatorRange widest = ranges[0];
  for (const AccumulatorRange &range : ranges)
    widest.include(range);
  return {widest};
}

Tensor snn::rt::buildThresholds(const Requantiser &requantiser,
                                const std::vector<AccumulatorRange> &ranges) {
  const Coding &coding = requantiser.coding;
  Coding zone = coding;
  zone.mask = coding.zero;
  zone.radius = requantiser.deadZone;
  int32_t maxLevel = coding.maxLevel();
  auto rows = int64_t(ranges.size());
  auto parameter = [&](const Tensor &tensor, int64_t row) {
    return tensor.data<float>()[tensor.size() == 1 ? 0 : row];
  };
  Tensor thresholds(DType::I32, {rows, maxLevel});
  for (int64_t row = 0; row < rows; ++row) {
    float scale = parameter(requantiser.scale, row);
    bool hasBias = requantiser.bias.defined();
    float bias = hasBias ? parameter(requantiser.bias, row) : 0.0f;
    if (!(scale > 0)) {
      char text[32];
      std::snprintf(text, sizeof text, "%g", double(scale));
      throw Error(std::string("needs positive scales, has ") + text);
    }
    auto level = [&](int32_t acc) {
      float y = hasBias ? rescaleAccumulator(acc, scale, bias)
                        : static_cast<float>(acc) * scale;
      if (requantiser.relu)
        y = y > 0 ? y : 0.0f;
      int32_t q = levelOf(y, coding);
      return requantiser.deadZone > 0 ? zone.deadZone(q) : q;
    };
    int32_t *out = thresholds.data<int32_t>() + row * maxLevel;
    for (int32_t v = 1; v <= maxLevel; ++v) {
      // The middle between two levels, by the formula's inverse; rounding and a
      // dead zone move the threshold.
      double middle = 0.5 * (coding.value(v - 1) + coding.value(v)) -
                      coding.value(coding.zero);
      double guess =
          (middle * double(coding.scale) - double(bias)) / double(scale);
      out[v - 1] = findThreshold(ranges[row], v, guess, level);
    }
  }
  return thresholds;
}
