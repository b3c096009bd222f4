//===- Pooling.cpp - Pooling kernels ----------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "isa/Isa.h"

#include "snn/runtime/Kernels.h"

#include <algorithm>
#include <limits>

using namespace snn::rt;
using namespace snn::rt::detail;

void snn::rt::global_average_pool(const Tensor &x, Tensor &y) {
  requireType("global_average_pool", x, DType::F32);
  require(x.rank() >= 2, "global_average_pool", "the input has no channels");
  Ints axes;
  for (int64_t i = 2; i < x.rank(); ++i)
    axes.push_back(i);
  if (axes.empty()) {
    y = x.clone();
    return;
  }
  reduce_mean(x, y, axes, 1);
}

namespace {
/// One spatial axis of a pooling.
struct PoolAxis {
  int64_t size, kernel, stride, begin, end, dilation, result;
};
} // namespace

/// The two spatial axes of a pooling over NCHW (or NCW, with height 1).
static std::pair<PoolAxis, PoolAxis>
poolAxes(const char *op, const Tensor &x, const Ints &kernel,
         const Ints &strides, const Ints &pads, const Ints &dilations,
         int64_t ceilMode, DType type = DType::F32) {
  requireType(op, x, type);
  require(x.rank() == 3 || x.rank() == 4, op,
          "expects one or two spatial axes, has shape " + toString(x.shape()));
  size_t spatial = x.rank() - 2;
  require(kernel.size() == spatial &&
              (strides.empty() || strides.size() == spatial) &&
              (pads.empty() || pads.size() == 2 * spatial) &&
              (dilations.empty() || dilations.size() == spatial),
          op, "kernel, strides, pads or dilations do not fit the rank");
  auto axis = [&](size_t i) {
    PoolAxis a;
    a.size = x.dim(2 + i);
    a.kernel = kernel[i];
    a.stride = strides.empty() ? 1 : strides[i];
    a.dilation = dilations.empty() ? 1 : dilations[i];
    a.begin = pads.empty() ? 0 : pads[i];
    a.end = pads.empty() ? 0 : pads[spatial + i];
    require(a.kernel > 0 && a.stride > 0 && a.dilation > 0, op,
            "kernel, strides and dilations must be positive");
    int64_t padded = checkedSum(op, checkedSum(op, a.size, a.begin), a.end);
    int64_t reach = checkedProduct(op, a.dilation, a.kernel - 1);
    int64_t span = checkedSum(op, padded, -1 - reach);
    require(span >= 0, op, "the kernel is larger than its input");
    a.result = span / a.stride + (ceilMode && span % a.stride != 0) + 1;
    // A window that starts beyond the input and its left padding is left out.
    if (ceilMode &&
        (a.result - 1) >= (a.size + a.begin + a.stride - 1) / a.stride)
      --a.result;
    return a;
  };
  if (spatial == 1)
    return {PoolAxis{1, 1, 1, 0, 0, 1, 1}, axis(0)};
  return {axis(0), axis(1)};
}

/// Runs window(values, count, padded) for every output element: the elements
/// inside the input, and the window's size with its padding (but not what
/// ceilMode adds beyond it).
template <typename T = float, typename Window>
static void pool(const Tensor &x, Tensor &y, const PoolAxis &v,
                 const PoolAxis &h, Window window) {
  Tensor in = x;
  y.allocate(in.dtype(), in.rank() == 3
                             ? Shape{in.dim(0), in.dim(1), h.result}
                             : Shape{in.dim(0), in.dim(1), v.result, h.result});
  // Of a window at most what lies inside the input.
  std::vector<T> values(std::min(v.kernel, v.size) *
                        std::min(h.kernel, h.size));
  const T *p = in.data<T>();
  T *q = y.data<T>();
  for (int64_t plane = 0; plane < in.dim(0) * in.dim(1); ++plane) {
    for (int64_t oy = 0; oy < v.result; ++oy)
      for (int64_t ox = 0; ox < h.result; ++ox) {
        int64_t count = 0, padded = 0;
        for (int64_t ky = 0; ky < v.kernel; ++ky)
          for (int64_t kx = 0; kx < h.kernel; ++kx) {
            int64_t iy = oy * v.stride - v.begin + ky * v.dilation;
            int64_t ix = ox * h.stride - h.begin + kx * h.dilation;
            padded += iy < v.size + v.end && ix < h.size + h.end;
            if (iy >= 0 && iy < v.size && ix >= 0 && ix < h.size)
              values[count++] = p[iy * h.size + ix];
          }
        *q++ = window(values.data(), count, padded);
      }
    p += v.size * h.size;
  }
}

