//===- LifTest.cpp - LIF neurons, three ways --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Lif.h"

using namespace snn::rt;
using test::Random;
using test::sameBits;

static const Mode modes[] = {Mode::Fast, Mode::Event, Mode::Stepped};

static Tensor run(Mode mode, const Tensor &x, int64_t steps,
                  const LifNeuron &neuron) {
  Context context;
  context.mode = mode;
  Tensor train;
  lif(context, x, train, steps, neuron);
  return train;
}

/// tau 2, threshold 1, hard reset to 0: h = (v + x) / 2, worked out by hand.
TEST(Lif, FollowsTheRecurrence) {
  Tensor x = Tensor::fromVector<float>({6, 2}, {2.0f, 1.5f, 1.0f, 1.5f, 1.5f,
                                                1.5f, 0.0f, 0.0f, 4.0f, 1.8125f,
                                                -8.0f, 2.0f});
  // Neuron 0: h = 1 (fires), 0.5, 1 (fires), 0, 2 (fires), -4.
  // Neuron 1: h = 0.75, 1.125 (fires), 0.75, 0.375, 1.09375 (fires), 1 (fires).
  Tensor expected =
      Tensor::fromVector<uint8_t>({6, 2}, {1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1});
  LifNeuron neuron = {2.0f, 1.0f, 0.0f, true, false};
  for (Mode mode : modes)
    EXPECT_TRUE(sameBits(run(mode, x, 6, neuron), expected));
}

TEST(Lif, SoftResetKeepsTheRest) {
  Tensor x = Tensor::fromVector<float>({4, 1}, {1.75f, 0.0f, 0.25f, 0.0f});
  // tau 1 without decay of the membrane would be v + x; here leak 1/2:
  // h = 1.75 (fires, rest 0.75), 0.375, 0.4375, 0.21875.
  LifNeuron leaky = {2.0f, 1.0f, 0.0f, false, true};
  EXPECT_TRUE(sameBits(run(Mode::Fast, x, 4, leaky),
                       Tensor::fromVector<uint8_t>({4, 1}, {1, 0, 0, 0})));
  // Lower threshold: h = 1.75 (rest 1.375), 0.6875 (0.3125), 0.40625 (0.03125),
  // 0.015625.
  leaky.threshold = 0.375f;
  EXPECT_TRUE(sameBits(run(Mode::Fast, x, 4, leaky),
                       Tensor::fromVector<uint8_t>({4, 1}, {1, 1, 1, 0})));
}

/// Any neuron, random floats: the three executions and the recurrence give the
/// same bits, with time alone or folded with the batch.
TEST(Lif, ExecutionsGiveTheSameBits) {
  Random random(1);
  for (int round = 0; round < 60; ++round) {
    LifNeuron neuron = {random.real(1.0f, 8.0f), random.real(-0.5f, 1.5f),
                        random.real(-0.5f, 0.5f), round % 2 == 0,
                        round % 4 >= 2};
    if (round % 3 == 0)
      neuron.tau = 2.0f;
    int64_t steps = random.integer(1, 9);
    Shape shape = {steps * random.integer(1, 3), random.integer(1, 700),
                   random.integer(1, 5)};
    Tensor x = random.floats(shape), expected;
    reference::lif(x, expected, steps, neuron);
    for (Mode mode : modes)
      ASSERT_TRUE(sameBits(run(mode, x, steps, neuron), expected)) << round;
    // The batch is part of the neurons.
    if (shape[0] > steps) {
      Tensor apart = x.reshaped({steps, shape[0] / steps, shape[1], shape[2]});
      EXPECT_TRUE(sameBits(
          run(Mode::Fast, apart, steps, neuron).reshaped(shape), expected));
    }
  }
}

