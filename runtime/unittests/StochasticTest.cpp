//===- StochasticTest.cpp - Draws, and executions of attention --*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StochasticSupport.h"

#include "snn/runtime/KernelTable.h"
#include "snn/runtime/Philox.h"

#include <array>

using namespace snn::rt;
using namespace snn::rt::test;

static Tensor runSsa(Context context, const Trains &t, const Tensor *mask,
                     int64_t steps, const SsaParameters &p) {
  Tensor a;
  ssa(context, t.q, t.k, t.v, mask, a, steps, p);
  return a;
}

//===----------------------------------------------------------------------===//
// The counter and the shift register
//===----------------------------------------------------------------------===//

/// Every field of the counter is where the documentation says.
TEST(Stochastic, CounterLayout) {
  constexpr int64_t steps = 3, batch = 2, heads = 2, rows = 3, columns = 5;
  uint64_t seed = 0x123456789abcdef0u;
  Context context;
  context.sample = 4096 * 7 + 4095; // the second sample carries
  context.batch = batch;
  Tensor like(DType::F32, {steps, batch, heads, rows, columns});
  std::fill(like.data<float>(), like.data<float>() + like.size(), 0.5f);
  for (DrawStage stage :
       {DrawStage::Score, DrawStage::Output, DrawStage::Encoder}) {
    Tensor y, train;
    randomUniform(context, like.shape(), y, steps, {seed, 9}, stage);
    bernoulli(context, like, train, steps, {seed, 9}, stage);
    for (int64_t at = 0; at < y.size(); ++at) {
      Ints i = unravel(at, y.shape());
      uint64_t b = uint64_t(context.sample + i[1]);
      bool encoder = stage == DrawStage::Encoder;
      int64_t index = i[3] * columns + i[4];
      if (encoder)
        index += i[2] * rows * columns;
      uint32_t low = uint32_t((b % 4096) << 20) |
                     (encoder ? 0 : uint32_t(i[2] << 4)) | uint32_t(stage);
      uint32_t u =
          philox({{uint32_t(index), uint32_t(b / 4096), uint32_t(i[0]), low}},
                 {uint32_t(seed), uint32_t(seed >> 32) ^ 9})
              .word[0];
      ASSERT_EQ(y.data<float>()[at], float(u >> 8) / 16777216.0f);
      ASSERT_EQ(train.data<uint8_t>()[at], u < 0x80000000u);
    }
  }
}

/// The kernel takes samples and seed from the call's context.
TEST(Kernel, random_uniform_like) {
  const Kernel *kernel = findKernel("random_uniform_like");
  ASSERT_NE(kernel, nullptr);
  Context context;
  context.batch = 2;
  context.sample = 9;
  context.seed = 1234;
  Tensor like(DType::F32, {3, 2, 5}), y, expected;
  KernelCall call = {{&like},
                     {&y},
                     {int64_t(0), int64_t(6), int64_t(3), int64_t(2)},
                     &context};
  kernel->invoke(call);
  randomUniform(context, like.shape(), expected, 3, {0, 6}, DrawStage::Encoder);
  EXPECT_TRUE(sameBits(y, expected));
  context.sample = 10;
  kernel->invoke(call);
  EXPECT_FALSE(sameBits(y, expected));
  call.attributes[3] = int64_t(3);
  EXPECT_THROW(kernel->invoke(call), Error);
}

