//===- Lif.cpp - Checks of LIF neurons, and their reference -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "binary/Modes.h"

#include <algorithm>
#include <cmath>

using namespace snn::rt;
using namespace snn::rt::detail;

static LifArguments checkLif(const Tensor &x, Tensor &train, int64_t steps,
                             const LifNeuron &neuron, Tensor *membranes) {
  const char *op = "lif";
  requireType(op, x, DType::F32);
  require(neuron.tau >= 1, op,
          "tau of " + std::to_string(neuron.tau) + ", expected 1 or more");
  require(neuron.maxCount() <= 255, op,
          std::to_string(neuron.maxCount()) + " levels, expected 255 or fewer");
  auto channels = static_cast<int64_t>(neuron.constants.size());
  for (float constant : neuron.constants)
    require(neuron.hasTau() ? constant >= 1 : std::isfinite(constant), op,
            "constant " + std::to_string(constant) +
                " of a channel, expected a time constant of 1 or more or a "
                "finite factor");
  require(x.rank() >= 1 && steps >= 1 && x.dim(0) % steps == 0, op,
          "axis 0 of shape " + toString(x.shape()) + " is no multiple of the " +
              std::to_string(steps) + " steps");
  require(channels == 0 || (neuron.inner >= 1 &&
                            x.size() / steps % (neuron.inner * channels) == 0),
          op,
          std::to_string(channels) + " constants of " +
              std::to_string(neuron.inner) + " neurons each, of " +
              std::to_string(x.size() / steps) + " in all");
  // The train must not lie over its own inputs.
  if (&x == &train || &x == membranes)
    throw Error("lif: needs a train other than its input");
  train.allocate(DType::U8, x.shape());
  if (membranes)
    membranes->allocate(DType::F32, x.shape());
  return {
      x.data<float>(),       steps,
      x.size() / steps,      neuron,
      train.data<uint8_t>(), membranes ? membranes->data<float>() : nullptr};
}

void snn::rt::lif(Context &context, const Tensor &x, Tensor &train,
                  int64_t steps, const LifNeuron &neuron, Tensor *membranes) {
  LifArguments a = checkLif(x, train, steps, neuron, membranes);
  runInMode(context.mode, a, fast::lif, event::lif, stepped::lif);
}

/// The recurrence of Lif.h once more, with the spikes of the former step kept
/// instead of found again.
void reference::lif(const Tensor &x, Tensor &train, int64_t steps,
                    const LifNeuron &neuron, Tensor *membranes) {
  LifArguments a = checkLif(x, train, steps, neuron, membranes);
  auto fires = [&](float h) {
    float spikes = h - neuron.threshold >= 0;
    for (float level : neuron.levels)
      spikes += h - level >= 0;
    return spikes;
  };
  for (int64_t i = 0; i < a.neurons; ++i) {
    float v = 0, former = fires(0);
    float tau = neuron.tau, factor = neuron.factor;
    if (!neuron.constants.empty()) {
      size_t channel =
          static_cast<size_t>(i / neuron.inner) % neuron.constants.size();
      (neuron.hasTau() ? tau : factor) = neuron.constants[channel];
    }
    const auto leak = static_cast<float>(1.0 - 1.0 / static_cast<double>(tau));
    for (int64_t t = 0; t < steps; ++t) {
      float in = a.x[t * a.neurons + i], h = 0;
      switch (neuron.order) {
      case ChargeOrder::Tau:
        h = neuron.decayInput ? v + (in - v) / tau : v * leak + in;
        break;
      case ChargeOrder::DecayFactor:
        h = v + (in - v) * factor;
        break;
      case ChargeOrder::LeakTau:
        h = (v - v / tau) + in;
        break;
      case ChargeOrder::LeakFactor:
        h = (v - v * factor) + in;
        break;
      case ChargeOrder::Affine:
        h = factor * v + neuron.gain * in;
        break;
      }
      if (neuron.rule == ResetRule::LateSubtract)
        h = h - former * neuron.amount;
      if (neuron.rule == ResetRule::LateZero)
        h = former > 0 ? 0 : h;
      float s = fires(h);
      a.train[t * a.neurons + i] = static_cast<uint8_t>(s);
      if (a.membranes)
        a.membranes[t * a.neurons + i] = h;
      former = s;
      v = h;
      if (neuron.rule == ResetRule::Subtract)
        v = h - s * neuron.amount;
      else if (neuron.rule == ResetRule::AtOnce && s > 0)
        v = neuron.softReset ? h - neuron.threshold : neuron.reset;
      if (neuron.hasFloor())
        v = std::max(v - neuron.floor, 0.0f) + neuron.floor;
    }
  }
}
