//===- NormalisationTest.cpp - Reductions, normalisations, pooling *- C++
//-*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Kernels.h"

#include <algorithm>
#include <functional>

using namespace snn::rt;
using test::isNear;
using test::Random;

TEST(Kernel, softmax) {
  Random random(1);
  for (int round = 0; round < 30; ++round) {
    Shape shape = random.shape(random.integer(1, 4), round % 2 ? 40 : 5);
    while (elementCount(shape) > 100000)
      shape[0] = 1, shape.back() = 3;
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t axis = random.integer(-rank, rank - 1);
    Tensor x = random.floats(shape, -30, 30), y;
    softmax(x, y, axis);
    int64_t at = axis < 0 ? axis + rank : axis, inner = 1, n = shape[at];
    for (int64_t i = at + 1; i < rank; ++i)
      inner *= shape[i];
    std::vector<double> expected(x.size());
    const float *p = x.data<float>();
    for (int64_t i = 0; i < x.size(); ++i) {
      int64_t base = i / (n * inner) * n * inner + i % inner;
      double total = 0;
      for (int64_t j = 0; j < n; ++j)
        total += std::exp(double(p[base + j * inner]) - p[i]);
      expected[i] = 1 / total;
    }
    ASSERT_TRUE(isNear(y, shape, expected, 1e-6));
  }
  Tensor x = Tensor::fromVector<float>({3}, {0, -INFINITY, 0}), y;
  softmax(x, y, 0);
  EXPECT_EQ(y.toVector<float>(), (std::vector<float>{0.5f, 0, 0.5f}));
  EXPECT_THROW(softmax(x, y, 1), Error);
}

/// The documented order of a float sum.
static float orderedSum(const std::vector<float> &v) {
  float lane[16] = {};
  for (size_t i = 0; i < v.size(); ++i)
    lane[i % 16] = lane[i % 16] + v[i];
  for (int d = 8; d; d >>= 1)
    for (int l = 0; l < d; ++l)
      lane[l] = lane[l] + lane[l ^ d];
  return lane[0];
}

/// The elements that every result element reduces, in row-major order.
static std::vector<std::vector<float>>
reducedLines(const Tensor &x, const std::vector<bool> &reduced) {
  Shape kept;
  for (int64_t i = 0; i < x.rank(); ++i)
    kept.push_back(reduced[i] ? 1 : x.dim(i));
  std::vector<std::vector<float>> lines(elementCount(kept));
  for (int64_t i = 0; i < x.size(); ++i)
    lines[test::ravel(test::unravel(i, x.shape()), kept)].push_back(
        x.data<float>()[i]);
  return lines;
}

static void checkReduction(
    void (*kernel)(const Tensor &, Tensor &, const Ints &, int64_t),
    const std::function<float(const std::vector<float> &)> &reference) {
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    Shape shape = random.shape(random.integer(1, 4), round % 5 ? 7 : 50);
    while (elementCount(shape) > 50000)
      shape[0] = 1, shape.back() = 3;
    int64_t rank = static_cast<int64_t>(shape.size());
    Ints axes;
    std::vector<bool> reduced(rank, round % 7 == 0);
    if (round % 7)
      for (int64_t i = 0; i < rank; ++i)
        if (random.integer(0, 1) || (i == rank - 1 && axes.empty())) {
          axes.push_back(random.integer(0, 1) ? i : i - rank);
          reduced[i] = true;
        }
    bool keep = random.integer(0, 1);
    Tensor x = random.floats(shape), y;
    kernel(x, y, axes, keep);
    Shape expected;
    for (int64_t i = 0; i < rank; ++i)
      if (!reduced[i])
        expected.push_back(shape[i]);
      else if (keep)
        expected.push_back(1);
    ASSERT_EQ(y.shape(), expected);
    auto lines = reducedLines(x, reduced);
    for (size_t i = 0; i < lines.size(); ++i)
      ASSERT_EQ(y.data<float>()[i], reference(lines[i]));
  }
  Tensor x = random.floats({2, 3}), y;
  EXPECT_THROW(kernel(x, y, {2}, 1), Error);
}

