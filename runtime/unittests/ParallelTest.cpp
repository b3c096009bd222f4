//===- ParallelTest.cpp - Several threads for one sample --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "Parallel.h"

#include "snn/runtime/Epilogue.h"
#include "snn/runtime/Kernels.h"

#include <functional>
#include <sys/resource.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SNN_HAS_ADDRESS_SANITIZER 1 // takes terabytes of addresses
#endif
#endif

using namespace snn::rt;
using namespace snn::rt::detail;
using namespace snn::rt::test;

TEST(Parallel, PartsCoverTheRangeOnce) {
  Team team(3);
  TeamScope scope(&team);
  // Rounds follow each other at once, and after the members fell asleep.
  for (int round = 0; round < 2000; ++round) {
    int64_t count = round % 97, grain = 1 + round % 5;
    std::vector<std::atomic<int>> visits(count);
    parallelFor(count, grain, [&](int64_t begin, int64_t end) {
      EXPECT_EQ(begin % grain, 0);
      EXPECT_LT(begin, end);
      for (int64_t i = begin; i < end; ++i)
        ++visits[i];
    });
    for (int64_t i = 0; i < count; ++i)
      ASSERT_EQ(visits[i], 1) << "round " << round << " element " << i;
    if (round % 500 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST(Parallel, PartsHaveNoTeam) {
  Team team(2);
  TeamScope scope(&team);
  parallelFor(8, 1,
              [&](int64_t, int64_t) { EXPECT_EQ(currentTeam(), nullptr); });
  EXPECT_EQ(currentTeam(), &team);
}

TEST(Parallel, ExceptionsReachTheCaller) {
  Team team(2);
  TeamScope scope(&team);
  std::atomic<int> parts{0};
  auto run = [&] {
    parallelFor(8, 1, [&](int64_t begin, int64_t) {
      ++parts;
      if (begin == 3)
        throw Error("three");
    });
  };
  EXPECT_THROW(run(), Error);
  EXPECT_EQ(parts, 8);
  // The team lives on.
  parallelFor(8, 1, [&](int64_t, int64_t) { ++parts; });
  EXPECT_EQ(parts, 16);
}

/// Every kernel that cuts its work, on one thread and on three.
TEST(Parallel, ThreadsChangeNoBit) {
  Random random(71);
  Team team(3);
  auto check = [&](const char *what, std::function<void(Tensor &)> kernel) {
    Tensor one, several;
    kernel(one);
    {
      TeamScope scope(&team);
      kernel(several);
    }
    EXPECT_TRUE(sameBits(one, several)) << what;
  };

  Tensor x = random.floats({70, 301}), y = random.floats({70, 301});
  Tensor row = random.floats({301}), column = random.floats({70, 1});
  Tensor wide = random.floats({3, 9001});
  check("exp", [&](Tensor &r) { exp(wide, r); });
  check("gelu", [&](Tensor &r) { gelu(wide, r, "none"); });
  check("add", [&](Tensor &r) { add(x, y, r); });
  check("add row", [&](Tensor &r) { add(x, row, r); });
  check("mul column", [&](Tensor &r) { mul(column, x, r); });
  check("softmax", [&](Tensor &r) { softmax(x, r, -1); });
  check("layer norm",
        [&](Tensor &r) { layer_normalization(x, row, &row, r, 1, 1e-5); });
  Tensor cube = random.floats({13, 33, 64});
  check("transpose", [&](Tensor &r) { transpose(cube, r, {1, 0, 2}); });
  check("turn", [&](Tensor &r) { transpose(cube, r, {2, 1, 0}); });
  check("slice",
        [&](Tensor &r) { slice(cube, r, {1, 3}, {12, 60}, {0, 2}, {1, 3}); });

  Coding in = {8, 130, 128, 1, 0.02f}, out = {4, 7, 7, 0, 0.3f};
  check("encode", [&](Tensor &r) {
    Context context;
    encode(context, wide, r, in, 1);
  });
  Tensor train = random.integers<uint8_t>({1, 203, 90}, 0, 255);
  for (int64_t i = 0; i < train.size(); ++i)
    train.data<uint8_t>()[i] = uint8_t(in.deadZone(train.data<uint8_t>()[i]));
  LinearWeights weights(random.integers<int8_t>({90, 301}, -128, 127));
  Tensor scale = random.floats({301}, 1e-5f, 1e-4f);
  Tensor sums;
  for (Mode mode : {Mode::Fast, Mode::Event, Mode::Stepped}) {
    Context context;
    context.mode = mode;
    check("linear",
          [&](Tensor &r) { linear(context, train, weights, nullptr, r, in); });
    check("linear, fused", [&](Tensor &r) {
      linear(context, train, weights, nullptr, r, in,
             Epilogue()
                 .rescale(scale, &row)
                 .activate(Activation::Gelu)
                 .encode(out, 0));
    });
    Tensor q = random.integers<uint8_t>({1, 5, 40, 32}, 0, 255);
    Tensor k = random.integers<uint8_t>({1, 5, 70, 32}, 0, 255);
    check("dynamic product",
          [&](Tensor &r) { dynamicProduct(context, q, k, r, in, 8, 120, 1); });
    Tensor image = random.integers<uint8_t>({2, 6, 23, 19}, 0, 255);
    for (int64_t group : {1, 2, 6}) {
      ConvolutionWeights filters(
          random.integers<int8_t>({12, 6 / group, 3, 3}, -128, 127), group);
      check("convolution", [&](Tensor &r) {
        convolution(context, image, filters, nullptr, r, in, {1, 2},
                    {1, 1, 1, 1}, {1, 1});
      });
    }
  }
  Context context;
  linear(context, train, weights, nullptr, sums, in);
  check("rescale", [&](Tensor &r) { rescale(sums, scale, &row, r, 2); });
  check("rescale by one", [&](Tensor &r) {
    rescale(sums, random.floats({1}, 1e-4f, 1e-4f), nullptr, r, 2);
  });
  Tensor channels = random.floats({203}, 1e-5f, 1e-4f);
  check("requantize inner",
        [&](Tensor &r) { requantize(sums, channels, nullptr, r, out, 1, 1); });
}

#if !defined(__SANITIZE_ADDRESS__) && !SNN_HAS_ADDRESS_SANITIZER
/// More threads than the system gives: those that there are do all parts.
TEST(Parallel, ThreadsThatDoNotStartAreDoneWithout) {
  auto runShort = [] {
    // Room for some stacks.
    struct rlimit limit = {rlim_t(4) << 30, rlim_t(4) << 30};
    setrlimit(RLIMIT_AS, &limit);
    Team team(1u << 20);
    if (team.size() >= mostThreads)
      std::_Exit(2);
    std::vector<std::atomic<int>> done(300);
    team.run(
        [](void *data, int64_t i) {
          ++(*static_cast<std::vector<std::atomic<int>> *>(data))[size_t(i)];
        },
        &done, 300);
    for (std::atomic<int> &times : done)
      if (times != 1)
        std::_Exit(3);
    std::_Exit(0);
  };
  EXPECT_EXIT(runShort(), testing::ExitedWithCode(0), "");
}
#endif
