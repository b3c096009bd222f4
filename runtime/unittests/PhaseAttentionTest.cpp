//===- PhaseAttentionTest.cpp - Winner-oriented spike shift -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PhaseSupport.h"

#include <functional>

using namespace snn::rt;
using namespace snn::rt::test;

namespace {
struct Numerators {
  Tensor train, z;
};
} // namespace

static Numerators woss(Mode mode, const Tensor &scores, const PhaseCoding &in,
                       const PhaseCoding &out,
                       const Tensor *multiplicative = nullptr,
                       const Tensor *additive = nullptr) {
  Context context = contextOf(mode);
  Numerators n;
  phaseWoss(context, scores, multiplicative, additive, n.train, n.z, in, out);
  return n;
}

/// The times of the spikes; -1 for a silent key.
static std::vector<int> timesOf(const Tensor &train) {
  std::vector<int> times;
  for (int8_t code : train.toVector<int8_t>())
    times.push_back(code - 1);
  return times;
}
static std::vector<double> probabilities(const Numerators &n,
                                         const PhaseCoding &c) {
  std::vector<double> p;
  int64_t keys = n.train.dim(-1);
  for (int64_t i = 0; i < n.train.size(); ++i) {
    double z = n.z.data<float>()[i / keys];
    p.push_back(z == 0 ? 0 : referenceUnit(n.train.data<int8_t>()[i], c) / z);
  }
  return p;
}

/// Logits that are given, not encoded: each is one spike in phase 0 of a neuron
/// whose additive mask holds it. Scores are all silent.
static Numerators wossOfLogits(Mode mode, const std::vector<float> &logits,
                               const PhaseCoding &out) {
  int64_t n = static_cast<int64_t>(logits.size());
  Tensor scores(DType::I8, {1, n});
  std::fill(scores.data<int8_t>(), scores.data<int8_t>() + n, 0);
  Tensor values = Tensor::fromVector<float>({n}, logits);
  return woss(mode, scores, unitCoding(1.15, 40), out, nullptr, &values);
}

TEST(PhaseWoss, KnownRows) {
  std::vector<float> logits = {2, 1.5f, 0, -1, -4};
  struct Row {
    double base;
    int32_t phases;
    std::vector<int> times;
    std::vector<double> p;
  } rows[] = {
      {1.15, 40, {0, 4, 14, 21, -1}, {.566183, .323717, .080018, .030082, 0}},
      {1.4, 16, {0, 1, 6, 9, -1}, {.527566, .376833, .070066, .025534, 0}}};
  for (const Row &row : rows)
    for (Mode mode : allModes) {
      PhaseCoding c = unitCoding(row.base, row.phases);
      Numerators n = wossOfLogits(mode, logits, c);
      EXPECT_EQ(timesOf(n.train), row.times);
      std::vector<double> p = probabilities(n, c);
      for (size_t i = 0; i < p.size(); ++i)
        EXPECT_NEAR(p[i], row.p[i], 1e-6);
    }
}

/// A row by the definition.
static void referenceRow(const std::vector<double> &logits,
                         const std::vector<bool> &masked, const PhaseCoding &c,
                         int8_t *train, float &z) {
  double most = -INFINITY, sum = 0;
  for (size_t k = 0; k < logits.size(); ++k)
    if (!masked[k])
      most = std::max(most, logits[k]);
  PhaseTable table(c);
  for (size_t k = 0; k < logits.size(); ++k) {
    double phase = std::floor((most - logits[k]) / std::log(c.base) + 0.5);
    train[k] = 0;
    if (masked[k] || phase >= c.phases)
      continue;
    train[k] = static_cast<int8_t>(phase + 1);
    sum += table.levels[static_cast<size_t>(phase)];
  }
  z = static_cast<float>(sum);
}

