//===- EffectsTest.cpp - Device effects in whole arrays -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlainCrossbar.h"
#include "isa/CrossbarLoops.h"

#include "snn/vchip/Ladder.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace snn::vchip;
using namespace snn::vchip::test;

/// A layer of random signed levels in cells of 16 levels.
static PlainLayer analogLayer(std::mt19937 &random, int64_t inputs,
                              int64_t outputs) {
  PlainLayer layer;
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.weightBits = 5;
  layer.cellLevels = 16;
  layer.single = false;
  for (int64_t i = 0; i < inputs * outputs; ++i)
    layer.weights.push_back(
        std::uniform_int_distribution<int32_t>(-15, 15)(random));
  layer.tileRows = 128;
  layer.tileOutputs = 64;
  layer.groupRows = 128;
  layer.chooseSlices();
  return layer;
}

static CrossbarKind pcmKind() {
  CrossbarKind kind;
  kind.device = {16, 25, 0};
  return kind;
}

static double meanMagnitude(const std::vector<int32_t> &sums) {
  double sum = 0;
  for (int32_t x : sums)
    sum += std::abs(x);
  return sum / static_cast<double>(sums.size());
}

/// The median of |a - b| / mean |b|.
static double medianError(const std::vector<int32_t> &a,
                          const std::vector<int32_t> &b) {
  std::vector<double> errors;
  for (size_t i = 0; i < a.size(); ++i)
    errors.push_back(std::abs(double(a[i]) - b[i]));
  std::nth_element(errors.begin(), errors.begin() + errors.size() / 2,
                   errors.end());
  return errors[errors.size() / 2] / meanMagnitude(b);
}

TEST(Effects, CompensationRestoresOutputs) {
  std::mt19937 random(1);
  PlainLayer layer = analogLayer(random, 256, 128);
  std::vector<int16_t> digits = randomDigits(random, 64 * 256, 0, 15, 0.5);
  ArrayGeometry geometry = layer.geometry();
  geometry.adcBits = 12;
  geometry.drive = DriveSchedule::bitSerial(0, 15);
  auto sumsAt = [&](double seconds, bool compensate) {
    NoiseModel noise = parseNoise("programming,drift,flicker", {});
    noise.seconds = seconds;
    noise.compensate = compensate;
    CrossbarArray array(pcmKind(), geometry, 0);
    array.program(0, layer.tiles(), noise);
    std::vector<int32_t> sums(64 * 128);
    CrossbarCounters counters;
    array.multiply(digits.data(), 64, {}, sums.data(), counters);
    double factor = array.compensation(0, 0, 0);
    EXPECT_EQ(factor > 1.0, compensate);
    if (!compensate)
      return sums;
    // What a cell of the largest level has lost is about what the tile has.
    for (int64_t j = 0; j < 128; ++j) {
      if (layer.weights[j] != 15)
        continue;
      EXPECT_NEAR(array.level(0, 0, j) * factor, 15, 6);
    }
    return sums;
  };
  std::vector<int32_t> fresh = sumsAt(0, false);
  double before = 0;
  for (double seconds : {1.0, 3600.0, 86400.0, 30 * 86400.0, 365 * 86400.0}) {
    std::vector<int32_t> plain = sumsAt(seconds, false),
                         compensated = sumsAt(seconds, true);
    double error = medianError(plain, fresh);
    EXPECT_GT(error, before);
    before = error;
    EXPECT_NEAR(meanMagnitude(compensated), meanMagnitude(fresh),
                0.01 * meanMagnitude(fresh));
    if (seconds >= 3600) {
      EXPECT_LT(meanMagnitude(plain), 0.95 * meanMagnitude(fresh));
      EXPECT_LT(medianError(compensated, fresh), error / 2);
    }
  }
}

/// The factor compares with what was read out at t = 0, 1/f noise included: at
/// that time it is 1.
TEST(Effects, CompensationIsOneAtTheFirstReadOut) {
  std::mt19937 random(12);
  PlainLayer layer = analogLayer(random, 64, 32);
  NoiseModel noise = parseNoise("programming,drift,flicker", {});
  noise.compensate = true;
  CrossbarArray array(pcmKind(), layer.geometry(), 0);
  array.program(0, layer.tiles(), noise);
  for (int64_t j = 0; j < 32; ++j)
    EXPECT_EQ(array.compensation(0, 0, j), 1.0);
}

