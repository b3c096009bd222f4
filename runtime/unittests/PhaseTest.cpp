//===- PhaseTest.cpp - Phase coding, three ways -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PhaseSupport.h"

#include "snn/runtime/Kernels.h"

#include <functional>

using namespace snn::rt;
using namespace snn::rt::test;

static Tensor encoded(Mode mode, const Tensor &x, const PhaseCoding &c,
                      const Tensor *scales = nullptr) {
  Context context = contextOf(mode);
  Tensor train;
  phaseEncode(context, x, scales, train, c);
  return train;
}

TEST(Phase, TablesHaveThePublishedNumbers) {
  PhaseTable swin(unitCoding(1.15, 40)), bert(unitCoding(1.4, 16));
  EXPECT_EQ(swin.levels[0], 1.0);
  EXPECT_NEAR(swin.levels.back(), 0.004293, 5e-7);
  EXPECT_NEAR(swin.thresholds.back(), 0.004013, 5e-7);
  EXPECT_NEAR(bert.levels.back(), 0.006428, 5e-7);
  EXPECT_NEAR(bert.thresholds.back(), 0.005510, 5e-7);
  for (const PhaseCoding &c : phaseCodings) {
    PhaseTable table(c);
    ASSERT_EQ(table.phases(), c.phases);
    EXPECT_NEAR(table.logBase, std::log(c.base), 1e-15);
    for (int t = 0; t < c.phases; ++t) {
      EXPECT_NEAR(table.levels[t], levelOf(c, t), 1e-14);
      EXPECT_EQ(table.thresholds[t],
                static_cast<float>(levelOf(c, t) * (1 + 1 / c.base) / 2));
    }
  }
}

TEST(Phase, EncodeKnownValues) {
  auto check = [](double base, int32_t phases, std::vector<float> u,
                  std::vector<int8_t> codes) {
    Tensor x = Tensor::fromVector<float>({(int64_t)u.size()}, u);
    for (Mode mode : allModes) {
      Tensor train = encoded(mode, x, unitCoding(base, phases));
      EXPECT_EQ(train.toVector<int8_t>(), codes) << static_cast<int>(mode);
    }
  };
  // Codes are phase + 1.
  check(1.15, 40, {1, 0.93f, 0.5f, 0.1f, 0.004f, -0.5f, 7, -INFINITY, NAN, 0},
        {1, 2, 6, 17, 0, -6, 1, -1, 0, 0});
  check(1.4, 16, {1, 0.93f, 0.5f, 0.1f, 0.004f}, {1, 1, 3, 8, 0});
  // A threshold belongs to its phase: 0.75 * 2^-t are exact.
  check(2, 8, {0.75f, 0.375f, 0.1875f, 0.74999994f, 0.005859375f, 0.0058593f},
        {1, 2, 3, 2, 8, 0});
}

TEST(Phase, EncodeEqualsTheLinearSearch) {
  Random random(11);
  for (const PhaseCoding &c : phaseCodings) {
    Tensor x = random.floats({5, 2001}, -1.3f * c.scale, 1.3f * c.scale);
    // Every threshold, and its neighbours.
    PhaseTable table(c);
    for (int t = 0; t < c.phases; ++t) {
      float *at = x.data<float>() + 3 * t;
      at[0] = table.thresholds[t] * c.scale;
      at[1] = std::nextafter(at[0], 0.0f);
      at[2] = -std::nextafter(at[0], 9.0f);
    }
    Tensor expected(DType::I8, x.shape());
    for (int64_t i = 0; i < x.size(); ++i)
      expected.data<int8_t>()[i] =
          referenceCode(x.data<float>()[i], c.scale, c);
    EXPECT_TRUE(sameBits(encoded(Mode::Fast, x, c), expected));
    for (int64_t i = 0; i < x.size(); ++i) {
      float u = x.data<float>()[i] / c.scale;
      ASSERT_EQ(table.codeOf(u, c.unipolar), expected.data<int8_t>()[i]);
    }
  }
}

