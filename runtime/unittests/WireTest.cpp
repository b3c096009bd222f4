//===- WireTest.cpp - The protobuf wire format, whole and damaged ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Wire.h"
#include "TestSupport.h"
#include <gtest/gtest.h>

#include <string>

using namespace snn::rt;
using namespace snn::rt::test;

static std::string varint(uint64_t v) {
  std::string s;
  for (; v >= 0x80; v >>= 7)
    s += static_cast<char>(v | 0x80);
  return s + static_cast<char>(v);
}

static std::string tag(uint64_t number, unsigned type) {
  return varint(number << 3 | type);
}

/// A message with every type of field.
static std::string everyField() {
  return tag(1, 0) + varint(300) + tag(2, 1) +
         std::string("\1\0\0\0\0\0\0\x80", 8) + tag(3, 2) + varint(3) + "abc" +
         tag(4, 5) + std::string("\0\0\x80\x3f", 4);
}

TEST(Wire, EveryType) {
  std::string bytes = everyField();
  WireReader reader(bytes);
  WireField field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.number, 1u);
  EXPECT_EQ(field.type, WireType::Varint);
  EXPECT_EQ(field.value, 300u);
  EXPECT_EQ(field.encoded, bytes.substr(0, 3));
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.type, WireType::Fixed64);
  EXPECT_EQ(field.value, 0x8000000000000001u);
  ASSERT_TRUE(reader.next(field));
  EXPECT_TRUE(field.isBytes());
  EXPECT_EQ(field.bytes, "abc");
  EXPECT_EQ(field.encoded.size(), 5u);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.type, WireType::Fixed32);
  EXPECT_EQ(field.value, 0x3f800000u);
  EXPECT_FALSE(reader.next(field));
  EXPECT_FALSE(reader.hasFailed());
}

TEST(Wire, Elements) {
  std::string bytes = varint(uint64_t(-1)) + varint(0);
  WireReader integers(bytes);
  uint64_t value = 0;
  ASSERT_TRUE(integers.readVarint(value));
  EXPECT_EQ(value, uint64_t(-1));
  ASSERT_TRUE(integers.readVarint(value));
  EXPECT_EQ(value, 0u);
  EXPECT_TRUE(integers.atEnd());
  EXPECT_FALSE(integers.readVarint(value));
  EXPECT_TRUE(integers.hasFailed());

  WireReader fixed(std::string_view("\1\2\3\4\5", 5));
  ASSERT_TRUE(fixed.readFixed(4, value));
  EXPECT_EQ(value, 0x04030201u);
  EXPECT_FALSE(fixed.readFixed(4, value));
  EXPECT_TRUE(fixed.hasFailed());
}

/// The place of the damage, or nothing.
static long damageOf(const std::string &bytes) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
  }
  return reader.hasFailed() ? reader.failedAt() - bytes.data() : -1;
}

TEST(Wire, Damage) {
  std::string good = tag(1, 0) + varint(5);
  EXPECT_EQ(damageOf(good), -1);
  EXPECT_EQ(damageOf(""), -1);
  // Field numbers run from 1 to 2^29 - 1.
  EXPECT_EQ(damageOf(tag((1u << 29) - 1, 0) + varint(0)), -1);
  EXPECT_EQ(damageOf(good + tag(0, 0) + varint(0)), 2);
  EXPECT_EQ(damageOf(good + tag(1ull << 29, 0) + varint(0)), 2);
  EXPECT_EQ(damageOf(good + tag((1ull << 32) + 1, 0) + varint(0)), 2);
  // Groups, and types that do not exist.
  for (unsigned type : {3u, 4u, 6u, 7u})
    EXPECT_EQ(damageOf(good + tag(1, type)), 2);
  // Lengths beyond the end, also those that overflow.
  for (uint64_t length : {uint64_t(4), uint64_t(1) << 32, uint64_t(-1)})
    EXPECT_EQ(damageOf(good + tag(1, 2) + varint(length) + "abc"), 2);
  // An integer of more than ten bytes.
  EXPECT_EQ(damageOf(good + tag(1, 0) + std::string(11, '\xff')), 2);
}

TEST(Wire, EveryPrefixAndByte) {
  // A view that is no longer than the bytes: nothing is read beyond them.
  std::string good = everyField();
  for (size_t n = 0; n <= good.size(); ++n)
    damageOf(std::string(good.data(), n));
  Random random(9);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (int k = 0; k < 3; ++k)
      bytes[size_t(random.integer(0, int64_t(bytes.size()) - 1))] =
          static_cast<char>(random.integer(0, 255));
    WireReader reader(bytes);
    WireField field;
    size_t covered = 0;
    while (reader.next(field)) {
      EXPECT_EQ(field.encoded.data(), bytes.data() + covered);
      covered += field.encoded.size();
    }
    EXPECT_EQ(covered == bytes.size(), !reader.hasFailed());
  }
}
