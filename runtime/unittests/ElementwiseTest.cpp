//===- ElementwiseTest.cpp - Elementwise kernels ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Kernels.h"

#include <functional>

using namespace snn::rt;
using test::isNear;
using test::Random;

/// A float kernel of one operand against a function of doubles.
static void checkUnary(void (*kernel)(const Tensor &, Tensor &),
                       const std::function<double(double)> &reference,
                       float lo = -5, float hi = 5, double tolerance = 1e-6) {
  Random random(1);
  for (int round = 0; round < 12; ++round) {
    Tensor x = random.floats(random.shape(round % 4), lo, hi), y;
    if (round > 8)
      x = random.floats({random.integer(1, 200)}, lo, hi);
    kernel(x, y);
    std::vector<double> expected;
    for (float v : x.toVector<float>())
      expected.push_back(reference(v));
    ASSERT_TRUE(isNear(y, x.shape(), expected, tolerance));
    // In place.
    kernel(x, x);
    ASSERT_TRUE(isNear(x, y.shape(), expected, tolerance));
  }
  Tensor y;
  EXPECT_THROW(kernel(Tensor(DType::Bool, {2}), y), Error);
}

TEST(Kernel, neg) {
  checkUnary(neg, [](double v) { return -v; });
  Tensor x = Tensor::fromVector<int32_t>({2}, {5, -7}), y;
  neg(x, y);
  EXPECT_EQ(y.toVector<int32_t>(), (std::vector<int32_t>{-5, 7}));
}
TEST(Kernel, abs) {
  checkUnary(snn::rt::abs, [](double v) { return std::fabs(v); });
  Tensor x = Tensor::fromVector<int64_t>({2}, {5, -7}), y;
  snn::rt::abs(x, y);
  EXPECT_EQ(y.toVector<int64_t>(), (std::vector<int64_t>{5, 7}));
}
TEST(Kernel, relu) {
  checkUnary(relu, [](double v) { return v > 0 ? v : 0; });
  Tensor x = Tensor::fromVector<int32_t>({2}, {5, -7}), y;
  relu(x, y);
  EXPECT_EQ(y.toVector<int32_t>(), (std::vector<int32_t>{5, 0}));
}
TEST(Kernel, sqrt) {
  checkUnary(
      snn::rt::sqrt, [](double v) { return std::sqrt(v); }, 0, 9);
}
TEST(Kernel, reciprocal) {
  checkUnary(
      reciprocal, [](double v) { return 1 / v; }, 0.1f, 9);
}
TEST(Kernel, exp) {
  checkUnary(
      snn::rt::exp, [](double v) { return std::exp(v); }, -20, 20);
}
TEST(Kernel, log) {
  checkUnary(
      snn::rt::log, [](double v) { return std::log(v); }, 1e-3f, 50);
}
TEST(Kernel, erf) {
  checkUnary(snn::rt::erf, [](double v) { return std::erf(v); });
}
TEST(Kernel, tanh) {
  checkUnary(snn::rt::tanh, [](double v) { return std::tanh(v); });
}
TEST(Kernel, sigmoid) {
  checkUnary(
      sigmoid, [](double v) { return 1 / (1 + std::exp(-v)); }, -20, 20);
}
TEST(Kernel, silu) {
  checkUnary(
      silu, [](double v) { return v / (1 + std::exp(-v)); }, -20, 20);
}
TEST(Kernel, gelu) {
  checkUnary([](const Tensor &x, Tensor &y) { gelu(x, y, "none"); },
             [](double v) { return v / 2 * (1 + std::erf(v / std::sqrt(2))); });
  checkUnary([](const Tensor &x, Tensor &y) { gelu(x, y, "tanh"); },
             [](double v) {
               return v / 2 *
                      (1 + std::tanh(std::sqrt(2 / M_PI) *
                                     (v + 0.044715 * v * v * v)));
             });
  Tensor x = Random(1).floats({3}), y;
  EXPECT_THROW(gelu(x, y, "fast"), Error);
}
TEST(Kernel, clip) {
  checkUnary([](const Tensor &x, Tensor &y) { clip(x, y, -1.5, 2); },
             [](double v) { return v < -1.5 ? -1.5
                                   : v > 2  ? 2
                                            : v; });
  Tensor x = Random(1).floats({9}), y;
  clip(x, y, -INFINITY, INFINITY);
  EXPECT_TRUE(test::sameBits(x, y));
  Tensor q = Tensor::fromVector<int8_t>({3}, {-128, 5, 127});
  clip(q, y, 0, INFINITY);
  EXPECT_EQ(y.toVector<int8_t>(), (std::vector<int8_t>{0, 5, 127}));
  Tensor u = Tensor::fromVector<uint8_t>({3}, {0, 5, 255});
  clip(u, y, -4, 9);
  EXPECT_EQ(y.toVector<uint8_t>(), (std::vector<uint8_t>{0, 5, 9}));
}
TEST(Kernel, logical_not) {
  Tensor x = Tensor::fromVector<bool>({2}, {true, false}), y;
  logical_not(x, y);
  EXPECT_EQ(y.toVector<bool>(), (std::vector<bool>{false, true}));
}

