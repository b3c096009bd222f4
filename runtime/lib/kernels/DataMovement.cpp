//===- DataMovement.cpp - Kernels that move elements ------------*- C++ -*-===//
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
#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

static const char *rawBytes(const Tensor &t) {
  return static_cast<const char *>(t.raw());
}
static char *rawBytes(Tensor &t) { return static_cast<char *>(t.raw()); }

/// The operand, or a copy of it when the kernel would overwrite it.
static Tensor notInPlace(const Tensor &x, const Tensor &y) {
  return &x == &y ? x.clone() : x;
}

/// Copies `count` runs of `bytes`, whose sources are `step` bytes apart.
template <size_t Bytes>
static void copyRuns(char *to, const char *from, int64_t count, int64_t step,
                     size_t bytes) {
  // A known length needs no call.
  size_t length = Bytes ? Bytes : bytes;
  for (int64_t i = 0; i < count; ++i, to += length, from += step)
    std::memcpy(to, from, length);
}

static void copyRuns(char *to, const char *from, int64_t count, int64_t step,
                     size_t bytes) {
  switch (bytes) {
  case 16:
    return copyRuns<16>(to, from, count, step, bytes);
  case 32:
    return copyRuns<32>(to, from, count, step, bytes);
  case 64:
    return copyRuns<64>(to, from, count, step, bytes);
  case 128:
    return copyRuns<128>(to, from, count, step, bytes);
  case 256:
    return copyRuns<256>(to, from, count, step, bytes);
  default:
    return copyRuns<0>(to, from, count, step, bytes);
  }
}

/// What a result's last axes have as neighbours in the operand, too: heads of
/// an attention that change places with tokens.
static bool copyWholeRuns(const Tensor &x, int64_t base, Tensor &y,
                          const Shape &shape,
                          const std::vector<int64_t> &strides) {
  int64_t run = 1;
  size_t axis = shape.size();
  for (; axis > 0 && (shape[axis - 1] == 1 || strides[axis - 1] == run); --axis)
    run *= shape[axis - 1];
  if (run == 1 || axis == 0)
    return false;
  std::vector<int64_t> outer[1] = {{strides.begin(), strides.begin() + axis}};
  StridedLoop<1> loop(Shape(shape.begin(), shape.begin() + axis), outer);
  auto width = static_cast<int64_t>(byteWidth(x.dtype()));
  size_t bytes = static_cast<size_t>(run * width);
  int64_t count = loop.innerSize(), step = loop.innerStride(0) * width;
  const char *from = rawBytes(x) + base * width;
  char *to = rawBytes(y);
  int64_t grain = std::max<int64_t>(1, 16384 / (count * run * width));
  parallelFor(loop.rows(), grain, [&](int64_t begin, int64_t end) {
    char *next = to + begin * count * run * width;
    loop.forEachRow(begin, end, [&](const int64_t *o) {
      copyRuns(next, from + o[0] * width, count, step, bytes);
      next += count * run * width;
    });
  });
  return true;
}

/// Matrices that are turned: the operand's neighbours are the result's last
/// axis but one.
static bool turnMatrices(const Tensor &x, int64_t base, Tensor &y,
                         const Shape &shape,
                         const std::vector<int64_t> &strides) {
  size_t rank = shape.size(), width = byteWidth(x.dtype());
  if (rank < 2 || strides[rank - 2] != 1 || (width != 1 && width != 4))
    return false;
  int64_t columns = shape[rank - 2], rows = shape[rank - 1];
  int64_t pitch = strides[rank - 1];
  if (columns < 8 || rows < 8 || pitch < columns)
    return false;
  std::vector<int64_t> outer[1] = {{strides.begin(), strides.end() - 2}};
  StridedLoop<1> loop(Shape(shape.begin(), shape.end() - 2), outer);
  const char *from = rawBytes(x) + base * static_cast<int64_t>(width);
  char *to = rawBytes(y);
  int64_t count = loop.innerSize(), step = loop.innerStride(0), matrix = 0;
  loop.forEachRow([&](const int64_t *o) {
    for (int64_t i = 0; i < count; ++i, ++matrix) {
      int64_t at = o[0] + i * step;
      if (width == 1)
        loops().turnBytes(
            reinterpret_cast<const uint8_t *>(from) + at, pitch, rows, columns,
            reinterpret_cast<uint8_t *>(to) + matrix * rows * columns, rows);
      else
        loops().turnWords(
            reinterpret_cast<const int32_t *>(from) + at, pitch, rows, columns,
            reinterpret_cast<int32_t *>(to) + matrix * rows * columns, rows);
    }
  });
  return true;
}

