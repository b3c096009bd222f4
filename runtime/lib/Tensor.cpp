//===- Tensor.cpp - Dense host tensors of the runtime -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Tensor.h"

#include <cstdlib>
#include <cstring>
#include <new>

using namespace snn::rt;

size_t snn::rt::byteWidth(DType type) {
  switch (type) {
  case DType::Bool:
  case DType::U8:
  case DType::I8:
    return 1;
  case DType::I16:
    return 2;
  case DType::I32:
  case DType::F32:
    return 4;
  case DType::I64:
  case DType::F64:
    return 8;
  }
  return 0;
}

const char *snn::rt::name(DType type) {
  switch (type) {
  case DType::Bool:
    return "BOOL";
  case DType::U8:
    return "U8";
  case DType::I8:
    return "I8";
  case DType::I16:
    return "I16";
  case DType::I32:
    return "I32";
  case DType::I64:
    return "I64";
  case DType::F32:
    return "F32";
  case DType::F64:
    return "F64";
  }
  return "?";
}

int64_t snn::rt::elementCount(const Shape &shape) {
  int64_t count = 1;
  for (int64_t d : shape)
    count *= d;
  return count;
}

std::string snn::rt::toString(const Shape &shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i)
      text += 'x';
    text += std::to_string(shape[i]);
  }
  return text;
}

/// New storage of at least `bytes` bytes, on a cache line's boundary.
static std::shared_ptr<void> alignedStorage(size_t bytes) {
  size_t rounded = (bytes + 63) / 64 * 64;
  void *p = std::aligned_alloc(64, rounded ? rounded : 64);
  if (!p)
    throw Error("out of memory: " + std::to_string(bytes) +
                " bytes for one tensor");
  return std::shared_ptr<void>(p, [](void *q) { std::free(q); });
}

/// Refuses negative axes and byte sizes that do not fit.
static void checkShape(DType type, const Shape &shape) {
  int64_t limit = INT64_MAX / static_cast<int64_t>(byteWidth(type));
  int64_t count = 1;
  for (int64_t d : shape) {
    if (d < 0)
      throw Error("shape " + toString(shape) + " has a negative axis");
    if (d != 0 && count > limit / d)
      throw Error("shape " + toString(shape) + " is too large");
    count *= d;
  }
}

Tensor::Tensor(DType newType, Shape shape) : type(newType) {
  checkShape(newType, shape);
  dims = std::move(shape);
  capacity = bytes();
  owner = alignedStorage(capacity);
  pointer = owner.get();
}

Tensor Tensor::borrow(DType type, Shape shape, const void *data,
                      size_t capacity) {
  checkShape(type, shape);
  Tensor t;
  t.type = type;
  t.dims = std::move(shape);
  t.pointer = const_cast<void *>(data);
  t.capacity = capacity;
  if (t.bytes() > capacity)
    throw Error("tensor of shape " + toString(t.dims) + " needs " +
                std::to_string(t.bytes()) + " bytes, its storage has " +
                std::to_string(capacity));
  return t;
}

void Tensor::allocate(DType newType, Shape newShape) {
  checkShape(newType, newShape);
  size_t needed = elementCount(newShape) * byteWidth(newType);
  bool shared = owner && owner.use_count() > 1;
  if (!pointer || shared || needed > capacity) {
    owner = alignedStorage(needed);
    pointer = owner.get();
    capacity = needed;
  }
  type = newType;
  dims = std::move(newShape);
}

Tensor Tensor::reshaped(Shape newShape) const {
  if (elementCount(newShape) != size())
    throw Error("cannot reshape " + toString(dims) + " to " +
                toString(newShape));
  Tensor t = *this;
  t.dims = std::move(newShape);
  return t;
}

Tensor Tensor::clone() const {
  Tensor t(type, dims);
  if (bytes())
    std::memcpy(t.pointer, pointer, bytes());
  return t;
}
