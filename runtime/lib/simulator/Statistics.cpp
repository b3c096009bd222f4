//===- Statistics.cpp - Spike counts ----------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "TrainCounts.h"
#include "kernels/Convolution.h"

#include "snn/runtime/Recorder.h"
#include "snn/runtime/Spiking.h"

#include <algorithm>
#include <array>
#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

void Statistics::merge(const Statistics &other) {
  for (const auto &[site, from] : other.sites) {
    SiteStatistics &to = sites[site];
    to.neurons += from.neurons;
    to.spikes += from.spikes;
    to.allNeurons += from.allNeurons;
    to.allSpikes += from.allSpikes;
    to.synapticOperations += from.synapticOperations;
    if (to.slots.size() < from.slots.size())
      to.slots.resize(from.slots.size(), 0);
    for (size_t t = 0; t < from.slots.size(); ++t)
      to.slots[t] += from.slots[t];
    // A site that one thread only counted operations of has no coding yet.
    if (from.maxLevel) {
      to.maxLevel = from.maxLevel;
      to.mask = from.mask;
      to.radius = from.radius;
    }
    to.unfiredSteps += from.unfiredSteps;
    to.nearThreshold += from.nearThreshold;
    to.phases = std::max(to.phases, from.phases);
    to.maxCount = std::max(to.maxCount, from.maxCount);
    to.accumulations += from.accumulations;
    to.ands += from.ands;
    to.coincidences += from.coincidences;
    to.draws += from.draws;
    to.comparisons += from.comparisons;
  }
}

/// Adds the levels of a run of neurons.
static void countLevels(const uint8_t *levels, int64_t n, Histogram &h) {
  // A table a byte of a word, so that equal neighbours do not wait for each
  // other, and one load for the eight.
  constexpr int tables = sizeof(uint64_t);
  thread_local uint32_t part[tables][256];
  constexpr int64_t block = int64_t(1) << 30;
  for (int64_t begin = 0; begin < n; begin += block) {
    int64_t end = begin + block < n ? begin + block : n, i = begin;
    if (end - begin < 256) {
      for (; i < end; ++i)
        ++h[levels[i]];
      continue;
    }
    for (auto &p : part)
      std::fill(p, p + 256, 0);
    for (; i + tables <= end; i += tables) {
      uint64_t word;
      std::memcpy(&word, levels + i, sizeof word);
      for (int j = 0; j < tables; ++j)
        ++part[j][word >> 8 * j & 255];
    }
    for (; i < end; ++i)
      ++part[0][levels[i]];
    for (int v = 0; v < 256; ++v)
      for (const auto &p : part)
        h[v] += p[v];
  }
}

namespace {
/// Which neurons of a train count; `valid` and `tokenAxes` as in countSpikes.
class Validity {
public:
  Validity(const Tensor &train, const Tensor *valid, const Ints &tokenAxes)
      : isToken(train.rank(), false) {
    if (!valid || tokenAxes.empty())
      return;
    requireType("countSpikes", *valid, DType::Bool);
    require(valid->rank() == 2, "countSpikes",
            "valid tokens of shape " + toString(valid->shape()) +
                ", expected batch x tokens");
    batch = valid->dim(0);
    tokens = valid->dim(1);
    flags = valid->data<bool>();
    for (int64_t axis : tokenAxes) {
      axis = normaliseAxis("countSpikes", axis, train.rank());
      require(train.dim(axis) == tokens, "countSpikes", misfit(axis, train));
      isToken[axis] = true;
      last = axis > last ? axis : last;
    }
    if (batch == 1)
      return;
    // Samples come first, or behind the tokens; heads may be folded into them.
    sampleAxis = isToken[0] ? 1 : 0;
    require(sampleAxis < train.rank() && !isToken[sampleAxis] &&
                train.dim(sampleAxis) % batch == 0,
            "countSpikes", misfit(tokenAxes.front(), train));
    perSample = train.dim(sampleAxis) / batch;
  }
  /// Whether the neurons at `index` along the token axis `axis` count, where
  /// `at` is the index along the axis of the samples.
  bool keeps(int64_t at, int64_t axis, int64_t index) const {
    return !isToken[axis] ||
           flags[(batch == 1 ? 0 : at / perSample) * tokens + index];
  }
  /// The axis that runs over samples.
  int64_t getSampleAxis() const { return sampleAxis; }
  /// The last axis that runs over tokens; -1 when all neurons count.
  int64_t lastTokenAxis() const { return last; }

private:
  std::string misfit(int64_t axis, const Tensor &train) const {
    return "valid tokens of shape " + toString({batch, tokens}) +
           " do not fit axis " + std::to_string(axis) + " of " +
           toString(train.shape());
  }

  std::vector<bool> isToken;
  int64_t batch = 1, tokens = 0, last = -1, sampleAxis = 0, perSample = 1;
  const bool *flags = nullptr;
};
} // namespace

TrainCounts snn::rt::detail::countTrain(const Tensor &train,
                                        const Tensor *valid,
                                        const Ints &tokenAxes) {
  TrainCounts counts;
  const uint8_t *levels = static_cast<const uint8_t *>(train.raw());
  Validity validity(train, valid, tokenAxes);
  int64_t last = validity.lastTokenAxis();
  if (last < 0) {
    countLevels(levels, train.size(), counts.valid);
    return counts;
  }
  // Behind the last axis of tokens and samples all neurons are alike.
  last = std::max(last, validity.getSampleAxis());
  int64_t inner = extent(train.shape(), last + 1, train.rank());
  std::vector<int64_t> index(last + 1, 0);
  for (int64_t at = 0, n = train.size(); at < n; at += inner) {
    bool all = true;
    for (int64_t axis = 0; axis <= last; ++axis)
      all &= validity.keeps(index[validity.getSampleAxis()], axis, index[axis]);
    countLevels(levels + at, inner, all ? counts.valid : counts.removed);
    for (int64_t axis = last; axis >= 0; --axis) {
      if (++index[axis] < train.dim(axis))
        break;
      index[axis] = 0;
    }
  }
  return counts;
}

