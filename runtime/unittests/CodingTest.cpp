//===- CodingTest.cpp - Levels, masks and dead zones ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Coding.h"

#include <cmath>
#include <set>

using namespace snn::rt;

// The encoder and the decoder of mttfs.md section 1, written out.
static int encodeSlot(int q, const Coding &c) {
  if (std::abs(q - c.mask) <= c.radius)
    return -1;
  return c.maxLevel() - q;
}
static int decodeSlot(int slot, const Coding &c) {
  return slot < 0 ? c.mask : c.maxLevel() - slot;
}

TEST(Coding, DecodingTheEncodedLevelIsTheDeadZone) {
  for (int bits = 1; bits <= 8; ++bits)
    for (int m = 0; m < 1 << bits; ++m)
      for (int k : {0, 1, 2, 3, 7, 40, 300})
        for (int q = 0; q < 1 << bits; ++q) {
          Coding c = {bits, 0, m, k, 1.0f};
          int expected = std::abs(q - m) <= k ? m : q;
          ASSERT_EQ(c.deadZone(q), expected);
          ASSERT_EQ(decodeSlot(encodeSlot(q, c), c), expected);
        }
}

TEST(Coding, QuantizeLevelRoundsHalfToEvenAndClips) {
  EXPECT_EQ(quantizeLevel(0.5f, 1.0f, 8, 15), 8);
  EXPECT_EQ(quantizeLevel(1.5f, 1.0f, 8, 15), 10);
  EXPECT_EQ(quantizeLevel(-0.5f, 1.0f, 8, 15), 8);
  EXPECT_EQ(quantizeLevel(-2.5f, 1.0f, 8, 15), 6);
  EXPECT_EQ(quantizeLevel(1e30f, 1.0f, 8, 15), 15);
  EXPECT_EQ(quantizeLevel(-1e30f, 1.0f, 8, 15), 0);
  EXPECT_EQ(quantizeLevel(INFINITY, 1.0f, 8, 15), 15);
  EXPECT_EQ(quantizeLevel(NAN, 1.0f, 8, 15), 8);
  EXPECT_EQ(quantizeLevel(1.0f, 0.25f, 0, 255), 4);
}

/// B by trying every width.
static int passesByForce(const Coding &c) {
  int low = 0, high = 0;
  bool any = false;
  for (int q = 0; q <= c.maxLevel(); ++q)
    if (std::abs(q - c.mask) > c.radius) {
      int d = q - c.mask;
      low = any ? std::min(low, d) : d;
      high = any ? std::max(high, d) : d;
      any = true;
    }
  if (!any)
    return 0;
  for (int b = 0;; ++b) {
    if (low >= 0 ? high < (1 << b)
                 : b > 0 && low >= -(1 << (b - 1)) && high < (1 << (b - 1)))
      return b;
  }
}

TEST(Coding, BitSerialPassesByForce) {
  for (int bits = 1; bits <= 8; ++bits)
    for (int m = 0; m < 1 << bits; ++m)
      for (int k = 0; k <= 1 << bits; ++k) {
        Coding c = {bits, 0, m, k, 1.0f};
        ASSERT_EQ(bitSerialPasses(c), passesByForce(c))
            << bits << " " << m << " " << k;
      }
}

TEST(Coding, BitSerialPassesOfTheDefaultCodings) {
  auto passes = [](int bits, int m) {
    return bitSerialPasses(Coding{bits, 0, m, 0, 1.0f});
  };
  EXPECT_EQ(passes(4, 0), 4);
  EXPECT_EQ(passes(4, 8), 4);
  EXPECT_EQ(passes(4, 7), 5);
  EXPECT_EQ(passes(8, 0), 8);
  EXPECT_EQ(passes(8, 128), 8);
  EXPECT_EQ(passes(8, 127), 9);
}

TEST(Coding, BitSerialScheduleGivesTheSameInteger) {
  test::Random random(5);
  for (int round = 0; round < 300; ++round) {
    int bits = static_cast<int>(random.integer(1, 8));
    int top = (1 << bits) - 1;
    Coding c = {bits, static_cast<int>(random.integer(0, top)),
                static_cast<int>(random.integer(0, top)),
                static_cast<int>(random.integer(0, 3)), 1.0f};
    int passes = bitSerialPasses(c);
    bool negative = c.mask > c.radius;
    int64_t expected = 0, correction = 0, serial = 0;
    int n = static_cast<int>(random.integer(1, 60));
    std::vector<int64_t> sums(passes + 1, 0);
    for (int i = 0; i < n; ++i) {
      int q = c.deadZone(static_cast<int>(random.integer(0, top)));
      int64_t w = random.integer(-128, 127);
      expected += w * (q - c.zero);
      correction += (c.mask - c.zero) * w;
      int d = q == c.mask ? 0 : q - c.mask;
      for (int b = 0; b < passes; ++b)
        sums[b] += (static_cast<unsigned>(d) >> b & 1) * w;
    }
    for (int b = 0; b < passes; ++b) {
      bool top = negative && b == passes - 1;
      serial += (top ? -1 : 1) * (int64_t(1) << b) * sums[b];
    }
    ASSERT_EQ(serial + correction, expected);
  }
}