TEST(PhaseWoss, EqualsItsDefinitionInAllModes) {
  Random random(31);
  for (int round = 0; round < 60; ++round) {
    PhaseCoding in = phaseCodings[round % 3], out = unitCoding(in.base, 40);
    in.scale = random.real(0.5f, 6.0f);
    int64_t heads = 3, rows = random.integer(1, 9),
            keys = random.integer(1, 60);
    Tensor scores = randomCodes(random, in, {2, heads, rows, keys});
    if (round % 5 == 0) // rows without a positive spike
      for (int64_t i = 0; i < scores.size(); ++i)
        scores.data<int8_t>()[i] =
            -std::abs(static_cast<int>(scores.data<int8_t>()[i]));
    if (round % 10 == 5) // and without a silent one
      for (int64_t i = 0; i < scores.size(); ++i)
        if (scores.data<int8_t>()[i] == 0)
          scores.data<int8_t>()[i] = in.unipolar ? 1 : -1;
    Tensor additive(DType::F32, {2, 1, 1, keys});
    Tensor multiplicative(DType::F32, {rows, keys});
    for (int64_t i = 0; i < additive.size(); ++i)
      additive.data<float>()[i] =
          random.integer(0, 2)
              ? 0.0f
              : (round % 4 == 3 ? random.real(-3, 1) : -100.0f);
    for (int64_t i = 0; i < multiplicative.size(); ++i)
      multiplicative.data<float>()[i] =
          static_cast<float>(random.integer(0, 1));
    const Tensor *add = round & 1 ? &additive : nullptr;
    const Tensor *mul = round & 2 ? &multiplicative : nullptr;
    Tensor train(DType::I8, scores.shape()), z(DType::F32, {2, heads, rows, 1});
    for (int64_t r = 0; r < z.size(); ++r) {
      std::vector<double> logits(keys);
      std::vector<bool> masked(keys, false);
      for (int64_t k = 0; k < keys; ++k) {
        float a = static_cast<float>(
            referenceUnit(scores.data<int8_t>()[r * keys + k], in) * in.scale);
        logits[k] = a;
        if (mul)
          logits[k] *= multiplicative.data<float>()[r % rows * keys + k];
        if (add) {
          float m = additive.data<float>()[r / (heads * rows) * keys + k];
          masked[k] = m <= -50;
          logits[k] += m;
        }
      }
      referenceRow(logits, masked, out, train.data<int8_t>() + r * keys,
                   z.data<float>()[r]);
    }
    for (Mode mode : allModes) {
      Numerators n = woss(mode, scores, in, out, mul, add);
      ASSERT_TRUE(sameBits(n.train, train))
          << "round " << round << " mode " << static_cast<int>(mode);
      if (mode == Mode::Fast)
        ASSERT_TRUE(sameBits(n.z, z));
      else
        ASSERT_TRUE(sameButForRounding(n.z, z));
    }
  }
}

TEST(PhaseWoss, MasksNeverGiveNaN) {
  PhaseCoding c = unitCoding(1.15, 40);
  Tensor scores = Tensor::fromVector<int8_t>({3, 4}, {1, 5, 0, -3,    //
                                                      -1, -1, -1, -1, //
                                                      0, 0, 0, 0});
  for (float mask : {-100.0f, -10000.0f, -3.4028235e38f, -INFINITY, NAN})
    for (Mode mode : allModes) {
      Tensor all = Tensor::fromVector<float>({1}, {mask});
      Numerators n = woss(mode, scores, c, c, nullptr, &all);
      for (int8_t code : n.train.toVector<int8_t>())
        EXPECT_EQ(code, 0);
      for (float z : n.z.toVector<float>())
        EXPECT_EQ(z, 0.0f);
      Context context = contextOf(mode);
      Tensor v(DType::I8, {4, 5}), y;
      std::fill(v.data<int8_t>(), v.data<int8_t>() + 20, 3);
      phaseProduct(context, n.train, v, &n.z, y, c, c, 1, 0, 0);
      for (float x : y.toVector<float>())
        EXPECT_EQ(x, 0.0f);
      // The winner of a row is a key that is not masked.
      Tensor some = Tensor::fromVector<float>({4}, {mask, mask, 0, 0});
      n = woss(mode, scores, c, c, nullptr, &some);
      EXPECT_EQ(timesOf(n.train),
                (std::vector<int>{-1, -1, 0, 5, -1, -1, 0, 0, -1, -1, 0, 0}));
    }
  // A row far below zero is a softmax as any other.
  c.scale = 1e6f;
  Tensor low = Tensor::fromVector<int8_t>({1, 3}, {-1, -1, -2});
  for (Mode mode : allModes) {
    Numerators n = woss(mode, low, c, unitCoding(1.15, 40));
    EXPECT_EQ(timesOf(n.train), (std::vector<int>{-1, -1, 0}));
    EXPECT_EQ(n.z.data<float>()[0], 1.0f);
  }
}

TEST(PhaseWoss, AMultiplicativeMaskKeepsLogitZero) {
  PhaseCoding c = unitCoding(1.4, 16);
  Tensor scores = Tensor::fromVector<int8_t>({1, 3}, {1, 1, -1});
  Tensor mask = Tensor::fromVector<float>({3}, {1, 0, 0});
  for (Mode mode : allModes) {
    Numerators n = woss(mode, scores, c, c, &mask);
    // ln 1.4 = 0.3365: one is three phases away.
    EXPECT_EQ(timesOf(n.train), (std::vector<int>{0, 3, 3}));
  }
}

