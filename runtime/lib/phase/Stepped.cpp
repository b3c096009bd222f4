//===- Stepped.cpp - Phase coding phase by phase ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the hardware of the paper does. In every phase a membrane is multiplied
// by B and takes up the weights of the neurons that fire in it; a constant
// enters once, in the last phase. In the fire window the membrane goes on
// growing, fires once when it reaches a fixed threshold, and is latched. Trace
// products keep one decaying trace and the value that it had when each neuron
// fired. Nothing is reset before the next window.
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "phase/Modes.h"

#include <algorithm>
#include <cmath>

using namespace snn::rt;
using namespace snn::rt::detail;

/// B^(T-1+c): what a spike of unit value is worth in a membrane at the end of
/// the integration window.
static double windowGain(const PhaseCoding &coding) {
  return power(coding.base, coding.phases - 1 + phaseOffset(coding));
}

/// +1, -1 or 0: the spike of a neuron in phase t.
static double spikeAt(int8_t code, int32_t t) {
  return code == t + 1 ? 1.0 : code == -(t + 1) ? -1.0 : 0.0;
}

void stepped::phaseFire(const PhaseFireArguments &a) {
  double base = a.coding.base, gain = windowGain(a.coding);
  double threshold = power(base, a.coding.phases) * (1.0 + 1.0 / base) / 2.0;
  std::vector<double> membrane(a.count);
  std::vector<bool> fired(a.count, false);
  for (int64_t i = 0; i < a.count; ++i) {
    membrane[i] = gain * a.u[i];
    a.train[i] = 0;
  }
  for (int32_t t = 0; t < a.coding.phases; ++t)
    for (int64_t i = 0; i < a.count; ++i) {
      membrane[i] *= base;
      bool up = membrane[i] >= threshold;
      bool down = !a.coding.unipolar && -membrane[i] >= threshold;
      if (fired[i] || !(up || down))
        continue;
      fired[i] = true;
      a.train[i] = static_cast<int8_t>(up ? t + 1 : -(t + 1));
    }
}

void stepped::phaseDecode(const PhaseDecodeArguments &a) {
  std::vector<double> membrane(a.count, 0.0);
  for (int32_t t = 0; t < a.coding.phases; ++t)
    for (int64_t i = 0; i < a.count; ++i)
      membrane[i] = membrane[i] * a.coding.base + spikeAt(a.train[i], t);
  double gain = windowGain(a.coding);
  for (int64_t i = 0; i < a.count; ++i)
    a.y[i] = static_cast<float>(
        membrane[i] * static_cast<double>(a.scales[i * a.scaleStep]) / gain);
}

/// membrane[j] *= base.
SNN_PLAIN_CLONES static void grow(double *__restrict membrane, double base,
                                  int64_t count) {
  for (int64_t j = 0; j < count; ++j)
    membrane[j] *= base;
}
/// membrane[j] += spike * weights[j].
template <typename Weight>
SNN_CLONES static void excite(double *__restrict membrane,
                              const Weight *__restrict weights, double spike,
                              int64_t count) {
  for (int64_t j = 0; j < count; ++j)
    membrane[j] += spike * static_cast<double>(weights[j]);
}

/// One integration window: membrane[j] and weights [codes.size(), outputs].
template <typename Weight>
static void integrate(const std::vector<int8_t> &codes, const Weight *weights,
                      const PhaseCoding &coding,
                      std::vector<double> &membrane) {
  int64_t outputs = static_cast<int64_t>(membrane.size());
  std::fill(membrane.begin(), membrane.end(), 0.0);
  for (int32_t t = 0; t < coding.phases; ++t) {
    grow(membrane.data(), coding.base, outputs);
    for (size_t i = 0; i < codes.size(); ++i)
      if (double spike = spikeAt(codes[i], t))
        excite(membrane.data(), weights + i * outputs, spike, outputs);
  }
}

/// The end of the window: the scales of weights and of inputs, and the constant
/// that the last phase adds, weighted with the window's gain.
static float settle(double membrane, const PhaseOutputs &finish, int64_t j,
                    double gain) {
  double v = membrane * finish.factor[j];
  if (!finish.bias.empty())
    v += finish.bias[j] * gain;
  return static_cast<float>(v / gain);
}

