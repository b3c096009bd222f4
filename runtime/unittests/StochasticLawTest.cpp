//===- StochasticLawTest.cpp - The laws of stochastic attention -*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whether what is drawn has the distributions that are documented: exact
// binomial tests, a family of which is wrong once in a million, and the moments
// that follow from them.
//
//===----------------------------------------------------------------------===//

#include "StochasticSupport.h"

using namespace snn::rt;
using namespace snn::rt::test;

static int32_t countOf(const Trains &t, int64_t i, int64_t j) {
  int64_t d = t.q.dim(-1);
  int32_t count = 0;
  for (int64_t m = 0; m < d; ++m)
    count += t.q.data<uint8_t>()[i * d + m] & t.k.data<uint8_t>()[j * d + m];
  return count;
}

/// P of every output: (1/N) sum_j (c_ij / d) M_ij v_jm.
static std::vector<double> outputRates(const Trains &t, const Tensor *mask) {
  int64_t n = t.q.dim(-2), d = t.q.dim(-1);
  std::vector<double> rates;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t m = 0; m < d; ++m) {
      double p = 0;
      for (int64_t j = 0; j < n; ++j)
        if (!mask || mask->data<uint8_t>()[i * n + j])
          p +=
              double(countOf(t, i, j)) / d * t.v.data<uint8_t>()[j * d + m] / n;
      rates.push_back(p);
    }
  return rates;
}

/// Trains of one matrix that has all counts from 0 to d.
static Trains ladder(int64_t n, int64_t d) {
  Random random(1);
  Trains t(random, {1, 1, 1, n, d}, 0.5f);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t m = 0; m < d; ++m) {
      t.q.data<uint8_t>()[i * d + m] = m < i;
      t.k.data<uint8_t>()[i * d + m] = true;
    }
  return t;
}

/// How often each element fires when one matrix is repeated, over samples or
/// over steps.
static std::vector<int64_t> countEvents(const Trains &t, int64_t repeats,
                                        bool overSteps, const Tensor *mask,
                                        const SsaParameters &p, Mode mode) {
  Trains all = t.repeated(repeats, overSteps);
  Context context;
  context.mode = mode;
  context.batch = overSteps ? 1 : repeats;
  Tensor a;
  ssa(context, all.q, all.k, all.v, mask, a, overSteps ? repeats : 1, p);
  std::vector<int64_t> events(t.q.size(), 0);
  for (int64_t at = 0; at < a.size(); ++at)
    events[at % t.q.size()] += a.data<uint8_t>()[at];
  return events;
}

/// Each score is Binomial(R, c / d), 0 and d without exception; all N N of them
/// over samples and over steps.
TEST(StochasticLaw, ScoresAreBinomial) {
  constexpr int64_t n = 9, d = 8, repeats = 2048;
  Trains t = ladder(n, d);
  for (bool overSteps : {false, true}) {
    Tensor rates(DType::F32, overSteps ? Shape{repeats, 1, 1, n, n}
                                       : Shape{1, repeats, 1, n, n});
    for (int64_t at = 0; at < rates.size(); ++at)
      rates.data<float>()[at] =
          static_cast<float>(countOf(t, at / n % n, at % n)) / d;
    Context context;
    context.batch = overSteps ? 1 : repeats;
    Tensor scores;
    bernoulli(context, rates, scores, overSteps ? repeats : 1, {11, 2},
              DrawStage::Score);
    for (int64_t cell = 0; cell < n * n; ++cell) {
      int64_t events = 0;
      for (int64_t r = 0; r < repeats; ++r)
        events += scores.data<uint8_t>()[r * n * n + cell];
      int32_t c = countOf(t, cell / n, cell % n);
      if (c == 0) {
        EXPECT_EQ(events, 0);
      } else if (c == d) {
        EXPECT_EQ(events, repeats);
      }
      EXPECT_GT(binomialTest(repeats, events, double(c) / d),
                familyLimit(n * n))
          << "cell " << cell << " fired " << events;
    }
  }
}

/// The exact test rejects a generator that is off by one count in eight.
TEST(StochasticLaw, TheTestCanFail) {
  EXPECT_LT(binomialTest(2048, 2048 * 4 / 8, 5.0 / 8), familyLimit(81));
  EXPECT_EQ(binomialTest(2048, 1, 0.0), 0.0);
  EXPECT_EQ(binomialTest(2048, 2047, 1.0), 0.0);
  EXPECT_NEAR(binomialTest(4, 0, 0.5), 0.125, 1e-9);
  EXPECT_NEAR(binomialTest(4, 2, 0.5), 1.0, 1e-9);
}

/// Each output is marginally Binomial(R, P_im), masked or not, in every
/// execution and with rows that share a draw.
TEST(StochasticLaw, OutputsAreBinomial) {
  constexpr int64_t n = 8, d = 12, repeats = 1536;
  Random random(2);
  Trains t(random, {1, 1, 1, n, d}, 0.6f);
  Tensor causal(DType::U8, {n, n});
  for (int64_t at = 0; at < n * n; ++at)
    causal.data<uint8_t>()[at] = at % n <= at / n;
  for (const Tensor *mask : {static_cast<const Tensor *>(nullptr),
                             static_cast<const Tensor *>(&causal)})
    for (Mode mode : modes)
      for (bool reuse : {false, true})
        for (bool overSteps : {false, true}) {
          SsaParameters p = plainSsa(t.q, 17 + reuse);
          p.reuseRow = reuse;
          std::vector<int64_t> events =
              countEvents(t, repeats, overSteps, mask, p, mode);
          std::vector<double> rates = outputRates(t, mask);
          for (size_t at = 0; at < rates.size(); ++at)
            EXPECT_GT(binomialTest(repeats, events[at], rates[at]),
                      familyLimit(n * d))
                << "output " << at << " fired " << events[at] << " at rate "
                << rates[at];
        }
}

