//===- Stochastic.cpp - Checks of stochastic attention, and a reference --===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "binary/Modes.h"

#include <algorithm>

using namespace snn::rt;
using namespace snn::rt::detail;

static PhiloxKey keyOf(const Context &context, const RandomStream &stream) {
  return PhiloxKey::make(context.seed.value_or(stream.seed),
                         static_cast<uint32_t>(stream.layer));
}

/// The limits of the counter's fields.
static void checkCounter(const char *op, const Context &context, int64_t steps,
                         int64_t heads, int64_t elements) {
  require(context.sample >= 0 && context.sample + context.batch <= int64_t(1)
                                                                       << 44,
          op,
          "sample " + std::to_string(context.sample) +
              " is outside of the 2^44 samples that have random numbers");
  require(steps < int64_t(1) << 32 && heads < 65536 &&
              elements <= int64_t(1) << 32,
          op,
          std::to_string(heads) + " heads of " + std::to_string(elements) +
              " elements: there are random numbers for less than 65536 heads "
              "of at most 2^32 elements");
}

/// Sizes of what `stage` numbers: [steps, batch, heads, elements].
static BernoulliArguments checkDraws(const char *op, const Context &context,
                                     const Shape &shape, int64_t steps,
                                     const RandomStream &stream,
                                     DrawStage stage) {
  int64_t size = elementCount(shape), perSample = steps * context.batch;
  int64_t rank = static_cast<int64_t>(shape.size());
  require(steps >= 1 && context.batch >= 1 && size % perSample == 0 &&
              (rank == 0 || shape[0] % steps == 0),
          op,
          "shape " + toString(shape) + " does not hold " +
              std::to_string(steps) + " steps of " +
              std::to_string(context.batch) + " samples");
  int64_t elements = size / perSample, heads = 1;
  if (stage != DrawStage::Encoder) {
    int64_t matrix = rank < 2 ? 0 : shape[rank - 2] * shape[rank - 1];
    require(matrix > 0 && elements % matrix == 0, op,
            "shape " + toString(shape) +
                " does not hold matrices of attention heads");
    heads = elements / matrix;
    elements = matrix;
  }
  checkCounter(op, context, steps, heads, elements);
  return {nullptr,        steps,
          context.batch,  heads,
          elements,       keyOf(context, stream),
          context.sample, static_cast<int32_t>(stage),
          nullptr};
}

static BernoulliArguments
checkBernoulli(const Context &context, const Tensor &p, Tensor &train,
               int64_t steps, const RandomStream &stream, DrawStage stage) {
  requireType("bernoulli", p, DType::F32);
  BernoulliArguments a =
      checkDraws("bernoulli", context, p.shape(), steps, stream, stage);
  train.allocate(DType::U8, p.shape());
  a.p = p.data<float>();
  a.train = train.data<uint8_t>();
  return a;
}

void snn::rt::bernoulli(Context &context, const Tensor &p, Tensor &train,
                        int64_t steps, const RandomStream &stream,
                        DrawStage stage) {
  BernoulliArguments a =
      checkBernoulli(context, p, train, steps, stream, stage);
  runInMode(context.mode, a, fast::bernoulli, event::bernoulli,
            stepped::bernoulli);
}

