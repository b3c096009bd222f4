//===- Node.cpp - Inputs and attributes of a node -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Importer.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::ArrayRef;
using llvm::StringRef;

InFlightDiagnostic Node::error() const { return emitError(loc); }

LogicalResult Node::resolveInputs() {
  for (const std::string &name : entry.inputs) {
    inputs.push_back(name.empty() ? nullptr : importer.lookup(name, loc));
    if (!name.empty() && !inputs.back())
      return failure();
  }
  return success();
}

LogicalResult Node::require(size_t n) const {
  for (size_t i = 0; i < n; ++i)
    if (!has(i))
      return error() << "'" << entry.opType << "' needs " << n
                     << " inputs, input " << i << " is absent";
  return success();
}

bool Node::isUsed(size_t i) const {
  return i < entry.outputs.size() && !entry.outputs[i].empty() &&
         importer.used.contains(entry.outputs[i]);
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

bool Node::hasAttr(StringRef name) const {
  return entry.attributes.contains(name);
}

int64_t Node::attr(StringRef name, int64_t fallback) const {
  auto it = entry.attributes.find(name);
  return it != entry.attributes.end() && it->second.kind == AttributeEntry::Int
             ? it->second.i
             : fallback;
}

double Node::attr(StringRef name, double fallback) const {
  auto it = entry.attributes.find(name);
  return it != entry.attributes.end() &&
                 it->second.kind == AttributeEntry::Float
             ? it->second.f
             : fallback;
}

std::string Node::attr(StringRef name, const char *fallback) const {
  auto it = entry.attributes.find(name);
  return it != entry.attributes.end() &&
                 it->second.kind == AttributeEntry::String
             ? it->second.s
             : fallback;
}

std::optional<Ints> Node::ints(StringRef name) const {
  auto it = entry.attributes.find(name);
  if (it == entry.attributes.end() || it->second.kind != AttributeEntry::Ints)
    return std::nullopt;
  return Ints(it->second.ints.begin(), it->second.ints.end());
}

//===----------------------------------------------------------------------===//
// Constant inputs
//===----------------------------------------------------------------------===//

/// The elements of an integer tensor.
static std::optional<std::vector<int64_t>> toInts(const rt::Tensor &tensor) {
  if (tensor.dtype() == rt::DType::I64)
    return tensor.toVector<int64_t>();
  if (tensor.dtype() != rt::DType::I32)
    return std::nullopt;
  std::vector<int32_t> narrow = tensor.toVector<int32_t>();
  return std::vector<int64_t>(narrow.begin(), narrow.end());
}

bool Node::isConstant(size_t i) const {
  return has(i) && (in(i)->isKnown() || in(i)->isWeight);
}

FailureOr<DimExprs> Node::dims(size_t i, StringRef what) const {
  if (!has(i))
    return error() << "'" << entry.opType << "' needs " << what << " (input "
                   << i << ")";
  auto notInteger = [&] {
    return error() << what << " (input " << i << ", '" << in(i)->name
                   << "') must hold integers";
  };
  if (in(i)->rank() > 1)
    return error() << what << " (input " << i << ", '" << in(i)->name
                   << "') must be a vector";
  if (in(i)->probed) {
    std::array<std::vector<int64_t>, 3> values;
    for (auto [list, tensor] : llvm::zip(values, *in(i)->probed)) {
      auto read = toInts(tensor);
      if (!read)
        return notInteger();
      list = *read;
    }
    DimExprs result;
    for (size_t d = 0; d < values[0].size(); ++d) {
      std::optional<DimExpr> dim;
      if (d < values[1].size() && d < values[2].size())
        dim = DimExpr::fit({values[0][d], values[1][d], values[2][d]});
      if (!dim)
        return error() << what << " (input " << i << ", '" << in(i)->name
                       << "') is no linear function of the batch size; "
                       << importer.batchBinding();
      result.push_back(*dim);
    }
    return result;
  }
  auto tensor = importer.elements(*in(i), loc);
  if (failed(tensor))
    return failure();
  if (!*tensor)
    return error() << what << " (input " << i << ", '" << in(i)->name
                   << "') must be a constant";
  auto read = toInts(**tensor);
  if (!read)
    return notInteger();
  return DimExprs(read->begin(), read->end());
}

FailureOr<Ints> Node::constantInts(size_t i, StringRef what) const {
  FailureOr<DimExprs> exprs = dims(i, what);
  if (failed(exprs))
    return failure();
  Ints result;
  for (DimExpr expr : *exprs) {
    if (!expr.isStatic())
      return error() << what << " (input " << i << ", '" << in(i)->name
                     << "') depends on the batch size; "
                     << importer.batchBinding();
    result.push_back(expr.fixed);
  }
  return result;
}

FailureOr<double> Node::constantNumber(size_t i, StringRef what,
                                       bool forLargeBatch) const {
  FailureOr<const rt::Tensor *> tensor = forLargeBatch && in(i)->probed
                                             ? &in(i)->probed->back()
                                             : importer.elements(*in(i), loc);
  if (failed(tensor))
    return failure();
  if (!*tensor || (*tensor)->size() != 1)
    return error() << what << " (input " << i << ", '" << in(i)->name
                   << "') must be one constant number";
  const rt::Tensor &t = **tensor;
  switch (t.dtype()) {
  case rt::DType::Bool:
    return *t.data<bool>();
  case rt::DType::U8:
    return *t.data<uint8_t>();
  case rt::DType::I8:
    return *t.data<int8_t>();
  case rt::DType::I16:
    return *t.data<int16_t>();
  case rt::DType::I32:
    return *t.data<int32_t>();
  case rt::DType::I64:
    return static_cast<double>(*t.data<int64_t>());
  case rt::DType::F32:
    return *t.data<float>();
  case rt::DType::F64:
    return *t.data<double>();
  }
  llvm_unreachable("all element types are covered");
}

FailureOr<int64_t> Node::constantInt(size_t i, StringRef what) const {
  FailureOr<double> number = constantNumber(i, what);
  if (failed(number))
    return failure();
  // Beyond, not every integer is a double.
  if (!(std::fabs(*number) <= 0x1p53))
    return error() << what << " (input " << i << ", '" << in(i)->name
                   << "') must be an integer, is " << *number;
  return static_cast<int64_t>(*number);
}

FailureOr<int64_t> Node::axis(int64_t axis, int64_t rank,
                              bool mayBeRank) const {
  if (axis < -rank || axis > rank || (axis == rank && !mayBeRank))
    return error() << "axis " << axis << " is outside a tensor of rank "
                   << rank;
  return axis < 0 ? axis + rank : axis;
}

FailureOr<std::optional<Ints>> Node::axes(StringRef name, size_t i,
                                          int64_t rank) const {
  std::optional<Ints> list = ints(name);
  if (!list && has(i)) {
    FailureOr<Ints> input = constantInts(i, name);
    if (failed(input))
      return failure();
    list = *input;
  }
  if (!list)
    return list;
  for (int64_t &entry : *list) {
    FailureOr<int64_t> normal = axis(entry, rank);
    if (failed(normal))
      return failure();
    entry = *normal;
  }
  llvm::sort(*list);
  if (std::adjacent_find(list->begin(), list->end()) != list->end())
    return error() << "an axis is given twice";
  return list;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

LogicalResult Node::bind(size_t i, Imported *value) {
  if (i < entry.outputs.size() && !entry.outputs[i].empty())
    importer.values[entry.outputs[i]] = value;
  return success();
}

FailureOr<Imported *> Node::reshape(Imported *x, ArrayRef<DimExpr> to) {
  if (ArrayRef<DimExpr>(x->shape) == to)
    return x;
  Ints shape;
  unsigned dynamic = 0;
  for (DimExpr dim : to) {
    shape.push_back(dim.isStatic() ? dim.fixed : -1);
    dynamic += !dim.isStatic();
  }
  if (dynamic > 1)
    return error() << "two dimensions of the result depend on the batch size; "
                   << importer.batchBinding();
  FailureOr<Imported *> result =
      make<onnx::ReshapeOp>({x}, {list("shape", shape)});
  if (succeeded(result))
    (*result)->splat = x->splat;
  return result;
}

FailureOr<Imported *> Node::flatten(Imported *x, int64_t axis) {
  DimExpr sizes[2] = {1, 1};
  for (auto [i, dim] : llvm::enumerate(x->shape)) {
    DimExpr &size = sizes[static_cast<int64_t>(i) >= axis];
    std::optional<DimExpr> product = size.times(dim);
    if (!product)
      return error() << "the product of the dimensions of " << x->type()
                     << " is too large, or no multiple of the batch size";
    size = *product;
  }
  return reshape(x, sizes);
}

/// Whether a dimension is several axes of the size of the batch, as PyTorch
/// folds heads into the batch.
static bool isMultipleOfBatch(DimExpr dim) {
  return dim.fixed == 0 && dim.perBatch > 1;
}

FailureOr<Imported *> Node::expandMultiples(Imported *x, ArrayRef<DimExpr> to) {
  DimExprs apart, wide, whole;
  size_t lead = to.size() - x->rank();
  for (auto [i, dim] : llvm::enumerate(to)) {
    DimExpr own = i < lead ? DimExpr(1) : x->shape[i - lead];
    bool isThere = own == dim || dim == DimExpr(1);
    whole.push_back(isThere ? own : dim);
    if (isThere || own != DimExpr(1) || !isMultipleOfBatch(dim)) {
      apart.push_back(own);
      wide.push_back(isThere && !own.isStatic() ? DimExpr(1) : dim);
      continue;
    }
    apart.append(2, DimExpr(1));
    wide.append({DimExpr(0, 1), DimExpr(dim.perBatch)});
  }
  if (apart.size() == to.size() && wide.size() == to.size() &&
      llvm::any_of(wide, isMultipleOfBatch))
    return error() << "a dimension of the result is a multiple of the batch "
                      "size; "
                   << importer.batchBinding();
  FailureOr<Imported *> split = reshape(x, apart);
  if (failed(split))
    return failure();
  FailureOr<Imported *> expanded = expand(*split, wide);
  if (failed(expanded))
    return failure();
  return reshape(*expanded, whole);
}

FailureOr<Imported *> Node::expand(Imported *x, ArrayRef<DimExpr> to) {
  // The result's shape, by numpy's rules in both directions.
  DimExprs result(to.begin(), to.end());
  if (x->rank() > static_cast<int64_t>(result.size()))
    result.insert(result.begin(), x->rank() - result.size(), DimExpr(1));
  int64_t lead = static_cast<int64_t>(result.size()) - x->rank();
  if (llvm::any_of(result, isMultipleOfBatch))
    return expandMultiples(x, result);
  bool isStatic = true, needsBatch = false;
  Ints shape;
  for (auto [i, dim] : llvm::enumerate(result)) {
    bool isThere = static_cast<int64_t>(i) >= lead &&
                   (dim == x->shape[i - lead] || dim == DimExpr(1));
    if (isThere) {
      dim = x->shape[i - lead];
      shape.push_back(dim.isStatic() ? dim.fixed : 1);
    } else if (dim.isStatic()) {
      shape.push_back(dim.fixed);
    } else if (dim.isBatch()) {
      shape.push_back(-1);
      needsBatch = true;
    } else {
      return error() << "a dimension of the result is a multiple of the batch "
                        "size; "
                     << importer.batchBinding();
    }
    isStatic &= dim.isStatic();
  }
  if (ArrayRef<DimExpr>(x->shape) == ArrayRef<DimExpr>(result))
    return x;
  if (isStatic && !countElements(shape))
    return error() << "the result is too large";
  if (isStatic && x->isKnown() && x->tensor && x->tensor->size() == 1)
    return importer.makeSplat(entry.label(), loc, *x->tensor, shape);
  SmallVector<Imported *> operands = {x};
  if (needsBatch)
    operands.push_back(importer.batchArgument());
  FailureOr<Imported *> y =
      make<onnx::ExpandOp>(operands, {list("shape", shape)});
  if (failed(y) || !x->isKnown() || !x->tensor || x->tensor->size() != 1)
    return y;
  FailureOr<Imported *> number = reshape(x, {});
  if (failed(number))
    return failure();
  (*y)->splat = *number;
  return y;
}

FailureOr<Imported *> Node::slice(Imported *x, int64_t axis, int64_t first,
                                  int64_t end) {
  if (first == 0 && x->shape[axis] == DimExpr(end))
    return x;
  return make<onnx::SliceOp>({x}, {list("starts", {first}), list("ends", {end}),
                                   list("axes", {axis}), list("steps", {1})});
}

LogicalResult Node::appendParts(Imported *x, int64_t axis, int64_t first,
                                int64_t end,
                                SmallVectorImpl<Imported *> &parts) {
  if (first >= end)
    return success();
  if (x->parts.empty() || x->partsAxis != axis) {
    FailureOr<Imported *> part = slice(x, axis, first, end);
    if (failed(part))
      return failure();
    parts.push_back(*part);
    return success();
  }
  int64_t offset = 0;
  for (Imported *part : x->parts) {
    int64_t size = part->shape[axis].fixed;
    if (failed(appendParts(part, axis, std::max<int64_t>(first - offset, 0),
                           std::min(end - offset, size), parts)))
      return failure();
    offset += size;
  }
  return success();
}

FailureOr<Imported *> Node::concat(ArrayRef<Imported *> parts, int64_t axis) {
  if (parts.size() == 1)
    return parts.front();
  FailureOr<Imported *> result =
      make<onnx::ConcatOp>(parts, {i64("axis", axis)});
  if (failed(result))
    return failure();
  (*result)->parts.assign(parts.begin(), parts.end());
  (*result)->partsAxis = axis;
  return result;
}

NamedAttribute Node::i64(StringRef name, int64_t value) const {
  OpBuilder &b = importer.builder();
  return b.getNamedAttr(name, b.getI64IntegerAttr(value));
}

NamedAttribute Node::f64(StringRef name, double value) const {
  OpBuilder &b = importer.builder();
  return b.getNamedAttr(name, b.getF64FloatAttr(value));
}

NamedAttribute Node::flag(StringRef name, bool value) const {
  OpBuilder &b = importer.builder();
  return b.getNamedAttr(name, b.getBoolAttr(value));
}

NamedAttribute Node::str(StringRef name, StringRef value) const {
  OpBuilder &b = importer.builder();
  return b.getNamedAttr(name, b.getStringAttr(value));
}

NamedAttribute Node::list(StringRef name, ArrayRef<int64_t> value) const {
  OpBuilder &b = importer.builder();
  return b.getNamedAttr(name, b.getDenseI64ArrayAttr(value));
}

NamedAttribute Node::type(StringRef name, Type value) const {
  return importer.builder().getNamedAttr(name, TypeAttr::get(value));
}
