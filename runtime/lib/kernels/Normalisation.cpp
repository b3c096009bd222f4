//===- Normalisation.cpp - Reductions and normalisations --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parallel.h"
#include "Support.h"
#include "isa/Isa.h"

#include "snn/runtime/Kernels.h"

#include <algorithm>
#include <cmath>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct LineTag;
} // namespace

/// Rows of n elements that are worth a part for another thread.
static int64_t rowGrain(int64_t n) {
  return std::max<int64_t>(1, 4096 / std::max<int64_t>(n, 1));
}

/// Applies row(in, out, n) to every line of x along `axis`; lines that are not
/// contiguous are gathered first and scattered after.
template <typename Row>
static void forEachLine(const Tensor &x, Tensor &y, int64_t axis, Row row) {
  int64_t n = x.dim(axis), inner = extent(x.shape(), axis + 1, x.rank());
  int64_t outer = extent(x.shape(), 0, axis);
  const float *p = x.data<float>();
  float *q = y.data<float>();
  if (inner == 1) {
    parallelFor(outer, rowGrain(n), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        row(p + i * n, q + i * n, n);
    });
    return;
  }
  float *line = scratch<float, LineTag>(n);
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t j = 0; j < inner; ++j) {
      const float *from = p + i * n * inner + j;
      float *to = q + i * n * inner + j;
      for (int64_t l = 0; l < n; ++l)
        line[l] = from[l * inner];
      row(line, line, n);
      for (int64_t l = 0; l < n; ++l)
        to[l * inner] = line[l];
    }
}

void snn::rt::softmax(const Tensor &x, Tensor &y, int64_t axis) {
  requireType("softmax", x, DType::F32);
  if (x.rank() == 0) {
    y.allocate(DType::F32, {});
    *y.data<float>() = 1.0f;
    return;
  }
  axis = normaliseAxis("softmax", axis, x.rank());
  Tensor in = x;
  y.allocate(DType::F32, in.shape());
  forEachLine(in, y, axis, loops().softmax);
}

namespace {
/// The axes of a reduction: which ones are reduced, and the shapes of its
/// result.
struct ReducedAxes {
  std::vector<bool> reduced;
  Shape kept;   ///< sizes of the axes that stay
  Shape result; ///< with ones in between when they are kept
  int64_t count = 1;

  ReducedAxes(const char *op, const Shape &shape, const Ints &axes,
              bool keepdims)
      : reduced(shape.size(), axes.empty()) {
    int64_t rank = static_cast<int64_t>(shape.size());
    for (int64_t axis : axes)
      reduced[normaliseAxis(op, axis, rank)] = true;
    for (int64_t i = 0; i < rank; ++i) {
      if (reduced[i]) {
        count *= shape[i];
        if (keepdims)
          result.push_back(1);
      } else {
        kept.push_back(shape[i]);
        result.push_back(shape[i]);
      }
    }
  }
};
} // namespace

/// y = f(line, n) for every line of reduced elements, in row-major order of the
/// reduced axes.
template <typename T, typename F>
static void reduce(const char *op, const Tensor &x, Tensor &y, const Ints &axes,
                   int64_t keepdims, F f) {
  ReducedAxes r(op, x.shape(), axes, keepdims);
  Tensor in = x;
  // The result is smaller than the operand: in place would overwrite it.
  Tensor out(in.dtype(), r.result);
  std::vector<int64_t> strides = rowMajorStrides(in.shape());
  std::vector<int64_t> outer[1], inner[1];
  Shape reducedShape;
  for (size_t i = 0; i < strides.size(); ++i) {
    if (r.reduced[i]) {
      inner[0].push_back(strides[i]);
      reducedShape.push_back(in.shape()[i]);
    } else {
      outer[0].push_back(strides[i]);
    }
  }
  StridedLoop<1> outerLoop(r.kept, outer), innerLoop(reducedShape, inner);
  bool contiguous = innerLoop.innerSize() == r.count &&
                    (r.count == 1 || innerLoop.innerStride(0) == 1);
  const T *p = in.data<T>();
  T *q = out.data<T>();
  // Where the elements of a line are, from its first on.
  std::vector<int64_t> places;
  if (!contiguous && out.size() > 0) {
    places.reserve(r.count);
    innerLoop.forEachRow([&](const int64_t *l) {
      for (int64_t j = 0; j < innerLoop.innerSize(); ++j)
        places.push_back(l[0] + j * innerLoop.innerStride(0));
    });
  }
  std::vector<T> line(places.size());
  outerLoop.forEachRow([&](const int64_t *o) {
    for (int64_t i = 0; i < outerLoop.innerSize(); ++i) {
      const T *start = p + o[0] + i * outerLoop.innerStride(0);
      if (contiguous) {
        *q++ = f(start, r.count);
        continue;
      }
      for (size_t j = 0; j < places.size(); ++j)
        line[j] = start[places[j]];
      *q++ = f(line.data(), r.count);
    }
  });
  y.allocate(in.dtype(), r.result);
  std::copy(out.data<T>(), out.data<T>() + out.size(), y.data<T>());
}