/// x^32 + x^22 + x^2 + x + 1 is primitive: the map has order 2^32 - 1, whose
/// prime factors are 3, 5, 17, 257 and 65537.
TEST(Stochastic, ShiftRegisterHasFullPeriod) {
  using Map = std::array<uint32_t, 32>; // images of the unit vectors
  auto apply = [](const Map &map, uint32_t x) {
    uint32_t y = 0;
    for (int bit = 0; bit < 32; ++bit)
      y ^= (x >> bit & 1) ? map[bit] : 0;
    return y;
  };
  auto power = [&](uint64_t exponent) {
    Map result, base;
    for (int bit = 0; bit < 32; ++bit) {
      result[bit] = 1u << bit;
      base[bit] = lfsr32Step(1u << bit);
    }
    for (; exponent; exponent >>= 1) {
      Map next;
      if (exponent & 1) {
        for (int bit = 0; bit < 32; ++bit)
          next[bit] = apply(base, result[bit]);
        result = next;
      }
      for (int bit = 0; bit < 32; ++bit)
        next[bit] = apply(base, base[bit]);
      base = next;
    }
    return result;
  };
  Map identity;
  for (int bit = 0; bit < 32; ++bit)
    identity[bit] = 1u << bit;
  constexpr uint64_t order = 0xFFFFFFFFu;
  EXPECT_EQ(power(order), identity);
  uint64_t product = 1;
  for (uint64_t prime : {3u, 5u, 17u, 257u, 65537u}) {
    EXPECT_NE(power(order / prime), identity) << prime;
    product *= prime;
  }
  EXPECT_EQ(product, order);
  // A step that moves no feedback, and one that does.
  EXPECT_EQ(lfsr32Step(2), 1u);
  EXPECT_EQ(lfsr32Step(1), 0x80200003u);
}

/// t: all scores of a row, then its outputs; draw, then step; u = state - 1.
TEST(Stochastic, ShiftRegisterSchedule) {
  Random random(5);
  Trains t(random, {3, 1, 2, 4, 8}, 0.5f);
  SsaParameters p = plainSsa(t.q, 99, 4);
  p.generator = Generator::Lfsr32;
  Context context;
  context.sample = 5000;
  Tensor out = runSsa(context, t, nullptr, 3, p);
  for (int64_t h = 0; h < 2; ++h)
    for (int64_t i = 0; i < 4; ++i) {
      uint32_t state =
          philox({{uint32_t(i), 1, 0,
                   uint32_t((5000 - 4096) << 20) | uint32_t(h << 4) | 15}},
                 {99, 4})
              .word[1];
      ASSERT_NE(state, 0u);
      for (int64_t step = 0; step < 3; ++step) {
        int64_t at = (step * 2 + h) * 32;
        auto bit = [&](const Tensor &train, int64_t row, int64_t m) {
          return int64_t(train.data<uint8_t>()[at + row * 8 + m]);
        };
        bool score[4];
        for (int64_t j = 0; j < 4; ++j) {
          int64_t c = 0;
          for (int64_t m = 0; m < 8; ++m)
            c += bit(t.q, i, m) * bit(t.k, j, m);
          score[j] = ((uint64_t(state - 1) * 8) >> 32) < uint64_t(c);
          state = lfsr32Step(state);
        }
        for (int64_t m = 0; m < 8; ++m) {
          int64_t e = 0;
          for (int64_t j = 0; j < 4; ++j)
            e += score[j] * bit(t.v, j, m);
          ASSERT_EQ(bit(out, i, m),
                    ((uint64_t(state - 1) * 4) >> 32) < uint64_t(e));
          state = lfsr32Step(state);
        }
      }
    }
}

//===----------------------------------------------------------------------===//
// Executions
//===----------------------------------------------------------------------===//

TEST(Stochastic, ExecutionsGiveTheSameBits) {
  Random random(1);
  for (int round = 0; round < 48; ++round) {
    Context context;
    context.batch = random.integer(1, 2);
    context.sample = random.integer(0, 10000);
    int64_t steps = random.integer(1, 4), n = random.integer(1, 70),
            d = random.integer(1, 70);
    Trains t(random, {steps, context.batch, random.integer(1, 3), n, d},
             random.real(0.05f, 1.0f));
    SsaParameters p = plainSsa(t.q, uint64_t(random.integer(0, 1 << 30)));
    p.generator = round % 2 ? Generator::Lfsr32 : Generator::Philox;
    p.reuseRow = round % 4 >= 2;
    p.maskSelf = round % 8 >= 4;
    if (round % 3 == 0)
      p.normD = 128, p.normN = 128;
    if (round % 6 >= 4)
      for (int64_t i = 0; i < n; ++i)
        p.norms.push_back(random.integer(1, i + 2));
    Tensor mask = random.integers<uint8_t>({n, n}, 0, 1);
    const Tensor *masked = round % 5 < 3 ? &mask : nullptr;
    Tensor expected;
    reference::ssa(context, t.q, t.k, t.v, masked, expected, steps, p);
    for (Mode mode : modes) {
      context.mode = mode;
      ASSERT_TRUE(sameBits(runSsa(context, t, masked, steps, p), expected))
          << "round " << round << " mode " << static_cast<int>(mode);
    }
  }
}

