//===- KernelBenchmark.cpp - Speed of the kernels ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread. Products report multiply-accumulates a second as `mac`; choose an
// instruction set with SNN_ISA.
//
//===----------------------------------------------------------------------===//

#include "ttfs/EventProduct.h"

#include "snn/runtime/Epilogue.h"
#include "snn/runtime/Kernels.h"
#include "snn/runtime/Spiking.h"

#include <benchmark/benchmark.h>

#include <random>

using namespace snn::rt;

static std::mt19937 engine(1);

template <typename T> static Tensor integers(Shape shape, int lo, int hi) {
  Tensor t(DTypeOf<T>::value, std::move(shape));
  std::uniform_int_distribution<int> d(lo, hi);
  for (int64_t i = 0; i < t.size(); ++i)
    t.data<T>()[i] = static_cast<T>(d(engine));
  return t;
}
static Tensor floats(Shape shape) {
  Tensor t(DType::F32, std::move(shape));
  std::normal_distribution<float> d;
  for (int64_t i = 0; i < t.size(); ++i)
    t.data<float>()[i] = d(engine);
  return t;
}
static void countMacs(benchmark::State &state, int64_t macs) {
  state.counters["mac"] =
      benchmark::Counter(static_cast<double>(macs * state.iterations()),
                         benchmark::Counter::kIsRate);
}

/// Rows, inputs, outputs, bits, mode.
static void linear(benchmark::State &state) {
  int64_t m = state.range(0), k = state.range(1), n = state.range(2);
  Coding c = {static_cast<int32_t>(state.range(3)), 8, 8, 0, 0.1f};
  Tensor train = integers<uint8_t>({m, k}, 0, c.maxLevel()), v;
  LinearWeights w(integers<int8_t>({k, n}, -1, 1));
  Context context;
  context.mode = static_cast<Mode>(state.range(4));
  for (auto _ : state)
    snn::rt::linear(context, train, w, nullptr, v, c);
  countMacs(state, m * k * n);
}
BENCHMARK(linear)
    ->Args({64, 128, 512, 4, 0})
    ->Args({128, 768, 3072, 4, 0})
    ->Args({128, 768, 3072, 8, 0})
    ->Args({128, 768, 768, 4, 0})
    ->Args({128, 3072, 768, 4, 0})
    ->Args({1, 768, 3072, 4, 0})
    ->Args({64, 128, 512, 4, 1})
    ->Args({64, 128, 512, 4, 2});

/// Rows, silent of a hundred, kernel (EventProduct.h): 768 to 3072.
static void linearSilence(benchmark::State &state) {
  int64_t m = state.range(0), k = 768, n = 3072;
  Coding c = {8, 128, 128, 0, 0.1f};
  Tensor train = integers<uint8_t>({m, k}, 0, 255), v;
  std::uniform_int_distribution<int64_t> hundred(0, 99);
  for (int64_t i = 0; i < train.size(); ++i)
    if (hundred(engine) < state.range(1))
      train.data<uint8_t>()[i] = 128;
  LinearWeights w(integers<int8_t>({k, n}, -128, 127));
  detail::setProductKernel(static_cast<detail::ProductKernel>(state.range(2)));
  Context context;
  for (auto _ : state)
    snn::rt::linear(context, train, w, nullptr, v, c);
  detail::setProductKernel(detail::ProductKernel::Chosen);
  countMacs(state, m * k * n);
}
BENCHMARK(linearSilence)
    ->ArgsProduct({{1, 8, 128}, {0, 50, 70, 80, 90, 95, 99}, {0, 1, 2, 3}});

