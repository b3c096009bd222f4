//===- AttentionFold.cpp - Scales and shifts inside of attention ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionFold.h"
#include "snn/Dialect/Kernel/Kernel.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/StaticWeight.h"
#include "llvm/ADT/EquivalenceClasses.h"

#include <set>

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

//===----------------------------------------------------------------------===//
// Maps of elements
//===----------------------------------------------------------------------===//

std::vector<int32_t> ElementMap::of(const rt::Shape &shape) const {
  int64_t rank = sample.rank(), count = 1;
  for (int64_t size : shape)
    count *= size;
  // An axis may hold several samples, one behind the other.
  std::vector<int64_t> strides(rank);
  int64_t stride = 1;
  for (int64_t a = rank - 1; a >= 0; --a) {
    strides[a] = stride;
    stride *= sample.dim(a);
  }
  std::vector<int32_t> numbers(count);
  std::vector<int64_t> index(rank, 0);
  for (int32_t &number : numbers) {
    int64_t at = 0;
    for (int64_t a = 0; a < rank; ++a)
      at += index[a] % sample.dim(a) * strides[a];
    number = sample.data<int32_t>()[at];
    for (int64_t a = rank - 1; a >= 0 && ++index[a] == shape[a]; --a)
      index[a] = 0;
  }
  return numbers;
}

std::vector<int32_t> ElementMap::alongLastAxis() const {
  const int32_t *data = sample.data<int32_t>();
  return {data, data + sample.dim(-1)};
}

//===----------------------------------------------------------------------===//
// Columns
//===----------------------------------------------------------------------===//

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

bool isScalar(Value value) {
  return isStaticWeight(value) && tensorType(value).getNumElements() == 1;
}

/// What `value` is moved or scaled from; null where it is neither.
Value getMoved(Operation *op) {
  if (!op)
    return {};
  if (isa<SiteOp>(op) || isDataMovement(op))
    return op->getOperand(0);
  if (isa<onnx::MulOp, onnx::DivOp>(op)) {
    if (isScalar(op->getOperand(1)))
      return op->getOperand(0);
    if (isa<onnx::MulOp>(op) && isScalar(op->getOperand(0)))
      return op->getOperand(1);
  }
  return {};
}

/// The columns of a projection that the elements of `value` are.
struct Trace {
  Value root; ///< the projection's result, bias included
  Operation *linear = nullptr;
  rt::Tensor columns; ///< I32, for one sample
  /// Columns that were added to each other, so that they share a scale.
  std::vector<std::pair<int32_t, int32_t>> mixed;
};

/// Whether `op` carries columns by factors of their own and sums of two, as
/// rotary positions do. A scale that they share goes through, a shift does not.
bool mixesColumns(Operation *op) {
  return isa<onnx::MulOp, onnx::DivOp, onnx::AddOp, onnx::SubOp, onnx::NegOp,
             onnx::ConcatOp, onnx::GatherOp>(op);
}

/// Whether `value` is a constant, or the graph's input, or computed of those
/// without a linear: such as tables of positions.
bool isOfPositions(Value value, unsigned depth = 8) {
  Operation *op = value.getDefiningOp();
  if (!op || isa<onnx::ConstantOp>(op))
    return true;
  return depth > 0 && !isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isOfPositions(operand, depth - 1);
         });
}

/// The type's shape for one sample.
rt::Shape sampleShape(RankedTensorType type) {
  rt::Shape shape;
  for (int64_t size : type.getShape())
    shape.push_back(ShapedType::isDynamic(size) ? 1 : size);
  return shape;
}

rt::Tensor spread(const rt::Tensor &columns, const rt::Shape &shape) {
  rt::Tensor result(rt::DType::I32, shape);
  std::vector<int32_t> numbers = ElementMap(columns).of(shape);
  std::copy(numbers.begin(), numbers.end(), result.data<int32_t>());
  return result;
}

/// The most ops that mix columns between a projection and its product: rotary
/// positions have four. Both operands of each are followed, so that a bound is
/// needed.
constexpr unsigned mostMixes = 6;

std::optional<Trace> trace(Value value, unsigned mixes = 0);

