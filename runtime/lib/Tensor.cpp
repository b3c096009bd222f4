//===- Tensor.cpp - Dense host tensors of the runtime -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Tensor.h"
#include "ResidentStorage.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

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

/// The checked product behind every size: `unit` times the axes.
static int64_t product(const Shape &shape, int64_t unit) {
  int64_t count = unit;
  bool isEmpty = false;
  for (int64_t d : shape) {
    if (d < 0)
      throw Error("shape " + toString(shape) + " has a negative axis");
    isEmpty |= d == 0;
    if (d != 0 && __builtin_mul_overflow(count, d, &count))
      throw Error("shape " + toString(shape) + " is too large");
  }
  return isEmpty ? 0 : count;
}

int64_t snn::rt::elementCount(const Shape &shape) { return product(shape, 1); }

int64_t snn::rt::byteCount(DType type, const Shape &shape) {
  return product(shape, static_cast<int64_t>(byteWidth(type)));
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

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Four fifths of what the machine has.
static uint64_t defaultMemoryLimit() {
  long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || size <= 0)
    return UINT64_MAX;
  return static_cast<uint64_t>(pages) * static_cast<uint64_t>(size) / 5 * 4;
}

static std::atomic<uint64_t> &limitOfMemory() {
  static std::atomic<uint64_t> limit{defaultMemoryLimit()};
  return limit;
}
static std::atomic<uint64_t> inUse{0};

uint64_t snn::rt::memoryLimit() { return limitOfMemory(); }
void snn::rt::setMemoryLimit(uint64_t bytes) { limitOfMemory() = bytes; }
uint64_t snn::rt::memoryInUse() { return inUse; }

void snn::rt::requireMemory(uint64_t bytes, const std::string &what) {
  uint64_t limit = memoryLimit(), used = memoryInUse();
  uint64_t left = used < limit ? limit - used : 0;
  if (bytes > left)
    throw Error(what + " needs " + std::to_string(bytes) + " bytes, has " +
                std::to_string(left) + " of the memory limit of " +
                std::to_string(limit));
}

uint64_t snn::rt::parseMemorySize(const std::string &text) {
  size_t digits = text.find_first_not_of("0123456789");
  std::string number = text.substr(0, digits);
  std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  static const std::string units = "KMGT";
  size_t power = unit.size() == 1 ? units.find(unit[0]) + 1 : 0;
  bool isKnown = unit.empty() ||
                 (unit.size() == 1 && units.find(unit[0]) != std::string::npos);
  uint64_t bytes = 0;
  bool fits = !number.empty() && isKnown;
  for (char digit : number)
    fits = fits && !__builtin_mul_overflow(bytes, uint64_t(10), &bytes) &&
           !__builtin_add_overflow(bytes, uint64_t(digit - '0'), &bytes);
  fits = fits &&
         !__builtin_mul_overflow(bytes, uint64_t(1) << (10 * power), &bytes);
  if (!fits || bytes == 0)
    throw Error("a memory limit needs bytes above 0 or a number with K, M, G "
                "or T, has '" +
                text + "'");
  return bytes;
}

/// `bytes` in steps of a cache line, as storage is kept and counted.
static size_t roundedBytes(DType type, const Shape &shape, size_t bytes) {
  size_t rounded = bytes <= SIZE_MAX - 63 ? (bytes + 63) / 64 * 64 : 0;
  rounded = std::max<size_t>(rounded, 64);
  if (rounded < bytes ||
      rounded > memoryLimit() - std::min<uint64_t>(memoryLimit(), inUse))
    requireMemory(bytes, std::string("a tensor of ") + name(type) + ' ' +
                             toString(shape));
  return rounded;
}

static constexpr size_t largePage = size_t(2) << 20;

/// New memory on a cache line's boundary, in large pages where the system has
/// them on request.
static void *allocateBytes(size_t bytes) {
  bool isLarge = bytes >= 2 * largePage && bytes <= SIZE_MAX - (largePage - 1);
  size_t size =
      isLarge ? (bytes + largePage - 1) / largePage * largePage : bytes;
  void *p = std::aligned_alloc(isLarge ? largePage : 64, size);
  if (!p)
    throw Error("out of memory: " + std::to_string(bytes) +
                " bytes for one tensor");
#if defined(MADV_HUGEPAGE)
  if (isLarge)
    madvise(p, size, MADV_HUGEPAGE);
#endif
  return p;
}

/// New storage on a cache line's boundary.
static std::shared_ptr<void> alignedStorage(DType type, const Shape &shape,
                                            size_t bytes) {
  size_t rounded = roundedBytes(type, shape, bytes);
  void *p = allocateBytes(rounded);
  inUse += rounded;
  return std::shared_ptr<void>(p, [rounded](void *q) {
    std::free(q);
    inUse -= rounded;
  });
}

namespace {
/// Large pages that storage is cut from, front to back.
struct Chunk {
  explicit Chunk(size_t size)
      : begin(static_cast<char *>(allocateBytes(size))), size(size) {}
  ~Chunk() { std::free(begin); }
  char *begin;
  size_t size, used = 0;
};
} // namespace

std::shared_ptr<void> snn::rt::detail::residentStorage(DType type,
                                                       const Shape &shape) {
  // Memory of a chunk that nothing touches is not there, so that a chunk may be
  // larger than what comes.
  constexpr size_t chunkBytes = 32 * largePage;
  size_t rounded =
      roundedBytes(type, shape, static_cast<size_t>(byteCount(type, shape)));
  if (rounded > chunkBytes / 8)
    return alignedStorage(type, shape, rounded);
  static std::mutex lock;
  static std::weak_ptr<Chunk> last;
  std::lock_guard<std::mutex> guard(lock);
  std::shared_ptr<Chunk> chunk = last.lock();
  if (!chunk || chunk->size - chunk->used < rounded) {
    chunk = std::make_shared<Chunk>(chunkBytes);
    last = chunk;
  }
  void *p = chunk->begin + chunk->used;
  chunk->used += rounded;
  inUse += rounded;
  return std::shared_ptr<void>(p,
                               [chunk, rounded](void *) { inUse -= rounded; });
}

Tensor::Tensor(DType newType, Shape shape) : type(newType) {
  capacity = static_cast<size_t>(byteCount(newType, shape));
  dims = std::move(shape);
  owner = alignedStorage(type, dims, capacity);
  pointer = owner.get();
}

Tensor Tensor::borrow(DType type, Shape shape, const void *data,
                      size_t capacity) {
  auto needed = static_cast<size_t>(byteCount(type, shape));
  Tensor t;
  t.type = type;
  t.dims = std::move(shape);
  t.pointer = const_cast<void *>(data);
  t.capacity = capacity;
  if (needed > capacity)
    throw Error("tensor of shape " + toString(t.dims) + " needs " +
                std::to_string(needed) + " bytes, its storage has " +
                std::to_string(capacity));
  return t;
}

void Tensor::allocate(DType newType, Shape newShape) {
  auto needed = static_cast<size_t>(byteCount(newType, newShape));
  bool shared = owner && owner.use_count() > 1;
  if (!pointer || shared || needed > capacity) {
    owner = alignedStorage(newType, newShape, needed);
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
