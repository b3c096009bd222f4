//===- SdsaEngine.cpp - Spike-driven self-attention, spike by spike -------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LifUnit.h"
#include "SpikingUnits.h"
#include "Support.h"

#include <algorithm>

using namespace snn::vchip;
using namespace snn;
using namespace snn::rt;
using namespace snn::rt::detail;

HeadShape::HeadShape(const char *unit, const Tensor &q, const Tensor &k,
                     const Tensor &v, const Tensor *mask, int64_t stepCount)
    : steps(stepCount) {
  for (const Tensor *train : {&q, &k, &v}) {
    requireType(unit, *train, DType::U8);
    Shape shape = train->shape();
    if (train == &v && shape.size() == q.shape().size() && q.rank() > 0)
      shape.back() = q.dim(-1);
    require(shape == q.shape() && q.rank() >= 4, unit,
            "needs three trains [time, heads, tokens, channels], has shapes " +
                toString(q.shape()) + " and " + toString(train->shape()));
  }
  width = v.dim(-1);
  heads = q.dim(-3);
  tokens = q.dim(-2);
  channels = q.dim(-1);
  int64_t leading = extent(q.shape(), 0, q.rank() - 3);
  require(steps > 0 && leading % steps == 0, unit,
          "leading axes of shape " + toString(q.shape()) + " do not hold " +
              std::to_string(steps) + " time steps");
  batch = leading / steps;
  if (!mask)
    return;
  requireType(unit, *mask, DType::U8);
  require(mask->shape() == Shape{tokens, tokens}, unit,
          "a mask of shape " + toString(mask->shape()) + " for " +
              std::to_string(tokens) + " tokens");
}

TokenSpikes::TokenSpikes(const uint8_t *train, int64_t tokens,
                         int64_t channelCount)
    : begins(1, 0) {
  for (int64_t n = 0; n < tokens; ++n) {
    for (int64_t c = 0; c < channelCount; ++c)
      if (train[n * channelCount + c])
        channels.push_back(static_cast<int32_t>(c));
    begins.push_back(channels.size());
  }
}

namespace {
/// One head of one step: its spikes, and the integers that they add up to.
class Head {
public:
  Head(const HeadShape &shape, const uint8_t *q, const uint8_t *k,
       const uint8_t *v, const uint8_t *mask, int64_t &accumulations)
      : tokens(shape.tokens), channels(shape.channels), width(shape.width),
        queryCounts(q), keyCounts(k), valueCounts(v), q(q, tokens, channels),
        k(k, tokens, channels), v(v, tokens, width), mask(mask),
        accumulations(accumulations) {}

  /// Channel sums of K o V, or of Q, of binary trains.
  void sumChannels(uint32_t variant, std::vector<int32_t> &sums) const {
    std::fill(sums.begin(), sums.end(), 0);
    for (int64_t n = 0; n < tokens; ++n) {
      TokenSpikes::Range other = v.of(n);
      for (int32_t c : variant == 1 ? k.of(n) : q.of(n))
        if (variant == 2 || std::binary_search(other.begin(), other.end(), c)) {
          ++sums[static_cast<size_t>(c)];
          ++accumulations;
        }
    }
  }

  /// Q (K^T V), through the memory that holds K^T V.
  void sumTokens(std::vector<int32_t> &sums) const {
    std::fill(sums.begin(), sums.end(), 0);
    if (mask)
      return sumPairs(sums);
    std::vector<int32_t> memory(static_cast<size_t>(channels * width), 0);
    for (int64_t n = 0; n < tokens; ++n)
      for (int32_t c : k.of(n))
        for (int32_t m : v.of(n)) {
          memory[static_cast<size_t>(c * width + m)] +=
              keyCounts[n * channels + c] * valueCounts[n * width + m];
          ++accumulations;
        }
    for (int64_t n = 0; n < tokens; ++n)
      for (int32_t c : q.of(n)) {
        for (int64_t m = 0; m < width; ++m)
          sums[static_cast<size_t>(n * width + m)] +=
              queryCounts[n * channels + c] *
              memory[static_cast<size_t>(c * width + m)];
        accumulations += width;
      }
  }

private:
  /// (Q K^T o mask) V: with a mask the pairs of tokens are needed.
  void sumPairs(std::vector<int32_t> &sums) const {
    for (int64_t i = 0; i < tokens; ++i)
      for (int64_t j = 0; j < tokens; ++j) {
        if (!mask[i * tokens + j])
          continue;
        TokenSpikes::Range keys = k.of(j);
        int32_t score = 0;
        for (int32_t c : q.of(i))
          if (std::binary_search(keys.begin(), keys.end(), c)) {
            score +=
                queryCounts[i * channels + c] * keyCounts[j * channels + c];
            ++accumulations;
          }
        if (score == 0)
          continue;
        for (int32_t m : v.of(j)) {
          sums[static_cast<size_t>(i * width + m)] +=
              score * valueCounts[j * width + m];
          ++accumulations;
        }
      }
  }