// Event and stepped may differ within 1e-6 of a threshold, and there only; such
// neurons are fewer than 1e-5.
TEST(Phase, ModesFireTogether) {
  for (const PhaseCoding &c : phaseCodings) {
    std::mt19937 engine(3);
    Tensor x = gaussian(engine, {1000, 1000}, 0.3 * c.scale);
    Tensor fast = encoded(Mode::Fast, x, c);
    PhaseTable table(c);
    for (Mode mode : {Mode::Event, Mode::Stepped}) {
      Tensor other = encoded(mode, x, c);
      int64_t differ = 0;
      for (int64_t i = 0; i < x.size(); ++i) {
        int8_t p = fast.data<int8_t>()[i], q = other.data<int8_t>()[i];
        if (p == q)
          continue;
        ++differ;
        double u = std::fabs(x.data<float>()[i] / c.scale), margin = 1;
        for (float threshold : table.thresholds)
          margin = std::min(margin, std::fabs(u / threshold - 1));
        ASSERT_LE(margin, 1e-6);
      }
      EXPECT_LT(differ, 10) << "of 10^6";
    }
  }
}

TEST(Phase, AUnipolarSiteIsReLU) {
  Random random(4);
  Tensor x = random.floats({50, 20}), y;
  relu(x, y);
  PhaseCoding c = {1.15, 40, 2.0f, false, PhaseRelease::None}, unipolar = c;
  unipolar.unipolar = true;
  for (Mode mode : allModes)
    EXPECT_TRUE(sameBits(encoded(mode, x, unipolar), encoded(mode, y, c)));
}

TEST(Phase, EncodeAndDecodeWithScales) {
  Random random(5);
  PhaseCoding c = unitCoding(1.4, 16);
  for (Shape shape : {Shape{6}, Shape{5, 1}, Shape{4, 1, 1}, Shape{1}}) {
    Tensor x = random.floats({3, 4, 5, 6});
    Tensor scales = random.floats(shape, 0.5f, 4.0f);
    for (Mode mode : allModes) {
      Tensor train = encoded(mode, x, c, &scales), y;
      Context context = contextOf(mode);
      phaseDecode(context, train, &scales, y, c);
      ASSERT_EQ(y.shape(), x.shape());
      for (int64_t i = 0; i < x.size(); ++i) {
        float s = scales.data<float>()[ravel(unravel(i, x.shape()), shape)];
        int8_t code = referenceCode(x.data<float>()[i], s, c);
        ASSERT_EQ(train.data<int8_t>()[i], code);
        ASSERT_FLOAT_EQ(y.data<float>()[i], referenceUnit(code, c) * s);
        if (code) {
          float u = std::min(std::fabs(x.data<float>()[i] / s), 1.0f);
          ASSERT_LE(std::fabs(std::fabs(y.data<float>()[i]) / s / u - 1),
                    (c.base - 1) / (c.base + 1) * c.base);
        }
      }
    }
  }
}

TEST(Phase, DecodeAndResidualGiveEqualBits) {
  Random random(6);
  for (const PhaseCoding &c : phaseCodings) {
    Tensor train = randomCodes(random, c, {7, 300});
    Tensor value = random.floats({7, 300});
    for (Mode mode : allModes) {
      Context context = contextOf(mode);
      Tensor decoded, sum;
      phaseDecode(context, train, nullptr, decoded, c);
      phaseResidual(context, value, train, nullptr, sum, c);
      for (int64_t i = 0; i < train.size(); ++i) {
        float expected = static_cast<float>(
            referenceUnit(train.data<int8_t>()[i], c) * c.scale);
        ASSERT_EQ(decoded.data<float>()[i], expected);
        ASSERT_EQ(sum.data<float>()[i], value.data<float>()[i] + expected);
      }
    }
  }
}

/// sum_i w u, ascending, in F64; the runtime's own levels.
static float referenceSum(const PhaseTable &table, const PhaseCoding &c,
                          int64_t n, const std::function<int8_t(int64_t)> &code,
                          const std::function<double(int64_t)> &weight,
                          const float *weightScale, const float *bias) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i)
    sum += table.unitValue(code(i)) * weight(i);
  double factor = c.scale;
  if (weightScale)
    factor *= *weightScale;
  double value = sum * factor;
  if (bias)
    value += *bias;
  return static_cast<float>(value);
}

