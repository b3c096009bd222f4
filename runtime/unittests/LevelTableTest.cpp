//===- LevelTableTest.cpp - Levels that are not uniform ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/KernelTable.h"
#include "snn/runtime/Spiking.h"
#include "snn/runtime/Thresholds.h"

#include <algorithm>
#include <numeric>

using namespace snn::rt;
using namespace snn::rt::test;

static const Mode modes[] = {Mode::Fast, Mode::Event, Mode::Stepped};

/// A random coding with a table of 2 to 6 bits.
static Coding randomCoding(Random &random) {
  auto bits = static_cast<int32_t>(random.integer(2, 6));
  int32_t top = (1 << bits) - 1;
  Coding c = {bits, static_cast<int32_t>(random.integer(0, top)),
              static_cast<int32_t>(random.integer(0, top)),
              static_cast<int32_t>(random.integer(0, 2)), 0.1f};
  auto widest = static_cast<int32_t>(random.integer(top, 255));
  std::vector<uint8_t> integers(widest);
  std::iota(integers.begin(), integers.end(), uint8_t(1));
  for (int32_t i = 0; i < top; ++i)
    std::swap(integers[i], integers[random.integer(i, widest - 1)]);
  std::sort(integers.begin(), integers.begin() + top);
  std::copy_n(integers.begin(), top, c.table + 1);
  return c;
}
static Tensor randomTrain(Random &random, const Coding &c, Shape shape) {
  Tensor t = random.integers<uint8_t>(std::move(shape), 0, c.maxLevel());
  for (int64_t i = 0; i < t.size(); ++i)
    t.data<uint8_t>()[i] =
        static_cast<uint8_t>(c.deadZone(t.data<uint8_t>()[i]));
  return t;
}

/// The integer of a level, relative to the zero point's.
static int32_t numberOf(const Coding &c, int32_t q) {
  return int32_t(c.table[q]) - int32_t(c.table[c.zero]);
}

TEST(LevelTable, TheLevelIsTheNearestAndOfTwoTheUpper) {
  Coding c = {2, 1, 1, 0, 0.5f, {0, 1, 2, 5}}; // -0.5, 0, 0.5, 2
  auto level = [&](float x) { return levelOf(x, c); };
  EXPECT_EQ(level(-9.0f), 0);
  EXPECT_EQ(level(-0.26f), 0);
  EXPECT_EQ(level(-0.25f), 1);
  EXPECT_EQ(level(0.24f), 1);
  EXPECT_EQ(level(0.25f), 2);
  EXPECT_EQ(level(1.24f), 2);
  EXPECT_EQ(level(1.25f), 3);
  EXPECT_EQ(level(INFINITY), 3);
  EXPECT_EQ(level(-INFINITY), 0);
  EXPECT_EQ(level(NAN), 1);
  Random random(1);
  for (int round = 0; round < 100; ++round) {
    Coding t = randomCoding(random);
    float x = random.real(-30.0f, 30.0f);
    auto distance = [&](int32_t q) {
      return std::fabs(double(x) / double(t.scale) - numberOf(t, q));
    };
    int32_t q = levelOf(x, t);
    for (int32_t other = 0; other <= t.maxLevel(); ++other)
      ASSERT_LE(distance(q), distance(other) + 1e-4);
  }
}

TEST(LevelTable, UniformCodingHoldsTheIntegers) {
  Coding c = {2, 1, 2, 1, 0.5f, {0, 1, 3, 16}};
  Coding uniform = uniformCoding(c);
  EXPECT_EQ(uniform.bits, 5);
  EXPECT_EQ(uniform.zero, 1);
  EXPECT_EQ(uniform.mask, 3);
  EXPECT_EQ(uniform.radius, 0);
  EXPECT_FALSE(uniform.hasTable());
}

