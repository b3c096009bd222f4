//===- PhaseFit.cpp - Fitting a phase code to values ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PhaseFit.h"

#include <algorithm>
#include <cmath>

using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

PhaseFit::PhaseFit(const std::vector<float> &values)
    : sums(1, 0.0), squares(1, 0.0) {
  for (float v : values) {
    magnitudes.push_back(std::fabs(v));
    negative |= v < 0;
  }
  std::sort(magnitudes.begin(), magnitudes.end());
  for (float v : magnitudes) {
    sums.push_back(sums.back() + double(v));
    squares.push_back(squares.back() + double(v) * double(v));
  }
}

double PhaseFit::squaredError(const rt::PhaseCoding &coding) const {
  rt::PhaseTable table(coding);
  double error = 0;
  size_t end = magnitudes.size();
  for (int32_t phase = 0; phase < coding.phases && end > 0; ++phase) {
    float threshold = table.thresholds[phase] * coding.scale;
    size_t begin = std::lower_bound(magnitudes.begin(),
                                    magnitudes.begin() + end, threshold) -
                   magnitudes.begin();
    double level = table.levels[phase] * double(coding.scale);
    error += squares[end] - squares[begin] -
             2 * level * (sums[end] - sums[begin]) +
             level * level * double(end - begin);
    end = begin;
  }
  return error + squares[end]; // the rest is silent
}

float PhaseFit::fitScale(rt::PhaseCoding coding) const {
  float most = largest();
  if (!(most > 0))
    return 1.0f;
  double reach = coding.release == rt::PhaseRelease::Swin ? coding.base : 1.0;
  constexpr int steps = 96;
  constexpr double low = 0.15, high = 1.1;
  float best = float(most * reach);
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < steps; ++i) {
    double factor = low * std::pow(high / low, double(i) / (steps - 1));
    coding.scale = float(most * reach * factor);
    double error = squaredError(coding);
    if (error < least) {
      least = error;
      best = coding.scale;
    }
  }
  return best;
}
