//===- CrossbarArrayTest.cpp - Tile arithmetic with ideal cells -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlainCrossbar.h"
#include "isa/Isa.h"

#include "snn/runtime/Tensor.h"

#include <cmath>

#include <gtest/gtest.h>

using namespace snn::vchip;
using namespace snn::vchip::test;
using snn::rt::detail::Isa;

namespace {

/// A case: a layer, its inputs, and how it is driven and converted.
struct Case {
  PlainLayer layer;
  int64_t vectors;
  std::vector<int16_t> digits;
  DriveSchedule drive;
  int bits;
  std::vector<double> ranges;
};

Case randomCase(uint32_t seed) {
  std::mt19937 random(seed);
  auto integer = [&](int64_t lo, int64_t hi) {
    return std::uniform_int_distribution<int64_t>(lo, hi)(random);
  };
  Case c;
  c.layer = randomLayer(random);
  c.vectors = integer(1, 6);
  // Digits q - m of b bit levels.
  int32_t most = (1 << integer(1, 8)) - 1;
  auto mask = static_cast<int32_t>(integer(0, 2) ? integer(0, most) : 0);
  int32_t low = -mask, high = most - mask;
  c.digits = randomDigits(random, c.vectors * c.layer.inputs, low, high,
                          integer(0, 10) / 10.0);
  int64_t kind = integer(0, 3);
  c.drive = kind == 0   ? DriveSchedule::slotSerial(low, high)
            : kind == 1 ? DriveSchedule::bitSerial(low, high, 2)
                        : DriveSchedule::bitSerial(low, high);
  // Large enough, or calibrated, or too small.
  int64_t rounding = integer(0, 2);
  int64_t largest =
      c.layer.groupRows * c.layer.largestLevel() * ((1 << c.drive.bits) - 1);
  c.bits = 1;
  while ((int64_t(1) << c.bits) < 2 * largest + 1)
    ++c.bits;
  if (rounding) {
    c.bits = static_cast<int>(integer(2, 8));
    for (int64_t b = 0; rounding == 1 && b < c.layer.inputs;
         b += c.layer.tileRows)
      c.ranges.push_back(0.3 +
                         0.01 * static_cast<double>(integer(0, 150 * largest)));
  }
  return c;
}

CrossbarArray makeArray(const Case &c) {
  ArrayGeometry geometry = c.layer.geometry();
  geometry.adcBits = c.bits;
  geometry.adcRanges = c.ranges;
  geometry.drive = c.drive;
  CrossbarArray array(c.layer.kind(), geometry, 0);
  array.program(0, c.layer.tiles(), NoiseModel());
  return array;
}

std::vector<int32_t> multiply(const CrossbarArray &array, const Case &c,
                              CrossbarCounters &counters) {
  std::vector<int32_t> sums(c.vectors * c.layer.outputs, 12345);
  array.multiply(c.digits.data(), c.vectors, {}, sums.data(), counters);
  return sums;
}

} // namespace

TEST(CrossbarArray, TileArithmeticEqualsPlainForm) {
  int64_t saturated = 0, lossless = 0, flipped = 0;
  for (uint32_t seed = 0; seed < 10000; ++seed) {
    Case c = randomCase(seed);
    CrossbarArray array = makeArray(c);
    CrossbarCounters counters, plainCounters;
    std::vector<int32_t> sums = multiply(array, c, counters);
    std::vector<int32_t> plain = c.layer.converted(
        c.digits, c.vectors, c.bits, c.ranges, c.drive, plainCounters);
    ASSERT_EQ(sums, plain) << "seed " << seed;
    // The same from conductances, as devices that are not ideal need it.
    CrossbarCounters analogCounters;
    array.program(0, c.layer.tiles(), NoiseModel(), /*analog=*/true);
    ASSERT_EQ(multiply(array, c, analogCounters), plain) << "seed " << seed;
    ASSERT_EQ(counters.saturations, analogCounters.saturations);
    ASSERT_EQ(counters.conversions, plainCounters.conversions)
        << "seed " << seed;
    ASSERT_EQ(counters.saturations, plainCounters.saturations)
        << "seed " << seed;
    if (c.ranges.empty() && counters.saturations == 0) {
      ASSERT_EQ(sums, c.layer.exact(c.digits, c.vectors)) << "seed " << seed;
      ++lossless;
    }
    saturated += counters.saturations > 0;
    flipped += c.layer.single;
  }
  // Every kind of case occurred.
  EXPECT_GT(saturated, 1000);
  EXPECT_GT(lossless, 2000);
  EXPECT_GT(flipped, 4000);
}

