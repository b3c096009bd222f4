//===- SpikingDigitalTest.cpp - Encoding, rescaling, statistics -*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Spiking.h"

#include <cstdlib>

using namespace snn::rt;
using test::Random;

static Coding randomCoding(Random &random) {
  int bits = static_cast<int>(random.integer(1, 8)), top = (1 << bits) - 1;
  return {bits, static_cast<int>(random.integer(0, top)),
          static_cast<int>(random.integer(0, top)),
          static_cast<int>(random.integer(0, 4)), random.real(0.01f, 1.0f)};
}

TEST(Kernel, encode) {
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    Coding c = randomCoding(random);
    int64_t deadZone = random.integer(0, 2);
    Tensor x = random.floats({random.integer(1, 300)}, -20, 20), train;
    // Ties, and what is out of range or no number.
    float *p = x.data<float>();
    p[0] = c.scale * 1.5f;
    if (x.size() > 4) {
      p[1] = NAN;
      p[2] = INFINITY;
      p[3] = -INFINITY;
      p[4] = 1e30f;
    }
    Context context;
    encode(context, x, train, c, deadZone);
    for (int64_t i = 0; i < x.size(); ++i) {
      int q = quantizeLevel(p[i], c.scale, c.zero, c.maxLevel());
      if (std::abs(q - c.zero) <= deadZone)
        q = c.zero;
      ASSERT_EQ(train.data<uint8_t>()[i], c.deadZone(q)) << p[i];
    }
  }
}

