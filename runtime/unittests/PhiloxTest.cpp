//===- PhiloxTest.cpp - Counter-based random numbers ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Philox.h"

#include <gtest/gtest.h>

using namespace snn::rt;

/// The known answers of the generator's authors (Random123, kat_vectors).
TEST(Philox, KnownAnswers) {
  struct Answer {
    PhiloxWords counter;
    PhiloxKey key;
    PhiloxWords expected;
  };
  const Answer answers[] = {
      {{{0, 0, 0, 0}},
       {0, 0},
       {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
      {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
       {0xffffffff, 0xffffffff},
       {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
      {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
       {0xa4093822, 0x299f31d0},
       {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}},
  };
  for (const Answer &answer : answers) {
    PhiloxWords words = philox(answer.counter, answer.key);
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(words.word[i], answer.expected.word[i]);
  }
}

TEST(Philox, PurposesAreApart) {
  PhiloxWords counter = {{1, 2, 3, 4}};
  PhiloxWords a = philox(counter, PhiloxKey::make(0x123456789abcdef0u, 0));
  PhiloxWords b = philox(counter, PhiloxKey::make(0x123456789abcdef0u, 1));
  EXPECT_NE(a.word[0], b.word[0]);
  PhiloxKey key = PhiloxKey::make(0x123456789abcdef0u, 5);
  EXPECT_EQ(key.low, 0x9abcdef0u);
  EXPECT_EQ(key.high, 0x12345678u ^ 5u);
}
