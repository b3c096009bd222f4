//===- ProductsTest.cpp - Matrix products and convolution -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Kernels.h"

using namespace snn::rt;
using test::isNear;
using test::Random;

/// The documented product: float products added in ascending order.
static float dot(const float *a, int64_t sa, const float *b, int64_t sb,
                 int64_t n) {
  float sum = 0.0f;
  for (int64_t i = 0; i < n; ++i) {
    volatile float product = a[i * sa] * b[i * sb];
    sum = sum + product;
  }
  return sum;
}

TEST(Kernel, matmul) {
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    int64_t m = random.integer(1, 40), k = random.integer(1, 50),
            n = random.integer(1, 150);
    Shape batchA = random.shape(random.integer(0, 2), 3), batchB = batchA;
    if (!batchA.empty() && round % 3 == 0)
      batchA[0] = 1;
    if (round % 3 == 1)
      batchB.clear();
    Shape sa = batchA, sb = batchB;
    sa.insert(sa.end(), {m, k});
    sb.insert(sb.end(), {k, n});
    Tensor a = random.floats(sa), b = random.floats(sb), y;
    matmul(a, b, y);
    Shape shape = batchA.size() >= batchB.size() ? batchA : batchB;
    for (size_t i = 0; i < batchB.size(); ++i)
      shape[i] = std::max(batchA[i], batchB[i]);
    shape.insert(shape.end(), {m, n});
    ASSERT_EQ(y.shape(), shape);
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints at = test::unravel(i, shape), ia = at, ib = at;
      ia.back() = 0;
      ib[ib.size() - 2] = 0;
      // Bit for bit: the order of the sum is documented.
      ASSERT_EQ(y.data<float>()[i],
                dot(a.data<float>() + test::ravel(ia, sa), 1,
                    b.data<float>() + test::ravel(ib, sb), n, k));
    }
  }
  Tensor v = random.floats({7}), w = random.floats({7, 3}), y;
  matmul(v, w, y);
  EXPECT_EQ(y.shape(), (Shape{3}));
  matmul(v, v, y);
  EXPECT_EQ(y.shape(), Shape{});
  Tensor u = random.floats({2, 7});
  matmul(u, v, y);
  EXPECT_EQ(y.shape(), (Shape{2}));
  EXPECT_THROW(matmul(w, w, y), Error);
}

TEST(Kernel, gemm) {
  Random random(2);
  for (int round = 0; round < 32; ++round) {
    int64_t m = random.integer(1, 20), k = random.integer(1, 30),
            n = random.integer(1, 40);
    bool ta = round & 1, tb = round & 2;
    double alpha = round & 4 ? 0.7 : 1.0, beta = round & 8 ? 1.3 : 1.0;
    Tensor a = random.floats(ta ? Shape{k, m} : Shape{m, k});
    Tensor b = random.floats(tb ? Shape{n, k} : Shape{k, n});
    const Shape biases[] = {{n}, {m, n}, {1, n}, {m, 1}, {}};
    Tensor c = random.floats(biases[round % 5]), y;
    bool hasC = round % 6 != 0;
    gemm(a, b, hasC ? &c : nullptr, y, alpha, beta, ta, tb);
    std::vector<double> expected;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t l = 0; l < k; ++l)
          sum += double(a.data<float>()[ta ? l * m + i : i * k + l]) *
                 b.data<float>()[tb ? j * k + l : l * n + j];
        sum *= alpha;
        if (hasC)
          sum += beta * c.data<float>()[test::ravel({i, j}, c.shape())];
        expected.push_back(sum);
      }
    ASSERT_TRUE(isNear(y, {m, n}, expected, 1e-5));
  }
  Tensor a = random.floats({2, 3}), y;
  EXPECT_THROW(gemm(a, a, nullptr, y, 1, 1, 0, 0), Error);
}

