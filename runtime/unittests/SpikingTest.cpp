//===- SpikingTest.cpp - Integration and firing, three ways -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Spiking.h"

#include <algorithm>
#include <functional>

using namespace snn::rt;
using test::Random;
using test::sameBits;

static const Mode modes[] = {Mode::Fast, Mode::Event, Mode::Stepped};

/// A random coding and levels that it can hold.
static Coding randomCoding(Random &random) {
  int bits = static_cast<int>(random.integer(1, 8)), top = (1 << bits) - 1;
  return {bits, static_cast<int>(random.integer(0, top)),
          static_cast<int>(random.integer(0, top)),
          static_cast<int>(random.integer(0, bits > 2 ? 3 : 0)), 0.1f};
}
static Tensor randomTrain(Random &random, const Coding &c, Shape shape) {
  Tensor t = random.integers<uint8_t>(std::move(shape), 0, c.maxLevel());
  for (int64_t i = 0; i < t.size(); ++i)
    t.data<uint8_t>()[i] =
        static_cast<uint8_t>(c.deadZone(t.data<uint8_t>()[i]));
  return t;
}

template <typename T>
static void checkLinear(uint32_t seed, int64_t low, int64_t high) {
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    Coding c = randomCoding(random);
    int64_t rows = random.integer(1, 9), inputs = random.integer(1, 150),
            outputs = random.integer(1, 140);
    Tensor train = randomTrain(random, c, {1, rows, inputs});
    Tensor w = random.integers<T>({inputs, outputs}, low, high);
    LinearWeights weights(w);
    bool withOffset = round % 3 != 0;
    Tensor offset(DType::I32, {outputs});
    std::vector<int32_t> expected(rows * outputs, 0);
    for (int64_t j = 0; j < outputs; ++j) {
      int32_t sum = 0;
      for (int64_t i = 0; i < inputs; ++i)
        sum += w.data<T>()[i * outputs + j];
      ASSERT_EQ(weights.columnSums()[j], sum);
      offset.data<int32_t>()[j] = (c.mask - c.zero) * sum;
      for (int64_t r = 0; r < rows; ++r) {
        // The quantised network's accumulator, less C where no offset is given.
        int32_t v = withOffset ? 0 : -offset.data<int32_t>()[j];
        for (int64_t i = 0; i < inputs; ++i)
          v += w.data<T>()[i * outputs + j] *
               (train.data<uint8_t>()[r * inputs + i] - c.zero);
        expected[r * outputs + j] = v;
      }
    }
    Tensor reference =
        Tensor::fromVector<int32_t>({1, rows, outputs}, expected);
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Tensor v;
      linear(context, train, weights, withOffset ? &offset : nullptr, v, c);
      ASSERT_TRUE(sameBits(v, reference)) << static_cast<int>(mode);
    }
  }
}

TEST(Spiking, LinearEqualsTheQuantisedAccumulator) {
  checkLinear<int8_t>(1, -128, 127);
  checkLinear<int8_t>(2, -1, 1);
}
TEST(Spiking, LinearWithWideWeights) { checkLinear<int16_t>(3, -255, 255); }

TEST(Spiking, LinearDoesNotSaturate) {
  Coding c = {8, 0, 0, 0, 1.0f};
  Tensor train(DType::U8, {7, 512});
  std::fill(train.data<uint8_t>(), train.data<uint8_t>() + train.size(), 255);
  Tensor w(DType::I8, {512, 70});
  for (int64_t i = 0; i < w.size(); ++i)
    w.data<int8_t>()[i] = i % 70 < 35 ? 127 : -128;
  LinearWeights weights(w);
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor v;
    linear(context, train, weights, nullptr, v, c);
    EXPECT_EQ(v.data<int32_t>()[0], 255 * 127 * 512);
    EXPECT_EQ(v.data<int32_t>()[69], 255 * -128 * 512);
  }
}

