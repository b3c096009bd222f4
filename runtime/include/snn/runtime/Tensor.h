//===- Tensor.h - Dense host tensors of the runtime -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tensor is an element type, a shape and contiguous row-major storage. The
// storage is owned and shared between copies, or borrowed from a mapped file or
// from the simulator's buffer plan.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_TENSOR_H
#define SNN_RUNTIME_TENSOR_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace snn::rt {

/// Sizes of the axes, outermost first. A scalar has the empty shape.
using Shape = std::vector<int64_t>;
/// A list of integers, as ONNX attributes and kernel parameters hold them.
using Ints = std::vector<int64_t>;

/// Every failure of the runtime: a wrong shape, a missing array, a bad file.
/// The message says what was expected; the caller adds file and node.
class Error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Element types. Quantised levels and time-to-first-spike trains are stored as
/// `U8`: a train holds the level that its slot stands for, and a silent neuron
/// holds the mask level, which no spike can carry.
enum class DType : uint8_t { Bool, U8, I8, I16, I32, I64, F32, F64 };

/// Bytes of one element.
size_t byteWidth(DType type);
/// The name used in messages and in safetensors headers: "F32", "I64", ...
const char *name(DType type);
/// Product of the axes; 1 for a scalar. Throws where an axis is negative or the
/// product does not fit 63 bits; axes of size 0 do not hide others that are too
/// large, so that strides fit as well.
int64_t elementCount(const Shape &shape);
/// Bytes of a tensor; throws like `elementCount`.
int64_t byteCount(DType type, const Shape &shape);
/// "2x3x4"; "scalar" for the empty shape.
std::string toString(const Shape &shape);

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// The bytes that the tensors of the program may take together: four fifths of
/// the machine's memory unless set.
uint64_t memoryLimit();
void setMemoryLimit(uint64_t bytes);
/// The bytes that they take.
uint64_t memoryInUse();
/// Throws where `bytes` more for `what` would exceed the limit. Tensors call it
/// themselves.
void requireMemory(uint64_t bytes, const std::string &what);
/// Reads the value of --memory-limit: bytes, or a number with K, M, G or T
/// (powers of 1024). Throws for anything else.
uint64_t parseMemorySize(const std::string &text);

template <typename T> struct DTypeOf;
template <> struct DTypeOf<bool> {
  static constexpr DType value = DType::Bool;
};
template <> struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::U8;
};
template <> struct DTypeOf<int8_t> {
  static constexpr DType value = DType::I8;
};
template <> struct DTypeOf<int16_t> {
  static constexpr DType value = DType::I16;
};
template <> struct DTypeOf<int32_t> {
  static constexpr DType value = DType::I32;
};
template <> struct DTypeOf<int64_t> {
  static constexpr DType value = DType::I64;
};
template <> struct DTypeOf<float> {
  static constexpr DType value = DType::F32;
};
template <> struct DTypeOf<double> {
  static constexpr DType value = DType::F64;
};

/// A dense row-major tensor. Copies share storage; `clone` does not.
class Tensor {
public:
  Tensor() = default;
  /// A new tensor with uninitialised, 64-byte aligned storage.
  Tensor(DType type, Shape shape);

  /// A tensor over storage that outlives it (a mapped file, a planned buffer).
  /// `capacity` is the number of bytes at `data`; `allocate` stays inside it.
  static Tensor borrow(DType type, Shape shape, const void *data,
                       size_t capacity);
  template <typename T>
  static Tensor fromVector(Shape shape, const std::vector<T> &values) {
    Tensor t(DTypeOf<T>::value, std::move(shape));
    if (static_cast<size_t>(t.size()) != values.size())
      throw Error("tensor of shape " + toString(t.shape()) + " needs " +
                  std::to_string(t.size()) + " values, has " +
                  std::to_string(values.size()));
    T *out = t.data<T>();
    for (size_t i = 0; i < values.size(); ++i)
      out[i] = values[i];
    return t;
  }
  template <typename T> static Tensor scalar(T value) {
    Tensor t(DTypeOf<T>::value, {});
    *t.data<T>() = value;
    return t;
  }

  DType dtype() const { return type; }
  const Shape &shape() const { return dims; }
  int64_t rank() const { return static_cast<int64_t>(dims.size()); }
  /// The size of axis `axis`; negative axes count from the end.
  int64_t dim(int64_t axis) const {
    return dims[axis < 0 ? axis + rank() : axis];
  }
  int64_t size() const { return elementCount(dims); }
  size_t bytes() const { return size() * byteWidth(type); }
  bool defined() const { return pointer != nullptr; }

  /// Typed access; throws when `T` is not the element type.
  template <typename T> const T *data() const {
    check(DTypeOf<T>::value);
    return static_cast<const T *>(pointer);
  }
  template <typename T> T *data() {
    check(DTypeOf<T>::value);
    return static_cast<T *>(pointer);
  }
  const void *raw() const { return pointer; }
  void *raw() { return pointer; }
  template <typename T> std::vector<T> toVector() const {
    const T *p = data<T>();
    return std::vector<T>(p, p + size());
  }

  /// Makes this a tensor of the given type and shape with unspecified contents.
  /// Keeps the present storage when it is unshared and large enough, so that a
  /// kernel's output lands in a planned buffer.
  void allocate(DType newType, Shape newShape);
  /// The same storage under another shape with as many elements.
  Tensor reshaped(Shape newShape) const;
  Tensor clone() const;

private:
  void check(DType wanted) const {
    if (wanted != type)
      throw Error(std::string("tensor holds ") + name(type) +
                  " elements, not " + name(wanted));
  }

  DType type = DType::F32;
  Shape dims = {0};
  void *pointer = nullptr;
  size_t capacity = 0;
  std::shared_ptr<void> owner; // null for borrowed storage
};

using TensorList = std::vector<const Tensor *>;
using TensorOutputs = std::vector<Tensor *>;

} // namespace snn::rt

#endif // SNN_RUNTIME_TENSOR_H
