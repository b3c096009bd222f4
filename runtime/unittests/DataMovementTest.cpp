//===- DataMovementTest.cpp - Data movement and quantisation ----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Kernels.h"

#include <algorithm>

using namespace snn::rt;
using test::Random;

/// A tensor whose elements are their positions.
template <typename T> static Tensor counting(Shape shape) {
  Tensor t(DTypeOf<T>::value, std::move(shape));
  for (int64_t i = 0; i < t.size(); ++i)
    t.data<T>()[i] = static_cast<T>(i);
  return t;
}

TEST(Kernel, gather) {
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    Shape shape = random.shape(random.integer(1, 3));
    int64_t rank = static_cast<int64_t>(shape.size());
    int64_t axis = random.integer(0, rank - 1), n = shape[axis];
    Tensor x = counting<float>(shape), y;
    Shape is = random.shape(random.integer(0, 2), 4);
    Tensor at = round % 2 ? random.integers<int64_t>(is, -n, n - 1)
                          : random.integers<int32_t>(is, -n, n - 1);
    gather(x, at, y, round % 3 ? axis : axis - rank);
    Shape expected(shape.begin(), shape.begin() + axis);
    expected.insert(expected.end(), is.begin(), is.end());
    expected.insert(expected.end(), shape.begin() + axis + 1, shape.end());
    ASSERT_EQ(y.shape(), expected);
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints o = test::unravel(i, expected);
      Ints position(o.begin() + axis, o.begin() + axis + is.size());
      int64_t j = test::ravel(position, is);
      int64_t index = round % 2 ? at.data<int64_t>()[j] : at.data<int32_t>()[j];
      Ints from(o.begin(), o.begin() + axis);
      from.push_back(index < 0 ? index + n : index);
      from.insert(from.end(), o.begin() + axis + is.size(), o.end());
      ASSERT_EQ(y.data<float>()[i], x.data<float>()[test::ravel(from, shape)]);
    }
  }
  Tensor x = counting<float>({3}), y;
  EXPECT_THROW(gather(x, Tensor::scalar<int64_t>(3), y, 0), Error);
  EXPECT_THROW(gather(x, Tensor::scalar<int64_t>(-4), y, 0), Error);
}

TEST(Kernel, reshape) {
  Tensor x = counting<float>({2, 3, 4}), y;
  reshape(x, y, {4, -1});
  EXPECT_EQ(y.shape(), (Shape{4, 6}));
  EXPECT_EQ(y.raw(), x.raw());
  reshape(x, y, {24});
  EXPECT_EQ(y.shape(), (Shape{24}));
  EXPECT_THROW(reshape(x, y, {5, -1}), Error);
  EXPECT_THROW(reshape(x, y, {-1, -1}), Error);
  EXPECT_THROW(reshape(x, y, {5}), Error);
}

TEST(Kernel, transpose) {
  Random random(2);
  for (int round = 0; round < 40; ++round) {
    Shape shape = random.shape(random.integer(0, 5), 5);
    Ints order;
    for (size_t i = 0; i < shape.size(); ++i)
      order.insert(order.begin() +
                       random.integer(0, static_cast<int64_t>(order.size())),
                   static_cast<int64_t>(i));
    Tensor x = round % 2 ? counting<int64_t>(shape) : counting<int8_t>(shape);
    Tensor y;
    transpose(x, y, order);
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints o = test::unravel(i, y.shape()), from(o.size());
      for (size_t a = 0; a < o.size(); ++a)
        from[order[a]] = o[a];
      int64_t j = test::ravel(from, shape);
      if (round % 2)
        ASSERT_EQ(y.data<int64_t>()[i], x.data<int64_t>()[j]);
      else
        ASSERT_EQ(y.data<int8_t>()[i], x.data<int8_t>()[j]);
    }
  }
  Tensor x = counting<float>({2, 3}), y;
  transpose(x, y, {});
  EXPECT_EQ(y.shape(), (Shape{3, 2}));
  EXPECT_THROW(transpose(x, y, {0, 0}), Error);
  EXPECT_THROW(transpose(x, y, {0}), Error);
}