TEST(Kernel, reduce_sum) {
  checkReduction(reduce_sum, orderedSum);
  Tensor x = Tensor::fromVector<int64_t>({2, 2}, {1, 2, 3, 4}), y;
  reduce_sum(x, y, {0}, 0);
  EXPECT_EQ(y.toVector<int64_t>(), (std::vector<int64_t>{4, 6}));
  Tensor z = Tensor::fromVector<int32_t>({2, 2}, {1, 2, 3, 4});
  reduce_sum(z, y, {1}, 0);
  EXPECT_EQ(y.toVector<int32_t>(), (std::vector<int32_t>{3, 7}));
}
TEST(Kernel, reduce_mean) {
  checkReduction(reduce_mean, [](const std::vector<float> &v) {
    return orderedSum(v) / static_cast<float>(v.size());
  });
}
TEST(Kernel, reduce_max) {
  checkReduction(reduce_max, [](const std::vector<float> &v) {
    return *std::max_element(v.begin(), v.end());
  });
  Tensor x = Tensor::fromVector<int64_t>({2, 2}, {1, 9, 3, 4}), y;
  reduce_max(x, y, {}, 0);
  EXPECT_EQ(y.data<int64_t>()[0], 9);
  Tensor n(DType::F32, {40});
  for (int i = 0; i < 40; ++i) {
    std::fill(n.data<float>(), n.data<float>() + 40, -1.0f);
    n.data<float>()[i] = NAN;
    reduce_max(n, y, {}, 0);
    EXPECT_TRUE(std::isnan(y.data<float>()[0]));
  }
}

TEST(Kernel, reduce_min) {
  checkReduction(reduce_min, [](const std::vector<float> &v) {
    return *std::min_element(v.begin(), v.end());
  });
  Tensor x = Tensor::fromVector<int32_t>({2, 2}, {1, 9, 3, -4}), y;
  reduce_min(x, y, {}, 0);
  EXPECT_EQ(y.data<int32_t>()[0], -4);
  Tensor n = Tensor::fromVector<float>({3}, {1, NAN, 2});
  reduce_min(n, y, {}, 0);
  EXPECT_TRUE(std::isnan(y.data<float>()[0]));
  EXPECT_THROW(reduce_min(Tensor(DType::F32, {0}), y, {}, 0), Error);
}
TEST(Kernel, reduce_prod) {
  checkReduction(reduce_prod, [](const std::vector<float> &v) {
    float product = 1;
    for (float f : v)
      product *= f;
    return product;
  });
  Tensor x = Tensor::fromVector<int64_t>({2, 2}, {1, 9, 3, -4}), y;
  reduce_prod(x, y, {0}, 0);
  EXPECT_EQ(y.toVector<int64_t>(), (std::vector<int64_t>{3, -36}));
}

TEST(Kernel, layer_normalization) {
  Random random(3);
  for (int round = 0; round < 30; ++round) {
    Shape shape = random.shape(random.integer(1, 4), round % 3 ? 9 : 40);
    while (elementCount(shape) > 100000)
      shape[0] = 1, shape.back() = 33;
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t axis = random.integer(0, rank - 1), n = 1;
    Shape normalised(shape.begin() + axis, shape.end());
    n = elementCount(normalised);
    Tensor x = random.floats(shape, -2, 5), scale = random.floats(normalised),
           bias = random.floats(normalised), y;
    bool hasBias = round % 4 != 0;
    layer_normalization(x, scale, hasBias ? &bias : nullptr, y,
                        round % 2 ? axis : axis - rank, 1e-5);
    std::vector<double> expected;
    for (int64_t r = 0; r < x.size() / n; ++r) {
      const float *p = x.data<float>() + r * n;
      double mean = 0, variance = 0;
      for (int64_t i = 0; i < n; ++i)
        mean += p[i];
      mean /= n;
      for (int64_t i = 0; i < n; ++i)
        variance += (p[i] - mean) * (p[i] - mean);
      variance /= n;
      for (int64_t i = 0; i < n; ++i)
        expected.push_back((p[i] - mean) / std::sqrt(variance + 1e-5) *
                               scale.data<float>()[i] +
                           (hasBias ? bias.data<float>()[i] : 0));
    }
    ASSERT_TRUE(isNear(y, shape, expected, n == 1 ? 1e-4 : 1e-5));
  }
}

