//===- HandlersIndexing.cpp - Picking, masking and reordering -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compose.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace snn;
using namespace snn::import;
using Term = Composer::Term;

//===----------------------------------------------------------------------===//
// By index
//===----------------------------------------------------------------------===//

static LogicalResult importGatherElements(Node &n) {
  if (failed(n.require(2)))
    return failure();
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(0)), n.in(0)->rank());
  if (failed(axis))
    return failure();
  return n.emit<onnx::GatherElementsOp>({n.in(0), n.in(1)},
                                        {n.i64("axis", *axis)});
}

static LogicalResult importGatherND(Node &n) {
  if (failed(n.require(2)))
    return failure();
  return n.emit<onnx::GatherNDOp>(
      {n.in(0), n.in(1)},
      {n.i64("batchDims", n.attr("batch_dims", int64_t(0)))});
}

/// Elements of constants that are made of an attribute or of a shape.
static constexpr int64_t maxMaskElements = 1 << 24;

/// Also `Scatter`, its name before opset 11.
static LogicalResult importScatterElements(Node &n) {
  if (failed(n.require(3)))
    return failure();
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(0)), n.in(0)->rank());
  if (failed(axis))
    return failure();
  return n.emit<onnx::ScatterElementsOp>(
      {n.in(0), n.in(1), n.in(2)},
      {n.i64("axis", *axis), n.str("reduction", n.attr("reduction", "none"))});
}

/// The positions of an axis of `size` elements as a tensor of rank `rank` that
/// runs along `axis`.
static Term positions(Composer &c, int64_t size, int64_t axis, int64_t rank) {
  Ints values = llvm::to_vector(llvm::seq<int64_t>(0, size));
  DimExprs shape(rank, DimExpr(1));
  shape[axis] = DimExpr(size);
  return c.reshape(c.indices(values), shape);
}

/// `indices == position` chooses between the two values.
static LogicalResult importOneHot(Node &n) {
  if (failed(n.require(3)))
    return failure();
  FailureOr<int64_t> depth = n.constantInt(1, "the depth");
  if (failed(depth))
    return failure();
  int64_t size = *depth;
  if (size < 0 || size > maxMaskElements)
    return n.error() << "the depth is " << size << "; 0 to " << maxMaskElements
                     << " are supported";
  Composer c(n);
  Term x = n.in(0);
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(-1)), x->rank() + 1);
  if (failed(axis))
    return failure();
  Type i64 = n.importer.builder().getIntegerType(64);
  Term index = c.cast(x, i64);
  Term wrapped =
      c.where(c.less(index, c.index(0)), c.add(index, c.index(size)), index);
  DimExprs shape(x->shape);
  shape.insert(shape.begin() + *axis, DimExpr(1));
  Term hot = c.equal(c.reshape(wrapped, shape),
                     positions(c, size, *axis, x->rank() + 1));
  Term off = c.reshape(c.slice(n.in(2), 0, 0, 1), {});
  Term on = c.reshape(c.slice(n.in(2), 0, 1, 2), {});
  return c.bind(c.where(hot, on, off));
}

/// A constant condition picks slices.
static LogicalResult importCompress(Node &n) {
  if (failed(n.require(2)))
    return failure();
  FailureOr<const rt::Tensor *> condition =
      n.importer.elements(*n.in(1), n.loc);
  if (failed(condition))
    return failure();
  if (!*condition || (*condition)->dtype() != rt::DType::Bool)
    return n.error() << "the condition of Compress (input 1, '" << n.in(1)->name
                     << "') must be a constant";
  Composer c(n);
  Term x = n.in(0);
  int64_t axis = 0;
  if (n.hasAttr("axis")) {
    FailureOr<int64_t> stated = n.axis(n.attr("axis", int64_t(0)), x->rank());
    if (failed(stated))
      return failure();
    axis = *stated;
  } else {
    DimExpr size = 1;
    for (DimExpr dim : x->shape) {
      std::optional<DimExpr> product = size.times(dim);
      if (!product)
        return n.error() << "the size of " << x->type()
                         << " is no multiple of the batch size";
      size = *product;
    }
    x = c.reshape(x, {size});
  }
  Ints kept;
  for (int64_t i = 0; i < (*condition)->size(); ++i)
    if ((*condition)->data<bool>()[i])
      kept.push_back(i);
  return c.bind(
      c.make<onnx::GatherOp>({x, c.indices(kept)}, {n.i64("axis", axis)}));
}

