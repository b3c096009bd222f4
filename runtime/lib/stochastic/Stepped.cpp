//===- Stepped.cpp - Stochastic attention step by step ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The array of attention cells (Song et al., AICAS 2024): cell (i, j) sees q_i
// and k_j channel by channel and counts; one comparison then gives the score.
// The value's channels follow, one a cycle, through an adder per row.
//
//===----------------------------------------------------------------------===//

#include "binary/Modes.h"

#include <algorithm>

using namespace snn::rt;
using namespace snn::rt::detail;

void stepped::bernoulli(const BernoulliArguments &a) {
  for (int64_t t = 0; t < a.steps; ++t)
    for (int64_t at = 0; at < a.batch * a.heads * a.elements; ++at) {
      int64_t row = t * a.batch * a.heads + at / a.elements;
      int64_t element = t * a.batch * a.heads * a.elements + at;
      double u = a.source(row).draw(at % a.elements);
      a.train[element] = u < static_cast<double>(a.p[element]) * 0x1p32;
    }
}

namespace {
/// The tile of one head: counters, scores and shift registers of its cells.
class Tile {
public:
  Tile(const SsaArguments &a, int64_t sample, int64_t head)
      : a(a), sample(sample), head(head), counters(a.tokens * a.tokens),
        scores(counters.size()) {
    for (int64_t i = 0; a.isLfsr() && i < a.tokens; ++i)
      registers.push_back(lfsr32Start(a.key, a.sample + sample, head, i));
  }
  void step(int64_t t);

private:
  uint32_t draw(int64_t t, DrawStage stage, int64_t row, int64_t column,
                int64_t columns) {
    if (!a.isLfsr())
      return a.source(t, sample, head, stage)
          .draw(row * columns + (a.parameters.reuseRow ? 0 : column));
    // A draw that is reused leaves the register alone until the row's last.
    uint32_t value = registers[row] - 1;
    if (!a.parameters.reuseRow || column == columns - 1)
      registers[row] = lfsr32Step(registers[row]);
    return value;
  }

  const SsaArguments &a;
  int64_t sample, head;
  std::vector<int32_t> counters;
  std::vector<uint8_t> scores;
  std::vector<uint32_t> registers;
};
} // namespace

void Tile::step(int64_t t) {
  int64_t n = a.tokens, d = a.channels;
  int64_t at = ((t * a.batch + sample) * a.heads + head) * a.matrix();
  std::fill(counters.begin(), counters.end(), 0);
  for (int64_t m = 0; m < d; ++m)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j)
        counters[i * n + j] += a.q[at + i * d + m] & a.k[at + j * d + m];
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      uint32_t u = draw(t, DrawStage::Score, i, j, n);
      scores[i * n + j] =
          drawFires(u, a.parameters.normD, counters[i * n + j]) && a.sees(i, j);
    }
  for (int64_t m = 0; m < d; ++m)
    for (int64_t i = 0; i < n; ++i) {
      int64_t sum = 0;
      for (int64_t j = 0; j < n; ++j)
        sum += scores[i * n + j] & a.v[at + j * d + m];
      uint32_t u = draw(t, DrawStage::Output, i, m, d);
      a.a[at + i * d + m] = drawFires(u, a.norm(i), sum);
    }
}

void stepped::ssa(const SsaArguments &a) {
  std::vector<Tile> tiles;
  for (int64_t b = 0; b < a.batch; ++b)
    for (int64_t h = 0; h < a.heads; ++h)
      tiles.emplace_back(a, b, h);
  for (int64_t t = 0; t < a.steps; ++t)
    for (Tile &tile : tiles)
      tile.step(t);
}