static SsaArguments checkSsa(const Context &context, const Tensor &q,
                             const Tensor &k, const Tensor &v,
                             const Tensor *mask, Tensor &out, int64_t steps,
                             const SsaParameters &p) {
  const char *op = "ssa";
  for (const Tensor *t : {&q, &k, &v}) {
    requireType(op, *t, DType::U8);
    require(t->shape() == q.shape() && t->rank() >= 4, op,
            "trains of shapes " + toString(q.shape()) + ", " +
                toString(k.shape()) + " and " + toString(v.shape()) +
                ", expected one shape [..., heads, tokens, channels]");
  }
  int64_t heads = q.dim(-3), tokens = q.dim(-2), channels = q.dim(-1);
  require(extent(q.shape(), 0, q.rank() - 3) == steps * context.batch, op,
          "trains of shape " + toString(q.shape()) + " do not hold " +
              std::to_string(steps) + " steps of " +
              std::to_string(context.batch) + " samples");
  require(p.normD >= channels && p.normN >= tokens &&
              p.normD <= int64_t(1) << 31 && p.normN <= int64_t(1) << 31,
          op,
          "norms " + std::to_string(p.normD) + " and " +
              std::to_string(p.normN) + ", expected at least " +
              std::to_string(channels) + " channels and " +
              std::to_string(tokens) + " tokens, at most 2^31");
  require(p.norms.empty() || static_cast<int64_t>(p.norms.size()) == tokens, op,
          std::to_string(p.norms.size()) + " norms of queries, expected " +
              std::to_string(tokens));
  for (int64_t norm : p.norms)
    require(norm >= 1 && norm <= int64_t(1) << 31, op,
            "norm " + std::to_string(norm) + " of a query, expected 1 to 2^31");
  if (mask) {
    requireType(op, *mask, DType::U8);
    require(mask->shape() == Shape({tokens, tokens}), op,
            "mask of shape " + toString(mask->shape()) + ", expected " +
                toString({tokens, tokens}));
  }
  checkCounter(op, context, steps, heads,
               std::max(tokens * tokens, tokens * channels));
  out.allocate(DType::U8, q.shape());
  return {q.data<uint8_t>(),
          k.data<uint8_t>(),
          v.data<uint8_t>(),
          mask ? mask->data<uint8_t>() : nullptr,
          steps,
          context.batch,
          heads,
          tokens,
          channels,
          keyOf(context, p.stream),
          context.sample,
          p,
          out.data<uint8_t>()};
}

void snn::rt::ssa(Context &context, const Tensor &q, const Tensor &k,
                  const Tensor &v, const Tensor *mask, Tensor &out,
                  int64_t steps, const SsaParameters &parameters) {
  SsaArguments a = checkSsa(context, q, k, v, mask, out, steps, parameters);
  runInMode(context.mode, a, fast::ssa, event::ssa, stepped::ssa);
}

void snn::rt::randomUniform(const Context &context, const Shape &like,
                            Tensor &y, int64_t steps,
                            const RandomStream &stream, DrawStage stage) {
  BernoulliArguments a =
      checkDraws("randomUniform", context, like, steps, stream, stage);
  y.allocate(DType::F32, like);
  float *out = y.data<float>();
  for (int64_t row = 0; row < a.rows(); ++row) {
    DrawSource source = a.source(row);
    for (int64_t i = 0; i < a.elements; ++i)
      *out++ = static_cast<float>(source.draw(i) >> 8) * 0x1p-24f;
  }
}

void snn::rt::random_uniform_like(Context &context, const Tensor &like,
                                  Tensor &y, int64_t seed, int64_t layer,
                                  int64_t steps, int64_t stage) {
  require(stage >= 0 && stage <= 2 && layer >= 0 && layer < int64_t(1) << 31,
          "random_uniform_like",
          "layer " + std::to_string(layer) + " and stage " +
              std::to_string(stage) + " name no random numbers");
  randomUniform(context, like.shape(), y, steps,
                {static_cast<uint64_t>(seed), static_cast<int32_t>(layer)},
                static_cast<DrawStage>(stage));
}

//===----------------------------------------------------------------------===//
// Counters
//===----------------------------------------------------------------------===//

