//===- HandlersShape.cpp - Data movement and shape arithmetic -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::ArrayRef;

//===----------------------------------------------------------------------===//
// Values that are not computed
//===----------------------------------------------------------------------===//

static LogicalResult importIdentity(Node &n) {
  if (failed(n.require(1)))
    return failure();
  return n.bind(0, n.in(0));
}

/// The identity in inference.
static LogicalResult importDropout(Node &n) {
  if (failed(n.require(1)))
    return failure();
  if (n.has(2)) {
    if (!n.isConstant(2))
      return n.error() << "training_mode of Dropout must be a constant";
    FailureOr<double> training = n.constantNumber(2, "training_mode");
    if (failed(training))
      return failure();
    // PyTorch's functional form is exported as training; at ratio 0 it drops
    // nothing.
    FailureOr<double> ratio = 0.5;
    if (*training != 0 && n.has(1) && n.isConstant(1))
      ratio = n.constantNumber(1, "the ratio");
    if (failed(ratio))
      return failure();
    if (*training != 0 && *ratio != 0)
      return n.error() << "Dropout is in training mode; export the model for "
                          "inference";
  }
  if (n.isUsed(1)) {
    // Nothing is dropped. The mask is a boolean since opset 10.
    Imported *kept = n.importer.makeConstant(n.entry.label(), n.loc,
                                             rt::Tensor::scalar<bool>(true));
    FailureOr<Imported *> mask = n.expand(kept, n.in(0)->shape);
    if (succeeded(mask) && n.opset() < 10)
      mask =
          n.make<onnx::CastOp>({*mask}, {n.type("to", n.in(0)->elementType)});
    if (failed(mask) || failed(n.bind(1, *mask)))
      return failure();
  }
  return n.bind(0, n.in(0));
}

/// The number of elements.
static LogicalResult importSize(Node &n) {
  if (failed(n.require(1)))
    return failure();
  DimExpr size = 1;
  for (DimExpr dim : n.in(0)->shape) {
    std::optional<DimExpr> product = size.times(dim);
    if (!product)
      return n.error() << "the size of " << n.in(0)->type()
                       << " is no multiple of the batch size";
    size = *product;
  }
  FailureOr<Imported *> result =
      n.reshape(n.importer.makeDims(n.entry.label(), n.loc, {size}), {});
  return failed(result) ? failure() : n.bind(0, *result);
}

static LogicalResult importConstant(Node &n) {
  Importer &importer = n.importer;
  const std::string &name = n.entry.label();
  auto bindTensor = [&](rt::Tensor tensor) {
    return n.bind(0, importer.makeConstant(name, n.loc, std::move(tensor)));
  };
  for (const auto &item : n.entry.attributes) {
    const AttributeEntry &attribute = item.second;
    switch (attribute.kind) {
    case AttributeEntry::Tensor: {
      // Archives know the tensor of a Constant by the name of its output.
      if (n.entry.outputs.empty())
        return n.error() << "'Constant' has no output";
      FailureOr<Imported *> value = importer.makeStored(
          attribute.tensor, n.entry.outputs[0], /*weight=*/false, n.loc);
      return failed(value) ? failure() : n.bind(0, *value);
    }
    case AttributeEntry::Int:
      return bindTensor(rt::Tensor::scalar<int64_t>(attribute.i));
    case AttributeEntry::Float:
      return bindTensor(
          rt::Tensor::scalar<float>(static_cast<float>(attribute.f)));
    case AttributeEntry::Ints:
      return bindTensor(rt::Tensor::fromVector<int64_t>(
          {static_cast<int64_t>(attribute.ints.size())}, attribute.ints));
    case AttributeEntry::Floats:
      return bindTensor(rt::Tensor::fromVector<float>(
          {static_cast<int64_t>(attribute.floats.size())}, attribute.floats));
    default:
      break;
    }
  }
  return n.error() << "the constant has no tensor of numbers";
}

