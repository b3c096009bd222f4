//===- Fast.cpp - LIF and SDSA, vectorised ----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All steps of a block of neurons at once; attention on words of 64 spikes.
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "binary/BitPack.h"
#include "binary/Modes.h"

#include <algorithm>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// LIF
//===----------------------------------------------------------------------===//

/// One step of neighbouring neurons with a reset at once.
SNN_CLONES static void updateBlock(const float *__restrict x,
                                   float *__restrict membrane,
                                   uint8_t *__restrict train, int64_t count,
                                   float tau, float threshold, float reset,
                                   bool decayInput, bool softReset,
                                   float leak) {
  for (int64_t i = 0; i < count; ++i) {
    float h = decayInput ? membrane[i] + (x[i] - membrane[i]) / tau
                         : membrane[i] * leak + x[i];
    bool fires = h >= threshold;
    membrane[i] = fires ? (softReset ? h - threshold : reset) : h;
    train[i] = fires;
  }
}

/// One step of neighbouring neurons of any kind: charged, compared level by
/// level, reset.
SNN_CLONES static void chargeBlock(const float *__restrict x,
                                   const float *__restrict membrane,
                                   float *__restrict h, int64_t count,
                                   const LifNeuron &neuron, float leak) {
  for (int64_t i = 0; i < count; ++i)
    h[i] = lifCharge(membrane[i], x[i], neuron, leak);
}
SNN_CLONES static void compareBlock(const float *__restrict h,
                                    uint8_t *__restrict train, int64_t count,
                                    float level) {
  for (int64_t i = 0; i < count; ++i)
    train[i] = static_cast<uint8_t>(train[i] + (h[i] >= level));
}

void fast::lif(const LifArguments &a) {
  constexpr int64_t block = 1024;
  float membrane[block], h[block];
  const LifNeuron &n = a.neuron;
  float leak = n.leak();
  bool isClassic = n.isClassic() && !a.membranes;
  for (int64_t begin = 0; begin < a.neurons; begin += block) {
    int64_t count = std::min(block, a.neurons - begin);
    std::fill(membrane, membrane + count, 0.0f);
    for (int64_t t = 0; t < a.steps; ++t) {
      int64_t at = t * a.neurons + begin;
      if (isClassic) {
        updateBlock(a.x + at, membrane, a.train + at, count, n.tau, n.threshold,
                    n.reset, n.decayInput, n.softReset, leak);
        continue;
      }
      chargeBlock(a.x + at, membrane, h, count, n, leak);
      std::fill(a.train + at, a.train + at + count, uint8_t(0));
      compareBlock(h, a.train + at, count, n.threshold);
      for (float level : n.levels)
        compareBlock(h, a.train + at, count, level);
      for (int64_t i = 0; i < count; ++i)
        membrane[i] = lifReset(h[i], a.train[at + i], n);
      if (a.membranes)
        std::copy(h, h + count, a.membranes + at);
    }
  }
}

//===----------------------------------------------------------------------===//
// SDSA
//===----------------------------------------------------------------------===//

/// y += x, y += factor * x.
SNN_CLONES static void addRow(int32_t *__restrict y,
                              const int32_t *__restrict x, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    y[i] += x[i];
}
SNN_CLONES static void addScaled(int32_t *__restrict y,
                                 const uint8_t *__restrict x, int32_t factor,
                                 int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    y[i] += factor * x[i];
}

/// Column sums of k o v (v null: of k).
SNN_CLONES static void sumColumns(const uint8_t *__restrict k,
                                  const uint8_t *__restrict v, int64_t tokens,
                                  int64_t channels, int32_t *__restrict sums) {
  std::fill(sums, sums + channels, 0);
  for (int64_t n = 0; n < tokens; ++n)
    for (int64_t m = 0; m < channels; ++m)
      sums[m] += k[n * channels + m] & (v ? v[n * channels + m] : 1);
}

/// y = Q (K^T V): columns of K and V packed over tokens.
static void multiplyUnmasked(const SdsaArguments &a, const uint8_t *q,
                             const uint8_t *k, const uint8_t *v, int32_t *y) {
  int64_t d = a.channels, words = wordsFor(a.tokens), rowWords = wordsFor(d);
  std::vector<uint64_t> columns(2 * d * words), row(rowWords);
  std::vector<int32_t> product(d * d);
  for (int64_t c = 0; c < d; ++c) {
    packBits(k + c, d, a.tokens, &columns[c * words]);
    packBits(v + c, d, a.tokens, &columns[(d + c) * words]);
  }
  for (int64_t c = 0; c < d; ++c)
    for (int64_t m = 0; m < d; ++m)
      product[c * d + m] =
          coincidences(&columns[c * words], &columns[(d + m) * words], words);
  for (int64_t n = 0; n < a.tokens; ++n, y += d) {
    std::fill(y, y + d, 0);
    packBits(q + n * d, 1, d, row.data());
    forEachBit(row.data(), rowWords,
               [&](int64_t c) { addRow(y, &product[c * d], d); });
  }
}

/// y = ((Q K^T) o M) V: rows of Q and K packed over channels.
static void multiplyMasked(const SdsaArguments &a, const uint8_t *q,
                           const uint8_t *k, const uint8_t *v, int32_t *y) {
  int64_t d = a.channels, words = wordsFor(d);
  std::vector<uint64_t> keys(a.tokens * words), query(words);
  for (int64_t j = 0; j < a.tokens; ++j)
    packBits(k + j * d, 1, d, &keys[j * words]);
  for (int64_t i = 0; i < a.tokens; ++i, y += d) {
    std::fill(y, y + d, 0);
    packBits(q + i * d, 1, d, query.data());
    for (int64_t j = 0; j < a.tokens; ++j)
      if (a.mask[i * a.tokens + j])
        if (int32_t score = coincidences(query.data(), &keys[j * words], words))
          addScaled(y, v + j * d, score, d);
  }
}

void fast::sdsaSums(const SdsaArguments &a) {
  for (int64_t p = 0; p < a.products; ++p) {
    int64_t at = p * a.matrix();
    int32_t *y = a.sums + p * a.sumCount();
    if (a.variant == 1)
      sumColumns(a.k + at, a.v + at, a.tokens, a.channels, y);
    else if (a.variant == 2)
      sumColumns(a.q + at, nullptr, a.tokens, a.channels, y);
    else if (a.mask)
      multiplyMasked(a, a.q + at, a.k + at, a.v + at, y);
    else
      multiplyUnmasked(a, a.q + at, a.k + at, a.v + at, y);
  }
}

SNN_CLONES static void scaleSums(const int32_t *__restrict sums, float scale,
                                 float *__restrict x, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    x[i] = static_cast<float>(sums[i]) * scale;
}

void fast::sdsa(const SdsaArguments &a) {
  int64_t count = a.products * a.sumCount();
  std::vector<int32_t> sums(count);
  std::vector<float> x(count);
  std::vector<uint8_t> fired(a.isProduct() ? 0 : count);
  SdsaArguments product = a;
  product.sums = sums.data();
  fast::sdsaSums(product);
  scaleSums(sums.data(), a.scale, x.data(), count);
  fast::lif({x.data(), a.steps, count / a.steps, a.neuron,
             a.isProduct() ? a.a : fired.data()});
  if (a.isProduct())
    return;
  for (int64_t p = 0; p < a.products; ++p)
    for (int64_t i = 0; i < a.matrix(); ++i)
      a.a[p * a.matrix() + i] = a.gated()[p * a.matrix() + i] &
                                fired[p * a.channels + i % a.channels];
}
