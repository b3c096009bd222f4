//===- Stepped.cpp - LIF and SDSA step by step ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One time step of a whole layer after another, with the membranes kept
// between them, as a digital neuromorphic core would run it.
//
//===----------------------------------------------------------------------===//

#include "binary/Modes.h"

#include <algorithm>

using namespace snn::rt;
using namespace snn::rt::detail;

void stepped::lif(const LifArguments &a) {
  std::vector<float> membranes(a.neurons, 0.0f);
  LifConstants own = a.neuron.constantsAt(0);
  for (int64_t t = 0; t < a.steps; ++t)
    for (int64_t i = 0; i < a.neurons; ++i) {
      int64_t at = t * a.neurons + i;
      if (!a.neuron.constants.empty())
        own = a.neuron.constantsAt(i);
      a.train[at] = static_cast<uint8_t>(
          lifUpdate(membranes[i], a.x[at], a.neuron, own, a.membraneAt(at)));
    }
}

/// The sums of one product. Tokens arrive one after another; every counter
/// takes up what it sees of them.
static void countProduct(const SdsaArguments &a, int64_t product, int32_t *y) {
  int64_t d = a.channels, w = a.width;
  const uint8_t *q = a.q + product * a.matrix(),
                *k = a.k + product * a.matrix(),
                *v = a.v + product * a.values();
  std::fill(y, y + a.sumCount(), 0);
  if (!a.isProduct()) {
    for (int64_t n = 0; n < a.tokens; ++n)
      for (int64_t m = 0; m < d; ++m)
        y[m] += a.variant == 1 ? (k[n * d + m] & v[n * d + m]) : q[n * d + m];
    return;
  }
  if (!a.mask) {
    std::vector<int32_t> counters(d * w, 0);
    for (int64_t n = 0; n < a.tokens; ++n)
      for (int64_t c = 0; c < d; ++c)
        for (int64_t m = 0; m < w; ++m)
          counters[c * w + m] += k[n * d + c] * v[n * w + m];
    for (int64_t n = 0; n < a.tokens; ++n)
      for (int64_t c = 0; c < d; ++c)
        for (int64_t m = 0; m < w; ++m)
          y[n * w + m] += q[n * d + c] * counters[c * w + m];
    return;
  }
  for (int64_t j = 0; j < a.tokens; ++j)
    for (int64_t i = 0; i < a.tokens; ++i) {
      int32_t score = 0;
      for (int64_t c = 0; c < d; ++c)
        score += q[i * d + c] * k[j * d + c];
      score = a.mask[i * a.tokens + j] ? score : 0;
      for (int64_t m = 0; m < w; ++m)
        y[i * w + m] += v[j * w + m] * score;
    }
}

void stepped::sdsaSums(const SdsaArguments &a) {
  for (int64_t p = 0; p < a.products; ++p)
    countProduct(a, p, a.sums + p * a.sumCount());
}

void stepped::sdsa(const SdsaArguments &a) {
  int64_t perStep = a.products / a.steps, count = a.sumCount(), d = a.channels;
  std::vector<float> membranes(perStep * count, 0.0f);
  std::vector<int32_t> sums(count);
  LifConstants own = a.neuron.constantsAt(0);
  for (int64_t p = 0; p < a.products; ++p) {
    countProduct(a, p, sums.data());
    float *membrane = &membranes[p % perStep * count];
    for (int64_t s = 0; s < count; ++s) {
      float x = static_cast<float>(sums[s]) *
                a.scales.at(p, s / a.width, s % a.width);
      int32_t fired = lifUpdate(membrane[s], x, a.neuron, own);
      if (a.isProduct()) {
        a.a[p * count + s] = static_cast<uint8_t>(fired);
        continue;
      }
      for (int64_t n = 0; n < a.tokens; ++n) {
        int64_t at = p * a.matrix() + n * d + s;
        a.a[at] = fired ? a.gated()[at] : 0;
      }
    }
  }
}
