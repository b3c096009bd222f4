//===- WeightScales.cpp - Integers and scales of weights ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The search is most of quantisation's time. A lane of a vector is a channel,
// so that each channel's sum has one order, whatever the instruction set.
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/WeightScales.h"
#include "snn/Support/InstructionSets.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace snn;
using namespace snn::spike;

typedef float Floats __attribute__((vector_size(4 * channelLanes)));
typedef double Doubles __attribute__((vector_size(8 * channelLanes)));

/// sign(w - mean w) * mean |w| (Otters).
static void quantizeSigns(llvm::ArrayRef<float> weights,
                          llvm::MutableArrayRef<int8_t> integers,
                          llvm::MutableArrayRef<float> scales) {
  size_t count = weights.size() / channelLanes;
  for (int64_t lane = 0; lane < channelLanes; ++lane) {
    double mean = 0, magnitude = 0;
    for (size_t n = 0; n < count; ++n)
      mean += weights[n * channelLanes + lane];
    mean /= double(count);
    for (size_t n = 0; n < count; ++n) {
      float w = weights[n * channelLanes + lane];
      magnitude += std::fabs(w);
      integers[n * channelLanes + lane] = w > mean ? 1 : (w < mean ? -1 : 0);
    }
    float scale = float(magnitude / double(count));
    scales[lane] = scale > 0 ? scale : 1.0f;
  }
}

/// errors[lane] = the sum of (w - level * scale)^2, or more than bounds[lane]
/// in every lane.
SNN_CLONES static void sumErrors(const float *weights, int64_t count,
                                 const float *scales, float bound,
                                 const double *bounds, double *errors) {
  Floats scale, most = bound - Floats{}, least = -bound - Floats{};
  __builtin_memcpy(&scale, scales, sizeof scale);
  Doubles wideScale = __builtin_convertvector(scale, Doubles);
  Doubles error = {}, limit;
  __builtin_memcpy(&limit, bounds, sizeof limit);
  for (int64_t n = 0; n < count;) {
    int64_t end = n + 64 < count ? n + 64 : count;
    for (; n < end; ++n) {
      Floats w;
      __builtin_memcpy(&w, weights + n * channelLanes, sizeof w);
      Floats v = w / scale;
      v = v > least ? v : least;
      v = v < most ? v : most;
      // Rounds half to even.
      Floats level = (v + 12582912.0f) - 12582912.0f;
      Doubles difference = __builtin_convertvector(w, Doubles) -
                           __builtin_convertvector(level, Doubles) * wideScale;
      error += difference * difference;
    }
    bool isOpen = false;
    for (int64_t lane = 0; lane < channelLanes; ++lane)
      isOpen |= error[lane] <= limit[lane];
    if (!isOpen)
      break;
  }
  __builtin_memcpy(errors, &error, sizeof error);
}

void snn::spike::quantizeChannels(llvm::ArrayRef<float> weights, unsigned bits,
                                  llvm::MutableArrayRef<int8_t> integers,
                                  llvm::MutableArrayRef<float> scales) {
  if (bits == 1)
    return quantizeSigns(weights, integers, scales);
  int64_t count = int64_t(weights.size()) / channelLanes;
  float bound = float((1 << (bits - 1)) - 1);
  float largest[channelLanes] = {}, best[channelLanes], tried[channelLanes];
  double bestErrors[channelLanes], errors[channelLanes];
  for (size_t i = 0; i < weights.size(); ++i) {
    float &most = largest[i % channelLanes];
    most = std::max(most, std::fabs(weights[i]));
  }
  bool isZero[channelLanes];
  for (int64_t lane = 0; lane < channelLanes; ++lane) {
    isZero[lane] = !(largest[lane] > 0);
    if (isZero[lane])
      largest[lane] = bound;
    best[lane] = largest[lane] / bound;
    bestErrors[lane] = std::numeric_limits<double>::infinity();
  }
  constexpr int steps = 64;
  // From the largest step down, as the best one is near it; the smallest of
  // equally good steps. Sums that exceed the best are not finished.
  for (int i = steps; i >= steps / 4; --i) {
    for (int64_t lane = 0; lane < channelLanes; ++lane)
      tried[lane] = largest[lane] / bound * float(i) / steps;
    sumErrors(weights.data(), count, tried, bound, bestErrors, errors);
    for (int64_t lane = 0; lane < channelLanes; ++lane)
      if (errors[lane] <= bestErrors[lane]) {
        bestErrors[lane] = errors[lane];
        best[lane] = tried[lane];
      }
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    float v =
        std::max(-bound, std::nearbyint(weights[i] / best[i % channelLanes]));
    integers[i] = int8_t(std::min(bound, v));
  }
  // Of zeros alone, every scale is as good.
  for (int64_t lane = 0; lane < channelLanes; ++lane)
    scales[lane] = isZero[lane] ? 1.0f : best[lane];
}
