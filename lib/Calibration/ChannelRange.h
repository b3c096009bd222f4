//===- ChannelRange.h - A step and a shift for one channel ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_CHANNELRANGE_H
#define SNN_LIB_CALIBRATION_CHANNELRANGE_H

#include <cstdint>
#include <vector>

namespace snn::calibration {

/// The levels that all channels of a site share.
struct LevelRange {
  unsigned bits;
  int32_t zero;
  int32_t radius; ///< of the dead zone around `zero`, in levels
  std::vector<int32_t> table = {}; ///< of the levels' integers; empty: uniform

  int32_t maxLevel() const { return (1 << bits) - 1; }
  /// The integer of level `q` relative to that of the zero point.
  int32_t digit(int32_t q) const {
    return table.empty() ? q - zero : table[q] - table[zero];
  }
};

/// Level q of a channel reads as shift + step * digit(q).
struct ChannelRange {
  float step = 0; ///< 0 where all values are equal
  float shift = 0;
  double error = 0; ///< sum of squares over the values
};

/// The values of one channel. As levels rise with values, each level's values
/// are a run of the sorted ones, whose error follows from sums.
class ChannelValues {
public:
  ChannelValues() = default; ///< of nothing, to be assigned to
  /// At least one finite value.
  explicit ChannelValues(std::vector<float> values);

  float lowest() const { return values.front(); }
  float highest() const { return values.back(); }
  size_t size() const { return values.size(); }

  /// The step and the shift of least squared error. The ends of the range are
  /// drawn in from the extremes towards the median; with a dead zone, the zero
  /// point is the median, so that silence is where values are dense. From six
  /// bits on the range is half as wide again: few rows do not hold the extremes
  /// of unseen ones.
  /// With a table zero or the median is the zero point, whichever has the
  /// smaller error.
  ChannelRange fitShifted(const LevelRange &levels) const;
  /// The step of least squared error where zero stays level `zero`.
  ChannelRange fitScaled(const LevelRange &levels) const;

  double squaredError(const LevelRange &levels, double step,
                      double shift) const;

private:
  /// What values outside of two levels lose at least.
  double clippedError(double low, double high) const;
  /// The step of least squared error where `origin` is the zero point.
  ChannelRange fitAround(const LevelRange &levels, double origin,
                         int steps) const;

  std::vector<float> values;        ///< ascending
  std::vector<double> sum, squares; ///< of the first n values
};

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_CHANNELRANGE_H
