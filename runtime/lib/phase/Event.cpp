//===- Event.cpp - Phase coding from lists of events ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A window is a list of (time, source, sign), sorted by time. An event adds its
// weights times sign * B^-t to the membranes of its targets; silent neurons
// cost nothing. Firing times are solved for: a membrane that grows by B a phase
// reaches its threshold ln(theta / |u|) / ln B phases on.
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "phase/Modes.h"

#include <algorithm>
#include <cmath>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct Event {
  int32_t time;
  int32_t source;
  double sign;
};

/// What a spike is worth at its time.
class Decay {
public:
  explicit Decay(const PhaseCoding &coding) {
    for (int32_t t = 0; t < coding.phases; ++t)
      values.push_back(1.0 / power(coding.base, t + phaseOffset(coding)));
  }
  double operator()(const Event &e) const { return e.sign * values[e.time]; }

private:
  std::vector<double> values;
};
} // namespace

/// The events of `count` neurons, `step` apart, in order of their times.
static void collectEvents(const int8_t *codes, int64_t count, int64_t step,
                          std::vector<Event> &events) {
  events.clear();
  for (int64_t i = 0; i < count; ++i)
    if (int8_t code = codes[i * step])
      events.push_back(
          {phaseOfCode(code), static_cast<int32_t>(i), signOfCode(code)});
  std::stable_sort(
      events.begin(), events.end(),
      [](const Event &a, const Event &b) { return a.time < b.time; });
}

/// membrane[j] += weights[j] * amount.
template <typename Weight>
SNN_CLONES static void deliver(double *__restrict membrane,
                               const Weight *__restrict weights, double amount,
                               int64_t targets) {
  for (int64_t j = 0; j < targets; ++j)
    membrane[j] += static_cast<double>(weights[j]) * amount;
}

/// The least t >= 0 with growth^t * start >= goal, or `phases`. `powers` are
/// growth^t.
static int32_t solveTime(double start, double goal, double logGrowth,
                         const std::vector<double> &powers, int32_t phases) {
  if (!(start > 0))
    return phases;
  double estimate = std::log(goal / start) / logGrowth;
  int32_t t = estimate <= 0        ? 0
              : estimate >= phases ? phases
                                   : static_cast<int32_t>(estimate);
  // The logarithm is near; the powers decide.
  while (t > 0 && start * powers[t - 1] >= goal)
    --t;
  while (t < phases && !(start * powers[t] >= goal))
    ++t;
  return t;
}

void event::phaseFire(const PhaseFireArguments &a) {
  double base = a.coding.base;
  int32_t phases = a.coding.phases;
  std::vector<double> powers;
  for (int32_t t = 0; t < phases; ++t)
    powers.push_back(power(base, t + phaseOffset(a.coding)));
  double goal = (1.0 + 1.0 / base) / 2.0, logBase = std::log(base);
  for (int64_t i = 0; i < a.count; ++i) {
    double u = a.u[i];
    a.train[i] = 0;
    if (u < 0 && a.coding.unipolar)
      continue;
    int32_t t = solveTime(std::fabs(u), goal, logBase, powers, phases);
    if (t < phases)
      a.train[i] = static_cast<int8_t>(u < 0 ? -(t + 1) : t + 1);
  }
}

void event::phaseDecode(const PhaseDecodeArguments &a) {
  Decay decay(a.coding);
  std::vector<Event> events;
  collectEvents(a.train, a.count, 1, events);
  std::fill(a.y, a.y + a.count, 0.0f);
  for (const Event &e : events)
    a.y[e.source] = static_cast<float>(
        static_cast<double>(a.scales[e.source * a.scaleStep]) * decay(e));
}

void event::phaseLinear(const PhaseLinearArguments &a) {
  Decay decay(a.coding);
  std::vector<Event> events;
  std::vector<double> membrane(a.outputs);
  for (int64_t r = 0; r < a.rows; ++r) {
    std::fill(membrane.begin(), membrane.end(), 0.0);
    collectEvents(a.train + r * a.inputs, a.inputs, 1, events);
    dispatch(a.weights.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *w = a.weights.data<T>();
      for (const Event &e : events)
        deliver(membrane.data(), w + e.source * a.outputs, decay(e), a.outputs);
    });
    for (int64_t j = 0; j < a.outputs; ++j)
      a.y[r * a.outputs + j] = a.finish.value(membrane[j], j);
  }
}

/// Scatters the events of one group's image to membranes [point, output];
/// weights are [tap, output].
static void scatter(const ConvolutionGeometry &g,
                    const std::vector<Event> &events,
                    const std::vector<double> &byTap, int64_t outputs,
                    const Decay &decay, std::vector<double> &membranes) {
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
                byTap.data() + tap * outputs, decay(e), outputs);
      }
    }
  }
}

void event::phaseConvolution(const PhaseConvolutionArguments &a) {
  const ConvolutionGeometry &g = a.geometry;
  int64_t outputs = g.outputs / g.group, taps = g.taps();
  int64_t points = g.outHeight * g.outWidth;
  int64_t image = g.groupInputs * g.height * g.width;
  Decay decay(a.coding);
  std::vector<Event> events;
  std::vector<double> byTap(taps * outputs), membranes;
  for (int64_t s = 0; s < g.group; ++s) {
    dispatch(a.weights.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *w = a.weights.data<T>() + s * outputs * taps;
      for (int64_t j = 0; j < outputs; ++j)
        for (int64_t i = 0; i < taps; ++i)
          byTap[i * outputs + j] = static_cast<double>(w[j * taps + i]);
    });
    for (int64_t b = 0; b < g.batch; ++b) {
      membranes.assign(points * outputs, 0.0);
      collectEvents(a.train + (b * g.group + s) * image, image, 1, events);
      scatter(g, events, byTap, outputs, decay, membranes);
      for (int64_t j = 0; j < outputs; ++j) {
        int64_t channel = s * outputs + j;
        float *to = a.y + (b * g.outputs + channel) * points;
        for (int64_t p = 0; p < points; ++p)
          to[p] = a.finish.value(membranes[p * outputs + j], channel);
      }
    }
  }
}

