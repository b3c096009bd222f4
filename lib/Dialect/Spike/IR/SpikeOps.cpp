//===- SpikeOps.cpp - Verifiers of the spike dialect's ops ----------------===//
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

#define GET_OP_CLASSES
#include "snn/Dialect/Spike/SpikeOps.cpp.inc"

RankedTensorType snn::spike::detail::tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

std::string snn::spike::detail::shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(
      shape, os,
      [&](int64_t size) {
        if (ShapedType::isDynamic(size))
          os << '?';
        else
          os << size;
      },
      "x");
  return text.empty() ? "a scalar" : text;
}

LogicalResult snn::spike::detail::verifySameShape(Operation *op, Value x,
                                                  Value result) {
  if (succeeded(verifyCompatibleShape(x.getType(), result.getType())) &&
      tensorType(x).getRank() == tensorType(result).getRank())
    return success();
  return op->emitOpError("needs a result of shape ")
         << shapeText(tensorType(x).getShape()) << ", has "
         << shapeText(tensorType(result).getShape());
}

LogicalResult snn::spike::detail::verifySite(Operation *op, Value x,
                                             Value valid,
                                             ArrayRef<int64_t> tokenAxes) {
  int64_t rank = tensorType(x).getRank();
  for (int64_t axis : tokenAxes)
    if (axis < 1 || axis >= rank)
      return op->emitOpError("needs token axes from 1 to ")
             << rank - 1 << ", has " << axis;
  if (!valid)
    return success();
  auto type = tensorType(valid);
  if (type.getRank() != 2)
    return op->emitOpError("needs a validity of shape batch x tokens, has ")
           << shapeText(type.getShape());
  if (tokenAxes.empty())
    return op->emitOpError("needs token axes where it has a validity");
  for (int64_t axis : tokenAxes)
    if (failed(verifyCompatibleShape({tensorType(x).getDimSize(axis)},
                                     {type.getDimSize(1)})))
      return op->emitOpError("needs ")
             << type.getDimSize(1) << " tokens on axis " << axis << ", has "
             << tensorType(x).getDimSize(axis);
  return success();
}

LogicalResult snn::spike::detail::verifyChannel(Operation *op, Value x,
                                                TypedAttr attribute,
                                                int64_t axis, StringRef what) {
  int64_t rank = tensorType(x).getRank();
  if (axis < -rank || axis >= rank)
    return op->emitOpError("needs an axis from ")
           << -rank << " to " << rank - 1 << ", has " << axis;
  auto type = dyn_cast<RankedTensorType>(attribute.getType());
  if (!type || type.getRank() != 1 || !type.getElementType().isF32())
    return op->emitOpError("needs ")
           << what << " of type tensor<Nxf32>, has " << attribute.getType();
  int64_t channels = tensorType(x).getDimSize(axis < 0 ? axis + rank : axis);
  if (type.getDimSize(0) != 1 && type.getDimSize(0) != channels)
    return op->emitOpError("needs 1 or ") << channels << " values of " << what
                                          << ", has " << type.getDimSize(0);
  return success();
}

LogicalResult snn::spike::detail::verifyShape(Operation *op, Value result,
                                              ArrayRef<int64_t> shape) {
  auto type = tensorType(result);
  if (int64_t(shape.size()) == type.getRank() &&
      succeeded(verifyCompatibleShape(shape, type.getShape())))
    return success();
  return op->emitOpError("needs a result of shape ")
         << shapeText(shape) << ", has " << shapeText(type.getShape());
}

FailureOr<SmallVector<int64_t>>
snn::spike::detail::inferConvolution(Operation *op, RankedTensorType x,
                                     RankedTensorType weight,
                                     const Window &window) {
  int64_t spatial = x.getRank() - 2;
  if (spatial < 1 || int64_t(window.strides.size()) != spatial ||
      int64_t(window.dilations.size()) != spatial ||
      int64_t(window.pads.size()) != 2 * spatial)
    return op->emitOpError("needs ") << spatial << " strides and dilations and "
                                     << 2 * spatial << " pads";
  int64_t group = window.group;
  if (group < 1 || x.getDimSize(1) != weight.getDimSize(1) * group ||
      weight.getDimSize(0) % group != 0)
    return op->emitOpError("needs ")
           << weight.getDimSize(1) << " input channels in each of " << group
           << " groups, has " << x.getDimSize(1);
  SmallVector<int64_t> shape = {x.getDimSize(0), weight.getDimSize(0)};
  for (int64_t i = 0; i < spatial; ++i) {
    if (window.strides[i] < 1 || window.dilations[i] < 1)
      return op->emitOpError("needs positive strides and dilations");
    int64_t reach = window.dilations[i] * (weight.getDimSize(2 + i) - 1) + 1;
    shape.push_back((x.getDimSize(2 + i) + window.pads[i] +
                     window.pads[spatial + i] - reach) /
                        window.strides[i] +
                    1);
  }
  return shape;
}

