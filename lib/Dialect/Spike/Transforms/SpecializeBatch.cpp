//===- SpecializeBatch.cpp - Bind a dynamic batch to one sample -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every op is checked on the dynamic types to keep the samples apart (see
// SampleAxes.h); then its types are inferred with a batch of one.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/Spike.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKESPECIALIZEBATCH
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// Specialises one function.
class Specializer : public SampleAxes {
public:
  explicit Specializer(func::FuncOp function) : function(function) {}
  LogicalResult run();

private:
  RankedTensorType getType(Value value) const override {
    auto it = dynamicTypes.find(value);
    return it == dynamicTypes.end() ? cast<RankedTensorType>(value.getType())
                                    : it->second;
  }
  int64_t getGroups(Value value) const override {
    auto it = groupCounts.find(value);
    return it == groupCounts.end() ? 1 : it->second;
  }
  void specialize(Value value, RankedTensorType type) {
    dynamicTypes.try_emplace(value, cast<RankedTensorType>(value.getType()));
    value.setType(type);
  }

  LogicalResult checkOp(Operation *op) const;
  LogicalResult inferTypes(Operation *op);

  func::FuncOp function;
  DenseMap<Value, RankedTensorType> dynamicTypes;
  DenseMap<Value, int64_t> groupCounts;
};

/// Fails unless `op` keeps samples apart. Operands have been specialised,
/// results have not.
LogicalResult Specializer::checkOp(Operation *op) const {
  for (Value result : op->getResults()) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type)
      return op->emitOpError("needs results of ranked tensor type, has ")
             << result.getType();
    if (type.getNumDynamicDims() > 1)
      return fail(op, "the batch is on more than one axis of its result");
  }
  if (llvm::none_of(op->getOperands(), [&](Value operand) {
        return getAxis(operand).has_value();
      }))
    return success();
  if (auto interface = dyn_cast<SampleAxesInterface>(op))
    return interface.checkSampleAxes(*this);
  return op->emitOpError("is not known to keep samples apart");
}

/// The types of results whose shapes follow from the operands; element types
/// stay.
static FailureOr<SmallVector<Type>>
inferShapes(InferShapedTypeOpInterface inferable) {
  Operation *op = inferable;
  SmallVector<ShapedTypeComponents> shapes;
  if (failed(inferable.inferReturnTypeComponents(
          op->getContext(), op->getLoc(), ValueShapeRange(op->getOperands()),
          op->getDiscardableAttrDictionary(), op->getPropertiesStorage(),
          op->getRegions(), shapes)))
    return failure();
  SmallVector<Type> types;
  for (auto [result, shape] : llvm::zip(op->getResults(), shapes))
    types.push_back(
        cast<RankedTensorType>(result.getType()).clone(shape.getDims()));
  return types;
}

/// Gives the results of `op` the types that follow from its operands', and
/// removes attributes that stand for the run-time batch.
LogicalResult Specializer::inferTypes(Operation *op) {
  FailureOr<SmallVector<Type>> types = SmallVector<Type>();
  if (auto inferable = dyn_cast<InferTypeOpInterface>(op)) {
    if (failed(inferable.inferReturnTypes(
            op->getContext(), op->getLoc(), op->getOperands(),
            op->getDiscardableAttrDictionary(), op->getPropertiesStorage(),
            op->getRegions(), *types)))
      return failure();
  } else if (auto inferable = dyn_cast<InferShapedTypeOpInterface>(op)) {
    types = inferShapes(inferable);
    if (failed(types))
      return failure();
  } else {
    return op->emitOpError("has no rule for the type of its result");
  }
  for (auto [result, type] : llvm::zip(op->getResults(), *types)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape())
      return op->emitOpError("needs a result whose shape is known for one "
                             "sample, has ")
             << type;
    specialize(result, tensor);
  }
  if (auto interface = dyn_cast<SampleAxesInterface>(op))
    interface.bindBatch();
  return success();
}

LogicalResult Specializer::run() {
  if (!function.getBody().hasOneBlock())
    return function.emitError("needs a body without control flow");
  Block &block = function.getBody().front();
  for (BlockArgument argument : block.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      return function.emitError("needs inputs of ranked tensor type, has ")
             << argument.getType();
    SmallVector<int64_t> shape(type.getShape());
    for (auto [axis, size] : llvm::enumerate(shape)) {
      if (!ShapedType::isDynamic(size))
        continue;
      if (axis != 0)
        return function.emitError("needs the batch on axis 0 of input ")
               << argument.getArgNumber() << ", has " << type;
      size = 1;
    }
    specialize(argument, type.clone(shape));
  }

  for (Operation &op : block.without_terminator()) {
    if (failed(checkOp(&op)))
      return failure();
    auto interface = dyn_cast<SampleAxesInterface>(op);
    FailureOr<int64_t> count = interface ? interface.countSampleGroups(*this)
                                         : countOperandGroups(&op);
    if (failed(count) || failed(inferTypes(&op)))
      return failure();
    for (Value result : op.getResults())
      if (*count != 1)
        groupCounts[result] = *count;
  }

  Operation *terminator = block.getTerminator();
  for (Value result : terminator->getOperands())
    if (getAxis(result) && getGroups(result) != 1)
      return terminator->emitOpError("needs the batch alone outside of result ")
             << result.getType() << ", has " << getGroups(result)
             << " groups of samples";
  for (Value result : terminator->getOperands())
    if (getAxis(result).value_or(0) != 0)
      return terminator->emitOpError("needs the batch on axis 0 of result ")
             << result.getType() << ", has it on axis " << *getAxis(result);
  function.setFunctionType(FunctionType::get(
      function.getContext(), block.getArgumentTypes(),
      llvm::to_vector_of<Type>(terminator->getOperandTypes())));
  return success();
}

struct SpecializeBatch
    : spike::impl::SpikeSpecializeBatchBase<SpecializeBatch> {
  using SpikeSpecializeBatchBase::SpikeSpecializeBatchBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(Specializer(function).run()))
        return signalPassFailure();
  }
};

} // namespace
