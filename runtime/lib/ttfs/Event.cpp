//===- Event.cpp - Execution from lists of events ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A window is a list of (slot, source), sorted by slot. Every event adds its
// weight row times (T - t - m) to the membranes of its targets; silent neurons
// cost nothing. With a table that is a[T - t] - a[m]: an event's slot then is
// the one that its integer would have on a uniform scale.
//
//===----------------------------------------------------------------------===//

#include "ttfs/Modes.h"

#include <algorithm>
#include <climits>
#include <vector>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct Event {
  int32_t slot;
  int32_t source;
};
} // namespace

/// The events of one window in order of their slots, those of a slot in order
/// of their sources: a counting sort, in which silent neurons come last and are
/// cut off. No branch depends on a level.
static void collectEvents(const uint8_t *levels, int64_t count,
                          const Coding &coding, std::vector<Event> &events) {
  int32_t top = coding.maxLevel();
  // Neighbours with equal levels count in different words.
  int32_t counts[2][256];
  std::fill(counts[0], counts[0] + top + 1, 0);
  std::fill(counts[1], counts[1] + top + 1, 0);
  int64_t i = 0;
  for (; i + 2 <= count; i += 2) {
    ++counts[0][top - levels[i]];
    ++counts[1][top - levels[i + 1]];
  }
  if (i < count)
    ++counts[0][top - levels[i]];
  // Slots of silent levels are neighbours.
  int32_t firstSilent = std::clamp(top - coding.mask - coding.radius, 0, top);
  int32_t endSilent =
      std::clamp(top - coding.mask + coding.radius + 1, 0, top + 1);
  int32_t next[256]; // by slot: where its next event goes
  int32_t place = 0;
  auto lay = [&](int32_t begin, int32_t end) {
    for (int32_t t = begin; t < end; ++t) {
      next[t] = place;
      place += counts[0][t] + counts[1][t];
    }
  };
  lay(0, firstSilent);
  lay(endSilent, top + 1);
  int32_t fired = place;
  lay(firstSilent, endSilent);
  events.resize(count);
  for (i = 0; i < count; ++i) {
    int32_t slot = top - levels[i];
    events[next[slot]++] = {slot, static_cast<int32_t>(i)};
  }
  events.resize(fired);
  if (coding.hasTable())
    for (Event &event : events)
      event.slot = coding.value(top) - coding.value(top - event.slot);
}

/// The digit of an event of slot 0.
static int32_t firstDigit(const Coding &coding) {
  return coding.digit(coding.maxLevel());
}

/// membrane[j] += weights[j] * digit.
template <typename Weight>
static SNN_INLINE void deliverOne(int32_t *__restrict membrane,
                                  const Weight *__restrict weights,
                                  int32_t digit, int64_t targets) {
  for (int64_t j = 0; j < targets; ++j)
    membrane[j] += weights[j] * digit;
}
SNN_PLAIN_CLONES static void deliver(int32_t *membrane, const int8_t *weights,
                                     int32_t digit, int64_t targets) {
  deliverOne(membrane, weights, digit, targets);
}
SNN_PLAIN_CLONES static void deliver(int32_t *membrane, const int16_t *weights,
                                     int32_t digit, int64_t targets) {
  deliverOne(membrane, weights, digit, targets);
}

/// The membranes that a loop keeps in registers.
static constexpr int64_t blockTargets = 64;
typedef int32_t Words __attribute__((vector_size(64)));
typedef int8_t Bytes __attribute__((vector_size(16)));
typedef int16_t Halves __attribute__((vector_size(32)));

