//===- Rounding.cpp - Rounding, signs and remainders ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include "snn/runtime/Kernels.h"

#include <cmath>

using namespace snn::rt;
using namespace snn::rt::detail;

template <typename T, typename F>
static void apply(const Tensor &x, Tensor &y, F f) {
  Tensor in = x; // y may be x
  y.allocate(in.dtype(), in.shape());
  const T *p = in.data<T>();
  T *q = y.data<T>();
  for (int64_t i = 0, n = in.size(); i < n; ++i)
    q[i] = f(p[i]);
}

void snn::rt::floor(const Tensor &x, Tensor &y) {
  requireType("floor", x, DType::F32);
  apply<float>(x, y, [](float v) { return std::floor(v); });
}
void snn::rt::ceil(const Tensor &x, Tensor &y) {
  requireType("ceil", x, DType::F32);
  apply<float>(x, y, [](float v) { return std::ceil(v); });
}
void snn::rt::round(const Tensor &x, Tensor &y) {
  requireType("round", x, DType::F32);
  // The default rounding mode is half to even.
  apply<float>(x, y, [](float v) { return std::nearbyint(v); });
}

void snn::rt::sign(const Tensor &x, Tensor &y) {
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, bool>)
      throw Error("sign: no elements of type BOOL");
    else
      // NaN and zero stay what they are.
      apply<T>(x, y, [](T v) { return v > 0 ? T(1) : v < 0 ? T(-1) : v; });
  });
}

/// One remainder: with the sign of the dividend (`truncates`) or the divisor.
template <typename T> static T remainder(T a, T b, bool truncates) {
  if constexpr (std::is_floating_point_v<T>) {
    T r = std::fmod(a, b); // exact
    return !truncates && r != 0 && (r < 0) != (b < 0) ? r + b : r;
  } else {
    if (b == 0)
      throw Error("mod: integer remainder of a division by zero");
    if constexpr (std::is_signed_v<T>)
      if (b == -1)
        return 0;
    T r = static_cast<T>(a % b);
    return !truncates && r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b)
                                                      : r;
  }
}

void snn::rt::mod(const Tensor &a, const Tensor &b, Tensor &y, int64_t fmod) {
  require(a.dtype() == b.dtype(), "mod",
          std::string("operands are ") + name(a.dtype()) + " and " +
              name(b.dtype()));
  Tensor x0 = a, x1 = b; // y may be one of them
  Shape shape = broadcastShapes("mod", x0.shape(), x1.shape());
  y.allocate(x0.dtype(), shape);
  std::vector<int64_t> strides[3] = {broadcastStrides(x0.shape(), shape),
                                     broadcastStrides(x1.shape(), shape),
                                     rowMajorStrides(shape)};
  StridedLoop<3> loop(shape, strides);
  dispatch(x0.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, bool>) {
      throw Error("mod: no elements of type BOOL");
    } else {
      const T *p = x0.data<T>(), *q = x1.data<T>();
      T *r = y.data<T>();
      loop.forEachRow([&](const int64_t *o) {
        for (int64_t i = 0; i < loop.innerSize(); ++i)
          r[o[2] + i] =
              remainder<T>(p[o[0] + i * loop.innerStride(0)],
                           q[o[1] + i * loop.innerStride(1)], fmod != 0);
      });
    }
  });
}
