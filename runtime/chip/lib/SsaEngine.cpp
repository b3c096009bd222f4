//===- SsaEngine.cpp - Stochastic attention, spike by spike ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LifUnit.h"
#include "SpikingUnits.h"
#include "Support.h"

#include "snn/runtime/Stochastic.h"

#include <algorithm>

using namespace snn::vchip;
using namespace snn;
using namespace snn::rt;
using namespace snn::rt::detail;

namespace {

/// The random numbers of one head.
class Draws {
public:
  Draws(const image::pb::Ssa &ssa, PhiloxKey key, uint64_t sample, int64_t head,
        int64_t tokens)
      : ssa(ssa), key(key), sample(sample), head(head) {
    if (!ssa.lfsr())
      return;
    // A register a row, running on through the steps; 0 would never leave 0.
    for (int64_t i = 0; i < tokens; ++i)
      for (int64_t n = 0;; ++n) {
        uint32_t state =
            philox(drawCounter(i, sample, n, head, 15), key).word[1];
        if (state == 0)
          continue;
        registers.push_back(state);
        break;
      }
  }

  /// Prepares the draws of a row: `width` of them, for scores or outputs.
  void begin(int64_t step, int64_t row, int64_t width, DrawStage stage) {
    values.resize(static_cast<size_t>(width));
    if (ssa.lfsr()) {
      uint32_t &state = registers[static_cast<size_t>(row)];
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = i > 0 && ssa.reuse_row() ? values[0] : state - 1;
        if (i == 0 || !ssa.reuse_row())
          state = lfsr32Step(state);
      }
      return;
    }
    auto draw = [&](int64_t index) {
      return philox(drawCounter(index, sample, step, head,
                                static_cast<uint32_t>(stage)),
                    key)
          .word[0];
    };
    for (int64_t i = 0; i < width; ++i)
      values[static_cast<size_t>(i)] =
          i > 0 && ssa.reuse_row() ? values[0] : draw(row * width + i);
  }

  /// Whether an event of probability count / norm happens.
  bool fires(int64_t column, int32_t count, uint64_t norm) const {
    uint64_t u = values[static_cast<size_t>(column)];
    return static_cast<int64_t>(u * norm >> 32) < count;
  }

private:
  const image::pb::Ssa &ssa;
  PhiloxKey key;
  uint64_t sample;
  int64_t head;
  std::vector<uint32_t> registers;
  std::vector<uint32_t> values;
};

/// One head of one step.
struct Head {
  TokenSpikes q, v;
  /// Of every channel, the keys that spike on it.
  std::vector<std::vector<int32_t>> keysOf;

  Head(const HeadShape &shape, const uint8_t *q, const uint8_t *k,
       const uint8_t *v)
      : q(q, shape.tokens, shape.channels), v(v, shape.tokens, shape.channels),
        keysOf(static_cast<size_t>(shape.channels)) {
    for (int64_t j = 0; j < shape.tokens; ++j)
      for (int64_t c = 0; c < shape.channels; ++c)
        if (k[j * shape.channels + c])
          keysOf[static_cast<size_t>(c)].push_back(static_cast<int32_t>(j));
  }
};

} // namespace

Tensor snn::vchip::runSsa(const image::pb::SpikingAttention &attention,
                          const Tensor &q, const Tensor &k, const Tensor &v,
                          const Tensor *mask, const DrawSource &source,
                          SiteStatistics &statistics) {
  const char *unit = "ssa engine";
  HeadShape shape(unit, q, k, v, mask, attention.steps());
  const image::pb::Ssa &ssa = attention.ssa();
  require(shape.width == shape.channels, unit,
          "needs three trains of one shape");
  require(ssa.norm_d() >= shape.channels && ssa.norm_n() >= shape.tokens, unit,
          "a count can exceed its norm");
  require(ssa.norms_size() == 0 || ssa.norms_size() == shape.tokens, unit,
          "needs a norm for each query");
  PhiloxKey key = PhiloxKey::make(source.seed.value_or(ssa.stream().seed()),
                                  static_cast<uint32_t>(ssa.stream().layer()));
  std::vector<int32_t> counts(static_cast<size_t>(shape.tokens));
  std::vector<int32_t> sums(static_cast<size_t>(shape.channels));
  Tensor result(DType::U8, q.shape());
  for (int64_t b = 0; b < shape.batch; ++b)
    for (int64_t h = 0; h < shape.heads; ++h) {
      Draws draws(ssa, key, source.sample + static_cast<uint64_t>(b), h,
                  shape.tokens);
      for (int64_t t = 0; t < shape.steps; ++t) {
        int64_t at = shape.offset(t, b, h);
        Head head(shape, q.data<uint8_t>() + at, k.data<uint8_t>() + at,
                  v.data<uint8_t>() + at);
        uint8_t *out = result.data<uint8_t>() + at;
        for (int64_t i = 0; i < shape.tokens; ++i, out += shape.channels) {
          std::fill(counts.begin(), counts.end(), 0);
          for (int32_t c : head.q.of(i))
            for (int32_t j : head.keysOf[static_cast<size_t>(c)]) {
              ++counts[static_cast<size_t>(j)];
              ++statistics.coincidences;
            }
          draws.begin(t, i, shape.tokens, DrawStage::Score);
          std::fill(sums.begin(), sums.end(), 0);
          for (int64_t j = 0; j < shape.tokens; ++j) {
            bool kept =
                (!mask || mask->data<uint8_t>()[i * shape.tokens + j] != 0) &&
                !(ssa.mask_self() && i == j);
            if (!draws.fires(j, counts[static_cast<size_t>(j)], ssa.norm_d()) ||
                !kept)
              continue;
            for (int32_t m : head.v.of(j))
              ++sums[static_cast<size_t>(m)];
          }
          draws.begin(t, i, shape.channels, DrawStage::Output);
          uint32_t norm = ssa.norms_size() == 0
                              ? ssa.norm_n()
                              : ssa.norms(static_cast<int>(i));
          for (int64_t m = 0; m < shape.channels; ++m)
            out[m] = draws.fires(m, sums[static_cast<size_t>(m)], norm);
        }
        statistics.ands += 2 * shape.tokens * shape.headSize();
        int64_t compared = shape.tokens * (shape.tokens + shape.channels);
        statistics.comparisons += compared;
        statistics.draws += ssa.reuse_row() ? 2 * shape.tokens : compared;
      }
    }
  return result;
}
