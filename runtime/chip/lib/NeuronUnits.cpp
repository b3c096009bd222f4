//===- NeuronUnits.cpp - Neurons of binary trains -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LifUnit.h"
#include "SpikingUnits.h"
#include "Support.h"

#include "snn/runtime/Philox.h"
#include "snn/runtime/Stochastic.h"

using namespace snn::vchip;
using namespace snn;
using namespace snn::rt;
using namespace snn::rt::detail;

/// Elements of one step.
static int64_t stepSize(const char *unit, const Tensor &x, int64_t steps) {
  require(x.rank() > 0 && steps > 0 && x.dim(0) % steps == 0, unit,
          "axis 0 of shape " + toString(x.shape()) + " does not hold " +
              std::to_string(steps) + " time steps");
  return x.size() / steps;
}

Tensor snn::vchip::runLif(const image::pb::Lif &unit, const Tensor &x,
                          Tensor *compared) {
  requireType("lif", x, DType::F32);
  int64_t neurons = stepSize("lif", x, unit.steps());
  LifNeuron neuron = toNeuron(unit.neuron());
  auto channels = static_cast<int64_t>(neuron.constants.size());
  require(channels == 0 ||
              (neuron.inner >= 1 && neurons % (neuron.inner * channels) == 0),
          "lif", "has constants of channels that do not divide its neurons");
  LifConstants own = neuron.constantsAt(0);
  std::vector<float> membranes(static_cast<size_t>(neurons), 0.0f);
  Tensor train(DType::U8, x.shape());
  const float *in = x.data<float>();
  uint8_t *out = train.data<uint8_t>();
  float *at = nullptr;
  if (compared) {
    *compared = Tensor(DType::F32, x.shape());
    at = compared->data<float>();
  }
  for (int64_t t = 0; t < unit.steps(); ++t)
    for (int64_t i = 0; i < neurons; ++i) {
      if (channels != 0)
        own = neuron.constantsAt(i);
      float &membrane = membranes[static_cast<size_t>(i)];
      *out++ =
          static_cast<uint8_t>(lifUpdate(membrane, *in++, neuron, own, at));
      at += at != nullptr;
    }
  return train;
}

Tensor snn::vchip::runBernoulli(const image::pb::Bernoulli &unit,
                                const Tensor &p, const DrawSource &source,
                                SiteStatistics &statistics) {
  requireType("bernoulli", p, DType::F32);
  int64_t elements = stepSize("bernoulli", p, unit.steps());
  auto stage = static_cast<DrawStage>(unit.stage());
  // Attention numbers its elements head by head.
  int64_t inHead = elements;
  if (stage != DrawStage::Encoder) {
    require(p.rank() >= 3, "bernoulli", "needs heads, rows and columns");
    inHead = p.dim(-1) * p.dim(-2);
  }
  PhiloxKey key = PhiloxKey::make(source.seed.value_or(unit.stream().seed()),
                                  static_cast<uint32_t>(unit.stream().layer()));
  Tensor train(DType::U8, p.shape());
  const float *in = p.data<float>();
  uint8_t *out = train.data<uint8_t>();
  for (int64_t t = 0; t < unit.steps(); ++t)
    for (int64_t i = 0; i < elements; ++i) {
      PhiloxWords words = philox(
          drawCounter(i % inHead, source.sample, t, i / inHead, unit.stage()),
          key);
      // Both sides are exact in double; NaN never fires.
      *out++ = static_cast<double>(words.word[0]) <
               static_cast<double>(*in++) * 0x1p32;
    }
  statistics.draws += p.size();
  statistics.comparisons += p.size();
  return train;
}