/// Bits of the weights, silent of a hundred, kernel: one row, 768 to 3072.
static void linearNarrow(benchmark::State &state) {
  int64_t k = 768, n = 3072;
  Coding c = {8, 128, 128, 0, 0.1f};
  Tensor train = integers<uint8_t>({1, k}, 0, 255), v;
  std::uniform_int_distribution<int64_t> hundred(0, 99);
  for (int64_t i = 0; i < train.size(); ++i)
    if (hundred(engine) < state.range(1))
      train.data<uint8_t>()[i] = 128;
  int low = state.range(0) == 1 ? 0 : -(1 << (state.range(0) - 1));
  Tensor matrix =
      integers<int8_t>({k, n}, low, state.range(0) == 1 ? 1 : -low - 1);
  if (state.range(0) == 1)
    for (int64_t i = 0; i < matrix.size(); ++i)
      matrix.data<int8_t>()[i] =
          static_cast<int8_t>(2 * matrix.data<int8_t>()[i] - 1);
  LinearWeights w(matrix);
  detail::setProductKernel(static_cast<detail::ProductKernel>(state.range(2)));
  Context context;
  for (auto _ : state)
    snn::rt::linear(context, train, w, nullptr, v, c);
  detail::setProductKernel(detail::ProductKernel::Chosen);
  countMacs(state, k * n);
}
BENCHMARK(linearNarrow)
    ->ArgsProduct({{1, 2, 4}, {0, 50, 70, 80, 90}, {0, 1, 3, 4}});

/// Matrices, rows, inputs, outputs, transposed.
static void dynamicProduct(benchmark::State &state) {
  int64_t h = state.range(0), m = state.range(1), k = state.range(2),
          n = state.range(3);
  bool transposed = state.range(4);
  Coding c = {4, 8, 8, 0, 0.1f};
  Tensor train = integers<uint8_t>({h, m, k}, 0, 15), v;
  Tensor resident =
      integers<uint8_t>(transposed ? Shape{h, n, k} : Shape{h, k, n}, 0, 15);
  Context context;
  for (auto _ : state)
    snn::rt::dynamicProduct(context, train, resident, v, c, 4, 8, transposed);
  countMacs(state, h * m * k * n);
}
BENCHMARK(dynamicProduct)
    ->Args({12, 128, 64, 128, 1})
    ->Args({12, 128, 128, 64, 0})
    ->Args({2, 64, 64, 64, 1})
    ->Args({2, 64, 64, 64, 0});

static void convolution(benchmark::State &state) {
  int64_t ci = state.range(0), co = state.range(1), size = state.range(2);
  Coding c = {4, 0, 0, 0, 0.1f};
  Tensor train = integers<uint8_t>({1, ci, size, size}, 0, 15), v;
  Tensor w = integers<int8_t>({co, ci, 3, 3}, -1, 1);
  Context context;
  for (auto _ : state)
    snn::rt::convolution(context, train, w, nullptr, v, c, {1, 1}, {1, 1, 1, 1},
                         {}, 1);
  countMacs(state, co * ci * 9 * size * size);
}
BENCHMARK(convolution)->Args({16, 32, 32})->Args({64, 64, 28});

static void fire(benchmark::State &state) {
  int64_t bits = state.range(0), n = 3072, top = (1 << bits) - 1;
  Coding c = {static_cast<int32_t>(bits), 0, 0, 0, 0.1f};
  Tensor v = integers<int32_t>({128, n}, -1000, 1000), train;
  Tensor theta(DType::I32, {n, top});
  for (int64_t i = 0; i < theta.size(); ++i)
    theta.data<int32_t>()[i] = static_cast<int32_t>(i % top * 4);
  Context context;
  for (auto _ : state)
    snn::rt::fire(context, v, theta, train, c, 1);
  state.SetItemsProcessed(state.iterations() * v.size());
}
BENCHMARK(fire)->Arg(4)->Arg(8);

/// The same by the re-quantiser behind the thresholds.
static void fireRequantised(benchmark::State &state) {
  int64_t bits = state.range(0), n = 3072, top = (1 << bits) - 1;
  Coding c = {static_cast<int32_t>(bits), 0, 0, 0, 0.1f};
  Tensor v = integers<int32_t>({128, n}, -1000, 1000), train;
  Tensor theta = integers<int32_t>({n, top}, 0, 1), scale = floats({n}),
         bias = floats({n});
  Context context;
  for (auto _ : state)
    snn::rt::fire(context, v, theta, scale, &bias, train, c, 0, 0, 1);
  state.SetItemsProcessed(state.iterations() * v.size());
}
BENCHMARK(fireRequantised)->Arg(4)->Arg(8);

