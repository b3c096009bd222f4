//===- Statistics.cpp - Spike counts ----------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "TrainCounts.h"
#include "isa/Isa.h"
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

namespace {
/// Which neurons of a train count; `valid` and `tokenAxes` as in countSpikes.
class Validity {
public:
  Validity(const Tensor &train, const Tensor *valid, const Ints &tokenAxes)
      : isToken(train.rank(), false) {
    if (!valid || tokenAxes.empty())
      return;
    requireType("countSpikes", *valid, DType::Bool);
    // Texts are made where something is wrong: this runs for every train.
    if (valid->rank() != 2)
      fail("valid tokens of shape " + toString(valid->shape()) +
           ", expected batch x tokens");
    batch = valid->dim(0);
    tokens = valid->dim(1);
    flags = valid->data<bool>();
    for (int64_t axis : tokenAxes) {
      axis = normaliseAxis("countSpikes", axis, train.rank());
      if (train.dim(axis) != tokens)
        fail(misfit(axis, train));
      isToken[axis] = true;
      last = axis > last ? axis : last;
    }
    if (batch == 1)
      return;
    // Samples come first, or behind the tokens; heads may be folded into them.
    sampleAxis = isToken[0] ? 1 : 0;
    if (sampleAxis >= train.rank() || isToken[sampleAxis] ||
        train.dim(sampleAxis) % batch != 0)
      fail(misfit(tokenAxes.front(), train));
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
  [[noreturn]] static void fail(const std::string &what) {
    throw Error("countSpikes: " + what);
  }
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

namespace {
/// Neurons along the last axis that tells neurons apart, alike.
struct Run {
  int64_t begin, end;
  bool isKept;
};
} // namespace

/// Calls `visit` with the first byte, the length and the validity of runs of
/// neurons that lie side by side; they cover the train.
template <typename Visit>
static void forEachRun(const Tensor &train, const Validity &validity,
                       Visit visit) {
  const uint8_t *levels = static_cast<const uint8_t *>(train.raw());
  int64_t last = validity.lastTokenAxis(),
          sampleAxis = validity.getSampleAxis();
  if (last < 0)
    return visit(levels, train.size(), true);
  // Behind the last axis of tokens and samples all neurons are alike.
  last = std::max(last, sampleAxis);
  int64_t inner = extent(train.shape(), last + 1, train.rank());
  int64_t width = train.dim(last), rowBytes = width * inner;
  std::vector<int64_t> index(last + 1, 0);
  std::vector<Run> runs;
  int64_t runsOf = -1; // the sample whose row they are
  for (int64_t at = 0, n = train.size(); at < n; at += rowBytes) {
    bool isKept = true;
    if (sampleAxis != last)
      for (int64_t axis = 0; axis < last; ++axis)
        isKept &= validity.keeps(index[sampleAxis], axis, index[axis]);
    if (!isKept) {
      visit(levels + at, rowBytes, false);
    } else {
      // Rows of one sample are alike; a row of samples depends on its tokens.
      if (sampleAxis == last || index[sampleAxis] != runsOf) {
        runs.clear();
        for (int64_t i = 0; i < width; ++i) {
          index[last] = i;
          bool isHere = true;
          for (int64_t axis = sampleAxis == last ? 0 : last; axis <= last;
               ++axis)
            isHere &= validity.keeps(index[sampleAxis], axis, index[axis]);
          if (runs.empty() || runs.back().isKept != isHere)
            runs.push_back({i, i, isHere});
          runs.back().end = i + 1;
        }
        index[last] = 0;
        runsOf = index[sampleAxis];
      }
      for (const Run &run : runs)
        visit(levels + at + run.begin * inner, (run.end - run.begin) * inner,
              run.isKept);
    }
    for (int64_t axis = last - 1; axis >= 0; --axis) {
      if (++index[axis] < train.dim(axis))
        break;
      index[axis] = 0;
    }
  }
}

TrainCounts snn::rt::detail::countTrain(const Tensor &train,
                                        SilentLevels silent,
                                        const Tensor *valid,
                                        const Ints &tokenAxes) {
  TrainCounts counts;
  // Short runs are put side by side first.
  constexpr int64_t room = 8192;
  uint8_t gathered[room];
  int64_t used = 0;
  auto flush = [&] {
    loops().histogram(gathered, used, counts.valid.data());
    used = 0;
  };
  forEachRun(train, Validity(train, valid, tokenAxes),
             [&](const uint8_t *levels, int64_t n, bool isKept) {
               if (!isKept) {
                 counts.removed += n;
                 counts.removedSpikes +=
                     loops().countOutside(levels, n, silent.low, silent.high);
                 return;
               }
               if (n > room / 2)
                 return loops().histogram(levels, n, counts.valid.data());
               if (used + n > room)
                 flush();
               std::memcpy(gathered + used, levels, static_cast<size_t>(n));
               used += n;
             });
  flush();
  return counts;
}

int64_t snn::rt::detail::countFiring(const Tensor &train, SilentLevels silent,
                                     const Tensor *valid,
                                     const Ints &tokenAxes) {
  int64_t spikes = 0;
  forEachRun(train, Validity(train, valid, tokenAxes),
             [&](const uint8_t *levels, int64_t n, bool isKept) {
               if (isKept)
                 spikes +=
                     loops().countOutside(levels, n, silent.low, silent.high);
             });
  return spikes;
}

/// The levels that a coding's dead zone makes the mask.
static SilentLevels silentLevels(const Coding &coding) {
  return {static_cast<uint8_t>(std::max(coding.mask - coding.radius, 0)),
          static_cast<uint8_t>(std::min(coding.mask + coding.radius, 255))};
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
                          const Tensor *valid, const Ints &tokenAxes,
                          int64_t targets) {
  if (context.recorder)
    context.recorder->record(
        site, context.sample, train,
        {coding.maxLevel(), coding.mask, coding.radius, /*phases=*/0});
  if (!context.statistics)
    return;
  requireType("countSpikes", train, DType::U8);
  TrainCounts counts =
      countTrain(train, silentLevels(coding), valid, tokenAxes);
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
  s.synapticOperations += spikes * targets;
  s.allNeurons += neurons + counts.removed;
  s.allSpikes += spikes + counts.removedSpikes;
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
  context.statistics->sites[site].synapticOperations +=
      countFiring(train, silentLevels(coding), valid, tokenAxes) * targets;
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