template <typename T> static void checkLinear(uint32_t seed) {
  Random random(seed);
  for (int round = 0; round < 24; ++round) {
    const PhaseCoding &c = phaseCodings[round % 4];
    PhaseTable table(c);
    int64_t rows = random.integer(1, round % 5 ? 300 : 3),
            inputs = random.integer(1, 90), outputs = random.integer(1, 70);
    Tensor train = randomCodes(random, c, {rows, inputs});
    Tensor w = std::is_same<T, float>::value
                   ? random.floats({inputs, outputs})
                   : random.integers<T>({inputs, outputs}, -100, 100);
    Tensor scale = random.floats({round % 3 ? outputs : 1}, 0.1f, 2);
    Tensor bias = random.floats({outputs});
    bool scaled = round & 1, biased = round & 2;
    Tensor expected(DType::F32, {rows, outputs});
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t j = 0; j < outputs; ++j)
        expected.data<float>()[r * outputs + j] = referenceSum(
            table, c, inputs,
            [&](int64_t i) { return train.data<int8_t>()[r * inputs + i]; },
            [&](int64_t i) { return w.data<T>()[i * outputs + j]; },
            scaled ? scale.data<float>() + j % scale.size() : nullptr,
            biased ? bias.data<float>() + j : nullptr);
    for (Mode mode : allModes) {
      Context context = contextOf(mode);
      Tensor y;
      phaseLinear(context, train, w, scaled ? &scale : nullptr,
                  biased ? &bias : nullptr, y, c);
      if (mode == Mode::Fast)
        ASSERT_TRUE(sameBits(y, expected));
      else
        ASSERT_TRUE(sameButForRounding(y, expected));
    }
  }
}
TEST(Phase, LinearOfFloats) { checkLinear<float>(1); }
TEST(Phase, LinearOfBytes) { checkLinear<int8_t>(2); }
TEST(Phase, LinearOfShorts) { checkLinear<int16_t>(3); }

TEST(Phase, Convolution) {
  Random random(9);
  for (int round = 0; round < 24; ++round) {
    const PhaseCoding &c = phaseCodings[round % 4];
    PhaseTable table(c);
    int64_t group = random.integer(1, 3), in = group * random.integer(1, 3);
    int64_t out = group * random.integer(1, 4), h = random.integer(4, 9);
    int64_t wd = random.integer(4, 9), kh = random.integer(1, 3);
    int64_t kw = random.integer(1, 3), stride = random.integer(1, 2);
    int64_t dilation = kh < 3 && kw < 3 ? random.integer(1, 2) : 1;
    Ints pads = {random.integer(0, 2), random.integer(0, 1),
                 random.integer(0, 1), random.integer(0, 2)};
    Tensor train = randomCodes(random, c, {2, in, h, wd});
    Tensor w = random.floats({out, in / group, kh, kw});
    Tensor scale = random.floats({out}, 0.1f, 2), bias = random.floats({out});
    int64_t oh = (h + pads[0] + pads[2] - dilation * (kh - 1) - 1) / stride + 1;
    int64_t ow =
        (wd + pads[1] + pads[3] - dilation * (kw - 1) - 1) / stride + 1;
    Tensor expected(DType::F32, {2, out, oh, ow});
    int64_t taps = in / group * kh * kw;
    for (int64_t at = 0; at < expected.size(); ++at) {
      Ints p = unravel(at, expected.shape());
      int64_t first = p[1] / (out / group) * (in / group);
      expected.data<float>()[at] = referenceSum(
          table, c, taps,
          [&](int64_t i) -> int8_t {
            int64_t iy = p[2] * stride - pads[0] + i / kw % kh * dilation;
            int64_t ix = p[3] * stride - pads[1] + i % kw * dilation;
            if (iy < 0 || iy >= h || ix < 0 || ix >= wd)
              return 0;
            return train.data<int8_t>()
                [((p[0] * in + first + i / (kh * kw)) * h + iy) * wd + ix];
          },
          [&](int64_t i) { return w.data<float>()[p[1] * taps + i]; },
          scale.data<float>() + p[1], bias.data<float>() + p[1]);
    }
    for (Mode mode : allModes) {
      Context context = contextOf(mode);
      Tensor y;
      phaseConvolution(context, train, w, &scale, &bias, y, c, {stride, stride},
                       pads, {dilation, dilation}, group);
      if (mode == Mode::Fast)
        ASSERT_TRUE(sameBits(y, expected));
      else
        ASSERT_TRUE(sameButForRounding(y, expected));
    }
  }
}

