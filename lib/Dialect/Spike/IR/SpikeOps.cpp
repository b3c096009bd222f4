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

/// The types of an attention: one, if its trains and its result have it all,
/// else those of query, key and value, and that of the result.
static ParseResult parseAttentionTypes(OpAsmParser &parser, Type &q, Type &k,
                                       Type &v, Type &result) {
  if (failed(parser.parseOptionalLParen())) {
    if (parser.parseType(result))
      return failure();
    q = k = v = result;
    return success();
  }
  return failure(parser.parseType(q) || parser.parseComma() ||
                 parser.parseType(k) || parser.parseComma() ||
                 parser.parseType(v) || parser.parseRParen() ||
                 parser.parseArrow() || parser.parseType(result));
}

static void printAttentionTypes(OpAsmPrinter &printer, Operation *, Type q,
                                Type k, Type v, Type result) {
  if (q == result && k == result && v == result)
    printer << result;
  else
    printer << '(' << q << ", " << k << ", " << v << ") -> " << result;
}

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

LogicalResult snn::spike::detail::verifySite(Operation *op, Value x,
                                             Value valid,
                                             ArrayRef<int64_t> tokenAxes) {
  int64_t rank = tensorType(x).getRank();
  for (int64_t axis : tokenAxes)
    if (axis < 0 || axis >= rank)
      return op->emitOpError("needs token axes from 0 to ")
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

LogicalResult SiteOp::verify() {
  if (getCoding() && (getBits() || getZero() || getScale()))
    return emitOpError("needs either a coding or bits, zero point and scale");
  if (getTable()) {
    if (!getBits())
      return emitOpError("has a table of levels, but no bits");
    auto emit = [&] { return emitOpError(); };
    if (failed(verifyLevelTable(emit, *getTable(), unsigned(*getBits()))))
      return failure();
  }
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

LogicalResult QuantizeOp::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

LogicalResult EncodeOp::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (!isSpiking(getKind()))
    return emitOpError("needs a spiking site, has one of kind ")
           << stringifySiteKind(getKind());
  if (getDeadZone() < 0)
    return emitOpError("needs a dead zone of at least 0, has ")
           << getDeadZone();
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

rt::Coding DequantizeOp::getNumberCoding() {
  rt::Coding coding = *getCoding(getX().getType());
  if (std::optional<APFloat> unit = getUnit())
    coding.scale = unit->convertToFloat();
  return coding;
}

LogicalResult DequantizeOp::verify() {
  if (std::optional<APFloat> unit = getUnit()) {
    if (!isStepTrain(getX().getType()))
      return emitOpError("needs binary spikes or counts where it has a unit, "
                         "has ")
             << tensorType(getX()).getElementType();
    if (!(unit->convertToFloat() > 0) || !unit->isFinite())
      return emitOpError("needs a finite positive unit");
  }
  return verifyShapes(*this);
}

LogicalResult TokenMaskOp::verify() {
  SmallVector<ShapedTypeComponents> shapes;
  if (failed(
          inferShapes([&]() { return emitOpError(); }, Adaptor(*this), shapes)))
    return failure();
  ArrayRef<int64_t> shape = tensorType(getResult()).getShape();
  if (shape.size() == 2 &&
      succeeded(verifyCompatibleShape(shapes.front().getDims(), shape)))
    return success();
  return emitOpError("needs a result of shape batch x tokens, has ")
         << shapeText(shape);
}

/// The constant of silent inputs, of the shape of one result, which is `what`;
/// null is none.
static LogicalResult verifyOffset(Operation *op, Value x, TypedAttr offset,
                                  ArrayRef<int64_t> shape, const Twine &what) {
  if (!offset)
    return success();
  auto type = dyn_cast<RankedTensorType>(offset.getType());
  if (!type || type.getShape() != shape ||
      !type.getElementType().isSignlessInteger(32))
    return op->emitOpError("needs an ") << what << ", has " << offset.getType();
  if (isa<LevelType>(tensorType(x).getElementType()))
    return op->emitOpError("needs a spike train where it has an offset");
  return success();
}

LogicalResult snn::spike::verifyLinear(Operation *op, Value x, Value result,
                                       TypedAttr weight, TypedAttr offset) {
  ShapeOrFailure shape = inferLinear([&]() { return op->emitOpError(); }, x,
                                     weight, WeightElements::Integers);
  if (failed(shape) || failed(verifyShape(op, result, *shape)))
    return failure();
  return verifyOffset(op, x, offset, shape->back(),
                      "offset of type tensor<" + Twine(shape->back()) +
                          "xi32>");
}

LogicalResult snn::spike::verifyConv(Operation *op, Value x, Value result,
                                     TypedAttr weight, TypedAttr offset,
                                     const Window &window) {
  ShapeOrFailure shape =
      inferConvolution([&]() { return op->emitOpError(); }, x, weight,
                       WeightElements::Integers, window);
  if (failed(shape) || failed(verifyShape(op, result, *shape)))
    return failure();
  ArrayRef<int64_t> one = ArrayRef(*shape).drop_front();
  return verifyOffset(op, x, offset, one,
                      "i32 offset of shape " + shapeText(one));
}

LogicalResult snn::spike::verifyProduct(Operation *op, Value lhs, Value rhs,
                                        Value result, bool transposed) {
  ShapeOrFailure shape =
      inferProduct([&]() { return op->emitOpError(); }, lhs, rhs, transposed);
  if (failed(shape))
    return failure();
  return verifyShape(op, result, *shape);
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
                    orNull(getOffset()), *getWindow());
}

LogicalResult MatMulOp::verify() {
  if (std::optional<rt::Coding> stored = getCoding(getRhs().getType());
      stored && stored->hasTable())
    return emitOpError("needs a resident operand without a table of levels");
  return verifyShapes(*this);
}

chip::EngineKind MatMulOp::getEngineKind() { return chip::EngineKind::Mttfs; }
StringRef MatMulOp::getAttentionName() { return "softmax"; }

LogicalResult MatMulOp::verifyEngineOperands() {
  if (isTrain(getLhs().getType()))
    return success();
  return emitOpError("needs a spike train as its left operand; run spike-mttfs "
                     "first");
}

LogicalResult RescaleOp::verify() {
  if (failed(verifyShapes(*this)) ||
      failed(verifyChannel(*this, getX(), getScale(), getAxis(), "scale")))
    return failure();
  if (getBias())
    return verifyChannel(*this, getX(), *getBias(), getAxis(), "bias");
  return success();
}

LogicalResult RequantizeOp::verify() {
  if (failed(verifyShapes(*this)) ||
      failed(verifyChannel(*this, getX(), getScale(), getAxis(), "scale")))
    return failure();
  if (getBias() &&
      failed(verifyChannel(*this, getX(), *getBias(), getAxis(), "bias")))
    return failure();
  return verifySite(*this, getX(), getValid(), getTokenAxes());
}

NeuronModel FireOp::getNeuronModel() { return NeuronModel::Threshold; }

LogicalResult FireOp::verify() {
  if (failed(verifyShapes(*this)))
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
