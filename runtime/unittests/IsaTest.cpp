//===- IsaTest.cpp - Equal bits on every instruction set --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "isa/Isa.h"
#include "TestSupport.h"
#include "ttfs/EventProduct.h"
#include "ttfs/NarrowWeights.h"

#include "snn/runtime/Epilogue.h"
#include "snn/runtime/Kernels.h"
#include "snn/runtime/Phase.h"
#include "snn/runtime/Spiking.h"

#include <functional>

using namespace snn::rt;
using namespace snn::rt::detail;
using test::Random;
using test::sameBits;

/// Runs `compute` on every instruction set of this machine and compares the
/// results with the portable ones.
static void forEveryIsa(const std::function<std::vector<Tensor>()> &compute) {
  Isa before = currentIsa();
  setIsa(Isa::Portable);
  ASSERT_EQ(currentIsa(), Isa::Portable);
  std::vector<Tensor> portable = compute();
  for (Isa isa : {Isa::Avx2, Isa::AvxVnni, Isa::Avx512, Isa::Amx}) {
    setIsa(isa);
    if (currentIsa() != isa)
      continue;
    std::vector<Tensor> other = compute();
    ASSERT_EQ(other.size(), portable.size());
    for (size_t i = 0; i < other.size(); ++i)
      EXPECT_TRUE(sameBits(portable[i], other[i]))
          << "result " << i << " on set " << static_cast<int>(isa);
  }
  setIsa(before);
}

TEST(Isa, ElementwiseKernelsGiveEqualBits) {
  Random random(1);
  Tensor x = random.floats({3, 333}, -12, 12), p = random.floats({999}, 0, 99);
  float *q = x.data<float>();
  q[0] = NAN, q[1] = INFINITY, q[2] = -INFINITY, q[3] = -0.0f, q[4] = 1e-40f;
  q[5] = -90, q[6] = 88.9f, q[7] = -104.5f;
  Tensor row = random.floats({333}), one = random.floats({1});
  forEveryIsa([&] {
    std::vector<Tensor> r(32);
    neg(x, r[0]);
    snn::rt::abs(x, r[1]);
    snn::rt::sqrt(p, r[2]);
    reciprocal(p, r[3]);
    snn::rt::exp(x, r[4]);
    snn::rt::log(p, r[5]);
    snn::rt::erf(x, r[6]);
    snn::rt::tanh(x, r[7]);
    sigmoid(x, r[8]);
    relu(x, r[9]);
    silu(x, r[10]);
    gelu(x, r[11], "none");
    gelu(x, r[12], "tanh");
    int i = 13;
    for (auto f : {add, sub, mul, snn::rt::div, minimum, maximum}) {
      f(x, row, r[i++]);
      f(x, one, r[i++]);
      f(one, x, r[i++]);
    }
    // NaN payloads and signs are not part of the contract.
    for (Tensor &t : r)
      if (t.defined())
        for (int64_t j = 0; j < t.size(); ++j)
          if (std::isnan(t.data<float>()[j]))
            t.data<float>()[j] = 12345.0f;
    return r;
  });
}

TEST(Isa, ReductionsAndProductsGiveEqualBits) {
  for (uint32_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    int64_t n = random.integer(1, 200), m = random.integer(1, 30),
            k = random.integer(1, 100);
    Tensor x = random.floats({m, n}), scale = random.floats({n}),
           bias = random.floats({n}), a = random.floats({m, k}),
           b = random.floats({k, n}), image = random.floats({1, 3, 9, 11}),
           w = random.floats({5, 3, 3, 3});
    forEveryIsa([&] {
      std::vector<Tensor> r(9);
      softmax(x, r[0], -1);
      softmax(x, r[1], 0);
      layer_normalization(x, scale, &bias, r[2], -1, 1e-5);
      layer_normalization(x, scale, nullptr, r[3], -1, 1e-5);
      reduce_sum(x, r[4], {}, 0);
      reduce_mean(x, r[5], {0}, 0);
      matmul(a, b, r[6]);
      conv(image, w, nullptr, r[7], {2, 1}, {1, 1, 1, 1}, {}, 1);
      attention(x.reshaped({1, m, n}), x.reshaped({1, m, n}),
                x.reshaped({1, m, n}), nullptr, r[8], 0.125);
      return r;
    });
  }
}