/// Static weights: int8 or int16 of the given rank.
static FailureOr<RankedTensorType> verifyWeight(Operation *op, TypedAttr weight,
                                                int64_t rank) {
  auto type = dyn_cast<RankedTensorType>(weight.getType());
  if (!type || type.getRank() != rank ||
      !(type.getElementType().isSignlessInteger(8) ||
        type.getElementType().isSignlessInteger(16)))
    return op->emitOpError("needs an i8 or i16 weight of rank ")
           << rank << ", has " << weight.getType();
  return type;
}

LogicalResult SiteOp::verify() {
  if (getCoding() && (getBits() || getZero() || getScale()))
    return emitOpError("needs either a coding or bits, zero point and scale");
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

LogicalResult QuantizeOp::verify() {
  if (failed(verifySameShape(*this, getX(), getResult())))
    return failure();
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

LogicalResult EncodeOp::verify() {
  if (failed(verifySameShape(*this, getX(), getResult())))
    return failure();
  if (!isSpiking(getKind()))
    return emitOpError("needs a spiking site, has one of kind ")
           << stringifySiteKind(getKind());
  if (getDeadZone() < 0)
    return emitOpError("needs a dead zone of at least 0, has ")
           << getDeadZone();
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

LogicalResult DequantizeOp::verify() {
  return verifySameShape(*this, getX(), getResult());
}

LogicalResult TokenMaskOp::verify() {
  auto mask = tensorType(getMask());
  auto result = tensorType(getResult());
  if (mask.getRank() != 4 || mask.getDimSize(1) != 1 || mask.getDimSize(2) != 1)
    return emitOpError("needs a mask of shape batch x 1 x 1 x tokens, has ")
           << shapeText(mask.getShape());
  if (result.getRank() != 2 ||
      failed(verifyCompatibleShape({mask.getDimSize(0), mask.getDimSize(3)},
                                   result.getShape())))
    return emitOpError("needs a result of shape batch x tokens, has ")
           << shapeText(result.getShape());
  return success();
}

LogicalResult snn::spike::verifyLinear(Operation *op, Value xValue,
                                       Value resultValue, TypedAttr weightAttr,
                                       TypedAttr offsetAttr) {
  FailureOr<RankedTensorType> weight = verifyWeight(op, weightAttr, 2);
  if (failed(weight))
    return failure();
  auto x = tensorType(xValue);
  if (x.getRank() < 1 || x.getShape().back() != weight->getDimSize(0))
    return op->emitOpError("needs ")
           << weight->getDimSize(0) << " inputs on the last axis, has "
           << shapeText(x.getShape());
  SmallVector<int64_t> expected(x.getShape());
  expected.back() = weight->getDimSize(1);
  if (failed(verifyShape(op, resultValue, expected)))
    return failure();
  if (offsetAttr) {
    auto offset = dyn_cast<RankedTensorType>(offsetAttr.getType());
    if (!offset || offset.getShape() != ArrayRef(weight->getDimSize(1)) ||
        !offset.getElementType().isSignlessInteger(32))
      return op->emitOpError("needs an offset of type tensor<")
             << weight->getDimSize(1) << "xi32>, has " << offsetAttr.getType();
    if (isa<LevelType>(x.getElementType()))
      return op->emitOpError("needs a spike train where it has an offset");
  }
  return success();
}

LogicalResult snn::spike::verifyConv(Operation *op, Value xValue,
                                     Value resultValue, TypedAttr weightAttr,
                                     TypedAttr offsetAttr,
                                     const Window &window) {
  auto x = tensorType(xValue);
  FailureOr<RankedTensorType> weight =
      verifyWeight(op, weightAttr, x.getRank());
  if (failed(weight))
    return failure();
  FailureOr<SmallVector<int64_t>> expected =
      inferConvolution(op, x, *weight, window);
  if (failed(expected) || failed(verifyShape(op, resultValue, *expected)))
    return failure();
  if (offsetAttr) {
    auto offset = dyn_cast<RankedTensorType>(offsetAttr.getType());
    if (!offset || offset.getShape() != ArrayRef(*expected).drop_front() ||
        !offset.getElementType().isSignlessInteger(32))
      return op->emitOpError("needs an i32 offset of shape ")
             << shapeText(ArrayRef(*expected).drop_front()) << ", has "
             << offsetAttr.getType();
    if (isa<LevelType>(x.getElementType()))
      return op->emitOpError("needs a spike train where it has an offset");
  }
  return success();
}

LogicalResult snn::spike::verifyProduct(Operation *op, Value lhsValue,
                                        Value rhsValue, Value resultValue,
                                        bool transposed) {
  auto lhs = tensorType(lhsValue);
  auto rhs = tensorType(rhsValue);
  int64_t rank = lhs.getRank();
  if (rank < 2 || rhs.getRank() != rank)
    return op->emitOpError("needs operands of one rank of at least 2, has ")
           << shapeText(lhs.getShape()) << " and " << shapeText(rhs.getShape());
  int64_t inner = transposed ? rank - 1 : rank - 2;
  int64_t outer = transposed ? rank - 2 : rank - 1;
  if (failed(verifyCompatibleShape({lhs.getDimSize(rank - 1)},
                                   {rhs.getDimSize(inner)})) ||
      failed(verifyCompatibleShape(lhs.getShape().drop_back(2),
                                   rhs.getShape().drop_back(2))))
    return op->emitOpError("needs a resident operand that fits ")
           << shapeText(lhs.getShape()) << ", has "
           << shapeText(rhs.getShape());
  SmallVector<int64_t> expected(lhs.getShape());
  expected.back() = rhs.getDimSize(outer);
  return verifyShape(op, resultValue, expected);
}

static TypedAttr orNull(std::optional<TypedAttr> attribute) {
  return attribute.value_or(TypedAttr());
}

LogicalResult LinearOp::verify() {
  return verifyLinear(*this, getX(), getResult(), getWeight(),
                      orNull(getOffset()));
}

LogicalResult ConvOp::verify() {
  return verifyConv(*this, getX(), getResult(), getWeight(),
                    orNull(getOffset()),
                    {getStrides(), getPads(), getDilations(), getGroup()});
}

LogicalResult MatMulOp::verify() {
  return verifyProduct(*this, getLhs(), getRhs(), getResult(), getTransposed());
}

LogicalResult RescaleOp::verify() {
  if (failed(verifySameShape(*this, getX(), getResult())) ||
      failed(verifyChannel(*this, getX(), getScale(), getAxis(), "scale")))
    return failure();
  if (getBias())
    return verifyChannel(*this, getX(), *getBias(), getAxis(), "bias");
  return success();
}

LogicalResult RequantizeOp::verify() {
  if (failed(verifySameShape(*this, getX(), getResult())) ||
      failed(verifyChannel(*this, getX(), getScale(), getAxis(), "scale")))
    return failure();
  if (getBias() &&
      failed(verifyChannel(*this, getX(), *getBias(), getAxis(), "bias")))
    return failure();
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

LogicalResult FireOp::verify() {
  if (failed(verifySameShape(*this, getX(), getResult())))
    return failure();
  if (!isSpiking(getKind()))
    return emitOpError("needs a spiking site, has one of kind ")
           << stringifySiteKind(getKind());
  auto x = tensorType(getX());
  int64_t rank = x.getRank();
  if (getAxis() < -rank || getAxis() >= rank)
    return emitOpError("needs an axis from ")
           << -rank << " to " << rank - 1 << ", has " << getAxis();
  int64_t channels = x.getDimSize(getAxis() < 0 ? getAxis() + rank : getAxis());
  int64_t maxLevel = getCoding(getResult().getType())->maxLevel();
  auto type = dyn_cast<RankedTensorType>(getThresholds().getType());
  if (!type || type.getRank() != 2 ||
      !type.getElementType().isSignlessInteger(32) ||
      type.getDimSize(1) != maxLevel ||
      (type.getDimSize(0) != 1 && type.getDimSize(0) != channels))
    return emitOpError("needs thresholds of type tensor<")
           << channels << "x" << maxLevel << "xi32>, has "
           << getThresholds().getType();
  if (!getScale() && (getBias() || getRelu() || getDeadZone() != 0))
    return emitOpError("needs a scale where it has bias, relu or dead_zone");
  if (getDeadZone() < 0)
    return emitOpError("needs a dead zone of at least 0, has ")
           << getDeadZone();
  if (getScale() &&
      failed(verifyChannel(*this, getX(), *getScale(), getAxis(), "scale")))
    return failure();
  if (getBias() &&
      failed(verifyChannel(*this, getX(), *getBias(), getAxis(), "bias")))
    return failure();
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}