/// Every event to one block of targets, whose weights are `stride` apart from
/// source to source. An event's digit is `first` less its slot.
template <typename Weights, typename Weight>
static SNN_INLINE void
deliverBlock(int32_t *__restrict membrane, const Event *__restrict events,
             int64_t count, const Weight *__restrict weights, int64_t stride,
             int32_t first) {
  Words m0, m1, m2, m3;
  __builtin_memcpy(&m0, membrane, sizeof m0);
  __builtin_memcpy(&m1, membrane + 16, sizeof m1);
  __builtin_memcpy(&m2, membrane + 32, sizeof m2);
  __builtin_memcpy(&m3, membrane + 48, sizeof m3);
  for (int64_t i = 0; i < count; ++i) {
    Weights w0, w1, w2, w3;
    const Weight *w = weights + events[i].source * stride;
    __builtin_memcpy(&w0, w, sizeof w0);
    __builtin_memcpy(&w1, w + 16, sizeof w1);
    __builtin_memcpy(&w2, w + 32, sizeof w2);
    __builtin_memcpy(&w3, w + 48, sizeof w3);
    int32_t digit = first - events[i].slot;
    m0 += __builtin_convertvector(w0, Words) * digit;
    m1 += __builtin_convertvector(w1, Words) * digit;
    m2 += __builtin_convertvector(w2, Words) * digit;
    m3 += __builtin_convertvector(w3, Words) * digit;
  }
  __builtin_memcpy(membrane, &m0, sizeof m0);
  __builtin_memcpy(membrane + 16, &m1, sizeof m1);
  __builtin_memcpy(membrane + 32, &m2, sizeof m2);
  __builtin_memcpy(membrane + 48, &m3, sizeof m3);
}
SNN_PLAIN_CLONES static void deliver(int32_t *membrane, const Event *events,
                                     int64_t count, const int8_t *weights,
                                     int64_t stride, int32_t first) {
  deliverBlock<Bytes>(membrane, events, count, weights, stride, first);
}
SNN_PLAIN_CLONES static void deliver(int32_t *membrane, const Event *events,
                                     int64_t count, const int16_t *weights,
                                     int64_t stride, int32_t first) {
  deliverBlock<Halves>(membrane, events, count, weights, stride, first);
}

/// Delivers every event to a row of targets.
template <typename Weight>
static void deliverAll(const std::vector<Event> &events, const Weight *weights,
                       int64_t targets, const Coding &coding,
                       int32_t *membrane) {
  int32_t first = firstDigit(coding);
  auto count = static_cast<int64_t>(events.size());
  int64_t j = 0;
  for (; j + blockTargets <= targets; j += blockTargets)
    deliver(membrane + j, events.data(), count, weights + j, targets, first);
  if (j < targets)
    for (const Event &e : events)
      deliver(membrane + j, weights + e.source * targets + j, first - e.slot,
              targets - j);
}

void event::linear(const LinearArguments &a) {
  int64_t inputs = a.weights.inputs(), outputs = a.weights.outputs();
  const Tensor &matrix = a.weights.matrix();
  std::vector<Event> events;
  for (int64_t r = 0; r < a.rows; ++r) {
    int32_t *membrane = a.membrane + r * outputs;
    if (a.offset)
      std::copy(a.offset, a.offset + outputs, membrane);
    else
      std::fill(membrane, membrane + outputs, 0);
    collectEvents(a.train + r * inputs, inputs, a.coding, events);
    if (matrix.dtype() == DType::I8)
      deliverAll(events, matrix.data<int8_t>(), outputs, a.coding, membrane);
    else
      deliverAll(events, matrix.data<int16_t>(), outputs, a.coding, membrane);
  }
}

/// One group of a convolution: scatters every event of an image to the outputs
/// that it reaches. Membranes are [point, output], weights [output, tap].
template <typename Weight>
static void convolveGroup(const ConvolutionGeometry &g, const uint8_t *image,
                          const Weight *weights, const Coding &coding,
                          std::vector<Event> &events,
                          std::vector<Weight> &byTap,
                          std::vector<int32_t> &membranes) {
  int64_t outputs = g.outputs / g.group, taps = g.taps();
  byTap.resize(taps * outputs);
  for (int64_t j = 0; j < outputs; ++j)
    for (int64_t i = 0; i < taps; ++i)
      byTap[i * outputs + j] = weights[j * taps + i];
  membranes.assign(g.outHeight * g.outWidth * outputs, 0);
  collectEvents(image, g.groupInputs * g.height * g.width, coding, events);
  int32_t first = firstDigit(coding);
  for (const Event &e : events) {
    int64_t c = e.source / (g.height * g.width);
    int64_t iy = e.source / g.width % g.height, ix = e.source % g.width;
    for (int64_t ky = 0; ky < g.kernelHeight; ++ky) {
      int64_t oy = g.outputY(iy, ky);
      if (oy < 0)
        continue;
      for (int64_t kx = 0; kx < g.kernelWidth; ++kx) {
        int64_t ox = g.outputX(ix, kx);
        if (ox < 0)
          continue;
        int64_t tap = (c * g.kernelHeight + ky) * g.kernelWidth + kx;
        deliver(membranes.data() + (oy * g.outWidth + ox) * outputs,
                byTap.data() + tap * outputs, first - e.slot, outputs);
      }
    }
  }
}