TEST(LevelTable, PassesHoldEveryDigit) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    Coding c = randomCoding(random);
    int passes = bitSerialPasses(c), low = 0, high = 0;
    for (int32_t q = 0; q <= c.maxLevel(); ++q)
      if (c.deadZone(q) != c.mask) {
        low = std::min(low, c.table[q] - c.table[c.mask]);
        high = std::max(high, c.table[q] - c.table[c.mask]);
      }
    auto holds = [&](int bits) {
      return low >= 0 ? high < (1 << bits)
                      : bits > 0 && low >= -(1 << (bits - 1)) &&
                            high < (1 << (bits - 1));
    };
    ASSERT_TRUE(holds(passes));
    ASSERT_TRUE(passes == 0 || !holds(passes - 1));
  }
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
    Tensor offset(DType::I32, {outputs}),
        reference(DType::I32, {1, rows, outputs});
    for (int64_t j = 0; j < outputs; ++j) {
      int32_t silent = 0;
      for (int64_t i = 0; i < inputs; ++i)
        silent += w.data<T>()[i * outputs + j] * numberOf(c, c.mask);
      offset.data<int32_t>()[j] = silent;
      for (int64_t r = 0; r < rows; ++r) {
        int32_t v = 0;
        for (int64_t i = 0; i < inputs; ++i)
          v += w.data<T>()[i * outputs + j] *
               numberOf(c, train.data<uint8_t>()[r * inputs + i]);
        reference.data<int32_t>()[r * outputs + j] = v;
      }
    }
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Tensor v;
      linear(context, train, weights, &offset, v, c);
      ASSERT_TRUE(sameBits(v, reference)) << static_cast<int>(mode);
    }
  }
}

TEST(LevelTable, LinearEqualsTheQuantisedAccumulator) {
  checkLinear<int8_t>(3, -128, 127);
  checkLinear<int8_t>(4, -1, 1);
  checkLinear<int16_t>(5, -255, 255);
}

TEST(LevelTable, ConvolutionEqualsTheLinearOfItsWindows) {
  Random random(6);
  for (int round = 0; round < 40; ++round) {
    Coding c = randomCoding(random);
    int64_t channels = random.integer(1, 4), outputs = random.integer(1, 70),
            width = random.integer(3, 12), taps = 3;
    Tensor train = randomTrain(random, c, {1, channels, 1, width});
    Tensor w = random.integers<int8_t>({outputs, channels, 1, taps}, -128, 127);
    Tensor offset(DType::I32, {outputs, 1, width}),
        reference(DType::I32, {1, outputs, 1, width});
    for (int64_t o = 0; o < outputs; ++o)
      for (int64_t x = 0; x < width; ++x) {
        int32_t v = 0, silent = 0;
        for (int64_t i = 0; i < channels; ++i)
          for (int64_t k = 0; k < taps; ++k) {
            int64_t at = x + k - 1;
            if (at < 0 || at >= width)
              continue; // padded taps are no inputs
            int32_t weight = w.data<int8_t>()[(o * channels + i) * taps + k];
            v += weight * numberOf(c, train.data<uint8_t>()[i * width + at]);
            silent += weight * numberOf(c, c.mask);
          }
        reference.data<int32_t>()[o * width + x] = v;
        offset.data<int32_t>()[o * width + x] = silent;
      }
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Tensor v;
      convolution(context, train, w, &offset, v, c, {1, 1}, {0, 1, 0, 1},
                  {1, 1}, 1);
      ASSERT_TRUE(sameBits(v, reference)) << static_cast<int>(mode);
    }
  }
}