TEST(Isa, SpikingStepsGiveEqualBits) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    int bits = static_cast<int>(random.integer(1, 8)), top = (1 << bits) - 1;
    Coding c = {bits, static_cast<int>(random.integer(0, top)),
                static_cast<int>(random.integer(0, top)), 0,
                random.real(0.01f, 0.5f)};
    int64_t rows = random.integer(1, 40), inputs = random.integer(1, 300),
            outputs = random.integer(1, 200);
    Tensor values = random.floats({rows, inputs}, -30, 30);
    Tensor train = random.integers<uint8_t>({rows, inputs}, 0, top);
    Tensor w = random.integers<int8_t>({inputs, outputs}, -128, 127);
    Tensor wide = random.integers<int16_t>({inputs, outputs}, -255, 255);
    Tensor resident = random.integers<uint8_t>({outputs, inputs}, 0, 255);
    Tensor theta(DType::I32, {outputs, top});
    for (int64_t i = 0; i < theta.size(); ++i)
      theta.data<int32_t>()[i] =
          static_cast<int32_t>((i % top - top / 2) * 1000 + i / top);
    Tensor factor = random.floats({outputs}, 1e-4f, 1e-3f),
           bias = random.floats({outputs});
    forEveryIsa([&] {
      std::vector<Tensor> r(10);
      Context context;
      encode(context, values, r[0], c, 1);
      linear(context, train, LinearWeights(w), nullptr, r[1], c);
      linear(context, train, LinearWeights(wide), nullptr, r[2], c);
      dynamicProduct(context, train, resident, r[3], c, 8, 200, 1);
      fire(context, r[1], theta, r[4], c, 1);
      rescale(r[1], factor, &bias, r[5], 1);
      requantize(r[1], factor, &bias, r[6], c, 1, 1);
      dequantize(train, r[7], c);
      requantize(r[1], factor, nullptr, r[8], c, 0, 1);
      fire(context, r[1], theta, factor, &bias, r[9], c, 1, 1, 1);
      return r;
    });
  }
}

TEST(Isa, LargeProductsGiveEqualBits) {
  // Enough rows for tiles, with every kind of rest.
  for (uint32_t seed = 0; seed < 24; ++seed) {
    Random random(seed);
    Coding c = {8, 100, 90, 0, 1.0f};
    int64_t rows = random.integer(32, 100), inputs = random.integer(30, 400),
            outputs = random.integer(1, 150);
    Tensor train = random.integers<uint8_t>({rows, inputs}, 0, 255);
    Tensor w = random.integers<int8_t>({inputs, outputs}, -128, 127);
    Tensor offset = random.integers<int32_t>({outputs}, -9999, 9999);
    Tensor factor = random.floats({outputs}, 1e-4f, 1e-3f),
           bias = random.floats({outputs});
    Tensor resident = random.integers<uint8_t>({outputs, inputs}, 0, 255);
    forEveryIsa([&] {
      std::vector<Tensor> r(6);
      Context context;
      linear(context, train, LinearWeights(w), &offset, r[0], c);
      linear(context, train, LinearWeights(w), &offset, r[3], c,
             Epilogue().requantize(factor, &bias, c, 1));
      linear(context, train, LinearWeights(w), &offset, r[4], c,
             Epilogue().rescale(factor, &bias).activate(Activation::Gelu));
      linear(context, train, LinearWeights(w), &offset, r[5], c,
             Epilogue()
                 .rescale(factor, &bias)
                 .activate(Activation::Gelu)
                 .encode(c, 1));
      dynamicProduct(context, train, resident, r[1], c, 8, 200, 1);
      dynamicProduct(context, train, resident, r[2], c, 8, 128, 1);
      return r;
    });
  }
}

/// Sums, and levels in one step, of a product by each kernel, which all have
/// those of the first.
static std::vector<Tensor>
multiplyByKernels(std::initializer_list<ProductKernel> kernels,
                  const Tensor &train, const LinearWeights &weights,
                  const Tensor &offset, const Tensor &scale, const Coding &c) {
  std::vector<Tensor> r;
  for (ProductKernel kernel : kernels) {
    setProductKernel(kernel);
    Context context;
    Tensor sums, levels;
    linear(context, train, weights, &offset, sums, c);
    linear(context, train, weights, nullptr, levels, c,
           Epilogue().requantize(scale, nullptr, {8, 128, 128, 0, 0.1f}, 0));
    r.push_back(sums);
    r.push_back(levels);
  }
  setProductKernel(ProductKernel::Chosen);
  for (size_t i = 2; i < r.size(); ++i)
    EXPECT_TRUE(sameBits(r[i % 2], r[i]))
        << "result " << i << " of " << weights.inputs() << " inputs";
  return r;
}