/// The columns behind an op that mixes them; up to `mixes` more may stand
/// there.
std::optional<Trace> traceMixed(Operation *op, unsigned mixes) {
  RankedTensorType type = tensorType(op->getResult(0));
  if (isa<onnx::NegOp>(op))
    return trace(op->getOperand(0), mixes);
  if (isa<onnx::MulOp, onnx::DivOp>(op)) {
    for (unsigned side : {0u, 1u}) {
      if ((side == 1 && isa<onnx::DivOp>(op)) ||
          !isOfPositions(op->getOperand(1 - side)) ||
          tensorType(op->getOperand(side)).getRank() != type.getRank())
        continue;
      std::optional<Trace> result = trace(op->getOperand(side), mixes);
      if (result)
        result->columns = spread(result->columns, sampleShape(type));
      return result;
    }
    return std::nullopt;
  }
  if (auto gather = dyn_cast<onnx::GatherOp>(op)) {
    TypedAttr indices = onnx::getConstantAttr(gather.getIndices());
    std::optional<Trace> result = trace(op->getOperand(0), mixes);
    if (!indices || !result)
      return std::nullopt;
    FailureOr<rt::Tensor> numbers =
        onnx::resolveConstant(indices, op->getLoc());
    if (failed(numbers))
      return std::nullopt;
    auto picked = invokeKernelOp(op, {result->columns, *numbers});
    if (!picked) {
      llvm::consumeError(picked.takeError());
      return std::nullopt;
    }
    result->columns = (*picked)[0];
    return result;
  }
  // Parts of one projection, added or joined.
  SmallVector<Trace> parts;
  SmallVector<rt::Tensor> columns;
  for (Value operand : op->getOperands()) {
    std::optional<Trace> part = trace(operand, mixes);
    if (!part || (!parts.empty() && part->root != parts[0].root))
      return std::nullopt;
    columns.push_back(part->columns);
    parts.push_back(std::move(*part));
  }
  Trace result = std::move(parts[0]);
  for (const Trace &part : llvm::drop_begin(parts))
    llvm::append_range(result.mixed, part.mixed);
  if (isa<onnx::ConcatOp>(op)) {
    auto joined = invokeKernelOp(op, columns);
    if (!joined) {
      llvm::consumeError(joined.takeError());
      return std::nullopt;
    }
    result.columns = (*joined)[0];
    return result;
  }
  rt::Shape shape = sampleShape(type);
  if (columns[0].rank() != type.getRank() ||
      columns[1].rank() != type.getRank())
    return std::nullopt;
  result.columns = spread(columns[0], shape);
  rt::Tensor second = spread(columns[1], shape);
  std::set<std::pair<int32_t, int32_t>> pairs;
  for (int64_t n = 0, size = second.size(); n < size; ++n)
    pairs.insert(
        {result.columns.data<int32_t>()[n], second.data<int32_t>()[n]});
  llvm::append_range(result.mixed, pairs);
  return result;
}

std::optional<Trace> trace(Value value, unsigned mixes) {
  Operation *op = value.getDefiningOp();
  if (Operation *linear = findLinear(value)) {
    RankedTensorType type = tensorType(value);
    if (type.isDynamicDim(type.getRank() - 1))
      return std::nullopt;
    rt::Shape shape = sampleShape(type);
    Trace result{value, linear, rt::Tensor(rt::DType::I32, shape), {}};
    for (int64_t n = 0, size = result.columns.size(); n < size; ++n)
      result.columns.data<int32_t>()[n] = int32_t(n % shape.back());
    return result;
  }
  Value from = getMoved(op);
  if (!from)
    return op && mixes > 0 && mixesColumns(op) ? traceMixed(op, mixes - 1)
                                               : std::nullopt;
  std::optional<Trace> result = trace(from, mixes);
  if (!result || !isDataMovement(op))
    return result;
  // Of a second operand, where there is one, only the batch counts.
  SmallVector<rt::Tensor> operands = {result->columns};
  for (Value other : llvm::drop_begin(op->getOperands()))
    operands.emplace_back(rt::DType::I32, sampleShape(tensorType(other)));
  llvm::Expected<SmallVector<rt::Tensor>> moved = invokeKernelOp(op, operands);
  if (!moved) {
    llvm::consumeError(moved.takeError());
    return std::nullopt;
  }
  result->columns = (*moved)[cast<OpResult>(value).getResultNumber()];
  return result;
}

