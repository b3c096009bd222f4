//===- StepErrors.cpp - Errors of many quantisers of one tensor -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepErrors.h"
#include "snn/runtime/Coding.h"

#include <algorithm>

using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

StepErrors::StepErrors(std::vector<float> unsorted)
    : values(std::move(unsorted)) {
  values.erase(std::remove_if(values.begin(), values.end(),
                              [](float v) { return !(v == v); }),
               values.end());
  std::sort(values.begin(), values.end());
  sum.reserve(values.size() + 1);
  squares.reserve(values.size() + 1);
  sum.push_back(0);
  squares.push_back(0);
  for (float v : values) {
    sum.push_back(sum.back() + double(v));
    squares.push_back(squares.back() + double(v) * v);
  }
}

double StepErrors::at(const rt::Coding &coding) const {
  double total = 0;
  auto first = values.begin();
  for (int32_t level = 0; level <= coding.maxLevel() && first != values.end();
       ++level) {
    auto last = std::partition_point(first, values.end(), [&](float v) {
      return rt::levelOf(v, coding) <= level;
    });
    double back =
        double(coding.scale * float(coding.digit(coding.deadZone(level))));
    size_t a = first - values.begin(), b = last - values.begin();
    total += (squares[b] - squares[a]) - 2 * back * (sum[b] - sum[a]) +
             double(b - a) * back * back;
    first = last;
  }
  return total < 1e-12 * squares.back() ? 0 : total;
}