/// Every order of the axes, where runs and matrices are long enough for loops
/// of their own.
TEST(Kernel, transposeOfLongAxes) {
  Random random(4);
  auto check = [&](auto zero, Shape shape) {
    using T = decltype(zero);
    Tensor x = random.integers<T>(shape, 0, 100), y;
    Ints order = {0, 1, 2};
    do {
      transpose(x, y, order);
      for (int64_t i = 0; i < y.size(); ++i) {
        Ints o = test::unravel(i, y.shape()), from(o.size());
        for (size_t a = 0; a < o.size(); ++a)
          from[order[a]] = o[a];
        ASSERT_EQ(y.data<T>()[i], x.data<T>()[test::ravel(from, shape)])
            << toString(shape) << " element " << i;
      }
    } while (std::next_permutation(order.begin(), order.end()));
  };
  for (int round = 0; round < 6; ++round) {
    Shape shape = {random.integer(1, 5), random.integer(7, 40),
                   random.integer(7, 40)};
    check(uint8_t(), shape);
    check(int16_t(), shape);
    check(int32_t(), shape);
    check(int64_t(), shape);
  }
  for (int64_t run : {16, 32, 64, 128, 256})
    check(uint8_t(), {3, 5, run});
}

TEST(Kernel, concat) {
  Tensor a = counting<int32_t>({2, 1, 2}), b = counting<int32_t>({2, 3, 2}), y;
  concat({&a, &b, &a}, y, -2);
  ASSERT_EQ(y.shape(), (Shape{2, 5, 2}));
  EXPECT_EQ(y.toVector<int32_t>(),
            (std::vector<int32_t>{0, 1, 0, 1, 2, 3, 4,  5,  0, 1, //
                                  2, 3, 6, 7, 8, 9, 10, 11, 2, 3}));
  EXPECT_THROW(concat({&a, &b}, y, 0), Error);
  EXPECT_THROW(concat({}, y, 0), Error);
}

TEST(Kernel, slice) {
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    Shape shape = random.shape(random.integer(1, 3), 9);
    int64_t rank = static_cast<int64_t>(shape.size());
    Ints starts, ends, axes, steps;
    std::vector<Ints> kept(rank);
    for (int64_t axis = 0; axis < rank; ++axis) {
      int64_t n = shape[axis];
      if (random.integer(0, 3) == 0) {
        for (int64_t i = 0; i < n; ++i)
          kept[axis].push_back(i);
        continue;
      }
      int64_t start = random.integer(-12, 12), end = random.integer(-12, 12);
      if (round % 9 == 0)
        end = INT64_MAX;
      if (round % 9 == 1)
        end = INT64_MIN;
      int64_t step = random.integer(1, 3) * (random.integer(0, 1) ? 1 : -1);
      starts.push_back(start);
      ends.push_back(end);
      axes.push_back(random.integer(0, 1) ? axis : axis - rank);
      steps.push_back(step);
      // Python's slice, but ONNX clamps the start of a negative step to 0.
      if (start < 0)
        start += n;
      if (end < 0 && end != INT64_MIN)
        end += n;
      if (step > 0)
        for (int64_t i = std::max<int64_t>(start, 0); i < n && i < end;
             i += step)
          kept[axis].push_back(i);
      else
        for (int64_t i = std::clamp<int64_t>(start, 0, n - 1);
             i >= 0 && i > end; i += step)
          kept[axis].push_back(i);
    }
    Tensor x = counting<int16_t>(shape), y;
    slice(x, y, starts, ends, axes, steps);
    Shape expected;
    for (const Ints &k : kept)
      expected.push_back(static_cast<int64_t>(k.size()));
    ASSERT_EQ(y.shape(), expected) << round;
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints from = test::unravel(i, expected);
      for (int64_t axis = 0; axis < rank; ++axis)
        from[axis] = kept[axis][from[axis]];
      ASSERT_EQ(y.data<int16_t>()[i],
                x.data<int16_t>()[test::ravel(from, shape)]);
    }
  }
  Tensor x = counting<float>({3}), y;
  EXPECT_THROW(slice(x, y, {0}, {1}, {0}, {0}), Error);
}