/// y[row-major over shape] = x[base + sum of index * stride] (elements).
static void copyStrided(const Tensor &x, int64_t base, Tensor &y,
                        const Shape &shape,
                        const std::vector<int64_t> &strides) {
  y.allocate(x.dtype(), shape);
  if (y.size() == 0 || copyWholeRuns(x, base, y, shape, strides) ||
      turnMatrices(x, base, y, shape, strides))
    return;
  std::vector<int64_t> operand[1] = {strides};
  StridedLoop<1> loop(shape, operand);
  int64_t n = loop.innerSize(), step = loop.innerStride(0);
  dispatchWidth(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *p = static_cast<const T *>(x.raw()) + base;
    T *first = static_cast<T *>(y.raw());
    int64_t grain = std::max<int64_t>(1, 8192 / n);
    parallelFor(loop.rows(), grain, [&](int64_t begin, int64_t end) {
      T *q = first + begin * n;
      loop.forEachRow(begin, end, [&](const int64_t *o) {
        const T *from = p + o[0];
        if (step == 1)
          std::memcpy(q, from, n * sizeof(T));
        else
          for (int64_t i = 0; i < n; ++i)
            q[i] = from[i * step];
        q += n;
      });
    });
  });
}

void snn::rt::gather(const Tensor &data, const Tensor &indices, Tensor &y,
                     int64_t axis) {
  axis = normaliseAxis("gather", axis, data.rank());
  require(indices.dtype() == DType::I64 || indices.dtype() == DType::I32,
          "gather",
          std::string("indices are ") + name(indices.dtype()) +
              ", expected I64 or I32");
  Tensor in = notInPlace(data, y), at = notInPlace(indices, y);
  Shape shape(in.shape().begin(), in.shape().begin() + axis);
  shape.insert(shape.end(), at.shape().begin(), at.shape().end());
  shape.insert(shape.end(), in.shape().begin() + axis + 1, in.shape().end());
  int64_t outer = extent(in.shape(), 0, axis), n = in.dim(axis);
  size_t width =
      extent(in.shape(), axis + 1, in.rank()) * byteWidth(in.dtype());
  y.allocate(in.dtype(), shape);
  char *q = rawBytes(y);
  int64_t count = at.size();
  bool wide = at.dtype() == DType::I64;
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t j = 0; j < count; ++j, q += width) {
      int64_t index = wide ? at.data<int64_t>()[j] : at.data<int32_t>()[j];
      if (index < -n || index >= n)
        throw Error("gather: index " + std::to_string(index) +
                    " is outside of axis " + std::to_string(axis) +
                    " of size " + std::to_string(n));
      index = index < 0 ? index + n : index;
      std::memcpy(q, rawBytes(in) + (i * n + index) * width, width);
    }
}

void snn::rt::reshape(const Tensor &x, Tensor &y, const Ints &shape) {
  Shape result = shape;
  int64_t unknown = -1;
  for (size_t i = 0; i < result.size(); ++i) {
    if (result[i] != -1)
      continue;
    require(unknown < 0, "reshape", "the shape holds more than one -1");
    unknown = static_cast<int64_t>(i);
  }
  if (unknown >= 0) {
    result[unknown] = 1;
    int64_t known = elementCount(result);
    require(known != 0 && x.size() % known == 0, "reshape",
            "cannot reshape " + toString(x.shape()) + " to " + toString(shape));
    result[unknown] = x.size() / known;
  }
  y = x.reshaped(result);
}

