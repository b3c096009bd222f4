//===- DevicesTest.cpp - Moments of the device effects --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/Devices.h"
#include "snn/runtime/Philox.h"
#include "snn/runtime/Tensor.h"
#include "snn/vchip/Ladder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

using namespace snn::vchip;

constexpr int64_t cellCount = 100000;
/// The phase change memory of the tests: 16 levels, 25 microsiemens.
static const CellDevice pcm = {16, 25, 0};

namespace {
struct Moments {
  double mean = 0, deviation = 0;
};
} // namespace

static Moments momentsOf(const std::function<double(int64_t)> &value) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < cellCount; ++i) {
    double x = value(i);
    sum += x;
    squares += x * x;
  }
  double mean = sum / cellCount;
  return {mean, std::sqrt(squares / cellCount - mean * mean)};
}

/// A different cell for every i.
static CellAddress addressOf(int64_t i) {
  auto n = static_cast<uint32_t>(i);
  return {n / 16384, n / 128 % 128, n % 128};
}

static NoiseModel withEffects(const char *effects, double seconds = 0) {
  NoiseModel noise = parseNoise(effects, {});
  noise.seed = 42;
  noise.seconds = seconds;
  return noise;
}

static double density(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
}
static double distribution(double x) { return std::erfc(-x / M_SQRT2) / 2; }

/// Moments of max(0, N(mean, deviation)).
static Moments clippedNormal(double mean, double deviation) {
  double a = mean / deviation;
  double first = mean * distribution(a) + deviation * density(a);
  double second = (mean * mean + deviation * deviation) * distribution(a) +
                  mean * deviation * density(a);
  return {first, std::sqrt(second - first * first)};
}

TEST(Devices, NormalNumbersAreNormal) {
  // Against the distribution function, over the whole range.
  for (double z = -6.1; z < 6.1; z += 0.01) {
    double tail = distribution(-std::fabs(z));
    double magnitude = std::floor(tail * 4294967296.0);
    if (magnitude >= 2147483648.0)
      continue;
    auto word = static_cast<uint32_t>(magnitude);
    double expected = z;
    // The number at the centre of this word's share.
    double p = (magnitude + 0.5) / 4294967296.0;
    for (int i = 0; i < 5; ++i) // Newton
      expected += z < 0 ? (p - distribution(expected)) / density(expected)
                        : (distribution(-expected) - p) / density(expected);
    // The top bit set is the negative half.
    float x = normalOf(z < 0 ? word : word | 0x80000000u);
    // Giles' formula is for |z| < 5.2; the rest is one number in 10^7.
    double tolerance = std::fabs(z) < 5.2 ? 5e-5 : 1.5e-3;
    EXPECT_NEAR(std::fabs(x), std::fabs(expected), tolerance) << z;
  }
  EXPECT_EQ(normalOf(5), -normalOf(5 | 0x80000000u));
  Moments m = momentsOf([](int64_t i) {
    auto n = static_cast<uint32_t>(i);
    return normalOf(snn::rt::philox({{n, 0, 0, 0}}, {7, 9}).word[0]);
  });
  EXPECT_NEAR(m.mean, 0, 0.01);
  EXPECT_NEAR(m.deviation, 1, 0.01);
}

TEST(Devices, ProgrammingNoiseHasTheModelsMoments) {
  Cells cells(pcm, withEffects("programming"));
  for (double r : {0.2, 0.5, 1.0}) {
    double target = 25 * r;
    Moments m = momentsOf([&](int64_t i) {
      return cells.state(static_cast<float>(target), addressOf(i)).programmed;
    });
    double deviation = 0.26348 + 1.9650 * r - 1.1731 * r * r;
    EXPECT_NEAR(m.mean, target, 0.03 * target);
    EXPECT_NEAR(m.deviation, deviation, 0.03 * deviation);
  }
  for (double r : {0.0, 0.05}) {
    Moments m = momentsOf([&](int64_t i) {
      return cells.state(static_cast<float>(25 * r), addressOf(i)).programmed;
    });
    Moments expected =
        clippedNormal(25 * r, 0.26348 + 1.9650 * r - 1.1731 * r * r);
    EXPECT_NEAR(m.mean, expected.mean, 0.03 * expected.mean);
    EXPECT_NEAR(m.deviation, expected.deviation, 0.03 * expected.deviation);
  }
}

TEST(Devices, DriftExponentIsAFoldedNormal) {
  double seconds = 86400;
  Cells cells(pcm, withEffects("drift", seconds));
  for (double r : {0.05, 0.2, 0.5, 1.0}) {
    double mean = std::clamp(-0.0155 * std::log(r) + 0.0244, 0.049, 0.1);
    double deviation = std::clamp(-0.0125 * std::log(r) - 0.0059, 0.008, 0.045);
    DriftMoments model = pcmDrift(static_cast<float>(r));
    EXPECT_NEAR(model.mean, mean, 1e-6);
    EXPECT_NEAR(model.deviation, deviation, 1e-6);
    Moments m = momentsOf([&](int64_t i) {
      auto target = static_cast<float>(25 * r);
      CellState state = cells.state(target, addressOf(i));
      return -std::log(state.now / state.programmed) /
             std::log((seconds + 20) / 20);
    });
    double a = mean / deviation;
    double folded =
        deviation * 2 * density(a) + mean * (1 - 2 * distribution(-a));
    double spread =
        std::sqrt(mean * mean + deviation * deviation - folded * folded);
    EXPECT_NEAR(m.mean, folded, 0.03 * folded);
    EXPECT_NEAR(m.deviation, spread, 0.03 * spread);
  }
  // Nothing has drifted yet.
  Cells fresh(pcm, withEffects("drift", 0));
  CellState state = fresh.state(10, {1, 2, 3});
  EXPECT_FLOAT_EQ(state.now, 10);
}

