//===- Quantisation.cpp - Affine quantisation -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include "snn/runtime/Coding.h"
#include "snn/runtime/Kernels.h"

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
/// How scale and zero point are laid out against the operand.
struct Layout {
  int64_t outer, channels, inner;
};
} // namespace

/// Checks scale and zero point; one channel when they are scalars.
static Layout layoutOf(const char *op, const Tensor &x, const Tensor &scale,
                       const Tensor *zeroPoint, int64_t axis) {
  requireType(op, scale, DType::F32);
  require(!zeroPoint || zeroPoint->size() == scale.size(), op,
          "scale and zero point differ in size");
  if (scale.size() == 1)
    return {1, 1, x.size()};
  axis = normaliseAxis(op, axis, x.rank());
  require(scale.rank() == 1 && scale.size() == x.dim(axis), op,
          "scale of shape " + toString(scale.shape()) + " does not fit axis " +
              std::to_string(axis) + " of " + toString(x.shape()));
  return {extent(x.shape(), 0, axis), x.dim(axis),
          extent(x.shape(), axis + 1, x.rank())};
}

/// The zero points as integers; zeros when there are none.
static std::vector<int32_t> zeroPoints(const char *op, const Tensor *zeroPoint,
                                       int64_t channels, DType type) {
  std::vector<int32_t> result(channels, 0);
  if (!zeroPoint)
    return result;
  requireType(op, *zeroPoint, type);
  dispatch(type, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t c = 0; c < channels; ++c)
      result[c] = static_cast<int32_t>(zeroPoint->data<T>()[c]);
  });
  return result;
}

void snn::rt::quantize_linear(const Tensor &x, const Tensor &scale,
                              const Tensor *zeroPoint, Tensor &y, int64_t axis,
                              const std::string &to) {
  requireType("quantize_linear", x, DType::F32);
  require(to == "U8" || to == "I8", "quantize_linear",
          "the result type must be U8 or I8, not '" + to + "'");
  DType type = to == "U8" ? DType::U8 : DType::I8;
  // Signed levels are the unsigned ones moved by 128.
  int32_t shift = type == DType::I8 ? 128 : 0;
  Layout l = layoutOf("quantize_linear", x, scale, zeroPoint, axis);
  std::vector<int32_t> zeros =
      zeroPoints("quantize_linear", zeroPoint, l.channels, type);
  const float *s = scale.data<float>();
  Tensor in = &x == &y ? x.clone() : x;
  y.allocate(type, in.shape());
  const float *p = in.data<float>();
  uint8_t *q = static_cast<uint8_t *>(y.raw());
  for (int64_t o = 0; o < l.outer; ++o)
    for (int64_t c = 0; c < l.channels; ++c)
      for (int64_t i = 0; i < l.inner; ++i)
        *q++ = static_cast<uint8_t>(
            quantizeLevel(*p++, s[c], zeros[c] + shift, 255) - shift);
}

void snn::rt::dequantize_linear(const Tensor &x, const Tensor &scale,
                                const Tensor *zeroPoint, Tensor &y,
                                int64_t axis) {
  require(x.dtype() == DType::U8 || x.dtype() == DType::I8 ||
              x.dtype() == DType::I32,
          "dequantize_linear",
          std::string("no elements of type ") + name(x.dtype()));
  Layout l = layoutOf("dequantize_linear", x, scale, zeroPoint, axis);
  std::vector<int32_t> zeros =
      zeroPoints("dequantize_linear", zeroPoint, l.channels, x.dtype());
  const float *s = scale.data<float>();
  Tensor in = &x == &y ? x.clone() : x;
  y.allocate(DType::F32, in.shape());
  float *q = y.data<float>();
  dispatch(in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 4) {
      const T *p = in.data<T>();
      for (int64_t o = 0; o < l.outer; ++o)
        for (int64_t c = 0; c < l.channels; ++c)
          for (int64_t i = 0; i < l.inner; ++i)
            *q++ = static_cast<float>(static_cast<int64_t>(*p++) - zeros[c]) *
                   s[c];
    }
  });
}
