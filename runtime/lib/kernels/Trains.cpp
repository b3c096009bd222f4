//===- Trains.cpp - Elementwise kernels of spike trains ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include "snn/runtime/Kernels.h"

using namespace snn::rt;
using namespace snn::rt::detail;

/// y = f(a, b) with the shapes broadcast.
template <typename F>
static void combine(const char *op, const Tensor &a, const Tensor &b, Tensor &y,
                    F f) {
  requireType(op, a, DType::U8);
  requireType(op, b, DType::U8);
  Tensor left = a, right = b; // y may be one of them
  Shape shape = broadcastShapes(op, left.shape(), right.shape());
  y.allocate(DType::U8, shape);
  const std::vector<int64_t> strides[2] = {
      broadcastStrides(left.shape(), shape),
      broadcastStrides(right.shape(), shape)};
  StridedLoop<2> loop(shape, strides);
  const uint8_t *p = left.data<uint8_t>(), *q = right.data<uint8_t>();
  uint8_t *out = y.data<uint8_t>();
  int64_t inner = loop.innerSize();
  int64_t stepA = loop.innerStride(0), stepB = loop.innerStride(1);
  loop.forEachRow([&](const int64_t *offsets) {
    for (int64_t i = 0; i < inner; ++i)
      *out++ = f(p[offsets[0] + i * stepA], q[offsets[1] + i * stepB]);
  });
}

void snn::rt::train_and(const Tensor &a, const Tensor &b, Tensor &y) {
  combine("train_and", a, b, y,
          [](uint8_t x, uint8_t z) { return uint8_t(x && z); });
}

void snn::rt::train_and_not(const Tensor &a, const Tensor &b, Tensor &y) {
  combine("train_and_not", a, b, y,
          [](uint8_t x, uint8_t z) { return uint8_t(x && !z); });
}

void snn::rt::train_numbers(const Tensor &x, Tensor &y, double unit) {
  requireType("train_numbers", x, DType::U8);
  Tensor in = x; // y may be x
  y.allocate(DType::F32, in.shape());
  const uint8_t *p = in.data<uint8_t>();
  float *q = y.data<float>();
  float factor = static_cast<float>(unit);
  for (int64_t i = 0, n = in.size(); i < n; ++i)
    q[i] = static_cast<float>(p[i]) * factor;
}

void snn::rt::train_slots(const Tensor &x, Tensor &y, const Ints &levels) {
  requireType("train_slots", x, DType::U8);
  Tensor in = x; // y may be x
  Shape shape = in.shape();
  shape.insert(shape.begin(), static_cast<int64_t>(levels.size()));
  y.allocate(DType::U8, shape);
  const uint8_t *p = in.data<uint8_t>();
  uint8_t *q = y.data<uint8_t>();
  for (int64_t level : levels)
    for (int64_t i = 0, n = in.size(); i < n; ++i)
      *q++ = p[i] >= level;
}

void snn::rt::train_add(const Tensor &a, const Tensor &b, Tensor &y) {
  bool fits = true;
  combine("train_add", a, b, y, [&](uint8_t x, uint8_t z) {
    fits &= x + z <= 255;
    return uint8_t(x + z);
  });
  require(fits, "train_add", "a sum is above 255");
}