// p_hat / p is within a factor of B before truncation, and a row loses at most
// N * B^-(T - 1/2) of its mass.
TEST(PhaseWoss, IsWithinItsBoundOfSoftmax) {
  std::mt19937 engine(8);
  for (double deviation : {0.5, 1.0, 3.0})
    for (const PhaseCoding &c :
         {unitCoding(1.15, 40), unitCoding(1.4, 16), unitCoding(2, 8)})
      for (int row = 0; row < 40; ++row) {
        Tensor logits = gaussian(engine, {49}, deviation);
        double most = -INFINITY, sum = 0, kept = 0, lost = 0, z = 0;
        for (float x : logits.toVector<float>())
          most = std::max<double>(most, x);
        Numerators n = wossOfLogits(Mode::Fast, logits.toVector<float>(), c);
        for (int i = 0; i < 49; ++i) {
          double e = std::exp(logits.data<float>()[i] - most);
          sum += e;
          z += referenceUnit(n.train.data<int8_t>()[i], c);
          (n.train.data<int8_t>()[i] ? kept : lost) += e;
        }
        EXPECT_LE(lost, 49 * std::pow(c.base, 0.5 - c.phases) * 1.0001);
        for (int i = 0; i < 49; ++i) {
          if (!n.train.data<int8_t>()[i])
            continue;
          double p = std::exp(logits.data<float>()[i] - most) / kept;
          double ratio = referenceUnit(n.train.data<int8_t>()[i], c) / z / p;
          EXPECT_LE(ratio, c.base * 1.0001);
          EXPECT_GE(ratio, 1 / c.base * 0.9999);
        }
      }
}

TEST(PhaseWoss, ReleasesAreReproduced) {
  std::vector<float> logits = {2, 1.5f, 0, -1, -4};
  PhaseCoding swin = unitCoding(1.15, 40), bert = unitCoding(1.4, 16);
  swin.release = PhaseRelease::Swin;
  bert.release = PhaseRelease::Bert;
  for (Mode mode : allModes) {
    // 1 + round(B d / ln B) and 1 + ceil(d / ln B).
    Numerators a = wossOfLogits(mode, logits, swin);
    Numerators b = wossOfLogits(mode, logits, bert);
    std::vector<int> expectedA, expectedB;
    for (float x : logits) {
      int s = 1 + (int)std::floor(1.15 * (2 - x) / std::log(1.15) + 0.5);
      int t = 1 + (int)std::ceil((2 - x) / std::log(1.4));
      expectedA.push_back(s < 40 ? s : -1);
      expectedB.push_back(t < 16 ? t : -1);
    }
    EXPECT_EQ(timesOf(a.train), expectedA);
    EXPECT_EQ(timesOf(b.train), expectedB);
    // Softmax of 1.15 times the logits.
    std::vector<double> p = probabilities(a, swin);
    double sum = 0;
    for (float x : logits)
      sum += std::exp(1.15 * x);
    for (size_t i = 0; i < p.size(); ++i)
      EXPECT_NEAR(p[i], std::exp(1.15 * logits[i]) / sum, 0.03);
    // A row far below zero stays silent, and does not divide by zero.
    EXPECT_EQ(wossOfLogits(mode, {-6, -7}, bert).z.data<float>()[0], 0.0f);
    EXPECT_EQ(timesOf(wossOfLogits(mode, {-6, -7}, unitCoding(1.4, 16)).train),
              (std::vector<int>{0, 3}));
  }
}

namespace {
/// Errors of one attention against softmax in F64.
struct AttentionError {
  double scores = 0, l1 = 0, most = 0, context = 0, cosine = 0;
};

/// Relative root mean square.
double relativeError(const std::vector<double> &x,
                     const std::vector<double> &reference) {
  double a = 0, b = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    a += (x[i] - reference[i]) * (x[i] - reference[i]);
    b += reference[i] * reference[i];
  }
  return std::sqrt(a / b);
}

std::vector<double> toDoubles(const Tensor &t) {
  return std::vector<double>(t.data<float>(), t.data<float>() + t.size());
}

/// a [n, k] times b [k, m], or its transpose.
std::vector<double> multiply(const std::vector<double> &a,
                             const std::vector<double> &b, int64_t n, int64_t m,
                             int64_t k, bool transposed) {
  std::vector<double> y(n * m, 0.0);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < m; ++j)
      for (int64_t l = 0; l < k; ++l)
        y[i * m + j] += a[i * k + l] * b[transposed ? j * k + l : l * m + j];
  return y;
}

