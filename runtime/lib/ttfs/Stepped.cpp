//===- Stepped.cpp - Execution slot by slot ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The multiplier-free schedule: in every slot t = 0..T the membrane V takes up
// the synaptic state S, and then S the weights of the neurons that fire in t.
// At the end V takes -m * S and the constant. Neurons fire on a descending
// staircase of thresholds, one step a slot, and are latched at the first
// crossing.
//
//===----------------------------------------------------------------------===//

#include "ttfs/Modes.h"

#include <vector>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
/// The state of a set of neurons during one window.
struct Neurons {
  std::vector<int32_t> potential; ///< V
  std::vector<int32_t> synapse;   ///< S

  explicit Neurons(int64_t count) : potential(count), synapse(count) {}
  void reset() {
    potential.assign(potential.size(), 0);
    synapse.assign(synapse.size(), 0);
  }
};
} // namespace

/// V += S.
SNN_CLONES static void leakIn(int32_t *__restrict potential,
                              const int32_t *__restrict synapse,
                              int64_t count) {
  for (int64_t j = 0; j < count; ++j)
    potential[j] = static_cast<int32_t>(static_cast<uint32_t>(potential[j]) +
                                        static_cast<uint32_t>(synapse[j]));
}
/// S += weights.
SNN_CLONES static void excite(int32_t *__restrict synapse,
                              const int8_t *__restrict weights, int64_t count) {
  for (int64_t j = 0; j < count; ++j)
    synapse[j] += weights[j];
}
SNN_CLONES static void excite(int32_t *__restrict synapse,
                              const int16_t *__restrict weights,
                              int64_t count) {
  for (int64_t j = 0; j < count; ++j)
    synapse[j] += weights[j];
}

/// The slot of every neuron of a train; -1 for a silent one.
static void spikeTimes(const uint8_t *train, int64_t count,
                       const Coding &coding, std::vector<int16_t> &times) {
  times.resize(count);
  for (int64_t i = 0; i < count; ++i) {
    int32_t q = train[i];
    bool silent = coding.deadZone(q) == coding.mask;
    times[i] = static_cast<int16_t>(silent ? -1 : coding.maxLevel() - q);
  }
}

/// V + (-m) * S + constant, the end of a window.
static int32_t settle(int32_t potential, int32_t synapse, int32_t mask,
                      int32_t constant) {
  return static_cast<int32_t>(static_cast<uint32_t>(potential) -
                              static_cast<uint32_t>(mask) *
                                  static_cast<uint32_t>(synapse) +
                              static_cast<uint32_t>(constant));
}

/// One window of a fully connected layer: weights [inputs, outputs].
template <typename Weight>
static void window(const std::vector<int16_t> &times, const Weight *weights,
                   int64_t outputs, const Coding &coding, Neurons &neurons) {
  neurons.reset();
  for (int32_t t = 0; t <= coding.maxLevel(); ++t) {
    leakIn(neurons.potential.data(), neurons.synapse.data(), outputs);
    for (size_t i = 0; i < times.size(); ++i)
      if (times[i] == t)
        excite(neurons.synapse.data(), weights + i * outputs, outputs);
  }
}

void stepped::linear(const LinearArguments &a) {
  int64_t inputs = a.weights.inputs(), outputs = a.weights.outputs();
  const Tensor &matrix = a.weights.matrix();
  Neurons neurons(outputs);
  std::vector<int16_t> times;
  for (int64_t r = 0; r < a.rows; ++r) {
    spikeTimes(a.train + r * inputs, inputs, a.coding, times);
    if (matrix.dtype() == DType::I8)
      window(times, matrix.data<int8_t>(), outputs, a.coding, neurons);
    else
      window(times, matrix.data<int16_t>(), outputs, a.coding, neurons);
    for (int64_t j = 0; j < outputs; ++j)
      a.membrane[r * outputs + j] =
          settle(neurons.potential[j], neurons.synapse[j], a.coding.mask,
                 a.offset ? a.offset[j] : 0);
  }
}

/// One window of one output point of a convolution: in every slot the point
/// looks at all its taps. Weights are [tap, output].
template <typename Weight>
static void windowOfPoint(const ConvolutionGeometry &g,
                          const std::vector<int16_t> &times, int64_t oy,
                          int64_t ox, const std::vector<Weight> &weights,
                          int64_t outputs, const Coding &coding,
                          std::vector<int16_t> &taps, Neurons &neurons) {
  taps.assign(g.taps(), -1);
  int64_t tap = 0;
  for (int64_t c = 0; c < g.groupInputs; ++c)
    for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
      for (int64_t kx = 0; kx < g.kernelWidth; ++kx, ++tap) {
        int64_t iy = g.inputY(oy, ky), ix = g.inputX(ox, kx);
        if (iy >= 0 && iy < g.height && ix >= 0 && ix < g.width)
          taps[tap] = times[(c * g.height + iy) * g.width + ix];
      }
  window(taps, weights.data(), outputs, coding, neurons);
}