TEST(Kernel, quantize) {
  Random random(2);
  for (int round = 0; round < 30; ++round) {
    Coding c = randomCoding(random);
    Tensor x = random.floats({3, 37}, -10, 10), levels;
    quantize(x, levels, c);
    for (int64_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(levels.data<uint8_t>()[i],
                c.deadZone(quantizeLevel(x.data<float>()[i], c.scale, c.zero,
                                         c.maxLevel())));
  }
}

TEST(Kernel, dequantize) {
  Random random(3);
  for (int bits = 1; bits <= 8; ++bits) {
    int top = (1 << bits) - 1;
    Coding c = {bits, static_cast<int>(random.integer(0, top)), 0, 0, 0.37f};
    Tensor q = random.integers<uint8_t>({71}, 0, top), y;
    dequantize(q, y, c);
    for (int64_t i = 0; i < q.size(); ++i) {
      int v = q.data<uint8_t>()[i];
      float expected =
          0.37f * static_cast<float>(bits == 1 ? 2 * v - 1 : v - c.zero);
      ASSERT_EQ(y.data<float>()[i], expected);
    }
  }
}

/// Random accumulators with scales and biases for every layout of channels.
template <typename Check> static void forEachLayout(Check check) {
  Random random(4);
  for (int round = 0; round < 60; ++round) {
    Shape shape = random.shape(random.integer(1, 4), 40);
    for (size_t i = 2; i < shape.size(); ++i)
      shape[i] = random.integer(1, 4);
    int64_t axis = random.integer(0, static_cast<int64_t>(shape.size()) - 1);
    int64_t channels = shape[axis], inner = 1;
    for (size_t i = axis + 1; i < shape.size(); ++i)
      inner *= shape[i];
    Tensor acc = random.integers<int32_t>(shape, -100000000, 100000000);
    Tensor scale = random.floats({round % 3 ? channels : 1}, 1e-8f, 1e-6f);
    Tensor bias = random.floats({round % 4 ? channels : 1});
    bool hasBias = round % 5 != 0;
    check(random, acc, scale, hasBias ? &bias : nullptr,
          round % 2 ? axis : axis - static_cast<int64_t>(shape.size()),
          [=](int64_t i, const Tensor &t) {
            return t.data<float>()[t.size() == 1 ? 0 : i / inner % channels];
          });
  }
}

TEST(Kernel, rescale) {
  forEachLayout([](Random &, const Tensor &acc, const Tensor &scale,
                   const Tensor *bias, int64_t axis, auto at) {
    Tensor y;
    rescale(acc, scale, bias, y, axis);
    ASSERT_EQ(y.shape(), acc.shape());
    for (int64_t i = 0; i < acc.size(); ++i) {
      int32_t a = acc.data<int32_t>()[i];
      float expected = bias ? rescaleAccumulator(a, at(i, scale), at(i, *bias))
                            : static_cast<float>(a) * at(i, scale);
      ASSERT_EQ(y.data<float>()[i], expected);
    }
  });
}

TEST(Kernel, requantize) {
  int relu = 0;
  forEachLayout([&](Random &random, const Tensor &acc, const Tensor &scale,
                    const Tensor *bias, int64_t axis, auto at) {
    Coding c = randomCoding(random);
    relu = !relu;
    Tensor y;
    requantize(acc, scale, bias, y, c, relu, axis);
    for (int64_t i = 0; i < acc.size(); ++i) {
      int32_t a = acc.data<int32_t>()[i];
      float value = bias ? rescaleAccumulator(a, at(i, scale), at(i, *bias))
                         : static_cast<float>(a) * at(i, scale);
      if (relu && value < 0)
        value = 0;
      ASSERT_EQ(
          y.data<uint8_t>()[i],
          c.deadZone(quantizeLevel(value, c.scale, c.zero, c.maxLevel())));
    }
  });
}

TEST(Kernel, token_mask) {
  Tensor mask = Tensor::fromVector<float>(
      {2, 1, 1, 3}, {0, -10000.0f, 0, -3.4e38f, -1000.0f, -999.0f});
  Tensor valid;
  token_mask(mask, valid, {2, 3});
  EXPECT_EQ(valid.toVector<bool>(),
            (std::vector<bool>{true, false, true, false, false, true}));
  token_mask(mask, valid, {-1, 3});
  EXPECT_EQ(valid.shape(), (Shape{2, 3}));
  // One row for several samples; several rows for one sample.
  Tensor row = Tensor::fromVector<float>({1, 1, 1, 2}, {0, -5000.0f});
  token_mask(row, valid, {2, 2});
  EXPECT_EQ(valid.toVector<bool>(),
            (std::vector<bool>{true, false, true, false}));
  Tensor causal =
      Tensor::fromVector<float>({1, 1, 2, 3}, {0, -1e9f, -1e9f, 0, 0, -1e9f});
  token_mask(causal, valid, {1, 3});
  EXPECT_EQ(valid.toVector<bool>(), (std::vector<bool>{true, true, false}));
  EXPECT_THROW(token_mask(mask, valid, {2, 4}), Error);
}

TEST(Statistics, SpikesAreAllButTheMaskLevel) {
  Random random(6);
  for (int round = 0; round < 20; ++round) {
    Coding c = randomCoding(random);
    c.radius = 0;
    Tensor train = random.integers<uint8_t>({2, random.integer(1, 9), 31}, 0,
                                            c.maxLevel());
    Statistics statistics;
    Context context;
    context.statistics = &statistics;
    countSpikes(context, "s", train, c, nullptr, {}, 2);
    countSynapticOperations(context, "s", train, c, nullptr, {}, 10);
    int64_t silent = 0;
    for (uint8_t q : train.toVector<uint8_t>())
      silent += q == c.mask;
    const SiteStatistics &s = statistics.sites["s"];
    EXPECT_EQ(s.neurons, train.size());
    EXPECT_EQ(s.spikes, train.size() - silent);
    EXPECT_EQ(s.synapticOperations, 12 * s.spikes);
    int64_t bySlot = 0;
    for (int64_t n : s.slots)
      bySlot += n;
    EXPECT_EQ(bySlot, s.spikes);
    EXPECT_EQ(static_cast<int>(s.slots.size()), c.maxLevel() + 1);
  }
}

TEST(Statistics, LeavesOutRemovedTokens) {
  Coding c = {4, 8, 8, 1, 1.0f};
  Random random(7);
  // Two samples of three tokens, or three tokens of any sample.
  struct Case {
    Shape shape;
    Ints axes;
    int64_t sampleAxis, perSample;
  };
  const Case cases[] = {
      {{2, 4, 3, 3}, {2, 3}, 0, 1},     // [batch, head, query, key]
      {{2, 3, 5}, {1}, 0, 1},           // [batch, token, channel]
      {{2, 3, 5000}, {1}, 0, 1},        // runs longer than what is gathered
      {{2, 70, 3}, {2}, 0, 1},          // [batch, channel, token]
      {{3, 2, 5}, {0}, 1, 1},           // [token, batch, channel]
      {{3, 8, 5}, {0}, 1, 4},           // [token, batch x head, channel]
      {{8, 3, 3}, {1, 2}, 0, 4},        // [batch x head, query, key]
      {{2, 2000, 3, 3}, {2, 3}, 0, 1}}; // more than one gathering
  for (const Case &test : cases)
    for (int64_t batch : {1, 2}) {
      Tensor valid = Tensor::fromVector<bool>(
          {batch, 3}, batch == 1 ? std::vector<bool>{true, false, true}
                                 : std::vector<bool>{true, true, false, true,
                                                     false, false});
      Tensor train = random.integers<uint8_t>(test.shape, 0, 15);
      int64_t neurons = 0, spikes = 0, allSpikes = 0;
      std::vector<int64_t> slots(16, 0);
      for (int64_t i = 0; i < train.size(); ++i) {
        uint8_t &q = train.data<uint8_t>()[i];
        q = static_cast<uint8_t>(c.deadZone(q));
        Ints at = test::unravel(i, test.shape);
        int64_t sample = batch == 1 ? 0
                                    : at[static_cast<size_t>(test.sampleAxis)] /
                                          test.perSample;
        bool in = true, spike = q != 8;
        for (int64_t axis : test.axes)
          in &= valid.data<bool>()[sample * 3 + at[static_cast<size_t>(axis)]];
        neurons += in;
        spikes += in && spike;
        allSpikes += spike;
        if (in && spike)
          ++slots[static_cast<size_t>(15 - q)];
      }
      Statistics statistics;
      Context context;
      context.statistics = &statistics;
      countSpikes(context, "s", train, c, &valid, test.axes, 4);
      countSynapticOperations(context, "s", train, c, &valid, test.axes, 3);
      const SiteStatistics &s = statistics.sites["s"];
      EXPECT_EQ(s.neurons, neurons) << toString(test.shape);
      EXPECT_EQ(s.spikes, spikes) << toString(test.shape);
      EXPECT_EQ(s.slots, slots) << toString(test.shape);
      EXPECT_EQ(s.allNeurons, train.size());
      EXPECT_EQ(s.allSpikes, allSpikes) << toString(test.shape);
      EXPECT_EQ(s.synapticOperations, 7 * spikes) << toString(test.shape);
    }
}

TEST(Statistics, ConvolutionsCountEveryTapThatAnEventReaches) {
  Random random(8);
  int64_t uneven = 0;
  for (int round = 0; round < 200; ++round) {
    Coding c = randomCoding(random);
    bool flat = round % 4 == 3;
    int64_t group = random.integer(1, 3), ci = random.integer(1, 3),
            co = random.integer(1, 4), batch = random.integer(1, 3);
    int64_t kh = flat ? 1 : random.integer(1, 4), kw = random.integer(1, 4);
    Ints strides = {random.integer(1, 4), random.integer(1, 4)},
         dilations = {random.integer(1, 3), random.integer(1, 3)}, pads;
    for (int i = 0; i < 4; ++i)
      pads.push_back(random.integer(0, 4));
    int64_t height = dilations[0] * (kh - 1) + random.integer(1, 8),
            width = dilations[1] * (kw - 1) + random.integer(1, 12);
    if (flat)
      height = strides[0] = dilations[0] = 1, pads[0] = pads[2] = 0;
    int64_t inputs = ci * group;
    int64_t oh = (height + pads[0] + pads[2] - dilations[0] * (kh - 1) - 1) /
                     strides[0] +
                 1;
    int64_t ow =
        (width + pads[1] + pads[3] - dilations[1] * (kw - 1) - 1) / strides[1] +
        1;
    Tensor train = random.integers<uint8_t>({batch, inputs, height, width}, 0,
                                            c.maxLevel());
    // Tokens along no axis or one, the same for all samples or not.
    int64_t axis = random.integer(0, 3);
    if (flat && axis == 2)
      axis = 3;
    Tensor valid = random.integers<bool>(
        {random.integer(0, 1) ? batch : 1, train.dim(axis)}, 0, 1);

    int64_t expected = 0, mean = 0, spikes = 0;
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t o = 0; o < co * group; ++o)
        for (int64_t y = 0; y < oh; ++y)
          for (int64_t x = 0; x < ow; ++x)
            for (int64_t i = 0; i < ci; ++i)
              for (int64_t ky = 0; ky < kh; ++ky)
                for (int64_t kx = 0; kx < kw; ++kx) {
                  Ints at = {b, o / co * ci + i,
                             y * strides[0] - pads[0] + ky * dilations[0],
                             x * strides[1] - pads[1] + kx * dilations[1]};
                  if (at[2] < 0 || at[2] >= height || at[3] < 0 ||
                      at[3] >= width)
                    continue;
                  ++mean;
                  int64_t sample = valid.dim(0) == 1 ? 0 : b;
                  if (axis > 0 &&
                      !valid.data<bool>()[sample * valid.dim(1) + at[axis]])
                    continue;
                  int32_t q =
                      train.data<uint8_t>()[test::ravel(at, train.shape())];
                  expected += std::abs(q - c.mask) > c.radius;
                }
    for (int64_t i = 0; i < train.size(); ++i)
      spikes += std::abs(train.data<uint8_t>()[i] - c.mask) > c.radius;
    uneven += axis == 0 && expected * train.size() != spikes * mean;

    Ints axes = axis == 0 ? Ints{} : Ints{axis};
    Shape weights = {co * group, ci, kh, kw};
    if (flat) {
      train = train.reshaped({batch, inputs, width});
      weights = {co * group, ci, kw};
      strides = {strides[1]};
      dilations = {dilations[1]};
      pads = {pads[1], pads[3]};
      if (axis == 3)
        axes = {2};
    }
    Statistics statistics;
    Context context;
    countConvolutionOperations(context, "s", train, c, &valid, axes, weights,
                               strides, pads, dilations, group);
    context.statistics = &statistics;
    for (int64_t times = 1; times <= 2; ++times) {
      countConvolutionOperations(context, "s", train, c,
                                 axis == 0 ? nullptr : &valid, axes, weights,
                                 strides, pads, dilations, group);
      ASSERT_EQ(statistics.sites["s"].synapticOperations, times * expected)
          << "round " << round;
    }
  }
  // The mean number of targets would not do.
  EXPECT_GT(uneven, 20);
}