Tensor toFloats(const std::vector<double> &x, Shape shape) {
  return Tensor::fromVector<float>(std::move(shape),
                                   std::vector<float>(x.begin(), x.end()));
}

/// One attention over Gaussian queries, keys and values.
class AttentionDraw {
public:
  AttentionDraw(uint32_t seed, int64_t n, int64_t d, double base,
                int32_t phases)
      : engine(seed), n(n), d(d), coding(unitCoding(base, phases)),
        q(gaussian(engine, {n, d}, 1)), k(gaussian(engine, {n, d}, 1)),
        v(gaussian(engine, {n, d}, 1)) {}
  /// Reproduces a release.
  void release(PhaseRelease release) { coding.release = release; }

  /// Scores, probabilities and re-encoded context, one scale a tensor.
  void run(Mode mode, bool signBug = false) {
    Context context = contextOf(mode);
    auto encode = [&](const Tensor &x, Tensor &train) {
      PhaseCoding c = coding;
      c.scale = largest(x);
      phaseEncode(context, x, nullptr, train, c);
      return c;
    };
    Tensor tq, tk, tv, value;
    PhaseCoding cq = encode(q, tq), ck = encode(k, tk), cv = encode(v, tv);
    phaseProduct(context, tq, tk, nullptr, value, cq, ck, headScale(), 1,
                 signBug);
    scores = toDoubles(value);
    PhaseCoding cs = encode(value, scoreTrain);
    Numerators numerators = woss(mode, scoreTrain, cs, coding);
    softmaxTrain = numerators.train;
    p = probabilities(numerators, coding);
    phaseProduct(context, softmaxTrain, tv, &numerators.z, value, coding, cv, 1,
                 0, 0);
    PhaseCoding cc = encode(value, contextTrain);
    phaseDecode(context, contextTrain, nullptr, value, cc);
    result = toDoubles(value);
  }

  /// The same with one scale a token (a row) everywhere. Products are those of
  /// the decoded operands, which phaseProduct equals.
  void runPerToken() {
    scores = multiply(recoded(q), recoded(k), n, n, d, true);
    for (double &s : scores)
      s *= headScale();
    p.clear();
    for (int64_t i = 0; i < n; ++i) {
      std::vector<double> row(scores.begin() + i * n,
                              scores.begin() + (i + 1) * n);
      Tensor x = toFloats(row, {1, n}), train;
      PhaseCoding c = coding;
      c.scale = largest(x);
      Context context;
      phaseEncode(context, x, nullptr, train, c);
      for (double w : probabilities(woss(Mode::Fast, train, c, coding), coding))
        p.push_back(w);
    }
    result = recoded(toFloats(multiply(p, recoded(v), n, d, n, false), {n, d}));
  }

  AttentionError error() const {
    std::vector<double> s = multiply(toDoubles(q), toDoubles(k), n, n, d, true);
    std::vector<double> soft(n * n);
    AttentionError e;
    for (int64_t i = 0; i < n; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < n; ++j)
        sum += soft[i * n + j] = std::exp(s[i * n + j] *= headScale());
      for (int64_t j = 0; j < n; ++j) {
        double difference = std::fabs((soft[i * n + j] /= sum) - p[i * n + j]);
        e.l1 += difference / n;
        e.most = std::max(e.most, difference);
      }
    }
    std::vector<double> ctx = multiply(soft, toDoubles(v), n, d, n, false);
    e.scores = relativeError(scores, s);
    e.context = relativeError(result, ctx);
    for (int64_t i = 0; i < n; ++i) { // mean over the tokens
      double dot = 0, a = 0, b = 0;
      for (int64_t l = i * d; l < (i + 1) * d; ++l) {
        dot += ctx[l] * result[l];
        a += ctx[l] * ctx[l];
        b += result[l] * result[l];
      }
      e.cosine += dot / std::sqrt(a * b) / static_cast<double>(n);
    }
    return e;
  }

  Tensor scoreTrain, softmaxTrain, contextTrain;

private:
  double headScale() const { return 1 / std::sqrt(static_cast<double>(d)); }
  /// Encoded with a scale a row, and decoded.
  std::vector<double> recoded(const Tensor &x) const {
    Tensor scales(DType::F32, {x.dim(0), 1}), train, y;
    for (int64_t i = 0; i < x.dim(0); ++i) {
      const float *row = x.data<float>() + i * x.dim(1);
      float most = 0;
      for (int64_t j = 0; j < x.dim(1); ++j)
        most = std::max(most, std::fabs(row[j]));
      scales.data<float>()[i] = most;
    }
    Context context;
    phaseEncode(context, x, &scales, train, coding);
    phaseDecode(context, train, &scales, y, coding);
    return toDoubles(y);
  }

  std::mt19937 engine;
  int64_t n, d;
  PhaseCoding coding;
  Tensor q, k, v;
  std::vector<double> scores, p, result;
};

