//===- StochasticSupport.h - Trains and exact tests of chance ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_UNITTESTS_STOCHASTICSUPPORT_H
#define SNN_UNITTESTS_STOCHASTICSUPPORT_H

#include "TestSupport.h"

#include "snn/runtime/Stochastic.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace snn::rt::test {

constexpr Mode modes[] = {Mode::Fast, Mode::Event, Mode::Stepped};

/// Q, K and V of [steps, batch, heads, tokens, channels].
struct Trains {
  Tensor q, k, v;
  /// Every element fires with the same probability.
  Trains(Random &random, const Shape &shape, float rate) {
    for (Tensor *t : {&q, &k, &v}) {
      *t = Tensor(DType::U8, shape);
      for (int64_t i = 0; i < t->size(); ++i)
        t->data<uint8_t>()[i] = random.real(0, 1) < rate;
    }
  }
  /// One matrix, repeated `repeats` times along the axis of steps or batch.
  Trains repeated(int64_t repeats, bool overSteps) const {
    Trains all = *this;
    const Tensor *from[] = {&q, &k, &v};
    Tensor *to[] = {&all.q, &all.k, &all.v};
    for (int i = 0; i < 3; ++i) {
      Shape shape = from[i]->shape();
      shape[overSteps ? 0 : 1] = repeats;
      *to[i] = Tensor(DType::U8, shape);
      for (int64_t r = 0; r < repeats; ++r)
        std::memcpy(to[i]->data<uint8_t>() + r * from[i]->size(),
                    from[i]->raw(), from[i]->bytes());
    }
    return all;
  }
};

inline SsaParameters plainSsa(const Tensor &q, uint64_t seed = 7,
                              int32_t layer = 3) {
  return {{seed, layer}, Generator::Philox, q.dim(-1), q.dim(-2), false, false};
}

/// Two-sided p-value of `count` events in `trials` of probability `p`: what is
/// at most as likely. Exact: the sum runs over the distribution.
inline double binomialTest(int64_t trials, int64_t count, double p) {
  if (p <= 0 || p >= 1)
    return count == (p <= 0 ? 0 : trials) ? 1.0 : 0.0;
  auto logMass = [&](int64_t k) {
    return std::lgamma(trials + 1.0) - std::lgamma(k + 1.0) -
           std::lgamma(trials - k + 1.0) + k * std::log(p) +
           (trials - k) * std::log1p(-p);
  };
  double limit = logMass(count) + 1e-7, sum = 0;
  for (int64_t k = 0; k <= trials; ++k)
    if (double mass = logMass(k); mass <= limit)
      sum += std::exp(mass);
  return std::min(sum, 1.0);
}

/// The least p-value that a family of `tests` may have: alpha 1e-6 in all
/// (Bonferroni).
inline double familyLimit(int64_t tests) {
  return 1e-6 / static_cast<double>(tests);
}

} // namespace snn::rt::test

#endif // SNN_UNITTESTS_STOCHASTICSUPPORT_H