TEST(Kernel, cast) {
  Tensor x = Tensor::fromVector<float>({6}, {0, 1.9f, -1.9f, 300, 1e30f, NAN});
  Tensor y;
  cast(x, y, "I32");
  EXPECT_EQ(y.toVector<int32_t>(),
            (std::vector<int32_t>{0, 1, -1, 300, INT32_MAX, 0}));
  cast(x, y, "BOOL");
  EXPECT_EQ(y.toVector<bool>(),
            (std::vector<bool>{false, true, true, true, true, true}));
  Tensor i = Tensor::fromVector<int64_t>({3}, {-1, 257, 5});
  cast(i, y, "U8");
  EXPECT_EQ(y.toVector<uint8_t>(), (std::vector<uint8_t>{255, 1, 5}));
  cast(i, y, "F32");
  EXPECT_EQ(y.toVector<float>(), (std::vector<float>{-1, 257, 5}));
  cast(i, i, "F64");
  EXPECT_EQ(i.toVector<double>(), (std::vector<double>{-1, 257, 5}));
  EXPECT_THROW(cast(x, y, "FLOAT"), Error);
  const char *all[] = {"BOOL", "U8", "I8", "I16", "I32", "I64", "F32", "F64"};
  for (const char *from : all)
    for (const char *to : all) {
      Tensor one = Tensor::fromVector<int64_t>({2}, {0, 1}), a, b, c;
      cast(one, a, from);
      cast(a, b, to);
      cast(b, c, "I64");
      EXPECT_TRUE(test::sameBits(one, c)) << from << " to " << to;
    }
}

/// Shapes that broadcast to one another.
static std::pair<Shape, Shape> broadcastPair(Random &random) {
  Shape a = random.shape(random.integer(0, 4)), b = a;
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t which = random.integer(0, 5);
    if (which == 0)
      a[i] = 1;
    else if (which == 1)
      b[i] = 1;
  }
  size_t drop = random.integer(0, static_cast<int64_t>(a.size()));
  Shape &shorter = random.integer(0, 1) ? a : b;
  shorter.erase(shorter.begin(), shorter.begin() + drop);
  return {a, b};
}
static Shape joined(const Shape &a, const Shape &b) {
  Shape r(std::max(a.size(), b.size()));
  for (size_t i = 0; i < r.size(); ++i) {
    int64_t x = i + a.size() < r.size() ? 1 : a[i + a.size() - r.size()];
    int64_t y = i + b.size() < r.size() ? 1 : b[i + b.size() - r.size()];
    r[i] = std::max(x, y);
  }
  return r;
}

using BinaryKernel = void (*)(const Tensor &, const Tensor &, Tensor &);

/// Random tensors of type T that have many equal elements.
template <typename T> static Tensor sample(Random &random, const Shape &s) {
  if constexpr (std::is_same_v<T, float>) {
    Tensor t = random.floats(s);
    for (int64_t i = 0; i < t.size(); ++i)
      if (random.integer(0, 2) == 0)
        t.data<float>()[i] = static_cast<float>(random.integer(1, 3));
    return t;
  } else if constexpr (std::is_same_v<T, bool>) {
    return random.integers<bool>(s, 0, 1);
  } else {
    Tensor t = random.integers<T>(s, -9, 9);
    for (int64_t i = 0; i < t.size(); ++i)
      if (t.data<T>()[i] == 0)
        t.data<T>()[i] = 4;
    return t;
  }
}

/// A kernel of two operands, exactly, over random broadcasts.
template <typename T, typename R>
static void checkBinary(BinaryKernel kernel,
                        const std::function<R(T, T)> &reference) {
  Random random(7);
  for (int round = 0; round < 60; ++round) {
    auto [sa, sb] = broadcastPair(random);
    Tensor a = sample<T>(random, sa), b = sample<T>(random, sb), y;
    kernel(a, b, y);
    Shape shape = joined(sa, sb);
    ASSERT_EQ(y.shape(), shape);
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints at = test::unravel(i, shape);
      ASSERT_EQ(y.data<R>()[i], reference(a.data<T>()[test::ravel(at, sa)],
                                          b.data<T>()[test::ravel(at, sb)]))
          << toString(sa) << " " << toString(sb);
    }
    // The result in place of an operand.
    Tensor c = a;
    kernel(c, b, c);
    ASSERT_TRUE(test::sameBits(c, y));
  }
  Tensor y;
  EXPECT_THROW(kernel(sample<T>(random, {2, 3}), sample<T>(random, {2}), y),
               Error);
}
template <typename F> static void checkArithmetic(BinaryKernel kernel, F f) {
  checkBinary<float, float>(kernel, f);
  checkBinary<int32_t, int32_t>(kernel, f);
  checkBinary<int64_t, int64_t>(kernel, f);
  Tensor y;
  EXPECT_THROW(kernel(Tensor(DType::F32, {1}), Tensor(DType::I32, {1}), y),
               Error);
}
template <typename F> static void checkComparison(BinaryKernel kernel, F f) {
  checkBinary<float, bool>(kernel, f);
  checkBinary<int32_t, bool>(kernel, f);
  checkBinary<int64_t, bool>(kernel, f);
}