TEST(Statistics, ConvolutionsRefuseWhatDoesNotFit) {
  Statistics statistics;
  Context context;
  context.statistics = &statistics;
  Coding c = {4, 8, 8, 0, 1.0f};
  Tensor train(DType::U8, {1, 3, 4, 4}), valid(DType::Bool, {1, 5});
  auto count = [&](const Tensor &x, const Tensor *keep, const Ints &axes,
                   const Shape &weights, int64_t group) {
    countConvolutionOperations(context, "s", x, c, keep, axes, weights, {1, 1},
                               {0, 0, 0, 0}, {1, 1}, group);
  };
  count(train, nullptr, {}, {2, 3, 3, 3}, 1);
  EXPECT_THROW(count(train, nullptr, {}, {2, 2, 3, 3}, 1), Error);
  EXPECT_THROW(count(train, nullptr, {}, {2, 3, 5, 5}, 1), Error);
  EXPECT_THROW(count(train, nullptr, {}, {2, 1, 3, 3}, 3), Error);
  EXPECT_THROW(count(train, &valid, {2}, {2, 3, 3, 3}, 1), Error);
  EXPECT_THROW(
      count(Tensor(DType::F32, {1, 3, 4, 4}), nullptr, {}, {2, 3, 3, 3}, 1),
      Error);
}

TEST(Statistics, MergeAddsUp) {
  Statistics a, b;
  a.sites["x"].spikes = 3;
  a.sites["x"].slots = {1, 2};
  b.sites["x"].spikes = 4;
  b.sites["x"].slots = {4, 0, 0};
  b.sites["y"].neurons = 5;
  a.merge(b);
  EXPECT_EQ(a.sites["x"].spikes, 7);
  EXPECT_EQ(a.sites["x"].slots, (std::vector<int64_t>{5, 2, 0}));
  EXPECT_EQ(a.sites["y"].neurons, 5);
}