/// Slices of a weight have ranges of their own: the upper digits of small
/// weights take the highest conductance, too.
TEST(Effects, SlicesUseTheWholeRangeOfTheirCells) {
  std::mt19937 random(13);
  PlainLayer layer = analogLayer(random, 64, 32);
  for (int32_t &w : layer.weights)
    w = static_cast<int32_t>(random() % 95) - 47; // digits to 15 and to 2
  layer.chooseSlices();
  ArrayGeometry geometry = layer.geometry();
  ASSERT_EQ(geometry.sliceLevels, (std::vector<int32_t>{15, 2}));
  double errors[2];
  for (bool own : {false, true}) {
    if (!own)
      geometry.sliceLevels.clear();
    else
      geometry.sliceLevels = layer.geometry().sliceLevels;
    CrossbarArray array(pcmKind(), geometry, 0);
    array.program(0, layer.tiles(), parseNoise("programming", {}));
    double error = 0;
    for (int64_t i = 0; i < 64; ++i)
      for (int64_t j = 0; j < 32; ++j)
        error += std::abs(array.level(0, i, 2 * j + 1) - layer.level(i, j, 1));
    errors[own] = error;
  }
  EXPECT_LT(errors[1], errors[0] / 3);
}

/// The moment form of short-term noise has the law of a draw for every cell.
TEST(Effects, ReadNoiseHasTheMomentsOfTheCells) {
  std::mt19937 random(2);
  PlainLayer layer = analogLayer(random, 20, 64);
  int64_t vectors = 20000;
  // The same input again and again.
  std::vector<int16_t> one = randomDigits(random, 20, 0, 3, 0.3);
  std::vector<int16_t> digits;
  for (int64_t v = 0; v < vectors; ++v)
    digits.insert(digits.end(), one.begin(), one.end());
  ArrayGeometry geometry = layer.geometry();
  geometry.adcBits = 16;
  geometry.adcRanges = {500}; // fine steps
  geometry.sliceFactors = {1000};
  geometry.drive = DriveSchedule::bitSerial(0, 3);
  std::vector<int32_t> exact = layer.exact(one, 1);
  for (const char *model : {"gaussian", "proportional", "output"}) {
    bool output = model == std::string("output");
    NoiseModel noise = parseNoise(output ? "output=0.1" : "read=0.1", {});
    if (!output)
      noise[Effect::ReadNoise].model = model;
    noise.seed = 3;
    CrossbarArray array(pcmKind(), geometry, 0);
    array.program(0, layer.tiles(), noise);
    std::vector<int32_t> sums(vectors * 64);
    CrossbarCounters counters;
    array.multiply(digits.data(), vectors, {}, sums.data(), counters);
    for (int64_t j = 0; j < 64; ++j) {
      double sum = 0, squares = 0;
      for (int64_t v = 0; v < vectors; ++v) {
        double x = sums[v * 64 + j] / 1000.0 - exact[j];
        sum += x;
        squares += x * x;
      }
      double mean = sum / static_cast<double>(vectors);
      double variance = squares / static_cast<double>(vectors) - mean * mean;
      // What independent noise of every cell would add, pass by pass.
      double expected = 0;
      for (int pass = 0; pass < 2; ++pass) {
        double here = 0;
        bool any = false;
        for (int64_t i = 0; i < 20; ++i) {
          if (!(one[i] >> pass & 1))
            continue;
          any = true;
          double level = layer.weights[i * 64 + j];
          double sigma = model == std::string("gaussian") ? 0.1 * 15
                         : output                         ? 0.0
                                                          : 0.1 * level;
          here += sigma * sigma;
        }
        if (output && any)
          here = 0.1 * 15 * 0.1 * 15;
        expected += here * (1 << pass) * (1 << pass);
      }
      EXPECT_NEAR(mean, 0, 5 * std::sqrt(expected / double(vectors)) + 0.02);
      EXPECT_NEAR(variance, expected, 0.06 * expected + 1e-3) << model;
    }
  }
}

TEST(Effects, WireReductionEqualsNodeEquations) {
  std::mt19937 random(4);
  const detail::CrossbarLoopTable &loops = detail::crossbarLoops();
  for (int round = 0; round < 200; ++round) {
    int64_t rows = std::uniform_int_distribution<int64_t>(1, 128)(random);
    float ohms = std::uniform_real_distribution<float>(0.1f, 20)(random);
    std::vector<float> g(rows * 64);
    for (float &x : g)
      x = std::uniform_real_distribution<float>(1, 100)(random);
    std::vector<uint16_t> active;
    std::vector<float> amplitudes;
    for (int64_t r = 0; r < rows; ++r)
      if (random() % 2) {
        active.push_back(static_cast<uint16_t>(r));
        amplitudes.push_back(static_cast<float>(1 + random() % 3));
      }
    bool wide = round % 2;
    std::vector<float> currents(64);
    loops.ladder(g.data(), 64,
                 {active.data(), wide ? amplitudes.data() : nullptr,
                  static_cast<int64_t>(active.size())},
                 rows, ohms * 1e-6f, currents.data(), 64);
    for (int64_t c = 0; c < 64; ++c) {
      std::vector<double> conductances(rows, 0), volts(rows, 0);
      for (size_t i = 0; i < active.size(); ++i) {
        conductances[active[i]] = g[active[i] * 64 + c] * 1e-6;
        volts[active[i]] = wide ? amplitudes[i] : 1.0;
      }
      double exact = solveLadder(conductances, volts, ohms) * 1e6;
      EXPECT_NEAR(currents[c], exact, 1e-4 * exact + 1e-9);
    }
  }
}

