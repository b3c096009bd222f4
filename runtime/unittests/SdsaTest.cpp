//===- SdsaTest.cpp - Spike-driven attention, three ways --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Sdsa.h"

using namespace snn::rt;
using test::Random;
using test::sameBits;

static const Mode modes[] = {Mode::Fast, Mode::Event, Mode::Stepped};

namespace {
struct Attention {
  Tensor q, k, v, mask;
  Attention(Random &random, Shape shape, bool masked) {
    int64_t dense = random.integer(2, 6); // one spike in so many
    for (Tensor *t : {&q, &k, &v}) {
      *t = random.integers<uint8_t>(shape, 0, dense);
      for (int64_t i = 0; i < t->size(); ++i)
        t->data<uint8_t>()[i] = t->data<uint8_t>()[i] == 0;
    }
    int64_t tokens = shape[shape.size() - 2];
    if (masked)
      mask = random.integers<uint8_t>({tokens, tokens}, 0, 1);
  }
  const Tensor *maskOrNull() const { return mask.defined() ? &mask : nullptr; }
};
} // namespace

/// The association of the product does not matter: (Q K^T o M) V, plainly.
static int32_t plainSum(const Attention &a, int64_t at, int64_t i, int64_t m) {
  int64_t n = a.q.dim(-2), d = a.q.dim(-1);
  const uint8_t *q = a.q.data<uint8_t>() + at, *k = a.k.data<uint8_t>() + at,
                *v = a.v.data<uint8_t>() + at;
  int32_t sum = 0;
  for (int64_t j = 0; j < n; ++j)
    for (int64_t c = 0; c < d; ++c)
      if (!a.mask.defined() || a.mask.data<uint8_t>()[i * n + j])
        sum += q[i * d + c] * k[j * d + c] * v[j * d + m];
  return sum;
}

TEST(Sdsa, IntegersAreExact) {
  Random random(1);
  for (int round = 0; round < 16; ++round) {
    int64_t n = random.integer(1, 70), d = random.integer(1, 70);
    Attention a(random, {2, 1, random.integer(1, 2), n, d}, round % 2);
    Tensor expected(DType::I32, a.q.shape());
    for (int64_t at = 0; at < expected.size(); ++at)
      expected.data<int32_t>()[at] =
          plainSum(a, at / (n * d) * n * d, at / d % n, at % d);
    Tensor sums;
    reference::sdsaSums(a.q, a.k, a.v, a.maskOrNull(), sums, 3);
    ASSERT_TRUE(sameBits(sums, expected));
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      sdsaSums(context, a.q, a.k, a.v, a.maskOrNull(), sums, 3);
      ASSERT_TRUE(sameBits(sums, expected)) << static_cast<int>(mode);
    }
  }
}

/// All ones: K^T V = N and Q (K^T V) = N d, the largest integers.
TEST(Sdsa, LargestSums) {
  Tensor ones(DType::U8, {1, 1, 2, 196, 120});
  std::fill(ones.data<uint8_t>(), ones.data<uint8_t>() + ones.size(), 1);
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor sums;
    sdsaSums(context, ones, ones, ones, nullptr, sums, 3);
    EXPECT_EQ(sums.data<int32_t>()[0], 23520);
    EXPECT_EQ(sums.data<int32_t>()[sums.size() - 1], 23520);
  }
}

TEST(Sdsa, ExecutionsGiveTheSameBits) {
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    int32_t variant = 1 + round % 4;
    int64_t steps = random.integer(1, 5);
    Attention a(random,
                {steps * random.integer(1, 2), random.integer(1, 3),
                 random.integer(1, 20), random.integer(1, 40)},
                variant >= 3 && round % 8 >= 4);
    SdsaParameters p = {
        variant,
        0.125f,
        {2.0f, round % 3 ? 0.5f : 0.25f, 0.0f, round % 5 != 0, round % 7 == 0}};
    Tensor expected, out;
    reference::sdsa(a.q, a.k, a.v, a.maskOrNull(), expected, steps, p);
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      sdsa(context, a.q, a.k, a.v, a.maskOrNull(), out, steps, p);
      ASSERT_TRUE(sameBits(out, expected))
          << "variant " << variant << " mode " << static_cast<int>(mode);
    }
  }
}

/// Variant 1: the column sums of K o V make a mask of channels for Q.
TEST(Sdsa, VariantOneMasksChannels) {
  Tensor q = Tensor::fromVector<uint8_t>({1, 1, 2, 3}, {1, 1, 0, 0, 1, 1});
  Tensor k = Tensor::fromVector<uint8_t>({1, 1, 2, 3}, {1, 1, 0, 0, 1, 1});
  Tensor v = Tensor::fromVector<uint8_t>({1, 1, 2, 3}, {0, 1, 1, 1, 1, 0});
  // K o V: 0 1 0 / 0 1 0, sums 0 2 0; tau 2, threshold 1: channel 1 fires.
  SdsaParameters p = {1, 1.0f, {2.0f, 1.0f, 0.0f, true, false}};
  // Variant 2: sums of Q are 1 2 1, the same channel masks V.
  Tensor second = Tensor::fromVector<uint8_t>({1, 1, 2, 3}, {0, 1, 0, 0, 1, 0});
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    Tensor out;
    p.variant = 1;
    sdsa(context, q, k, v, nullptr, out, 1, p);
    EXPECT_EQ(out.toVector<uint8_t>(),
              (std::vector<uint8_t>{0, 1, 0, 0, 1, 0}));
    p.variant = 2;
    sdsa(context, q, k, v, nullptr, out, 1, p);
    EXPECT_TRUE(sameBits(out, second));
  }
}