static LogicalResult importShape(Node &n) {
  if (failed(n.require(1)))
    return failure();
  ArrayRef<DimExpr> shape = n.in(0)->shape;
  int64_t rank = shape.size();
  auto clamp = [&](int64_t i) {
    return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank);
  };
  int64_t start = clamp(n.attr("start", int64_t(0)));
  int64_t end = std::max(start, clamp(n.attr("end", rank)));
  return n.bind(0, n.importer.makeDims(n.entry.label(), n.loc,
                                       shape.slice(start, end - start)));
}

static LogicalResult importConstantOfShape(Node &n) {
  FailureOr<DimExprs> shape = n.dims(0, "the shape");
  if (failed(shape))
    return failure();
  for (DimExpr dim : *shape)
    if (dim.at(1) < 0)
      return n.error() << "the shape has the negative dimension " << dim.fixed;
  rt::Tensor element = rt::Tensor::scalar<float>(0);
  if (auto it = n.entry.attributes.find("value");
      it != n.entry.attributes.end()) {
    const TensorEntry &entry = it->second.tensor;
    if (!entry.inlined || entry.inlined->size() != 1)
      return n.error() << "the value must be one number"
                       << (entry.problem.empty() ? "" : "; ") << entry.problem;
    element = entry.inlined->reshaped({});
  }
  Imported *one = n.importer.makeConstant(n.entry.label(), n.loc, element);
  FailureOr<Imported *> result = n.expand(one, *shape);
  return failed(result) ? failure() : n.bind(0, *result);
}

static constexpr double maxRangeElements = 1 << 24;

static LogicalResult importRange(Node &n) {
  if (failed(n.require(3)))
    return failure();
  for (size_t i = 0; i < 3; ++i)
    if (!n.isConstant(i))
      return n.error() << "the bounds of Range (input " << i << ", '"
                       << n.in(i)->name << "') must be constants";
  double bounds[3];
  for (size_t i = 0; i < 3; ++i) {
    FailureOr<double> bound =
        n.constantNumber(i, "a bound of Range", /*forLargeBatch=*/true);
    if (failed(bound))
      return failure();
    bounds[i] = *bound;
  }
  if (!((bounds[1] - bounds[0]) / bounds[2] <= maxRangeElements))
    return n.error() << "Range has too many elements, or a delta of 0";
  return n.emit<onnx::RangeOp>({n.in(0), n.in(1), n.in(2)});
}

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

/// The size that makes `x` as large as `rest` times it.
static std::optional<DimExpr> quotient(ArrayRef<DimExpr> x,
                                       ArrayRef<DimExpr> rest) {
  std::array<int64_t, 3> sizes;
  for (auto [batch, size] : llvm::zip(batchProbes, sizes)) {
    int64_t total = 1, part = 1;
    for (DimExpr dim : x)
      if (llvm::MulOverflow(total, dim.at(batch), total))
        return std::nullopt;
    for (DimExpr dim : rest)
      if (llvm::MulOverflow(part, dim.at(batch), part))
        return std::nullopt;
    if (part == 0 || total % part != 0)
      return std::nullopt;
    size = total / part;
  }
  return DimExpr::fit(sizes);
}

static LogicalResult importReshape(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Imported *x = n.in(0);
  FailureOr<DimExprs> target = n.dims(1, "the shape");
  if (failed(target))
    return failure();
  bool allowZero = n.attr("allowzero", int64_t(0)) != 0;
  std::optional<size_t> computed;
  DimExprs rest;
  for (auto [i, dim] : llvm::enumerate(*target)) {
    if (dim == DimExpr(0) && !allowZero) {
      if (static_cast<int64_t>(i) >= x->rank())
        return n.error() << "the shape copies dimension " << i
                         << " of a tensor of rank " << x->rank();
      dim = x->shape[i];
    }
    if (dim == DimExpr(-1)) {
      if (computed)
        return n.error() << "the shape has two entries -1";
      computed = i;
    } else if (dim.at(1) < 0) {
      return n.error() << "the shape has the entry " << dim.fixed;
    } else {
      rest.push_back(dim);
    }
  }
  if (computed) {
    std::optional<DimExpr> size = quotient(x->shape, rest);
    if (!size)
      return n.error() << "cannot reshape " << x->type()
                       << ": its size is no multiple of the other entries";
    (*target)[*computed] = *size;
  }
  FailureOr<Imported *> result = n.reshape(x, *target);
  return failed(result) ? failure() : n.bind(0, *result);
}

