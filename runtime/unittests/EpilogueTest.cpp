//===- EpilogueTest.cpp - What follows a product in the same call -*- C++ -*-=//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Epilogue.h"
#include "snn/runtime/Kernels.h"
#include "snn/runtime/Thresholds.h"

using namespace snn::rt;
using namespace snn::rt::test;

static const Mode modes[] = {Mode::Fast, Mode::Event, Mode::Stepped};

static Coding randomCoding(Random &random) {
  auto bits = int32_t(random.integer(1, 8));
  int32_t top = (1 << bits) - 1;
  auto zero = int32_t(random.integer(0, top));
  auto mask = int32_t(random.integer(0, top));
  return {bits, zero, mask, int32_t(random.integer(0, 1)),
          random.real(0.02f, 0.3f)};
}

namespace {
/// A product with random operands: rows and columns beyond whole blocks.
struct Layer {
  Coding in;
  Tensor train, matrix, offset, scale, bias;
  LinearWeights weights;

  explicit Layer(Random &random) : in(randomCoding(random)) {
    int64_t rows = random.integer(1, 220), inputs = random.integer(1, 70),
            outputs = random.integer(1, 150);
    train = random.integers<uint8_t>({1, rows, inputs}, 0, in.maxLevel());
    for (int64_t i = 0; i < train.size(); ++i)
      train.data<uint8_t>()[i] = uint8_t(in.deadZone(train.data<uint8_t>()[i]));
    matrix = random.integers<int8_t>({inputs, outputs}, -128, 127);
    weights = LinearWeights(matrix);
    offset = Tensor(DType::I32, {outputs});
    for (int64_t j = 0; j < outputs; ++j)
      offset.data<int32_t>()[j] = (in.mask - in.zero) * weights.columnSums()[j];
    float reach = 3.0f / (64.0f * float(in.maxLevel()) * float(inputs));
    scale = random.floats({random.integer(0, 1) ? outputs : 1}, 0.3f * reach,
                          3.0f * reach);
    bias = random.floats({random.integer(0, 1) ? outputs : 1}, -1.0f, 1.0f);
  }
};
} // namespace

TEST(Epilogue, FiringEqualsTheTwoSteps) {
  Random random(51);
  for (int trial = 0; trial < 60; ++trial) {
    Layer l(random);
    Requantiser map;
    map.scale = l.scale;
    bool hasBias = random.integer(0, 1);
    if (hasBias)
      map.bias = l.bias;
    map.relu = random.integer(0, 1);
    map.coding = randomCoding(random);
    map.deadZone = int32_t(random.integer(0, 1));
    Tensor theta = buildThresholds(
        map, thresholdRanges(map, accumulatorRanges(l.matrix, false, l.in),
                             l.matrix.dim(1)));
    const Tensor *bias = hasBias ? &l.bias : nullptr;
    Context stepped;
    stepped.mode = Mode::Stepped;
    Tensor membrane, expected;
    linear(stepped, l.train, l.weights, &l.offset, membrane, l.in);
    fire(stepped, membrane, theta, expected, map.coding, 2);
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      Tensor fused;
      linear(context, l.train, l.weights, &l.offset, fused, l.in,
             Epilogue().fire(theta, l.scale, bias, map.coding, map.relu,
                             map.deadZone));
      ASSERT_TRUE(sameBits(fused, expected))
          << "trial " << trial << " mode " << int(mode);
    }
  }
}

/// The kernel that an activation stands for.
static Tensor applied(Activation function, const Tensor &x) {
  Tensor y;
  switch (function) {
  case Activation::None:
    return x;
  case Activation::Relu:
    relu(x, y);
    break;
  case Activation::Silu:
    silu(x, y);
    break;
  case Activation::Gelu:
    gelu(x, y, "none");
    break;
  case Activation::GeluTanh:
    gelu(x, y, "tanh");
    break;
  }
  return y;
}