/// Rows with few events, and none, by events and by the dense product.
TEST(Isa, EventsGiveEqualSums) {
  Random random(8);
  const Coding codings[] = {{8, 117, 117, 0, 0.1f},
                            {8, 255, 255, 3, 0.1f}, // differences of two bytes
                            {8, 0, 0, 0, 0.1f},
                            {4, 8, 7, 1, 0.1f},
                            {1, 0, 1, 0, 0.1f}};
  for (const Coding &c : codings)
    for (int64_t fires : {0, 1, 10, 90, 100}) { // of a hundred
      int64_t rows = random.integer(1, 130), inputs = random.integer(1, 150),
              outputs = random.integer(1, 200);
      Tensor train(DType::U8, {rows, inputs});
      for (int64_t i = 0; i < train.size(); ++i)
        train.data<uint8_t>()[i] = static_cast<uint8_t>(c.deadZone(
            random.integer(0, 99) < fires
                ? static_cast<int32_t>(random.integer(0, c.maxLevel()))
                : c.mask));
      LinearWeights weights(
          random.integers<int8_t>({inputs, outputs}, -128, 127));
      Tensor offset = random.integers<int32_t>({outputs}, -9000, 9000);
      Tensor scale = random.floats({outputs}, 1e-5f, 1e-3f);
      forEveryIsa([&] {
        return multiplyByKernels({ProductKernel::Dense, ProductKernel::Groups,
                                  ProductKernel::Events, ProductKernel::Chosen},
                                 train, weights, offset, scale, c);
      });
    }
}

/// Dense products where most neurons fire, lists where few do.
TEST(Isa, KernelsAreChosenBySilence) {
  for (int64_t rows : {1, 8, 128})
    for (int64_t outputs : {768, 3072}) {
      int64_t levels = rows * 768;
      EXPECT_EQ(chooseKernel(rows, 768, outputs, levels / 4, levels),
                ProductKernel::Dense);
      EXPECT_NE(chooseKernel(rows, 768, outputs, levels / 4 / 13, levels / 50),
                ProductKernel::Dense);
    }
  // Single inputs where few of a group fire, whole groups where all do.
  EXPECT_EQ(chooseKernel(1, 768, 3072, 66, 77), ProductKernel::Events);
  EXPECT_EQ(chooseKernel(128, 768, 3072, 128 * 66, 128 * 77),
            ProductKernel::Events);
  EXPECT_EQ(chooseKernel(128, 768, 3072, 128 * 20, 128 * 80),
            ProductKernel::Groups);
}

/// One row times weights that fit few bits: the sums of the dense product, on
/// every set, also where inputs and outputs end within a group and a panel.
TEST(Isa, NarrowWeightsGiveTheSumsOfWideOnes) {
  const std::pair<int, int> ranges[] = {{-8, 7}, {-2, 1}, {-1, 1}, {0, 0}};
  const int bits[] = {4, 2, 2, 1};
  for (int kind = 0; kind < 4; ++kind)
    for (uint32_t seed = 0; seed < 12; ++seed) {
      Random random(seed);
      Coding c = {static_cast<int32_t>(random.integer(1, 8)), 0, 0, 0, 0.1f};
      c.zero = c.mask = static_cast<int32_t>(random.integer(0, c.maxLevel()));
      int64_t inputs = random.integer(1, 300), outputs = random.integer(1, 200);
      Tensor train = random.integers<uint8_t>({1, inputs}, 0, c.maxLevel());
      auto [low, high] = ranges[kind];
      Tensor matrix = random.integers<int8_t>({inputs, outputs}, low, high);
      if (kind == 3)
        for (int64_t i = 0; i < matrix.size(); ++i)
          matrix.data<int8_t>()[i] = random.integer(0, 1) ? 1 : -1;
      else // the ends occur
        matrix.data<int8_t>()[0] = static_cast<int8_t>(low);
      LinearWeights weights(matrix);
      if (kind == 0 || kind == 3) {
        EXPECT_EQ(weights.narrow()->bits(), bits[kind]);
      } else {
        EXPECT_LE(weights.narrow()->bits(), bits[kind]);
      }
      Tensor offset = random.integers<int32_t>({outputs}, -9000, 9000);
      Tensor scale = random.floats({outputs}, 1e-5f, 1e-3f);
      forEveryIsa([&] {
        return multiplyByKernels({ProductKernel::Dense, ProductKernel::Narrow},
                                 train, weights, offset, scale, c);
      });
    }
  Random random(1);
  EXPECT_EQ(
      LinearWeights(random.integers<int8_t>({90, 90}, -9, 7)).narrow()->bits(),
      0);
  // One row that is not silent; others, and wide weights, are as before.
  EXPECT_EQ(chooseKernel(1, 768, 3072, 192, 768, 4), ProductKernel::Narrow);
  EXPECT_EQ(chooseKernel(1, 768, 3072, 20, 20, 4), ProductKernel::Events);
  EXPECT_EQ(chooseKernel(8, 768, 3072, 8 * 192, 8 * 768, 4),
            ProductKernel::Dense);
}