/// Dyadic inputs are exact in every step: the same bits as integer arithmetic.
TEST(Lif, DyadicInputsAreExact) {
  Random random(2);
  constexpr int64_t steps = 8, neurons = 500;
  Tensor x(DType::F32, {steps, neurons});
  Tensor sums = random.integers<int32_t>({steps, neurons}, 0, 20);
  for (int64_t i = 0; i < x.size(); ++i)
    x.data<float>()[i] = static_cast<float>(sums.data<int32_t>()[i]) * 0.125f;
  Tensor expected(DType::U8, x.shape());
  for (int64_t i = 0; i < neurons; ++i) {
    int64_t v = 0; // in units of 2^-16
    for (int64_t t = 0; t < steps; ++t) {
      int64_t h = (v + (int64_t(sums.data<int32_t>()[t * neurons + i]) << 13));
      ASSERT_EQ(h % 2, 0);
      h /= 2;
      bool fires = h >= (1 << 15);
      expected.data<uint8_t>()[t * neurons + i] = fires;
      v = fires ? 0 : h;
    }
  }
  LifNeuron neuron = {2.0f, 0.5f, 0.0f, true, false};
  for (Mode mode : modes)
    EXPECT_TRUE(sameBits(run(mode, x, steps, neuron), expected));
}

/// The comparison sees a threshold that is wrong in the last place, and one
/// input less.
TEST(Lif, MutantsAreSeen) {
  Random random(3);
  Tensor x(DType::F32, {8, 200}), expected;
  for (int64_t i = 0; i < x.size(); ++i)
    x.data<float>()[i] = 0.125f * static_cast<float>(random.integer(0, 16));
  LifNeuron neuron = {2.0f, 0.5f, 0.0f, true, false};
  reference::lif(x, expected, 8, neuron);
  LifNeuron wrong = neuron;
  wrong.threshold = std::nextafter(0.5f, 1.0f);
  LifNeuron exclusive = neuron;
  exclusive.threshold = std::nextafter(0.5f, 0.0f);
  Tensor dropped = x.clone();
  for (int64_t i = 0; i < dropped.size(); ++i)
    if (expected.data<uint8_t>()[i]) {
      dropped.data<float>()[i] = 0.0f;
      break;
    }
  for (Mode mode : modes) {
    EXPECT_TRUE(sameBits(run(mode, x, 8, neuron), expected));
    EXPECT_FALSE(sameBits(run(mode, x, 8, wrong), expected));
    EXPECT_TRUE(sameBits(run(mode, x, 8, exclusive), expected));
    EXPECT_FALSE(sameBits(run(mode, dropped, 8, neuron), expected));
  }
}

TEST(Lif, RejectsWhatDoesNotFit) {
  Context context;
  Tensor x(DType::F32, {5, 2}), bytes(DType::U8, {4, 2}), train;
  LifNeuron neuron = {2.0f, 1.0f, 0.0f, true, false};
  EXPECT_THROW(lif(context, x, train, 2, neuron), Error);
  EXPECT_THROW(lif(context, bytes, train, 4, neuron), Error);
  neuron.tau = 0.5f;
  EXPECT_THROW(lif(context, x, train, 5, neuron), Error);
}

//===----------------------------------------------------------------------===//
// Other neurons: exact decimals, worked out with numpy in float32
//===----------------------------------------------------------------------===//

/// Runs one neuron in every mode and as the recurrence: its spikes, and the
/// membranes that were compared.
static void expectNeuron(const LifNeuron &neuron, std::vector<float> inputs,
                         std::vector<uint8_t> spikes,
                         std::vector<float> membranes) {
  int64_t steps = static_cast<int64_t>(inputs.size());
  Tensor x = Tensor::fromVector<float>({steps, 1}, inputs);
  auto check = [&](const Tensor &train, const Tensor &compared) {
    EXPECT_EQ(train.toVector<uint8_t>(), spikes);
    if (membranes.size() == inputs.size())
      EXPECT_EQ(compared.toVector<float>(), membranes);
    else // the last one only
      EXPECT_EQ(compared.toVector<float>().back(), membranes.back());
  };
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor train, compared, alone;
    lif(context, x, train, steps, neuron, &compared);
    check(train, compared);
    lif(context, x, alone, steps, neuron);
    EXPECT_TRUE(sameBits(alone, train));
  }
  Tensor train, compared;
  reference::lif(x, train, steps, neuron, &compared);
  check(train, compared);
}

static const std::vector<float> current = {.75f, .75f, 1.5f, .25f, 2, .5f};

/// h > 1 as h >= the next number.
static float above(float threshold) {
  return std::nextafter(threshold, 2 * threshold);
}

static LifNeuron affine(float factor, float threshold, ResetRule rule,
                        float amount = 0) {
  LifNeuron neuron = {1, threshold, 0, false, false};
  neuron.order = ChargeOrder::Affine;
  neuron.rule = rule;
  neuron.factor = factor;
  neuron.amount = amount;
  return neuron;
}