void snn::rt::transpose(const Tensor &x, Tensor &y, const Ints &permutation) {
  Tensor in = notInPlace(x, y);
  Ints order = permutation;
  if (order.empty())
    for (int64_t i = in.rank(); i-- > 0;)
      order.push_back(i);
  std::vector<bool> seen(in.rank(), false);
  bool valid = static_cast<int64_t>(order.size()) == in.rank();
  for (size_t i = 0; valid && i < order.size(); ++i) {
    valid = order[i] >= 0 && order[i] < in.rank() && !seen[order[i]];
    if (valid)
      seen[order[i]] = true;
  }
  require(valid, "transpose", "not a permutation of the axes");
  std::vector<int64_t> own = rowMajorStrides(in.shape()), strides;
  Shape shape;
  for (int64_t axis : order) {
    shape.push_back(in.shape()[axis]);
    strides.push_back(own[axis]);
  }
  copyStrided(in, 0, y, shape, strides);
}

void snn::rt::concat(const TensorList &inputs, Tensor &y, int64_t axis) {
  require(!inputs.empty(), "concat", "no inputs");
  const Tensor &first = *inputs.front();
  axis = normaliseAxis("concat", axis, first.rank());
  Shape shape = first.shape();
  shape[axis] = 0;
  std::vector<Tensor> parts;
  for (const Tensor *t : inputs) {
    Shape expected = t->shape();
    require(t->dtype() == first.dtype() && t->rank() == first.rank(), "concat",
            "inputs differ in element type or rank");
    expected[axis] = first.shape()[axis];
    require(expected == first.shape(), "concat",
            "shapes " + toString(first.shape()) + " and " +
                toString(t->shape()) + " do not fit");
    shape[axis] = checkedSum("concat", shape[axis], t->dim(axis));
    parts.push_back(notInPlace(*t, y));
  }
  int64_t outer = extent(shape, 0, axis);
  size_t width =
      extent(shape, axis + 1, first.rank()) * byteWidth(first.dtype());
  y.allocate(parts.front().dtype(), shape);
  char *q = rawBytes(y);
  for (int64_t i = 0; i < outer; ++i)
    for (const Tensor &t : parts) {
      size_t bytes = t.dim(axis) * width;
      std::memcpy(q, rawBytes(t) + i * bytes, bytes);
      q += bytes;
    }
}

void snn::rt::slice(const Tensor &x, Tensor &y, const Ints &starts,
                    const Ints &ends, const Ints &axes, const Ints &steps) {
  Ints where = axes, by = steps;
  if (where.empty())
    for (size_t i = 0; i < starts.size(); ++i)
      where.push_back(static_cast<int64_t>(i));
  if (by.empty())
    by.assign(starts.size(), 1);
  require(ends.size() == starts.size() && where.size() == starts.size() &&
              by.size() == starts.size(),
          "slice", "starts, ends, axes and steps differ in length");
  Tensor in = notInPlace(x, y);
  Shape shape = in.shape();
  std::vector<int64_t> strides = rowMajorStrides(shape);
  std::vector<int64_t> own = strides;
  int64_t base = 0;
  for (size_t i = 0; i < starts.size(); ++i) {
    int64_t axis = normaliseAxis("slice", where[i], in.rank());
    int64_t n = in.dim(axis), step = by[i];
    require(step != 0, "slice", "a step is zero");
    auto clamp = [](int64_t v, int64_t lo, int64_t hi) {
      return v < lo ? lo : (v > hi ? hi : v);
    };
    // Negative positions count from the end; then ONNX clamps them.
    int64_t start =
        starts[i] < 0 && starts[i] >= INT64_MIN + n ? starts[i] + n : starts[i];
    int64_t end =
        ends[i] < 0 && ends[i] >= INT64_MIN + n ? ends[i] + n : ends[i];
    int64_t count;
    if (step > 0) {
      start = clamp(start, 0, n);
      end = clamp(end, 0, n);
      count = end > start ? (end - start - 1) / step + 1 : 0;
    } else {
      start = clamp(start, 0, n - 1);
      end = clamp(end, -1, n - 1);
      count =
          start > end
              ? (start - end - 1) / (step == INT64_MIN ? INT64_MAX : -step) + 1
              : 0;
    }
    shape[axis] = n == 0 ? 0 : count;
    if (shape[axis] > 0)
      base += start * own[axis];
    strides[axis] = own[axis] * (count > 1 ? step : 1);
  }
  copyStrided(in, base, y, shape, strides);
}

