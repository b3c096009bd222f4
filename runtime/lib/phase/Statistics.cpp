//===- Statistics.cpp - Spike counts of phase coding ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "TrainCounts.h"
#include "phase/Modes.h"

#include "snn/runtime/Recorder.h"

#include <cmath>

using namespace snn::rt;
using namespace snn::rt::detail;

/// How close to a threshold the executions need not agree, relative.
static constexpr double thresholdMargin = 1e-6;

static constexpr SilentLevels silentCode = {0, 0};

/// Codes by magnitude: 0 is silent, t + 1 fires in phase t.
static std::vector<int64_t> byPhase(const Histogram &h, int32_t phases) {
  std::vector<int64_t> counts(phases + 1, h[0]);
  for (int32_t code = 1; code <= phases; ++code)
    counts[code] = h[code] + h[static_cast<uint8_t>(-code)];
  return counts;
}

/// Neurons of x / scale within the margin of a threshold.
static int64_t countNear(const Tensor &x, const Tensor *scales,
                         const PhaseCoding &coding) {
  requireType("countPhases", x, DType::F32);
  PhaseTable table(coding);
  const Shape &shape = x.shape();
  Tensor shared = Tensor::scalar(coding.scale);
  const Tensor &s = scales ? *scales : shared;
  require(broadcastShapes("countPhases", s.shape(), shape) == shape,
          "countPhases",
          "scales of shape " + toString(s.shape()) + " do not fit " +
              toString(shape));
  std::vector<int64_t> strides[2] = {rowMajorStrides(shape),
                                     broadcastStrides(s.shape(), shape)};
  StridedLoop<2> loop(shape, strides);
  int64_t near = 0;
  auto isNear = [&](float magnitude, int32_t t) {
    double threshold = table.thresholds[t];
    return std::fabs(magnitude - threshold) <= thresholdMargin * threshold;
  };
  loop.forEachRow([&](const int64_t *o) {
    for (int64_t i = 0; i < loop.innerSize(); ++i) {
      float u = x.data<float>()[o[0] + i * loop.innerStride(0)] /
                s.data<float>()[o[1] + i * loop.innerStride(1)];
      if (coding.unipolar && !(u > 0))
        continue;
      float magnitude = std::fabs(u);
      int32_t t = table.phaseOf(magnitude);
      near += (t < table.phases() && isNear(magnitude, t)) ||
              (t > 0 && isNear(magnitude, t - 1));
    }
  });
  return near;
}

void snn::rt::countPhases(Context &context, const char *site,
                          const Tensor &train, const Tensor *x,
                          const Tensor *scales, const PhaseCoding &coding,
                          const Tensor *valid, const Ints &tokenAxes) {
  if (context.recorder)
    context.recorder->record(
        site, context.sample, train,
        {/*maxLevel=*/0, /*mask=*/0, /*radius=*/0, coding.phases});
  if (!context.statistics)
    return;
  requireType("countPhases", train, DType::I8);
  int32_t phases = coding.phases;
  TrainCounts counts = countTrain(train, silentCode, valid, tokenAxes);
  SiteStatistics &s = context.statistics->sites[site];
  s.phases = phases;
  s.slots.resize(phases, 0);
  int64_t neurons = total(counts.valid);
  std::vector<int64_t> kept = byPhase(counts.valid, phases);
  s.neurons += neurons;
  s.spikes += neurons - kept[0];
  s.allNeurons += neurons + counts.removed;
  s.allSpikes += neurons - kept[0] + counts.removedSpikes;
  s.unfiredSteps += kept[0] * phases;
  for (int32_t t = 0; t < phases; ++t) {
    s.slots[t] += kept[t + 1];
    s.unfiredSteps += kept[t + 1] * t;
  }
  if (x)
    s.nearThreshold += countNear(*x, scales, coding);
}

void snn::rt::countPhaseOperations(Context &context, const char *site,
                                   const Tensor &train, const Tensor *valid,
                                   const Ints &tokenAxes, int64_t targets) {
  if (!context.statistics)
    return;
  requireType("countPhaseOperations", train, DType::I8);
  context.statistics->sites[site].synapticOperations +=
      countFiring(train, silentCode, valid, tokenAxes) * targets;
}
