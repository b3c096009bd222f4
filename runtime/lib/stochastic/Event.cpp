//===- Event.cpp - Stochastic attention from lists of spikes ----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A spike of a query meets the keys that fire in its channel; a score that
// fires delivers the spikes of its value. A draw is made only where it decides:
// counters make that possible, shift registers step on all the same.
//
//===----------------------------------------------------------------------===//

#include "binary/Modes.h"
#include "ttfs/SpikeLists.h"

#include <algorithm>

using namespace snn::rt;
using namespace snn::rt::detail;

void event::bernoulli(const BernoulliArguments &a) {
  std::fill(a.train, a.train + a.rows() * a.elements, 0);
  for (int64_t row = 0; row < a.rows(); ++row) {
    DrawSource source = a.source(row);
    for (int64_t i = 0; i < a.elements; ++i) {
      int64_t at = row * a.elements + i;
      double p = a.p[at];
      if (p >= 1.0 ||
          (p > 0.0 && static_cast<double>(source.draw(i)) < p * 0x1p32))
        a.train[at] = 1;
    }
  }
}

namespace {
/// The draws of one row in one step: `stage` 0 and 1 after another.
class EventDraws {
public:
  EventDraws(const SsaArguments &a, int64_t sample, int64_t head, int64_t row)
      : a(a), sample(sample), head(head), row(row) {
    if (a.isLfsr())
      state = lfsr32Start(a.key, a.sample + sample, head, row);
  }

  /// Starts a run of `count` draws.
  void begin(int64_t step, DrawStage stage, int64_t count) {
    source = a.source(step, sample, head, stage);
    columns = count;
    if (!a.isLfsr())
      return;
    queue.clear();
    for (int64_t i = 0, n = a.parameters.reuseRow ? 1 : count; i < n; ++i) {
      queue.push_back(state - 1);
      state = lfsr32Step(state);
    }
  }
  /// Whether `count` of `norm` fires at `column`.
  bool fires(int64_t column, int64_t norm, int64_t count) const {
    if (count == 0 || count == norm)
      return count != 0;
    if (a.parameters.reuseRow)
      column = 0;
    return drawFires(a.isLfsr() ? queue[column]
                                : source.draw(row * columns + column),
                     norm, count);
  }

private:
  const SsaArguments &a;
  int64_t sample, head, row, columns = 0;
  uint32_t state = 0;
  DrawSource source{{0, 0}, 0, 0, 0, 0};
  std::vector<uint32_t> queue;
};
} // namespace

/// Adds one to the counter of every source in `list`, and notes those that
/// were 0.
static void deliver(const SpikeLists::List &list, std::vector<int32_t> &counts,
                    std::vector<int32_t> &touched) {
  for (int32_t i : list)
    if (counts[i]++ == 0)
      touched.push_back(i);
}

static void attend(const SsaArguments &a, int64_t step, int64_t at,
                   std::vector<EventDraws> &rows) {
  int64_t n = a.tokens, d = a.channels;
  SpikeLists queries(a.q + at, n, d, d, 1);
  SpikeLists keysOfChannel(a.k + at, d, n, 1, d);
  SpikeLists values(a.v + at, n, d, d, 1);
  std::vector<int32_t> scores(n, 0), outputs(d, 0), keys, channels;
  for (int64_t i = 0; i < n; ++i) {
    keys.clear();
    channels.clear();
    for (int32_t m : queries[i])
      deliver(keysOfChannel[m], scores, keys);
    rows[i].begin(step, DrawStage::Score, n);
    for (int32_t j : keys) {
      if (a.sees(i, j) && rows[i].fires(j, a.parameters.normD, scores[j]))
        deliver(values[j], outputs, channels);
      scores[j] = 0;
    }
    rows[i].begin(step, DrawStage::Output, d);
    for (int32_t m : channels) {
      if (rows[i].fires(m, a.norm(i), outputs[m]))
        a.a[at + i * d + m] = 1;
      outputs[m] = 0;
    }
  }
}

void event::ssa(const SsaArguments &a) {
  std::fill(a.a, a.a + a.steps * a.batch * a.heads * a.matrix(), 0);
  for (int64_t b = 0; b < a.batch; ++b)
    for (int64_t h = 0; h < a.heads; ++h) {
      std::vector<EventDraws> rows;
      for (int64_t i = 0; i < a.tokens; ++i)
        rows.emplace_back(a, b, h, i);
      for (int64_t t = 0; t < a.steps; ++t)
        attend(a, t, ((t * a.batch + b) * a.heads + h) * a.matrix(), rows);
    }
}
