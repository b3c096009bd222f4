//===- Difference.cpp - How far two tensors are apart ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Difference.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace snn;

namespace {
struct Difference {
  double worst = 0, mean = 0; ///< as parts of the range
};
} // namespace

/// Infinite where the tensors cannot be compared.
static Difference measure(const rt::Tensor &wanted, const rt::Tensor &have) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  constexpr Difference incomparable{infinite, infinite};
  if (wanted.dtype() != have.dtype() || wanted.shape() != have.shape())
    return incomparable;
  if (wanted.dtype() != rt::DType::F32) {
    // The part of elements that differ.
    size_t width = rt::byteWidth(wanted.dtype()), count = 0;
    const char *a = static_cast<const char *>(wanted.raw()),
               *b = static_cast<const char *>(have.raw());
    for (size_t i = 0; i < wanted.bytes(); i += width)
      count += std::memcmp(a + i, b + i, width) != 0;
    return {count ? infinite : 0,
            count ? double(count) / double(wanted.size()) : 0};
  }
  const float *a = wanted.data<float>(), *b = have.data<float>();
  double least = infinite, greatest = -infinite, worst = 0, sum = 0;
  int64_t n = wanted.size();
  for (int64_t i = 0; i < n; ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i]))
      continue;
    if (std::isfinite(a[i])) {
      least = std::min<double>(least, a[i]);
      greatest = std::max<double>(greatest, a[i]);
    }
    if (a[i] == b[i])
      continue;
    double difference = std::abs(double(a[i]) - b[i]);
    if (!std::isfinite(difference))
      return incomparable;
    worst = std::max(worst, difference);
    sum += difference;
  }
  if (worst == 0)
    return {};
  // A constant tensor has no range; its size stands for it.
  double range = std::max(greatest - least,
                          std::max(std::abs(greatest), std::abs(least)) * 1e-3);
  if (!(range > 0))
    return incomparable;
  return {worst / range, sum / double(n) / range};
}

double snn::compareToRange(const rt::Tensor &wanted, const rt::Tensor &have) {
  return measure(wanted, have).worst;
}

double snn::compareMeans(const rt::Tensor &wanted, const rt::Tensor &have) {
  return measure(wanted, have).mean;
}
