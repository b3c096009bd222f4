//===- SpikingUnitsTest.cpp - Units of networks trained to spike ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The chip's units spike by spike against the runtime's plain references, with
// which they share the membrane update and the generator only.
//
//===----------------------------------------------------------------------===//

#include "SpikingUnits.h"

#include "snn/runtime/Sdsa.h"
#include "snn/runtime/Stochastic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace snn;
using namespace snn::vchip;

namespace {

constexpr int64_t steps = 3, heads = 2, tokens = 5, channels = 7;

rt::Tensor randomTrain(std::mt19937 &random, const rt::Shape &shape,
                       double rate) {
  rt::Tensor train(rt::DType::U8, shape);
  std::bernoulli_distribution fires(rate);
  for (int64_t i = 0; i < train.size(); ++i)
    train.data<uint8_t>()[i] = fires(random);
  return train;
}

rt::Tensor randomFloats(std::mt19937 &random, const rt::Shape &shape, float low,
                        float high) {
  rt::Tensor x(rt::DType::F32, shape);
  std::uniform_real_distribution<float> d(low, high);
  for (int64_t i = 0; i < x.size(); ++i)
    x.data<float>()[i] = d(random);
  return x;
}

image::pb::LifNeuron toMessage(const rt::LifNeuron &neuron) {
  image::pb::LifNeuron message;
  message.set_tau(neuron.tau);
  message.set_threshold(neuron.threshold);
  message.set_reset(neuron.reset);
  message.set_decay_input(neuron.decayInput);
  message.set_soft_reset(neuron.softReset);
  for (float level : neuron.levels)
    message.add_levels(level);
  if (neuron.hasFloor())
    message.set_floor(neuron.floor);
  for (float constant : neuron.constants)
    message.add_constants(constant);
  message.set_inner(static_cast<uint32_t>(neuron.inner));
  return message;
}

struct Trains {
  rt::Tensor q, k, v, mask;
  explicit Trains(std::mt19937 &random) {
    rt::Shape shape = {steps, 1, heads, tokens, channels};
    q = randomTrain(random, shape, 0.4);
    k = randomTrain(random, shape, 0.5);
    v = randomTrain(random, shape, 0.3);
    mask = randomTrain(random, {tokens, tokens}, 0.7);
  }
};

} // namespace

TEST(SpikingUnits, LifIsTheReference) {
  std::mt19937 random(1);
  rt::Tensor x = randomFloats(random, {steps * 2, 11}, -1, 2);
  rt::LifNeuron floored = {3, 0.75f, 0, false, true};
  floored.floor = -0.125f;
  rt::LifNeuron channels = {3, 0.75f, 0, true, true};
  channels.constants = {1, 1.5f, 2, 2.5f, 3, 4, 5, 6, 7, 8, 9};
  for (const rt::LifNeuron &neuron :
       {floored, channels, rt::LifNeuron{2, 1, 0, true, false},
        rt::LifNeuron{1.25f, 0.5f, -0.25f, false, false},
        rt::LifNeuron{3, 0.75f, 0, false, true},
        rt::LifNeuron{std::numeric_limits<float>::infinity(), 1, 0, false,
                      true}}) {
    image::pb::Lif unit;
    unit.set_steps(steps);
    *unit.mutable_neuron() = toMessage(neuron);
    rt::Tensor expected;
    rt::reference::lif(x, expected, steps, neuron);
    EXPECT_EQ(runLif(unit, x).toVector<uint8_t>(),
              expected.toVector<uint8_t>());
  }
}

