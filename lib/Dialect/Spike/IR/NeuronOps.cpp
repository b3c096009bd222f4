//===- NeuronOps.cpp - Verifiers of networks trained to spike -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verify.h"
#include "mlir/IR/TypeUtilities.h"
#include "snn/Dialect/Spike/Neuron.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::spike;
using namespace snn::spike::detail;

int64_t LifOp::getSteps() { return stepsOf(getResult()); }
int64_t SdsaOp::getSteps() { return stepsOf(getResult()); }

template <typename Op> static rt::LifNeuron toNeuron(Op op) {
  rt::LifNeuron neuron;
  neuron.tau = float(op.getTau().convertToDouble());
  neuron.threshold = float(op.getThreshold().convertToDouble());
  neuron.reset = float(op.getResetValue().convertToDouble());
  neuron.decayInput = op.getDecayInput();
  neuron.softReset = op.getSoftReset();
  neuron.order = rt::ChargeOrder(op.getOrder());
  neuron.rule = rt::ResetRule(op.getRule());
  auto number = [](std::optional<APFloat> value, float otherwise) {
    return value ? float(value->convertToDouble()) : otherwise;
  };
  neuron.factor = number(op.getFactor(), 0);
  neuron.gain = number(op.getGain(), 1);
  neuron.amount = number(op.getAmount(), 0);
  neuron.floor = number(op.getFloor(), neuron.floor);
  if (std::optional<ArrayRef<float>> levels = op.getLevels())
    neuron.levels.assign(levels->begin(), levels->end());
  return neuron;
}

rt::LifNeuron snn::spike::getNeuron(LifOp op) {
  rt::LifNeuron neuron = toNeuron(op);
  if (std::optional<ArrayRef<float>> constants = op.getConstants()) {
    neuron.constants.assign(constants->begin(), constants->end());
    for (int64_t size : tensorType(op.getX()).getShape().drop_front(
             size_t(op.getChannelAxis().value_or(0)) + 1))
      neuron.inner *= size;
  }
  return neuron;
}

NeuronModel LifOp::getNeuronModel() { return NeuronModel::Membrane; }
std::optional<rt::LifNeuron> LifOp::getMembrane() { return getNeuron(*this); }

chip::EngineKind SdsaOp::getEngineKind() { return chip::EngineKind::Sdsa; }
StringRef SdsaOp::getAttentionName() { return "spike-driven"; }
NeuronModel SdsaOp::getNeuronModel() { return NeuronModel::Membrane; }
std::optional<rt::LifNeuron> SdsaOp::getMembrane() {
  return getSdsaParameters(*this).lif;
}

int64_t SdsaOp::countNeurons() {
  RankedTensorType type = tensorType(getResult());
  // Variants 1 and 2 have a neuron a channel.
  return type.getNumElements() /
         (getVariant() <= 2 ? type.getDimSize(type.getRank() - 2) : 1);
}

rt::SdsaParameters snn::spike::getSdsaParameters(SdsaOp op) {
  return {int32_t(op.getVariant()), float(op.getScale().convertToDouble()),
          toNeuron(op)};
}

/// The numbers that the order and the rule of neurons have.
template <typename Op> static LogicalResult verifyForm(Op op) {
  ChargeOrder order = op.getOrder();
  ResetRule rule = op.getRule();
  auto check = [&](std::optional<APFloat> value, bool isNeeded, bool isAllowed,
                   StringRef name, StringRef of) -> LogicalResult {
    if (isNeeded && !value)
      return op.emitOpError("needs ")
             << (name == "amount" ? "an " : "a ") << name << " with its " << of;
    if (!isAllowed && value)
      return op.emitOpError("needs no ") << name << " with its " << of;
    if (value && !value->isFinite())
      return op.emitOpError("needs a finite ") << name;
    return success();
  };
  bool isAffine = order == ChargeOrder::Affine;
  bool hasFactor = isAffine || order == ChargeOrder::DecayFactor ||
                   order == ChargeOrder::LeakFactor;
  bool hasAmount =
      rule == ResetRule::Subtract || rule == ResetRule::LateSubtract;
  if (failed(check(op.getFactor(), hasFactor, hasFactor, "factor", "order")) ||
      failed(check(op.getGain(), false, isAffine, "gain", "order")) ||
      failed(check(op.getAmount(), hasAmount, hasAmount, "amount", "rule")))
    return failure();
  if (op.getFloor() && !op.getFloor()->isFinite())
    return op.emitOpError("needs a finite floor");
  if (op.getFloor() &&
      (rule == ResetRule::LateSubtract || rule == ResetRule::LateZero))
    return op.emitOpError("needs no floor with the rule ")
           << stringifyResetRule(rule);
  if (rule != ResetRule::AtOnce &&
      (op.getSoftReset() || !op.getResetValue().isZero()))
    return op.emitOpError("needs no soft reset and no reset value with the "
                          "rule ")
           << stringifyResetRule(rule);
  return success();
}