/// With tau 2 a spike in the first step needs Q (K^T V) >= 8 at scale 0.125 and
/// threshold 0.5.
TEST(Sdsa, FirstSpikeNeedsEight) {
  for (int64_t keys : {7, 8}) {
    Tensor q(DType::U8, {1, 1, 8, 1}), v(DType::U8, {1, 1, 8, 1});
    for (int64_t i = 0; i < 8; ++i) {
      q.data<uint8_t>()[i] = 1;
      v.data<uint8_t>()[i] = i < keys;
    }
    SdsaParameters p = {3, 0.125f, {2.0f, 0.5f, 0.0f, true, false}};
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Tensor out;
      sdsa(context, q, q, v, nullptr, out, 1, p);
      EXPECT_EQ(out.data<uint8_t>()[0], keys == 8);
    }
  }
}

/// Dropping any spike changes the integers; a wrong threshold the spikes.
TEST(Sdsa, MutantsAreSeen) {
  Random random(3);
  Attention a(random, {2, 1, 6, 8}, false);
  std::fill(a.v.data<uint8_t>(), a.v.data<uint8_t>() + a.v.size(), 1);
  std::fill(a.k.data<uint8_t>(), a.k.data<uint8_t>() + a.k.size(), 1);
  Tensor expected;
  reference::sdsaSums(a.q, a.k, a.v, nullptr, expected, 3);
  SdsaParameters p = {3, 0.125f, {2.0f, 0.5f, 0.0f, true, false}};
  SdsaParameters wrong = p;
  Tensor fired, out;
  reference::sdsa(a.q, a.k, a.v, nullptr, fired, 2, p);
  for (Mode mode : modes) {
    Context context;
    context.mode = mode;
    for (int64_t i = 0; i < a.q.size(); ++i) {
      if (!a.q.data<uint8_t>()[i])
        continue;
      a.q.data<uint8_t>()[i] = 0;
      sdsaSums(context, a.q, a.k, a.v, nullptr, out, 3);
      EXPECT_FALSE(sameBits(out, expected));
      a.q.data<uint8_t>()[i] = 1;
    }
    // Every sum is a multiple of 6: 12 / 16 in the first step.
    for (float threshold : {0.76f, 0.3f}) {
      wrong.lif.threshold = threshold;
      sdsa(context, a.q, a.k, a.v, nullptr, out, 2, wrong);
      EXPECT_FALSE(sameBits(out, fired));
    }
  }
}

TEST(Sdsa, CountsAccumulations) {
  Random random(4);
  Attention a(random, {3, 2, 5, 7}, false);
  int64_t expected = 0, hadamard = 0, queries = 0, d = 7;
  for (int64_t n = 0; n < 3 * 2 * 5; ++n) {
    int64_t q = 0, k = 0, v = 0;
    for (int64_t c = 0; c < d; ++c) {
      q += a.q.data<uint8_t>()[n * d + c];
      k += a.k.data<uint8_t>()[n * d + c];
      v += a.v.data<uint8_t>()[n * d + c];
      hadamard +=
          a.k.data<uint8_t>()[n * d + c] * a.v.data<uint8_t>()[n * d + c];
    }
    expected += k * v + q * d;
    queries += q;
  }
  Statistics statistics;
  Context context;
  context.statistics = &statistics;
  countSdsa(context, "three", a.q, a.k, a.v, nullptr, 3);
  countSdsa(context, "one", a.q, a.k, a.v, nullptr, 1);
  countSdsa(context, "two", a.q, a.k, a.v, nullptr, 2);
  EXPECT_EQ(statistics.sites["three"].accumulations, expected);
  EXPECT_EQ(statistics.sites["one"].accumulations, hadamard);
  EXPECT_EQ(statistics.sites["two"].accumulations, queries);
  Statistics sum;
  sum.merge(statistics);
  sum.merge(statistics);
  EXPECT_EQ(sum.sites["three"].accumulations, 2 * expected);
}

TEST(Sdsa, RejectsWhatDoesNotFit) {
  Context context;
  Tensor q(DType::U8, {2, 1, 4, 3}), other(DType::U8, {2, 1, 3, 4}), out;
  Tensor mask(DType::U8, {4, 4}), small(DType::U8, {3, 3});
  std::fill(mask.data<uint8_t>(), mask.data<uint8_t>() + 16, 1);
  SdsaParameters p = {3, 0.125f, {2.0f, 0.5f, 0.0f, true, false}};
  EXPECT_THROW(sdsa(context, q, other, q, nullptr, out, 2, p), Error);
  EXPECT_THROW(sdsa(context, q, q, q, &small, out, 2, p), Error);
  EXPECT_THROW(sdsa(context, q, q, q, nullptr, out, 3, p), Error);
  p.variant = 1;
  EXPECT_THROW(sdsa(context, q, q, q, &mask, out, 2, p), Error);
  p.variant = 5;
  EXPECT_THROW(sdsa(context, q, q, q, nullptr, out, 2, p), Error);
}

