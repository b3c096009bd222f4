//===- Lif.cpp - Checks of LIF neurons, and their reference -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "binary/Modes.h"

using namespace snn::rt;
using namespace snn::rt::detail;

static LifArguments checkLif(const Tensor &x, Tensor &train, int64_t steps,
                             const LifNeuron &neuron) {
  const char *op = "lif";
  requireType(op, x, DType::F32);
  require(neuron.tau >= 1, op,
          "tau of " + std::to_string(neuron.tau) + ", expected 1 or more");
  require(x.rank() >= 1 && steps >= 1 && x.dim(0) % steps == 0, op,
          "axis 0 of shape " + toString(x.shape()) + " is no multiple of the " +
              std::to_string(steps) + " steps");
  // The train must not lie over its own inputs.
  if (&x == &train)
    throw Error("lif: needs a train other than its input");
  train.allocate(DType::U8, x.shape());
  return {x.data<float>(), steps, x.size() / steps, neuron,
          train.data<uint8_t>()};
}

void snn::rt::lif(Context &context, const Tensor &x, Tensor &train,
                  int64_t steps, const LifNeuron &neuron) {
  LifArguments a = checkLif(x, train, steps, neuron);
  runInMode(context.mode, a, fast::lif, event::lif, stepped::lif);
}

void reference::lif(const Tensor &x, Tensor &train, int64_t steps,
                    const LifNeuron &neuron) {
  LifArguments a = checkLif(x, train, steps, neuron);
  for (int64_t i = 0; i < a.neurons; ++i) {
    float v = 0;
    for (int64_t t = 0; t < steps; ++t) {
      float in = a.x[t * a.neurons + i];
      float h = neuron.decayInput ? v + (in - v) / neuron.tau
                                  : v * neuron.leak() + in;
      bool s = h - neuron.threshold >= 0;
      a.train[t * a.neurons + i] = s;
      if (neuron.softReset)
        v = s ? h - neuron.threshold : h;
      else
        v = s ? neuron.reset : h;
    }
  }
}