/// The neurons that `spike.lif` and `spike.sdsa` have in common.
template <typename Op> static LogicalResult verifyNeuron(Op op) {
  double tau = op.getTau().convertToDouble();
  double threshold = op.getThreshold().convertToDouble();
  double reset = op.getResetValue().convertToDouble();
  if (!(tau >= 1))
    return op.emitOpError("needs a time constant of at least 1 step, has ")
           << toShortest(tau);
  if (!std::isfinite(threshold))
    return op.emitOpError("needs a finite threshold");
  if (!std::isfinite(reset))
    return op.emitOpError("needs a finite reset value");
  if (op.getSoftReset() && reset != 0)
    return op.emitOpError("needs no reset value with a soft reset, has ")
           << toShortest(reset);
  return verifyForm(op);
}

/// The further levels of `spike.lif` and `spike.sdsa`, and what they count.
template <typename Op> static LogicalResult verifyLevels(Op op) {
  float level = float(op.getThreshold().convertToDouble());
  for (float next : op.getLevels().value_or(ArrayRef<float>())) {
    if (!(next >= level) || !std::isfinite(next))
      return op.emitOpError("needs finite levels that ascend from its "
                            "threshold, has ")
             << toShortest(next) << " behind " << toShortest(level);
    level = next;
  }
  int64_t most = toNeuron(op).maxCount();
  if (getMaxCount(op.getResult().getType()) != most)
    return op.emitOpError("needs a result of up to ")
           << most << " spikes a step, has " << op.getResult().getType();
  return success();
}

LogicalResult
LifOp::inferShapes(EmitError, Adaptor adaptor,
                   SmallVectorImpl<ShapedTypeComponents> &shapes) {
  shapes.assign(
      2, ShapedTypeComponents(cast<ShapedType>(adaptor.getX().getType())));
  return success();
}

/// A number for each channel.
static LogicalResult verifyConstants(LifOp op) {
  if (!op.getConstants() && !op.getChannelAxis())
    return success();
  RankedTensorType type = tensorType(op.getX());
  int64_t axis = op.getChannelAxis().value_or(0);
  ArrayRef<float> constants = op.getConstants().value_or(ArrayRef<float>());
  if (axis < 1 || axis >= type.getRank() ||
      llvm::any_of(type.getShape().drop_front(size_t(axis)),
                   ShapedType::isDynamic) ||
      type.getDimSize(axis) != int64_t(constants.size()))
    return op.emitOpError("needs a constant for each channel along an axis of "
                          "known size behind the time axis, has ")
           << constants.size() << " along axis " << axis << " of "
           << shapeText(type.getShape());
  bool hasTau = op.getOrder() == ChargeOrder::Tau ||
                op.getOrder() == ChargeOrder::LeakTau;
  for (float constant : constants)
    if (!(hasTau ? constant >= 1 : std::isfinite(constant)))
      return op.emitOpError(
                 "needs time constants of at least 1 step, or finite "
                 "factors, has ")
             << toShortest(constant);
  return success();
}

LogicalResult LifOp::verify() {
  if (failed(verifyShapes(*this)) || failed(verifyTime(*this, getResult())) ||
      failed(verifyNeuron(*this)) || failed(verifyConstants(*this)))
    return failure();
  return verifyLevels(*this);
}