/// The mean over seeded draws; prints it.
AttentionError meanError(const std::function<void(AttentionDraw &)> &run,
                         int draws, int64_t n, int64_t d, double base,
                         int32_t phases) {
  AttentionError mean;
  for (int i = 0; i < draws; ++i) {
    AttentionDraw draw(100 + i, n, d, base, phases);
    run(draw);
    AttentionError e = draw.error();
    mean.scores += e.scores / draws;
    mean.l1 += e.l1 / draws;
    mean.most += e.most / draws;
    mean.context += e.context / draws;
    mean.cosine += e.cosine / draws;
  }
  std::printf("  B=%g T=%d: scores %.3f, L1 %.3f, max dp %.3f, context %.3f, "
              "cosine %.4f\n",
              base, phases, mean.scores, mean.l1, mean.most, mean.context,
              mean.cosine);
  return mean;
}

void perTensor(AttentionDraw &draw) { draw.run(Mode::Fast); }
void perToken(AttentionDraw &draw) { draw.runPerToken(); }
} // namespace

// Means over 32 draws of Gaussian queries, keys and values.
TEST(PhaseAttention, IsAsCloseToSoftmaxAsItsCodingAllows) {
  struct Case {
    int64_t n, d;
    double base;
    int32_t phases;
    double context, cosine; ///< accepted
    AttentionError measured;
  } cases[] = {{49, 32, 1.15, 40, 0.12, 0.99, {.052, .061, .031, .094, .996}},
               {128, 64, 1.4, 16, 0.30, 0.96, {.129, .156, .067, .246, .974}},
               {64, 64, 2, 8, 0.55, 0.89, {.263, .302, .125, .461, .913}}};
  for (const Case &c : cases) {
    AttentionError e = meanError(perToken, 32, c.n, c.d, c.base, c.phases);
    EXPECT_LE(e.context, c.context);
    EXPECT_GE(e.cosine, c.cosine);
    // Not better either than a quantiser of this width can be.
    EXPECT_NEAR(e.scores, c.measured.scores, 0.05 * c.measured.scores);
    EXPECT_NEAR(e.l1, c.measured.l1, 0.05 * c.measured.l1);
    EXPECT_LE(e.most, 1.15 * c.measured.most);
    EXPECT_NEAR(e.context, c.measured.context, 0.05 * c.measured.context);
    // One scale a tensor costs up to 15 % more error.
    AttentionError t = meanError(perTensor, 32, c.n, c.d, c.base, c.phases);
    EXPECT_LE(t.scores, 1.15 * e.scores);
    EXPECT_LE(t.context, 1.15 * e.context);
    EXPECT_LE(t.context, c.context);
    EXPECT_GE(t.cosine, c.cosine);
  }
}

// The released double-count correction costs several times the error of the
// quantiser.
TEST(PhaseAttention, TheReleasedCorrectionSpoilsTheScores) {
  auto released = [](bool signBug) {
    return meanError(
        [=](AttentionDraw &draw) {
          draw.release(PhaseRelease::Swin);
          draw.run(Mode::Fast, signBug);
        },
        8, 49, 32, 1.15, 40);
  };
  AttentionError good = released(false), bad = released(true);
  EXPECT_LE(good.scores, 0.10);
  EXPECT_GE(bad.scores, 4 * good.scores);
}

TEST(PhaseAttention, ModesFireTogether) {
  int64_t differ = 0, neurons = 0;
  for (int i = 0; i < 8; ++i) {
    AttentionDraw fast(200 + i, 49, 32, 1.15, 40);
    fast.run(Mode::Fast);
    for (Mode mode : {Mode::Event, Mode::Stepped}) {
      AttentionDraw other(200 + i, 49, 32, 1.15, 40);
      other.run(mode);
      for (auto train :
           {&AttentionDraw::scoreTrain, &AttentionDraw::softmaxTrain,
            &AttentionDraw::contextTrain}) {
        std::vector<int8_t> a = (fast.*train).toVector<int8_t>();
        std::vector<int8_t> b = (other.*train).toVector<int8_t>();
        ASSERT_EQ(a.size(), b.size());
        neurons += a.size();
        for (size_t j = 0; j < a.size(); ++j)
          differ += a[j] != b[j];
      }
    }
  }
  EXPECT_LE(differ * 100000, neurons) << differ << " of " << neurons;
}