/// The outputs of a row share its scores:
/// Var(sum_m A_im) = sum_m P(1-P)
///   + sum_{m != m'} (1/N^2) sum_j p_ij (1 - p_ij) v_jm v_jm'.
TEST(StochasticLaw, OutputsOfARowAreCorrelated) {
  constexpr int64_t n = 16, d = 16, repeats = 20000;
  Random random(3);
  Trains t(random, {1, 1, 1, n, d}, 0.5f);
  Trains all = t.repeated(repeats, false);
  Context context;
  context.batch = repeats;
  Tensor a;
  ssa(context, all.q, all.k, all.v, nullptr, a, 1, plainSsa(t.q));
  std::vector<double> rates = outputRates(t, nullptr);
  double measured = 0, expected = 0, independent = 0;
  for (int64_t i = 0; i < n; ++i) {
    double sum = 0, squares = 0;
    for (int64_t r = 0; r < repeats; ++r) {
      int64_t events = 0;
      for (int64_t m = 0; m < d; ++m)
        events += a.data<uint8_t>()[(r * n + i) * d + m];
      sum += double(events);
      squares += double(events * events);
    }
    measured += squares / repeats - sum / repeats * sum / repeats;
    for (int64_t m = 0; m < d; ++m) {
      double p = rates[i * d + m];
      independent += p * (1 - p);
      for (int64_t other = 0; other < d; ++other)
        for (int64_t j = 0; other != m && j < n; ++j) {
          double s = double(countOf(t, i, j)) / d;
          expected += s * (1 - s) * t.v.data<uint8_t>()[j * d + m] *
                      t.v.data<uint8_t>()[j * d + other] / (n * n);
        }
    }
  }
  expected += independent;
  // A variance of R values is known to sqrt(2/R), 1 %; there are N of them.
  EXPECT_NEAR(measured / expected, 1.0, 0.015);
  EXPECT_GT(expected / independent, 1.2);
}

/// rms of (mean over T - P) = sqrt(P (1-P) / T).
TEST(StochasticLaw, TimeAveragesConverge) {
  constexpr int64_t n = 64, d = 64;
  Random random(4);
  Trains t(random, {1, 1, 1, n, d}, 0.5f);
  std::vector<double> rates = outputRates(t, nullptr);
  double mean = 0;
  for (double p : rates)
    mean += p / rates.size();
  EXPECT_NEAR(mean, 0.125, 0.01);
  for (int64_t steps : {4, 10, 1024}) {
    std::vector<int64_t> events =
        countEvents(t, steps, true, nullptr, plainSsa(t.q, 23), Mode::Fast);
    double squares = 0, expected = 0;
    for (size_t at = 0; at < rates.size(); ++at) {
      double error = double(events[at]) / steps - rates[at];
      squares += error * error;
      expected += rates[at] * (1 - rates[at]) / steps;
    }
    // 4096 outputs, of which those of a row are correlated: 5 %.
    EXPECT_NEAR(std::sqrt(squares / expected), 1.0, 0.05) << steps;
  }
}

/// The whole operator on independent spikes: linear attention on their rates,
/// within 5 sqrt(P(1-P)/(T R)) + 1/(T R).
TEST(StochasticLaw, LinearAttentionOnRates) {
  constexpr int64_t n = 6, d = 8, steps = 16, samples = 512;
  Random random(5);
  std::vector<float> rate[3];
  for (auto &r : rate)
    for (int64_t i = 0; i < n * d; ++i)
      r.push_back(random.real(0, 1));
  Trains t(random, {steps, samples, 1, n, d}, 0.5f);
  Tensor *trains[] = {&t.q, &t.k, &t.v};
  for (int which = 0; which < 3; ++which)
    for (int64_t at = 0; at < t.q.size(); ++at)
      trains[which]->data<uint8_t>()[at] =
          random.real(0, 1) < rate[which][at % (n * d)];
  Context context;
  context.batch = samples;
  Tensor a;
  ssa(context, t.q, t.k, t.v, nullptr, a, steps, plainSsa(t.q, 31));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t m = 0; m < d; ++m) {
      double p = 0, events = 0;
      for (int64_t j = 0; j < n; ++j)
        for (int64_t c = 0; c < d; ++c)
          p += double(rate[0][i * d + c]) * rate[1][j * d + c] *
               rate[2][j * d + m] / (n * d);
      for (int64_t r = 0; r < steps * samples; ++r)
        events += a.data<uint8_t>()[(r * n + i) * d + m];
      double trials = steps * samples;
      EXPECT_NEAR(events / trials, p,
                  5 * std::sqrt(p * (1 - p) / trials) + 1 / trials);
    }
}

/// Norms that are rounded up change the expectation by their factor.
TEST(StochasticLaw, LargerNormsScaleTheRates) {
  constexpr int64_t n = 6, d = 12, repeats = 2048;
  Random random(6);
  Trains t(random, {1, 1, 1, n, d}, 0.7f);
  SsaParameters p = plainSsa(t.q, 41);
  p.normD = 16;
  p.normN = 8;
  std::vector<int64_t> events =
      countEvents(t, repeats, true, nullptr, p, Mode::Fast);
  std::vector<double> rates = outputRates(t, nullptr);
  for (size_t at = 0; at < rates.size(); ++at)
    EXPECT_GT(
        binomialTest(repeats, events[at], rates[at] * (12.0 / 16) * (6.0 / 8)),
        familyLimit(n * d));
}
