//===- IndexingTest.cpp - Reading and writing by index -------- -*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Kernels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace snn::rt;
using test::Random;

/// What a scatter with `reduction` leaves of two numbers.
static int64_t combined(const std::string &reduction, int64_t old, int64_t v) {
  return reduction == "add"   ? old + v
         : reduction == "mul" ? old * v
         : reduction == "min" ? std::min(old, v)
         : reduction == "max" ? std::max(old, v)
                              : v;
}
static const char *const reductions[] = {"none", "add", "mul", "min", "max"};

/// Indices into `axis` of a tensor of shape `data`, no larger than it.
static Tensor pickIndices(Random &random, const Shape &data, int64_t axis,
                          bool wide) {
  Shape shape = data;
  for (size_t i = 0; i < shape.size(); ++i)
    shape[i] = static_cast<int64_t>(i) == axis ? random.integer(1, 6)
                                               : random.integer(1, data[i]);
  int64_t n = data[axis];
  return wide ? random.integers<int64_t>(shape, -n, n - 1)
              : random.integers<int32_t>(shape, -n, n - 1);
}
static int64_t indexAt(const Tensor &t, int64_t i, int64_t n) {
  int64_t index =
      t.dtype() == DType::I64 ? t.data<int64_t>()[i] : t.data<int32_t>()[i];
  return index < 0 ? index + n : index;
}

TEST(Kernel, gather_elements) {
  Random random(1);
  for (int round = 0; round < 60; ++round) {
    Shape shape = random.shape(random.integer(1, 4), 6);
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t axis = random.integer(0, rank - 1);
    Tensor x = random.integers<int64_t>(shape, -99, 99), y;
    Tensor at = pickIndices(random, shape, axis, round % 2);
    gather_elements(x, at, y, round % 3 ? axis : axis - rank);
    ASSERT_EQ(y.shape(), at.shape());
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints from = test::unravel(i, at.shape());
      from[axis] = indexAt(at, i, shape[axis]);
      ASSERT_EQ(y.data<int64_t>()[i],
                x.data<int64_t>()[test::ravel(from, shape)]);
    }
  }
  Tensor x = random.floats({2, 3}), y;
  auto indices = [](Shape shape, int64_t value) {
    Tensor t(DType::I64, shape);
    std::fill(t.data<int64_t>(), t.data<int64_t>() + t.size(), value);
    return t;
  };
  EXPECT_THROW(gather_elements(x, indices({2, 1}, 3), y, 1), Error);
  EXPECT_THROW(gather_elements(x, indices({3, 1}, 0), y, 1), Error);
  EXPECT_THROW(gather_elements(x, indices({2}, 0), y, 1), Error);
  EXPECT_THROW(gather_elements(x, x, y, 1), Error);
}

TEST(Kernel, scatter_elements) {
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    Shape shape = random.shape(random.integer(1, 3), 6);
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t axis = random.integer(0, rank - 1);
    Tensor x = random.integers<int64_t>(shape, -9, 9), y;
    Tensor at = pickIndices(random, shape, axis, round % 2);
    Tensor updates = random.integers<int64_t>(at.shape(), -9, 9);
    std::string reduction = reductions[round % 5];
    scatter_elements(x, at, updates, y, axis, reduction);
    std::vector<int64_t> expected = x.toVector<int64_t>();
    for (int64_t i = 0; i < at.size(); ++i) {
      Ints to = test::unravel(i, at.shape());
      to[axis] = indexAt(at, i, shape[axis]);
      int64_t &element = expected[test::ravel(to, shape)];
      element = combined(reduction, element, updates.data<int64_t>()[i]);
    }
    ASSERT_EQ(y.toVector<int64_t>(), expected);
  }
  Tensor x = random.floats({2, 3}), at = Tensor(DType::I64, {2, 1}), y;
  at.data<int64_t>()[0] = at.data<int64_t>()[1] = 0;
  EXPECT_THROW(scatter_elements(x, at, x, y, 1, "none"), Error);
  EXPECT_THROW(scatter_elements(x, at, random.floats({2, 1}), y, 1, "mean"),
               Error);
}

TEST(Kernel, gather_nd) {
  Random random(3);
  for (int round = 0; round < 60; ++round) {
    Shape shape = random.shape(random.integer(1, 4), 5);
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t batch = random.integer(0, std::min<int64_t>(rank - 1, 2));
    int64_t length = random.integer(1, rank - batch);
    Shape is(shape.begin(), shape.begin() + batch);
    Shape rows = random.shape(random.integer(0, 2), 4);
    is.insert(is.end(), rows.begin(), rows.end());
    Shape expected = is;
    is.push_back(length);
    expected.insert(expected.end(), shape.begin() + batch + length,
                    shape.end());
    Tensor x = random.integers<int32_t>(shape, -99, 99), y, at(DType::I64, is);
    for (int64_t i = 0; i < at.size(); ++i) {
      int64_t n = shape[batch + i % length];
      at.data<int64_t>()[i] = random.integer(-n, n - 1);
    }
    gather_nd(x, at, y, batch);
    ASSERT_EQ(y.shape(), expected);
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints o = test::unravel(i, expected);
      size_t lead = batch + rows.size();
      Ints tuple(o.begin(), o.begin() + lead),
          from(o.begin(), o.begin() + batch);
      tuple.push_back(0);
      for (int64_t j = 0; j < length; ++j) {
        tuple.back() = j;
        from.push_back(indexAt(at, test::ravel(tuple, is), shape[batch + j]));
      }
      from.insert(from.end(), o.begin() + lead, o.end());
      ASSERT_EQ(y.data<int32_t>()[i],
                x.data<int32_t>()[test::ravel(from, shape)]);
    }
  }
  Tensor x = random.floats({2, 3}), y;
  Tensor outside = Tensor::fromVector<int64_t>({1, 2}, {0, 3});
  Tensor tooLong = Tensor::fromVector<int64_t>({1, 3}, {0, 0, 0});
  EXPECT_THROW(gather_nd(x, outside, y, 0), Error);
  EXPECT_THROW(gather_nd(x, tooLong, y, 0), Error);
  EXPECT_THROW(gather_nd(x, outside, y, 1), Error);
}