// A pair of spikes meets when the later of the two arrives: every event adds
// its own worth times what the other side has latched so far. Of a pair that
// fires together the right spike arrives second.
void event::phaseProduct(const PhaseProductArguments &a) {
  Decay decay(a.coding);
  std::vector<Event> left, right;
  std::vector<double> sums(a.rows * a.outputs, 0.0);
  std::vector<double> latchLeft(a.rows), latchRight(a.outputs);
  for (int64_t i = 0; i < a.inputs; ++i) {
    collectEvents(a.a + i, a.rows, a.inputs, left);
    collectEvents(a.transposed ? a.b + i : a.b + i * a.outputs, a.outputs,
                  a.transposed ? a.inputs : 1, right);
    std::fill(latchLeft.begin(), latchLeft.end(), 0.0);
    std::fill(latchRight.begin(), latchRight.end(), 0.0);
    auto p = left.begin(), q = right.begin();
    while (p != left.end() || q != right.end()) {
      if (q == right.end() || (p != left.end() && p->time <= q->time)) {
        latchLeft[p->source] = decay(*p);
        deliver(sums.data() + p->source * a.outputs, latchRight.data(),
                decay(*p), a.outputs);
        // The released correction takes a pair that fires together twice more
        // where the left spike is negative.
        if (a.signBug && p->sign < 0)
          for (const Event &e : right)
            if (e.time == p->time)
              sums[p->source * a.outputs + e.source] +=
                  2.0 * decay(*p) * decay(e);
        ++p;
      } else {
        latchRight[q->source] = decay(*q);
        for (int64_t r = 0; r < a.rows; ++r)
          sums[r * a.outputs + q->source] += latchLeft[r] * decay(*q);
        ++q;
      }
    }
  }
  for (int64_t r = 0; r < a.rows; ++r)
    for (int64_t j = 0; j < a.outputs; ++j)
      a.y[r * a.outputs + j] = a.value(sums[r * a.outputs + j], r);
}

/// The logit of the row's winner. The first positive spike is the largest
/// score; where there is none, a silent key is, or else the last negative one.
static double winnerOf(const PhaseWossArguments &a,
                       const std::vector<Event> &events,
                       const std::vector<double> &logits) {
  if (!a.plain) {
    double most = -INFINITY;
    for (int64_t k = 0; k < a.keys; ++k)
      if (!a.masked[k])
        most = std::max(most, logits[k]);
    return most;
  }
  double last = -INFINITY;
  int64_t seen = 0, kept = 0;
  for (const Event &e : events) {
    if (a.masked[e.source] || a.multiplicative[e.source] == 0.0)
      continue;
    if (e.sign > 0)
      return logits[e.source];
    last = logits[e.source];
    ++seen;
  }
  for (int64_t k = 0; k < a.keys; ++k)
    kept += !a.masked[k];
  return seen < kept ? 0.0 : last;
}

void event::phaseWoss(const PhaseWossArguments &a) {
  Decay scoreDecay(a.scoreCoding), decay(a.coding);
  PhaseRelease release = a.coding.release;
  std::vector<Event> events;
  collectEvents(a.scores, a.keys, 1, events);
  std::vector<double> logits(a.additive, a.additive + a.keys);
  for (const Event &e : events) {
    float score = static_cast<float>(static_cast<double>(a.scoreCoding.scale) *
                                     scoreDecay(e));
    logits[e.source] += static_cast<double>(score) * a.multiplicative[e.source];
  }
  double winner = winnerOf(a, events, logits);
  if (release != PhaseRelease::None && !(winner > 0))
    winner = 0.0;
  // The staircase starts at `start` under the winner and falls by `drop`.
  double logB = std::log(a.coding.base);
  double drop = release == PhaseRelease::Swin ? logB / a.coding.base : logB;
  double start = release == PhaseRelease::Bert   ? -drop
                 : release == PhaseRelease::Swin ? -drop / 2
                                                 : drop / 2;
  std::vector<Event> spikes;
  for (int64_t k = 0; k < a.keys; ++k) {
    a.train[k] = 0;
    if (a.masked[k])
      continue;
    double distance = winner - logits[k];
    // The first step whose stair lies at the membrane or under it; the
    // corrected form rounds a tie up.
    double steps = std::floor((distance - start) / drop);
    bool tie = start + steps * drop == distance;
    double phase = release != PhaseRelease::None && tie ? steps : steps + 1;
    phase = std::max(phase, 0.0);
    if (!(phase < a.coding.phases))
      continue;
    int32_t t = static_cast<int32_t>(phase);
    a.train[k] = static_cast<int8_t>(t + 1);
    spikes.push_back({t, static_cast<int32_t>(k), 1.0});
  }
  std::stable_sort(
      spikes.begin(), spikes.end(),
      [](const Event &a, const Event &b) { return a.time < b.time; });
  double sum = 0.0;
  for (const Event &e : spikes)
    sum += decay(e);
  *a.z = static_cast<float>(sum);
}
