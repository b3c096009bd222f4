//===- TrainTest.cpp - Kernels that make trains of trains -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Kernels.h"

using namespace snn::rt;
using test::Random;
using test::sameBits;

static Tensor bytes(Shape shape, std::vector<uint8_t> values) {
  return Tensor::fromVector<uint8_t>(shape, values);
}

static const Tensor a = bytes({2, 4}, {1, 0, 0, 1, 0, 0, 1, 1});
static const Tensor b = bytes({2, 4}, {1, 1, 0, 0, 0, 1, 1, 0});

TEST(Kernel, train_and) {
  Tensor y;
  train_and(a, b, y);
  EXPECT_TRUE(sameBits(y, bytes({2, 4}, {1, 0, 0, 0, 0, 0, 1, 0})));
  // A gate for each row, as of the tokens of an attention.
  train_and(a, bytes({2, 1}, {0, 1}), y);
  EXPECT_TRUE(sameBits(y, bytes({2, 4}, {0, 0, 0, 0, 0, 0, 1, 1})));
  EXPECT_THROW(train_and(a, bytes({3}, {1, 1, 1}), y), Error);
  EXPECT_THROW(train_and(a, Tensor(DType::F32, {2, 4}), y), Error);
}

TEST(Kernel, train_and_not) {
  Tensor y;
  train_and_not(b, a, y);
  EXPECT_TRUE(sameBits(y, bytes({2, 4}, {0, 1, 0, 0, 0, 1, 0, 0})));
}

TEST(Kernel, train_add) {
  Tensor y;
  train_add(a, b, y);
  EXPECT_TRUE(sameBits(y, bytes({2, 4}, {2, 1, 0, 1, 0, 1, 2, 1})));
  train_add(y, y, y); // in place
  EXPECT_TRUE(sameBits(y, bytes({2, 4}, {4, 2, 0, 2, 0, 2, 4, 2})));
  EXPECT_THROW(train_add(bytes({1}, {255}), bytes({1}, {1}), y), Error);
}

TEST(Kernel, train_sum) {
  Tensor y;
  // Windows of 2 x 2: 1011 / 0111 / 0010 / 0000.
  Tensor x =
      bytes({2, 2, 2, 2}, {1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0});
  train_sum(x, y, {1, 3}, 0);
  EXPECT_TRUE(sameBits(y, bytes({2, 2}, {2, 4, 0, 1})));
  train_sum(x, y, {0}, 1);
  EXPECT_TRUE(sameBits(y, bytes({1, 2, 2, 2}, {1, 0, 2, 1, 0, 1, 1, 1})));
  train_sum(bytes({2, 2}, {100, 3, 155, 4}), y, {0}, 0);
  EXPECT_TRUE(sameBits(y, bytes({2}, {255, 7})));
  EXPECT_THROW(train_sum(bytes({2}, {200, 56}), y, {0}, 0), Error);
  EXPECT_THROW(train_sum(Tensor(DType::F32, {2}), y, {0}, 0), Error);
}

TEST(Kernel, train_slots) {
  Tensor x = bytes({2, 2}, {0, 1, 4, 2}), y;
  train_slots(x, y, {1, 2, 4, 1});
  EXPECT_TRUE(sameBits(y, bytes({4, 2, 2}, {0, 1, 1, 1, 0, 0, 1, 1, //
                                            0, 0, 1, 0, 0, 1, 1, 1})));
  train_slots(x, x, {2}); // in place
  EXPECT_TRUE(sameBits(x, bytes({1, 2, 2}, {0, 0, 1, 1})));
  EXPECT_THROW(train_slots(Tensor(DType::F32, {2}), y, {1}), Error);
}

TEST(Kernel, train_numbers) {
  Tensor y;
  train_numbers(bytes({3}, {0, 1, 4}), y, .25);
  EXPECT_TRUE(sameBits(y, Tensor::fromVector<float>({3}, {0, .25f, 1})));
}

TEST(Kernel, train_max_pool) {
  Tensor y;
  // Windows of 3, steps of 2, a border of 1.
  train_max_pool(
      bytes({1, 1, 4, 4}, {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0}), y,
      {3, 3}, {2, 2}, {1, 1, 1, 1}, {1, 1}, 0);
  EXPECT_TRUE(sameBits(y, bytes({1, 1, 2, 2}, {1, 1, 1, 1})));
  // As the pooling of the numbers, for windows that are partly outside.
  Random random(5);
  for (int round = 0; round < 30; ++round) {
    Ints k = {random.integer(1, 3), random.integer(1, 3)},
         s = {random.integer(1, 3), random.integer(1, 3)},
         d = {random.integer(1, 2), random.integer(1, 2)},
         p = {random.integer(0, k[0] - 1), random.integer(0, k[1] - 1),
              random.integer(0, k[0] - 1), random.integer(0, k[1] - 1)};
    Tensor x(DType::U8, {2, 2, 7, 6}), numbers, expected, pooled;
    for (int64_t i = 0; i < x.size(); ++i)
      x.data<uint8_t>()[i] =
          static_cast<uint8_t>(std::max<int64_t>(0, random.integer(-6, 3)));
    train_numbers(x, numbers, 1);
    int64_t ceilMode = round % 2;
    max_pool(numbers, expected, k, s, p, d, ceilMode);
    train_max_pool(x, pooled, k, s, p, d, ceilMode);
    // A window of padding only is -inf as numbers and silent as spikes.
    for (int64_t i = 0; i < expected.size(); ++i)
      expected.data<float>()[i] = std::max(expected.data<float>()[i], 0.0f);
    train_numbers(pooled, numbers, 1);
    EXPECT_TRUE(sameBits(numbers, expected));
  }
}
