//===- Event.cpp - Execution from lists of events ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A window is a list of (slot, source), sorted by slot. Every event adds its
// weight row times (T - t - m) to the membranes of its targets; silent neurons
// cost nothing.
//
//===----------------------------------------------------------------------===//

#include "ttfs/Modes.h"

#include <algorithm>
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
/// of their sources: a counting sort.
static void collectEvents(const uint8_t *levels, int64_t count,
                          const Coding &coding, std::vector<Event> &events) {
  int32_t top = coding.maxLevel();
  auto fires = [&](int32_t level) {
    int32_t distance = level - coding.mask;
    return distance > coding.radius || distance < -coding.radius;
  };
  int32_t next[257] = {}; // by slot: where its next event goes
  for (int64_t i = 0; i < count; ++i)
    ++next[top - levels[i] + 1];
  for (int32_t t = 0; t <= top; ++t)
    next[t + 1] = next[t] + (fires(top - t) ? next[t + 1] : 0);
  events.resize(next[top + 1]);
  for (int64_t i = 0; i < count; ++i)
    if (int32_t slot = top - levels[i]; fires(levels[i]))
      events[next[slot]++] = {slot, static_cast<int32_t>(i)};
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

/// Four events that follow each other, with one visit of every membrane.
template <typename Weight>
static SNN_INLINE void
deliverFour(int32_t *__restrict membrane, const Weight *__restrict a,
            const Weight *__restrict b, const Weight *__restrict c,
            const Weight *__restrict d, const int32_t *digits,
            int64_t targets) {
  int32_t da = digits[0], db = digits[1], dc = digits[2], dd = digits[3];
  for (int64_t j = 0; j < targets; ++j)
    membrane[j] += a[j] * da + b[j] * db + c[j] * dc + d[j] * dd;
}
SNN_PLAIN_CLONES static void deliver(int32_t *membrane, const int8_t *a,
                                     const int8_t *b, const int8_t *c,
                                     const int8_t *d, const int32_t *digits,
                                     int64_t targets) {
  deliverFour(membrane, a, b, c, d, digits, targets);
}
SNN_PLAIN_CLONES static void deliver(int32_t *membrane, const int16_t *a,
                                     const int16_t *b, const int16_t *c,
                                     const int16_t *d, const int32_t *digits,
                                     int64_t targets) {
  deliverFour(membrane, a, b, c, d, digits, targets);
}

/// Delivers every event to a row of targets.
template <typename Weight>
static void deliverAll(const std::vector<Event> &events, const Weight *weights,
                       int64_t targets, const Coding &coding,
                       int32_t *membrane) {
  int32_t top = coding.maxLevel();
  auto digit = [&](const Event &e) { return top - e.slot - coding.mask; };
  auto row = [&](const Event &e) { return weights + e.source * targets; };
  size_t i = 0;
  for (; i + 4 <= events.size(); i += 4) {
    const Event *e = events.data() + i;
    int32_t digits[4] = {digit(e[0]), digit(e[1]), digit(e[2]), digit(e[3])};
    deliver(membrane, row(e[0]), row(e[1]), row(e[2]), row(e[3]), digits,
            targets);
  }
  for (; i < events.size(); ++i)
    deliver(membrane, row(events[i]), digit(events[i]), targets);
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
  int32_t top = coding.maxLevel();
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
                byTap.data() + tap * outputs, top - e.slot - coding.mask,
                outputs);
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
      start[j] += (a.coding.mask - a.coding.zero) * value;
    }
  std::vector<Event> events;
  for (int64_t r = 0; r < a.rows; ++r) {
    int32_t *membrane = a.membrane + r * a.outputs;
    std::copy(start.begin(), start.end(), membrane);
    collectEvents(a.train + r * a.inputs, a.inputs, a.coding, events);
    deliverAll(events, resident.data(), a.outputs, a.coding, membrane);
  }
}

/// The number of `top` ascending thresholds that `v` reaches, without branches,
/// so that neurons do not wait for each other.
static int32_t reachedLevel(int32_t v, const int32_t *thresholds, int32_t top) {
  const int32_t *first = thresholds;
  for (int32_t length = top; length > 0;) {
    int32_t half = (length + 1) / 2;
    first += v >= first[half - 1] ? half : 0;
    length -= half;
  }
  return static_cast<int32_t>(first - thresholds);
}

void event::fire(const FireArguments &a) {
  int32_t top = a.coding.maxLevel();
  // Unreachable levels come last and are no thresholds.
  std::vector<int32_t> reachable(a.sharedThresholds ? 1 : a.channels, top);
  for (size_t c = 0; c < reachable.size(); ++c)
    while (reachable[c] > 0 &&
           a.thresholds[c * top + reachable[c] - 1] == INT32_MAX)
      --reachable[c];
  for (int64_t o = 0; o < a.outer; ++o)
    for (int64_t c = 0; c < a.channels; ++c) {
      int64_t row = a.sharedThresholds ? 0 : c;
      int64_t at = (o * a.channels + c) * a.inner;
      for (int64_t i = at; i < at + a.inner; ++i) {
        int32_t level = reachedLevel(a.membrane[i], a.thresholds + row * top,
                                     reachable[row]);
        int32_t distance = level - a.coding.mask;
        bool silent =
            distance <= a.coding.radius && distance >= -a.coding.radius;
        a.train[i] = static_cast<uint8_t>(silent ? a.coding.mask : level);
      }
    }
}
