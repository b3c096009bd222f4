//===- PhaseFit.h - Fitting a phase code to values --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_PHASEFIT_H
#define SNN_LIB_CALIBRATION_PHASEFIT_H

#include "snn/Dialect/Spike/Spike.h"
#include "snn/runtime/Phase.h"

namespace snn::calibration {

/// The values of one site, prepared for asking how well a code fits them. The
/// error of a code takes time in the number of its phases, not of values: the
/// magnitudes are sorted, and sums over runs of them are differences.
class PhaseFit {
public:
  explicit PhaseFit(const std::vector<float> &values);

  bool hasNegative() const { return negative; }
  float largest() const { return magnitudes.empty() ? 0 : magnitudes.back(); }
  /// Sum of the values' squares.
  double energy() const { return squares.back(); }
  /// Sum of squared errors under a code.
  double squaredError(const rt::PhaseCoding &coding) const;
  /// The scale of least squared error for the code's base and phases, among 96
  /// from 0.15 to 1.1 times the largest magnitude (times the base where levels
  /// start one phase late); 1 for a site that is always 0.
  float fitScale(rt::PhaseCoding coding) const;

private:
  std::vector<float> magnitudes;     // ascending
  std::vector<double> sums, squares; // of the first n magnitudes
  bool negative = false;
};

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_PHASEFIT_H
