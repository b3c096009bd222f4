//===- ThresholdsTest.cpp - From re-quantisers to thresholds ----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Spiking.h"
#include "snn/runtime/Thresholds.h"

#include <algorithm>
#include <climits>

using namespace snn::rt;
using namespace snn::rt::test;

/// A random re-quantiser of `channels` channels.
static Requantiser makeRequantiser(Random &random, int64_t channels) {
  Requantiser map;
  map.scale = random.floats({random.integer(0, 1) ? channels : 1}, 0.01f, 2.0f);
  if (random.integer(0, 1))
    map.bias =
        random.floats({random.integer(0, 1) ? channels : 1}, -3.0f, 3.0f);
  map.relu = random.integer(0, 1);
  auto bits = int32_t(random.integer(1, 8));
  auto zero = int32_t(random.integer(0, (1 << bits) - 1));
  map.coding = {bits, zero, zero, 0, random.real(0.05f, 0.5f)};
  map.deadZone = int32_t(random.integer(0, 2));
  return map;
}

/// The number of thresholds that `acc` reaches is the level that the digital
/// unit's own re-quantiser gives, for every accumulator of the range.
TEST(Thresholds, reachTheLevelOfTheRequantiser) {
  Random random(11);
  for (int trial = 0; trial < 300; ++trial) {
    int64_t channels = random.integer(1, 4);
    Requantiser map = makeRequantiser(random, channels);
    std::vector<AccumulatorRange> ranges(channels);
    for (AccumulatorRange &range : ranges)
      range = {random.integer(-300, 0), random.integer(0, 300)};
    std::vector<AccumulatorRange> rows = thresholdRanges(map, ranges, channels);
    ASSERT_EQ(int64_t(rows.size()), map.isUniform() ? 1 : channels);
    Tensor theta = buildThresholds(map, rows);
    Coding zone = map.coding;
    zone.radius = map.deadZone; // around the zero point
    int32_t top = zone.maxLevel();
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t acc = ranges[c].lowest; acc <= ranges[c].highest; ++acc) {
        Tensor membrane(DType::I32, {channels}), levels;
        std::fill_n(membrane.data<int32_t>(), channels, int32_t(acc));
        requantize(membrane, map.scale,
                   map.bias.defined() ? &map.bias : nullptr, levels, zone,
                   map.relu, 0);
        const int32_t *row =
            theta.data<int32_t>() + (map.isUniform() ? 0 : c) * top;
        int64_t reached =
            std::count_if(row, row + top, [&](int32_t t) { return acc >= t; });
        ASSERT_EQ(reached, levels.data<uint8_t>()[c])
            << "trial " << trial << " channel " << c << " acc " << acc;
      }
  }
}

/// All executions fire alike over every channel's full range, whether by the
/// thresholds or by the re-quantiser that they were made from.
TEST(Thresholds, executionsAgreeOverEveryChannelsFullRange) {
  Random random(13);
  for (int trial = 0; trial < 120; ++trial) {
    int64_t channels = random.integer(1, 4);
    Requantiser map = makeRequantiser(random, channels);
    std::vector<AccumulatorRange> ranges(channels);
    int64_t widest = 0;
    for (AccumulatorRange &range : ranges) {
      range = {random.integer(-400, 0), random.integer(0, 400)};
      widest = std::max(widest, range.highest - range.lowest + 1);
    }
    Tensor theta = buildThresholds(map, thresholdRanges(map, ranges, channels));
    Coding coding = map.coding;
    coding.mask = int32_t(random.integer(0, coding.maxLevel()));
    coding.radius = int32_t(random.integer(0, 1));
    // Every channel's range, the shorter ones from their start again; channels
    // innermost, and not.
    Tensor rows(DType::I32, {widest, channels}),
        columns(DType::I32, {channels, widest});
    for (int64_t i = 0; i < widest; ++i)
      for (int64_t c = 0; c < channels; ++c) {
        int64_t size = ranges[c].highest - ranges[c].lowest + 1;
        auto acc = int32_t(ranges[c].lowest + i % size);
        rows.data<int32_t>()[i * channels + c] = acc;
        columns.data<int32_t>()[c * widest + i] = acc;
      }
    for (const Tensor *membrane : {&rows, &columns}) {
      int64_t axis = membrane == &rows ? 1 : 0;
      const Tensor *bias = map.bias.defined() ? &map.bias : nullptr;
      Context stepped;
      stepped.mode = Mode::Stepped;
      Tensor expected;
      fire(stepped, *membrane, theta, expected, coding, axis);
      for (Mode mode : {Mode::Fast, Mode::Event, Mode::Stepped}) {
        Context context;
        context.mode = mode;
        Tensor byThresholds, byRequantiser;
        fire(context, *membrane, theta, byThresholds, coding, axis);
        fire(context, *membrane, theta, map.scale, bias, byRequantiser, coding,
             map.relu, map.deadZone, axis);
        ASSERT_TRUE(sameBits(byThresholds, expected)) << "trial " << trial;
        ASSERT_TRUE(sameBits(byRequantiser, expected)) << "trial " << trial;
      }
    }
  }
}

TEST(Thresholds, unreachableLevelsAreNeverReached) {
  Requantiser map;
  map.scale = Tensor::fromVector<float>({1}, {1.0f});
  map.coding = {2, 0, 0, 0, 1.0f};
  EXPECT_EQ(buildThresholds(map, {{-5, 1}}).toVector<int32_t>(),
            (std::vector<int32_t>{1, INT32_MAX, INT32_MAX}));
  map.scale = Tensor::fromVector<float>({1}, {-1.0f});
  EXPECT_THROW(buildThresholds(map, {{-5, 1}}), Error);
  map.scale = Tensor::fromVector<float>({1}, {NAN});
  EXPECT_THROW(buildThresholds(map, {{-5, 1}}), Error);
}

TEST(Thresholds, rangesHoldEveryAccumulator) {
  Random random(12);
  for (bool isConvolution : {false, true}) {
    Tensor weight = random.integers<int8_t>({3, 4}, -9, 9);
    Coding coding = {3, int32_t(random.integer(0, 7)), 0, 0, 1.0f};
    std::vector<AccumulatorRange> ranges =
        accumulatorRanges(weight, isConvolution, coding);
    int64_t outputs = isConvolution ? 3 : 4, inputs = isConvolution ? 4 : 3;
    ASSERT_EQ(int64_t(ranges.size()), outputs);
    std::vector<AccumulatorRange> seen(outputs);
    // The extremes are at the ends of every input's range.
    for (int64_t o = 0; o < outputs; ++o)
      for (int64_t ends = 0; ends < 1 << inputs; ++ends) {
        int64_t acc = 0;
        for (int64_t i = 0; i < inputs; ++i) {
          int64_t at = isConvolution ? o * inputs + i : i * outputs + o;
          acc += weight.data<int8_t>()[at] *
                 ((ends >> i & 1 ? coding.maxLevel() : 0) - coding.zero);
        }
        seen[o].include({acc, acc});
      }
    for (int64_t o = 0; o < outputs; ++o) {
      EXPECT_EQ(ranges[o].lowest, seen[o].lowest);
      EXPECT_EQ(ranges[o].highest, seen[o].highest);
    }
  }
}