static LogicalResult importUnsqueeze(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Imported *x = n.in(0);
  std::optional<Ints> stated = n.ints("axes");
  if (!stated) {
    FailureOr<Ints> input = n.constantInts(1, "axes");
    if (failed(input))
      return failure();
    stated = *input;
  }
  int64_t rank = x->rank() + stated->size();
  FailureOr<std::optional<Ints>> axes = n.axes("axes", 1, rank);
  if (failed(axes))
    return failure();
  DimExprs shape;
  auto next = x->shape.begin();
  for (int64_t i = 0; i < rank; ++i)
    shape.push_back(llvm::is_contained(**axes, i) ? DimExpr(1) : *next++);
  FailureOr<Imported *> result = n.reshape(x, shape);
  return failed(result) ? failure() : n.bind(0, *result);
}

static LogicalResult importSqueeze(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Imported *x = n.in(0);
  FailureOr<std::optional<Ints>> axes = n.axes("axes", 1, x->rank());
  if (failed(axes))
    return failure();
  DimExprs shape;
  for (auto [i, dim] : llvm::enumerate(x->shape)) {
    bool drop = *axes ? llvm::is_contained(**axes, static_cast<int64_t>(i))
                      : dim == DimExpr(1);
    if (drop && dim != DimExpr(1))
      return n.error() << "axis " << i << " of " << x->type()
                       << " does not have the size 1";
    if (!drop)
      shape.push_back(dim);
  }
  FailureOr<Imported *> result = n.reshape(x, shape);
  return failed(result) ? failure() : n.bind(0, *result);
}

static LogicalResult importFlatten(Node &n) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(1)), n.in(0)->rank(),
                                   /*mayBeRank=*/true);
  if (failed(axis))
    return failure();
  FailureOr<Imported *> result = n.flatten(n.in(0), *axis);
  return failed(result) ? failure() : n.bind(0, *result);
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

static LogicalResult importTranspose(Node &n) {
  if (failed(n.require(1)))
    return failure();
  int64_t rank = n.in(0)->rank();
  Ints reversed = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  Ints order = n.ints("perm").value_or(reversed);
  FailureOr<Imported *> y =
      n.make<onnx::TransposeOp>({n.in(0)}, {n.list("permutation", order)});
  if (failed(y))
    return failure();
  if (n.in(0)->blocked && order == Ints{1, 0}) {
    (*y)->blocked = n.in(0)->blocked;
    (*y)->isBlockedTransposed = !n.in(0)->isBlockedTransposed;
  }
  return n.bind(0, *y);
}

static LogicalResult importGather(Node &n) {
  if (failed(n.require(2)))
    return failure();
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(0)), n.in(0)->rank());
  if (failed(axis))
    return failure();
  return n.emit<onnx::GatherOp>({n.in(0), n.in(1)}, {n.i64("axis", *axis)});
}

static LogicalResult importConcat(Node &n) {
  if (failed(n.require(std::max<size_t>(1, n.numInputs()))))
    return failure();
  if (n.numInputs() == 1)
    return n.bind(0, n.in(0));
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(1)), n.in(0)->rank());
  if (failed(axis))
    return failure();
  SmallVector<Imported *> operands;
  for (size_t i = 0; i < n.numInputs(); ++i)
    operands.push_back(n.in(i));
  return n.emit<onnx::ConcatOp>(operands, {n.i64("axis", *axis)});
}

