//===- Indexing.cpp - Kernels that read and write by index ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include "snn/runtime/Kernels.h"

#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
/// Indices of I64 or I32 into axes; negative ones count from the end.
class Indices {
public:
  Indices(const char *op, const Tensor &tensor) : op(op), tensor(tensor) {
    require(tensor.dtype() == DType::I64 || tensor.dtype() == DType::I32, op,
            std::string("indices are ") + name(tensor.dtype()) +
                ", expected I64 or I32");
    wide = tensor.dtype() == DType::I64;
  }
  /// Entry `i`, an index into an axis of `size` elements.
  int64_t at(int64_t i, int64_t axis, int64_t size) const {
    int64_t index =
        wide ? tensor.data<int64_t>()[i] : tensor.data<int32_t>()[i];
    if (index < -size || index >= size)
      throw Error(std::string(op) + ": index " + std::to_string(index) +
                  " is outside of axis " + std::to_string(axis) + " of size " +
                  std::to_string(size));
    return index < 0 ? index + size : index;
  }

private:
  const char *op;
  const Tensor &tensor;
  bool wide;
};
} // namespace

/// Calls visit(position, offset) for every element of `indices`, in row-major
/// order; the offset is that of the element of a tensor of shape `data` whose
/// index is that of the entry except along `axis`, where the entry is it.
template <typename Visit>
static void forEachPicked(const char *op, const Shape &data,
                          const Tensor &indices, int64_t axis, Visit visit) {
  Indices at(op, indices);
  int64_t rank = static_cast<int64_t>(data.size());
  require(indices.rank() == rank, op,
          "indices of shape " + toString(indices.shape()) +
              " do not have the rank of " + toString(data));
  for (int64_t i = 0; i < rank; ++i)
    require(i == axis || indices.dim(i) <= data[i], op,
            "indices of shape " + toString(indices.shape()) +
                " are larger than " + toString(data));
  std::vector<int64_t> strides = rowMajorStrides(data);
  std::vector<int64_t> index(rank, 0);
  for (int64_t n = 0, count = indices.size(); n < count; ++n) {
    int64_t offset = at.at(n, axis, data[axis]) * strides[axis];
    for (int64_t i = 0; i < rank; ++i)
      offset += i == axis ? 0 : index[i] * strides[i];
    visit(n, offset);
    for (int64_t i = rank - 1; i >= 0; --i) {
      if (++index[i] < indices.dim(i))
        break;
      index[i] = 0;
    }
  }
}

void snn::rt::gather_elements(const Tensor &data, const Tensor &indices,
                              Tensor &y, int64_t axis) {
  axis = normaliseAxis("gather_elements", axis, data.rank());
  Tensor in = data, at = indices;
  Tensor out(in.dtype(), at.shape());
  dispatchWidth(in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *p = static_cast<const T *>(in.raw());
    T *q = static_cast<T *>(out.raw());
    forEachPicked("gather_elements", in.shape(), at, axis,
                  [&](int64_t n, int64_t offset) { q[n] = p[offset]; });
  });
  y.allocate(out.dtype(), out.shape());
  if (out.bytes())
    std::memcpy(y.raw(), out.raw(), out.bytes());
}

/// How a written element and the one that is there become one.
template <typename T>
static T combine(const std::string &reduction, T old, T update) {
  if constexpr (std::is_same_v<T, bool>) {
    if (reduction == "add" || reduction == "max")
      return old || update;
    if (reduction == "mul" || reduction == "min")
      return old && update;
  } else {
    if (reduction == "max")
      return update > old ? update : old;
    if (reduction == "min")
      return update < old ? update : old;
    if constexpr (std::is_floating_point_v<T>) {
      if (reduction == "add")
        return old + update;
      if (reduction == "mul")
        return old * update;
    } else {
      using U = std::make_unsigned_t<T>;
      // Products of 16 bits would be signed again.
      uint64_t a = static_cast<U>(old), b = static_cast<U>(update);
      if (reduction == "add")
        return static_cast<T>(a + b);
      if (reduction == "mul")
        return static_cast<T>(a * b);
    }
  }
  return update;
}

static void checkReduction(const char *op, const std::string &reduction) {
  for (const char *known : {"none", "add", "mul", "min", "max"})
    if (reduction == known)
      return;
  throw Error(std::string(op) +
              ": reduction must be none, add, mul, min or max, not '" +
              reduction + "'");
}

