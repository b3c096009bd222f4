//===- NeuronOps.cpp - Verifiers of networks trained to spike -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verify.h"
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
  return neuron;
}

rt::LifNeuron snn::spike::getNeuron(LifOp op) { return toNeuron(op); }

NeuronModel LifOp::getNeuronModel() { return NeuronModel::Membrane; }
std::optional<rt::LifNeuron> LifOp::getMembrane() { return toNeuron(*this); }

chip::EngineKind SdsaOp::getEngineKind() { return chip::EngineKind::Sdsa; }
StringRef SdsaOp::getAttentionName() { return "spike-driven"; }
NeuronModel SdsaOp::getNeuronModel() { return NeuronModel::Membrane; }
std::optional<rt::LifNeuron> SdsaOp::getMembrane() { return toNeuron(*this); }

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
  return success();
}

LogicalResult LifOp::verify() {
  if (failed(verifyShapes(*this)) || failed(verifyTime(*this, getResult())))
    return failure();
  return verifyNeuron(*this);
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
  if (failed(verifyTime(*this, getResult())) || failed(verifyNeuron(*this)))
    return failure();
  if (!getMask())
    return success();
  if (variant < 3)
    return emitOpError("needs variant 3 or 4 where it has a mask, has ")
           << variant;
  return verifyTokenMask(*this, getMask(), type.getDimSize(type.getRank() - 2));
}
