//===- TraceEngine.cpp - Attention engine of SpikedAttention ----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Traces, latches and the falling threshold of docs/spikedattention.md sections
// 3 and 4, from events. Of the runtime it shares the tables of a coding only.
//
//===----------------------------------------------------------------------===//

#include "PhaseUnits.h"

#include "Support.h"

#include <algorithm>
#include <cmath>

using namespace snn::vchip;
using namespace snn;
using namespace snn::rt;
using namespace snn::rt::detail;

namespace {

/// A spike of one operand, as it is broadcast.
struct Event {
  int32_t phase;
  int32_t channel;
  double sign;
};

/// Traces have an entry per phase.
void requirePhases(const char *name, const Tensor &train,
                   const PhaseCoding &coding) {
  const int8_t *codes = train.data<int8_t>();
  bool outside = false;
  for (int64_t i = 0, n = train.size(); i < n; ++i)
    outside |= std::abs(codes[i]) > coding.phases;
  require(!outside, name,
          "a train has spikes behind phase " +
              std::to_string(coding.phases - 1));
}

/// Appends the spikes of `count` codes, `stride` apart, in order of time.
void collect(const int8_t *codes, int64_t count, int64_t stride,
             std::vector<Event> &events) {
  events.clear();
  for (int64_t c = 0; c < count; ++c)
    if (int8_t code = codes[c * stride])
      events.push_back(
          {std::abs(code) - 1, static_cast<int32_t>(c), code < 0 ? -1.0 : 1.0});
  std::stable_sort(
      events.begin(), events.end(),
      [](const Event &a, const Event &b) { return a.phase < b.phase; });
}

/// The latches of one accumulator: what each operand's neurons hold.
class Pairing {
public:
  Pairing(const PhaseTable &table, int64_t channels)
      : table(table), left(static_cast<size_t>(channels)),
        right(static_cast<size_t>(channels)) {}

  /// Runs the events of a query row and a key row against each other.
  double run(const std::vector<Event> &query, const std::vector<Event> &key) {
    for (const Event &e : query)
      left[index(e)] = 0;
    for (const Event &e : key)
      left[index(e)] = right[index(e)] = 0;
    for (const Event &e : query)
      right[index(e)] = 0;
    double sum = 0;
    auto q = query.begin();
    auto k = key.begin();
    while (q != query.end() || k != key.end()) {
      int32_t now = std::min(q == query.end() ? INT32_MAX : q->phase,
                             k == key.end() ? INT32_MAX : k->phase);
      double trace = table.levels[static_cast<size_t>(now)];
      // Queries meet latched keys; keys meet queries latched until now, those
      // of this phase included, so that a pair that fires together counts once.
      for (; q != query.end() && q->phase == now; ++q) {
        sum += q->sign * trace * right[index(*q)];
        left[index(*q)] = q->sign * trace;
      }
      for (; k != key.end() && k->phase == now; ++k) {
        sum += k->sign * trace * left[index(*k)];
        right[index(*k)] = k->sign * trace;
      }
    }
    return sum;
  }

private:
  static size_t index(const Event &e) { return static_cast<size_t>(e.channel); }

  const PhaseTable &table;
  std::vector<double> left, right;
};

} // namespace

Tensor snn::vchip::runTraceProduct(const image::pb::PhaseOp &op,
                                   const Tensor &a, const Tensor &b,
                                   const Tensor *divisor,
                                   const PhaseCoding &codingA,
                                   const PhaseCoding &codingB) {
  const char *name = "trace engine";
  requireType(name, a, DType::I8);
  requireType(name, b, DType::I8);
  require(a.rank() >= 2 && a.rank() == b.rank(), name,
          "operands need two axes or more, and as many");
  bool transposed = op.transposed();
  int64_t rows = a.dim(-2), channels = a.dim(-1);
  int64_t keys = b.dim(transposed ? -2 : -1);
  require(b.dim(transposed ? -1 : -2) == channels, name,
          "shapes " + toString(a.shape()) + " and " + toString(b.shape()) +
              " do not fit");
  Shape batchA(a.shape().begin(), a.shape().end() - 2);
  Shape batchB(b.shape().begin(), b.shape().end() - 2);
  Shape batch = broadcastShapes(name, batchA, batchB);
  Shape shape = batch;
  shape.insert(shape.end(), {rows, keys});
  Shape sums = batch;
  sums.insert(sums.end(), {rows, 1});
  require(!divisor || divisor->shape() == sums, name,
          "a divisor of shape " + (divisor ? toString(divisor->shape()) : "") +
              ", expected " + toString(sums));
  requirePhases(name, a, codingA);
  requirePhases(name, b, codingA);
  Tensor result(DType::F32, shape);
  PhaseTable table(codingA);
  Pairing pairing(table, channels);
  double factor = static_cast<double>(codingA.scale) *
                  static_cast<double>(codingB.scale) * op.factor();
  std::vector<Event> query;
  std::vector<std::vector<Event>> keyEvents(static_cast<size_t>(keys));
  std::vector<int64_t> strides[2] = {broadcastStrides(batchA, batch),
                                     broadcastStrides(batchB, batch)};
  StridedLoop<2> loop(batch, strides);
  float *out = result.data<float>();
  int64_t row = 0;
  loop.forEachRow([&](const int64_t *o) {
    for (int64_t i = 0; i < loop.innerSize(); ++i) {
      const int8_t *left =
          a.data<int8_t>() + (o[0] + i * loop.innerStride(0)) * rows * channels;
      const int8_t *right =
          b.data<int8_t>() + (o[1] + i * loop.innerStride(1)) * channels * keys;
      for (int64_t j = 0; j < keys; ++j)
        collect(right + (transposed ? j * channels : j), channels,
                transposed ? 1 : keys, keyEvents[static_cast<size_t>(j)]);
      for (int64_t r = 0; r < rows; ++r, ++row) {
        collect(left + r * channels, channels, 1, query);
        for (int64_t j = 0; j < keys; ++j) {
          double value =
              pairing.run(query, keyEvents[static_cast<size_t>(j)]) * factor;
          if (divisor) {
            double z = static_cast<double>(divisor->data<float>()[row]);
            value = z == 0.0 ? 0.0 : value / z;
          }
          *out++ = static_cast<float>(value);
        }
      }
    }
  });
  return result;
}