TEST(CrossbarArray, EveryInstructionSetGivesTheSameCodes) {
  Isa best = snn::rt::detail::currentIsa();
  for (uint32_t seed = 20000; seed < 20300; ++seed) {
    Case c = randomCase(seed);
    c.layer = [&] {
      std::mt19937 random(seed);
      return randomLayer(random, 70, 90);
    }();
    std::mt19937 random(seed);
    c.digits = randomDigits(random, c.vectors * c.layer.inputs, 0, 15, 0.4);
    c.drive = DriveSchedule::bitSerial(0, 15);
    c.ranges.assign(c.layer.geometry().rowBlocks(), 5.5);
    NoiseModel noise = parseNoise(
        "programming,read,output,variation,ir_drop=20,adc_offset", {});
    if (seed % 2)
      noise = parseNoise("programming,read,flicker,drift", {});
    if (seed % 3 == 0)
      noise[Effect::ReadNoise].model = "proportional";
    noise.seed = seed;
    noise.seconds = 100;
    std::vector<int32_t> first;
    for (Isa isa : {Isa::Portable, Isa::Avx2, Isa::AvxVnni, Isa::Avx512}) {
      snn::rt::detail::setIsa(isa);
      CrossbarArray array = makeArray(c);
      array.program(0, c.layer.tiles(), noise);
      CrossbarCounters counters;
      std::vector<int32_t> sums = multiply(array, c, counters);
      if (first.empty())
        first = sums;
      ASSERT_EQ(first, sums) << "seed " << seed;
    }
    snn::rt::detail::setIsa(best);
  }
}

TEST(CrossbarArray, CountsWhatItDrives) {
  PlainLayer layer;
  layer.inputs = 5;
  layer.outputs = 3;
  layer.weightBits = 2;
  layer.cellLevels = 2;
  layer.single = false;
  layer.weights.assign(15, 1);
  layer.tileRows = 4;
  layer.tileOutputs = 2;
  layer.groupRows = 2;
  layer.chooseSlices();
  ArrayGeometry geometry = layer.geometry();
  geometry.adcBits = 3;
  geometry.drive = DriveSchedule::bitSerial(0, 3);
  CrossbarArray array(layer.kind(), geometry, 0);
  array.program(0, layer.tiles(), NoiseModel());
  // Pass 0 drives rows 0 and 4, pass 1 rows 0 and 1.
  std::vector<int16_t> digits = {3, 2, 0, 0, 1};
  std::vector<int32_t> sums(3);
  CrossbarCounters counters;
  array.multiply(digits.data(), 1, {}, sums.data(), counters);
  EXPECT_EQ(sums, (std::vector<int32_t>{6, 6, 6}));
  EXPECT_EQ(counters.vectors, 1);
  // Groups {0,1}, {2,3} and {4}: read in passes 0 and 1, never, in pass 0.
  EXPECT_EQ(counters.conversions, 3 * 3);
  EXPECT_EQ(counters.drivenGroups, 3 * 2);
  EXPECT_EQ(counters.skippedGroups, 3 * 2);
  EXPECT_EQ(counters.drivenRows, 4 * 2);
  EXPECT_EQ(counters.activeCells, 4 * 3 * 2);
  EXPECT_EQ(counters.saturations, 0);
}

TEST(CrossbarArray, CalibratedErrorIsAtMostHalfAStep) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    PlainLayer layer = randomLayer(random);
    layer.single = false;
    layer.cellLevels = 16;
    layer.weightBits = 4;
    for (int32_t &w : layer.weights)
      w = std::uniform_int_distribution<int32_t>(-8, 7)(random);
    layer.tileRows = layer.groupRows = layer.inputs; // one conversion a sum
    layer.chooseSlices();
    std::vector<int16_t> digits = randomDigits(random, layer.inputs, 0, 1, 0.2);
    std::vector<int32_t> exact = layer.exact(digits, 1);
    ArrayGeometry geometry = layer.geometry();
    geometry.adcBits = 5;
    double range = 20.25;
    geometry.adcRanges = {range};
    // Fractions of a level would be lost when the sum is rounded: count each
    // level as 1024.
    geometry.sliceFactors = {1024};
    geometry.drive = DriveSchedule::bitSerial(0, 1);
    CrossbarArray array(layer.kind(), geometry, 0);
    array.program(0, layer.tiles(), NoiseModel());
    std::vector<int32_t> sums(layer.outputs);
    CrossbarCounters counters;
    array.multiply(digits.data(), 1, {}, sums.data(), counters);
    double step = 2 * range / 31;
    int64_t outside = 0;
    for (int64_t j = 0; j < layer.outputs; ++j) {
      if (std::abs(exact[j]) <= range)
        EXPECT_LE(std::fabs(sums[j] / 1024.0 - exact[j]),
                  step / 2 + 1.0 / 1024);
      else {
        ++outside;
        EXPECT_NEAR(sums[j] / 1024.0, exact[j] > 0 ? 15 * step : -15 * step,
                    1.0 / 1024);
      }
    }
    bool none = std::all_of(digits.begin(), digits.end(),
                            [](int16_t d) { return d == 0; });
    EXPECT_EQ(counters.saturations, none ? 0 : outside);
  }
}