/// Whether a neuron of level `q` fires.
static bool fires(const Coding &coding, int32_t q) {
  return coding.deadZone(q) != coding.mask;
}

/// Neurons of a histogram that fire.
static int64_t spikesOf(const Histogram &h, const Coding &coding) {
  int64_t spikes = 0;
  for (int32_t q = 0; q <= coding.maxLevel(); ++q)
    if (fires(coding, q))
      spikes += h[q];
  return spikes;
}

int64_t snn::rt::detail::total(const Histogram &h) {
  int64_t n = 0;
  for (int64_t v : h)
    n += v;
  return n;
}

void snn::rt::countSpikes(Context &context, const char *site,
                          const Tensor &train, const Coding &coding,
                          const Tensor *valid, const Ints &tokenAxes) {
  if (context.recorder)
    context.recorder->record(
        site, context.sample, train,
        {coding.maxLevel(), coding.mask, coding.radius, /*phases=*/0});
  if (!context.statistics)
    return;
  requireType("countSpikes", train, DType::U8);
  TrainCounts counts = countTrain(train, valid, tokenAxes);
  SiteStatistics &s = context.statistics->sites[site];
  int32_t top = coding.maxLevel();
  s.maxLevel = top;
  s.mask = coding.mask;
  s.radius = coding.radius;
  s.slots.resize(top + 1, 0);
  int64_t neurons = total(counts.valid),
          spikes = spikesOf(counts.valid, coding);
  s.neurons += neurons;
  s.spikes += spikes;
  s.allNeurons += neurons + total(counts.removed);
  s.allSpikes += spikes + spikesOf(counts.removed, coding);
  for (int32_t q = 0; q <= top; ++q)
    if (fires(coding, q))
      s.slots[top - q] += counts.valid[q];
}

void snn::rt::markCounts(Context &context, const char *site, int64_t maxCount) {
  if (context.statistics)
    context.statistics->sites[site].maxCount = static_cast<int32_t>(maxCount);
}

void snn::rt::countSynapticOperations(Context &context, const char *site,
                                      const Tensor &train, const Coding &coding,
                                      const Tensor *valid,
                                      const Ints &tokenAxes, int64_t targets) {
  if (!context.statistics)
    return;
  requireType("countSpikes", train, DType::U8);
  TrainCounts counts = countTrain(train, valid, tokenAxes);
  context.statistics->sites[site].synapticOperations +=
      spikesOf(counts.valid, coding) * targets;
}

/// How many (result, tap) pairs along one axis read each of its `size` inputs.
/// `position` gives the input of a pair; it may lie outside.
template <typename Position>
static std::vector<int64_t> readsAlongAxis(int64_t size, int64_t results,
                                           int64_t taps, Position position) {
  std::vector<int64_t> reads(size, 0);
  for (int64_t result = 0; result < results; ++result)
    for (int64_t tap = 0; tap < taps; ++tap)
      if (int64_t at = position(result, tap); at >= 0 && at < size)
        ++reads[at];
  return reads;
}

void snn::rt::countConvolutionOperations(
    Context &context, const char *site, const Tensor &train,
    const Coding &coding, const Tensor *valid, const Ints &tokenAxes,
    const Shape &weights, const Ints &strides, const Ints &pads,
    const Ints &dilations, int64_t group) {
  if (!context.statistics)
    return;
  const char *op = "countConvolutionOperations";
  requireType(op, train, DType::U8);
  ConvolutionGeometry g(op, train.shape(), weights, strides, pads, dilations,
                        group);
  Validity validity(train, valid, tokenAxes);
  // The axes of a flat image are batch, channel and column.
  int64_t columnAxis = train.rank() - 1, rowAxis = columnAxis - 1;
  bool flat = train.rank() == 3;
  std::vector<int64_t> rows =
      readsAlongAxis(g.height, g.outHeight, g.kernelHeight,
                     [&](int64_t oy, int64_t ky) { return g.inputY(oy, ky); });
  std::vector<int64_t> columns =
      readsAlongAxis(g.width, g.outWidth, g.kernelWidth,
                     [&](int64_t ox, int64_t kx) { return g.inputX(ox, kx); });
  std::array<bool, 256> firing{};
  for (int32_t q = 0; q <= coding.maxLevel(); ++q)
    firing[q] = fires(coding, q);

  const uint8_t *levels = train.data<uint8_t>();
  std::vector<int64_t> kept(g.width);
  int64_t reads = 0;
  for (int64_t b = 0; b < g.batch; ++b) {
    for (int64_t x = 0; x < g.width; ++x)
      kept[x] = validity.keeps(b, columnAxis, x) ? columns[x] : 0;
    for (int64_t c = 0; c < g.inputs; ++c)
      for (int64_t y = 0; y < g.height; ++y, levels += g.width) {
        if (!validity.keeps(b, 1, c) ||
            (!flat && !validity.keeps(b, rowAxis, y)))
          continue;
        int64_t sum = 0;
        for (int64_t x = 0; x < g.width; ++x)
          sum += firing[levels[x]] ? kept[x] : 0;
        reads += rows[y] * sum;
      }
  }
  context.statistics->sites[site].synapticOperations +=
      reads * (g.outputs / g.group);
}