/// All images of a convolution.
template <typename Weight>
static void convolve(const ConvolutionArguments &a, const Weight *weights) {
  const ConvolutionGeometry &g = a.geometry;
  int64_t outputs = g.outputs / g.group, taps = g.taps();
  int64_t points = g.outHeight * g.outWidth;
  int64_t imageSize = g.groupInputs * g.height * g.width;
  Neurons neurons(outputs);
  std::vector<int16_t> times, tapTimes;
  std::vector<Weight> byTap(taps * outputs);
  for (int64_t s = 0; s < g.group; ++s) {
    for (int64_t i = 0; i < taps; ++i)
      for (int64_t j = 0; j < outputs; ++j)
        byTap[i * outputs + j] = weights[(s * outputs + j) * taps + i];
    for (int64_t b = 0; b < g.batch; ++b) {
      spikeTimes(a.train + (b * g.group + s) * imageSize, imageSize, a.coding,
                 times);
      for (int64_t p = 0; p < points; ++p) {
        windowOfPoint(g, times, p / g.outWidth, p % g.outWidth, byTap, outputs,
                      a.coding, tapTimes, neurons);
        for (int64_t j = 0; j < outputs; ++j) {
          int64_t channel = s * outputs + j;
          a.membrane[(b * g.outputs + channel) * points + p] =
              settle(neurons.potential[j], neurons.synapse[j], a.coding.mask,
                     a.offset ? a.offset[channel * points + p] : 0);
        }
      }
    }
  }
}

void stepped::convolution(const ConvolutionArguments &a) {
  if (a.weights.dtype() == DType::I8)
    convolve(a, a.weights.data<int8_t>());
  else
    convolve(a, a.weights.data<int16_t>());
}

void stepped::dynamicProduct(const ProductArguments &a) {
  std::vector<int16_t> resident(a.inputs * a.outputs);
  std::vector<int32_t> kappa(a.outputs, 0);
  for (int64_t j = 0; j < a.outputs; ++j)
    for (int64_t i = 0; i < a.inputs; ++i) {
      int32_t value = a.residentValue(i, j);
      resident[i * a.outputs + j] = static_cast<int16_t>(value);
      kappa[j] += value;
    }
  Neurons neurons(a.outputs);
  std::vector<int16_t> times;
  for (int64_t r = 0; r < a.rows; ++r) {
    spikeTimes(a.train + r * a.inputs, a.inputs, a.coding, times);
    window(times, resident.data(), a.outputs, a.coding, neurons);
    for (int64_t j = 0; j < a.outputs; ++j)
      a.membrane[r * a.outputs + j] =
          settle(neurons.potential[j], neurons.synapse[j], a.coding.mask,
                 (a.coding.mask - a.coding.zero) * kappa[j]);
  }
}

void stepped::fire(const FireArguments &a) {
  int32_t top = a.coding.maxLevel();
  int64_t count = a.outer * a.channels * a.inner;
  std::vector<uint8_t> latched(count, 0);
  // Whoever never crosses holds level 0, and emits it in the last slot unless
  // that is the silent one.
  bool zeroSilent = a.coding.deadZone(0) == a.coding.mask;
  for (int64_t i = 0; i < count; ++i)
    a.train[i] = static_cast<uint8_t>(zeroSilent ? a.coding.mask : 0);
  for (int32_t t = 0; t < top; ++t) {
    int32_t level = top - t;
    bool silent = a.coding.deadZone(level) == a.coding.mask;
    for (int64_t o = 0; o < a.outer; ++o)
      for (int64_t c = 0; c < a.channels; ++c) {
        int32_t threshold =
            a.thresholds[(a.sharedThresholds ? 0 : c) * top + level - 1];
        if (threshold == INT32_MAX)
          continue;
        int64_t at = (o * a.channels + c) * a.inner;
        for (int64_t i = at; i < at + a.inner; ++i) {
          if (latched[i] || a.membrane[i] < threshold)
            continue;
          latched[i] = 1;
          a.train[i] = static_cast<uint8_t>(silent ? a.coding.mask : level);
        }
      }
  }
}
