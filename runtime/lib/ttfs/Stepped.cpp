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
// crossing. With a table V takes up S times the difference of the slot's level
// to the next.
//
//===----------------------------------------------------------------------===//

#include "ttfs/Modes.h"

#include <algorithm>
#include <vector>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
/// The state of a set of neurons during one window.
struct Neurons {
  std::vector<int32_t> potential; ///< V
  std::vector<int32_t> synapse;   ///< S
  std::vector<int32_t> firing;    ///< inputs, in the order of their slots

  explicit Neurons(int64_t count) : potential(count), synapse(count) {}
};

/// Who fires in each slot: inputs [starts[t], starts[t + 1]) of `firing`.
struct Schedule {
  int32_t slots; ///< T + 1
  const int32_t *starts, *firing;
  const int32_t *gains; ///< what V takes S times in each slot; null: once
};

/// The neurons that a loop keeps in registers: V and S of 4 * 16.
constexpr int64_t blockNeurons = 64;
typedef int32_t Words __attribute__((vector_size(64)));
typedef int8_t Bytes __attribute__((vector_size(16)));
typedef int16_t Halves __attribute__((vector_size(32)));
} // namespace

/// Slot after slot, V += S, then S += the weights of those who fire; of one
/// block of neurons, whose weights are `stride` apart from input to input.
template <typename Weights, typename Weight>
static SNN_INLINE void runBlock(const Schedule &schedule,
                                const Weight *__restrict weights,
                                int64_t stride, int32_t *__restrict potential,
                                int32_t *__restrict synapse) {
  Words v0 = {}, v1 = {}, v2 = {}, v3 = {}, s0 = {}, s1 = {}, s2 = {}, s3 = {};
  for (int32_t t = 0; t < schedule.slots; ++t) {
    if (schedule.gains) {
      int32_t gain = schedule.gains[t];
      v0 += s0 * gain;
      v1 += s1 * gain;
      v2 += s2 * gain;
      v3 += s3 * gain;
    } else {
      v0 += s0;
      v1 += s1;
      v2 += s2;
      v3 += s3;
    }
    for (int32_t i = schedule.starts[t]; i < schedule.starts[t + 1]; ++i) {
      Weights w0, w1, w2, w3;
      const Weight *w = weights + schedule.firing[i] * stride;
      __builtin_memcpy(&w0, w, sizeof w0);
      __builtin_memcpy(&w1, w + 16, sizeof w1);
      __builtin_memcpy(&w2, w + 32, sizeof w2);
      __builtin_memcpy(&w3, w + 48, sizeof w3);
      s0 += __builtin_convertvector(w0, Words);
      s1 += __builtin_convertvector(w1, Words);
      s2 += __builtin_convertvector(w2, Words);
      s3 += __builtin_convertvector(w3, Words);
    }
  }
  __builtin_memcpy(potential, &v0, sizeof v0);
  __builtin_memcpy(potential + 16, &v1, sizeof v1);
  __builtin_memcpy(potential + 32, &v2, sizeof v2);
  __builtin_memcpy(potential + 48, &v3, sizeof v3);
  __builtin_memcpy(synapse, &s0, sizeof s0);
  __builtin_memcpy(synapse + 16, &s1, sizeof s1);
  __builtin_memcpy(synapse + 32, &s2, sizeof s2);
  __builtin_memcpy(synapse + 48, &s3, sizeof s3);
}
SNN_PLAIN_CLONES static void runSlots(const Schedule &schedule,
                                      const int8_t *weights, int64_t stride,
                                      int32_t *potential, int32_t *synapse) {
  runBlock<Bytes>(schedule, weights, stride, potential, synapse);
}
SNN_PLAIN_CLONES static void runSlots(const Schedule &schedule,
                                      const int16_t *weights, int64_t stride,
                                      int32_t *potential, int32_t *synapse) {
  runBlock<Halves>(schedule, weights, stride, potential, synapse);
}

/// The same of one neuron.
template <typename Weight>
static void runNeuron(const Schedule &schedule, const Weight *weights,
                      int64_t stride, int32_t &potential, int32_t &synapse) {
  uint32_t v = 0;
  int32_t s = 0;
  for (int32_t t = 0; t < schedule.slots; ++t) {
    v += static_cast<uint32_t>(s) *
         static_cast<uint32_t>(schedule.gains ? schedule.gains[t] : 1);
    for (int32_t i = schedule.starts[t]; i < schedule.starts[t + 1]; ++i)
      s += weights[schedule.firing[i] * stride];
  }
  potential = static_cast<int32_t>(v);
  synapse = s;
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

/// V + (-m) * S + constant, the end of a window; `mask` is the integer of the
/// silent level above that of level 0.
static int32_t settle(int32_t potential, int32_t synapse, int32_t mask,
                      int32_t constant) {
  return static_cast<int32_t>(static_cast<uint32_t>(potential) -
                              static_cast<uint32_t>(mask) *
                                  static_cast<uint32_t>(synapse) +
                              static_cast<uint32_t>(constant));
}

/// The integer of the silent level above that of level 0.
static int32_t restingDigit(const Coding &coding) {
  return coding.value(coding.mask) - coding.value(0);
}

/// One window of neurons whose inputs fire at `times`: V and S at its end.
template <typename Weight>
static void window(const std::vector<int16_t> &times, const Weight *weights,
                   int64_t outputs, const Coding &coding, Neurons &neurons) {
  // Who fires when, slot after slot.
  int32_t top = coding.maxLevel();
  std::vector<int32_t> &firing = neurons.firing;
  int32_t starts[258] = {};
  for (int16_t t : times)
    if (t >= 0)
      ++starts[t + 1];
  for (int32_t t = 0; t <= top; ++t)
    starts[t + 1] += starts[t];
  firing.resize(starts[top + 1]);
  int32_t next[257];
  std::copy(starts, starts + top + 1, next);
  for (size_t i = 0; i < times.size(); ++i)
    if (times[i] >= 0)
      firing[next[times[i]]++] = static_cast<int32_t>(i);

  int32_t gains[257] = {};
  if (coding.hasTable())
    for (int32_t t = 1; t <= top; ++t)
      gains[t] = coding.value(top - t + 1) - coding.value(top - t);
  Schedule schedule = {top + 1, starts, firing.data(),
                       coding.hasTable() ? gains : nullptr};
  int64_t j = 0;
  for (; j + blockNeurons <= outputs; j += blockNeurons)
    runSlots(schedule, weights + j, outputs, neurons.potential.data() + j,
             neurons.synapse.data() + j);
  for (; j < outputs; ++j)
    runNeuron(schedule, weights + j, outputs, neurons.potential[j],
              neurons.synapse[j]);
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
          settle(neurons.potential[j], neurons.synapse[j],
                 restingDigit(a.coding), a.offset ? a.offset[j] : 0);
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
          a.membrane[(b * g.outputs + channel) * points + p] = settle(
              neurons.potential[j], neurons.synapse[j], restingDigit(a.coding),
              a.offset ? a.offset[channel * points + p] : 0);
        }
      }
    }
  }
}