TEST(Isa, ConvolutionsGiveEqualBits) {
  for (uint32_t seed = 0; seed < 24; ++seed) {
    Random random(seed);
    Coding c = {8, 100, 90, 0, 1.0f};
    int64_t kernel = random.integer(1, 7), size = random.integer(7, 40),
            stride = random.integer(1, 5), channels = random.integer(1, 40);
    Tensor image = random.integers<uint8_t>({1, channels, size, size}, 0, 255);
    Tensor dense = random.integers<int8_t>(
        {random.integer(1, 70), channels, kernel, kernel}, -128, 127);
    Tensor deep =
        random.integers<int8_t>({channels, 1, kernel, kernel}, -128, 127);
    Tensor wide =
        random.integers<int16_t>({channels, 1, kernel, kernel}, -255, 255);
    Ints strides = {stride, stride}, pads = {1, 2, 3, 1}, ones = {1, 1};
    forEveryIsa([&] {
      std::vector<Tensor> r(3);
      Context context;
      convolution(context, image, dense, nullptr, r[0], c, strides, pads, ones,
                  1);
      convolution(context, image, deep, nullptr, r[1], c, strides, pads, ones,
                  channels);
      convolution(context, image, wide, nullptr, r[2], c, strides, pads, ones,
                  channels);
      return r;
    });
  }
}

TEST(Isa, PhaseCodingGivesEqualBits) {
  for (uint32_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    PhaseCoding c = {1.15, 40, 2.5f, seed % 2 == 1, PhaseRelease::None};
    PhaseCoding unit = {1.15, 40, 1.0f, false, PhaseRelease::None};
    int64_t rows = random.integer(1, 40), inputs = random.integer(1, 90),
            outputs = random.integer(1, 80);
    Tensor x = random.floats({rows, inputs}),
           other = random.floats({outputs, inputs});
    x.data<float>()[0] = NAN;
    Tensor w = random.floats({inputs, outputs}),
           bias = random.floats({outputs});
    Tensor image = random.floats({1, 4, 9, 11});
    Tensor kernel = random.floats({6, 2, 3, 3});
    forEveryIsa([&] {
      std::vector<Tensor> r(9);
      Context context;
      phaseEncode(context, x, nullptr, r[0], c);
      phaseLinear(context, r[0], w, nullptr, &bias, r[1], c);
      phaseEncode(context, other, nullptr, r[2], c);
      phaseProduct(context, r[0], r[2], nullptr, r[3], c, c, 0.25, 1, 0);
      phaseEncode(context, r[3], nullptr, r[4], c);
      phaseWoss(context, r[4], nullptr, nullptr, r[5], r[6], c, unit);
      phaseEncode(context, image, nullptr, r[7], c);
      phaseConvolution(context, r[7], kernel, nullptr, nullptr, r[8], c, {2, 1},
                       {1, 1, 1, 1}, {}, 2);
      return r;
    });
  }
}

/// Counts of levels against counting one by one: lengths around whole vectors
/// and blocks, levels that are spread, narrow, rare or all the same.
TEST(Isa, CountsOfLevelsAreExact) {
  Random random(8);
  Isa before = currentIsa();
  for (int64_t n : {0, 1, 63, 64, 65, 255, 300, 4096, 8191, 8192, 8193, 20000})
    for (int kind = 0; kind < 5; ++kind) {
      std::vector<uint8_t> levels(static_cast<size_t>(n));
      for (uint8_t &level : levels) {
        int draw = static_cast<int>(random.integer(0, 255));
        bool isRare = random.integer(0, 99) == 0;
        level = static_cast<uint8_t>(kind == 0   ? draw
                                     : kind == 1 ? 120 + draw % 15
                                     : kind == 2 ? (isRare ? draw : 128)
                                     : kind == 3 ? draw % 16
                                                 : 255);
      }
      std::vector<int64_t> wanted(256, 7);
      for (uint8_t level : levels)
        ++wanted[level];
      for (Isa isa :
           {Isa::Portable, Isa::Avx2, Isa::AvxVnni, Isa::Avx512, Isa::Amx}) {
        setIsa(isa);
        std::vector<int64_t> counts(256, 7);
        loops().histogram(levels.data(), n, counts.data());
        EXPECT_EQ(counts, wanted) << n << " levels of kind " << kind;
        for (auto [low, high] : {std::pair<int, int>{0, 0},
                                 {128, 128},
                                 {120, 135},
                                 {0, 255},
                                 {250, 255}}) {
          int64_t outside = 0;
          for (uint8_t level : levels)
            outside += level < low || level > high;
          EXPECT_EQ(loops().countOutside(levels.data(), n,
                                         static_cast<uint8_t>(low),
                                         static_cast<uint8_t>(high)),
                    outside)
              << n << " levels outside of " << low << " to " << high;
        }
      }
    }
  setIsa(before);
}