TEST(Kernel, batch_normalization) {
  Random random(4);
  for (int round = 0; round < 20; ++round) {
    Shape shape = random.shape(random.integer(2, 4), 9);
    int64_t channels = shape[1], inner = 1;
    for (size_t i = 2; i < shape.size(); ++i)
      inner *= shape[i];
    Tensor x = random.floats(shape), scale = random.floats({channels}),
           bias = random.floats({channels}), mean = random.floats({channels}),
           variance = random.floats({channels}, 0.1f, 4), y;
    batch_normalization(x, scale, bias, mean, variance, y, 1e-5);
    std::vector<double> expected;
    for (int64_t i = 0; i < x.size(); ++i) {
      int64_t c = i / inner % channels;
      expected.push_back((double(x.data<float>()[i]) - mean.data<float>()[c]) /
                             std::sqrt(variance.data<float>()[c] + 1e-5) *
                             scale.data<float>()[c] +
                         bias.data<float>()[c]);
    }
    ASSERT_TRUE(isNear(y, shape, expected, 1e-5));
  }
}

/// The largest element (or the smallest) against a plain search.
static void checkExtreme(void (*kernel)(const Tensor &, Tensor &, int64_t,
                                        int64_t, int64_t),
                         int32_t sign) {
  Random random(5);
  for (int round = 0; round < 40; ++round) {
    Shape shape = random.shape(random.integer(1, 3), 9);
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t axis = random.integer(0, rank - 1), n = shape[axis], inner = 1;
    for (int64_t i = axis + 1; i < rank; ++i)
      inner *= shape[i];
    Tensor x = random.integers<int32_t>(shape, 0, 4), y;
    bool last = round % 2, keep = round % 3 == 0;
    kernel(x, y, round % 4 ? axis : axis - rank, keep, last);
    Shape expected = shape;
    if (keep)
      expected[axis] = 1;
    else
      expected.erase(expected.begin() + axis);
    ASSERT_EQ(y.shape(), expected);
    for (int64_t i = 0; i < y.size(); ++i) {
      int64_t base = i / inner * n * inner + i % inner, best = -1;
      for (int64_t j = 0; j < n; ++j) {
        int32_t v = sign * x.data<int32_t>()[base + j * inner];
        int32_t b =
            best < 0 ? -9 : sign * x.data<int32_t>()[base + best * inner];
        if (last ? v >= b : v > b)
          best = j;
      }
      ASSERT_EQ(y.data<int64_t>()[i], best);
    }
  }
}
TEST(Kernel, arg_max) { checkExtreme(arg_max, 1); }
TEST(Kernel, arg_min) { checkExtreme(arg_min, -1); }

TEST(Kernel, global_average_pool) {
  Tensor x = Random(6).floats({2, 3, 5, 7}), y;
  global_average_pool(x, y);
  ASSERT_EQ(y.shape(), (Shape{2, 3, 1, 1}));
  for (int64_t c = 0; c < 6; ++c) {
    std::vector<float> v(x.data<float>() + c * 35,
                         x.data<float>() + (c + 1) * 35);
    EXPECT_EQ(y.data<float>()[c], orderedSum(v) / 35.0f);
  }
}