/// Bounds are attributes in opset 9 and inputs since.
static LogicalResult importSlice(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Imported *x = n.in(0);
  DimExprs starts, ends;
  std::optional<Ints> axes, steps;
  if (n.opset() < 10) {
    auto toDims = [](const Ints &list) {
      return DimExprs(list.begin(), list.end());
    };
    starts = toDims(n.ints("starts").value_or(Ints()));
    ends = toDims(n.ints("ends").value_or(Ints()));
    axes = n.ints("axes");
  } else {
    FailureOr<DimExprs> first = n.dims(1, "starts");
    if (failed(first))
      return failure();
    FailureOr<DimExprs> last = n.dims(2, "ends");
    if (failed(last))
      return failure();
    starts = *first;
    ends = *last;
    for (auto [i, list] : {std::pair(3, &axes), std::pair(4, &steps)}) {
      if (!n.has(i))
        continue;
      FailureOr<Ints> read = n.constantInts(i, i == 3 ? "axes" : "steps");
      if (failed(read))
        return failure();
      *list = *read;
    }
  }
  Ints axisList =
      axes.value_or(llvm::to_vector(llvm::seq<int64_t>(0, starts.size())));
  Ints stepList = steps.value_or(Ints(starts.size(), 1));
  if (ends.size() != starts.size() || axisList.size() != starts.size() ||
      stepList.size() != starts.size())
    return n.error() << "starts, ends, axes and steps differ in length";
  Ints startList, endList;
  bool isWhole = true;
  for (size_t i = 0; i < starts.size(); ++i) {
    FailureOr<int64_t> axis = n.axis(axisList[i], x->rank());
    if (failed(axis))
      return failure();
    axisList[i] = *axis;
    DimExpr size = x->shape[*axis];
    // The end of a batch axis is written as "everything".
    if (ends[i] == size && stepList[i] > 0)
      ends[i] = DimExpr(std::numeric_limits<int64_t>::max());
    if (!starts[i].isStatic() || !ends[i].isStatic())
      return n.error() << "a bound depends on the batch size; bind the first "
                          "dimension of the inputs with --shape";
    startList.push_back(starts[i].fixed);
    endList.push_back(ends[i].fixed);
    isWhole &= stepList[i] == 1 && startList[i] == 0 &&
               (endList[i] == std::numeric_limits<int64_t>::max() ||
                (size.isStatic() && endList[i] >= size.fixed));
    if (size.isStatic() && stepList[i] > 0 && endList[i] > size.fixed)
      endList[i] = size.fixed;
  }
  if (isWhole)
    return n.bind(0, x);
  return n.emit<onnx::SliceOp>(
      {x}, {n.list("starts", startList), n.list("ends", endList),
            n.list("axes", axisList), n.list("steps", stepList)});
}

/// Sizes are an attribute before opset 13 and an input since; without them the
/// parts are equal.
static LogicalResult importSplit(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Imported *x = n.in(0);
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(0)), x->rank());
  if (failed(axis))
    return failure();
  std::optional<Ints> sizes = n.ints("split");
  if (!sizes && n.has(1)) {
    FailureOr<Ints> input = n.constantInts(1, "split");
    if (failed(input))
      return failure();
    sizes = *input;
  }
  int64_t count = n.numOutputs();
  if (!sizes) {
    DimExpr size = x->shape[*axis];
    if (!size.isStatic())
      return n.error() << "splits the batch, which is dynamic";
    int64_t part = count ? (size.fixed + count - 1) / count : 0;
    if (n.opset() < 18 && part * count != size.fixed)
      return n.error() << "cannot split the size " << size.fixed << " into "
                       << count << " equal parts";
    sizes.emplace();
    for (int64_t left = size.fixed, i = 0; i < count; ++i, left -= part)
      sizes->push_back(std::clamp<int64_t>(left, 0, part));
  }
  if (static_cast<int64_t>(sizes->size()) != count)
    return n.error() << "'Split' has " << count << " outputs and "
                     << sizes->size() << " sizes";
  auto results = n.importer.emit(
      onnx::SplitOp::getOperationName(), {x},
      {n.i64("axis", *axis), n.list("sizes", *sizes)}, n.entry.outputs, n.loc,
      /*mayFold=*/true);
  if (failed(results))
    return failure();
  for (auto [i, result] : llvm::enumerate(*results))
    if (failed(n.bind(i, result)))
      return failure();
  return success();
}