void snn::rt::scatter_elements(const Tensor &data, const Tensor &indices,
                               const Tensor &updates, Tensor &y, int64_t axis,
                               const std::string &reduction) {
  const char *op = "scatter_elements";
  axis = normaliseAxis(op, axis, data.rank());
  checkReduction(op, reduction);
  require(data.dtype() == updates.dtype(), op,
          std::string("data and updates are ") + name(data.dtype()) + " and " +
              name(updates.dtype()));
  require(updates.shape() == indices.shape(), op,
          "updates of shape " + toString(updates.shape()) +
              " do not fit indices of shape " + toString(indices.shape()));
  Tensor out = data.clone();
  dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *p = updates.data<T>();
    T *q = out.data<T>();
    forEachPicked(op, out.shape(), indices, axis,
                  [&](int64_t n, int64_t offset) {
                    q[offset] = combine(reduction, q[offset], p[n]);
                  });
  });
  y = out;
}

namespace {
/// Where the rows of `indices` point in a tensor of shape `data`.
struct Tuples {
  int64_t outer = 1;  ///< batches
  int64_t rows = 1;   ///< rows of each batch
  int64_t length = 0; ///< indices of a row
  int64_t slice = 1;  ///< elements that a row names
  int64_t batch = 1;  ///< elements of `data` of a batch
  Shape result;       ///< batch axes, axes of rows, axes of a slice

  Tuples(const char *op, const Shape &data, const Tensor &indices,
         int64_t batchDims) {
    int64_t rank = static_cast<int64_t>(data.size());
    require(indices.rank() >= 1 && rank >= 1, op,
            "indices and data need an axis");
    length = indices.dim(-1);
    require(batchDims >= 0 && batchDims < indices.rank() && batchDims < rank &&
                length >= 1 && batchDims + length <= rank,
            op,
            "rows of " + std::to_string(length) +
                " indices do not fit the shape " + toString(data));
    for (int64_t i = 0; i < batchDims; ++i) {
      require(indices.dim(i) == data[i], op,
              "indices of shape " + toString(indices.shape()) +
                  " do not have the batch axes of " + toString(data));
      result.push_back(data[i]);
    }
    outer = extent(data, 0, batchDims);
    batch = extent(data, batchDims, rank);
    for (int64_t i = batchDims; i + 1 < indices.rank(); ++i)
      result.push_back(indices.dim(i));
    rows = extent(indices.shape(), batchDims, indices.rank() - 1);
    slice = extent(data, batchDims + length, rank);
    for (int64_t i = batchDims + length; i < rank; ++i)
      result.push_back(data[i]);
  }
};
} // namespace

/// Calls visit(row, offset): where the slice of each row begins.
template <typename Visit>
static void forEachTuple(const char *op, const Tuples &tuples,
                         const Shape &data, const Tensor &indices,
                         int64_t batchDims, Visit visit) {
  Indices at(op, indices);
  std::vector<int64_t> strides = rowMajorStrides(data);
  int64_t n = 0;
  for (int64_t b = 0; b < tuples.outer; ++b)
    for (int64_t row = 0; row < tuples.rows; ++row) {
      int64_t offset = b * tuples.batch;
      for (int64_t i = 0; i < tuples.length; ++i) {
        int64_t axis = batchDims + i;
        offset += at.at(n++, axis, data[axis]) * strides[axis];
      }
      visit(b * tuples.rows + row, offset);
    }
}

void snn::rt::gather_nd(const Tensor &data, const Tensor &indices, Tensor &y,
                        int64_t batchDims) {
  Tensor in = data, at = indices;
  Tuples tuples("gather_nd", in.shape(), at, batchDims);
  Tensor out(in.dtype(), tuples.result);
  size_t width = byteWidth(in.dtype()), bytes = tuples.slice * width;
  const char *p = static_cast<const char *>(in.raw());
  char *q = static_cast<char *>(out.raw());
  forEachTuple("gather_nd", tuples, in.shape(), at, batchDims,
               [&](int64_t row, int64_t offset) {
                 if (bytes)
                   std::memcpy(q + row * bytes, p + offset * width, bytes);
               });
  y.allocate(out.dtype(), out.shape());
  if (out.bytes())
    std::memcpy(y.raw(), out.raw(), out.bytes());
}

void snn::rt::scatter_nd(const Tensor &data, const Tensor &indices,
                         const Tensor &updates, Tensor &y,
                         const std::string &reduction) {
  const char *op = "scatter_nd";
  checkReduction(op, reduction);
  require(data.dtype() == updates.dtype(), op,
          std::string("data and updates are ") + name(data.dtype()) + " and " +
              name(updates.dtype()));
  Tuples tuples(op, data.shape(), indices, 0);
  require(updates.shape() == tuples.result, op,
          "updates of shape " + toString(updates.shape()) +
              " do not have the shape " + toString(tuples.result) +
              " that the indices name");
  Tensor out = data.clone();
  dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *p = updates.data<T>();
    T *q = out.data<T>();
    forEachTuple(
        op, tuples, out.shape(), indices, 0, [&](int64_t row, int64_t offset) {
          for (int64_t i = 0; i < tuples.slice; ++i)
            q[offset + i] =
                combine(reduction, q[offset + i], p[row * tuples.slice + i]);
        });
  });
  y = out;
}