void snn::rt::split(const Tensor &x, const TensorOutputs &ys, int64_t axis,
                    const Ints &sizes) {
  axis = normaliseAxis("split", axis, x.rank());
  Tensor in = x;
  int64_t parts = static_cast<int64_t>(ys.size()), n = in.dim(axis);
  require(parts > 0, "split", "no outputs");
  for (const Tensor *t : ys)
    if (t == &x)
      in = x.clone();
  Ints lengths = sizes;
  if (lengths.empty()) {
    int64_t length = n / parts + (n % parts != 0), rest = n;
    for (int64_t i = 0; i < parts; ++i, rest -= lengths.back())
      lengths.push_back(std::min(length, rest));
  }
  int64_t rest = n;
  bool fits = static_cast<int64_t>(lengths.size()) == parts;
  for (int64_t length : lengths) {
    fits = fits && length >= 0 && length <= rest;
    rest -= fits ? length : 0;
  }
  require(fits && rest == 0, "split",
          "sizes do not add up to " + std::to_string(n));
  int64_t outer = extent(in.shape(), 0, axis), begin = 0;
  size_t width =
      extent(in.shape(), axis + 1, in.rank()) * byteWidth(in.dtype());
  for (int64_t i = 0; i < parts; begin += lengths[i++]) {
    Shape shape = in.shape();
    shape[axis] = lengths[i];
    ys[i]->allocate(in.dtype(), shape);
    size_t bytes = lengths[i] * width;
    for (int64_t o = 0; o < outer; ++o)
      std::memcpy(rawBytes(*ys[i]) + o * bytes,
                  rawBytes(in) + (o * n + begin) * width, bytes);
  }
}

void snn::rt::expand(const Tensor &x, const Tensor *like, Tensor &y,
                     const Ints &shape) {
  Shape target = shape;
  for (int64_t &d : target) {
    if (d != -1)
      continue;
    require(like && like->rank() > 0, "expand",
            "a -1 in the shape needs an operand to take it from");
    d = like->dim(0);
  }
  Tensor in = notInPlace(x, y);
  Shape result = broadcastShapes("expand", in.shape(), target);
  copyStrided(in, 0, y, result, broadcastStrides(in.shape(), result));
}

void snn::rt::tile(const Tensor &x, Tensor &y, const Ints &repeats) {
  require(static_cast<int64_t>(repeats.size()) == x.rank(), "tile",
          "expects one repeat per axis");
  Tensor in = notInPlace(x, y);
  // Every axis becomes (repeat, size), with stride 0 along the repeats.
  std::vector<int64_t> own = rowMajorStrides(in.shape()), strides;
  Shape nested, result;
  for (int64_t i = 0; i < in.rank(); ++i) {
    require(repeats[i] >= 0, "tile", "a repeat is negative");
    nested.insert(nested.end(), {repeats[i], in.shape()[i]});
    strides.insert(strides.end(), {0, own[i]});
    result.push_back(checkedProduct("tile", repeats[i], in.shape()[i]));
  }
  elementCount(result); // before anything is copied
  copyStrided(in, 0, y, nested, strides);
  y = y.reshaped(result);
}