TEST(Stochastic, BernoulliExecutionsGiveTheSameBits) {
  Random random(2);
  for (int round = 0; round < 30; ++round) {
    Context context;
    context.batch = random.integer(1, 3);
    context.sample = random.integer(0, 10000);
    int64_t steps = random.integer(1, 4);
    Tensor p = random.floats({steps, context.batch, random.integer(1, 3),
                              random.integer(1, 40), random.integer(1, 30)},
                             -0.3f, 1.3f);
    DrawStage stage = static_cast<DrawStage>(round % 3);
    p.data<float>()[0] = std::nanf("");
    p.data<float>()[p.size() - 1] = 0x1p-32f;
    Tensor expected, train;
    reference::bernoulli(context, p, expected, steps, {5, round}, stage);
    EXPECT_EQ(expected.data<uint8_t>()[0], 0);
    for (Mode mode : modes) {
      context.mode = mode;
      bernoulli(context, p, train, steps, {5, round}, stage);
      ASSERT_TRUE(sameBits(train, expected)) << static_cast<int>(mode);
    }
  }
}

/// Attention is what the imported graph does: count, divide, draw, mask, count,
/// divide, draw. Norms that are powers of two divide exactly.
TEST(Stochastic, AttentionIsTwoBernoulliLayers) {
  Random random(3);
  constexpr int64_t steps = 4, heads = 3, n = 8, d = 16;
  Trains t(random, {steps, 1, heads, n, d}, 0.5f);
  Tensor mask = random.integers<uint8_t>({n, n}, 0, 1);
  SsaParameters p = plainSsa(t.q);
  Context context;
  context.sample = 77;
  Tensor rates(DType::F32, {steps, 1, heads, n, n}), scores, a;
  for (int64_t at = 0; at < rates.size(); ++at) {
    int64_t head = at / (n * n), i = at / n % n, j = at % n;
    int32_t count = 0;
    for (int64_t m = 0; m < d; ++m)
      count += t.q.data<uint8_t>()[(head * n + i) * d + m] &
               t.k.data<uint8_t>()[(head * n + j) * d + m];
    rates.data<float>()[at] = static_cast<float>(count) / d;
  }
  bernoulli(context, rates, scores, steps, p.stream, DrawStage::Score);
  // The float graph: u < p with the uniform numbers of the same stream.
  Tensor u;
  randomUniform(context, rates.shape(), u, steps, p.stream, DrawStage::Score);
  for (int64_t at = 0; at < rates.size(); ++at)
    ASSERT_EQ(scores.data<uint8_t>()[at],
              u.data<float>()[at] < rates.data<float>()[at]);
  Tensor means(DType::F32, t.q.shape());
  for (int64_t at = 0; at < means.size(); ++at) {
    int64_t head = at / (n * d), i = at / d % n, m = at % d;
    int32_t count = 0;
    for (int64_t j = 0; j < n; ++j)
      count += scores.data<uint8_t>()[(head * n + i) * n + j] &
               mask.data<uint8_t>()[i * n + j] &
               t.v.data<uint8_t>()[(head * n + j) * d + m];
    means.data<float>()[at] = static_cast<float>(count) / n;
  }
  bernoulli(context, means, a, steps, p.stream, DrawStage::Output);
  for (Mode mode : modes) {
    context.mode = mode;
    EXPECT_TRUE(sameBits(runSsa(context, t, &mask, steps, p), a));
  }
}