/// A pooling with its reference, over random geometries.
static void checkPooling(bool average) {
  Random random(7);
  for (int round = 0; round < 80; ++round) {
    bool flat = round % 4 == 3;
    Ints k = {flat ? 1 : random.integer(1, 3), random.integer(1, 4)},
         s = {flat ? 1 : random.integer(1, 3), random.integer(1, 3)},
         d = {1, 1}, p(4);
    if (!average)
      d = {flat ? 1 : random.integer(1, 2), random.integer(1, 2)};
    for (int i = 0; i < 4; ++i)
      p[i] = random.integer(0, k[i % 2] - 1);
    Ints in = {flat ? 1 : d[0] * k[0] + random.integer(0, 6),
               d[1] * k[1] + random.integer(0, 9)},
         out(2);
    bool ceil = round % 2, includePad = round % 3 == 0;
    for (int i = 0; i < 2; ++i) {
      double span = double(in[i] + p[i] + p[i + 2] - d[i] * (k[i] - 1) - 1);
      out[i] =
          int64_t(ceil ? std::ceil(span / s[i]) : std::floor(span / s[i])) + 1;
      if (ceil && (out[i] - 1) * s[i] >= in[i] + p[i])
        --out[i];
    }
    Tensor x = random.floats({2, 2, in[0], in[1]}), y;
    std::vector<double> expected;
    for (int64_t c = 0; c < 4; ++c)
      for (int64_t oy = 0; oy < out[0]; ++oy)
        for (int64_t ox = 0; ox < out[1]; ++ox) {
          double sum = 0, top = -INFINITY;
          int64_t count = 0, padded = 0;
          for (int64_t ky = 0; ky < k[0]; ++ky)
            for (int64_t kx = 0; kx < k[1]; ++kx) {
              int64_t iy = oy * s[0] - p[0] + ky * d[0],
                      ix = ox * s[1] - p[1] + kx * d[1];
              padded += iy < in[0] + p[2] && ix < in[1] + p[3];
              if (iy < 0 || iy >= in[0] || ix < 0 || ix >= in[1])
                continue;
              double v = x.data<float>()[(c * in[0] + iy) * in[1] + ix];
              sum += v;
              top = std::max(top, v);
              ++count;
            }
          expected.push_back(average ? sum / (includePad ? padded : count)
                                     : top);
        }
    Shape shape = {2, 2, out[0], out[1]};
    if (flat) {
      x = x.reshaped({2, 2, in[1]});
      k = {k[1]}, s = {s[1]}, d = {d[1]}, p = {p[1], p[3]};
      shape = {2, 2, out[1]};
    }
    if (average)
      average_pool(x, y, k, s, p, ceil, includePad);
    else
      max_pool(x, y, k, s, p, d, ceil);
    ASSERT_TRUE(isNear(y, shape, expected, 1e-6)) << round;
  }
}
TEST(Kernel, average_pool) { checkPooling(true); }
TEST(Kernel, max_pool) { checkPooling(false); }

TEST(Kernel, max_pool_indices) {
  Random random(8);
  for (int round = 0; round < 40; ++round) {
    Ints k = {random.integer(1, 3), random.integer(1, 3)},
         s = {random.integer(1, 2), random.integer(1, 2)}, d = {1, 1},
         p = {0, k[1] - 1, k[0] - 1, 0};
    int64_t h = random.integer(3, 7), w = random.integer(3, 7);
    // Few values, so that there are ties.
    Tensor x = random.floats({2, 2, h, w}), y, at;
    for (int64_t i = 0; i < x.size(); ++i)
      x.data<float>()[i] = std::floor(x.data<float>()[i]);
    bool columns = round % 2;
    max_pool(x, y, k, s, p, d, 0);
    max_pool_indices(x, at, k, s, p, d, 0, columns);
    ASSERT_EQ(at.shape(), y.shape());
    int64_t outputs = y.dim(2) * y.dim(3);
    for (int64_t i = 0; i < y.size(); ++i) {
      int64_t inPlane = at.data<int64_t>()[i] - i / outputs * h * w;
      ASSERT_TRUE(inPlane >= 0 && inPlane < h * w);
      int64_t iy = columns ? inPlane % h : inPlane / w;
      int64_t ix = columns ? inPlane / h : inPlane % w;
      // The element is the maximum, in the window, and the first such.
      const float *plane = x.data<float>() + i / outputs * h * w;
      ASSERT_EQ(plane[iy * w + ix], y.data<float>()[i]);
      int64_t top = i % outputs / y.dim(3) * s[0] - p[0];
      int64_t left = i % y.dim(3) * s[1] - p[1];
      ASSERT_TRUE(iy >= top && iy < top + k[0] && ix >= left &&
                  ix < left + k[1]);
      for (int64_t v = std::max<int64_t>(top, 0); v < iy; ++v)
        for (int64_t u = std::max<int64_t>(left, 0);
             u < std::min(left + k[1], w); ++u)
          ASSERT_LT(plane[v * w + u], y.data<float>()[i]);
    }
  }
}
