//===- SampleAxes.cpp - Which axis of a value is the batch ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Kernel/SampleAxes.h"
#include "mlir/IR/Operation.h"

using namespace mlir;
using namespace snn;

#include "snn/Dialect/Kernel/SampleAxesInterface.cpp.inc"

SampleAxes::~SampleAxes() = default;

std::optional<int64_t> SampleAxes::findAxis(RankedTensorType type) {
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      return axis;
  return std::nullopt;
}

std::optional<int64_t> SampleAxes::getAxis(Value value) const {
  return value ? findAxis(getType(value)) : std::nullopt;
}

LogicalResult SampleAxes::fail(Operation *op, const Twine &how) const {
  return op->emitOpError("mixes samples: ") << how;
}

LogicalResult SampleAxes::checkAxis(Operation *op, Value value, int64_t axis,
                                    const Twine &how) const {
  std::optional<int64_t> batch = getAxis(value);
  if (!batch || *batch != (axis < 0 ? axis + getType(value).getRank() : axis))
    return success();
  return fail(op, how + " the batch axis");
}

LogicalResult SampleAxes::checkAxes(Operation *op, Value value,
                                    ArrayRef<int64_t> axes,
                                    const Twine &how) const {
  if (axes.empty() && getAxis(value))
    return fail(op, how + " the batch axis");
  for (int64_t axis : axes)
    if (failed(checkAxis(op, value, axis, how)))
      return failure();
  return success();
}

LogicalResult SampleAxes::checkAxisBelow(Operation *op, Value value,
                                         int64_t end, const Twine &how) const {
  std::optional<int64_t> batch = getAxis(value);
  if (!batch || *batch < (end < 0 ? end + getType(value).getRank() : end))
    return success();
  return fail(op, how);
}

FailureOr<int64_t> SampleAxes::countOperandGroups(Operation *op) const {
  std::optional<int64_t> count;
  for (Value operand : op->getOperands()) {
    if (!getAxis(operand))
      continue;
    if (count && *count != getGroups(operand))
      return fail(op, "its operands have different axes outside of the batch");
    count = getGroups(operand);
  }
  return count.value_or(1);
}
