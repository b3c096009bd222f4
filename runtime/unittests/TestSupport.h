//===- TestSupport.h - Helpers of the unit tests ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_UNITTESTS_TESTSUPPORT_H
#define SNN_UNITTESTS_TESTSUPPORT_H

#include "snn/runtime/Tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

namespace snn::rt::test {

/// A seeded source of random tensors.
class Random {
public:
  explicit Random(uint32_t seed) : engine(seed) {}
  int64_t integer(int64_t lo, int64_t hi) {
    return std::uniform_int_distribution<int64_t>(lo, hi)(engine);
  }
  float real(float lo, float hi) {
    return std::uniform_real_distribution<float>(lo, hi)(engine);
  }
  Tensor floats(Shape shape, float lo = -3.0f, float hi = 3.0f) {
    Tensor t(DType::F32, std::move(shape));
    for (int64_t i = 0; i < t.size(); ++i)
      t.data<float>()[i] = real(lo, hi);
    return t;
  }
  template <typename T> Tensor integers(Shape shape, int64_t lo, int64_t hi) {
    Tensor t(DTypeOf<T>::value, std::move(shape));
    for (int64_t i = 0; i < t.size(); ++i)
      t.data<T>()[i] = static_cast<T>(integer(lo, hi));
    return t;
  }
  Shape shape(int64_t rank, int64_t most = 7) {
    Shape s;
    for (int64_t i = 0; i < rank; ++i)
      s.push_back(integer(1, most));
    return s;
  }

private:
  std::mt19937 engine;
};

/// Same type, shape and bytes.
inline ::testing::AssertionResult sameBits(const Tensor &a, const Tensor &b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape())
    return ::testing::AssertionFailure()
           << name(a.dtype()) << " " << toString(a.shape()) << " against "
           << name(b.dtype()) << " " << toString(b.shape());
  size_t width = byteWidth(a.dtype());
  for (int64_t i = 0; i < a.size(); ++i)
    if (std::memcmp(static_cast<const char *>(a.raw()) + i * width,
                    static_cast<const char *>(b.raw()) + i * width, width))
      return ::testing::AssertionFailure() << "element " << i << " differs";
  return ::testing::AssertionSuccess();
}

/// Floats within `tolerance`, absolute and relative.
inline ::testing::AssertionResult isNear(const Tensor &a, const Shape &shape,
                                         const std::vector<double> &expected,
                                         double tolerance) {
  if (a.shape() != shape)
    return ::testing::AssertionFailure() << "shape " << toString(a.shape())
                                         << ", expected " << toString(shape);
  for (int64_t i = 0; i < a.size(); ++i) {
    double x = a.data<float>()[i], y = expected[i];
    if (std::isnan(x) && std::isnan(y))
      continue;
    if (x == y)
      continue;
    if (!(std::fabs(x - y) <= tolerance * (1 + std::fabs(y))))
      return ::testing::AssertionFailure()
             << "element " << i << " is " << x << ", expected " << y;
  }
  return ::testing::AssertionSuccess();
}

/// The multi-index of a row-major position.
inline Ints unravel(int64_t at, const Shape &shape) {
  Ints index(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    index[i] = at % shape[i];
    at /= shape[i];
  }
  return index;
}
/// The position in a tensor of `shape` of an index that is broadcast to it.
inline int64_t ravel(const Ints &index, const Shape &shape) {
  int64_t at = 0;
  size_t lead = index.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i)
    at = at * shape[i] + (shape[i] == 1 ? 0 : index[lead + i]);
  return at;
}

} // namespace snn::rt::test

#endif // SNN_UNITTESTS_TESTSUPPORT_H