// Trace-driven products are exact: they equal the product of decoded operands.
TEST(Phase, ProductEqualsTheProductOfDecodedOperands) {
  Random random(21);
  for (int round = 0; round < 32; ++round) {
    PhaseCoding a = phaseCodings[round % 4], b = a;
    b.scale = 0.3f;
    PhaseTable table(a);
    bool transposed = round & 1, signBug = round % 8 == 5, divided = round & 2;
    int64_t m = random.integer(1, 40), n = random.integer(1, 40),
            k = random.integer(1, 70);
    Tensor p = randomCodes(random, a, {2, 3, m, k});
    Tensor q =
        randomCodes(random, b, transposed ? Shape{3, n, k} : Shape{3, k, n});
    Tensor z = random.floats({2, 3, m, 1}, 1, 9);
    z.data<float>()[0] = 0;
    Tensor expected(DType::F32, {2, 3, m, n});
    for (int64_t at = 0; at < expected.size(); ++at) {
      Ints i = unravel(at, expected.shape());
      double sum = 0;
      for (int64_t l = 0; l < k; ++l) {
        int8_t left = p.data<int8_t>()[((i[0] * 3 + i[1]) * m + i[2]) * k + l];
        int8_t right = q.data<int8_t>()[transposed ? (i[1] * n + i[3]) * k + l
                                                   : (i[1] * k + l) * n + i[3]];
        sum += table.unitValue(left) * table.unitValue(right);
        if (signBug && left < 0 && std::abs(left) == std::abs(right))
          sum += 2 * table.unitValue(left) * table.unitValue(right);
      }
      double value = sum * (static_cast<double>(a.scale) * b.scale * 0.25);
      float divisor = z.data<float>()[(i[0] * 3 + i[1]) * m + i[2]];
      if (divided)
        value = divisor == 0 ? 0 : value / divisor;
      expected.data<float>()[at] = static_cast<float>(value);
    }
    for (Mode mode : allModes) {
      Context context = contextOf(mode);
      Tensor y;
      phaseProduct(context, p, q, divided ? &z : nullptr, y, a, b, 0.25,
                   transposed, signBug);
      if (mode == Mode::Fast && !signBug)
        ASSERT_TRUE(sameBits(y, expected));
      else
        ASSERT_TRUE(sameButForRounding(y, expected)) << static_cast<int>(mode);
    }
  }
}

