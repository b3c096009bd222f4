//===- Fast.cpp - Stochastic attention, vectorised --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows of Q and K packed over channels, columns of V over tokens: a score is a
// population count. The random numbers of a row are drawn at once.
//
//===----------------------------------------------------------------------===//

#include "binary/BitPack.h"
#include "binary/Modes.h"

#include <algorithm>
#include <cmath>

using namespace snn::rt;
using namespace snn::rt::detail;

/// draws[i] = the draw of index first + i.
SNN_PLAIN_CLONES static void drawRow(const DrawSource &source, int64_t first,
                                     int64_t count,
                                     uint32_t *__restrict draws) {
  const uint32_t high = source.high, step = source.step, low = source.low;
  const PhiloxKey key = source.key;
  for (int64_t i = 0; i < count; ++i)
    draws[i] =
        philox({{static_cast<uint32_t>(first + i), high, step, low}}, key)
            .word[0];
}

/// fired[i] = draw i fires with probability counts[i] / norm.
SNN_PLAIN_CLONES static void compareRow(const uint32_t *__restrict draws,
                                        const uint32_t *__restrict counts,
                                        uint64_t norm, int64_t count,
                                        uint8_t *__restrict fired) {
  for (int64_t i = 0; i < count; ++i)
    fired[i] = static_cast<uint32_t>((draws[i] * norm) >> 32) < counts[i];
}

void fast::bernoulli(const BernoulliArguments &a) {
  constexpr int64_t block = 512;
  uint32_t draws[block];
  for (int64_t row = 0; row < a.rows(); ++row) {
    DrawSource source = a.source(row);
    const float *p = a.p + row * a.elements;
    uint8_t *train = a.train + row * a.elements;
    for (int64_t begin = 0; begin < a.elements; begin += block) {
      int64_t count = std::min(block, a.elements - begin);
      drawRow(source, begin, count, draws);
      for (int64_t i = 0; i < count; ++i) {
        // The number of draws that fire, 0 to 2^32; exact in F64.
        double firing = std::ceil(
            std::clamp(static_cast<double>(p[begin + i]), 0.0, 1.0) * 0x1p32);
        train[begin + i] = draws[i] < firing;
      }
    }
  }
}

namespace {
/// One sample's attention: buffers, and the shift registers of its rows.
class FastSsa {
public:
  FastSsa(const SsaArguments &a)
      : a(a), keyWords(wordsFor(a.channels)), tokenWords(wordsFor(a.tokens)),
        keys(a.tokens * keyWords), values(a.channels * tokenWords),
        query(keyWords), scores(tokenWords),
        counts(std::max(a.tokens, a.channels)), draws(counts.size()),
        fired(counts.size()) {}

  void run(int64_t sample, int64_t head);

private:
  void drawInto(int64_t sample, int64_t head, int64_t step, DrawStage stage,
                int64_t row, int64_t columns, bool needed, uint32_t &state);
  bool score(int64_t step, int64_t sample, int64_t head, int64_t row,
             const uint8_t *q, uint32_t &state);
  void output(int64_t step, int64_t sample, int64_t head, int64_t row, bool any,
              uint8_t *out, uint32_t &state);

  const SsaArguments &a;
  int64_t keyWords, tokenWords;
  std::vector<uint64_t> keys, values, query, scores;
  std::vector<uint32_t> counts, draws;
  std::vector<uint8_t> fired;
};
} // namespace

/// Fills `draws`; `needed`: some count is not 0.
void FastSsa::drawInto(int64_t sample, int64_t head, int64_t step,
                       DrawStage stage, int64_t row, int64_t columns,
                       bool needed, uint32_t &state) {
  bool reuse = a.parameters.reuseRow;
  int64_t count = reuse ? 1 : columns;
  if (a.isLfsr()) {
    for (int64_t i = 0; i < count; ++i) {
      draws[i] = state - 1;
      state = lfsr32Step(state);
    }
  } else if (needed) {
    drawRow(a.source(step, sample, head, stage), row * columns, count,
            draws.data());
  }
  if (reuse)
    std::fill(draws.begin() + 1, draws.begin() + columns, draws[0]);
}

/// Packs the scores of a row into `scores`; false when none fires.
bool FastSsa::score(int64_t step, int64_t sample, int64_t head, int64_t row,
                    const uint8_t *q, uint32_t &state) {
  packBits(q, a.channels, query.data());
  uint32_t any = 0;
  for (int64_t j = 0; j < a.tokens; ++j) {
    counts[j] = a.sees(row, j)
                    ? coincidences(query.data(), &keys[j * keyWords], keyWords)
                    : 0;
    any |= counts[j];
  }
  drawInto(sample, head, step, DrawStage::Score, row, a.tokens, any, state);
  if (!any)
    return false;
  compareRow(draws.data(), counts.data(), a.parameters.normD, a.tokens,
             fired.data());
  packBits(fired.data(), a.tokens, scores.data());
  return std::any_of(scores.begin(), scores.end(),
                     [](uint64_t word) { return word != 0; });
}

void FastSsa::output(int64_t step, int64_t sample, int64_t head, int64_t row,
                     bool any, uint8_t *out, uint32_t &state) {
  drawInto(sample, head, step, DrawStage::Output, row, a.channels, any, state);
  if (!any) {
    std::fill(out, out + a.channels, 0);
    return;
  }
  for (int64_t m = 0; m < a.channels; ++m)
    counts[m] =
        coincidences(scores.data(), &values[m * tokenWords], tokenWords);
  compareRow(draws.data(), counts.data(), a.norm(row), a.channels, out);
}

void FastSsa::run(int64_t sample, int64_t head) {
  std::vector<uint32_t> states(a.tokens, 0);
  if (a.isLfsr())
    for (int64_t i = 0; i < a.tokens; ++i)
      states[i] = lfsr32Start(a.key, a.sample + sample, head, i);
  for (int64_t t = 0; t < a.steps; ++t) {
    int64_t at = ((t * a.batch + sample) * a.heads + head) * a.matrix();
    for (int64_t j = 0; j < a.tokens; ++j)
      packBits(a.k + at + j * a.channels, a.channels, &keys[j * keyWords]);
    packColumns(a.v + at, a.tokens, a.channels, values.data());
    for (int64_t i = 0; i < a.tokens; ++i) {
      int64_t row = at + i * a.channels;
      bool any = score(t, sample, head, i, a.q + row, states[i]);
      output(t, sample, head, i, any, a.a + row, states[i]);
    }
  }
}

void fast::ssa(const SsaArguments &a) {
  FastSsa attention(a);
  for (int64_t b = 0; b < a.batch; ++b)
    for (int64_t h = 0; h < a.heads; ++h)
      attention.run(b, h);
}
