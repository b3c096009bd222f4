//===- Support.cpp - Helpers of the kernels ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include <algorithm>

using namespace snn::rt;
using namespace snn::rt::detail;

Shape snn::rt::detail::broadcastShapes(const char *op, const Shape &a,
                                       const Shape &b) {
  size_t rank = std::max(a.size(), b.size());
  Shape result(rank);
  for (size_t i = 0; i < rank; ++i) {
    int64_t x = i + a.size() < rank ? 1 : a[i + a.size() - rank];
    int64_t y = i + b.size() < rank ? 1 : b[i + b.size() - rank];
    if (x != y && x != 1 && y != 1)
      throw Error(std::string(op) + ": shapes " + toString(a) + " and " +
                  toString(b) + " do not broadcast");
    result[i] = x == 1 ? y : x;
  }
  return result;
}

std::vector<int64_t> snn::rt::detail::rowMajorStrides(const Shape &shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

std::vector<int64_t> snn::rt::detail::broadcastStrides(const Shape &shape,
                                                       const Shape &target) {
  std::vector<int64_t> own = rowMajorStrides(shape);
  std::vector<int64_t> strides(target.size(), 0);
  size_t lead = target.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i)
    strides[lead + i] = shape[i] == 1 ? 0 : own[i];
  return strides;
}
