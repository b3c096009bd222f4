//===- ChannelRange.cpp - A step and a shift for one channel --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelRange.h"

#include <algorithm>
#include <limits>

using namespace snn::calibration;

/// From here on levels are so fine that clipping of unseen values costs more
/// than a wider step.
static constexpr unsigned wideBits = 6;

ChannelValues::ChannelValues(std::vector<float> unsorted)
    : values(std::move(unsorted)) {
  std::sort(values.begin(), values.end());
  sum.reserve(values.size() + 1);
  squares.reserve(values.size() + 1);
  sum.push_back(0);
  squares.push_back(0);
  for (float v : values) {
    sum.push_back(sum.back() + double(v));
    squares.push_back(squares.back() + double(v) * double(v));
  }
}

double ChannelValues::squaredError(LevelRange levels, double step,
                                   double shift) const {
  double total = 0;
  size_t first = 0;
  for (int32_t q = 0; q <= levels.maxLevel() && first < values.size(); ++q) {
    int32_t digit = q - levels.zero;
    size_t last = values.size();
    if (q < levels.maxLevel())
      last = std::upper_bound(values.begin() + int64_t(first), values.end(),
                              float(shift + step * (digit + 0.5))) -
             values.begin();
    bool isDead = digit <= levels.radius && digit >= -levels.radius;
    double back = isDead ? shift : shift + step * digit;
    total += (squares[last] - squares[first]) -
             2 * back * (sum[last] - sum[first]) +
             double(last - first) * back * back;
    first = last;
  }
  return std::max(total, 0.0);
}

ChannelRange ChannelValues::fitShifted(LevelRange levels) const {
  double low = lowest(), high = highest();
  double median = values[values.size() / 2];
  if (!(high > low))
    return {0, float(median), 0};
  double top = levels.maxLevel();
  ChannelRange best;
  best.error = std::numeric_limits<double>::infinity();
  auto consider = [&](double step, double shift) {
    double error = squaredError(levels, step, shift);
    if (error < best.error && float(step) > 0)
      best = {float(step), float(shift), error};
  };
  if (levels.radius > 0) {
    double reach = std::max(
        levels.zero > 0 ? (median - low) / levels.zero : 0.0,
        levels.zero < top ? (high - median) / (top - levels.zero) : 0.0);
    constexpr int steps = 40;
    for (int i = 1; i <= steps; ++i)
      consider(reach * i / steps, median);
  } else {
    // Both ends at 0.4 to 1 of their distance from the median.
    constexpr int ends = 9;
    for (int i = 0; i < ends; ++i)
      for (int j = 0; j < ends; ++j) {
        double from = median + (low - median) * (0.4 + 0.075 * i);
        double to = median + (high - median) * (0.4 + 0.075 * j);
        double step = (to - from) / top;
        consider(step, from + levels.zero * step);
      }
    if (levels.bits >= wideBits) {
      double middle = best.shift + best.step * (top / 2 - levels.zero);
      double step = 1.5 * best.step;
      double shift = middle - step * (top / 2 - levels.zero);
      best = {float(step), float(shift), squaredError(levels, step, shift)};
    }
  }
  return best;
}

ChannelRange ChannelValues::fitScaled(LevelRange levels) const {
  double top = levels.maxLevel(), low = lowest(), high = highest();
  double reach = std::max(levels.zero > 0 ? -low / levels.zero : 0.0,
                          levels.zero < top ? high / (top - levels.zero) : 0.0);
  if (!(reach > 0))
    return {0, 0, squaredError(levels, 1, 0)};
  ChannelRange best;
  best.error = std::numeric_limits<double>::infinity();
  constexpr int steps = 80;
  for (int i = 1; i <= steps; ++i) {
    double step = reach * i / steps;
    double error = squaredError(levels, step, 0);
    if (error < best.error && float(step) > 0)
      best = {float(step), 0, error};
  }
  if (levels.bits >= wideBits && levels.radius == 0) {
    double step = 1.25 * best.step;
    best = {float(step), 0, squaredError(levels, step, 0)};
  }
  return best;
}