TEST(Kernel, conv) {
  Random random(3);
  for (int round = 0; round < 40; ++round) {
    bool flat = round % 4 == 3;
    int64_t group = random.integer(1, 3), ci = random.integer(1, 4),
            co = random.integer(1, 5), batch = random.integer(1, 2);
    int64_t kh = flat ? 1 : random.integer(1, 3), kw = random.integer(1, 4);
    Ints s = {random.integer(1, 3), random.integer(1, 3)},
         d = {random.integer(1, 2), random.integer(1, 3)}, p;
    for (int i = 0; i < 4; ++i)
      p.push_back(round % 7 == 0 ? 0 : random.integer(0, 3));
    if (flat)
      s[0] = d[0] = 1, p[0] = p[2] = 0;
    int64_t height = flat ? 1 : d[0] * kh + random.integer(0, 8);
    int64_t width = d[1] * kw + random.integer(0, 20);
    int64_t oh = (height + p[0] + p[2] - d[0] * (kh - 1) - 1) / s[0] + 1;
    int64_t ow = (width + p[1] + p[3] - d[1] * (kw - 1) - 1) / s[1] + 1;
    int64_t in = ci * group, out = co * group;
    Tensor x = random.floats({batch, in, height, width});
    Tensor w = random.floats({out, ci, kh, kw}), bias = random.floats({out});
    std::vector<double> expected;
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t o = 0; o < out; ++o)
        for (int64_t yy = 0; yy < oh; ++yy)
          for (int64_t xx = 0; xx < ow; ++xx) {
            double sum = bias.data<float>()[o];
            for (int64_t i = 0; i < ci; ++i)
              for (int64_t ky = 0; ky < kh; ++ky)
                for (int64_t kx = 0; kx < kw; ++kx) {
                  int64_t iy = yy * s[0] - p[0] + ky * d[0],
                          ix = xx * s[1] - p[1] + kx * d[1];
                  if (iy >= 0 && iy < height && ix >= 0 && ix < width)
                    sum +=
                        double(w.data<float>()[((o * ci + i) * kh + ky) * kw +
                                               kx]) *
                        x.data<float>()[((b * in + o / co * ci + i) * height +
                                         iy) *
                                            width +
                                        ix];
                }
            expected.push_back(sum);
          }
    Tensor y;
    if (flat) {
      conv(x.reshaped({batch, in, width}), w.reshaped({out, ci, kw}), &bias, y,
           {s[1]}, {p[1], p[3]}, {d[1]}, group);
      ASSERT_TRUE(isNear(y, {batch, out, ow}, expected, 1e-5));
    } else {
      conv(x, w, &bias, y, s, p, d, group);
      ASSERT_TRUE(isNear(y, {batch, out, oh, ow}, expected, 1e-5));
    }
  }
  Tensor x = random.floats({1, 3, 4, 4}), w = random.floats({2, 2, 3, 3}), y;
  EXPECT_THROW(conv(x, w, nullptr, y, {}, {}, {}, 1), Error);
}

TEST(Kernel, attention) {
  Random random(4);
  for (int round = 0; round < 20; ++round) {
    int64_t b = random.integer(1, 3), h = random.integer(1, 3),
            m = random.integer(1, 9), n = random.integer(1, 40),
            d = random.integer(1, 20), e = random.integer(1, 20);
    Tensor q = random.floats({b, h, m, d}), k = random.floats({b, h, n, d}),
           v = random.floats({b, h, n, e}), y;
    const Shape masks[] = {{b, 1, 1, n}, {m, n}, {b, h, m, n}};
    Tensor mask = random.floats(masks[round % 3]);
    bool hasMask = round % 4 != 0;
    double scale = 1 / std::sqrt(double(d));
    attention(q, k, v, hasMask ? &mask : nullptr, y, scale);
    std::vector<double> expected;
    for (int64_t g = 0; g < b * h; ++g)
      for (int64_t i = 0; i < m; ++i) {
        std::vector<double> s(n);
        double top = -1e300, total = 0;
        for (int64_t j = 0; j < n; ++j) {
          for (int64_t c = 0; c < d; ++c)
            s[j] += double(q.data<float>()[(g * m + i) * d + c]) *
                    k.data<float>()[(g * n + j) * d + c];
          s[j] *= scale;
          if (hasMask)
            s[j] += mask.data<float>()[test::ravel({g / h, g % h, i, j},
                                                   mask.shape())];
          top = std::max(top, s[j]);
        }
        for (double &x : s)
          total += x = std::exp(x - top);
        for (int64_t c = 0; c < e; ++c) {
          double sum = 0;
          for (int64_t j = 0; j < n; ++j)
            sum += s[j] / total * v.data<float>()[(g * n + j) * e + c];
          expected.push_back(sum);
        }
      }
    ASSERT_TRUE(isNear(y, {b, h, m, e}, expected, 1e-5));
  }
}
