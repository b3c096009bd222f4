//===- StepStacker.cpp - One tensor of the values of all steps ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepStacker.h"
#include "TrainPatterns.h"
#include "mlir/IR/IRMapping.h"
#include "snn/Dialect/Spike/StaticWeight.h"
#include "llvm/ADT/MapVector.h"

#include <cstring>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

//===----------------------------------------------------------------------===//
// Steps of a tensor
//===----------------------------------------------------------------------===//

std::optional<StepOf> StepOf::match(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto gather = dyn_cast_or_null<onnx::GatherOp>(op)) {
    auto index = dyn_cast_or_null<DenseElementsAttr>(
        onnx::getConstantAttr(gather.getIndices()));
    if (gather.getAxis() != 0 || !index || index.getNumElements() != 1 ||
        index.getType().getRank() > 1)
      return std::nullopt;
    int64_t step = (*index.value_begin<APInt>()).getSExtValue();
    int64_t steps = tensorType(gather.getData()).getDimSize(0);
    return StepOf{gather.getData(), step < 0 ? step + steps : step};
  }
  if (auto reshape = dyn_cast_or_null<onnx::ReshapeOp>(op)) {
    auto from = tensorType(reshape.getX());
    if (from.getRank() < 1 || from.getDimSize(0) != 1 ||
        from.getShape().drop_front() != tensorType(value).getShape())
      return std::nullopt;
    if (std::optional<StepOf> step = match(reshape.getX()))
      return step;
    return StepOf{reshape.getX(), 0};
  }
  if (auto slice = dyn_cast_or_null<onnx::SliceOp>(op)) {
    if (slice.getAxes() != ArrayRef<int64_t>(0) || slice.getSteps()[0] != 1 ||
        tensorType(value).getDimSize(0) != 1 || slice.getStarts()[0] < 0)
      return std::nullopt;
    return StepOf{slice.getX(), slice.getStarts()[0]};
  }
  if (auto split = dyn_cast_or_null<onnx::SplitOp>(op)) {
    if (split.getAxis() != 0 ||
        llvm::any_of(split.getSizes(), [](int64_t size) { return size != 1; }))
      return std::nullopt;
    return StepOf{split.getX(), cast<OpResult>(value).getResultNumber()};
  }
  return std::nullopt;
}

Value snn::spike::findStepSource(ArrayRef<Value> values) {
  Value source;
  for (auto [index, value] : llvm::enumerate(values)) {
    std::optional<StepOf> at = StepOf::match(value);
    if (!at || at->step != int64_t(index) || (source && at->source != source))
      return {};
    source = at->source;
  }
  bool isWhole = source && tensorType(source).getRank() > 0 &&
                 tensorType(source).getDimSize(0) == int64_t(values.size());
  return isWhole ? source : Value();
}

//===----------------------------------------------------------------------===//
// Stacking
//===----------------------------------------------------------------------===//

/// Longer chains of layers that are copied as a whole do not occur.
static constexpr unsigned maxDepth = 16;

/// [steps, ...] of the type of one step.
static RankedTensorType withSteps(RankedTensorType step, int64_t steps) {
  SmallVector<int64_t> shape = {steps};
  llvm::append_range(shape, step.getShape());
  return step.clone(shape);
}

/// Whether both are one value, or constants of the same bytes: exporters and
/// the folding of norms copy weights.
static bool isSameValue(Value a, Value b) {
  if (a == b)
    return true;
  TypedAttr left = onnx::getConstantAttr(a), right = onnx::getConstantAttr(b);
  if (!left || !right || left.getType() != right.getType())
    return false;
  if (left == right)
    return true;
  llvm::Expected<rt::Tensor> x = onnx::readConstant(left, a.getLoc());
  llvm::Expected<rt::Tensor> y = onnx::readConstant(right, b.getLoc());
  bool isSame = x && y && x->bytes() == y->bytes() &&
                std::memcmp(x->raw(), y->raw(), x->bytes()) == 0;
  // Whoever needs the values reports that they cannot be read.
  if (!x)
    llvm::consumeError(x.takeError());
  if (!y)
    llvm::consumeError(y.takeError());
  return isSame;
}

