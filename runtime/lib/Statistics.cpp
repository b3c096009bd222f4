//===- Statistics.cpp - Spike counts ----------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "TrainCounts.h"

#include "snn/runtime/Spiking.h"

#include <algorithm>
#include <array>

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
  }
}

/// Adds the levels of a run of neurons.
static void countLevels(const uint8_t *levels, int64_t n, Histogram &h) {
  // Four tables, so that equal neighbours do not wait for each other.
  thread_local uint32_t part[4][256];
  constexpr int64_t block = int64_t(1) << 30;
  for (int64_t begin = 0; begin < n; begin += block) {
    int64_t end = begin + block < n ? begin + block : n, i = begin;
    if (end - begin < 64) {
      for (; i < end; ++i)
        ++h[levels[i]];
      continue;
    }
    for (auto &p : part)
      std::fill(p, p + 256, 0);
    for (; i + 4 <= end; i += 4)
      for (int j = 0; j < 4; ++j)
        ++part[j][levels[i + j]];
    for (; i < end; ++i)
      ++part[0][levels[i]];
    for (int v = 0; v < 256; ++v)
      h[v] += int64_t(part[0][v]) + part[1][v] + part[2][v] + part[3][v];
  }
}

TrainCounts snn::rt::detail::countTrain(const Tensor &train,
                                        const Tensor *valid,
                                        const Ints &tokenAxes) {
  TrainCounts counts;
  const uint8_t *levels = static_cast<const uint8_t *>(train.raw());
  if (!valid || tokenAxes.empty()) {
    countLevels(levels, train.size(), counts.valid);
    return counts;
  }
  requireType("countSpikes", *valid, DType::Bool);
  require(valid->rank() == 2, "countSpikes",
          "valid tokens of shape " + toString(valid->shape()) +
              ", expected batch x tokens");
  int64_t rank = train.rank(), batch = valid->dim(0), tokens = valid->dim(1);
  std::vector<bool> isToken(rank, false);
  int64_t last = 0;
  for (int64_t axis : tokenAxes) {
    axis = normaliseAxis("countSpikes", axis, rank);
    require(axis > 0 && train.dim(axis) == tokens &&
                (batch == train.dim(0) || batch == 1),
            "countSpikes",
            "valid tokens of shape " + toString(valid->shape()) +
                " do not fit axis " + std::to_string(axis) + " of " +
                toString(train.shape()));
    isToken[axis] = true;
    last = axis > last ? axis : last;
  }
  // Behind the last token axis all neurons are alike.
  int64_t inner = extent(train.shape(), last + 1, rank);
  const bool *keep = valid->data<bool>();
  std::vector<int64_t> index(last + 1, 0);
  for (int64_t at = 0, n = train.size(); at < n; at += inner) {
    const bool *sample = keep + (batch == 1 ? 0 : index[0]) * tokens;
    bool all = true;
    for (int64_t axis = 1; axis <= last; ++axis)
      all &= !isToken[axis] || sample[index[axis]];
    countLevels(levels + at, inner, all ? counts.valid : counts.removed);
    for (int64_t axis = last; axis >= 0; --axis) {
      if (++index[axis] < train.dim(axis))
        break;
      index[axis] = 0;
    }
  }
  return counts;
}

/// Neurons of a histogram that fire.
static int64_t spikesOf(const Histogram &h, const Coding &coding) {
  int64_t spikes = 0;
  for (int32_t q = 0; q <= coding.maxLevel(); ++q)
    if (coding.deadZone(q) != coding.mask)
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
    if (coding.deadZone(q) != coding.mask)
      s.slots[top - q] += counts.valid[q];
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
