//===- Requantiser.cpp - What thresholds follow from ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Requantiser.h"

#include <climits>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

FailureOr<std::vector<rt::AccumulatorRange>>
snn::spike::findAccumulatorRanges(Value acc, int64_t axis) {
  using Ranges = std::vector<rt::AccumulatorRange>;
  auto product = acc.getDefiningOp<EventConsumerOpInterface>();
  if (!product || !product.getWeight())
    return Ranges{{INT32_MIN, INT32_MAX - 1}};
  Operation *op = product;
  FailureOr<rt::Tensor> weight =
      onnx::resolveConstant(product.getWeight(), op->getLoc());
  if (failed(weight))
    return failure();
  bool isConvolution = product.getWindow().has_value();
  Ranges ranges = rt::accumulatorRanges(
      *weight, isConvolution, *getCoding(op->getOperand(0).getType()));
  rt::AccumulatorRange widest;
  for (const rt::AccumulatorRange &range : ranges)
    widest.include(range);
  if (widest.lowest < INT32_MIN || widest.highest > INT32_MAX)
    return op->emitOpError("needs accumulators of at most 32 bits, can reach ")
           << (widest.highest > INT32_MAX ? widest.highest : widest.lowest);
  int64_t channelAxis =
      isConvolution ? 1 : cast<RankedTensorType>(acc.getType()).getRank() - 1;
  return axis == channelAxis ? ranges : Ranges{widest};
}

/// The parameters that both ops have.
template <typename Op>
static LogicalResult readParameters(Op op, TypedAttr scale,
                                    rt::Requantiser &requantiser) {
  FailureOr<rt::Tensor> resolved = onnx::resolveConstant(scale, op.getLoc());
  if (failed(resolved))
    return failure();
  requantiser.scale = *resolved;
  if (std::optional<TypedAttr> bias = op.getBias()) {
    resolved = onnx::resolveConstant(*bias, op.getLoc());
    if (failed(resolved))
      return failure();
    requantiser.bias = *resolved;
  }
  requantiser.relu = op.getRelu();
  requantiser.coding = *getCoding(op.getResult().getType());
  return success();
}

FailureOr<rt::Requantiser> snn::spike::getRequantiser(RequantizeOp op) {
  rt::Requantiser requantiser;
  if (failed(readParameters(op, op.getScale(), requantiser)))
    return failure();
  return requantiser;
}

FailureOr<std::optional<rt::Requantiser>>
snn::spike::getRequantiser(FireOp op) {
  if (!op.getScale())
    return std::optional<rt::Requantiser>();
  rt::Requantiser requantiser;
  if (failed(readParameters(op, *op.getScale(), requantiser)))
    return failure();
  requantiser.deadZone = int32_t(op.getDeadZone());
  return std::optional(std::move(requantiser));
}