TEST(LevelTable, DynamicProductEqualsTheQuantisedAccumulator) {
  Random random(7);
  for (int round = 0; round < 60; ++round) {
    Coding c = randomCoding(random);
    int64_t bits = random.integer(1, 8), zero = random.integer(0, 1);
    int64_t rows = random.integer(1, 9), inputs = random.integer(1, 70),
            outputs = random.integer(1, 80);
    bool transposed = round % 2;
    Tensor train = randomTrain(random, c, {rows, inputs});
    Tensor resident = random.integers<uint8_t>(
        transposed ? Shape{outputs, inputs} : Shape{inputs, outputs}, 0,
        (1 << bits) - 1);
    Tensor reference(DType::I32, {rows, outputs});
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t j = 0; j < outputs; ++j) {
        int32_t v = 0;
        for (int64_t i = 0; i < inputs; ++i) {
          int32_t q = resident.data<uint8_t>()[transposed ? j * inputs + i
                                                          : i * outputs + j];
          v += (bits == 1 ? 2 * q - 1 : q - static_cast<int32_t>(zero)) *
               numberOf(c, train.data<uint8_t>()[r * inputs + i]);
        }
        reference.data<int32_t>()[r * outputs + j] = v;
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

TEST(LevelTable, FiringGivesTheLevelsOfTheRequantiser) {
  Random random(8);
  for (int round = 0; round < 60; ++round) {
    Requantiser map;
    map.coding = randomCoding(random);
    map.coding.mask = map.coding.zero;
    map.coding.radius = 0;
    int64_t channels = random.integer(1, 5);
    map.scale = random.floats({channels}, 0.01f, 0.3f);
    map.bias = random.floats({channels}, -3.0f, 3.0f);
    map.relu = random.integer(0, 1);
    std::vector<AccumulatorRange> ranges(channels, {-900, 900});
    Tensor theta = buildThresholds(map, ranges);
    Coding coding = map.coding;
    coding.radius = static_cast<int32_t>(random.integer(0, 2));
    Tensor membrane = random.integers<int32_t>({40, channels}, -900, 900);
    Tensor reference;
    requantize(membrane, map.scale, &map.bias, reference, coding, map.relu, 1);
    for (int64_t i = 0; i < membrane.size(); ++i) {
      float y = rescaleAccumulator(membrane.data<int32_t>()[i],
                                   map.scale.data<float>()[i % channels],
                                   map.bias.data<float>()[i % channels]);
      y = map.relu && y < 0 ? 0.0f : y;
      ASSERT_EQ(reference.data<uint8_t>()[i],
                coding.deadZone(levelOf(y, coding)));
    }
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Tensor train;
      fire(context, membrane, theta, map.scale, &map.bias, train, coding,
           map.relu, 0, 1);
      ASSERT_TRUE(sameBits(train, reference)) << static_cast<int>(mode);
    }
  }
}

TEST(LevelTable, ValuesComeBack) {
  Coding c = {2, 1, 1, 0, 0.5f, {0, 1, 2, 5}};
  Tensor x = Tensor::fromVector<float>({5}, {-0.5f, 0.0f, 0.6f, 1.9f, 9.0f});
  Tensor levels, y;
  Context context;
  quantize(x, levels, c);
  EXPECT_EQ(levels.toVector<uint8_t>(), (std::vector<uint8_t>{0, 1, 2, 3, 3}));
  dequantize(levels, y, c);
  EXPECT_EQ(y.toVector<float>(),
            (std::vector<float>{-0.5f, 0.0f, 0.5f, 2.0f, 2.0f}));
  // A dead zone of an encoder is one of indices around the zero point.
  encode(context, x, levels, c, 1);
  EXPECT_EQ(levels.toVector<uint8_t>(), (std::vector<uint8_t>{1, 1, 1, 3, 3}));
}

TEST(LevelTable, AnotherEntryGivesAnotherProduct) {
  Coding c = {2, 1, 1, 0, 0.5f, {0, 1, 2, 5}};
  Coding fault = c;
  fault.table[3] = 6;
  Tensor train = Tensor::fromVector<uint8_t>({1, 2}, {3, 0});
  LinearWeights weights(Tensor::fromVector<int8_t>({2, 1}, {7, 3}));
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor v, w;
    linear(context, train, weights, nullptr, v, c);
    linear(context, train, weights, nullptr, w, fault);
    EXPECT_EQ(v.data<int32_t>()[0], 7 * 4 - 3);
    EXPECT_EQ(w.data<int32_t>()[0], 7 * 5 - 3);
  }
}

TEST(LevelTable, TablesThatAreNoneAreRefused) {
  Tensor train = Tensor::fromVector<uint8_t>({1, 1}, {1}), v;
  LinearWeights weights(Tensor::fromVector<int8_t>({1, 1}, {1}));
  Context context;
  Coding c = {2, 0, 0, 0, 1.0f, {0, 2, 2, 3}};
  EXPECT_THROW(linear(context, train, weights, nullptr, v, c), Error);
  c = {7, 0, 0, 0, 1.0f, {0, 1, 2, 3}};
  EXPECT_THROW(linear(context, train, weights, nullptr, v, c), Error);
  Tensor x = Tensor::fromVector<float>({1}, {1.0f}), levels;
  KernelCall call;
  call.inputs = {&x};
  call.outputs = {&levels};
  call.attributes = {int64_t(2), int64_t(0), int64_t(0),
                     int64_t(0), 1.0,        Ints{0, 1, 2, 5}};
  findKernel("quantize")->invoke(call);
  EXPECT_EQ(levels.toVector<uint8_t>(), std::vector<uint8_t>{1});
  for (const Ints &table : {Ints{0, 1, 2}, Ints{0, 1, 1, 5}, Ints{-1, 0, 1, 2},
                            Ints{0, 1, 2, 256}}) {
    call.attributes.back() = table;
    EXPECT_THROW(findKernel("quantize")->invoke(call), Error);
  }
}