void snn::rt::reduce_mean(const Tensor &x, Tensor &y, const Ints &axes,
                          int64_t keepdims) {
  requireType("reduce_mean", x, DType::F32);
  auto sum = loops().sum;
  reduce<float>("reduce_mean", x, y, axes, keepdims,
                [sum](const float *p, int64_t n) {
                  return sum(p, n) / static_cast<float>(n);
                });
}

/// Wrapping sum of integers.
template <typename T> static T integerSum(const T *p, int64_t n) {
  std::make_unsigned_t<T> total = 0;
  for (int64_t i = 0; i < n; ++i)
    total += static_cast<std::make_unsigned_t<T>>(p[i]);
  return static_cast<T>(total);
}

void snn::rt::reduce_sum(const Tensor &x, Tensor &y, const Ints &axes,
                         int64_t keepdims) {
  if (x.dtype() == DType::I64)
    return reduce<int64_t>("reduce_sum", x, y, axes, keepdims,
                           integerSum<int64_t>);
  if (x.dtype() == DType::I32)
    return reduce<int32_t>("reduce_sum", x, y, axes, keepdims,
                           integerSum<int32_t>);
  requireType("reduce_sum", x, DType::F32);
  reduce<float>("reduce_sum", x, y, axes, keepdims, loops().sum);
}

void snn::rt::train_sum(const Tensor &x, Tensor &y, const Ints &axes,
                        int64_t keepdims) {
  requireType("train_sum", x, DType::U8);
  bool fits = true;
  reduce<uint8_t>("train_sum", x, y, axes, keepdims,
                  [&](const uint8_t *counts, int64_t n) {
                    int64_t sum = 0;
                    for (int64_t i = 0; i < n; ++i)
                      sum += counts[i];
                    fits &= sum <= 255;
                    return static_cast<uint8_t>(sum);
                  });
  require(fits, "train_sum", "a sum is above 255");
}

/// The largest of n integers.
template <typename T> static T integerMaximum(const T *p, int64_t n) {
  require(n > 0, "reduce_max", "no elements to reduce");
  T best = p[0];
  for (int64_t i = 1; i < n; ++i)
    best = p[i] > best ? p[i] : best;
  return best;
}

void snn::rt::reduce_max(const Tensor &x, Tensor &y, const Ints &axes,
                         int64_t keepdims) {
  if (x.dtype() == DType::I64)
    return reduce<int64_t>("reduce_max", x, y, axes, keepdims,
                           integerMaximum<int64_t>);
  if (x.dtype() == DType::I32)
    return reduce<int32_t>("reduce_max", x, y, axes, keepdims,
                           integerMaximum<int32_t>);
  requireType("reduce_max", x, DType::F32);
  reduce<float>("reduce_max", x, y, axes, keepdims, loops().maximum);
}

/// Calls run(T()) for the element types of a reduction of any numbers.
template <typename Run>
static void dispatchReduction(const char *op, DType type, Run run) {
  switch (type) {
  case DType::F32:
    return run(float());
  case DType::I32:
    return run(int32_t());
  case DType::I64:
    return run(int64_t());
  default:
    throw Error(std::string(op) + ": no elements of type " + name(type));
  }
}

void snn::rt::reduce_min(const Tensor &x, Tensor &y, const Ints &axes,
                         int64_t keepdims) {
  dispatchReduction("reduce_min", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    reduce<T>("reduce_min", x, y, axes, keepdims, [](const T *p, int64_t n) {
      require(n > 0, "reduce_min", "no elements to reduce");
      T best = p[0];
      for (int64_t i = 1; i < n; ++i)
        // As for the maximum, NaN wins.
        best = p[i] < best || p[i] != p[i] ? p[i] : best;
      return best;
    });
  });
}

void snn::rt::reduce_prod(const Tensor &x, Tensor &y, const Ints &axes,
                          int64_t keepdims) {
  dispatchReduction("reduce_prod", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    reduce<T>("reduce_prod", x, y, axes, keepdims, [](const T *p, int64_t n) {
      if constexpr (std::is_floating_point_v<T>) {
        T product = 1;
        for (int64_t i = 0; i < n; ++i)
          product *= p[i];
        return product;
      } else {
        std::make_unsigned_t<T> product = 1;
        for (int64_t i = 0; i < n; ++i)
          product *= static_cast<std::make_unsigned_t<T>>(p[i]);
        return static_cast<T>(product);
      }
    });
  });
}

