//===- SlotSum.cpp - Sums over the slots of a phase code --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SlotSum.h"

#include <cmath>

using namespace snn::vchip;

SlotSum::SlotSum(const rt::PhaseCoding &coding, size_t outputs)
    : high(outputs, 0.0f), low(outputs, 0.0f) {
  for (double level : rt::PhaseTable(coding).levels) {
    traceHigh.push_back(static_cast<float>(level));
    traceLow.push_back(
        static_cast<float>(level - static_cast<double>(traceHigh.back())));
  }
}

template <typename Integer>
void SlotSum::add(int32_t slot, const std::vector<Integer> &sums) {
  float trace = traceHigh[static_cast<size_t>(slot)];
  float rest = traceLow[static_cast<size_t>(slot)];
  for (size_t i = 0; i < sums.size(); ++i) {
    if (sums[i] == 0)
      continue;
    // A sum of more than 24 bits is a pair too.
    auto code = static_cast<float>(sums[i]);
    auto codeRest = static_cast<float>(static_cast<double>(sums[i]) -
                                       static_cast<double>(code));
    float product = code * trace;
    float productRest =
        std::fma(code, trace, -product) + code * rest + codeRest * trace;
    float sum = high[i] + product;
    float part = sum - high[i];
    float error = (high[i] - (sum - part)) + (product - part);
    high[i] = sum;
    low[i] += error + productRest;
  }
}

template void SlotSum::add(int32_t slot, const std::vector<int32_t> &sums);
template void SlotSum::add(int32_t slot, const std::vector<int64_t> &sums);

float SlotSum::potential(size_t output, double factor, double bias) const {
  double sum =
      static_cast<double>(high[output]) + static_cast<double>(low[output]);
  return static_cast<float>(sum * factor + bias);
}