TEST(Epilogue, FloatStepsEqualTheKernels) {
  Random random(52);
  const Activation functions[] = {Activation::None, Activation::Relu,
                                  Activation::Silu, Activation::Gelu,
                                  Activation::GeluTanh};
  for (int trial = 0; trial < 60; ++trial) {
    Layer l(random);
    const Tensor *bias = random.integer(0, 1) ? &l.bias : nullptr;
    Activation function = functions[trial % 5];
    bool adds = random.integer(0, 1), encodes = random.integer(0, 1),
         multiplies = random.integer(0, 1);
    Coding out = randomCoding(random);
    auto deadZone = random.integer(0, 2);

    Context context;
    Tensor membrane, x, expected;
    linear(context, l.train, l.weights, &l.offset, membrane, l.in);
    rescale(membrane, l.scale, bias, x, 2);
    x = applied(function, x);
    Tensor other = random.floats(x.shape());
    Epilogue epilogue;
    epilogue.rescale(l.scale, bias).activate(function);
    Tensor factors = random.floats({x.dim(-1)}, 0.1f, 9.0f);
    if (multiplies) {
      Tensor product;
      mul(x, factors, product);
      x = product;
      epilogue.multiply(factors);
    }
    if (adds) {
      Tensor sum;
      add(x, other, sum);
      x = sum;
      epilogue.add(other);
    }
    expected = x;
    if (encodes) {
      Tensor levels;
      encode(context, x, levels, out, deadZone);
      expected = levels;
      epilogue.encode(out, deadZone);
    }
    for (Mode mode : modes) {
      Context run;
      run.mode = mode;
      Tensor fused;
      linear(run, l.train, l.weights, &l.offset, fused, l.in, epilogue);
      ASSERT_TRUE(sameBits(fused, expected))
          << "trial " << trial << " mode " << int(mode);
    }
  }
}

TEST(Epilogue, LevelsOfAResidentOperand) {
  Random random(53);
  for (int trial = 0; trial < 20; ++trial) {
    Layer l(random);
    Coding out = randomCoding(random);
    Context context;
    Tensor membrane, expected;
    linear(context, l.train, l.weights, &l.offset, membrane, l.in);
    requantize(membrane, l.scale, &l.bias, expected, out, trial % 2, 2);
    for (Mode mode : modes) {
      Context run;
      run.mode = mode;
      Tensor fused;
      linear(run, l.train, l.weights, &l.offset, fused, l.in,
             Epilogue().requantize(l.scale, &l.bias, out, trial % 2));
      ASSERT_TRUE(sameBits(fused, expected)) << "trial " << trial;
    }
  }
}

/// Every sum of a range that crosses many middles between levels, in steps that
/// are far smaller than what is decided without the exact function.
TEST(Epilogue, LevelsAfterGeluAreTheExactOnes) {
  Coding in = {8, 0, 0, 0, 1.0f};
  Tensor train = Tensor::fromVector<uint8_t>({1, 1}, {0});
  for (float step : {1e-6f, 3e-5f, 0.02f, 0.11f, 3.0f}) {
    Coding out = {8, 20, 20, 1, step};
    for (float scale : {1e-7f, 2e-6f, 1e-4f}) {
      constexpr int64_t count = 20000;
      // The sums are offsets of as many outputs.
      Tensor matrix(DType::I8, {1, count});
      std::fill_n(matrix.data<int8_t>(), count, int8_t(0));
      LinearWeights weights(matrix);
      Tensor offset(DType::I32, {count});
      for (int64_t i = 0; i < count; ++i)
        offset.data<int32_t>()[i] = int32_t((i - count / 2) * 7);
      Tensor factor = Tensor::fromVector<float>({1}, {scale});
      Random random(54);
      Tensor factors = random.floats({count}, -3.0f, 9.0f);
      Context context;
      Tensor membrane, x, y, expected, fused, product;
      linear(context, train, weights, &offset, membrane, in);
      rescale(membrane, factor, nullptr, x, 1);
      gelu(x, y, "none");
      encode(context, y, expected, out, 2);
      linear(context, train, weights, &offset, fused, in,
             Epilogue()
                 .rescale(factor, nullptr)
                 .activate(Activation::Gelu)
                 .encode(out, 2));
      ASSERT_TRUE(sameBits(fused, expected)) << step << " " << scale;
      mul(y, factors, product);
      encode(context, product, expected, out, 2);
      linear(context, train, weights, &offset, fused, in,
             Epilogue()
                 .rescale(factor, nullptr)
                 .activate(Activation::Gelu)
                 .multiply(factors)
                 .encode(out, 2));
      ASSERT_TRUE(sameBits(fused, expected))
          << "with factors: " << step << " " << scale;
    }
  }
}