LogicalResult
SdsaOp::inferShapes(EmitError emitError, Adaptor adaptor,
                    SmallVectorImpl<ShapedTypeComponents> &shapes) {
  RankedTensorType q = tensorType(adaptor.getQ()),
                   v = tensorType(adaptor.getV());
  ArrayRef<int64_t> k = tensorType(adaptor.getK()).getShape();
  if (failed(verifyCompatibleShape(q.getShape(), k)) ||
      q.getRank() != v.getRank() || q.getRank() < 1 ||
      failed(verifyCompatibleShape(q.getShape().drop_back(),
                                   v.getShape().drop_back())))
    return emitError() << "needs a key of the shape of its query and a value "
                          "that differs in its channels at most, has "
                       << shapeText(q.getShape()) << ", " << shapeText(k)
                       << " and " << shapeText(v.getShape());
  SmallVector<int64_t> shape(q.getShape());
  shape.back() = v.getShape().back();
  return append(ShapeOrFailure(shape), shapes);
}

/// Factors for heads, tokens or channels.
static LogicalResult verifyScales(SdsaOp op) {
  if (!op.getScales())
    return success();
  auto type = dyn_cast<RankedTensorType>(op.getScales()->getType());
  ArrayRef<int64_t> shape = tensorType(op.getResult()).getShape().take_back(3);
  bool fits = type && type.getElementType().isF32() && type.getRank() == 3;
  for (int64_t axis = 0; fits && axis < 3; ++axis)
    fits = type.getDimSize(axis) == 1 || type.getDimSize(axis) == shape[axis];
  if (!fits)
    return op.emitOpError("needs scales of f32 and rank 3 that broadcast to ")
           << shapeText(shape) << ", has " << op.getScales()->getType();
  if (!op.getScale().isExactlyValue(1))
    return op.emitOpError("needs a scale of 1 where it has scales");
  return success();
}

/// Trains whose elements count, and the sums that they make.
static LogicalResult verifyCounts(SdsaOp op) {
  double sum = 1;
  bool isBinary = true;
  for (Value train : {op.getQ(), op.getK(), op.getV()}) {
    if (getTimeSteps(train.getType()) != op.getSteps())
      return op.emitOpError("needs trains of one number of steps, has ")
             << tensorType(train).getElementType() << " and a result of "
             << tensorType(op.getResult()).getElementType();
    sum *= double(getMaxCount(train.getType()));
    isBinary &= getMaxCount(train.getType()) == 1;
  }
  ArrayRef<int64_t> shape = tensorType(op.getQ()).getShape();
  if (op.getVariant() < 3 &&
      (!isBinary || op.getLevels() || op.getScales() ||
       shape.back() != tensorType(op.getV()).getShape().back()))
    return op.emitOpError("needs variant 3 or 4 where it has counts, levels, "
                          "scales or values of another width, has ")
           << op.getVariant();
  // Float holds every integer below.
  constexpr double most = 1 << 24;
  for (int64_t size : shape.take_back(2))
    sum *= ShapedType::isDynamic(size) ? 1 : double(size);
  if (!isBinary && sum >= most)
    return op.emitOpError("needs sums below 2^24, which may reach ")
           << int64_t(sum);
  return success();
}

LogicalResult SdsaOp::verify() {
  int64_t variant = getVariant();
  if (variant < 1 || variant > 4)
    return emitOpError("needs a variant from 1 to 4, has ") << variant;
  RankedTensorType type = tensorType(getQ());
  if (type.getRank() < 4)
    return emitOpError("needs trains of shape time x ... x heads x tokens x "
                       "channels, has ")
           << shapeText(type.getShape());
  double scale = getScale().convertToDouble();
  if (!std::isfinite(scale))
    return emitOpError("needs a finite scale");
  if (failed(verifyShapes(*this)) || failed(verifyTime(*this, getResult())) ||
      failed(verifyNeuron(*this)) || failed(verifyCounts(*this)) ||
      failed(verifyLevels(*this)) || failed(verifyScales(*this)))
    return failure();
  if (!getMask())
    return success();
  if (variant < 3)
    return emitOpError("needs variant 3 or 4 where it has a mask, has ")
           << variant;
  return verifyTokenMask(*this, getMask(), type.getDimSize(type.getRank() - 2));
}