TEST(Lif, LateSubtractPassesByTheLeak) {
  expectNeuron(affine(.5f, above(1), ResetRule::LateSubtract, 1), current,
               {0, 1, 1, 0, 1, 0},
               {.75f, 1.125f, 1.0625f, -.21875f, 1.890625f, .4453125f});
  expectNeuron(affine(.8f, above(1), ResetRule::LateSubtract, 1), current,
               {0, 1, 1, 0, 1, 1}, {1.4289600849151611f});
  expectNeuron(affine(.5f, above(1), ResetRule::LateSubtract, 1), {1, 1, .5f},
               {0, 1, 0}, {1, 1.5f, .25f});
}

TEST(Lif, ResetsToZeroNowOrLate) {
  expectNeuron(affine(.5f, above(1), ResetRule::AtOnce), current,
               {0, 1, 1, 0, 1, 0}, {.75f, 1.125f, 1.5f, .25f, 2.125f, .5f});
  expectNeuron(affine(.5f, above(1), ResetRule::LateZero), current,
               {0, 1, 0, 0, 1, 0}, {.75f, 1.125f, 0, .25f, 2.125f, 0});
  expectNeuron(affine(.5f, above(1), ResetRule::Never), current,
               {0, 1, 1, 1, 1, 1},
               {.75f, 1.125f, 2.0625f, 1.28125f, 2.640625f, 1.8203125f});
}

TEST(Lif, StrictSoftResetKeepsItsAmount) {
  std::vector<float> membranes = {.75f,    1.125f,    1.5625f,
                                  .53125f, 2.265625f, 1.1328125f};
  expectNeuron({2, 1, 0, false, true}, current, {0, 1, 1, 0, 1, 1}, membranes);
  LifNeuron strict = {2, above(1), 0, false, false};
  strict.rule = ResetRule::Subtract;
  strict.amount = 1;
  expectNeuron(strict, current, {0, 1, 1, 0, 1, 1}, membranes);
  expectNeuron({2, 1, 0, false, true}, {1, 1, .5f}, {1, 1, 0}, {1, 1, .5f});
}

TEST(Lif, DecayingInputResetsHardAndSoft) {
  expectNeuron({2, 1, 0, true, false}, current, {0, 0, 1, 0, 1, 0},
               {.375f, .5625f, 1.03125f, .125f, 1.0625f, .25f});
  expectNeuron({2, 1, 0, true, true}, current, {0, 0, 1, 0, 1, 0},
               {.375f, .5625f, 1.03125f, .140625f, 1.0703125f, .28515625f});
  LifNeuron box = {1, above(1), 0, false, false};
  box.order = ChargeOrder::DecayFactor;
  box.factor = .5f;
  expectNeuron(box, {1, 1.5f, 2, 0, .5f, 2}, {0, 0, 1, 0, 0, 1},
               {.5f, 1, 1.5f, 0, .25f, 1.125f});
}

TEST(Lif, CountsLevels) {
  // Round(Clip(h, 0, 4)): ties go to even counts.
  LifNeuron integer = affine(.25f, 0x1.000002p-1f, ResetRule::Subtract, 1);
  integer.levels = {1.5f, 0x1.400002p+1f, 3.5f};
  expectNeuron(integer, {2.5f, 1.25f, -.75f, 6, .5f}, {2, 1, 0, 4, 1},
               {2.5f, 1.375f, -.65625f, 5.8359375f, .958984375f});
  // A multi-spike neuron of at most four spikes, and one of a single spike.
  LifNeuron multi = affine(.5f, 1, ResetRule::Subtract, 1);
  multi.gain = .5f;
  expectNeuron(multi, {5, 1, -8, 3, 4}, {1, 1, 0, 0, 1},
               {2.5f, 1.25f, -3.875f, -.4375f, 1.78125f});
  multi.levels = {2, 3, 4};
  expectNeuron(multi, {5, 1, -8, 3, 4}, {2, 0, 0, 0, 1},
               {2.5f, .75f, -3.625f, -.3125f, 1.84375f});
}

