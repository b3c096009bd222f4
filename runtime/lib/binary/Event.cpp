//===- Event.cpp - LIF and SDSA from lists of spikes ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A neuron gives the list of the steps in which it fires; attention delivers
// the spikes of Q, K and V one by one. Silent neurons cost nothing.
//
//===----------------------------------------------------------------------===//

#include "binary/Modes.h"
#include "ttfs/SpikeLists.h"

#include <algorithm>

using namespace snn::rt;
using namespace snn::rt::detail;

/// The steps in which a neuron fires whose input of step t is input(t), each as
/// often as it fires. take(t, h) sees the compared membranes.
template <typename Input, typename Take>
static void integrate(int64_t steps, const LifNeuron &neuron,
                      const LifConstants &own, Input input, Take take,
                      std::vector<int32_t> &spikes) {
  float membrane = 0, h = 0;
  spikes.clear();
  for (int64_t t = 0; t < steps; ++t) {
    int32_t count = lifUpdate(membrane, input(t), neuron, own, &h);
    take(t, h);
    spikes.insert(spikes.end(), static_cast<size_t>(count),
                  static_cast<int32_t>(t));
  }
}

void event::lif(const LifArguments &a) {
  std::vector<int32_t> spikes;
  std::fill(a.train, a.train + a.steps * a.neurons, 0);
  for (int64_t i = 0; i < a.neurons; ++i) {
    integrate(
        a.steps, a.neuron, a.neuron.constantsAt(i),
        [&](int64_t t) { return a.x[t * a.neurons + i]; },
        [&](int64_t t, float h) {
          if (a.membranes)
            a.membranes[t * a.neurons + i] = h;
        },
        spikes);
    for (int32_t t : spikes)
      ++a.train[t * a.neurons + i];
  }
}

/// Q (K^T V): every pair of spikes of a key and its value meets in one counter;
/// every spike of a query then collects its row of counters.
static void multiplyUnmasked(const SdsaArguments &a, const SpikeLists &q,
                             const SpikeLists &k, const SpikeLists &v,
                             int32_t *y) {
  int64_t w = a.width;
  std::vector<int32_t> counters(a.channels * w, 0);
  for (int64_t n = 0; n < a.tokens; ++n)
    for (int32_t c : k[n])
      for (int32_t m : v[n])
        ++counters[c * w + m];
  for (int64_t n = 0; n < a.tokens; ++n)
    for (int32_t c : q[n])
      for (int64_t m = 0; m < w; ++m)
        y[n * w + m] += counters[c * w + m];
}

/// ((Q K^T) o M) V: a spike of a query finds the keys that fire in its channel.
static void multiplyMasked(const SdsaArguments &a, const SpikeLists &q,
                           const SpikeLists &keysOfChannel, const SpikeLists &v,
                           int32_t *y) {
  for (int64_t i = 0; i < a.tokens; ++i)
    for (int32_t c : q[i])
      for (int32_t j : keysOfChannel[c])
        if (a.mask[i * a.tokens + j])
          for (int32_t m : v[j])
            ++y[i * a.width + m];
}

void event::sdsaSums(const SdsaArguments &a) {
  int64_t d = a.channels;
  std::fill(a.sums, a.sums + a.products * a.sumCount(), 0);
  for (int64_t p = 0; p < a.products; ++p) {
    int64_t at = p * a.matrix();
    int32_t *y = a.sums + p * a.sumCount();
    SpikeLists q(a.q + at, a.tokens, d, d, 1);
    SpikeLists v(a.v + p * a.values(), a.tokens, a.width, a.width, 1);
    if (a.variant == 1) {
      for (int64_t n = 0; n < a.tokens; ++n)
        for (int32_t m : v[n])
          if (a.k[at + n * d + m])
            ++y[m];
    } else if (a.variant == 2) {
      for (int64_t n = 0; n < a.tokens; ++n)
        for (int32_t m : q[n])
          ++y[m];
    } else if (a.mask) {
      multiplyMasked(a, q, SpikeLists(a.k + at, d, a.tokens, 1, d), v, y);
    } else {
      multiplyUnmasked(a, q, SpikeLists(a.k + at, a.tokens, d, d, 1), v, y);
    }
  }
}

void event::sdsa(const SdsaArguments &a) {
  std::vector<int32_t> sums(a.products * a.sumCount()), spikes;
  SdsaArguments product = a;
  product.sums = sums.data();
  event::sdsaSums(product);
  int64_t neurons = static_cast<int64_t>(sums.size()) / a.steps;
  std::fill(a.a, a.a + a.products * a.values(), 0);
  LifConstants own = a.neuron.constantsAt(0);
  for (int64_t i = 0; i < neurons; ++i) {
    integrate(
        a.steps, a.neuron, own,
        [&](int64_t t) {
          int64_t at = t * neurons + i;
          return product.input(at / a.sumCount(), at % a.sumCount());
        },
        [](int64_t, float) {}, spikes);
    for (int32_t t : spikes) {
      int64_t fired = t * neurons + i;
      if (a.isProduct()) {
        ++a.a[fired];
        continue;
      }
      // The channel's spike lets the spikes of all tokens pass.
      int64_t at = fired / a.channels * a.matrix() + fired % a.channels;
      for (int64_t n = 0; n < a.tokens; ++n, at += a.channels)
        if (a.gated()[at])
          a.a[at] = 1;
    }
  }
}
