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

/// Weights of a product on phase codes: i8, i16 or f32 of the given rank.
static FailureOr<RankedTensorType>
verifyPhaseWeight(Operation *op, TypedAttr weight, int64_t rank) {
  auto type = dyn_cast<RankedTensorType>(weight.getType());
  if (!type || type.getRank() != rank ||
      !(type.getElementType().isSignlessInteger(8) ||
        type.getElementType().isSignlessInteger(16) ||
        type.getElementType().isF32()))
    return op->emitOpError("needs an i8, i16 or f32 weight of rank ")
           << rank << ", has " << weight.getType();
  return type;
}

/// Scales and biases of a product's outputs, which `result` has on `axis`.
template <typename Op>
static LogicalResult verifyParameters(Op op, int64_t axis) {
  Value result = op.getResult();
  if (op.getWeightScale() &&
      failed(verifyChannel(op, result, *op.getWeightScale(), axis,
                           "weight scale")))
    return failure();
  if (op.getBias())
    return verifyChannel(op, result, *op.getBias(), axis, "bias");
  return success();
}

LogicalResult PhaseEncodeOp::verify() {
  if (failed(verifySameShape(*this, getX(), getResult())))
    return failure();
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

LogicalResult PhaseDecodeOp::verify() {
  return verifySameShape(*this, getX(), getResult());
}

LogicalResult PhaseResidualOp::verify() {
  if (failed(verifySameShape(*this, getValue(), getTrain())))
    return failure();
  return verifySameShape(*this, getValue(), getResult());
}

LogicalResult PhaseLinearOp::verify() {
  FailureOr<RankedTensorType> weight = verifyPhaseWeight(*this, getWeight(), 2);
  if (failed(weight))
    return failure();
  auto x = tensorType(getX());
  if (x.getRank() < 1 || x.getShape().back() != weight->getDimSize(0))
    return emitOpError("needs ")
           << weight->getDimSize(0) << " inputs on the last axis, has "
           << shapeText(x.getShape());
  SmallVector<int64_t> expected(x.getShape());
  expected.back() = weight->getDimSize(1);
  if (failed(verifyShape(*this, getResult(), expected)))
    return failure();
  return verifyParameters(*this, -1);
}

LogicalResult PhaseConvOp::verify() {
  auto x = tensorType(getX());
  FailureOr<RankedTensorType> weight =
      verifyPhaseWeight(*this, getWeight(), x.getRank());
  if (failed(weight))
    return failure();
  FailureOr<SmallVector<int64_t>> expected = inferConvolution(
      *this, x, *weight, {getStrides(), getPads(), getDilations(), getGroup()});
  if (failed(expected) || failed(verifyShape(*this, getResult(), *expected)))
    return failure();
  return verifyParameters(*this, 1);
}

LogicalResult PhaseMatMulOp::verify() {
  if (failed(verifyProduct(*this, getLhs(), getRhs(), getResult(),
                           getTransposed())))
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
  auto scores = tensorType(getScores());
  if (scores.getRank() < 1)
    return emitOpError("needs scores of rank 1 or more");
  if (failed(verifySameShape(*this, getScores(), getTrain())) ||
      failed(verifyMask(*this, getMultiplicative(), getScores())) ||
      failed(verifyMask(*this, getAdditive(), getScores())))
    return failure();
  PhaseType coding = phaseType(getTrain());
  if (coding.getScale() != 1.0 || coding.getSign() != PhaseSign::Positive)
    return emitOpError("needs a train of scale 1.0 and positive sign, has ")
           << coding;
  SmallVector<int64_t> expected(scores.getShape());
  expected.back() = 1;
  if (failed(verifyShape(*this, getZ(), expected)))
    return failure();
  return verifySite(*this, getScores(), getValid(), getTokenAxes());
}