TEST(Kernel, split) {
  Tensor x = counting<float>({2, 5}), a, b, c;
  split(x, {&a, &b}, 1, {2, 3});
  EXPECT_EQ(a.toVector<float>(), (std::vector<float>{0, 1, 5, 6}));
  EXPECT_EQ(b.toVector<float>(), (std::vector<float>{2, 3, 4, 7, 8, 9}));
  split(x, {&a, &b, &c}, -1, {});
  EXPECT_EQ(c.shape(), (Shape{2, 1}));
  EXPECT_THROW(split(x, {&a, &b}, 1, {2, 2}), Error);
}

TEST(Kernel, expand) {
  Tensor x = counting<float>({3, 1}), y;
  expand(x, nullptr, y, {2, 1, 4});
  ASSERT_EQ(y.shape(), (Shape{2, 3, 4}));
  for (int64_t i = 0; i < y.size(); ++i)
    EXPECT_EQ(y.data<float>()[i], float(i / 4 % 3));
  Tensor like(DType::I64, {5, 2});
  expand(Tensor::scalar<int64_t>(7), &like, y, {-1, 2});
  EXPECT_EQ(y.shape(), (Shape{5, 2}));
  EXPECT_THROW(expand(x, nullptr, y, {-1, 2}), Error);
  EXPECT_THROW(expand(x, nullptr, y, {2, 4}), Error);
}

TEST(Kernel, tile) {
  Tensor x = counting<int8_t>({2, 3}), y;
  tile(x, y, {2, 3});
  ASSERT_EQ(y.shape(), (Shape{4, 9}));
  for (int64_t i = 0; i < y.size(); ++i)
    EXPECT_EQ(y.data<int8_t>()[i], i / 9 % 2 * 3 + i % 9 % 3);
  EXPECT_THROW(tile(x, y, {2}), Error);
}

TEST(Kernel, pad) {
  Random random(4);
  for (int round = 0; round < 60; ++round) {
    const char *modes[] = {"constant", "reflect", "edge", "wrap"};
    std::string mode = modes[round % 4];
    Shape shape = random.shape(random.integer(1, 3), 6), expected;
    for (int64_t &d : shape)
      d += 2;
    int64_t rank = static_cast<int64_t>(shape.size());
    Ints pads(2 * rank);
    for (int64_t i = 0; i < 2 * rank; ++i)
      pads[i] = random.integer(-1, 2);
    for (int64_t i = 0; i < rank; ++i)
      expected.push_back(shape[i] + pads[i] + pads[rank + i]);
    Tensor x = counting<float>(shape), y;
    pad(x, y, pads, mode, -7.5);
    ASSERT_EQ(y.shape(), expected);
    for (int64_t i = 0; i < y.size(); ++i) {
      Ints from = test::unravel(i, expected);
      bool outside = false;
      for (int64_t a = 0; a < rank; ++a) {
        int64_t at = from[a] - pads[a], n = shape[a];
        if (at < 0 || at >= n) {
          outside = true;
          at = mode == "edge"   ? (at < 0 ? 0 : n - 1)
               : mode == "wrap" ? (at < 0 ? at + n : at - n)
                                : (at < 0 ? -at : 2 * (n - 1) - at);
        }
        from[a] = at;
      }
      float value = outside && mode == "constant"
                        ? -7.5f
                        : x.data<float>()[test::ravel(from, shape)];
      ASSERT_EQ(y.data<float>()[i], value);
    }
  }
  Tensor x = counting<float>({3}), y;
  EXPECT_THROW(pad(x, y, {1, 1}, "mirror", 0), Error);
  EXPECT_THROW(pad(x, y, {-2, -2}, "constant", 0), Error);
}

