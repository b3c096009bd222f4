//===- EventTargets.cpp - Where events go ---------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/SiteUtils.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

EventTargets snn::spike::getLinearTargets(TypedAttr weight) {
  return {cast<RankedTensorType>(weight.getType()).getDimSize(1), {}, false};
}

/// The targets, and the mean number of them in `mean`.
static EventTargets countConvolutionTargets(Value x, Value result,
                                            TypedAttr weightAttr,
                                            const Window &window,
                                            double &mean) {
  auto weight = cast<RankedTensorType>(weightAttr.getType());
  EventTargets targets;
  targets.count = weight.getDimSize(0) / window.group;
  mean = double(targets.count);
  for (int64_t axis = 2; axis < tensorType(x).getRank(); ++axis) {
    SmallVector<int64_t> reads = countReadsAlongAxis(
        tensorType(x).getDimSize(axis), tensorType(result).getDimSize(axis),
        weight.getDimSize(axis), window.strides[axis - 2],
        window.dilations[axis - 2], window.pads[axis - 2]);
    targets.uneven |= !llvm::all_equal(reads);
    targets.count *= reads.front();
    mean *= double(std::accumulate(reads.begin(), reads.end(), int64_t(0))) /
            double(reads.size());
  }
  return targets;
}

EventTargets snn::spike::getConvolutionTargets(Value x, Value result,
                                               TypedAttr weight,
                                               const Window &window) {
  double mean;
  return countConvolutionTargets(x, result, weight, window, mean);
}

EventTargets snn::spike::getMeanConvolutionTargets(Value x, Value result,
                                                   TypedAttr weight,
                                                   const Window &window) {
  double mean;
  EventTargets targets =
      countConvolutionTargets(x, result, weight, window, mean);
  return targets.uneven ? EventTargets{std::llround(mean), {}, false} : targets;
}

EventTargets snn::spike::getProductTargets(OpOperand &operand, Value resident,
                                           Value result, bool transposed,
                                           Value valid) {
  ArrayRef<int64_t> shape = tensorType(result).getShape();
  if (operand.getOperandNumber() == 1)
    return {shape[shape.size() - 2], {}, false};
  EventTargets targets{shape.back(), {}, false};
  // A query's events go to the kept keys; a probability's to all columns of its
  // value.
  Operation *site = getProducingSite(resident);
  if (site ? getSite(site)->kind == SiteKind::Key : transposed)
    targets.valid = valid;
  return targets;
}

//===----------------------------------------------------------------------===//
// The ops
//===----------------------------------------------------------------------===//

EventTargets LinearOp::getEventTargets(OpOperand &) {
  return getLinearTargets(getWeight());
}

std::optional<Window> ConvOp::getWindow() {
  return Window{getStrides(), getPads(), getDilations(), int64_t(getGroup())};
}

EventTargets ConvOp::getEventTargets(OpOperand &) {
  return getConvolutionTargets(getX(), getResult(), getWeight(), *getWindow());
}

Value MatMulOp::getResident() { return getRhs(); }

EventTargets MatMulOp::getEventTargets(OpOperand &operand) {
  return getProductTargets(operand, getRhs(), getResult(), getTransposed(),
                           getValid());
}

EventTargets PhaseLinearOp::getEventTargets(OpOperand &) {
  return getLinearTargets(getWeight());
}

std::optional<Window> PhaseConvOp::getWindow() {
  return Window{getStrides(), getPads(), getDilations(), int64_t(getGroup())};
}

// Phase-coded images are counted with the mean.
EventTargets PhaseConvOp::getEventTargets(OpOperand &) {
  return getMeanConvolutionTargets(getX(), getResult(), getWeight(),
                                   *getWindow());
}

Value PhaseMatMulOp::getResident() { return getRhs(); }

// In a trace product the right operand has events too, for all rows.
bool PhaseMatMulOp::receivesEvents(unsigned operand) { return operand <= 1; }

EventTargets PhaseMatMulOp::getEventTargets(OpOperand &operand) {
  return getProductTargets(operand, getRhs(), getResult(), getTransposed(),
                           getValid());
}

// A score's event reaches the one neuron of its key.
EventTargets WossOp::getEventTargets(OpOperand &) { return {1, {}, false}; }
