//===- PhaseOps.cpp - Verifiers of the ops of phase coding ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verify.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;
using namespace snn::spike::detail;

static PhaseType phaseType(Value value) {
  return cast<PhaseType>(tensorType(value).getElementType());
}

LogicalResult snn::spike::verifyPhaseParameters(Operation *op, Value result,
                                                TypedAttr weightScale,
                                                TypedAttr bias, int64_t axis) {
  if (weightScale &&
      failed(verifyChannel(op, result, weightScale, axis, "weight scale")))
    return failure();
  if (bias)
    return verifyChannel(op, result, bias, axis, "bias");
  return success();
}

LogicalResult PhaseEncodeOp::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

LogicalResult PhaseDecodeOp::verify() { return verifyShapes(*this); }

LogicalResult PhaseResidualOp::verify() {
  if (failed(verifyShape(*this, getTrain(), tensorType(getValue()).getShape())))
    return failure();
  return verifyShapes(*this);
}

LogicalResult PhaseLinearOp::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  return verifyPhaseParameters(*this, getResult(), getWeightScaleAttr(),
                               getBiasAttr(), -1);
}

LogicalResult PhaseConvOp::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  return verifyPhaseParameters(*this, getResult(), getWeightScaleAttr(),
                               getBiasAttr(), 1);
}

LogicalResult PhaseMatMulOp::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  PhaseType a = phaseType(getLhs()), b = phaseType(getRhs());
  if (!(a.getBase() == b.getBase()) || a.getPhases() != b.getPhases())
    return emitOpError("needs operands of one base and number of phases, has ")
           << a << " and " << b;
  if (!getDivisor())
    return success();
  auto divisor = tensorType(getDivisor());
  SmallVector<int64_t> expected(tensorType(getLhs()).getShape());
  expected.back() = 1;
  if (divisor.getRank() == int64_t(expected.size()) &&
      succeeded(verifyCompatibleShape(expected, divisor.getShape())))
    return success();
  return emitOpError("needs a divisor of shape ")
         << shapeText(expected) << ", has " << shapeText(divisor.getShape());
}

/// A mask is broadcast to the scores.
static LogicalResult verifyMask(Operation *op, Value mask, Value scores) {
  if (!mask)
    return success();
  auto from = tensorType(mask), to = tensorType(scores);
  bool fits = from.getRank() <= to.getRank();
  for (int64_t i = 1; fits && i <= from.getRank(); ++i) {
    int64_t size = from.getDimSize(from.getRank() - i);
    fits = size == 1 || succeeded(verifyCompatibleShape(
                            {size}, {to.getDimSize(to.getRank() - i)}));
  }
  if (fits)
    return success();
  return op->emitOpError("needs a mask that broadcasts to ")
         << shapeText(to.getShape()) << ", has " << shapeText(from.getShape());
}

LogicalResult WossOp::verify() {
  if (failed(verifyShapes(*this)) ||
      failed(verifyMask(*this, getMultiplicative(), getScores())) ||
      failed(verifyMask(*this, getAdditive(), getScores())))
    return failure();
  PhaseType coding = phaseType(getTrain());
  if (coding.getScale() != 1.0 || coding.getSign() != PhaseSign::Positive)
    return emitOpError("needs a train of scale 1.0 and positive sign, has ")
           << coding;
  return verifySite(*this, getScores(), getValid(), getTokenAxes());
}

//===----------------------------------------------------------------------===//
// Neurons and engines
//===----------------------------------------------------------------------===//

NeuronModel PhaseEncodeOp::getNeuronModel() { return NeuronModel::Threshold; }
NeuronModel WossOp::getNeuronModel() { return NeuronModel::Threshold; }

chip::EngineKind PhaseMatMulOp::getEngineKind() {
  return chip::EngineKind::TraceWoss;
}
StringRef PhaseMatMulOp::getAttentionName() { return "softmax"; }
bool PhaseMatMulOp::sumsIntegers() { return false; }

chip::EngineKind WossOp::getEngineKind() { return chip::EngineKind::TraceWoss; }
StringRef WossOp::getAttentionName() { return "softmax"; }
bool WossOp::sumsIntegers() { return false; }