TEST(Kernel, range) {
  Tensor y;
  range(Tensor::scalar<int64_t>(2), Tensor::scalar<int64_t>(9),
        Tensor::scalar<int64_t>(3), y);
  EXPECT_EQ(y.toVector<int64_t>(), (std::vector<int64_t>{2, 5, 8}));
  range(Tensor::scalar<int32_t>(5), Tensor::scalar<int32_t>(0),
        Tensor::scalar<int32_t>(-2), y);
  EXPECT_EQ(y.toVector<int32_t>(), (std::vector<int32_t>{5, 3, 1}));
  range(Tensor::scalar<float>(0), Tensor::scalar<float>(1),
        Tensor::scalar<float>(0.25f), y);
  EXPECT_EQ(y.toVector<float>(), (std::vector<float>{0, 0.25f, 0.5f, 0.75f}));
  range(Tensor::scalar<int64_t>(3), Tensor::scalar<int64_t>(3),
        Tensor::scalar<int64_t>(1), y);
  EXPECT_EQ(y.size(), 0);
  EXPECT_THROW(range(Tensor::scalar<int64_t>(3), Tensor::scalar<int64_t>(3),
                     Tensor::scalar<int64_t>(0), y),
               Error);
}

TEST(Kernel, quantize_linear) {
  Random random(5);
  for (int round = 0; round < 40; ++round) {
    bool isSigned = round % 2, vector = round % 3;
    Shape shape = random.shape(random.integer(1, 4));
    int64_t axis = random.integer(0, static_cast<int64_t>(shape.size()) - 1);
    int64_t channels = vector ? shape[axis] : 1, inner = 1;
    for (size_t i = axis + 1; i < shape.size(); ++i)
      inner *= shape[i];
    Tensor x = random.floats(shape, -40, 40), y;
    Tensor scale = random.floats(vector ? Shape{channels} : Shape{}, 0.1f, 1);
    Shape zs = scale.shape();
    Tensor zero = isSigned ? random.integers<int8_t>(zs, -9, 9)
                           : random.integers<uint8_t>(zs, 0, 200);
    bool hasZero = round % 5 != 0;
    quantize_linear(x, scale, hasZero ? &zero : nullptr, y, axis,
                    isSigned ? "I8" : "U8");
    for (int64_t i = 0; i < x.size(); ++i) {
      int64_t c = vector ? i / inner % channels : 0;
      int z = !hasZero   ? 0
              : isSigned ? zero.data<int8_t>()[c]
                         : zero.data<uint8_t>()[c];
      double q = std::nearbyint(x.data<float>()[i] / scale.data<float>()[c]);
      q = std::min(isSigned ? 127.0 : 255.0,
                   std::max(isSigned ? -128.0 : 0.0, q + z));
      ASSERT_EQ(isSigned ? y.data<int8_t>()[i] : y.data<uint8_t>()[i],
                static_cast<int>(q));
    }
  }
  Tensor x = random.floats({3}), y;
  EXPECT_THROW(
      quantize_linear(x, Tensor::scalar<float>(1), nullptr, y, 0, "I32"),
      Error);
  EXPECT_THROW(quantize_linear(x, random.floats({2}), nullptr, y, 0, "U8"),
               Error);
}

TEST(Kernel, dequantize_linear) {
  Random random(6);
  Tensor x = random.integers<int8_t>({4, 3, 5}, -128, 127), y;
  Tensor scale = random.floats({3}, 0.1f, 1);
  Tensor zero = random.integers<int8_t>({3}, -20, 20);
  dequantize_linear(x, scale, &zero, y, -2);
  for (int64_t i = 0; i < x.size(); ++i) {
    int64_t c = i / 5 % 3;
    ASSERT_EQ(y.data<float>()[i],
              float(x.data<int8_t>()[i] - zero.data<int8_t>()[c]) *
                  scale.data<float>()[c]);
  }
  Tensor a = random.integers<int32_t>({7}, -1000000, 1000000);
  dequantize_linear(a, Tensor::scalar<float>(0.25f), nullptr, y, 0);
  for (int64_t i = 0; i < 7; ++i)
    ASSERT_EQ(y.data<float>()[i], float(a.data<int32_t>()[i]) * 0.25f);
  Tensor u = random.integers<uint8_t>({7}, 0, 255);
  Tensor uz = Tensor::scalar<uint8_t>(200);
  dequantize_linear(u, Tensor::scalar<float>(0.5f), &uz, y, 1);
  EXPECT_EQ(y.data<float>()[0], float(u.data<uint8_t>()[0] - 200) * 0.5f);
}