  int64_t tokens, channels, width;
  const uint8_t *queryCounts, *keyCounts, *valueCounts;
  TokenSpikes q, k, v;
  const uint8_t *mask;
  int64_t &accumulations;
};

/// The factor of a sum of (head, token, channel).
class Scales {
public:
  explicit Scales(const image::pb::Sdsa &sdsa) : sdsa(sdsa) {
    int64_t step = 1;
    for (int axis = sdsa.scale_shape_size() - 1; axis >= 0; --axis) {
      steps[axis] = sdsa.scale_shape(axis) == 1 ? 0 : step;
      step *= sdsa.scale_shape(axis);
    }
  }
  float at(int64_t head, int64_t token, int64_t channel) const {
    if (sdsa.scales_size() == 0)
      return sdsa.scale();
    return sdsa.scales(static_cast<int>(head * steps[0] + token * steps[1] +
                                        channel * steps[2]));
  }

private:
  const image::pb::Sdsa &sdsa;
  int64_t steps[3] = {};
};

/// The largest sum that trains of these elements can make.
double largestSum(const HeadShape &shape, const Tensor &q, const Tensor &k,
                  const Tensor &v) {
  double sum = static_cast<double>(shape.headSize());
  for (const Tensor *train : {&q, &k, &v}) {
    const uint8_t *counts = train->data<uint8_t>();
    sum *= train->size() > 0 ? *std::max_element(counts, counts + train->size())
                             : 0;
  }
  return sum;
}
} // namespace

Tensor snn::vchip::runSdsa(const image::pb::SpikingAttention &attention,
                           const Tensor &q, const Tensor &k, const Tensor &v,
                           const Tensor *mask, SiteStatistics &statistics) {
  const char *unit = "sdsa engine";
  HeadShape shape(unit, q, k, v, mask, attention.steps());
  const image::pb::Sdsa &sdsa = attention.sdsa();
  bool perChannel = sdsa.variant() <= 2;
  require(!mask || !perChannel, unit,
          "variant " + std::to_string(sdsa.variant()) + " has no mask");
  LifNeuron neuron = toNeuron(sdsa.neuron());
  require(largestSum(shape, q, k, v) < 2147483648.0, unit,
          "sums of counts do not fit 32 bits");
  require(!perChannel || shape.width == shape.channels, unit,
          "variant " + std::to_string(sdsa.variant()) +
              " needs values of its query's channels");
  Scales scales(sdsa);
  require(neuron.constants.empty(), unit,
          "has neurons with constants of channels");
  LifConstants own = neuron.constantsAt(0);
  // Variants 1 and 2 gate a train with one neuron a channel.
  auto neurons =
      static_cast<size_t>(perChannel ? shape.channels : shape.valueSize());
  std::vector<int32_t> sums(neurons);
  std::vector<uint8_t> fired(neurons);
  Tensor result(DType::U8, v.shape());
  for (int64_t b = 0; b < shape.batch; ++b)
    for (int64_t h = 0; h < shape.heads; ++h) {
      std::vector<float> membranes(neurons, 0.0f);
      for (int64_t t = 0; t < shape.steps; ++t) {
        int64_t at = shape.offset(t, b, h);
        int64_t valuesAt = shape.index(t, b, h) * shape.valueSize();
        Head head(shape, q.data<uint8_t>() + at, k.data<uint8_t>() + at,
                  v.data<uint8_t>() + valuesAt,
                  mask ? mask->data<uint8_t>() : nullptr,
                  statistics.accumulations);
        if (perChannel)
          head.sumChannels(sdsa.variant(), sums);
        else
          head.sumTokens(sums);
        for (size_t i = 0; i < neurons; ++i) {
          auto place = static_cast<int64_t>(i);
          float x = static_cast<float>(sums[i]) *
                    scales.at(h, place / shape.width, place % shape.width);
          fired[i] =
              static_cast<uint8_t>(lifUpdate(membranes[i], x, neuron, own));
        }
        uint8_t *out = result.data<uint8_t>() + valuesAt;
        if (!perChannel) {
          std::copy(fired.begin(), fired.end(), out);
          continue;
        }
        const uint8_t *gated =
            (sdsa.variant() == 1 ? q : v).data<uint8_t>() + at;
        for (int64_t i = 0; i < shape.headSize(); ++i)
          out[i] = gated[i] & fired[static_cast<size_t>(i % shape.channels)];
      }
    }
  return result;
}
