//===- Support.h - Helpers of the kernels -----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_SUPPORT_H
#define SNN_LIB_SUPPORT_H

#include "snn/runtime/Tensor.h"

#include <type_traits>

namespace snn::rt::detail {

/// Axis `axis` of a tensor of that rank, counted from the front. `op` names the
/// kernel in the message.
inline int64_t normaliseAxis(const char *op, int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    throw Error(std::string(op) + ": axis " + std::to_string(axis) +
                " is outside of rank " + std::to_string(rank));
  return axis < 0 ? axis + rank : axis;
}

/// Product of the axes [begin, end).
inline int64_t extent(const Shape &shape, int64_t begin, int64_t end) {
  int64_t n = 1;
  for (int64_t i = begin; i < end; ++i)
    n *= shape[i];
  return n;
}

inline void require(bool condition, const char *op, const char *what) {
  if (!condition)
    throw Error(std::string(op) + ": " + what);
}
inline void require(bool condition, const char *op, const std::string &what) {
  if (!condition)
    throw Error(std::string(op) + ": " + what);
}

/// Sums and products of sizes that a model or an image chose; throw where they
/// do not fit.
inline int64_t checkedSum(const char *op, int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    throw Error(std::string(op) + ": the sizes " + std::to_string(a) + " and " +
                std::to_string(b) + " are too large");
  return sum;
}
inline int64_t checkedProduct(const char *op, int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product))
    throw Error(std::string(op) + ": the sizes " + std::to_string(a) + " and " +
                std::to_string(b) + " are too large");
  return product;
}

inline void requireType(const char *op, const Tensor &t, DType type) {
  if (t.dtype() != type)
    throw Error(std::string(op) + ": expects " + name(type) +
                " elements, has " + name(t.dtype()));
}

/// The numpy broadcast of two shapes.
Shape broadcastShapes(const char *op, const Shape &a, const Shape &b);

/// Element strides of `shape` read as `target`: 0 along broadcast axes.
std::vector<int64_t> broadcastStrides(const Shape &shape, const Shape &target);

/// Row-major element strides.
std::vector<int64_t> rowMajorStrides(const Shape &shape);

/// A loop nest over `Operands` arrays with element strides. Axes of size 1 are
/// dropped and neighbours that step alike are merged, so that common broadcasts
/// become one long inner loop.
template <int Operands> class StridedLoop {
public:
  StridedLoop(const Shape &shape,
              const std::vector<int64_t> (&operandStrides)[Operands]) {
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] == 1)
        continue;
      bool merge = !sizes.empty();
      for (int i = 0; merge && i < Operands; ++i)
        merge = strides[i].back() == operandStrides[i][axis] * shape[axis];
      if (merge) {
        sizes.back() *= shape[axis];
        for (int i = 0; i < Operands; ++i)
          strides[i].back() = operandStrides[i][axis];
        continue;
      }
      sizes.push_back(shape[axis]);
      for (int i = 0; i < Operands; ++i)
        strides[i].push_back(operandStrides[i][axis]);
    }
    if (sizes.empty()) {
      sizes.push_back(1);
      for (int i = 0; i < Operands; ++i)
        strides[i].push_back(0);
    }
  }

  int64_t innerSize() const { return sizes.back(); }
  int64_t innerStride(int operand) const { return strides[operand].back(); }

  /// The number of inner loops; 0 where an axis is empty.
  int64_t rows() const {
    int64_t n = innerSize() == 0 ? 0 : 1;
    for (size_t axis = 0; axis + 1 < sizes.size(); ++axis)
      n *= sizes[axis];
    return n;
  }

  /// Calls body(offsets) for every inner loop, in row-major order.
  template <typename Body> void forEachRow(Body body) const {
    forEachRow(0, rows(), body);
  }

  /// The same for the inner loops from `begin` to before `end`.
  template <typename Body>
  void forEachRow(int64_t begin, int64_t end, Body body) const {
    std::vector<int64_t> index(sizes.size(), 0);
    int64_t offsets[Operands] = {};
    int64_t rest = begin;
    for (int64_t axis = static_cast<int64_t>(sizes.size()) - 2;
         axis >= 0 && rest > 0; --axis) {
      index[axis] = rest % sizes[axis];
      rest /= sizes[axis];
      for (int i = 0; i < Operands; ++i)
        offsets[i] += index[axis] * strides[i][axis];
    }
    for (int64_t row = begin; row < end; ++row) {
      body(offsets);
      int64_t axis = static_cast<int64_t>(sizes.size()) - 2;
      for (; axis >= 0; --axis) {
        for (int i = 0; i < Operands; ++i)
          offsets[i] += strides[i][axis];
        if (++index[axis] < sizes[axis])
          break;
        for (int i = 0; i < Operands; ++i)
          offsets[i] -= strides[i][axis] * sizes[axis];
        index[axis] = 0;
      }
    }
  }

private:
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides[Operands];
};

/// Calls f with a value of the element type's C++ type.
template <typename F> decltype(auto) dispatch(DType type, F f) {
  switch (type) {
  case DType::Bool:
    return f(bool());
  case DType::U8:
    return f(uint8_t());
  case DType::I8:
    return f(int8_t());
  case DType::I16:
    return f(int16_t());
  case DType::I32:
    return f(int32_t());
  case DType::I64:
    return f(int64_t());
  case DType::F32:
    return f(float());
  case DType::F64:
    return f(double());
  }
  throw Error("unknown element type");
}

/// The same for data movement, where only the width counts.
template <typename F> decltype(auto) dispatchWidth(DType type, F f) {
  switch (byteWidth(type)) {
  case 1:
    return f(uint8_t());
  case 2:
    return f(uint16_t());
  case 4:
    return f(uint32_t());
  default:
    return f(uint64_t());
  }
}

/// A thread's reusable storage of at least `count` elements, aligned to 64
/// bytes; contents are unspecified. Every Tag has its own.
template <typename T, typename Tag> T *scratch(size_t count) {
  struct alignas(64) Line {
    unsigned char bytes[64];
  };
  thread_local std::vector<Line> storage;
  size_t lines = (count * sizeof(T) + sizeof(Line) - 1) / sizeof(Line);
  if (storage.size() < lines)
    storage.resize(lines);
  return reinterpret_cast<T *>(storage.data());
}

} // namespace snn::rt::detail

#endif // SNN_LIB_SUPPORT_H