void stepped::convolution(const ConvolutionArguments &a) {
  if (a.weights.integers().dtype() == DType::I8)
    convolve(a, a.weights.integers().data<int8_t>());
  else
    convolve(a, a.weights.integers().data<int16_t>());
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
          settle(neurons.potential[j], neurons.synapse[j],
                 restingDigit(a.coding), a.coding.silentDigit() * kappa[j]);
  }
}

/// One slot of the staircase for a run of neurons: those that have not fired
/// and reach their threshold, `step` apart, hold `level` from now on.
template <int step>
static SNN_INLINE void
crossRun(int32_t *__restrict held, const int32_t *__restrict potentials,
         const int32_t *__restrict thresholds, int32_t level, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    bool fires = (held[i] < 0) & (potentials[i] >= thresholds[i * step]);
    held[i] = fires ? level : held[i];
  }
}
SNN_PLAIN_CLONES static void crossEach(int32_t *held, const int32_t *potentials,
                                       const int32_t *thresholds, int32_t level,
                                       int64_t count) {
  crossRun<1>(held, potentials, thresholds, level, count);
}
SNN_PLAIN_CLONES static void crossAll(int32_t *held, const int32_t *potentials,
                                      const int32_t *thresholds, int32_t level,
                                      int64_t count) {
  crossRun<0>(held, potentials, thresholds, level, count);
}

/// The window of a run of neurons. The threshold of level v is at
/// thresholds[(v - 1) * stride], that of a neuron's neighbour `isEach` further
/// on.
static void climb(const int32_t *membrane, const int32_t *thresholds,
                  int64_t stride, bool isEach, const Coding &coding,
                  uint8_t *train, int64_t count) {
  constexpr int64_t block = 1024;
  int32_t top = coding.maxLevel();
  int32_t potentials[block], held[block];
  for (int64_t begin = 0; begin < count; begin += block) {
    int64_t n = std::min(block, count - begin);
    for (int64_t i = 0; i < n; ++i) {
      // No potential reaches the threshold of an unreachable level.
      potentials[i] = std::min(membrane[begin + i], INT32_MAX - 1);
      held[i] = -1; // not fired
    }
    for (int32_t t = 0; t < top; ++t) {
      int32_t level = top - t;
      const int32_t *row =
          thresholds + (level - 1) * stride + (isEach ? begin : 0);
      // A crossing within the window of the mask is latched, and silent.
      (isEach ? crossEach : crossAll)(held, potentials, row,
                                      coding.deadZone(level), n);
    }
    // Whoever never crosses holds level 0, and emits it in the last slot unless
    // that is the silent one.
    for (int64_t i = 0; i < n; ++i)
      train[begin + i] =
          static_cast<uint8_t>(held[i] < 0 ? coding.deadZone(0) : held[i]);
  }
}

void stepped::fire(const FireArguments &a) {
  int32_t top = a.coding.maxLevel();
  if (a.sharedThresholds)
    return climb(a.membrane, a.thresholds, 1, false, a.coding, a.train,
                 a.outer * a.channels * a.inner);
  if (a.inner > 1) {
    for (int64_t o = 0; o < a.outer; ++o)
      for (int64_t c = 0; c < a.channels; ++c) {
        int64_t at = (o * a.channels + c) * a.inner;
        climb(a.membrane + at, a.thresholds + c * top, 1, false, a.coding,
              a.train + at, a.inner);
      }
    return;
  }
  // Neighbours are channels: their thresholds side by side, level by level.
  std::vector<int32_t> byLevel(top * a.channels);
  for (int64_t c = 0; c < a.channels; ++c)
    for (int32_t v = 0; v < top; ++v)
      byLevel[v * a.channels + c] = a.thresholds[c * top + v];
  for (int64_t o = 0; o < a.outer; ++o)
    climb(a.membrane + o * a.channels, byLevel.data(), a.channels, true,
          a.coding, a.train + o * a.channels, a.channels);
}