/// Sequence b of the batch is reversed up to its length; the batch may be at
/// the run time.
static LogicalResult importReverseSequence(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  int64_t time = n.attr("time_axis", int64_t(0));
  int64_t batch = n.attr("batch_axis", int64_t(1));
  bool isOrdered = (time == 0 && batch == 1) || (time == 1 && batch == 0);
  if (x->rank() < 2 || n.in(1)->rank() != 1 || !isOrdered ||
      !x->shape[time].isStatic())
    return n.error() << "'ReverseSequence' needs its time and batch on axes 0 "
                        "and 1, and a static length";
  // [batch, time, ...], and for each the position that it comes from.
  Ints swapped = llvm::to_vector(llvm::seq<int64_t>(0, x->rank()));
  if (time == 0)
    std::swap(swapped[0], swapped[1]);
  Term data = c.transpose(x, swapped);
  DimExprs column = {n.in(1)->shape[0], DimExpr(1)};
  Term length = c.reshape(n.in(1), column);
  Term at =
      c.cast(positions(c, x->shape[time].fixed, 1, 2), n.in(1)->elementType);
  Term mirrored = c.sub(c.sub(length, c.number(1, n.in(1))), at);
  Term from = c.where(c.less(at, length), mirrored, at);
  if (!from)
    return failure();
  DimExprs tuples(from->shape);
  tuples.push_back(DimExpr(1));
  Term picked = c.make<onnx::GatherNDOp>({data, c.reshape(from, tuples)},
                                         {n.i64("batchDims", 1)});
  return c.bind(c.transpose(picked, swapped));
}

//===----------------------------------------------------------------------===//
// Constant masks
//===----------------------------------------------------------------------===//

/// The boolean matrix column - row <= k (or >= k, for `upper`).
static Term triangle(Node &n, int64_t rows, int64_t columns, int64_t k,
                     bool upper) {
  rt::Tensor mask(rt::DType::Bool, {rows, columns});
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      mask.data<bool>()[i * columns + j] = upper ? j - i >= k : j - i <= k;
  return n.importer.makeConstant(n.entry.label(), n.loc, mask);
}

static LogicalResult importTrilu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Term x = n.in(0);
  int64_t k = 0;
  if (n.has(1)) {
    FailureOr<int64_t> read = n.constantInt(1, "the diagonal");
    if (failed(read))
      return failure();
    k = *read;
  }
  if (x->rank() < 2)
    return n.error() << "'Trilu' needs a matrix, has " << x->type();
  DimExpr rows = x->shape[x->rank() - 2], columns = x->shape.back();
  if (!rows.isStatic() || !columns.isStatic() ||
      countElements({rows.fixed, columns.fixed}).value_or(INT64_MAX) >
          maxMaskElements)
    return n.error() << "'Trilu' needs matrices of static and moderate size, "
                        "has "
                     << x->type();
  Composer c(n);
  Term mask = triangle(n, rows.fixed, columns.fixed, k,
                       n.attr("upper", int64_t(1)) != 0);
  return c.bind(c.where(mask, x, c.number(0, x)));
}

static LogicalResult importEyeLike(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Term x = n.in(0);
  if (x->rank() != 2 || !x->hasStaticShape() ||
      countElements({x->shape[0].fixed, x->shape[1].fixed})
              .value_or(INT64_MAX) > maxMaskElements)
    return n.error() << "'EyeLike' needs a matrix of static and moderate size, "
                        "has "
                     << x->type();
  Type type = x->elementType;
  if (n.hasAttr("dtype")) {
    std::optional<rt::DType> stated = toDType(n.attr("dtype", int64_t(0)));
    if (!stated)
      return n.error() << "makes elements of type "
                       << dataTypeName(n.attr("dtype", int64_t(0)))
                       << ", which is not supported";
    type = onnx::toElementType(n.importer.builder().getContext(), *stated);
  }
  int64_t k = n.attr("k", int64_t(0)), rows = x->shape[0].fixed,
          columns = x->shape[1].fixed;
  rt::Tensor eye(rt::DType::Bool, {rows, columns});
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      eye.data<bool>()[i * columns + j] = j - i == k;
  Composer c(n);
  return c.bind(
      c.cast(n.importer.makeConstant(n.entry.label(), n.loc, eye), type));
}

//===----------------------------------------------------------------------===//
// Values that are known at compile time
//===----------------------------------------------------------------------===//

/// The elements of input 0, which must be known.
static FailureOr<const rt::Tensor *> knownElements(Node &n) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<const rt::Tensor *> x = n.importer.elements(*n.in(0), n.loc);
  if (failed(x))
    return failure();
  if (!*x) {
    n.error() << "the size of the result of '" << n.entry.opType
              << "' depends on the data (input 0, '" << n.in(0)->name
              << "'), which must be a constant";
    return failure();
  }
  return x;
}