TEST(SpikingUnits, BernoulliIsTheReference) {
  std::mt19937 random(2);
  rt::Tensor p =
      randomFloats(random, {steps, 1, heads, tokens, channels}, -0.2f, 1.2f);
  p.data<float>()[0] = std::nanf("");
  for (uint32_t stage : {0u, 1u, 2u}) {
    image::pb::Bernoulli unit;
    unit.set_steps(steps);
    unit.set_stage(stage);
    unit.mutable_stream()->set_seed(77);
    unit.mutable_stream()->set_layer(3);
    rt::Context context;
    context.sample = 5000;
    rt::Tensor expected;
    rt::reference::bernoulli(context, p, expected, steps, {77, 3},
                             static_cast<rt::DrawStage>(stage));
    rt::SiteStatistics counters;
    EXPECT_EQ(runBernoulli(unit, p, {5000, {}}, counters).toVector<uint8_t>(),
              expected.toVector<uint8_t>());
    EXPECT_EQ(counters.draws, p.size());
    // Another seed at run time gives other spikes.
    EXPECT_NE(runBernoulli(unit, p, {5000, 78}, counters).toVector<uint8_t>(),
              expected.toVector<uint8_t>());
  }
}

TEST(SpikingUnits, SdsaIsTheReference) {
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    Trains trains(random);
    for (int32_t variant : {1, 2, 3, 4})
      for (bool masked : {false, true}) {
        if (masked && variant < 3)
          continue;
        rt::SdsaParameters parameters = {
            variant, 0.125f, {2, 0.3f, 0, true, false}};
        image::pb::SpikingAttention attention;
        attention.set_steps(steps);
        attention.mutable_sdsa()->set_variant(static_cast<uint32_t>(variant));
        attention.mutable_sdsa()->set_scale(parameters.scale);
        *attention.mutable_sdsa()->mutable_neuron() = toMessage(parameters.lif);
        const rt::Tensor *mask = masked ? &trains.mask : nullptr;
        rt::Tensor expected;
        rt::reference::sdsa(trains.q, trains.k, trains.v, mask, expected, steps,
                            parameters);
        rt::SiteStatistics counters;
        rt::Tensor result =
            runSdsa(attention, trains.q, trains.k, trains.v, mask, counters);
        EXPECT_EQ(result.toVector<uint8_t>(), expected.toVector<uint8_t>());
        rt::Statistics statistics;
        rt::Context context;
        context.statistics = &statistics;
        rt::countSdsa(context, "s", trains.q, trains.k, trains.v, mask,
                      variant);
        EXPECT_EQ(counters.accumulations, statistics.sites["s"].accumulations)
            << "variant " << variant << (masked ? " masked" : "");
      }
  }
}

TEST(SpikingUnits, SdsaOnCountsIsTheReference) {
  std::mt19937 random(6);
  std::uniform_int_distribution<int> counts(0, 4);
  std::uniform_real_distribution<float> factors(0, 0.05f);
  constexpr int64_t width = 7;
  for (int round = 0; round < 8; ++round) {
    Trains trains(random);
    rt::Shape wide = trains.v.shape();
    wide.back() = width;
    trains.v = rt::Tensor(rt::DType::U8, wide);
    for (rt::Tensor *train : {&trains.q, &trains.k, &trains.v})
      for (int64_t i = 0; i < train->size(); ++i)
        train->data<uint8_t>()[i] = static_cast<uint8_t>(counts(random));
    rt::SdsaParameters parameters = {3, 0.01f, {1, 0.5f, 0, true, false}};
    parameters.lif.levels = {1.5f, 2.5f, 3.5f};
    image::pb::SpikingAttention attention;
    attention.set_steps(steps);
    image::pb::Sdsa &sdsa = *attention.mutable_sdsa();
    sdsa.set_variant(3);
    sdsa.set_scale(parameters.scale);
    *sdsa.mutable_neuron() = toMessage(parameters.lif);
    rt::Tensor scales(rt::DType::F32, {heads, tokens, 1});
    const rt::Tensor *given = round % 2 ? &scales : nullptr;
    if (given) {
      for (int64_t i = 0; i < scales.size(); ++i)
        sdsa.add_scales(scales.data<float>()[i] = factors(random));
      for (int64_t size : scales.shape())
        sdsa.add_scale_shape(static_cast<uint32_t>(size));
    }
    const rt::Tensor *mask = round % 4 < 2 ? &trains.mask : nullptr;
    rt::Tensor expected;
    rt::reference::sdsa(trains.q, trains.k, trains.v, mask, expected, steps,
                        parameters, given);
    rt::SiteStatistics counters;
    EXPECT_EQ(runSdsa(attention, trains.q, trains.k, trains.v, mask, counters)
                  .toVector<uint8_t>(),
              expected.toVector<uint8_t>());
    rt::Statistics statistics;
    rt::Context context;
    context.statistics = &statistics;
    rt::countSdsa(context, "s", trains.q, trains.k, trains.v, mask, 3);
    EXPECT_EQ(counters.accumulations, statistics.sites["s"].accumulations);
  }
}

