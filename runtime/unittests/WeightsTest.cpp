//===- WeightsTest.cpp - The weights of one simulator -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/DataFile.h"
#include "snn/runtime/Weights.h"

#include <cstdio>
#include <unistd.h>

using namespace snn::rt;
using namespace snn::rt::test;

static const Coding coding = {8, 100, 100, 0, 0.1f};

/// Every key, and every number of groups, has a prepared form of its own.
TEST(Weights, PreparedFormsAreThoseOfTheirKeys) {
  Random random(91);
  std::string path = ::testing::TempDir() + "snnweights" +
                     std::to_string(getpid()) + ".safetensors";
  Tensor a = random.integers<int8_t>({40, 70}, -128, 127);
  Tensor b = random.integers<int8_t>({40, 70}, -128, 127);
  Tensor f = random.integers<int8_t>({8, 2, 3, 3}, -128, 127);
  writeSafetensors(path, {{"a", a}, {"b", b}, {"f", f}});
  Weights weights(path);
  Context context;
  Tensor train = random.integers<uint8_t>({5, 40}, 0, 255);
  // Twice: the second time the forms are there already.
  for (int round = 0; round < 2; ++round)
    for (const auto &[key, matrix] :
         {std::pair<const char *, Tensor>("a", a),
          std::pair<const char *, Tensor>("b", b)}) {
      Tensor expected, sums;
      linear(context, train, LinearWeights(matrix), nullptr, expected, coding);
      linear(context, train, weights.matrix(key), nullptr, sums, coding);
      EXPECT_TRUE(sameBits(sums, expected)) << key;
    }
  for (int round = 0; round < 2; ++round)
    for (int64_t group : {1, 2, 4}) {
      Tensor image = random.integers<uint8_t>({1, 2 * group, 9, 9}, 0, 255);
      Tensor expected, sums;
      convolution(context, image, f, nullptr, expected, coding, {1, 1},
                  {1, 1, 1, 1}, {1, 1}, group);
      convolution(context, image, weights.filters("f", group), nullptr, sums,
                  coding, {1, 1}, {1, 1, 1, 1}, {1, 1});
      EXPECT_TRUE(sameBits(sums, expected)) << group;
    }
  std::remove(path.c_str());
}

/// Each object has its own values under the same literal, where another has
/// been before, too.
TEST(Weights, LiteralsAreThoseOfTheirFile) {
  Random random(92);
  std::string path = ::testing::TempDir() + "snnliterals" +
                     std::to_string(getpid()) + ".safetensors";
  for (int round = 0; round < 3; ++round) {
    Tensor a = random.integers<int8_t>({4, 8}, -128, 127);
    writeSafetensors(path, {{"a", a}});
    auto weights = std::make_unique<Weights>(path);
    for (int again = 0; again < 2; ++again) {
      EXPECT_TRUE(sameBits(weights->tensor("a"), a)) << round;
      EXPECT_TRUE(sameBits(weights->matrix("a").matrix(), a)) << round;
    }
  }
  std::remove(path.c_str());
}