template <typename T>
static void checkConvolution(uint32_t seed, int64_t low, int64_t high) {
  Random random(seed);
  for (int round = 0; round < 40; ++round) {
    Coding c = randomCoding(random);
    bool flat = round % 5 == 4;
    int64_t group = random.integer(1, 3), ci = random.integer(1, 4),
            co = random.integer(1, 5), batch = random.integer(1, 2);
    int64_t kh = flat ? 1 : random.integer(1, 3), kw = random.integer(1, 4);
    Ints strides = {random.integer(1, 3), random.integer(1, 3)},
         dilations = {random.integer(1, 2), random.integer(1, 3)}, pads;
    for (int i = 0; i < 4; ++i)
      pads.push_back(random.integer(0, 3));
    int64_t height = flat ? 1 : dilations[0] * kh + random.integer(0, 8),
            width = dilations[1] * kw + random.integer(0, 20);
    if (flat)
      strides[0] = dilations[0] = 1, pads[0] = pads[2] = 0;
    int64_t oh = (height + pads[0] + pads[2] - dilations[0] * (kh - 1) - 1) /
                     strides[0] +
                 1;
    int64_t ow =
        (width + pads[1] + pads[3] - dilations[1] * (kw - 1) - 1) / strides[1] +
        1;
    int64_t inputs = ci * group, outputs = co * group;
    Tensor train = randomTrain(random, c, {batch, inputs, height, width});
    Tensor w = random.integers<T>({outputs, ci, kh, kw}, low, high);
    Tensor offset(DType::I32, {outputs, oh, ow});
    Tensor reference(DType::I32, {batch, outputs, oh, ow});
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t o = 0; o < outputs; ++o)
        for (int64_t y = 0; y < oh; ++y)
          for (int64_t x = 0; x < ow; ++x) {
            int32_t v = 0, constant = 0;
            for (int64_t i = 0; i < ci; ++i)
              for (int64_t ky = 0; ky < kh; ++ky)
                for (int64_t kx = 0; kx < kw; ++kx) {
                  int64_t iy = y * strides[0] - pads[0] + ky * dilations[0],
                          ix = x * strides[1] - pads[1] + kx * dilations[1];
                  if (iy < 0 || iy >= height || ix < 0 || ix >= width)
                    continue; // padded taps are no inputs
                  int32_t weight =
                      w.data<T>()[((o * ci + i) * kh + ky) * kw + kx];
                  int32_t q =
                      train.data<uint8_t>()
                          [((b * inputs + o / co * ci + i) * height + iy) *
                               width +
                           ix];
                  v += weight * (q - c.zero);
                  constant += weight * (c.mask - c.zero);
                }
            reference.data<int32_t>()[((b * outputs + o) * oh + y) * ow + x] =
                v;
            offset.data<int32_t>()[(o * oh + y) * ow + x] = constant;
          }
    if (flat) {
      train = train.reshaped({batch, inputs, width});
      w = w.reshaped({outputs, ci, kw});
      strides.erase(strides.begin());
      dilations.erase(dilations.begin());
      pads = {pads[1], pads[3]};
      reference = reference.reshaped({batch, outputs, ow});
    }
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Tensor v;
      convolution(context, train, w, &offset, v, c, strides, pads, dilations,
                  group);
      ASSERT_TRUE(sameBits(v, reference))
          << static_cast<int>(mode) << " round " << round;
    }
  }
}

TEST(Spiking, ConvolutionEqualsTheQuantisedAccumulator) {
  checkConvolution<int8_t>(11, -128, 127);
}
TEST(Spiking, ConvolutionWithWideWeights) {
  checkConvolution<int16_t>(12, -255, 255);
}

TEST(Spiking, DynamicProductEqualsTheQuantisedAccumulator) {
  Random random(21);
  for (int round = 0; round < 100; ++round) {
    Coding c = randomCoding(random);
    int64_t bits = random.integer(1, 8);
    int64_t zero = random.integer(0, (1 << bits) - 1);
    int64_t batch = random.integer(1, 3), heads = random.integer(1, 3),
            rows = random.integer(1, 9), inputs = random.integer(1, 70),
            outputs = random.integer(1, 80);
    bool transposed = round % 2;
    Tensor train = randomTrain(random, c, {batch, heads, rows, inputs});
    Tensor resident = random.integers<uint8_t>(
        transposed ? Shape{batch, heads, outputs, inputs}
                   : Shape{batch, heads, inputs, outputs},
        0, (1 << bits) - 1);
    Tensor reference(DType::I32, {batch, heads, rows, outputs});
    for (int64_t n = 0; n < batch * heads; ++n)
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t j = 0; j < outputs; ++j) {
          int32_t v = 0;
          for (int64_t i = 0; i < inputs; ++i) {
            int32_t q =
                resident.data<uint8_t>()[n * inputs * outputs +
                                         (transposed ? j * inputs + i
                                                     : i * outputs + j)];
            int32_t value =
                bits == 1 ? 2 * q - 1 : q - static_cast<int32_t>(zero);
            v += value *
                 (train.data<uint8_t>()[(n * rows + r) * inputs + i] - c.zero);
          }
          reference.data<int32_t>()[(n * rows + r) * outputs + j] = v;
        }
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Tensor v;
      dynamicProduct(context, train, resident, v, c, bits, zero, transposed);
      ASSERT_TRUE(sameBits(v, reference)) << static_cast<int>(mode);
    }
  }
}