TEST(SpikingUnits, SsaIsTheReference) {
  std::mt19937 random(4);
  for (int round = 0; round < 4; ++round) {
    Trains trains(random);
    for (int options = 0; options < 16; ++options) {
      bool lfsr = options & 1, reuse = options & 2, self = options & 4;
      const rt::Tensor *mask = options & 8 ? &trains.mask : nullptr;
      rt::SsaParameters parameters = {{0x123456789abcdefull, 9},
                                      lfsr ? rt::Generator::Lfsr32
                                           : rt::Generator::Philox,
                                      8,
                                      tokens,
                                      reuse,
                                      self};
      if (round % 2)
        for (int64_t i = 0; i < tokens; ++i)
          parameters.norms.push_back(i + 1);
      image::pb::SpikingAttention attention;
      attention.set_steps(steps);
      image::pb::Ssa &ssa = *attention.mutable_ssa();
      ssa.mutable_stream()->set_seed(parameters.stream.seed);
      ssa.mutable_stream()->set_layer(9);
      ssa.set_lfsr(lfsr);
      ssa.set_norm_d(8);
      ssa.set_norm_n(tokens);
      ssa.set_reuse_row(reuse);
      ssa.set_mask_self(self);
      for (int64_t norm : parameters.norms)
        ssa.add_norms(static_cast<uint32_t>(norm));
      rt::Statistics statistics;
      rt::Context context;
      context.sample = 4097;
      context.statistics = &statistics;
      rt::Tensor expected;
      rt::reference::ssa(context, trains.q, trains.k, trains.v, mask, expected,
                         steps, parameters);
      rt::countSsa(context, "s", trains.q, trains.k, parameters);
      const rt::SiteStatistics &counted = statistics.sites["s"];
      rt::SiteStatistics counters;
      rt::Tensor result = runSsa(attention, trains.q, trains.k, trains.v, mask,
                                 {4097, {}}, counters);
      EXPECT_EQ(result.toVector<uint8_t>(), expected.toVector<uint8_t>())
          << "options " << options;
      EXPECT_EQ(counters.ands, counted.ands);
      EXPECT_EQ(counters.coincidences, counted.coincidences);
      EXPECT_EQ(counters.draws, counted.draws);
      EXPECT_EQ(counters.comparisons, counted.comparisons);
    }
  }
}

TEST(SpikingUnits, RefuseShapesThatDoNotFit) {
  std::mt19937 random(5);
  Trains trains(random);
  image::pb::SpikingAttention attention;
  attention.set_steps(2); // the trains have 3
  attention.mutable_sdsa()->set_variant(3);
  rt::SiteStatistics counters;
  EXPECT_THROW(
      runSdsa(attention, trains.q, trains.k, trains.v, nullptr, counters),
      rt::Error);
  attention.set_steps(steps);
  rt::Tensor other = randomTrain(random, {4, 4}, 0.5);
  EXPECT_THROW(
      runSdsa(attention, trains.q, trains.k, trains.v, &other, counters),
      rt::Error);
  attention.mutable_ssa()->set_norm_d(channels - 1);
  attention.mutable_ssa()->set_norm_n(tokens);
  EXPECT_THROW(
      runSsa(attention, trains.q, trains.k, trains.v, nullptr, {}, counters),
      rt::Error);
}