void snn::rt::pad(const Tensor &x, Tensor &y, const Ints &pads,
                  const std::string &mode, double value) {
  require(static_cast<int64_t>(pads.size()) == 2 * x.rank(), "pad",
          "expects two pads per axis");
  require(mode == "constant" || mode == "reflect" || mode == "edge" ||
              mode == "wrap",
          "pad",
          "mode must be constant, reflect, edge or wrap, not '" + mode + "'");
  Tensor in = notInPlace(x, y);
  int64_t rank = in.rank();
  Shape shape = in.shape();
  // source[axis][i]: the input index that output index i reads, or -1.
  std::vector<std::vector<int64_t>> source(rank);
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t n = shape[axis], begin = pads[axis];
    int64_t size =
        checkedSum("pad", checkedSum("pad", n, begin), pads[rank + axis]);
    require(size >= 0, "pad", "the result has a negative axis");
    shape[axis] = size;
  }
  // What is read from where needs less memory than the result, which must fit.
  y.allocate(in.dtype(), shape);
  if (y.size() == 0)
    return;
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t n = in.dim(axis), begin = pads[axis], size = shape[axis];
    for (int64_t i = 0; i < size; ++i) {
      int64_t at = i - begin;
      bool inside = at >= 0 && at < n;
      if (!inside && mode == "constant") {
        at = -1;
      } else if (!inside && mode == "edge") {
        require(n > 0, "pad", "an axis is empty");
        at = at < 0 ? 0 : n - 1;
      } else if (!inside && mode == "wrap") {
        require(n > 0, "pad", "an axis is empty");
        at = ((at % n) + n) % n;
      } else if (!inside) {
        require(n > 0, "pad", "an axis is empty");
        int64_t period = n > 1 ? 2 * (n - 1) : 1;
        at = ((at % period) + period) % period;
        at = at < n ? at : period - at;
      }
      source[axis].push_back(at);
    }
  }
  std::vector<int64_t> strides = rowMajorStrides(in.shape());
  dispatch(in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *p = in.data<T>();
    T *q = y.data<T>();
    T fill = static_cast<T>(value);
    if (rank == 0) {
      *q = *p;
      return;
    }
    std::vector<int64_t> index(rank, 0);
    const std::vector<int64_t> &last = source[rank - 1];
    for (;;) {
      int64_t base = 0;
      for (int64_t axis = 0; axis + 1 < rank; ++axis) {
        int64_t at = source[axis][index[axis]];
        if (at < 0) {
          base = -1;
          break;
        }
        base += at * strides[axis];
      }
      for (int64_t at : last)
        *q++ = base < 0 || at < 0 ? fill : p[base + at];
      int64_t axis = rank - 2;
      for (; axis >= 0; --axis) {
        if (++index[axis] < shape[axis])
          break;
        index[axis] = 0;
      }
      if (axis < 0)
        return;
    }
  });
}

void snn::rt::range(const Tensor &start, const Tensor &limit,
                    const Tensor &delta, Tensor &y) {
  require(start.dtype() == limit.dtype() && start.dtype() == delta.dtype(),
          "range", "operands differ in element type");
  require(start.size() == 1 && limit.size() == 1 && delta.size() == 1, "range",
          "operands must be scalars");
  auto run = [&](auto zero) {
    using T = decltype(zero);
    T first = start.data<T>()[0], last = limit.data<T>()[0],
      step = delta.data<T>()[0];
    require(step != 0, "range", "the step is zero");
    int64_t count = 0;
    if constexpr (std::is_floating_point_v<T>) {
      double exact = std::ceil((static_cast<double>(last) - first) / step);
      require(exact < 0x1p62, "range", "too many elements");
      count = exact > 0 ? static_cast<int64_t>(exact) : 0;
    } else if (step > 0 ? last > first : last < first) {
      // The distance of two elements fits their unsigned type.
      using U = std::make_unsigned_t<int64_t>;
      U distance = step > 0 ? U(int64_t(last)) - U(int64_t(first))
                            : U(int64_t(first)) - U(int64_t(last));
      U stride = step > 0 ? U(int64_t(step)) : U(0) - U(int64_t(step));
      U elements = distance / stride + (distance % stride != 0);
      require(elements <= U(INT64_MAX), "range", "too many elements");
      count = static_cast<int64_t>(elements);
    }
    DType type = start.dtype();
    y.allocate(type, {count});
    T *q = y.data<T>();
    for (int64_t i = 0; i < count; ++i)
      q[i] = static_cast<T>(first + static_cast<T>(i) * step);
  };
  switch (start.dtype()) {
  case DType::F32:
    return run(float());
  case DType::F64:
    return run(double());
  case DType::I16:
    return run(int16_t());
  case DType::I32:
    return run(int32_t());
  case DType::I64:
    return run(int64_t());
  default:
    throw Error(std::string("range: no elements of type ") +
                name(start.dtype()));
  }
}
