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
SNN_PLAIN_CLONES static void
updateBlock(const float *__restrict x, float *__restrict membrane,
            uint8_t *__restrict train, int64_t count, float tau,
            float threshold, float reset, bool decayInput, bool softReset,
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
SNN_PLAIN_CLONES static void chargeBlock(const float *__restrict x,
                                         const float *__restrict membrane,
                                         float *__restrict h, int64_t count,
                                         const LifNeuron &neuron,
                                         LifConstants own) {
  for (int64_t i = 0; i < count; ++i)
    h[i] = lifCharge(membrane[i], x[i], neuron, own);
}
SNN_PLAIN_CLONES static void compareBlock(const float *__restrict h,
                                          uint8_t *__restrict train,
                                          int64_t count, float level) {
  for (int64_t i = 0; i < count; ++i)
    train[i] = static_cast<uint8_t>(train[i] + (h[i] >= level));
}

void fast::lif(const LifArguments &a) {
  constexpr int64_t block = 1024;
  float membrane[block], h[block];
  const LifNeuron &n = a.neuron;
  LifConstants all = n.constantsAt(0);
  std::vector<LifConstants> own; // of a block's neurons, if they differ
  bool isClassic = n.isClassic() && !a.membranes;
  for (int64_t begin = 0; begin < a.neurons; begin += block) {
    int64_t count = std::min(block, a.neurons - begin);
    std::fill(membrane, membrane + count, 0.0f);
    own.clear();
    for (int64_t i = 0; i < count && !n.constants.empty(); ++i)
      own.push_back(n.constantsAt(begin + i));
    for (int64_t t = 0; t < a.steps; ++t) {
      int64_t at = t * a.neurons + begin;
      if (isClassic) {
        updateBlock(a.x + at, membrane, a.train + at, count, n.tau, n.threshold,
                    n.reset, n.decayInput, n.softReset, all.leak);
        continue;
      }
      if (n.constants.empty())
        chargeBlock(a.x + at, membrane, h, count, n, all);
      else
        for (int64_t i = 0; i < count; ++i)
          h[i] = lifCharge(membrane[i], a.x[at + i], n, own[i]);
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

namespace {
struct SumsTag;
struct MembraneTag;
struct FiredTag;
struct ColumnsTag;
struct ProductTag;
struct ScoresTag;
} // namespace

/// y = the sum of the rows of x that `bits` names.
SNN_PLAIN_CLONES static void sumRows(const uint64_t *__restrict bits,
                                     int64_t words, const int32_t *__restrict x,
                                     int64_t count, int32_t *__restrict y) {
  constexpr int64_t block = 64; // sums that stay in registers
  for (int64_t first = 0; first < count; first += block) {
    int64_t width = std::min(block, count - first);
    int32_t sums[block] = {};
    for (int64_t w = 0; w < words; ++w)
      for (uint64_t rest = bits[w]; rest; rest &= rest - 1) {
        const int32_t *row = x + (w * 64 + __builtin_ctzll(rest)) * count;
        if (width == block)
          for (int64_t i = 0; i < block; ++i)
            sums[i] += row[first + i];
        else
          for (int64_t i = 0; i < width; ++i)
            sums[i] += row[first + i];
      }
    std::copy(sums, sums + width, y + first);
  }
}

/// y += factor * x.
SNN_PLAIN_CLONES static void addScaled(int32_t *__restrict y,
                                       const uint8_t *__restrict x,
                                       int32_t factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    y[i] += factor * x[i];
}

/// Column sums of k o v (v null: of k).
SNN_PLAIN_CLONES static void sumColumns(const uint8_t *__restrict k,
                                        const uint8_t *__restrict v,
                                        int64_t tokens, int64_t channels,
                                        int32_t *__restrict sums) {
  std::fill(sums, sums + channels, 0);
  for (int64_t n = 0; n < tokens; ++n)
    for (int64_t m = 0; m < channels; ++m)
      sums[m] += k[n * channels + m] & (v ? v[n * channels + m] : 1);
}

/// product[c, m] = spikes that column c of k and column m of v have in common,
/// columns of `words` words each. A clone, as counting bits is one instruction
/// from x86-64-v2 on.
SNN_PLAIN_CLONES static void countPairs(const uint64_t *k, const uint64_t *v,
                                        int64_t columns, int64_t words,
                                        int32_t *__restrict product) {
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t m = 0; m < columns; ++m)
      product[c * columns + m] =
          coincidences(k + c * words, v + m * words, words);
}

/// The scores of a query with every key, rows of `words` words each.
SNN_PLAIN_CLONES static void countScores(const uint64_t *query,
                                         const uint64_t *keys, int64_t tokens,
                                         int64_t words,
                                         int32_t *__restrict scores) {
  for (int64_t j = 0; j < tokens; ++j)
    scores[j] = coincidences(query, keys + j * words, words);
}

/// y = Q (K^T V): columns of K and V packed over tokens.
static void multiplyUnmasked(const SdsaArguments &a, const uint8_t *q,
                             const uint8_t *k, const uint8_t *v, int32_t *y) {
  int64_t d = a.channels, words = wordsFor(a.tokens), rowWords = wordsFor(d);
  uint64_t *columns = scratch<uint64_t, ColumnsTag>(2 * d * words + rowWords);
  uint64_t *row = columns + 2 * d * words;
  int32_t *product = scratch<int32_t, ProductTag>(d * d);
  packColumns(k, a.tokens, d, columns);
  packColumns(v, a.tokens, d, columns + d * words);
  countPairs(columns, columns + d * words, d, words, product);
  for (int64_t n = 0; n < a.tokens; ++n, y += d) {
    packBits(q + n * d, d, row);
    sumRows(row, rowWords, product, d, y);
  }
}

/// y = ((Q K^T) o M) V: rows of Q and K packed over channels.
static void multiplyMasked(const SdsaArguments &a, const uint8_t *q,
                           const uint8_t *k, const uint8_t *v, int32_t *y) {
  int64_t d = a.channels, words = wordsFor(d);
  std::vector<uint64_t> keys(a.tokens * words), query(words);
  std::vector<int32_t> scores(a.tokens);
  for (int64_t j = 0; j < a.tokens; ++j)
    packBits(k + j * d, d, &keys[j * words]);
  for (int64_t i = 0; i < a.tokens; ++i, y += d) {
    std::fill(y, y + d, 0);
    packBits(q + i * d, d, query.data());
    countScores(query.data(), keys.data(), a.tokens, words, scores.data());
    for (int64_t j = 0; j < a.tokens; ++j)
      if (a.mask[i * a.tokens + j] && scores[j])
        addScaled(y, v + j * d, scores[j], d);
  }
}

/// The scores of a query of counts with every key.
SNN_PLAIN_CLONES static void multiplyRows(const uint8_t *__restrict query,
                                          const uint8_t *__restrict keys,
                                          int64_t tokens, int64_t channels,
                                          int32_t *__restrict scores) {
  for (int64_t j = 0; j < tokens; ++j) {
    int32_t score = 0;
    for (int64_t c = 0; c < channels; ++c)
      score += query[c] * keys[j * channels + c];
    scores[j] = score;
  }
}

/// y += factor * x.
SNN_PLAIN_CLONES static void addScaledRow(int32_t *__restrict y,
                                          const int32_t *__restrict x,
                                          int32_t factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    y[i] += factor * x[i];
}

/// Products of counts, or of trains whose values have another width.
static void multiplyCounts(const SdsaArguments &a, const uint8_t *q,
                           const uint8_t *k, const uint8_t *v, int32_t *y) {
  int64_t d = a.channels, w = a.width;
  std::fill(y, y + a.values(), 0);
  if (a.mask) {
    int32_t *scores = scratch<int32_t, ScoresTag>(a.tokens);
    for (int64_t i = 0; i < a.tokens; ++i, y += w) {
      multiplyRows(q + i * d, k, a.tokens, d, scores);
      for (int64_t j = 0; j < a.tokens; ++j)
        if (a.mask[i * a.tokens + j] && scores[j])
          addScaled(y, v + j * w, scores[j], w);
    }
    return;
  }
  int32_t *product = scratch<int32_t, ProductTag>(d * w);
  std::fill(product, product + d * w, 0);
  for (int64_t n = 0; n < a.tokens; ++n)
    for (int64_t c = 0; c < d; ++c)
      if (int32_t count = k[n * d + c])
        addScaled(product + c * w, v + n * w, count, w);
  for (int64_t n = 0; n < a.tokens; ++n, y += w)
    for (int64_t c = 0; c < d; ++c)
      if (int32_t count = q[n * d + c])
        addScaledRow(y, product + c * w, count, w);
}

void fast::sdsaSums(const SdsaArguments &a) {
  bool isPacked = !a.counts && a.width == a.channels;
  for (int64_t p = 0; p < a.products; ++p) {
    int64_t at = p * a.matrix();
    int32_t *y = a.sums + p * a.sumCount();
    if (!isPacked)
      multiplyCounts(a, a.q + at, a.k + at, a.v + p * a.values(), y);
    else if (a.variant == 1)
      sumColumns(a.k + at, a.v + at, a.tokens, a.channels, y);
    else if (a.variant == 2)
      sumColumns(a.q + at, nullptr, a.tokens, a.channels, y);
    else if (a.mask)
      multiplyMasked(a, a.q + at, a.k + at, a.v + at, y);
    else
      multiplyUnmasked(a, a.q + at, a.k + at, a.v + at, y);
  }
}

SNN_PLAIN_CLONES static void scaleSums(const int32_t *__restrict sums,
                                       float scale, float *__restrict x,
                                       int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    x[i] = static_cast<float>(sums[i]) * scale;
}

void fast::sdsa(const SdsaArguments &a) {
  int64_t count = a.products * a.sumCount();
  int32_t *sums = scratch<int32_t, SumsTag>(count);
  float *x = scratch<float, MembraneTag>(count);
  uint8_t *fired = a.isProduct() ? a.a : scratch<uint8_t, FiredTag>(count);
  SdsaArguments product = a;
  product.sums = sums;
  fast::sdsaSums(product);
  if (a.scales.values) {
    for (int64_t p = 0, i = 0; p < a.products; ++p)
      for (int64_t token = 0; token < a.tokens; ++token)
        for (int64_t channel = 0; channel < a.width; ++channel, ++i)
          x[i] = static_cast<float>(sums[i]) * a.scales.at(p, token, channel);
  } else {
    scaleSums(sums, a.scales.all, x, count);
  }
  fast::lif({x, a.steps, count / a.steps, a.neuron, fired});
  if (a.isProduct())
    return;
  for (int64_t p = 0; p < a.products; ++p)
    for (int64_t i = 0; i < a.matrix(); ++i)
      a.a[p * a.matrix() + i] = a.gated()[p * a.matrix() + i] &
                                fired[p * a.channels + i % a.channels];
}
