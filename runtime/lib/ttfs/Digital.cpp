//===- Digital.cpp - The digital unit's level steps -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "isa/Isa.h"
#include "ttfs/Channels.h"

#include "snn/runtime/Masks.h"
#include "snn/runtime/Spiking.h"

using namespace snn::rt;
using namespace snn::rt::detail;

/// A level of a table behind the dead zone of an encoder and the coding's own.
static uint8_t levelOfTable(float x, const Coding &coding, int32_t deadZone) {
  int32_t q = levelOf(x, coding), off = q - coding.zero;
  if (off <= deadZone && off >= -deadZone)
    q = coding.zero;
  return static_cast<uint8_t>(coding.deadZone(q));
}

/// The levels of n values, in one pass.
static void encodeValues(const char *op, const Tensor &x, Tensor &levels,
                         const Coding &coding, int64_t deadZone) {
  requireType(op, x, DType::F32);
  require(coding.bits >= 1 && coding.bits <= 8, op,
          "levels of " + std::to_string(coding.bits) +
              " bits, expected 1 to 8");
  Tensor in = &x == &levels ? x.clone() : x;
  levels.allocate(DType::U8, in.shape());
  LevelRule rule = {coding.scale,      coding.zero,
                    coding.maxLevel(), static_cast<int32_t>(deadZone),
                    coding.mask,       coding.radius};
  const float *p = in.data<float>();
  uint8_t *q = levels.data<uint8_t>();
  parallelFor(in.size(), 8192, [&](int64_t begin, int64_t end) {
    if (!coding.hasTable())
      return loops().encode(p + begin, q + begin, end - begin, rule);
    for (int64_t i = begin; i < end; ++i)
      q[i] = levelOfTable(p[i], coding, rule.deadZone);
  });
}

void snn::rt::encode(Context &, const Tensor &x, Tensor &train,
                     const Coding &coding, int64_t deadZone) {
  encodeValues("encode", x, train, coding, deadZone);
}

void snn::rt::quantize(const Tensor &x, Tensor &levels, const Coding &coding) {
  encodeValues("quantize", x, levels, coding, 0);
}

void snn::rt::rescale(const Tensor &membrane, const Tensor &scale,
                      const Tensor *bias, Tensor &y, int64_t channelAxis) {
  Channels channels("rescale", membrane, scale, bias, channelAxis);
  Tensor in = &membrane == &y ? membrane.clone() : membrane;
  y.allocate(DType::F32, in.shape());
  const int32_t *p = in.data<int32_t>();
  float *q = y.data<float>();
  channels.forEachRow(
      [&](int64_t at, int64_t n, const float *s, int64_t ss, const float *b,
          int64_t sb) { loops().rescale(p + at, s, ss, b, sb, q + at, n); });
}

void snn::rt::requantize(const Tensor &membrane, const Tensor &scale,
                         const Tensor *bias, Tensor &levels,
                         const Coding &coding, int64_t relu,
                         int64_t channelAxis) {
  Channels channels("requantize", membrane, scale, bias, channelAxis);
  require(coding.bits >= 1 && coding.bits <= 8, "requantize",
          "levels of " + std::to_string(coding.bits) +
              " bits, expected 1 to 8");
  Tensor in = &membrane == &levels ? membrane.clone() : membrane;
  levels.allocate(DType::U8, in.shape());
  const int32_t *p = in.data<int32_t>();
  uint8_t *q = levels.data<uint8_t>();
  LevelRule rule = {coding.scale, coding.zero,  coding.maxLevel(), 0,
                    coding.mask,  coding.radius};
  channels.forEachRow([&](int64_t at, int64_t n, const float *s, int64_t ss,
                          const float *b, int64_t sb) {
    if (!coding.hasTable())
      return loops().requantize(p + at, s, ss, b, sb, relu, q + at, n, rule);
    for (int64_t i = 0; i < n; ++i) {
      float y = b ? rescaleAccumulator(p[at + i], s[i * ss], b[i * sb])
                  : static_cast<float>(p[at + i]) * s[i * ss];
      if (relu)
        y = y > 0 ? y : 0.0f;
      q[at + i] = levelOfTable(y, coding, 0);
    }
  });
}

void snn::rt::dequantize(const Tensor &levels, Tensor &y,
                         const Coding &coding) {
  requireType("dequantize", levels, DType::U8);
  Tensor in = &levels == &y ? levels.clone() : levels;
  y.allocate(DType::F32, in.shape());
  if (coding.hasTable()) {
    int32_t zero = coding.value(coding.zero);
    for (int64_t i = 0, size = in.size(); i < size; ++i)
      y.data<float>()[i] =
          coding.scale *
          static_cast<float>(coding.value(in.data<uint8_t>()[i]) - zero);
    return;
  }
  bool sign = coding.bits == 1;
  loops().dequantize(in.data<uint8_t>(), y.data<float>(), in.size(),
                     coding.scale, sign ? 2 : 1, sign ? 1 : coding.zero);
}

void snn::rt::token_mask(const Tensor &mask, Tensor &valid, const Ints &shape) {
  require(mask.dtype() == DType::F32 || mask.dtype() == DType::Bool,
          "token_mask",
          std::string("mask elements are ") + name(mask.dtype()) +
              ", expected F32 or BOOL");
  require(!shape.empty() && mask.rank() > 0, "token_mask",
          "mask or result is a scalar");
  int64_t keys = mask.dim(-1);
  Shape result = shape;
  if (result.back() == -1)
    result.back() = keys;
  require(result.back() == keys && keys > 0, "token_mask",
          "mask of shape " + toString(mask.shape()) + " does not fit " +
              toString(shape));
  int64_t rows = mask.size() / keys;
  // -1: the batch, which is the mask's first axis.
  for (int64_t &d : result)
    if (d == -1)
      d = mask.rank() > 1 ? mask.dim(0) : 1;
  int64_t tokens = elementCount(result) / keys;
  // Several rows for one sample (heads, queries): a key that one of them keeps
  // is valid. One row for several samples holds for all.
  bool fits = tokens > 0 && (rows == 1 || rows % tokens == 0);
  require(fits, "token_mask",
          "mask of shape " + toString(mask.shape()) + " does not fit " +
              toString(shape));
  int64_t each = rows == 1 ? 1 : rows / tokens;
  Tensor in = &mask == &valid ? mask.clone() : mask;
  valid.allocate(DType::Bool, result);
  bool *q = valid.data<bool>();
  auto keeps = [&](int64_t i) {
    return in.dtype() == DType::Bool ? in.data<bool>()[i]
                                     : in.data<float>()[i] > float(paddingFrom);
  };
  for (int64_t t = 0; t < tokens; ++t)
    for (int64_t k = 0; k < keys; ++k) {
      bool any = false;
      for (int64_t r = 0; r < each; ++r)
        any |= keeps(((rows == 1 ? 0 : t * each) + r) * keys + k);
      *q++ = any;
    }
}
