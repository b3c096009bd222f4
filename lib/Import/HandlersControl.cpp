//===- HandlersControl.cpp - Loops and writes into tensors ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Time steps of spiking networks are loops of a known length; each iteration's
// ops are imported one after another. What they write into tensors, and what
// in-place assignments to slices become, are boxes of the tensor, so a write is
// the concatenation of what is in front of the box, the box and what is behind.
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::ArrayRef;

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

/// Whether `value` is known to be true.
static bool isTrue(Imported *value) {
  return value && value->isKnown() && value->tensor &&
         value->tensor->dtype() == rt::DType::Bool &&
         value->tensor->size() == 1 && *value->tensor->data<bool>();
}

static LogicalResult importLoop(Node &n) {
  auto body = n.entry.attributes.find("body");
  if (body == n.entry.attributes.end() || !body->second.graph)
    return n.error() << "'Loop' has no body";
  const GraphEntry &graph = *body->second.graph;
  if (!n.has(0))
    return n.error() << "'Loop' has no trip count; only loops of a known "
                        "length are supported";
  if (!n.isConstant(0))
    return n.error() << "the trip count of 'Loop' (input 0, '" << n.in(0)->name
                     << "') must be a constant";
  FailureOr<Ints> trips = n.constantInts(0, "the trip count");
  if (failed(trips))
    return failure();
  if (trips->size() != 1)
    return n.error() << "the trip count of 'Loop' must be one number, has "
                     << trips->size();
  // A negative count is none.
  int64_t count = std::max<int64_t>(trips->front(), 0);
  if (failed(n.importer.enterLoop(count, n.loc)))
    return failure();
  llvm::scope_exit leave([&] { n.importer.leaveLoop(count); });
  auto stops = [&](Imported *condition) {
    return n.error() << "the condition of 'Loop' ('"
                     << (condition ? condition->name : "")
                     << "') is not constantly true; only loops that run their "
                        "trip count are supported";
  };
  if (n.has(1) && !isTrue(n.in(1)))
    return stops(n.in(1));
  size_t carried = n.numInputs() < 2 ? 0 : n.numInputs() - 2;
  if (graph.inputs.size() != carried + 2 || graph.outputs.size() < carried + 1)
    return n.error() << "the body of 'Loop' has " << graph.inputs.size()
                     << " inputs and " << graph.outputs.size() << " outputs, "
                     << "which do not fit " << carried << " carried values";
  SmallVector<Imported *> state;
  for (size_t i = 0; i < carried; ++i) {
    if (!n.has(i + 2))
      return n.error() << "'Loop' needs input " << i + 2;
    state.push_back(n.in(i + 2));
  }
  size_t scanned = graph.outputs.size() - carried - 1;
  SmallVector<SmallVector<Imported *>> scans(scanned);
  for (int64_t t = 0; t < count; ++t) {
    SmallVector<Imported *> arguments = {
        n.importer.makeConstant("iteration", n.loc,
                                rt::Tensor::scalar<int64_t>(t)),
        n.importer.makeConstant("condition", n.loc,
                                rt::Tensor::scalar<bool>(true))};
    llvm::append_range(arguments, state);
    FailureOr<SmallVector<Imported *>> results = n.importer.importBody(
        graph, arguments, n.entry.label(), "[" + std::to_string(t) + "]");
    if (failed(results))
      return failure();
    if (!isTrue(results->front()))
      return stops(results->front());
    for (size_t i = 0; i < carried; ++i) {
      state[i] = (*results)[i + 1];
      if (state[i]->elementType != n.in(i + 2)->elementType)
        return n.error() << "the carried value '" << state[i]->name
                         << "' of 'Loop' changes its element type";
    }
    for (size_t i = 0; i < scanned; ++i)
      scans[i].push_back((*results)[carried + 1 + i]);
  }
  for (size_t i = 0; i < carried; ++i)
    if (failed(n.bind(i, state[i])))
      return failure();
  for (size_t i = 0; i < scanned; ++i) {
    if (!n.isUsed(carried + i))
      continue;
    if (scans[i].empty())
      return n.error() << "'Loop' collects values, but runs 0 times";
    SmallVector<Imported *> rows;
    for (Imported *value : scans[i]) {
      DimExprs shape = {DimExpr(1)};
      llvm::append_range(shape, value->shape);
      FailureOr<Imported *> row = n.reshape(value, shape);
      if (failed(row))
        return failure();
      rows.push_back(*row);
    }
    FailureOr<Imported *> all = n.concat(rows, 0);
    if (failed(all) || failed(n.bind(carried + i, *all)))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

/// Only a condition that is known at compile time chooses a branch.
static LogicalResult importIf(Node &n) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<const rt::Tensor *> condition =
      n.importer.elements(*n.in(0), n.loc);
  if (failed(condition))
    return failure();
  if (!*condition || (*condition)->dtype() != rt::DType::Bool ||
      (*condition)->size() != 1)
    return n.error() << "the condition of 'If' (input 0, '" << n.in(0)->name
                     << "') must be a constant";
  const char *name =
      *(*condition)->data<bool>() ? "then_branch" : "else_branch";
  auto branch = n.entry.attributes.find(name);
  if (branch == n.entry.attributes.end() || !branch->second.graph)
    return n.error() << "'If' has no " << name;
  if (branch->second.graph->outputs.size() != n.numOutputs())
    return n.error() << "'If' has " << n.numOutputs() << " outputs, its "
                     << name << " " << branch->second.graph->outputs.size();
  FailureOr<SmallVector<Imported *>> results =
      n.importer.importBody(*branch->second.graph, {}, n.entry.label(), "");
  if (failed(results))
    return failure();
  for (auto [i, value] : llvm::enumerate(*results))
    if (failed(n.bind(i, value)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// ScatterND
//===----------------------------------------------------------------------===//

namespace {
/// The ranges of the leading axes that a list of index tuples covers.
struct Box {
  Ints first, size;
};
} // namespace

/// The box that the rows of `indices`, in order, run through.
static std::optional<Box> findBox(const rt::Tensor &indices,
                                  ArrayRef<DimExpr> shape) {
  int64_t axes = indices.dim(-1), count = axes ? indices.size() / axes : 0;
  if (count == 0 || axes > int64_t(shape.size()))
    return std::nullopt;
  const int64_t *data = indices.data<int64_t>();
  auto at = [&](int64_t row, int64_t axis) {
    int64_t index = data[row * axes + axis];
    return index < 0 && shape[axis].isStatic() ? index + shape[axis].fixed
                                               : index;
  };
  // With all indices inside, no difference of two overflows.
  for (int64_t row = 0; row < count; ++row)
    for (int64_t axis = 0; axis < axes; ++axis)
      if (!shape[axis].isStatic() || at(row, axis) < 0 ||
          at(row, axis) >= shape[axis].fixed)
        return std::nullopt;
  Box box;
  int64_t total = 1;
  for (int64_t axis = 0; axis < axes; ++axis) {
    int64_t low = at(0, axis), size = at(count - 1, axis) - low + 1;
    if (!shape[axis].isStatic() || low < 0 || size < 1 ||
        low + size > shape[axis].fixed)
      return std::nullopt;
    box.first.push_back(low);
    box.size.push_back(size);
    if (llvm::MulOverflow(total, size, total))
      return std::nullopt;
  }
  if (total != count)
    return std::nullopt;
  for (int64_t row = 0; row < count; ++row) {
    int64_t rest = row;
    for (int64_t axis = axes - 1; axis >= 0; --axis) {
      if (at(row, axis) != box.first[axis] + rest % box.size[axis])
        return std::nullopt;
      rest /= box.size[axis];
    }
  }
  return box;
}

/// `data` with `updates`, of the box's shape, in the place of the box. Axes in
/// front of `axis` are whole.
static FailureOr<Imported *> writeBox(Node &n, Imported *data,
                                      Imported *updates, const Box &box,
                                      size_t axis) {
  while (axis < box.first.size() &&
         data->shape[axis] == DimExpr(box.size[axis]))
    ++axis;
  if (axis == box.first.size())
    return updates;
  int64_t low = box.first[axis], high = low + box.size[axis];
  bool restIsWhole = true;
  for (size_t a = axis + 1; a < box.size.size(); ++a)
    restIsWhole &= data->shape[a] == DimExpr(box.size[a]);
  Imported *written = updates;
  if (!restIsWhole) {
    FailureOr<Imported *> slab = n.slice(data, axis, low, high);
    FailureOr<Imported *> changed = failure();
    if (succeeded(slab))
      changed = writeBox(n, *slab, updates, box, axis + 1);
    if (failed(changed))
      return failure();
    written = *changed;
  }
  SmallVector<Imported *> parts;
  if (failed(n.appendParts(data, axis, 0, low, parts)))
    return failure();
  parts.push_back(written);
  if (failed(n.appendParts(data, axis, high, data->shape[axis].fixed, parts)))
    return failure();
  return n.concat(parts, axis);
}

/// A write to a box is a concatenation; any other stays a scatter.
static LogicalResult importScatterND(Node &n) {
  if (failed(n.require(3)))
    return failure();
  std::string reduction = n.attr("reduction", "none");
  Imported *data = n.in(0), *updates = n.in(2);
  FailureOr<const rt::Tensor *> indices = n.importer.elements(*n.in(1), n.loc);
  if (failed(indices))
    return failure();
  std::optional<Box> box;
  if (reduction == "none" && *indices &&
      (*indices)->dtype() == rt::DType::I64 && (*indices)->rank() >= 1)
    box = findBox(**indices, data->shape);
  if (!box)
    return n.emit<onnx::ScatterNDOp>({data, n.in(1), updates},
                                     {n.str("reduction", reduction)});
  DimExprs shape(data->shape);
  for (auto [axis, size] : llvm::enumerate(box->size))
    shape[axis] = size;
  std::array<int64_t, 3> have, need;
  for (auto [batch, h, w] : llvm::zip(batchProbes, have, need)) {
    h = w = 1;
    for (DimExpr dim : updates->shape)
      h *= dim.at(batch);
    for (DimExpr dim : shape)
      w *= dim.at(batch);
  }
  if (have != need)
    return n.error() << "the updates of ScatterND, " << updates->type()
                     << ", do not fit the box that they are written to";
  FailureOr<Imported *> values = n.reshape(updates, shape);
  if (failed(values))
    return failure();
  FailureOr<Imported *> result = writeBox(n, data, *values, *box, 0);
  return failed(result) ? failure() : n.bind(0, *result);
}

void snn::import::registerControlHandlers(OperatorTable &table) {
  table["If"] = {importIf, "a condition that is no constant"};
  table["Loop"] = {importLoop,
                   "trip counts that are no constants, an end before the trip "
                   "count, values that change their type"};
  table["ScatterND"] = importScatterND;
}