/// Each channel is the neuron that has its constant.
TEST(Lif, ChannelsHaveConstantsOfTheirOwn) {
  Random random(12);
  Tensor x = random.floats({4, 2, 3, 5});
  for (ChargeOrder order :
       {ChargeOrder::Tau, ChargeOrder::LeakTau, ChargeOrder::LeakFactor}) {
    LifNeuron channels = {2, .25f, 0, true, false};
    channels.order = order;
    channels.constants = {1, 2.5f, 4};
    if (!channels.hasTau())
      channels.constants = {.5f, .25f, 1};
    channels.inner = 5;
    for (Mode mode : modes) {
      Tensor all = run(mode, x, 4, channels);
      for (int64_t channel = 0; channel < 3; ++channel) {
        LifNeuron one = channels;
        (one.hasTau() ? one.tau : one.factor) = one.constants[channel];
        one.constants.clear();
        Tensor own = run(mode, x, 4, one);
        for (int64_t i = 0; i < x.size(); ++i)
          if (i / 5 % 3 == channel)
            ASSERT_EQ(all.data<uint8_t>()[i], own.data<uint8_t>()[i]) << i;
      }
    }
  }
  LifNeuron wrong = {2, .25f, 0, true, false};
  wrong.constants = {1, 2, 3, 4};
  EXPECT_THROW(run(Mode::Fast, x, 4, wrong), Error); // of 30 neurons
  wrong.constants = {1, .5f, 2};
  EXPECT_THROW(run(Mode::Fast, x, 4, wrong), Error);
}

TEST(Lif, MembranesGoNoLowerThanTheFloor) {
  // sinabs' IAF with min_v_mem -1.
  LifNeuron iaf = affine(1, 1, ResetRule::Subtract, 1);
  iaf.levels = {2, 3, 4};
  iaf.floor = -1;
  expectNeuron(iaf, {2.5f, .75f, -4, 1.5f, 2}, {2, 1, 0, 0, 2},
               {2.5f, 1.25f, -3.75f, .5f, 2.5f});
  LifNeuron hard = {2, 1, 0, false, false};
  hard.floor = -.25f;
  expectNeuron(hard, {-1, .5f, 2, 1}, {0, 0, 1, 1}, {-1, .375f, 2.1875f, 1});
  // 0.3 + 1 is rounded before the 1 goes off again.
  LifNeuron soft = {1, 2, 0, false, true};
  soft.tau = std::numeric_limits<float>::infinity();
  soft.floor = -1;
  expectNeuron(soft, {.3f, 0}, {0, 0}, {.3f, (.3f + 1.f) - 1.f});
}

/// Any order and rule, random numbers: the executions give the bits of the
/// recurrence.
TEST(Lif, AllFormsGiveTheSameBits) {
  Random random(7);
  for (int order = 0; order <= 4; ++order)
    for (int rule = 0; rule <= 4; ++rule) {
      LifNeuron neuron = {random.real(1.0f, 4.0f), random.real(.2f, 1.0f), 0,
                          order % 2 == 0, false};
      neuron.order = static_cast<ChargeOrder>(order);
      neuron.rule = static_cast<ResetRule>(rule);
      neuron.factor = random.real(.1f, .9f);
      neuron.gain = random.real(.5f, 1.5f);
      neuron.amount = random.real(.2f, 1.0f);
      if (rule % 2)
        neuron.levels = {1.25f, 1.5f};
      if (order % 2 && rule != 2 && rule != 3)
        neuron.floor = random.real(-.5f, 0.0f);
      if (rule != 1) {
        neuron.inner = 5;
        for (int channel = 0; channel < 60; ++channel)
          neuron.constants.push_back(neuron.hasTau() ? random.real(1.0f, 4.0f)
                                                     : random.real(.1f, .9f));
      }
      Tensor x = random.floats({6, 1500}), expected, membranes;
      reference::lif(x, expected, 6, neuron, &membranes);
      for (Mode mode : modes) {
        Context context;
        context.mode = mode;
        Tensor train, compared;
        lif(context, x, train, 6, neuron, &compared);
        EXPECT_TRUE(sameBits(train, expected)) << order << " " << rule;
        EXPECT_TRUE(sameBits(compared, membranes)) << order << " " << rule;
      }
    }
}

TEST(Lif, RefusesMoreThan255Levels) {
  LifNeuron neuron = {1, 0, 0, true, false};
  neuron.levels.assign(255, 1.0f);
  Context context;
  Tensor x(DType::F32, {1, 1}), train;
  EXPECT_THROW(lif(context, x, train, 1, neuron), Error);
}