TEST(Devices, FlickerNoiseGrowsWithTime) {
  for (double seconds : {0.0, 3600.0, 86400.0})
    for (double r : {0.2, 0.5, 1.0}) {
      Cells cells(pcm, withEffects("flicker", seconds));
      double target = 25 * r;
      Moments m = momentsOf([&](int64_t i) {
        return cells.state(static_cast<float>(target), addressOf(i)).now;
      });
      double q = std::min(0.0088 / std::pow(r, 0.65), 0.2);
      double deviation =
          target * q *
          std::sqrt(std::log((seconds + 20 + 250e-9) / (2 * 250e-9)));
      EXPECT_NEAR(m.mean, target, 0.03 * target);
      EXPECT_NEAR(m.deviation, deviation, 0.03 * deviation);
    }
  // Frozen at one time, drawn anew at another.
  Cells a(pcm, withEffects("flicker", 60)), b(pcm, withEffects("flicker", 60)),
      c(pcm, withEffects("flicker", 61));
  EXPECT_EQ(a.state(10, {1, 2, 3}).now, b.state(10, {1, 2, 3}).now);
  EXPECT_NE(a.state(10, {1, 2, 3}).now, c.state(10, {1, 2, 3}).now);
}

TEST(Devices, VariationIsLognormal) {
  Cells cells({2, 100, 10}, withEffects("variation=0.2"));
  Moments m = momentsOf([&](int64_t i) {
    return std::log(cells.state(100, addressOf(i)).now / 100);
  });
  EXPECT_NEAR(m.mean, 0, 0.002);
  EXPECT_NEAR(m.deviation, 0.2, 0.03 * 0.2);
}

TEST(Devices, StuckCellsHaveTheirFractions) {
  Cells cells({2, 100, 10}, withEffects("stuck_on=0.2,stuck_off=0.3"));
  int64_t on = 0, off = 0;
  for (int64_t i = 0; i < cellCount; ++i) {
    float g = cells.state(50, addressOf(i)).now;
    on += g == 100;
    off += g == 10;
  }
  EXPECT_NEAR(on, 0.2 * cellCount, 0.03 * 0.2 * cellCount);
  EXPECT_NEAR(off, 0.3 * cellCount, 0.03 * 0.3 * cellCount);
}

TEST(Devices, SeedsAreApart) {
  NoiseModel noise = withEffects("programming,drift,flicker", 1000);
  Cells a(pcm, noise);
  noise.seed = uint64_t(1) << 40;
  Cells b(pcm, noise);
  EXPECT_NE(a.state(10, {1, 2, 3}).now, b.state(10, {1, 2, 3}).now);
  EXPECT_NE(a.state(10, {1, 2, 3}).now, a.state(10, {2, 2, 3}).now);
  EXPECT_NE(a.state(10, {1, 2, 3}).now, a.state(10, {1, 3, 3}).now);
  EXPECT_NE(a.state(10, {1, 2, 3}).now, a.state(10, {1, 2, 4}).now);
}

TEST(Devices, LadderOfOneAndTwoCells) {
  // One cell behind two pieces of wire.
  EXPECT_NEAR(solveLadder({1e-4, 0}, {1, 0}, 100), 1 / (1e4 + 200), 1e-12);
  // Two cells: by hand, conductances in parallel behind one piece of wire.
  double y = 1e-4 / (1 + 1e-4 * 50) + 2e-4;
  EXPECT_NEAR(solveLadder({1e-4, 2e-4}, {1, 1}, 50), y / (1 + y * 50), 1e-12);
  EXPECT_NEAR(solveLadder({1e-4, 2e-4}, {1, 1}, 0), 3e-4, 1e-15);
}

TEST(Devices, NoiseOptions) {
  NoiseModel chip;
  chip[Effect::Drift] = {true, "pcm", 2};
  chip[Effect::IrDrop] = {false, "fast", 0.35};
  EXPECT_TRUE(parseNoise("all", chip).has(Effect::Drift));
  EXPECT_FALSE(parseNoise("ideal", chip).has(Effect::Drift));
  NoiseModel noise = parseNoise("ir_drop,read=0.5,drift", chip);
  EXPECT_EQ(noise[Effect::IrDrop].magnitude, 0.35);
  EXPECT_EQ(noise[Effect::ReadNoise].magnitude, 0.5);
  EXPECT_EQ(noise[Effect::Drift].magnitude, 2);
  EXPECT_FALSE(noise.has(Effect::AdcOffset));
  for (const char *bad : {"none", "read=", "read=x", "read=-1", "stuck_on=2",
                          "read,", "stuck_on=0.6,stuck_off=0.6", "read=nan"})
    EXPECT_THROW(parseNoise(bad, chip), snn::rt::Error) << bad;
  chip[Effect::ReadNoise].model = "mystery";
  EXPECT_THROW(parseNoise("read", chip), snn::rt::Error);
}