TEST(Kernel, scatter_nd) {
  Random random(4);
  for (int round = 0; round < 60; ++round) {
    Shape shape = random.shape(random.integer(1, 3), 5);
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t length = random.integer(1, rank), rows = random.integer(1, 5);
    Tensor x = random.integers<int64_t>(shape, -9, 9), y,
           at(DType::I64, {rows, length});
    for (int64_t i = 0; i < at.size(); ++i) {
      int64_t n = shape[i % length];
      at.data<int64_t>()[i] = random.integer(-n, n - 1);
    }
    Shape us = {rows};
    us.insert(us.end(), shape.begin() + length, shape.end());
    Tensor updates = random.integers<int64_t>(us, -9, 9);
    std::string reduction = reductions[round % 5];
    scatter_nd(x, at, updates, y, reduction);
    std::vector<int64_t> expected = x.toVector<int64_t>();
    for (int64_t i = 0; i < updates.size(); ++i) {
      Ints o = test::unravel(i, us), to;
      for (int64_t j = 0; j < length; ++j)
        to.push_back(indexAt(at, o[0] * length + j, shape[j]));
      to.insert(to.end(), o.begin() + 1, o.end());
      int64_t &element = expected[test::ravel(to, shape)];
      element = combined(reduction, element, updates.data<int64_t>()[i]);
    }
    ASSERT_EQ(y.toVector<int64_t>(), expected);
  }
  Tensor x = random.floats({4}), at = Tensor::fromVector<int64_t>({1, 1}, {4}),
         y;
  EXPECT_THROW(scatter_nd(x, at, random.floats({1}), y, "none"), Error);
  EXPECT_THROW(scatter_nd(x, at, random.floats({2}), y, "none"), Error);
  EXPECT_THROW(scatter_nd(x, at, random.floats({1}), y, "mean"), Error);
}

TEST(Kernel, cum_sum) {
  Random random(5);
  for (int round = 0; round < 40; ++round) {
    Shape shape = random.shape(random.integer(1, 3), 6);
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t axis = random.integer(0, rank - 1), n = shape[axis];
    Tensor x = random.floats(shape), y;
    bool exclusive = round % 2, reverse = round % 3 == 0;
    cum_sum(x, y, round % 4 ? axis : axis - rank, exclusive, reverse);
    ASSERT_EQ(y.shape(), shape);
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints at = test::unravel(i, shape);
      int64_t own = at[axis];
      float sum = 0;
      for (int64_t l = 0; l < n; ++l) {
        int64_t j = reverse ? n - 1 - l : l;
        if (reverse ? j < own : j > own)
          break;
        if (exclusive && j == own)
          break;
        at[axis] = j;
        sum += x.data<float>()[test::ravel(at, shape)];
      }
      ASSERT_EQ(y.data<float>()[i], sum);
    }
  }
  Tensor x = Tensor::fromVector<int64_t>({3}, {1, 2, 3});
  cum_sum(x, x, 0, 0, 0);
  EXPECT_EQ(x.toVector<int64_t>(), (std::vector<int64_t>{1, 3, 6}));
  EXPECT_THROW(cum_sum(x, x, 1, 0, 0), Error);
}

TEST(Kernel, top_k) {
  Random random(6);
  for (int round = 0; round < 40; ++round) {
    Shape shape = random.shape(random.integer(1, 3), 7);
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t axis = random.integer(0, rank - 1), n = shape[axis];
    int64_t k = random.integer(0, n);
    bool largest = round % 2;
    Tensor x = random.integers<int32_t>(shape, 0, 4), v, at;
    top_k(x, v, at, k, round % 3 ? axis : axis - rank, largest);
    Shape expected = shape;
    expected[axis] = k;
    ASSERT_EQ(v.shape(), expected);
    ASSERT_EQ(at.shape(), expected);
    for (int64_t i = 0; i < v.size(); ++i) {
      Ints index = test::unravel(i, expected);
      int64_t place = index[axis];
      auto element = [&](int64_t j) {
        index[axis] = j;
        return x.data<int32_t>()[test::ravel(index, shape)];
      };
      std::vector<int64_t> order(n);
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        return largest ? element(a) > element(b) : element(a) < element(b);
      });
      ASSERT_EQ(at.data<int64_t>()[i], order[place]);
      ASSERT_EQ(v.data<int32_t>()[i], element(order[place]));
    }
  }
  Tensor x = Tensor::fromVector<float>({3}, {NAN, 1, 2}), v, at;
  top_k(x, v, at, 3, 0, 1);
  EXPECT_EQ(at.toVector<int64_t>(), (std::vector<int64_t>{2, 1, 0}));
  EXPECT_THROW(top_k(x, v, at, 4, 0, 1), Error);
}
