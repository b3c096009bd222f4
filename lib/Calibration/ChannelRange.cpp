//===- ChannelRange.cpp - A step and a shift for one channel --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelRange.h"
#include "snn/Support/InstructionSets.h"

#include <algorithm>
#include <cassert>
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

/// How many of `values`, which ascend, are at most each of `bounds`: all
/// bisections side by side, without branches.
SNN_CLONES static void countBelow(const float *values, int32_t size,
                                  const float *bounds, int32_t *counts,
                                  int32_t n) {
  std::fill_n(counts, n, 0);
  for (int32_t left = size; left > 1;) {
    int32_t half = left / 2;
    for (int32_t b = 0; b < n; ++b)
      counts[b] += values[counts[b] + half - 1] <= bounds[b] ? half : 0;
    left -= half;
  }
  for (int32_t b = 0; b < n; ++b)
    counts[b] += values[counts[b]] <= bounds[b] ? 1 : 0;
}

double ChannelValues::squaredError(const LevelRange &levels, double step,
                                   double shift) const {
  constexpr int32_t mostBounds = 256;
  float bounds[mostBounds];
  int32_t ends[mostBounds], top = levels.maxLevel();
  assert(top < mostBounds && "more levels than eight bits have");
  for (int32_t q = 0; q < top; ++q)
    bounds[q] =
        float(shift + step * 0.5 * (levels.digit(q) + levels.digit(q + 1)));
  countBelow(values.data(), int32_t(values.size()), bounds, ends, top);
  double total = 0;
  size_t first = 0;
  for (int32_t q = 0; q <= top && first < values.size(); ++q) {
    size_t last = q < top ? size_t(ends[q]) : values.size();
    int32_t distance = q - levels.zero;
    bool isDead = distance <= levels.radius && distance >= -levels.radius;
    double back = isDead ? shift : shift + step * levels.digit(q);
    total += (squares[last] - squares[first]) -
             2 * back * (sum[last] - sum[first]) +
             double(last - first) * back * back;
    first = last;
  }
  return std::max(total, 0.0);
}

double ChannelValues::clippedError(double low, double high) const {
  auto error = [&](size_t first, size_t last, double level) {
    return (squares[last] - squares[first]) -
           2 * level * (sum[last] - sum[first]) +
           double(last - first) * level * level;
  };
  auto begin = values.begin();
  size_t below =
             size_t(std::lower_bound(begin, values.end(), float(low)) - begin),
         above =
             size_t(std::upper_bound(begin, values.end(), float(high)) - begin);
  return error(0, below, low) +
         error(std::max(below, above), values.size(), high);
}

ChannelRange ChannelValues::fitAround(const LevelRange &levels, double origin,
                                      int steps) const {
  double down = -levels.digit(0), up = levels.digit(levels.maxLevel());
  double reach = std::max(down > 0 ? (origin - lowest()) / down : 0.0,
                          up > 0 ? (highest() - origin) / up : 0.0);
  ChannelRange best;
  best.error = std::numeric_limits<double>::infinity();
  // From the widest on, until what the outermost levels clip costs more than
  // the best so far: it only grows. Of equal ones the finest.
  for (int i = steps; i >= 1; --i) {
    double step = reach * i / steps;
    if (0.999 * clippedError(origin - step * down, origin + step * up) >
        best.error)
      break;
    double error = squaredError(levels, step, origin);
    if (error <= best.error && float(step) > 0)
      best = {float(step), float(origin), error};
  }
  return best;
}

ChannelRange ChannelValues::fitShifted(const LevelRange &levels) const {
  double low = lowest(), high = highest();
  double median = values[values.size() / 2];
  if (!(high > low))
    return {0, float(median), 0};
  if (!levels.table.empty()) {
    ChannelRange atZero = fitAround(levels, 0, 80);
    ChannelRange atMedian = fitAround(levels, median, 80);
    return atMedian.error < atZero.error ? atMedian : atZero;
  }
  if (levels.radius > 0)
    return fitAround(levels, median, 40);
  double top = levels.maxLevel();
  ChannelRange best;
  best.error = std::numeric_limits<double>::infinity();
  // Both ends at 0.4 to 1 of their distance from the median.
  constexpr int ends = 9;
  for (int i = 0; i < ends; ++i)
    for (int j = 0; j < ends; ++j) {
      double from = median + (low - median) * (0.4 + 0.075 * i);
      double to = median + (high - median) * (0.4 + 0.075 * j);
      double step = (to - from) / top;
      double shift = from + levels.zero * step;
      double error = squaredError(levels, step, shift);
      if (error < best.error && float(step) > 0)
        best = {float(step), float(shift), error};
    }
  if (levels.bits >= wideBits) {
    double middle = best.shift + best.step * (top / 2 - levels.zero);
    double step = 1.5 * best.step;
    double shift = middle - step * (top / 2 - levels.zero);
    best = {float(step), float(shift), squaredError(levels, step, shift)};
  }
  return best;
}

ChannelRange ChannelValues::fitScaled(const LevelRange &levels) const {
  ChannelRange best = fitAround(levels, 0, 80);
  if (!(best.step > 0))
    return {0, 0, squaredError(levels, 1, 0)};
  if (levels.bits >= wideBits && levels.radius == 0) {
    double step = 1.25 * best.step;
    best = {float(step), 0, squaredError(levels, step, 0)};
  }
  return best;
}