void event::convolution(const ConvolutionArguments &a) {
  const ConvolutionGeometry &g = a.geometry;
  int64_t outputs = g.outputs / g.group, taps = g.taps();
  int64_t points = g.outHeight * g.outWidth;
  std::vector<Event> events;
  std::vector<int8_t> narrow;
  std::vector<int16_t> wide;
  std::vector<int32_t> membranes;
  for (int64_t b = 0; b < g.batch; ++b)
    for (int64_t s = 0; s < g.group; ++s) {
      const uint8_t *image =
          a.train + (b * g.inputs + s * g.groupInputs) * g.height * g.width;
      if (a.weights.integers().dtype() == DType::I8)
        convolveGroup(g, image,
                      a.weights.integers().data<int8_t>() + s * outputs * taps,
                      a.coding, events, narrow, membranes);
      else
        convolveGroup(g, image,
                      a.weights.integers().data<int16_t>() + s * outputs * taps,
                      a.coding, events, wide, membranes);
      for (int64_t j = 0; j < outputs; ++j) {
        int64_t channel = s * outputs + j;
        int32_t *to = a.membrane + (b * g.outputs + channel) * points;
        for (int64_t p = 0; p < points; ++p)
          to[p] = membranes[p * outputs + j] +
                  (a.offset ? a.offset[channel * points + p] : 0);
      }
    }
}

void event::dynamicProduct(const ProductArguments &a) {
  std::vector<int16_t> resident(a.inputs * a.outputs);
  std::vector<int32_t> start(a.outputs, 0);
  for (int64_t i = 0; i < a.inputs; ++i)
    for (int64_t j = 0; j < a.outputs; ++j) {
      int32_t value = a.residentValue(i, j);
      resident[i * a.outputs + j] = static_cast<int16_t>(value);
      start[j] += a.coding.silentDigit() * value;
    }
  std::vector<Event> events;
  for (int64_t r = 0; r < a.rows; ++r) {
    int32_t *membrane = a.membrane + r * a.outputs;
    std::copy(start.begin(), start.end(), membrane);
    collectEvents(a.train + r * a.inputs, a.inputs, a.coding, events);
    deliverAll(events, resident.data(), a.outputs, a.coding, membrane);
  }
}

namespace {
/// The reachable thresholds of a channel, in ascending order, and the line
/// through the first and the last: they lie near it, as they are those of a
/// re-quantiser.
struct Staircase {
  const int32_t *thresholds;
  int32_t count;
  float first = 0, slope = 0; ///< levels by potential

  Staircase(const int32_t *thresholds, int32_t top)
      : thresholds(thresholds), count(top) {
    // Unreachable levels come last and are no thresholds.
    while (count > 0 && thresholds[count - 1] == INT32_MAX)
      --count;
    if (count == 0)
      return;
    first = static_cast<float>(thresholds[0]);
    float range = static_cast<float>(thresholds[count - 1]) - first;
    slope = range > 0 ? static_cast<float>(count - 1) / range : 0;
  }

  /// The number of thresholds that `v` reaches: from where the line has it, up
  /// or down to where it is.
  int32_t climb(int32_t v) const {
    float guess = (static_cast<float>(v) - first) * slope + 1.0f;
    guess = guess > 0 ? guess : 0;
    guess =
        guess < static_cast<float>(count) ? guess : static_cast<float>(count);
    auto level = static_cast<int32_t>(guess);
    while (level < count && v >= thresholds[level])
      ++level;
    while (level > 0 && v < thresholds[level - 1])
      --level;
    return level;
  }
};
} // namespace

void event::fire(const FireArguments &a) {
  int32_t top = a.coding.maxLevel();
  std::vector<Staircase> stairs;
  for (int64_t c = 0; c < (a.sharedThresholds ? 1 : a.channels); ++c)
    stairs.emplace_back(a.thresholds + c * top, top);
  for (int64_t o = 0; o < a.outer; ++o)
    for (int64_t c = 0; c < a.channels; ++c) {
      const Staircase &staircase = stairs[a.sharedThresholds ? 0 : c];
      int64_t at = (o * a.channels + c) * a.inner;
      for (int64_t i = at; i < at + a.inner; ++i) {
        int32_t level = staircase.climb(a.membrane[i]);
        int32_t distance = level - a.coding.mask;
        bool silent =
            distance <= a.coding.radius && distance >= -a.coding.radius;
        a.train[i] = static_cast<uint8_t>(silent ? a.coding.mask : level);
      }
    }
}
