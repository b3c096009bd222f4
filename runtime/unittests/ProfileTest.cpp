//===- ProfileTest.cpp - Where a simulator's time goes ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "isa/Isa.h"

#include "snn/runtime/Profile.h"

#include <chrono>
#include <thread>

using namespace snn::rt;
using namespace snn::rt::detail;

static const ProfiledOp ops[] = {
    {"/a \"quoted\"", "spike.encode", 0, 30, 5e6},
    {"/b", "spike.linear + spike.fire", 4e6, 20, 1e3}};

static void sleepFor(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

/// Runs both ops; the second takes longer.
static void runOnce(Profile &profile) {
  profile.begin();
  profile.start(0);
  sleepFor(2);
  profile.start(1);
  sleepFor(6);
  profile.end();
}

TEST(Profile, OpsEndWhereOthersBegin) {
  Profile profile(2);
  EXPECT_EQ(profile.median(0), 0);
  runOnce(profile);
  sleepFor(20); // between runs nothing is measured
  runOnce(profile);
  EXPECT_EQ(profile.runs(), 2u);
  EXPECT_GE(profile.median(0), 0.002);
  EXPECT_GE(profile.median(1), 0.006);
  EXPECT_LT(profile.median(1), 0.020);
  profile.clear();
  EXPECT_EQ(profile.runs(), 0u);
  EXPECT_EQ(profile.median(1), 0);
}

TEST(Profile, TableHasTheLongestFirst) {
  Profile profile(2);
  runOnce(profile);
  std::string text = profile.formatTable(ops, {1e9, 1e9});
  size_t a = text.find("/a \"quoted\" (spike.encode)");
  size_t b = text.find("/b (spike.linear + spike.fire)");
  ASSERT_NE(a, std::string::npos);
  ASSERT_NE(b, std::string::npos);
  EXPECT_LT(b, a);
  // Without integer products there is no share of them.
  std::string line = text.substr(text.rfind('\n', a) + 1, a);
  EXPECT_EQ(line.substr(18, 18), std::string(18, ' '));
}

TEST(Profile, TraceHasEveryThread) {
  Profile all(2), one(2), other(2);
  runOnce(one);
  runOnce(other);
  runOnce(other);
  all.merge(one);
  all.merge(Profile(2)); // a thread without a sample
  all.merge(other);
  EXPECT_EQ(all.runs(), 3u);
  std::string text = all.formatTrace("m", ops, {1e9, 1e9});
  // The last run of each thread.
  size_t events = 0;
  for (size_t at = 0; (at = text.find("\"ph\": \"X\"", at)) != text.npos; ++at)
    ++events;
  EXPECT_EQ(events, 4u);
  EXPECT_NE(text.find("\"tid\": 0"), text.npos);
  EXPECT_NE(text.find("\"tid\": 1"), text.npos);
  EXPECT_EQ(text.find("\"tid\": 2"), text.npos);
  EXPECT_NE(text.find("/a \\\"quoted\\\""), text.npos);
}

TEST(Profile, PeakOfEveryInstructionSet) {
  Isa best = bestIsa();
  for (Isa isa :
       {Isa::Portable, Isa::Avx2, Isa::AvxVnni, Isa::Avx512, Isa::Amx}) {
    if (isa > best)
      break;
    setIsa(isa);
    MachinePeak peak = measurePeak();
    EXPECT_GT(peak.products, 1e8) << int(isa);
    EXPECT_GT(peak.bytes, 1e8);
  }
  setIsa(best);
}