/// Takes away axis `axis`, along which all elements are to be equal.
bool dropAxis(rt::Tensor &columns, int64_t axis) {
  rt::Shape shape = columns.shape();
  axis += axis < 0 ? columns.rank() : 0;
  int64_t inner = 1, size = shape[axis];
  for (int64_t a = axis + 1; a < columns.rank(); ++a)
    inner *= shape[a];
  shape[axis] = 1;
  rt::Tensor kept(rt::DType::I32, shape);
  for (int64_t n = 0, count = columns.size(); n < count; ++n) {
    int64_t outer = n / (inner * size), i = n / inner % size, at = n % inner;
    int32_t column = columns.data<int32_t>()[n];
    int32_t &first = kept.data<int32_t>()[outer * inner + at];
    if (i == 0)
      first = column;
    else if (first != column)
      return false;
  }
  columns = kept;
  return true;
}

std::set<int32_t> toSet(const rt::Tensor &columns) {
  const int32_t *data = columns.data<int32_t>();
  return {data, data + columns.size()};
}

/// The columns of a trace, those among them that only stand in a sum.
std::set<int32_t> allColumns(const Trace &trace, const rt::Tensor &columns) {
  std::set<int32_t> all = toSet(columns);
  for (auto [a, b] : trace.mixed)
    all.insert({a, b});
  return all;
}

/// Whether nothing reads those columns of a projection but `operand` of a
/// product: what `value` is moved to goes there, or holds other columns.
bool isReadOnlyBy(Value value, OpOperand &operand,
                  const std::set<int32_t> &columns, unsigned mixes = 0) {
  for (OpOperand &use : value.getUses()) {
    if (&use == &operand)
      continue;
    Operation *user = use.getOwner();
    if (use.get() == getMoved(user) && use.getOperandNumber() == 0 &&
        llvm::all_of(user->getResults(), [&](Value result) {
          return isReadOnlyBy(result, operand, columns, mixes);
        }))
      continue;
    if (getMoved(user) == value && isa<onnx::MulOp>(user) &&
        isReadOnlyBy(user->getResult(0), operand, columns, mixes))
      continue;
    if (mixes > 0 && mixesColumns(user) &&
        isReadOnlyBy(user->getResult(0), operand, columns, mixes - 1))
      continue;
    std::optional<Trace> other = trace(value, mixes);
    if (!other)
      return false;
    for (int32_t column : allColumns(*other, other->columns))
      if (columns.count(column))
        return false;
  }
  return true;
}

/// Columns of a projection, one a channel of each head, and the numbers of the
/// projection's groups.
AttentionPlan::Columns toColumns(const Trace &projection, bool isInverse) {
  int64_t outputs =
      tensorType(projection.linear->getResult(0)).getShape().back();
  return {projection.linear, std::vector<int32_t>(outputs, -1), isInverse};
}

} // namespace

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

std::optional<AttentionPlan> snn::calibration::planContexts(SiteOp site) {
  // The product, and the ops that join its heads.
  SmallVector<Operation *> moves;
  Value value = site.getX();
  while (value.hasOneUse() && value.getDefiningOp() &&
         isDataMovement(value.getDefiningOp()) &&
         value.getDefiningOp()->getNumOperands() == 1 &&
         value.getDefiningOp()->getNumResults() == 1) {
    moves.push_back(value.getDefiningOp());
    value = value.getDefiningOp()->getOperand(0);
  }
  auto product = value.getDefiningOp<onnx::MatMulOp>();
  if (!product || !value.hasOneUse())
    return std::nullopt;
  auto probabilities = product.getA().getDefiningOp<SiteOp>();
  if (!probabilities || probabilities.getKind() != SiteKind::Probability)
    return std::nullopt;
  std::optional<Trace> values = trace(product.getB());
  // Every key has the same columns.
  if (!values || !dropAxis(values->columns, -2) ||
      !isReadOnlyBy(values->root, product->getOpOperand(1),
                    toSet(values->columns)))
    return std::nullopt;

  AttentionPlan plan;
  plan.columns.push_back(toColumns(*values, false));
  for (int32_t column : toSet(values->columns))
    plan.columns[0].groups[column] = int32_t(plan.groups++);
  // The groups of the product's elements, for all its queries.
  RankedTensorType type = tensorType(product.getResult());
  rt::Shape shape = values->columns.shape();
  int64_t queries = type.getShape()[type.getRank() - 2];
  shape[shape.size() - 2] = ShapedType::isDynamic(queries) ? 1 : queries;
  rt::Tensor elements(rt::DType::I32, shape);
  std::vector<int32_t> spread = ElementMap(values->columns).of(shape);
  for (int64_t n = 0, size = elements.size(); n < size; ++n)
    elements.data<int32_t>()[n] = plan.columns[0].groups[spread[n]];
  for (Operation *move : llvm::reverse(moves)) {
    auto moved = invokeKernelOp(move, {elements});
    if (!moved) {
      llvm::consumeError(moved.takeError());
      return std::nullopt;
    }
    elements = (*moved)[0];
  }
  // A column of the linear behind is one channel.
  for (int64_t a = 0; a + 1 < elements.rank(); ++a)
    if (!dropAxis(elements, a))
      return std::nullopt;
  if (elements.dim(-1) != tensorType(site.getX()).getShape().back())
    return std::nullopt;
  plan.channels = ElementMap(elements);
  // Rows that are hidden as a whole have no probabilities that sum to 1.
  auto softmax = probabilities.getX().getDefiningOp<onnx::SoftmaxOp>();
  plan.canShift =
      softmax &&
      (softmax.getAxis() == -1 ||
       softmax.getAxis() == tensorType(softmax.getResult()).getRank() - 1);
  return plan;
}