void snn::rt::countSsa(Context &context, const char *site, const Tensor &q,
                       const Tensor &k, const SsaParameters &parameters) {
  if (!context.statistics)
    return;
  requireType("countSsa", q, DType::U8);
  requireType("countSsa", k, DType::U8);
  require(q.rank() >= 2 && q.shape() == k.shape(), "countSsa",
          "needs trains of one shape");
  int64_t n = q.dim(-2), d = q.dim(-1),
          heads = extent(q.shape(), 0, q.rank() - 2);
  int64_t coincidences = 0;
  // sum_ij q_im k_jm = (sum_i q_im)(sum_j k_jm).
  for (int64_t head = 0; head < heads; ++head)
    for (int64_t m = 0; m < d; ++m) {
      int64_t ofQuery = 0, ofKey = 0;
      for (int64_t i = 0; i < n; ++i) {
        ofQuery += q.data<uint8_t>()[(head * n + i) * d + m];
        ofKey += k.data<uint8_t>()[(head * n + i) * d + m];
      }
      coincidences += ofQuery * ofKey;
    }
  SiteStatistics &s = context.statistics->sites[site];
  s.ands += heads * 2 * n * n * d;
  s.coincidences += coincidences;
  s.comparisons += heads * (n * n + n * d);
  s.draws += heads * (parameters.reuseRow ? 2 * n : n * n + n * d);
}

void snn::rt::countBernoulli(Context &context, const char *site,
                             const Tensor &train) {
  if (!context.statistics)
    return;
  SiteStatistics &s = context.statistics->sites[site];
  s.draws += train.size();
  s.comparisons += train.size();
}

//===----------------------------------------------------------------------===//
// Reference
//===----------------------------------------------------------------------===//

void reference::bernoulli(const Context &context, const Tensor &p,
                          Tensor &train, int64_t steps,
                          const RandomStream &stream, DrawStage stage) {
  BernoulliArguments a =
      checkBernoulli(context, p, train, steps, stream, stage);
  for (int64_t row = 0; row < a.rows(); ++row)
    for (int64_t i = 0; i < a.elements; ++i) {
      int64_t at = row * a.elements + i;
      double u = a.source(row).draw(i) * 0x1p-32;
      a.train[at] = u < static_cast<double>(a.p[at]);
    }
}

namespace {
/// The draws of one row of a head, in the order of the schedule.
class RowDraws {
public:
  RowDraws(const SsaArguments &a, int64_t sample, int64_t head, int64_t row)
      : a(a), sample(sample), head(head), row(row),
        state(a.isLfsr() ? lfsr32Start(a.key, a.sample + sample, head, row)
                         : 0) {}
  /// The draw of `column` among `columns` of step `step`.
  uint32_t draw(int64_t step, DrawStage stage, int64_t column,
                int64_t columns) {
    bool first = column == 0 || !a.parameters.reuseRow;
    if (!first)
      return last;
    if (!a.isLfsr())
      return last = a.source(step, sample, head, stage)
                        .draw(row * columns + column);
    last = state - 1;
    state = lfsr32Step(state);
    return last;
  }

private:
  const SsaArguments &a;
  int64_t sample, head, row;
  uint32_t state, last = 0;
};
} // namespace

void reference::ssa(const Context &context, const Tensor &q, const Tensor &k,
                    const Tensor &v, const Tensor *mask, Tensor &out,
                    int64_t steps, const SsaParameters &parameters) {
  SsaArguments a = checkSsa(context, q, k, v, mask, out, steps, parameters);
  int64_t n = a.tokens, d = a.channels;
  std::vector<uint8_t> score(n);
  for (int64_t row = 0; row < a.batch * a.heads * n; ++row) {
    int64_t b = row / (a.heads * n), h = row / n % a.heads, i = row % n;
    RowDraws draws(a, b, h, i);
    for (int64_t t = 0; t < steps; ++t) {
      int64_t at = ((t * a.batch + b) * a.heads + h) * n * d;
      for (int64_t j = 0; j < n; ++j) {
        int64_t count = 0;
        for (int64_t m = 0; m < d; ++m)
          count += a.q[at + i * d + m] & a.k[at + j * d + m];
        bool fires = drawFires(draws.draw(t, DrawStage::Score, j, n),
                               parameters.normD, count);
        score[j] = fires && a.sees(i, j);
      }
      for (int64_t m = 0; m < d; ++m) {
        int64_t count = 0;
        for (int64_t j = 0; j < n; ++j)
          count += score[j] & a.v[at + j * d + m];
        a.a[at + i * d + m] =
            drawFires(draws.draw(t, DrawStage::Output, m, d), a.norm(i), count);
      }
    }
  }
}
