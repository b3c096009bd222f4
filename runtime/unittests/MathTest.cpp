//===- MathTest.cpp - Accuracy of the elementary functions ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Math.h"

#include <cmath>

using namespace snn::rt;

/// Distance in units of the last place of the double reference as a float.
static double ulps(float x, double reference) {
  if (std::isnan(x) || std::isnan(reference))
    return std::isnan(x) && std::isnan(reference) ? 0 : 1e9;
  float r = static_cast<float>(reference);
  if (x == r)
    return 0;
  if (std::isinf(x) || std::isinf(r))
    return 1e9;
  double step = std::nextafter(std::fabs(r), INFINITY) - std::fabs(r);
  return std::fabs(x - reference) / step;
}

TEST(Math, ExpWithinTwoUlps) {
  double worst = 0;
  for (float x = -103.5f; x < 88.7f; x += 0.00371f)
    worst =
        std::max(worst, ulps(math::exp(x), std::exp(static_cast<double>(x))));
  EXPECT_LT(worst, 2.0);
  EXPECT_EQ(math::exp(0.0f), 1.0f);
  EXPECT_EQ(math::exp(-INFINITY), 0.0f);
  EXPECT_EQ(math::exp(INFINITY), INFINITY);
  EXPECT_EQ(math::exp(-1e30f), 0.0f);
  EXPECT_EQ(math::exp(200.0f), INFINITY);
  EXPECT_TRUE(std::isnan(math::exp(NAN)));
}

TEST(Math, LogWithinTwoUlps) {
  double worst = 0;
  for (int exponent = -148; exponent < 128; ++exponent)
    for (float m = 1.0f; m < 2.0f; m += 0.0137f) {
      float x = std::ldexp(m, exponent);
      worst =
          std::max(worst, ulps(math::log(x), std::log(static_cast<double>(x))));
    }
  for (float x = 0.9f; x < 1.1f; x += 1.7e-5f)
    worst =
        std::max(worst, ulps(math::log(x), std::log(static_cast<double>(x))));
  EXPECT_LT(worst, 2.0);
  EXPECT_EQ(math::log(0.0f), -INFINITY);
  EXPECT_EQ(math::log(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(math::log(-1.0f)));
  EXPECT_TRUE(std::isnan(math::log(NAN)));
}

TEST(Math, ErfWithinAMillionth) {
  double worst = 0;
  for (float x = -5.0f; x < 5.0f; x += 0.00013f)
    worst = std::max(worst, std::fabs(static_cast<double>(math::erf(x)) -
                                      std::erf(static_cast<double>(x))));
  EXPECT_LT(worst, 2.5e-7);
  for (float x = 1e-6f; x < 1.0f; x *= 1.01f)
    EXPECT_LT(ulps(math::erf(x), std::erf(static_cast<double>(x))), 4.0) << x;
  EXPECT_EQ(math::erf(INFINITY), 1.0f);
  EXPECT_EQ(math::erf(-INFINITY), -1.0f);
  EXPECT_TRUE(std::isnan(math::erf(NAN)));
}

TEST(Math, TanhWithinThreeUlps) {
  double worst = 0;
  for (float x = -12.0f; x < 12.0f; x += 0.00037f)
    worst =
        std::max(worst, ulps(math::tanh(x), std::tanh(static_cast<double>(x))));
  EXPECT_LT(worst, 3.0);
  EXPECT_EQ(math::tanh(INFINITY), 1.0f);
  EXPECT_EQ(math::tanh(-INFINITY), -1.0f);
  EXPECT_TRUE(std::isnan(math::tanh(NAN)));
}

TEST(Math, PowIsTheNearestFloat) {
  test::Random random(3);
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    float x = std::exp(random.real(-20.0f, 20.0f)), y = random.real(-4, 4);
    worst = std::max(
        worst, ulps(math::pow(x, y),
                    std::pow(static_cast<double>(x), static_cast<double>(y))));
  }
  EXPECT_LT(worst, 0.501);
  const float special[] = {0.0f,  -0.0f,  1.0f,       -1.0f,     2.0f,  -2.0f,
                           0.5f,  -3.0f,  INFINITY,   -INFINITY, NAN,   3.0f,
                           1e30f, -1e30f, 8388609.0f, 2.5f,      -2.5f, 1e-40f};
  for (float x : special)
    for (float y : special) {
      float expected = std::pow(x, y), got = math::pow(x, y);
      EXPECT_TRUE(
          (std::isnan(expected) && std::isnan(got)) ||
          (expected == got && std::signbit(expected) == std::signbit(got)) ||
          ulps(got, expected) < 1.0)
          << x << "^" << y << " = " << got << ", expected " << expected;
    }
}