TEST(Effects, WireModelsAgreeInAnArray) {
  std::mt19937 random(6);
  PlainLayer layer = analogLayer(random, 100, 40);
  ArrayGeometry geometry = layer.geometry();
  geometry.adcBits = 16;
  geometry.adcRanges = {1600};
  geometry.drive = DriveSchedule::bitSerial(0, 7);
  std::vector<int16_t> digits = randomDigits(random, 8 * 100, 0, 7, 0.4);
  std::vector<std::vector<int32_t>> results;
  for (const char *model : {"fast", "exact"}) {
    NoiseModel noise = parseNoise("ir_drop=2", {});
    noise[Effect::IrDrop].model = model;
    CrossbarArray array(pcmKind(), geometry, 0);
    array.program(0, layer.tiles(), noise);
    results.emplace_back(8 * 40);
    CrossbarCounters counters;
    array.multiply(digits.data(), 8, {}, results.back().data(), counters);
  }
  std::vector<int32_t> ideal = layer.exact(digits, 8);
  double drop = 0, difference = 0;
  for (size_t i = 0; i < ideal.size(); ++i) {
    drop += std::abs(ideal[i] - results[0][i]);
    difference += std::abs(results[0][i] - results[1][i]);
  }
  EXPECT_GT(drop, 0);
  EXPECT_LT(difference, 0.02 * drop);
}

TEST(Effects, OffsetsShiftConversions) {
  std::mt19937 random(7);
  PlainLayer layer = analogLayer(random, 30, 64);
  ArrayGeometry geometry = layer.geometry();
  geometry.adcBits = 12;
  geometry.drive = DriveSchedule::bitSerial(0, 1);
  CrossbarKind kind = pcmKind();
  kind.adcsPerCrossbar = 8;
  NoiseModel noise = parseNoise("adc_offset=3", {});
  CrossbarArray array(kind, geometry, 0);
  array.program(0, layer.tiles(), noise);
  std::vector<int16_t> digits(30, 1);
  std::vector<int32_t> sums(64), exact = layer.exact(digits, 1);
  CrossbarCounters counters;
  array.multiply(digits.data(), 1, {}, sums.data(), counters);
  double squares = 0;
  for (int64_t j = 0; j < 64; ++j) {
    int32_t offset = sums[j] - exact[j];
    // Eight neighbouring columns share a converter.
    EXPECT_EQ(offset, sums[j / 8 * 8] - exact[j / 8 * 8]);
    squares += double(offset) * offset / 64;
  }
  EXPECT_GT(squares, 1);
  EXPECT_LT(squares, 40);
}

/// Swapped tiles show under noise as well: their errors are far outside of it.
TEST(Effects, NoiseIsSmallBesidesSwappedTiles) {
  std::mt19937 random(8);
  PlainLayer layer = analogLayer(random, 256, 64);
  ArrayGeometry geometry = layer.geometry();
  geometry.adcBits = 12;
  geometry.drive = DriveSchedule::bitSerial(0, 15);
  std::vector<int16_t> digits = randomDigits(random, 16 * 256, 0, 15, 0.3);
  std::vector<int32_t> exact = layer.exact(digits, 16), sums(16 * 64);
  NoiseModel noise = parseNoise("programming,read", {});
  std::vector<TileContents> tiles = layer.tiles();
  CrossbarCounters counters;
  CrossbarArray array(pcmKind(), geometry, 0);
  array.program(0, tiles, noise);
  array.multiply(digits.data(), 16, {}, sums.data(), counters);
  double right = medianError(sums, exact);
  std::swap(tiles[0], tiles[1]);
  array.program(0, tiles, noise);
  array.multiply(digits.data(), 16, {}, sums.data(), counters);
  EXPECT_LT(right, 0.1);
  EXPECT_GT(medianError(sums, exact), 0.5);
}