/// Whether an op works on the samples of a batch on axis 0 of its operand 0 one
/// by one, with its other operands in common.
static bool isLayer(Operation *op) {
  if (auto gemm = dyn_cast<onnx::GemmOp>(op))
    return !gemm.getTransA() && isStaticWeight(gemm.getB()) &&
           (!gemm.getC() || tensorType(gemm.getC()).getRank() <= 1);
  if (isa<onnx::ConvOp>(op))
    return isStaticWeight(op->getOperand(1));
  return isa<onnx::MaxPoolOp, onnx::AveragePoolOp, onnx::GlobalAveragePoolOp>(
      op);
}

OpBuilder StepStacker::atEnd() {
  changed = true;
  return OpBuilder(function.getBody().front().getTerminator());
}

Value StepStacker::reshape(Value value, ArrayRef<int64_t> shape) {
  OpBuilder b = atEnd();
  SmallVector<int64_t> sizes(shape);
  llvm::replace(sizes, ShapedType::kDynamic, int64_t(-1));
  return onnx::ReshapeOp::create(b, value.getLoc(),
                                 tensorType(value).clone(shape), value, sizes);
}

/// The layer that `ops` are, on `x` [steps, batch, ...], with time and batch
/// folded.
Value StepStacker::mergeFolded(ArrayRef<Operation *> ops, Value x) {
  Operation *first = ops.front();
  RankedTensorType in = tensorType(x), step = tensorType(first->getResult(0));
  int64_t steps = ops.size();
  if (in.getRank() < 3)
    return {};
  int64_t batch = in.getDimSize(1);
  int64_t rows =
      ShapedType::isDynamic(batch) ? ShapedType::kDynamic : steps * batch;
  SmallVector<int64_t> folded = {rows};
  llvm::append_range(folded, in.getShape().drop_front(2));
  SmallVector<int64_t> made(step.getShape());
  if (llvm::count_if(folded, ShapedType::isDynamic) > 1 ||
      llvm::count_if(made, ShapedType::isDynamic) > 1)
    return {};
  made[0] = rows;
  Value flat = reshape(x, folded);
  OpBuilder b = atEnd();
  IRMapping mapping;
  mapping.map(first->getOperand(0), flat);
  Operation *layer = b.clone(*first, mapping);
  layer->getResult(0).setType(step.clone(made));
  return reshape(layer->getResult(0), withSteps(step, steps).getShape());
}

Value StepStacker::join(ArrayRef<Value> values) {
  SmallVector<Value> parts;
  RankedTensorType step = tensorType(values.front());
  for (Value value : values) {
    SmallVector<int64_t> shape = {1};
    llvm::append_range(shape, step.getShape());
    if (llvm::count_if(shape, ShapedType::isDynamic) > 1)
      return {};
    parts.push_back(reshape(value, shape));
  }
  OpBuilder b = atEnd();
  return onnx::ConcatOp::create(b, values.front().getLoc(),
                                withSteps(step, values.size()), parts, 0);
}