/// Samples have numbers of their own: any split of a run gives the same bits,
/// with both generators.
/// A norm of a query's own is the norm of all for its row; one that a count
/// exceeds always fires.
TEST(Stochastic, QueriesHaveNormsOfTheirOwn) {
  Random random(11);
  constexpr int64_t steps = 8, n = 4, d = 16;
  Trains t(random, {steps, 1, 1, n, d}, 0.6f);
  SsaParameters own = plainSsa(t.q), all = own;
  own.norms = {4, 9, 16, 1};
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor a = runSsa(context, t, nullptr, steps, own);
    for (int64_t i = 0; i < n; ++i) {
      all.normN = std::max<int64_t>(own.norms[i], n);
      Tensor b = runSsa(context, t, nullptr, steps, all);
      for (int64_t at = 0; at < steps * d; ++at) {
        int64_t e = (at / d * n + i) * d + at % d;
        if (i < 3)
          ASSERT_EQ(a.data<uint8_t>()[e], b.data<uint8_t>()[e]) << i;
        else // whatever fired with a norm of 4 does with one of 1
          ASSERT_GE(a.data<uint8_t>()[e], b.data<uint8_t>()[e]);
      }
    }
    own.norms[1] = 8;
    EXPECT_FALSE(sameBits(runSsa(context, t, nullptr, steps, own), a));
    own.norms[1] = 9;
  }
}

TEST(Stochastic, BitsDoNotDependOnTheBatch) {
  Random random(4);
  constexpr int64_t steps = 3, samples = 6, matrix = 2 * 5 * 8;
  Trains t(random, {steps, samples, 2, 5, 8}, 0.5f);
  for (Generator generator : {Generator::Philox, Generator::Lfsr32})
    for (Mode mode : modes) {
      SsaParameters p = plainSsa(t.q);
      p.generator = generator;
      Context whole;
      whole.mode = mode;
      whole.batch = samples;
      whole.sample = 4093; // crosses a block of 4096
      Tensor all = runSsa(whole, t, nullptr, steps, p);
      for (int64_t b = 0; b < samples; ++b) {
        Trains one(random, {steps, 1, 2, 5, 8}, 0.5f);
        Tensor expected(DType::U8, one.q.shape());
        const Tensor *from[] = {&t.q, &t.k, &t.v, &all};
        Tensor *to[] = {&one.q, &one.k, &one.v, &expected};
        for (int which = 0; which < 4; ++which)
          for (int64_t s = 0; s < steps; ++s)
            std::memcpy(to[which]->data<uint8_t>() + s * matrix,
                        from[which]->data<uint8_t>() +
                            (s * samples + b) * matrix,
                        matrix);
        Context single;
        single.mode = mode;
        single.sample = whole.sample + b;
        ASSERT_TRUE(sameBits(runSsa(single, one, nullptr, steps, p), expected));
      }
    }
}

TEST(Stochastic, SeedsAndLayersAreApart) {
  Random random(6);
  Trains t(random, {4, 1, 2, 8, 16}, 0.5f);
  SsaParameters p = plainSsa(t.q, 1, 1), other = plainSsa(t.q, 2, 1),
                layer = plainSsa(t.q, 1, 2);
  Context context;
  Tensor a = runSsa(context, t, nullptr, 4, p);
  EXPECT_FALSE(sameBits(runSsa(context, t, nullptr, 4, other), a));
  EXPECT_FALSE(sameBits(runSsa(context, t, nullptr, 4, layer), a));
  // A seed given at run time takes the place of the compiled one.
  context.seed = 1;
  EXPECT_TRUE(sameBits(runSsa(context, t, nullptr, 4, other), a));
  // So does another sample number.
  context.sample = 1;
  EXPECT_FALSE(sameBits(runSsa(context, t, nullptr, 4, p), a));
}