TEST(Kernel, add) {
  checkArithmetic(add, [](auto a, auto b) { return a + b; });
}
TEST(Kernel, sub) {
  checkArithmetic(sub, [](auto a, auto b) { return a - b; });
}
TEST(Kernel, mul) {
  checkArithmetic(mul, [](auto a, auto b) { return a * b; });
}
TEST(Kernel, div) {
  checkArithmetic(snn::rt::div, [](auto a, auto b) { return a / b; });
  Tensor a = Tensor::scalar<int32_t>(1), b = Tensor::scalar<int32_t>(0), y;
  EXPECT_THROW(snn::rt::div(a, b, y), Error);
}
TEST(Kernel, minimum) {
  checkArithmetic(minimum, [](auto a, auto b) { return a < b ? a : b; });
  Tensor a = Tensor::fromVector<float>({2}, {NAN, 1}), y;
  Tensor b = Tensor::fromVector<float>({2}, {1, NAN});
  minimum(a, b, y);
  EXPECT_TRUE(std::isnan(y.data<float>()[0]) && std::isnan(y.data<float>()[1]));
}
TEST(Kernel, maximum) {
  checkArithmetic(maximum, [](auto a, auto b) { return a > b ? a : b; });
}
TEST(Kernel, equal) {
  checkComparison(equal, [](auto a, auto b) { return a == b; });
  checkBinary<bool, bool>(equal, [](bool a, bool b) { return a == b; });
}
TEST(Kernel, less) {
  checkComparison(less, [](auto a, auto b) { return a < b; });
}
TEST(Kernel, less_or_equal) {
  checkComparison(less_or_equal, [](auto a, auto b) { return a <= b; });
}
TEST(Kernel, greater) {
  checkComparison(greater, [](auto a, auto b) { return a > b; });
}
TEST(Kernel, greater_or_equal) {
  checkComparison(greater_or_equal, [](auto a, auto b) { return a >= b; });
}
TEST(Kernel, logical_and) {
  checkBinary<bool, bool>(logical_and, [](bool a, bool b) { return a && b; });
}
TEST(Kernel, logical_or) {
  checkBinary<bool, bool>(logical_or, [](bool a, bool b) { return a || b; });
}

TEST(Kernel, pow) {
  Random random(9);
  Tensor x = random.floats({40}, 0.1f, 5), y;
  for (float e : {2.0f, 0.5f, 3.0f, -1.0f, 1.7f, 0.0f, 1.0f}) {
    snn::rt::pow(x, Tensor::scalar<float>(e), y);
    std::vector<double> expected;
    for (float v : x.toVector<float>())
      expected.push_back(std::pow(double(v), double(e)));
    ASSERT_TRUE(isNear(y, x.shape(), expected, 1e-6)) << e;
  }
  Tensor n = Tensor::fromVector<int64_t>({3}, {-2, 3, 10});
  snn::rt::pow(n, Tensor::scalar<int64_t>(3), y);
  EXPECT_EQ(y.toVector<int64_t>(), (std::vector<int64_t>{-8, 27, 1000}));
  snn::rt::pow(n, Tensor::scalar<float>(2.0f), y);
  EXPECT_EQ(y.toVector<int64_t>(), (std::vector<int64_t>{4, 9, 100}));
  snn::rt::pow(x, Tensor::scalar<int32_t>(2), y);
  EXPECT_EQ(y.data<float>()[3], x.data<float>()[3] * x.data<float>()[3]);
}

TEST(Kernel, where) {
  Random random(11);
  for (int round = 0; round < 30; ++round) {
    auto [sa, sb] = broadcastPair(random);
    Shape sc = joined(sa, sb);
    for (int64_t &d : sc)
      if (random.integer(0, 3) == 0)
        d = 1;
    Tensor c = random.integers<bool>(sc, 0, 1);
    Tensor a = sample<int64_t>(random, sa), b = sample<int64_t>(random, sb), y;
    where(c, a, b, y);
    Shape shape = joined(sc, joined(sa, sb));
    ASSERT_EQ(y.shape(), shape);
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints at = test::unravel(i, shape);
      ASSERT_EQ(y.data<int64_t>()[i],
                c.data<bool>()[test::ravel(at, sc)]
                    ? a.data<int64_t>()[test::ravel(at, sa)]
                    : b.data<int64_t>()[test::ravel(at, sb)]);
    }
  }
}