static LogicalResult importExpand(Node &n) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<DimExprs> shape = n.dims(1, "the shape");
  if (failed(shape))
    return failure();
  FailureOr<Imported *> result = n.expand(n.in(0), *shape);
  return failed(result) ? failure() : n.bind(0, *result);
}

static LogicalResult importTile(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Imported *x = n.in(0);
  FailureOr<DimExprs> repeats = n.dims(1, "repeats");
  if (failed(repeats))
    return failure();
  if (static_cast<int64_t>(repeats->size()) != x->rank())
    return n.error() << "repeats has " << repeats->size()
                     << " entries for a tensor of rank " << x->rank();
  // Repeating an axis of size 1 is broadcasting; only that may follow the
  // batch.
  DimExprs expanded = x->shape;
  Ints rest;
  bool isTiled = false;
  for (auto [i, count] : llvm::enumerate(*repeats)) {
    bool broadcasts = x->shape[i] == DimExpr(1);
    if (!broadcasts && !count.isStatic())
      return n.error() << "repeats depend on the batch size; bind the first "
                          "dimension of the inputs with --shape";
    if (broadcasts && count != DimExpr(0))
      expanded[i] = count;
    rest.push_back(broadcasts && count != DimExpr(0) ? 1 : count.fixed);
    isTiled |= rest.back() != 1;
  }
  FailureOr<Imported *> y = n.expand(x, expanded);
  if (failed(y))
    return failure();
  return isTiled ? n.emit<onnx::TileOp>({*y}, {n.list("repeats", rest)})
                 : n.bind(0, *y);
}

/// Pads and value are attributes before opset 11 and inputs since.
static LogicalResult importPad(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Imported *x = n.in(0);
  Ints pads;
  double value = 0;
  if (n.opset() < 11) {
    pads = n.ints("pads").value_or(Ints());
    value = n.attr("value", 0.0);
  } else {
    FailureOr<Ints> read = n.constantInts(1, "pads");
    if (failed(read))
      return failure();
    pads = *read;
    if (n.has(2)) {
      FailureOr<double> number = n.constantNumber(2, "the padding value");
      if (failed(number))
        return failure();
      value = *number;
    }
  }
  if (n.has(3)) {
    FailureOr<Ints> axes = n.constantInts(3, "axes");
    if (failed(axes))
      return failure();
    if (pads.size() != 2 * axes->size())
      return n.error() << "pads has " << pads.size() << " entries for "
                       << axes->size() << " axes";
    Ints all(2 * x->rank(), 0);
    for (auto [i, stated] : llvm::enumerate(*axes)) {
      FailureOr<int64_t> axis = n.axis(stated, x->rank());
      if (failed(axis))
        return failure();
      all[*axis] = pads[i];
      all[*axis + x->rank()] = pads[i + axes->size()];
    }
    pads = all;
  }
  std::string mode = n.attr("mode", "constant");
  if (llvm::all_of(pads, [](int64_t p) { return p == 0; }) &&
      static_cast<int64_t>(pads.size()) == 2 * x->rank())
    return n.bind(0, x);
  return n.emit<onnx::PadOp>(
      {x}, {n.list("pads", pads), n.str("mode", mode), n.f64("value", value)});
}

void snn::import::registerShapeHandlers(OperatorTable &table) {
  table["Identity"] = importIdentity;
  table["Dropout"] = {importDropout, "training mode that drops"};
  table["Constant"] = importConstant;
  table["ConstantOfShape"] = importConstantOfShape;
  table["Shape"] = importShape;
  table["Size"] = importSize;
  table["Range"] = importRange;
  table["Reshape"] = importReshape;
  table["Unsqueeze"] = importUnsqueeze;
  table["Squeeze"] = importSqueeze;
  table["Flatten"] = importFlatten;
  table["Transpose"] = importTranspose;
  table["Gather"] = importGather;
  table["Concat"] = importConcat;
  table["Slice"] = importSlice;
  table["Split"] = importSplit;
  table["Expand"] = importExpand;
  table["Tile"] = importTile;
  table["Pad"] = importPad;
}
