//===- StepErrors.h - Errors of many quantisers of one tensor ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_STEPERRORS_H
#define SNN_LIB_CALIBRATION_STEPERRORS_H

#include "snn/runtime/Coding.h"
#include <cstdint>

#include <vector>

namespace snn::calibration {

/// A step and a zero point.
struct Choice {
  float scale;
  int64_t zero;
};

/// Squared errors of quantising the same values in many ways. Values are sorted
/// once; as levels rise with them, each level's values are a range, whose error
/// follows from sums of values and squares.
class StepErrors {
public:
  /// Values that are no number are left out.
  explicit StepErrors(std::vector<float> values);

  /// Sum of squared errors with the dead zone of `coding`, whose mask is the
  /// zero point. Zero where rounding of the sums could be all that is left.
  double at(const rt::Coding &coding) const;

private:
  std::vector<float> values;        ///< ascending
  std::vector<double> sum, squares; ///< of the first n values
};

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_STEPERRORS_H