void snn::rt::layer_normalization(const Tensor &x, const Tensor &scale,
                                  const Tensor *bias, Tensor &y, int64_t axis,
                                  double epsilon) {
  requireType("layer_normalization", x, DType::F32);
  requireType("layer_normalization", scale, DType::F32);
  axis = normaliseAxis("layer_normalization", axis, x.rank());
  int64_t n = extent(x.shape(), axis, x.rank());
  int64_t rows = extent(x.shape(), 0, axis);
  // ONNX: scale and bias broadcast to the normalised axes.
  Shape normalised(x.shape().begin() + axis, x.shape().end());
  auto whole = [&](const Tensor &t, std::vector<float> &storage) {
    if (t.size() == n)
      return t.data<float>();
    require(broadcastShapes("layer_normalization", t.shape(), normalised) ==
                normalised,
            "layer_normalization",
            "shape " + toString(t.shape()) + " does not fit " +
                toString(normalised));
    storage.resize(n);
    std::vector<int64_t> strides[2] = {broadcastStrides(t.shape(), normalised),
                                       rowMajorStrides(normalised)};
    StridedLoop<2> loop(normalised, strides);
    loop.forEachRow([&](const int64_t *o) {
      for (int64_t i = 0; i < loop.innerSize(); ++i)
        storage[o[1] + i] = t.data<float>()[o[0] + i * loop.innerStride(0)];
    });
    return static_cast<const float *>(storage.data());
  };
  std::vector<float> scaleStorage, biasStorage;
  const float *s = whole(scale, scaleStorage);
  const float *b = nullptr;
  if (bias) {
    requireType("layer_normalization", *bias, DType::F32);
    b = whole(*bias, biasStorage);
  }
  Tensor in = x;
  y.allocate(DType::F32, in.shape());
  const float *p = in.data<float>();
  float *q = y.data<float>();
  float e = static_cast<float>(epsilon);
  parallelFor(rows, rowGrain(n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      loops().layerNorm(p + i * n, q + i * n, n, s, b, e);
  });
}

void snn::rt::batch_normalization(const Tensor &x, const Tensor &scale,
                                  const Tensor &bias, const Tensor &mean,
                                  const Tensor &variance, Tensor &y,
                                  double epsilon) {
  requireType("batch_normalization", x, DType::F32);
  require(x.rank() >= 2, "batch_normalization", "the input has no channels");
  int64_t channels = x.dim(1), inner = extent(x.shape(), 2, x.rank());
  for (const Tensor *t : {&scale, &bias, &mean, &variance}) {
    requireType("batch_normalization", *t, DType::F32);
    require(t->size() == channels, "batch_normalization",
            "expects " + std::to_string(channels) + " channels, has " +
                toString(t->shape()));
  }
  Tensor in = x;
  y.allocate(DType::F32, in.shape());
  const float *p = in.data<float>();
  float *q = y.data<float>();
  float e = static_cast<float>(epsilon);
  std::vector<float> factors(channels);
  for (int64_t c = 0; c < channels; ++c)
    factors[c] =
        scale.data<float>()[c] / std::sqrt(variance.data<float>()[c] + e);
  for (int64_t b = 0; b < in.dim(0); ++b)
    for (int64_t c = 0; c < channels; ++c, p += inner, q += inner)
      loops().affine(p, q, inner, mean.data<float>()[c], factors[c],
                     bias.data<float>()[c]);
}

/// The index along `axis` of the element that comes before all others, or (of
/// equal ones) of the last with `last`.
template <typename Before>
static void findExtreme(const char *op, const Tensor &x, Tensor &y,
                        int64_t axis, int64_t keepdims, bool last,
                        Before before) {
  axis = normaliseAxis(op, axis, x.rank());
  Tensor in = x;
  int64_t n = in.dim(axis), inner = extent(in.shape(), axis + 1, in.rank());
  int64_t outer = extent(in.shape(), 0, axis);
  require(n > 0, op, "the axis is empty");
  Shape shape = in.shape();
  if (keepdims)
    shape[axis] = 1;
  else
    shape.erase(shape.begin() + axis);
  Tensor out(DType::I64, shape);
  int64_t *q = out.data<int64_t>();
  dispatch(in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *p = in.data<T>();
    for (int64_t i = 0; i < outer; ++i)
      for (int64_t j = 0; j < inner; ++j) {
        const T *line = p + i * n * inner + j;
        int64_t best = 0;
        for (int64_t l = 1; l < n; ++l) {
          T v = line[l * inner], b = line[best * inner];
          if (before(v, b) || (last && v == b))
            best = l;
        }
        *q++ = best;
      }
  });
  y.allocate(DType::I64, shape);
  std::copy(out.data<int64_t>(), out.data<int64_t>() + out.size(),
            y.data<int64_t>());
}

void snn::rt::arg_max(const Tensor &x, Tensor &y, int64_t axis,
                      int64_t keepdims, int64_t selectLastIndex) {
  findExtreme("arg_max", x, y, axis, keepdims, selectLastIndex != 0,
              [](auto v, auto best) { return v > best; });
}

void snn::rt::arg_min(const Tensor &x, Tensor &y, int64_t axis,
                      int64_t keepdims, int64_t selectLastIndex) {
  findExtreme("arg_min", x, y, axis, keepdims, selectLastIndex != 0,
              [](auto v, auto best) { return v < best; });
}