/// Theta[v - 1] = min { V in [low, high] : f(V) >= v }.
static std::vector<int32_t> thresholdsOf(const std::function<int(int)> &f,
                                         int low, int high, int top) {
  std::vector<int32_t> theta(top, INT32_MAX);
  for (int v = 1; v <= top; ++v)
    for (int p = low; p <= high; ++p)
      if (f(p) >= v) {
        theta[v - 1] = p;
        break;
      }
  return theta;
}

TEST(Spiking, FiringEqualsTheDeadZoneOfTheRequantiser) {
  Random random(31);
  for (int round = 0; round < 60; ++round) {
    Coding c = randomCoding(random);
    int top = c.maxLevel(), low = -400, high = 400;
    int64_t channels = random.integer(1, 6), inner = round % 2 ? 1 : 37,
            outer = random.integer(1, 3);
    bool shared = round % 5 == 0;
    Tensor theta(DType::I32, {shared ? 1 : channels, top});
    std::vector<std::vector<int>> f(channels);
    for (int64_t ch = 0; ch < channels; ++ch) {
      if (shared && ch) {
        f[ch] = f[0];
        continue;
      }
      // Any monotone staircase; it may leave levels out and need not reach T.
      int reach = static_cast<int>(random.integer(0, top));
      std::vector<int> values;
      for (int p = low; p <= high; ++p)
        values.push_back(static_cast<int>(random.integer(0, reach)));
      std::sort(values.begin(), values.end());
      f[ch] = values;
      std::vector<int32_t> row =
          thresholdsOf([&](int p) { return values[p - low]; }, low, high, top);
      std::copy(row.begin(), row.end(), theta.data<int32_t>() + ch * top);
    }
    Shape shape =
        inner == 1 ? Shape{outer, channels} : Shape{outer, channels, inner};
    Tensor v = random.integers<int32_t>(shape, low, high);
    Tensor expected(DType::U8, shape);
    for (int64_t i = 0; i < v.size(); ++i) {
      int level = f[i / inner % channels][v.data<int32_t>()[i] - low];
      expected.data<uint8_t>()[i] = static_cast<uint8_t>(c.deadZone(level));
    }
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Tensor train;
      fire(context, v, theta, train, c, 1);
      ASSERT_TRUE(sameBits(train, expected)) << static_cast<int>(mode);
    }
  }
}

TEST(Spiking, ALatchedNeuronInTheWindowStaysSilent) {
  // Level 8 is reached first, and is masked; lower levels are crossed later.
  Coding c = {4, 8, 8, 1, 1.0f};
  Tensor theta(DType::I32, {1, 15});
  for (int v = 1; v <= 15; ++v)
    theta.data<int32_t>()[v - 1] = 10 * v;
  Tensor v = Tensor::fromVector<int32_t>({5}, {85, 75, 95, 105, 65});
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor train;
    fire(context, v, theta, train, c, 0);
    EXPECT_EQ(train.toVector<uint8_t>(),
              (std::vector<uint8_t>{8, 8, 8, 10, 6}));
  }
}

TEST(Spiking, UnreachableLevelsNeverFire) {
  Coding c = {2, 0, 0, 0, 1.0f};
  Tensor theta = Tensor::fromVector<int32_t>({1, 3}, {INT32_MIN, 5, INT32_MAX});
  Tensor v = Tensor::fromVector<int32_t>({4}, {INT32_MIN, 4, 5, INT32_MAX});
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor train;
    fire(context, v, theta, train, c, 0);
    EXPECT_EQ(train.toVector<uint8_t>(), (std::vector<uint8_t>{1, 1, 2, 2}));
  }
}

