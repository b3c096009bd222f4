//===- TrigonometryTest.cpp - Elementary functions ------------ -*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Kernels.h"

#include <cmath>
#include <functional>
#include <limits>

using namespace snn::rt;
using test::Random;
using Unary = void (*)(const Tensor &, Tensor &);

/// A kernel against a function of doubles, within one unit in the last place:
/// over [lo, hi], at `special` values and, with `everywhere`, at random bits.
static void check(Unary kernel, double (*reference)(double), float lo, float hi,
                  bool everywhere = false) {
  Random random(1);
  std::vector<float> values = {0.0f,  -0.0f,  INFINITY, -INFINITY, NAN,   1.0f,
                               -1.0f, 1e-30f, 2.0f,     -2.0f,     1e-6f, 0.5f};
  for (int i = 0; i < 3000; ++i)
    values.push_back(random.real(lo, hi));
  for (int i = 0; everywhere && i < 3000; ++i) {
    uint32_t bits = static_cast<uint32_t>(random.integer(0, UINT32_MAX));
    float value;
    std::memcpy(&value, &bits, sizeof value);
    values.push_back(value);
  }
  Tensor x = Tensor::fromVector<float>({static_cast<int64_t>(values.size())},
                                       values),
         y;
  kernel(x, y);
  ASSERT_EQ(y.shape(), x.shape());
  for (size_t i = 0; i < values.size(); ++i) {
    float have = y.data<float>()[i];
    float want = static_cast<float>(reference(static_cast<double>(values[i])));
    if (std::isnan(want)) {
      ASSERT_TRUE(std::isnan(have)) << values[i];
      continue;
    }
    float below = std::nextafter(want, -INFINITY);
    float above = std::nextafter(want, INFINITY);
    ASSERT_TRUE(have >= below && have <= above)
        << values[i] << ": " << have << " for " << want;
    ASSERT_EQ(std::signbit(have), std::signbit(want)) << values[i];
  }
  kernel(x, x);
  EXPECT_TRUE(test::sameBits(x, y));
  EXPECT_THROW(kernel(Tensor(DType::I32, {2}), y), Error);
}

TEST(Kernel, sin) { check(snn::rt::sin, std::sin, -10, 10, true); }
TEST(Kernel, cos) { check(snn::rt::cos, std::cos, -10, 10, true); }
TEST(Kernel, tan) { check(snn::rt::tan, std::tan, -10, 10, true); }
TEST(Kernel, asin) { check(snn::rt::asin, std::asin, -1, 1); }
TEST(Kernel, acos) { check(snn::rt::acos, std::acos, -1, 1); }
TEST(Kernel, atan) { check(snn::rt::atan, std::atan, -10, 10, true); }
TEST(Kernel, sinh) { check(snn::rt::sinh, std::sinh, -90, 90, true); }
TEST(Kernel, cosh) { check(snn::rt::cosh, std::cosh, -90, 90, true); }
TEST(Kernel, asinh) { check(snn::rt::asinh, std::asinh, -10, 10, true); }
TEST(Kernel, acosh) { check(snn::rt::acosh, std::acosh, 1, 10, true); }
TEST(Kernel, atanh) { check(snn::rt::atanh, std::atanh, -1, 1); }
TEST(Kernel, floor) { check(snn::rt::floor, std::floor, -9, 9, true); }
TEST(Kernel, ceil) { check(snn::rt::ceil, std::ceil, -9, 9, true); }

TEST(Kernel, round) {
  check(snn::rt::round, std::nearbyint, -9, 9, true);
  Tensor x = Tensor::fromVector<float>({5}, {0.5f, 1.5f, -2.5f, -0.2f, 3.7f}),
         y;
  snn::rt::round(x, y);
  EXPECT_EQ(y.toVector<float>(), (std::vector<float>{0, 2, -2, 0, 4}));
}

TEST(Kernel, sign) {
  Tensor x = Tensor::fromVector<float>({4}, {-0.5f, 0, 7, NAN}), y;
  sign(x, y);
  EXPECT_EQ(y.data<float>()[0], -1);
  EXPECT_EQ(y.data<float>()[1], 0);
  EXPECT_EQ(y.data<float>()[2], 1);
  EXPECT_TRUE(std::isnan(y.data<float>()[3]));
  Tensor n = Tensor::fromVector<int64_t>({3}, {-5, 0, 9});
  sign(n, n);
  EXPECT_EQ(n.toVector<int64_t>(), (std::vector<int64_t>{-1, 0, 1}));
  EXPECT_THROW(sign(Tensor(DType::Bool, {2}), y), Error);
}

TEST(Kernel, mod) {
  Tensor a = Tensor::fromVector<int32_t>({6}, {-4, 7, 5, 4, -7, 8}),
         b = Tensor::fromVector<int32_t>({6}, {2, -3, 8, -2, 3, 5}), y;
  mod(a, b, y, 0);
  EXPECT_EQ(y.toVector<int32_t>(), (std::vector<int32_t>{0, -2, 5, 0, 2, 3}));
  mod(a, b, y, 1);
  EXPECT_EQ(y.toVector<int32_t>(), (std::vector<int32_t>{0, 1, 5, 0, -1, 3}));
  // Broadcast, in place, unsigned, and the quotient that does not fit.
  Tensor u = Tensor::fromVector<uint8_t>({2, 2}, {200, 7, 9, 10});
  mod(u, Tensor::scalar<uint8_t>(9), u, 0);
  EXPECT_EQ(u.toVector<uint8_t>(), (std::vector<uint8_t>{2, 7, 0, 1}));
  mod(Tensor::scalar<int64_t>(INT64_MIN), Tensor::scalar<int64_t>(-1), y, 0);
  EXPECT_EQ(y.data<int64_t>()[0], 0);
  Tensor f = Tensor::fromVector<float>({3}, {-4.3f, 7.2f, 5.0f}),
         g = Tensor::fromVector<float>({3}, {2.1f, -3.4f, 8.0f});
  mod(f, g, y, 1);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(y.data<float>()[i],
              std::fmod(f.data<float>()[i], g.data<float>()[i]));
  mod(f, g, y, 0);
  EXPECT_EQ(y.data<float>()[0], std::fmod(-4.3f, 2.1f) + 2.1f);
  EXPECT_THROW(mod(a, Tensor::scalar<int32_t>(0), y, 0), Error);
  EXPECT_THROW(mod(a, f, y, 0), Error);
}
