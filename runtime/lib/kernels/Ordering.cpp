//===- Ordering.cpp - Kernels along the order of an axis --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include "snn/runtime/Kernels.h"

#include <algorithm>
#include <numeric>

using namespace snn::rt;
using namespace snn::rt::detail;

/// Calls run(T()) for the element types of running sums.
template <typename Run>
static void dispatchNumber(const char *op, DType type, Run run) {
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

/// a + b; integers wrap.
template <typename T> static T wrappingSum(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a + b;
  } else {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  }
}

void snn::rt::cum_sum(const Tensor &x, Tensor &y, int64_t axis,
                      int64_t exclusive, int64_t reverse) {
  axis = normaliseAxis("cum_sum", axis, x.rank());
  Tensor in = x; // y may be x: every element is read before it is written
  y.allocate(in.dtype(), in.shape());
  int64_t n = in.dim(axis), inner = extent(in.shape(), axis + 1, in.rank());
  int64_t outer = extent(in.shape(), 0, axis);
  dispatchNumber("cum_sum", in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *p = in.data<T>();
    T *q = y.data<T>();
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) {
        T sum = 0;
        for (int64_t l = 0; l < n; ++l) {
          int64_t at = (o * n + (reverse ? n - 1 - l : l)) * inner + i;
          T next = wrappingSum(sum, p[at]);
          q[at] = exclusive ? sum : next;
          sum = next;
        }
      }
  });
}

void snn::rt::top_k(const Tensor &x, Tensor &values, Tensor &indices, int64_t k,
                    int64_t axis, int64_t largest) {
  axis = normaliseAxis("top_k", axis, x.rank());
  Tensor in = x;
  int64_t n = in.dim(axis), inner = extent(in.shape(), axis + 1, in.rank());
  int64_t outer = extent(in.shape(), 0, axis);
  require(k >= 0 && k <= n, "top_k",
          "cannot take " + std::to_string(k) + " of " + std::to_string(n) +
              " elements");
  Shape shape = in.shape();
  shape[axis] = k;
  Tensor best(in.dtype(), shape), where(DType::I64, shape);
  dispatch(in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *p = in.data<T>();
    std::vector<int64_t> order(n);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) {
        const T *line = p + o * n * inner + i;
        std::iota(order.begin(), order.end(), int64_t(0));
        // Equal elements in the order of their indices; NaN behind all.
        auto before = [&](int64_t a, int64_t b) {
          T u = line[a * inner], v = line[b * inner];
          bool uIsNumber = u == u, vIsNumber = v == v;
          if (uIsNumber != vIsNumber)
            return uIsNumber;
          if (largest ? u > v : u < v)
            return true;
          if (largest ? v > u : v < u)
            return false;
          return a < b;
        };
        std::partial_sort(order.begin(), order.begin() + k, order.end(),
                          before);
        for (int64_t l = 0; l < k; ++l) {
          int64_t at = (o * k + l) * inner + i;
          best.data<T>()[at] = line[order[l] * inner];
          where.data<int64_t>()[at] = order[l];
        }
      }
  });
  values = best;
  indices = where;
}