/// One token and one channel leave nothing to chance: a dropped spike, and a
/// norm that is too large, are always seen.
TEST(Stochastic, MutantsAreSeen) {
  Random random(7);
  Trains t(random, {64, 1, 1, 1, 1}, 0.7f);
  SsaParameters p = plainSsa(t.q), wrong = p;
  wrong.normD = 2;
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor a = runSsa(context, t, nullptr, 64, p);
    EXPECT_FALSE(sameBits(runSsa(context, t, nullptr, 64, wrong), a));
    for (int64_t i = 0; i < 64; ++i) {
      ASSERT_EQ(a.data<uint8_t>()[i], t.q.data<uint8_t>()[i] &
                                          t.k.data<uint8_t>()[i] &
                                          t.v.data<uint8_t>()[i]);
      if (!a.data<uint8_t>()[i])
        continue;
      for (Tensor *train : {&t.q, &t.k, &t.v}) {
        train->data<uint8_t>()[i] = 0;
        EXPECT_FALSE(sameBits(runSsa(context, t, nullptr, 64, p), a));
        train->data<uint8_t>()[i] = 1;
      }
    }
  }
}

TEST(Stochastic, CountsOperations) {
  Random random(8);
  Trains t(random, {2, 1, 3, 5, 7}, 0.5f);
  int64_t coincidences = 0;
  for (int64_t head = 0; head < 6; ++head)
    for (int64_t i = 0; i < 5; ++i)
      for (int64_t j = 0; j < 5; ++j)
        for (int64_t m = 0; m < 7; ++m)
          coincidences += t.q.data<uint8_t>()[(head * 5 + i) * 7 + m] &
                          t.k.data<uint8_t>()[(head * 5 + j) * 7 + m];
  Statistics statistics;
  Context context;
  context.statistics = &statistics;
  SsaParameters p = plainSsa(t.q);
  countSsa(context, "a", t.q, t.k, p);
  const SiteStatistics &s = statistics.sites["a"];
  EXPECT_EQ(s.ands, 6 * 2 * 5 * 5 * 7);
  EXPECT_EQ(s.coincidences, coincidences);
  EXPECT_EQ(s.draws, 6 * (25 + 35));
  EXPECT_EQ(s.comparisons, 6 * (25 + 35));
  p.reuseRow = true;
  countSsa(context, "b", t.q, t.k, p);
  EXPECT_EQ(statistics.sites["b"].draws, 6 * 10);
  EXPECT_EQ(statistics.sites["b"].comparisons, 6 * (25 + 35));
  countBernoulli(context, "c", t.q);
  EXPECT_EQ(statistics.sites["c"].draws, t.q.size());
}

TEST(Stochastic, RejectsWhatDoesNotFit) {
  Random random(9);
  Context context;
  Trains t(random, {2, 1, 1, 3, 4}, 0.5f);
  SsaParameters p = plainSsa(t.q);
  EXPECT_THROW(runSsa(context, t, nullptr, 3, p), Error);
  p.normD = 3; // a count could exceed it
  EXPECT_THROW(runSsa(context, t, nullptr, 2, p), Error);
  p = plainSsa(t.q);
  Tensor mask(DType::U8, {4, 4});
  EXPECT_THROW(runSsa(context, t, &mask, 2, p), Error);
  p.norms = {1, 2};
  EXPECT_THROW(runSsa(context, t, nullptr, 2, p), Error);
  p.norms = {1, 2, 0};
  EXPECT_THROW(runSsa(context, t, nullptr, 2, p), Error);
  p = plainSsa(t.q);
  context.sample = int64_t(1) << 44;
  EXPECT_THROW(runSsa(context, t, nullptr, 2, p), Error);
  context.sample = 0;
  context.batch = 2;
  EXPECT_THROW(runSsa(context, t, nullptr, 2, p), Error);
  Tensor rates(DType::F32, {3, 5}), train;
  EXPECT_THROW(
      bernoulli(context, rates, train, 2, p.stream, DrawStage::Encoder), Error);
}