TEST(Phase, RejectsWhatDoesNotFit) {
  Context context;
  Tensor x(DType::F32, {2, 3}), y, z;
  std::fill(x.data<float>(), x.data<float>() + 6, 1.0f);
  PhaseCoding good = unitCoding(1.5, 8);
  auto with = [&](auto change) {
    PhaseCoding c = good;
    change(c);
    return c;
  };
  for (const PhaseCoding &bad : {with([](PhaseCoding &c) { c.base = 1; }),
                                 with([](PhaseCoding &c) { c.base = 2.1; }),
                                 with([](PhaseCoding &c) { c.phases = 0; }),
                                 with([](PhaseCoding &c) { c.phases = 128; }),
                                 with([](PhaseCoding &c) { c.scale = 0; }),
                                 with([](PhaseCoding &c) { c.scale = NAN; })})
    EXPECT_THROW(phaseEncode(context, x, nullptr, y, bad), Error);
  Tensor two = Tensor::fromVector<float>({2}, {1, 1});
  Tensor none = Tensor::fromVector<float>({3}, {1, 0, 1});
  EXPECT_THROW(phaseEncode(context, x, &two, y, good), Error);
  EXPECT_THROW(phaseEncode(context, x, &none, y, good), Error);
  Tensor train = Tensor::fromVector<int8_t>({2, 3}, {0, 1, -8, 8, 2, -1});
  Tensor late = Tensor::fromVector<int8_t>({1, 3}, {0, 9, 0});
  EXPECT_NO_THROW(phaseDecode(context, train, nullptr, y, good));
  EXPECT_THROW(phaseDecode(context, late, nullptr, y, good), Error);
  EXPECT_THROW(phaseDecode(context, x, nullptr, y, good), Error);
  EXPECT_THROW(phaseResidual(context, two, train, nullptr, y, good), Error);
  Tensor w(DType::F32, {4, 2}), wide(DType::I32, {3, 2});
  EXPECT_THROW(phaseLinear(context, train, w, nullptr, nullptr, y, good),
               Error);
  EXPECT_THROW(phaseLinear(context, train, wide, nullptr, nullptr, y, good),
               Error);
  PhaseCoding other = unitCoding(1.4, 8), scaled = good;
  scaled.scale = 2;
  EXPECT_THROW(
      phaseProduct(context, train, train, nullptr, y, good, other, 1, 1, 0),
      Error);
  EXPECT_THROW(
      phaseProduct(context, train, train, nullptr, y, good, good, 1, 0, 0),
      Error);
  EXPECT_THROW(
      phaseProduct(context, train, train, &two, y, good, good, 1, 1, 0), Error);
  EXPECT_THROW(phaseWoss(context, train, nullptr, nullptr, y, z, good, scaled),
               Error);
  EXPECT_THROW(phaseWoss(context, train, nullptr, &two, y, z, good, good),
               Error);
}

TEST(Phase, CountsSpikesAndUnfiredSteps) {
  PhaseCoding c = unitCoding(2, 8);
  Statistics statistics;
  Context context = contextOf(Mode::Fast, &statistics);
  Tensor x = Tensor::fromVector<float>(
      {1, 2, 4}, {1, -0.5f, 0.74999994f, 0, 0.1f, 9, 0.00586f, 0.375f});
  Tensor train;
  phaseEncode(context, x, nullptr, train, c);
  // Phases: 0, 1, 1, silent | 3, 0, 7, 1; the second token is removed.
  Tensor valid(DType::Bool, {1, 2});
  valid.data<bool>()[0] = true;
  valid.data<bool>()[1] = false;
  countPhases(context, "kept", train, &x, nullptr, c, &valid, {1});
  countPhaseOperations(context, "kept", train, &valid, {1}, 10);
  countPhases(context, "all", train, nullptr, nullptr, c, nullptr, {});
  const SiteStatistics &kept = statistics.sites["kept"];
  EXPECT_EQ(kept.neurons, 4);
  EXPECT_EQ(kept.spikes, 3);
  EXPECT_EQ(kept.allNeurons, 8);
  EXPECT_EQ(kept.allSpikes, 7);
  EXPECT_EQ(kept.synapticOperations, 30);
  EXPECT_EQ(kept.unfiredSteps, 0 + 1 + 1 + 8);
  EXPECT_EQ(kept.nearThreshold, 2); // 0.74999994 and 0.375
  EXPECT_EQ(kept.slots, (std::vector<int64_t>{1, 2, 0, 0, 0, 0, 0, 0}));
  Statistics sum;
  sum.merge(statistics);
  sum.merge(statistics);
  EXPECT_EQ(sum.sites["all"].unfiredSteps, 2 * (0 + 1 + 1 + 8 + 3 + 0 + 7 + 1));
  EXPECT_EQ(sum.sites["all"].phases, 8);
  EXPECT_EQ(sum.sites["kept"].nearThreshold, 4);
}