/// Whether element `i` is not zero.
static bool isSet(const rt::Tensor &x, int64_t i) {
  size_t width = rt::byteWidth(x.dtype());
  if (x.dtype() == rt::DType::F32)
    return x.data<float>()[i] != 0;
  if (x.dtype() == rt::DType::F64)
    return x.data<double>()[i] != 0;
  const char *p = static_cast<const char *>(x.raw()) + i * width;
  return std::any_of(p, p + width, [](char c) { return c != 0; });
}

static LogicalResult importNonZero(Node &n) {
  FailureOr<const rt::Tensor *> known = knownElements(n);
  if (failed(known))
    return failure();
  const rt::Tensor &x = **known;
  std::vector<int64_t> found;
  for (int64_t i = 0; i < x.size(); ++i)
    if (isSet(x, i))
      found.push_back(i);
  int64_t rank = std::max<int64_t>(x.rank(), 1),
          count = static_cast<int64_t>(found.size());
  rt::Tensor result(rt::DType::I64, {rank, count});
  for (auto [column, position] : llvm::enumerate(found))
    for (int64_t axis = rank - 1, rest = position; axis >= 0; --axis) {
      int64_t size = x.rank() ? x.dim(axis) : 1;
      result.data<int64_t>()[axis * count + int64_t(column)] = rest % size;
      rest /= size;
    }
  return n.bind(
      0, n.importer.makeConstant(n.entry.label(), n.loc, std::move(result)));
}

/// -1, 0 or 1, as elements of T compare.
template <typename T>
static int compareElements(const void *a, const void *b, int64_t count) {
  const T *p = static_cast<const T *>(a), *q = static_cast<const T *>(b);
  for (int64_t i = 0; i < count; ++i)
    if (p[i] != q[i])
      return p[i] < q[i] ? -1 : 1;
  return 0;
}
static int (*comparison(rt::DType type))(const void *, const void *, int64_t) {
  switch (type) {
  case rt::DType::Bool:
    return compareElements<bool>;
  case rt::DType::U8:
    return compareElements<uint8_t>;
  case rt::DType::I8:
    return compareElements<int8_t>;
  case rt::DType::I16:
    return compareElements<int16_t>;
  case rt::DType::I32:
    return compareElements<int32_t>;
  case rt::DType::I64:
    return compareElements<int64_t>;
  case rt::DType::F32:
    return compareElements<float>;
  case rt::DType::F64:
    return compareElements<double>;
  }
  llvm_unreachable("all element types are covered");
}

/// The different elements (or slices along an axis), where each is first, which
/// of them each element is, and how often each occurs.
static LogicalResult importUnique(Node &n) {
  FailureOr<const rt::Tensor *> known = knownElements(n);
  if (failed(known))
    return failure();
  rt::Tensor x = **known;
  Composer c(n);
  Term source = n.in(0);
  int64_t axis = 0;
  if (n.hasAttr("axis")) {
    FailureOr<int64_t> stated = n.axis(n.attr("axis", int64_t(0)), x.rank());
    if (failed(stated))
      return failure();
    axis = *stated;
  } else {
    x = x.reshaped({x.size()});
    source = n.importer.makeConstant(n.entry.label(), n.loc, x);
  }
  int64_t count = x.dim(axis);
  // Slices as rows, so that they compare as they lie.
  int64_t inner = 1, outer = 1;
  for (int64_t i = 0; i < x.rank(); ++i)
    (i < axis ? outer : inner) *= i == axis ? 1 : x.dim(i);
  size_t width = rt::byteWidth(x.dtype());
  std::vector<char> rows(x.bytes());
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < count; ++i)
      std::copy_n(static_cast<const char *>(x.raw()) +
                      (o * count + i) * inner * width,
                  inner * width, rows.data() + (i * outer + o) * inner * width);
  size_t rowBytes = outer * inner * width;
  auto compare = comparison(x.dtype());
  auto order = [&](int64_t a, int64_t b) {
    return compare(rows.data() + a * rowBytes, rows.data() + b * rowBytes,
                   outer * inner);
  };
  std::vector<int64_t> sorted(count);
  std::iota(sorted.begin(), sorted.end(), 0);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](int64_t a, int64_t b) { return order(a, b) < 0; });
  // One entry for each value: its first index, then all that are equal.
  std::vector<std::vector<int64_t>> groups;
  for (int64_t i : sorted) {
    if (groups.empty() || order(groups.back().front(), i) != 0)
      groups.emplace_back();
    groups.back().push_back(i);
  }
  if (!n.attr("sorted", int64_t(1)))
    llvm::sort(groups, [](const auto &a, const auto &b) {
      return a.front() < b.front();
    });
  Ints first, counts, inverse(count);
  for (auto [g, group] : llvm::enumerate(groups)) {
    first.push_back(group.front());
    counts.push_back(group.size());
    for (int64_t i : group)
      inverse[i] = g;
  }
  if (failed(c.bind(c.make<onnx::GatherOp>({source, c.indices(first)},
                                           {n.i64("axis", axis)}))) ||
      failed(c.bind(c.indices(first), 1)) ||
      failed(c.bind(c.indices(inverse), 2)))
    return failure();
  return c.bind(c.indices(counts), 3);
}