namespace {
/// A mask, read at the elements of a row.
struct MaskRow {
  const float *data = nullptr;
  int64_t stride = 0;
  double at(int64_t key, double absent) const {
    return data ? static_cast<double>(data[key * stride]) : absent;
  }
};
} // namespace

void snn::vchip::runRace(const Tensor &scores, const Tensor *multiplicative,
                         const Tensor *additive, const PhaseCoding &scoreCoding,
                         const PhaseCoding &coding, Tensor &train, Tensor &z) {
  const char *name = "race";
  requireType(name, scores, DType::I8);
  require(scores.rank() >= 1, name, "scores need an axis");
  requirePhases(name, scores, scoreCoding);
  for (const Tensor *mask : {multiplicative, additive}) {
    if (!mask)
      continue;
    requireType(name, *mask, DType::F32);
    require(broadcastShapes(name, mask->shape(), scores.shape()) ==
                scores.shape(),
            name,
            "a mask of shape " + toString(mask->shape()) +
                " does not fit scores " + toString(scores.shape()));
  }
  int64_t keys = scores.dim(-1), rows = keys ? scores.size() / keys : 0;
  train = Tensor(DType::I8, scores.shape());
  Shape sums = scores.shape();
  sums.back() = 1;
  z = Tensor(DType::F32, sums);
  PhaseTable table(coding), scoreTable(scoreCoding);
  double drop = std::log(coding.base);
  constexpr double maskedFrom = -50;
  Shape shape = scores.shape();
  std::vector<int64_t> none(shape.size(), 0);
  auto stridesOf = [&](const Tensor *mask) {
    return mask ? broadcastStrides(mask->shape(), shape) : none;
  };
  std::vector<int64_t> factorStrides = stridesOf(multiplicative);
  std::vector<int64_t> termStrides = stridesOf(additive);
  std::vector<int64_t> index(shape.size(), 0);
  std::vector<double> membrane(static_cast<size_t>(keys));
  for (int64_t row = 0; row < rows; ++row) {
    int64_t factorAt = 0, termAt = 0;
    for (size_t axis = 0; axis + 1 < shape.size(); ++axis) {
      factorAt += index[axis] * factorStrides[axis];
      termAt += index[axis] * termStrides[axis];
    }
    MaskRow factors, terms;
    if (multiplicative)
      factors = {multiplicative->data<float>() + factorAt,
                 factorStrides.back()};
    if (additive)
      terms = {additive->data<float>() + termAt, termStrides.back()};
    // Scores are integrated, masked, and inhibited by the winner.
    const int8_t *codes = scores.data<int8_t>() + row * keys;
    double winner = -HUGE_VAL;
    for (int64_t k = 0; k < keys; ++k) {
      float score = static_cast<float>(scoreTable.unitValue(codes[k]) *
                                       static_cast<double>(scoreCoding.scale));
      double &v = membrane[static_cast<size_t>(k)];
      v = static_cast<double>(score) * factors.at(k, 1.0) + terms.at(k, 0.0);
      if (terms.at(k, 0.0) > maskedFrom)
        winner = std::max(winner, v);
    }
    int8_t *out = train.data<int8_t>() + row * keys;
    std::fill(out, out + keys, static_cast<int8_t>(0));
    for (int32_t t = 0; t < coding.phases; ++t) {
      double reach = (static_cast<double>(t) + 0.5) * drop;
      for (int64_t k = 0; k < keys; ++k)
        if (!out[k] && terms.at(k, 0.0) > maskedFrom &&
            winner - membrane[static_cast<size_t>(k)] < reach)
          out[k] = static_cast<int8_t>(t + 1);
    }
    // Z is counted when the window has ended, key by key.
    double sum = 0;
    for (int64_t k = 0; k < keys; ++k)
      sum += table.unitValue(out[k]);
    z.data<float>()[row] = static_cast<float>(sum);
    for (size_t axis = shape.size() - 1; axis-- > 0;) {
      if (++index[axis] < shape[axis])
        break;
      index[axis] = 0;
    }
  }
}