void stepped::phaseLinear(const PhaseLinearArguments &a) {
  double gain = windowGain(a.coding);
  std::vector<double> membrane(a.outputs);
  std::vector<int8_t> codes(a.inputs);
  for (int64_t r = 0; r < a.rows; ++r) {
    std::copy_n(a.train + r * a.inputs, a.inputs, codes.begin());
    dispatch(a.weights.dtype(), [&](auto zero) {
      using T = decltype(zero);
      integrate(codes, a.weights.data<T>(), a.coding, membrane);
    });
    for (int64_t j = 0; j < a.outputs; ++j)
      a.y[r * a.outputs + j] = settle(membrane[j], a.finish, j, gain);
  }
}

/// The codes that one output point of a convolution looks at; silent outside.
static void tapsOfPoint(const ConvolutionGeometry &g, const int8_t *image,
                        int64_t oy, int64_t ox, std::vector<int8_t> &codes) {
  size_t tap = 0;
  for (int64_t c = 0; c < g.groupInputs; ++c)
    for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
      for (int64_t kx = 0; kx < g.kernelWidth; ++kx) {
        int64_t iy = g.inputY(oy, ky), ix = g.inputX(ox, kx);
        bool inside = iy >= 0 && iy < g.height && ix >= 0 && ix < g.width;
        codes[tap++] = inside ? image[(c * g.height + iy) * g.width + ix] : 0;
      }
}

void stepped::phaseConvolution(const PhaseConvolutionArguments &a) {
  const ConvolutionGeometry &g = a.geometry;
  int64_t outputs = g.outputs / g.group, taps = g.taps();
  int64_t points = g.outHeight * g.outWidth;
  int64_t image = g.groupInputs * g.height * g.width;
  double gain = windowGain(a.coding);
  std::vector<double> byTap(taps * outputs), membrane(outputs);
  std::vector<int8_t> codes(taps);
  for (int64_t s = 0; s < g.group; ++s) {
    dispatch(a.weights.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *w = a.weights.data<T>() + s * outputs * taps;
      for (int64_t i = 0; i < taps; ++i)
        for (int64_t j = 0; j < outputs; ++j)
          byTap[i * outputs + j] = static_cast<double>(w[j * taps + i]);
    });
    for (int64_t b = 0; b < g.batch; ++b)
      for (int64_t p = 0; p < points; ++p) {
        tapsOfPoint(g, a.train + (b * g.group + s) * image, p / g.outWidth,
                    p % g.outWidth, codes);
        integrate(codes, byTap.data(), a.coding, membrane);
        for (int64_t j = 0; j < outputs; ++j) {
          int64_t channel = s * outputs + j;
          a.y[(b * g.outputs + channel) * points + p] =
              settle(membrane[j], a.finish, channel, gain);
        }
      }
  }
}

namespace {
/// One side of a trace product: its spikes of this phase and its latches.
struct TraceSide {
  std::vector<double> spikes;  ///< +1, -1, 0 in this phase
  std::vector<double> latches; ///< signed value of the trace at the spike

  explicit TraceSide(int64_t count) : spikes(count), latches(count, 0.0) {}
  void advance(int64_t i, int8_t code, int32_t t, double trace) {
    spikes[i] = spikeAt(code, t);
    if (spikes[i] != 0.0)
      latches[i] = spikes[i] * trace;
  }
};
} // namespace