std::optional<AttentionPlan> snn::calibration::planQueries(SiteOp site) {
  if (!site.getResult().hasOneUse())
    return std::nullopt;
  auto product = dyn_cast<onnx::MatMulOp>(*site.getResult().user_begin());
  if (!product || product.getA() != site.getResult())
    return std::nullopt;
  std::optional<Trace> queries = trace(site.getResult(), mostMixes),
                       keys = trace(product.getB(), mostMixes);
  if (!queries || !keys)
    return std::nullopt;
  rt::Tensor left = queries->columns, right = keys->columns;
  std::set<int32_t> ofQueries = allColumns(*queries, left),
                    ofKeys = allColumns(*keys, right);
  // Every query, and every key, has the same columns; they are pairs then.
  if (!dropAxis(left, -2) || !dropAxis(right, -1) ||
      left.size() != right.size() ||
      !isReadOnlyBy(queries->root, product->getOpOperand(0), ofQueries,
                    mostMixes) ||
      !isReadOnlyBy(keys->root, product->getOpOperand(1), ofKeys, mostMixes))
    return std::nullopt;
  // One projection may hold both: its columns then differ.
  int32_t behind =
      int32_t(tensorType(queries->linear->getResult(0)).getShape().back());
  if (queries->linear == keys->linear &&
      llvm::any_of(ofQueries, [&](int32_t c) { return ofKeys.count(c) > 0; }))
    return std::nullopt;
  llvm::EquivalenceClasses<int32_t> classes;
  for (int64_t n = 0, size = left.size(); n < size; ++n) {
    int32_t a = left.data<int32_t>()[n], b = right.data<int32_t>()[n];
    classes.unionSets(a, b + behind);
  }
  for (auto [a, b] : queries->mixed)
    classes.unionSets(a, b);
  for (auto [a, b] : keys->mixed)
    classes.unionSets(a + behind, b + behind);
  AttentionPlan plan;
  plan.columns = {toColumns(*queries, false), toColumns(*keys, true)};
  for (const auto *entry : classes) {
    if (!entry->isLeader())
      continue;
    for (int32_t member : classes.members(*entry))
      (member < behind ? plan.columns[0].groups[member]
                       : plan.columns[1].groups[member - behind]) =
          int32_t(plan.groups);
    ++plan.groups;
  }
  for (int64_t n = 0, size = left.size(); n < size; ++n)
    left.data<int32_t>()[n] = plan.columns[0].groups[left.data<int32_t>()[n]];
  plan.channels = ElementMap(left);
  return plan;
}

LogicalResult snn::calibration::foldAttention(const AttentionPlan &plan,
                                              Folder &folder,
                                              ArrayRef<float> scale,
                                              ArrayRef<float> shift) {
  for (const AttentionPlan::Columns &columns : plan.columns) {
    size_t count = columns.groups.size();
    std::vector<double> divisor(count, 1.0), term;
    if (!shift.empty())
      term.assign(count, 0.0);
    for (auto [c, group] : llvm::enumerate(columns.groups)) {
      if (group < 0)
        continue;
      double s = scale[group];
      divisor[c] = columns.isInverse ? 1 / s : s;
      if (!shift.empty())
        term[c] = -double(shift[group]) / s;
    }
    if (failed(folder.changeColumns(columns.linear, divisor, term)))
      return failure();
  }
  return success();
}
