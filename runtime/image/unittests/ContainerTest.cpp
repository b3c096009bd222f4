//===- ContainerTest.cpp - Damage to a container is found -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/image/Container.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

using namespace snn;
using namespace snn::image;

/// Three sections: one whose length asks for padding, an empty one, raw bytes.
static ContainerWriter makeWriter(uint32_t version = schemaVersion) {
  ContainerWriter writer(version);
  writer.add("text", "seventeen letters");
  writer.add("empty", "");
  std::string raw(5000, '\0');
  for (size_t i = 0; i < raw.size(); ++i)
    raw[i] = char(i * 7);
  writer.add("raw", raw);
  return writer;
}

/// What reading `bytes` throws; empty when it succeeds.
static std::string errorOf(const std::string &bytes) {
  try {
    Container container("x.snnimg", bytes);
    return "";
  } catch (const rt::Error &e) {
    return e.what();
  }
}

static ::testing::AssertionResult contains(const std::string &text,
                                           const std::string &part) {
  if (text.find(part) != std::string::npos)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "'" << text << "' lacks '" << part << "'";
}

TEST(Container, readsWhatWasWritten) {
  std::string bytes = makeWriter().finish();
  Container container("x", bytes);
  ASSERT_EQ(container.sections().size(), 3u);
  EXPECT_EQ(container.bytes("text"), "seventeen letters");
  EXPECT_EQ(container.bytes("empty"), "");
  EXPECT_EQ(container.bytes("raw").size(), 5000u);
  EXPECT_EQ(container.bytes("raw")[3], char(21));
  for (const SectionInfo &info : container.sections())
    EXPECT_EQ(info.offset % sectionAlignment, 0u);
  EXPECT_EQ(container.size(), bytes.size());
  EXPECT_THROW(container.bytes("other"), rt::Error);
}

TEST(Container, copiesKeepTheirBytes) {
  Container copy = [] {
    Container original("x", makeWriter().finish());
    return original;
  }();
  EXPECT_EQ(copy.bytes("text"), "seventeen letters");
}

TEST(Container, equalSectionsGiveEqualBytes) {
  EXPECT_EQ(makeWriter().finish(), makeWriter().finish());
}

TEST(Container, layoutIsAsDocumented) {
  ContainerWriter writer;
  writer.add("a", "xyz");
  std::string bytes = writer.finish();
  ASSERT_EQ(bytes.size(), 128u + 3);
  EXPECT_EQ(bytes.substr(0, 8), "\x89SNNIMG\n");
  EXPECT_EQ(bytes[8], char(schemaVersion));
  EXPECT_EQ(bytes[12], 1);         // sections
  EXPECT_EQ(bytes[16], char(131)); // length
  EXPECT_EQ(bytes.substr(32, 2), std::string("a\0", 2));
  EXPECT_EQ(bytes[64], char(128)); // offset
  EXPECT_EQ(bytes[72], 3);         // length of the section
  // CRC-32 of "xyz" is 0xeb8eba67.
  EXPECT_EQ(bytes.substr(80, 4), "\x67\xba\x8e\xeb");
  EXPECT_EQ(bytes.substr(128), "xyz");
}

TEST(Container, everyFlippedBitIsFound) {
  const std::string bytes = makeWriter().finish();
  // All bits of header, table and padding; then 2,000 anywhere.
  size_t ends = 32 + 3 * 64 + 200;
  std::mt19937 random(1);
  std::uniform_int_distribution<size_t> anywhere(0, bytes.size() * 8 - 1);
  std::vector<size_t> positions;
  for (size_t bit = 0; bit < ends * 8; ++bit)
    positions.push_back(bit);
  for (int i = 0; i < 2000; ++i)
    positions.push_back(anywhere(random));
  std::string damaged = bytes;
  for (size_t bit : positions) {
    damaged[bit / 8] = char(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_TRUE(contains(errorOf(damaged), "x.snnimg: ")) << "bit " << bit;
    damaged[bit / 8] = bytes[bit / 8];
  }
  EXPECT_EQ(errorOf(damaged), "");
}

TEST(Container, everyTruncationIsFound) {
  const std::string bytes = makeWriter().finish();
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_NE(errorOf(bytes.substr(0, length)), "") << length;
  EXPECT_TRUE(contains(errorOf(bytes.substr(0, bytes.size() - 1)),
                       "is truncated in section 'raw'"));
  EXPECT_TRUE(contains(errorOf(bytes.substr(0, 20)), "is truncated"));
  EXPECT_TRUE(contains(errorOf(bytes + "x"), "1 bytes behind its end"));
}

TEST(Container, damageNamesTheSection) {
  std::string bytes = makeWriter().finish();
  bytes[bytes.size() - 1] ^= 1;
  EXPECT_TRUE(contains(errorOf(bytes), "section 'raw' is corrupted"));
  EXPECT_TRUE(contains(errorOf("no image at all"), "no programming image"));
}

TEST(Container, otherSchemasAreRefusedByName) {
  EXPECT_TRUE(contains(errorOf(makeWriter(schemaVersion - 1).finish()),
                       "schema version 7 (older), needs version 8"));
  EXPECT_TRUE(contains(errorOf(makeWriter(schemaVersion + 1).finish()),
                       "schema version 9 (newer), needs version 8"));
}

TEST(Container, namesAreChecked) {
  ContainerWriter writer;
  writer.add("a", "");
  EXPECT_THROW(writer.add("a", ""), rt::Error);
  EXPECT_THROW(writer.add("", ""), rt::Error);
  EXPECT_THROW(writer.add(std::string(33, 'x'), ""), rt::Error);
  writer.add(std::string(32, 'x'), "y");
  EXPECT_EQ(Container("x", writer.finish()).bytes(std::string(32, 'x')), "y");
}

TEST(Container, writesAtomically) {
  std::string folder =
      ::testing::TempDir() + "snn_container_" + std::to_string(getpid());
  ASSERT_EQ(mkdir(folder.c_str(), 0777), 0);
  std::string path = folder + "/x.snnimg";
  makeWriter().write(path);
  EXPECT_EQ(Container(path).bytes("text"), "seventeen letters");
  EXPECT_EQ(Container(path).path(), path);
  // A name that cannot be written leaves nothing.
  EXPECT_THROW(makeWriter().write(folder + "/none/x.snnimg"), rt::Error);
  std::remove(path.c_str());
  EXPECT_EQ(rmdir(folder.c_str()), 0) << "a temporary file was left";
}