void stepped::phaseProduct(const PhaseProductArguments &a) {
  TraceSide left(a.rows * a.inputs), right(a.inputs * a.outputs);
  std::vector<double> scores(a.rows * a.outputs, 0.0);
  double trace = phaseOffset(a.coding) ? 1.0 / a.coding.base : 1.0;
  for (int32_t t = 0; t < a.coding.phases; ++t, trace /= a.coding.base) {
    for (int64_t i = 0; i < a.rows * a.inputs; ++i)
      left.advance(i, a.a[i], t, trace);
    for (int64_t i = 0; i < a.inputs; ++i)
      for (int64_t j = 0; j < a.outputs; ++j)
        right.advance(i * a.outputs + j, a.codeB(i, j), t, trace);
    for (int64_t r = 0; r < a.rows; ++r) {
      double *score = scores.data() + r * a.outputs;
      for (int64_t j = 0; j < a.outputs; ++j)
        score[j] *= a.coding.base;
      for (int64_t i = 0; i < a.inputs; ++i) {
        double spike = left.spikes[r * a.inputs + i];
        double latch = left.latches[r * a.inputs + i];
        if (latch == 0.0)
          continue;
        const double *spikes = right.spikes.data() + i * a.outputs;
        const double *latches = right.latches.data() + i * a.outputs;
        // The pairs that fire together are in both products and are taken off
        // once. The release forgot the absolute value.
        double twice = (a.signBug ? latch : std::fabs(latch)) * spike;
        if (spike != 0.0)
          for (int64_t j = 0; j < a.outputs; ++j)
            score[j] +=
                spike * latches[j] + latch * spikes[j] - twice * spikes[j];
        else
          for (int64_t j = 0; j < a.outputs; ++j)
            score[j] += latch * spikes[j];
      }
    }
  }
  double gain = windowGain(a.coding);
  for (int64_t r = 0; r < a.rows; ++r)
    for (int64_t j = 0; j < a.outputs; ++j)
      a.y[r * a.outputs + j] = a.value(scores[r * a.outputs + j] / gain, r);
}

void stepped::phaseWoss(const PhaseWossArguments &a) {
  PhaseRelease release = a.coding.release;
  const PhaseCoding &in = a.scoreCoding, &out = a.coding;
  // Integration. The first positive spike inhibits the row: from then on the
  // inhibition grows as the winner's membrane does.
  std::vector<double> membrane(a.keys, 0.0);
  double inhibition = 0.0;
  bool inhibited = false;
  for (int32_t t = 0; t < in.phases; ++t) {
    inhibition *= in.base;
    for (int64_t k = 0; k < a.keys; ++k) {
      double spike = spikeAt(a.scores[k], t);
      membrane[k] = membrane[k] * in.base + spike;
      if (spike > 0 && a.plain && !inhibited && !a.masked[k] &&
          a.multiplicative[k] != 0.0) {
        inhibition = membrane[k];
        inhibited = true;
      }
    }
  }
  // What the membranes stand for, and the masks.
  double gain = windowGain(in);
  auto readOut = [&](double v) -> double {
    return static_cast<float>(v * static_cast<double>(in.scale) / gain);
  };
  double winner = readOut(inhibition), most = -INFINITY;
  for (int64_t k = 0; k < a.keys; ++k) {
    membrane[k] = readOut(membrane[k]) * a.multiplicative[k] + a.additive[k];
    if (!a.masked[k])
      most = std::max(most, membrane[k]);
  }
  // Without a first positive spike the largest membrane inhibits the row at the
  // end of the window; the releases then do nothing.
  if (!inhibited)
    winner = release == PhaseRelease::None ? most : std::max(most, 0.0);
  // The threshold falls by ln B a phase.
  double drop = std::log(out.base);
  if (release == PhaseRelease::Swin)
    drop /= out.base;
  double threshold = release == PhaseRelease::Bert   ? drop
                     : release == PhaseRelease::Swin ? drop / 2
                                                     : -drop / 2;
  double trace = phaseOffset(out) ? 1.0 / out.base : 1.0, sum = 0.0;
  std::fill(a.train, a.train + a.keys, 0);
  for (int32_t t = 0; t < out.phases; ++t, threshold -= drop, trace /= out.base)
    for (int64_t k = 0; k < a.keys; ++k) {
      double v = membrane[k] - winner;
      bool reached =
          release == PhaseRelease::None ? v > threshold : v >= threshold;
      if (a.masked[k] || a.train[k] || !reached)
        continue;
      a.train[k] = static_cast<int8_t>(t + 1);
      sum += trace;
    }
  *a.z = static_cast<float>(sum);
}