TEST(Spiking, WorkedExample) {
  const std::vector<uint8_t> q = {8, 11, 7, 2, 9};
  Tensor w = Tensor::fromVector<int8_t>({5, 1}, {1, -1, 1, 1, -1});
  LinearWeights weights(w);
  struct Case {
    int mask, radius, potential, spikes, constant;
  };
  for (const Case &k :
       {Case{8, 0, -11, 4, 0}, Case{8, 1, -9, 2, 0}, Case{7, 0, -11, 4, -1}}) {
    Coding c = {4, 8, k.mask, k.radius, 1.0f};
    Tensor train(DType::U8, {1, 5});
    for (int i = 0; i < 5; ++i)
      train.data<uint8_t>()[i] = static_cast<uint8_t>(c.deadZone(q[i]));
    EXPECT_EQ((c.mask - c.zero) * weights.columnSums()[0], k.constant);
    Tensor offset = Tensor::fromVector<int32_t>({1}, {k.constant});
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Statistics statistics;
      context.statistics = &statistics;
      Tensor v;
      linear(context, train, weights, &offset, v, c);
      EXPECT_EQ(v.data<int32_t>()[0], k.potential);
      countSpikes(context, "x", train, c, nullptr, {});
      EXPECT_EQ(statistics.sites["x"].spikes, k.spikes);
    }
  }
  // The example's re-quantiser.
  auto f = [](int v) {
    int level = static_cast<int>(std::floor(0.5 * v + 0.5)) + 8;
    return std::min(15, std::max(0, level));
  };
  std::vector<int32_t> theta = thresholdsOf(f, -100, 100, 15);
  for (int v = 1; v <= 15; ++v)
    EXPECT_EQ(theta[v - 1], -17 + 2 * v);
  Tensor thresholds = Tensor::fromVector<int32_t>({1, 15}, theta);
  Tensor v = Tensor::fromVector<int32_t>({2}, {-11, 1});
  for (int radius : {0, 1})
    for (Mode mode : modes) {
      Coding c = {4, 8, 8, radius, 1.0f};
      Context context;
      context.mode = mode;
      Tensor train;
      fire(context, v, thresholds, train, c, 0);
      EXPECT_EQ(train.data<uint8_t>()[0], 3);
      EXPECT_EQ(train.data<uint8_t>()[1], radius ? 8 : 9);
    }
}

TEST(Spiking, MutationsAreSeen) {
  Random random(41);
  Coding c = {4, 8, 6, 1, 1.0f};
  Tensor train = randomTrain(random, c, {3, 40});
  Tensor w = random.integers<int8_t>({40, 17}, 1, 5);
  LinearWeights weights(w);
  Tensor theta(DType::I32, {17, 15});
  for (int64_t i = 0; i < theta.size(); ++i)
    theta.data<int32_t>()[i] = static_cast<int32_t>(i % 15) * 20 - 150;
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor v, changed;
    linear(context, train, weights, nullptr, v, c);
    // One dropped spike.
    Tensor dropped = train.clone();
    for (int64_t i = 0; i < dropped.size(); ++i)
      if (dropped.data<uint8_t>()[i] != c.mask) {
        dropped.data<uint8_t>()[i] = static_cast<uint8_t>(c.mask);
        break;
      }
    linear(context, dropped, weights, nullptr, changed, c);
    EXPECT_FALSE(sameBits(v, changed));
    // One changed threshold, moved just above a potential that reaches it.
    Tensor potentials =
        Tensor::fromVector<int32_t>({1, 17}, std::vector<int32_t>(17, 50));
    Tensor fired, refired;
    fire(context, potentials, theta, fired, c, 1);
    ASSERT_EQ(fired.data<uint8_t>()[5], 11);
    Tensor moved = theta.clone();
    moved.data<int32_t>()[5 * 15 + 10] = 51;
    fire(context, potentials, moved, refired, c, 1);
    EXPECT_EQ(refired.data<uint8_t>()[5], 10);
    EXPECT_FALSE(sameBits(fired, refired));
  }
}

TEST(Spiking, RefusesOperandsThatDoNotFit) {
  Context context;
  Coding c = {4, 8, 8, 0, 1.0f};
  Tensor train(DType::U8, {2, 5}), v;
  LinearWeights weights(Tensor::fromVector<int8_t>({4, 1}, {1, 1, 1, 1}));
  EXPECT_THROW(linear(context, train, weights, nullptr, v, c), Error);
  EXPECT_THROW(LinearWeights(Tensor(DType::I32, {2, 2})), Error);
  EXPECT_THROW(fire(context, Tensor(DType::I32, {2, 3}),
                    Tensor(DType::I32, {2, 15}), v, c, 1),
               Error);
  EXPECT_THROW(fire(context, Tensor(DType::I32, {2, 3}),
                    Tensor(DType::I32, {3, 14}), v, c, 1),
               Error);
  EXPECT_THROW(convolution(context, Tensor(DType::U8, {1, 3, 4, 4}),
                           Tensor(DType::I8, {2, 2, 3, 3}), nullptr, v, c, {},
                           {}, {}, 1),
               Error);
  EXPECT_THROW(dynamicProduct(context, Tensor(DType::U8, {2, 3}),
                              Tensor(DType::U8, {4, 5}), v, c, 4, 8, 0),
               Error);
}