TEST(Epilogue, ConvolutionsEqualTheSteps) {
  Random random(55);
  for (int trial = 0; trial < 60; ++trial) {
    Coding in = randomCoding(random), out = randomCoding(random);
    bool depthwise = trial % 3 == 0, wide = trial % 7 == 6;
    int64_t group = depthwise ? random.integer(1, 20) : random.integer(1, 2),
            ci = depthwise ? 1 : random.integer(1, 20),
            co = depthwise ? random.integer(1, 2) : random.integer(1, 80),
            kernel = random.integer(1, 7), size = random.integer(7, 23);
    Ints strides = {random.integer(1, 2), random.integer(1, 5)},
         dilations = {1, depthwise ? random.integer(1, 2) : 1},
         pads = {1, 2, 0, 1};
    Tensor train = random.integers<uint8_t>({2, group * ci, size, 2 * size}, 0,
                                            in.maxLevel());
    for (int64_t i = 0; i < train.size(); ++i)
      train.data<uint8_t>()[i] = uint8_t(in.deadZone(train.data<uint8_t>()[i]));
    Shape shape = {group * co, ci, kernel, kernel};
    ConvolutionWeights weights(wide ? random.integers<int16_t>(shape, -255, 255)
                                    : random.integers<int8_t>(shape, -128, 127),
                               group);
    Tensor scale = random.floats({random.integer(0, 1) ? group * co : 1}, 1e-5f,
                                 1e-3f),
           bias = random.floats({group * co});
    Context stepped;
    stepped.mode = Mode::Stepped;
    Tensor membrane;
    convolution(stepped, train, weights, nullptr, membrane, in, strides, pads,
                dilations);
    Tensor offset = random.integers<int32_t>(
        {membrane.dim(1), membrane.dim(2), membrane.dim(3)}, -999, 999);
    convolution(stepped, train, weights, &offset, membrane, in, strides, pads,
                dilations);
    Tensor y, other = random.floats(membrane.shape()), sum, levels, requantised;
    rescale(membrane, scale, &bias, y, 1);
    add(y, other, sum);
    encode(stepped, sum, levels, out, 1);
    requantize(membrane, scale, &bias, requantised, out, 1, 1);
    for (Mode mode : modes) {
      Context context;
      context.mode = mode;
      auto run = [&](const Epilogue &epilogue) {
        Tensor fused;
        convolution(context, train, weights, &offset, fused, in, strides, pads,
                    dilations, epilogue);
        return fused;
      };
      std::string at = "trial " + std::to_string(trial) + " mode " +
                       std::to_string(int(mode));
      ASSERT_TRUE(sameBits(run(Epilogue().rescale(scale, &bias)), y)) << at;
      ASSERT_TRUE(
          sameBits(run(Epilogue().rescale(scale, &bias).add(other)), sum))
          << at;
      ASSERT_TRUE(sameBits(
          run(Epilogue().rescale(scale, &bias).add(other).encode(out, 1)),
          levels))
          << at;
      ASSERT_TRUE(sameBits(run(Epilogue().requantize(scale, &bias, out, 1)),
                           requantised))
          << at;
    }
  }
}

TEST(Epilogue, WideWeightsRunTheSteps) {
  Random random(54);
  Coding in = {4, 3, 5, 0, 1.0f}, out = {8, 100, 90, 0, 0.1f};
  Tensor train = random.integers<uint8_t>({9, 33}, 0, 15), membrane, expected,
         fused;
  LinearWeights weights(random.integers<int16_t>({33, 21}, -255, 255));
  Tensor scale = random.floats({21}, 1e-3f, 1e-2f), bias = random.floats({21});
  Context context;
  linear(context, train, weights, nullptr, membrane, in);
  requantize(membrane, scale, &bias, expected, out, 0, 1);
  linear(context, train, weights, nullptr, fused, in,
         Epilogue().requantize(scale, &bias, out, 0));
  EXPECT_TRUE(sameBits(fused, expected));
}

TEST(Epilogue, RefusesOperandsThatDoNotFit) {
  Context context;
  Coding c = {4, 8, 8, 0, 1.0f};
  LinearWeights weights(Tensor::fromVector<int8_t>({2, 3}, {1, 2, 3, 4, 5, 6}));
  Tensor train(DType::U8, {1, 2}), y;
  Tensor one = Tensor::fromVector<float>({1}, {1.0f}),
         two = Tensor::fromVector<float>({2}, {1.0f, 1.0f});
  Tensor wrong(DType::F32, {3});
  Tensor theta(DType::I32, {2, 15});
  auto run = [&](const Epilogue &epilogue) {
    linear(context, train, weights, nullptr, y, c, epilogue);
  };
  EXPECT_THROW(run(Epilogue()), Error);
  EXPECT_THROW(run(Epilogue().rescale(two, nullptr)), Error);
  EXPECT_THROW(run(Epilogue().rescale(one, &two)), Error);
  EXPECT_THROW(run(Epilogue().rescale(one, nullptr).add(wrong)), Error);
  EXPECT_THROW(run(Epilogue().fire(theta, one, nullptr, c, 0, 0)), Error);
  EXPECT_NO_THROW(run(Epilogue().rescale(one, nullptr)));
}