//===----------------------------------------------------------------------===//
// Blocks of space and depth
//===----------------------------------------------------------------------===//

/// The block size, which must divide what it cuts; fails with an error.
static FailureOr<int64_t> blockSize(Node &n) {
  int64_t block = n.attr("blocksize", int64_t(0));
  // Squares of larger ones are no number of channels.
  constexpr int64_t most = 1 << 16;
  if (n.in(0)->rank() != 4 || block < 1 || block > most) {
    n.error() << "'" << n.entry.opType
              << "' needs an image and a block size of 1 to " << most
              << ", has " << n.in(0)->type() << " and " << block;
    return failure();
  }
  return block;
}

static std::optional<DimExpr> dividedBy(DimExpr dim, int64_t divisor) {
  if (dim.fixed % divisor != 0 || dim.perBatch % divisor != 0)
    return std::nullopt;
  return DimExpr(dim.fixed / divisor, dim.perBatch / divisor);
}

static LogicalResult importDepthToSpace(Node &n) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<int64_t> block = blockSize(n);
  if (failed(block))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  int64_t b = *block;
  std::optional<DimExpr> depth = dividedBy(x->shape[1], b * b);
  std::optional<DimExpr> height = x->shape[2].times(b),
                         width = x->shape[3].times(b);
  if (!depth || !height || !width)
    return n.error() << "cannot make blocks of " << b << " of " << x->type();
  bool crd = n.attr("mode", "DCR") == "CRD";
  DimExprs split = {x->shape[0], b, b, *depth, x->shape[2], x->shape[3]};
  Ints order = {0, 3, 4, 1, 5, 2};
  if (crd) {
    split = {x->shape[0], *depth, b, b, x->shape[2], x->shape[3]};
    order = {0, 1, 4, 2, 5, 3};
  }
  DimExprs result = {x->shape[0], *depth, *height, *width};
  return c.bind(c.reshape(c.transpose(c.reshape(x, split), order), result));
}

static LogicalResult importSpaceToDepth(Node &n) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<int64_t> block = blockSize(n);
  if (failed(block))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  int64_t b = *block;
  std::optional<DimExpr> height = dividedBy(x->shape[2], b),
                         width = dividedBy(x->shape[3], b),
                         depth = x->shape[1].times(b * b);
  if (!depth || !height || !width)
    return n.error() << "cannot make blocks of " << b << " of " << x->type();
  DimExprs split = {x->shape[0], x->shape[1], *height, b, *width, b};
  DimExprs result = {x->shape[0], *depth, *height, *width};
  return c.bind(
      c.reshape(c.transpose(c.reshape(x, split), {0, 3, 5, 1, 2, 4}), result));
}

void snn::import::registerIndexingHandlers(OperatorTable &table) {
  table["Compress"] = {importCompress, "a condition that is no constant"};
  table["DepthToSpace"] = {importDepthToSpace, "ranks other than 4"};
  table["EyeLike"] = {importEyeLike, "matrices of dynamic size"};
  table["GatherElements"] = importGatherElements;
  table["GatherND"] = importGatherND;
  table["NonZero"] = {importNonZero, "data that is no constant"};
  table["OneHot"] = {importOneHot, "a depth that is no constant"};
  table["ReverseSequence"] = {importReverseSequence,
                              "batch and time on other axes than 0 and 1"};
  table["Scatter"] = importScatterElements;
  table["ScatterElements"] = importScatterElements;
  table["SpaceToDepth"] = {importSpaceToDepth, "ranks other than 4"};
  table["Trilu"] = {importTrilu, "matrices of dynamic size"};
  table["Unique"] = {importUnique, "data that is no constant"};
}