/// Counts: 8 68 / 20 74 in both orders; each count worth a quarter, twice the
/// sum: 0.25 2.125 / 0.625 2.3125, of which 0 2 / 1 2 are rounded.
TEST(Sdsa, CountsAreMultiplied) {
  Shape shape = {1, 1, 2, 2};
  Tensor q = Tensor::fromVector<uint8_t>(shape, {4, 0, 4, 2}),
         k = Tensor::fromVector<uint8_t>(shape, {1, 3, 4, 0}),
         v = Tensor::fromVector<uint8_t>(shape, {2, 1, 0, 4});
  Tensor all = Tensor::fromVector<uint8_t>({2, 2}, {1, 1, 1, 1});
  SdsaParameters p = {3, 2.0f / 64, {1.0f, 0.5f, 0.0f, true, false}};
  p.lif.levels = {1.5f, 2.5f, 3.5f};
  for (Mode mode : modes)
    for (const Tensor *mask : {static_cast<const Tensor *>(nullptr),
                               static_cast<const Tensor *>(&all)}) {
      Context context;
      context.mode = mode;
      Tensor sums, out;
      sdsaSums(context, q, k, v, mask, sums, 3);
      EXPECT_EQ(sums.toVector<int32_t>(),
                (std::vector<int32_t>{8, 68, 20, 74}));
      sdsa(context, q, k, v, mask, out, 1, p);
      EXPECT_EQ(out.toVector<uint8_t>(), (std::vector<uint8_t>{0, 2, 1, 2}));
    }
}

/// Counts, values of another width, and factors of their own for heads, tokens
/// or channels.
TEST(Sdsa, CountsGiveTheSameBits) {
  Random random(5);
  for (int round = 0; round < 40; ++round) {
    int64_t steps = random.integer(1, 3), heads = random.integer(1, 3),
            n = random.integer(1, 20), d = random.integer(1, 24),
            w = round % 3 ? d : random.integer(1, 40);
    Shape shape = {steps * random.integer(1, 2), heads, n, d};
    Attention a(random, shape, round % 2);
    int64_t most = round % 5 ? random.integer(1, 4) : 1;
    a.q = random.integers<uint8_t>(shape, 0, most);
    a.k = random.integers<uint8_t>(shape, 0, most);
    shape.back() = w;
    a.v = random.integers<uint8_t>(shape, 0, most);
    Shape scaleShape = {random.integer(0, 1) ? heads : 1,
                        random.integer(0, 1) ? n : 1,
                        random.integer(0, 1) ? w : 1};
    Tensor scales = random.floats(scaleShape);
    const Tensor *given = round % 4 ? &scales : nullptr;
    SdsaParameters p = {3, 0.03f, {2.0f, 0.5f, 0.0f, true, false}};
    if (round % 2)
      p.lif.levels = {1.5f, 2.5f, 3.5f};
    Tensor expected, out;
    reference::sdsa(a.q, a.k, a.v, a.maskOrNull(), expected, steps, p, given);
    ASSERT_EQ(expected.shape(), shape);
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      sdsa(context, a.q, a.k, a.v, a.maskOrNull(), out, steps, p, given);
      ASSERT_TRUE(sameBits(out, expected)) << static_cast<int>(mode);
    }
  }
}

TEST(Sdsa, MisfitsOfCountsAreRefused) {
  Context context;
  Tensor ones(DType::U8, {1, 2, 3, 4}), wide(DType::U8, {1, 2, 3, 8}),
      twos(DType::U8, {1, 2, 3, 4}), out;
  for (int64_t i = 0; i < twos.size(); ++i)
    twos.data<uint8_t>()[i] = 2;
  SdsaParameters first = {1, 1.0f, {2.0f, 0.5f, 0.0f, true, false}},
                 third = first;
  third.variant = 3;
  Tensor scales(DType::F32, {2, 1, 4});
  EXPECT_THROW(sdsa(context, ones, ones, wide, nullptr, out, 1, first), Error);
  EXPECT_THROW(sdsa(context, twos, ones, ones, nullptr, out, 1, first), Error);
  EXPECT_THROW(sdsa(context, ones, wide, ones, nullptr, out, 1, third), Error);
  sdsa(context, ones, ones, wide, nullptr, out, 1, third);
  EXPECT_EQ(out.shape(), wide.shape());
  sdsa(context, ones, ones, ones, nullptr, out, 1, third, &scales);
  EXPECT_THROW(sdsa(context, ones, ones, wide, nullptr, out, 1, third, &scales),
               Error);
  EXPECT_THROW(sdsa(context, ones, ones, ones, nullptr, out, 1, first, &scales),
               Error);
}