Value StepStacker::merge(ArrayRef<Value> values, unsigned depth) {
  if (Value source = findStepSource(values))
    if (tensorType(source).getShape().drop_front() ==
        tensorType(values.front()).getShape())
      return source;
  auto give = [&]() { return mayJoin ? join(values) : Value(); };
  SmallVector<Operation *> ops;
  for (Value value : values)
    ops.push_back(value.getDefiningOp());
  Operation *first = ops.front();
  if (depth > maxDepth || !first || first->getNumResults() != 1 ||
      llvm::any_of(ops,
                   [&](Operation *op) {
                     return !op || op->getName() != first->getName() ||
                            op->getNumOperands() != first->getNumOperands() ||
                            op->getResult(0).getType() !=
                                first->getResult(0).getType() ||
                            op->getAttrDictionary() !=
                                first->getAttrDictionary();
                   }) ||
      llvm::all_of(ops, [&](Operation *op) { return op == first; }))
    return give();
  RankedTensorType step = tensorType(first->getResult(0));
  RankedTensorType type = withSteps(step, values.size());
  auto operandsAt = [&](unsigned index) {
    return llvm::map_to_vector(
        ops, [&](Operation *op) { return op->getOperand(index); });
  };
  auto isShared = [&](unsigned index) {
    return llvm::all_of(ops, [&](Operation *op) {
      return isSameValue(op->getOperand(index), first->getOperand(index));
    });
  };
  auto areShared = [&](unsigned begin) {
    return llvm::all_of(llvm::seq<unsigned>(begin, first->getNumOperands()),
                        isShared);
  };
  // One op on all steps, with its operand 0 replaced.
  auto clone = [&](Value x) -> Value {
    if (!x)
      return {};
    OpBuilder b = atEnd();
    IRMapping mapping;
    mapping.map(first->getOperand(0), x);
    Operation *made = b.clone(*first, mapping);
    made->getResult(0).setType(type);
    return made->getResult(0);
  };
  if (isa<onnx::AddOp, onnx::SubOp, onnx::MulOp, onnx::DivOp>(first)) {
    SmallVector<Value> operands;
    for (unsigned index : {0u, 1u}) {
      RankedTensorType operand = tensorType(first->getOperand(index));
      bool shared = isShared(index) &&
                    onnx::getConstantAttr(first->getOperand(index)) &&
                    operand.getRank() <= step.getRank();
      if (!shared && operand.getShape() != step.getShape())
        return give();
      operands.push_back(shared ? first->getOperand(index) : Value());
    }
    if (operands[0] && operands[1])
      return give();
    for (unsigned index : {0u, 1u})
      if (!operands[index] &&
          !(operands[index] = merge(operandsAt(index), depth + 1)))
        return give();
    OpBuilder b = atEnd();
    IRMapping mapping;
    Operation *made = b.clone(*first, mapping);
    made->setOperands(operands);
    made->getResult(0).setType(type);
    return made->getResult(0);
  }
  if (isa<onnx::ReluOp>(first))
    return clone(merge(operandsAt(0), depth + 1));
  if (auto product = dyn_cast<onnx::MatMulOp>(first)) {
    // The weight is one matrix, and steps are rows of it.
    if (!areShared(1) || tensorType(product.getB()).getRank() != 2 ||
        tensorType(product.getA()).getRank() < 2 ||
        !isStaticWeight(product.getB()))
      return give();
    return clone(merge(operandsAt(0), depth + 1));
  }
  if (isLayer(first)) {
    if (!areShared(1))
      return give();
    Value x = merge(operandsAt(0), depth + 1);
    Value made = x ? mergeFolded(ops, x) : Value();
    return made ? made : give();
  }
  if (isa<onnx::ReshapeOp>(first)) {
    if (llvm::count_if(type.getShape(), ShapedType::isDynamic) > 1)
      return give();
    Value x = merge(operandsAt(0), depth + 1);
    return x ? reshape(x, type.getShape()) : Value();
  }
  return give();
}

Value StepStacker::stack(ArrayRef<Value> values) {
  mayJoin = true;
  return merge(values, 0);
}

Value StepStacker::stackWithoutJoining(ArrayRef<Value> values) {
  mayJoin = false;
  return merge(values, 0);
}

void StepStacker::mergeProducts() {
  llvm::MapVector<std::pair<TypedAttr, Type>, SmallVector<Value>> groups;
  for (Operation &op : function.getBody().front())
    if (isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp>(op))
      if (TypedAttr weight = onnx::getConstantAttr(op.getOperand(1)))
        groups[{weight, op.getResult(0).getType()}].push_back(op.getResult(0));
  for (auto &[key, values] : groups) {
    if (values.size() < 2)
      continue;
    Value all = stackWithoutJoining(values);
    if (!all)
      continue;
    for (auto [step, value] : llvm::enumerate(values)) {
      OpBuilder b = atEnd();
      auto number = DenseElementsAttr::get(
          RankedTensorType::get({}, b.getI64Type()), int64_t(step));
      Value at =
          onnx::ConstantOp::create(b, value.getLoc(), number.getType(), number);
      value.replaceAllUsesWith(onnx::GatherOp::create(
          b, value.getLoc(), value.getType(), all, at, 0));
    }
  }
}