/// The comparison with the weights must notice wrong hardware.
TEST(CrossbarArray, SwappedTilesAndWrongCellsAreSeen) {
  int64_t swaps = 0, cells = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    PlainLayer layer = randomLayer(random);
    layer.inputs = 12;
    layer.outputs = 6;
    layer.tileRows = 4;
    layer.groupRows = 4;
    layer.tileOutputs = 3;
    layer.weights.resize(72);
    int32_t low = -(1 << (layer.weightBits - 1));
    for (int32_t &w : layer.weights)
      w = std::uniform_int_distribution<int32_t>(low, -low - 1)(random);
    layer.chooseSlices();
    ArrayGeometry geometry = layer.geometry();
    geometry.adcBits = 10;
    geometry.drive = DriveSchedule::bitSerial(0, 15);
    std::vector<int16_t> digits = randomDigits(random, 12 * 8, 1, 15, 0);
    std::vector<int32_t> exact = layer.exact(digits, 8), sums(8 * 6);
    CrossbarArray array(layer.kind(), geometry, 0);
    CrossbarCounters counters;
    std::vector<TileContents> tiles = layer.tiles();
    std::swap(tiles[0], tiles[1]);
    bool differ = tiles[0].levels != tiles[1].levels;
    array.program(0, tiles, NoiseModel());
    array.multiply(digits.data(), 8, {}, sums.data(), counters);
    if (differ) {
      EXPECT_NE(sums, exact) << "seed " << seed;
      ++swaps;
    }
    tiles = layer.tiles();
    int8_t &level = tiles[seed % tiles.size()].levels[seed % 12];
    level = static_cast<int8_t>(level > 0 ? level - 1 : level + 1);
    array.program(0, tiles, NoiseModel());
    array.multiply(digits.data(), 8, {}, sums.data(), counters);
    EXPECT_NE(sums, exact) << "seed " << seed;
    ++cells;
  }
  EXPECT_GT(swaps, 200);
  EXPECT_EQ(cells, 300);
}

TEST(CrossbarArray, BatchesAndReplicasChangeNothing) {
  std::mt19937 random(5);
  PlainLayer layer = randomLayer(random, 60, 20);
  ArrayGeometry geometry = layer.geometry();
  geometry.adcBits = 8;
  geometry.drive = DriveSchedule::bitSerial(-8, 7);
  CrossbarArray array(layer.kind(), geometry, 3);
  NoiseModel noise = parseNoise("programming,read", {});
  for (int replica = 0; replica < 3; ++replica) {
    std::vector<TileContents> tiles = layer.tiles();
    for (TileContents &tile : tiles)
      tile.crossbar += 100 * static_cast<uint32_t>(replica);
    array.program(replica, tiles, noise);
  }
  std::vector<int16_t> digits =
      randomDigits(random, 300 * layer.inputs, -8, 7, 0.3);
  std::vector<int32_t> whole(300 * layer.outputs);
  CrossbarCounters counters;
  array.multiply(digits.data(), 300, {7, 11}, whole.data(), counters);
  for (int64_t first = 0; first < 300; first += 37) {
    int64_t count = std::min<int64_t>(37, 300 - first);
    std::vector<int32_t> part(count * layer.outputs);
    array.multiply(digits.data() + first * layer.inputs, count,
                   {7, 11 + static_cast<uint64_t>(first)}, part.data(),
                   counters);
    EXPECT_TRUE(std::equal(part.begin(), part.end(),
                           whole.begin() + first * layer.outputs));
  }
  // Another sample sees other noise.
  std::vector<int32_t> other(300 * layer.outputs);
  array.multiply(digits.data(), 300, {8, 11}, other.data(), counters);
  EXPECT_NE(whole, other);
}

TEST(CrossbarArray, RefusesWhatContradictsItself) {
  std::mt19937 random(1);
  PlainLayer layer = randomLayer(random);
  ArrayGeometry geometry = layer.geometry();
  geometry.adcBits = 40;
  EXPECT_THROW(CrossbarArray(layer.kind(), geometry, 0), snn::rt::Error);
  geometry.adcBits = 8;
  geometry.adcRanges = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
                        15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                        29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42};
  EXPECT_THROW(CrossbarArray(layer.kind(), geometry, 0), snn::rt::Error);
  geometry.adcRanges.clear();
  CrossbarArray array(layer.kind(), geometry, 0);
  EXPECT_THROW(array.program(0, {}, NoiseModel()), snn::rt::Error);
  std::vector<TileContents> tiles = layer.tiles();
  tiles[0].levels[0] = 127;
  EXPECT_THROW(array.program(0, tiles, NoiseModel()), snn::rt::Error);
  geometry.drive = DriveSchedule::bitSerial(0, 7);
  CrossbarArray driven(layer.kind(), geometry, 0);
  driven.program(0, layer.tiles(), NoiseModel());
  std::vector<int16_t> digits(layer.inputs, 8);
  std::vector<int32_t> sums(layer.outputs);
  CrossbarCounters counters;
  EXPECT_THROW(driven.multiply(digits.data(), 1, {}, sums.data(), counters),
               snn::rt::Error);
}