/// Rows, inputs, outputs: a product, GELU and levels in one call.
static void linearGeluEncode(benchmark::State &state) {
  int64_t m = state.range(0), k = state.range(1), n = state.range(2);
  Coding c = {8, 128, 128, 0, 0.03f};
  Tensor train = integers<uint8_t>({m, k}, 0, 255), y;
  LinearWeights w(integers<int8_t>({k, n}, -128, 127));
  Tensor scale = Tensor::scalar(1e-5f).reshaped({1}), bias = floats({n});
  Context context;
  for (auto _ : state)
    snn::rt::linear(context, train, w, nullptr, y, c,
                    Epilogue()
                        .rescale(scale, &bias)
                        .activate(Activation::Gelu)
                        .encode(c, 0));
  countMacs(state, m * k * n);
}
BENCHMARK(linearGeluEncode)->Args({128, 768, 3072});

static void encode(benchmark::State &state) {
  Coding c = {4, 8, 8, 1, 0.1f};
  Tensor x = floats({128, 768}), train;
  Context context;
  for (auto _ : state)
    snn::rt::encode(context, x, train, c, 0);
  state.SetItemsProcessed(state.iterations() * x.size());
}
BENCHMARK(encode);

static void requantize(benchmark::State &state) {
  Coding c = {4, 8, 8, 1, 0.1f};
  Tensor v = integers<int32_t>({128, 768}, -1000, 1000), levels;
  Tensor scale = floats({768}), bias = floats({768});
  for (auto _ : state)
    snn::rt::requantize(v, scale, &bias, levels, c, 0, 1);
  state.SetItemsProcessed(state.iterations() * v.size());
}
BENCHMARK(requantize);

static void countSpikes(benchmark::State &state) {
  Coding c = {4, 8, 8, 1, 0.1f};
  Tensor train = integers<uint8_t>({1, 128, 768}, 0, 15);
  Statistics statistics;
  Context context;
  context.statistics = &statistics;
  for (auto _ : state)
    snn::rt::countSpikes(context, "s", train, c, nullptr, {1});
  state.SetItemsProcessed(state.iterations() * train.size());
}
BENCHMARK(countSpikes);

static void matmul(benchmark::State &state) {
  int64_t m = state.range(0), k = state.range(1), n = state.range(2);
  Tensor a = floats({m, k}), b = floats({k, n}), y;
  for (auto _ : state)
    snn::rt::matmul(a, b, y);
  countMacs(state, m * k * n);
}
BENCHMARK(matmul)
    ->Args({64, 128, 512})
    ->Args({128, 768, 3072})
    ->Args({1, 768, 768});

template <void (*Kernel)(const Tensor &, Tensor &)>
static void unary(benchmark::State &state) {
  Tensor x = floats({128, 768}), y;
  for (auto _ : state)
    Kernel(x, y);
  state.SetItemsProcessed(state.iterations() * x.size());
}
static void geluExact(const Tensor &x, Tensor &y) { gelu(x, y, "none"); }
BENCHMARK(unary<snn::rt::exp>)->Name("exp");
BENCHMARK(unary<snn::rt::log>)->Name("log");
BENCHMARK(unary<snn::rt::erf>)->Name("erf");
BENCHMARK(unary<snn::rt::tanh>)->Name("tanh");
BENCHMARK(unary<sigmoid>)->Name("sigmoid");
BENCHMARK(unary<geluExact>)->Name("gelu");
BENCHMARK(unary<relu>)->Name("relu");

static void softmax(benchmark::State &state) {
  Tensor x = floats({12 * 128, 128}), y;
  for (auto _ : state)
    snn::rt::softmax(x, y, -1);
  state.SetItemsProcessed(state.iterations() * x.size());
}
BENCHMARK(softmax);

static void layerNormalization(benchmark::State &state) {
  Tensor x = floats({128, 768}), scale = floats({768}), bias = floats({768}), y;
  for (auto _ : state)
    layer_normalization(x, scale, &bias, y, -1, 1e-5);
  state.SetItemsProcessed(state.iterations() * x.size());
}
BENCHMARK(layerNormalization);

static void addRow(benchmark::State &state) {
  Tensor x = floats({128, 768}), row = floats({768}), y;
  for (auto _ : state)
    add(x, row, y);
  state.SetItemsProcessed(state.iterations() * x.size());
}
BENCHMARK(addRow);