void snn::rt::average_pool(const Tensor &x, Tensor &y, const Ints &kernel,
                           const Ints &strides, const Ints &pads,
                           int64_t ceilMode, int64_t countIncludePad) {
  auto [v, h] =
      poolAxes("average_pool", x, kernel, strides, pads, {}, ceilMode);
  auto sum = loops().sum;
  pool(x, y, v, h, [=](const float *values, int64_t count, int64_t padded) {
    return sum(values, count) /
           static_cast<float>(countIncludePad ? padded : count);
  });
}

void snn::rt::max_pool(const Tensor &x, Tensor &y, const Ints &kernel,
                       const Ints &strides, const Ints &pads,
                       const Ints &dilations, int64_t ceilMode) {
  auto [v, h] =
      poolAxes("max_pool", x, kernel, strides, pads, dilations, ceilMode);
  pool(x, y, v, h, [](const float *values, int64_t count, int64_t) {
    float best = -std::numeric_limits<float>::infinity();
    for (int64_t i = 0; i < count; ++i)
      best = values[i] > best ? values[i] : best;
    return best;
  });
}

void snn::rt::train_max_pool(const Tensor &x, Tensor &y, const Ints &kernel,
                             const Ints &strides, const Ints &pads,
                             const Ints &dilations, int64_t ceilMode) {
  auto [v, h] = poolAxes("train_max_pool", x, kernel, strides, pads, dilations,
                         ceilMode, DType::U8);
  pool<uint8_t>(x, y, v, h, [](const uint8_t *values, int64_t count, int64_t) {
    return count ? *std::max_element(values, values + count) : uint8_t(0);
  });
}

void snn::rt::max_pool_indices(const Tensor &x, Tensor &y, const Ints &kernel,
                               const Ints &strides, const Ints &pads,
                               const Ints &dilations, int64_t ceilMode,
                               int64_t storageOrder) {
  auto [v, h] = poolAxes("max_pool_indices", x, kernel, strides, pads,
                         dilations, ceilMode);
  Tensor in = x;
  y.allocate(DType::I64, in.rank() == 3
                             ? Shape{in.dim(0), in.dim(1), h.result}
                             : Shape{in.dim(0), in.dim(1), v.result, h.result});
  const float *p = in.data<float>();
  int64_t *q = y.data<int64_t>();
  for (int64_t plane = 0; plane < in.dim(0) * in.dim(1); ++plane)
    for (int64_t oy = 0; oy < v.result; ++oy)
      for (int64_t ox = 0; ox < h.result; ++ox) {
        int64_t bestY = -1, bestX = -1;
        float best = 0;
        for (int64_t ky = 0; ky < v.kernel; ++ky)
          for (int64_t kx = 0; kx < h.kernel; ++kx) {
            int64_t iy = oy * v.stride - v.begin + ky * v.dilation;
            int64_t ix = ox * h.stride - h.begin + kx * h.dilation;
            if (iy < 0 || iy >= v.size || ix < 0 || ix >= h.size)
              continue;
            float value = p[(plane * v.size + iy) * h.size + ix];
            if (bestY >= 0 && !(value > best))
              continue;
            best = value;
            bestY = iy;
            bestX = ix;
          }
        require(bestY >= 0, "max_pool_indices", "a window holds padding only");
        *q++ = plane * v.size * h.size +
               (storageOrder ? bestX * v.size + bestY : bestY * h.size + bestX);
      }
}
