//===- Neurons.cpp - Neurons and attention of binary trains ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builder.h"
#include "snn/Dialect/Spike/Neuron.h"
#include "snn/Dialect/Spike/Stochastic.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::detail;
using namespace snn::image;

static void fillNeuron(const rt::LifNeuron &neuron, pb::LifNeuron &message) {
  message.set_tau(neuron.tau);
  message.set_threshold(neuron.threshold);
  message.set_reset(neuron.reset);
  message.set_decay_input(neuron.decayInput);
  message.set_soft_reset(neuron.softReset);
  if (neuron.isClassic())
    return;
  message.set_order(pb::LifNeuron::ChargeOrder(neuron.order));
  message.set_rule(pb::LifNeuron::ResetRule(neuron.rule));
  message.set_factor(neuron.factor);
  message.set_gain(neuron.gain);
  message.set_amount(neuron.amount);
  message.mutable_levels()->Add(neuron.levels.begin(), neuron.levels.end());
  if (neuron.hasFloor())
    message.set_floor(neuron.floor);
  if (neuron.constants.empty())
    return;
  message.mutable_constants()->Add(neuron.constants.begin(),
                                   neuron.constants.end());
  message.set_inner(uint32_t(neuron.inner));
}

LogicalResult ImageBuilder::addUnit(spike::LifOp op) {
  FailureOr<pb::Instruction *> message = addInstruction(op, op.getX());
  if (failed(message))
    return failure();
  pb::Lif *lif = (*message)->mutable_lif();
  lif->set_steps(uint32_t(op.getSteps()));
  fillNeuron(spike::getNeuron(op), *lif->mutable_neuron());
  return success();
}

static void fillStream(const rt::RandomStream &stream,
                       pb::RandomStream &message) {
  message.set_seed(stream.seed);
  message.set_layer(uint32_t(stream.layer));
}

LogicalResult ImageBuilder::addUnit(spike::BernoulliOp op) {
  FailureOr<pb::Instruction *> message = addInstruction(op, op.getP());
  if (failed(message))
    return failure();
  pb::Bernoulli *bernoulli = (*message)->mutable_bernoulli();
  bernoulli->set_steps(uint32_t(op.getSteps()));
  bernoulli->set_stage(uint32_t(spike::getStage(op)));
  fillStream(spike::getStream(op), *bernoulli->mutable_stream());
  return success();
}

ImageBuilder::Added ImageBuilder::addNeurons(Operation *op) {
  return llvm::TypeSwitch<Operation *, Added>(op)
      .Case<spike::LifOp, spike::BernoulliOp>(
          [&](auto neurons) { return addUnit(neurons); })
      .Default([](Operation *) { return std::nullopt; });
}

/// An instruction for an attention of binary trains, and its message.
FailureOr<pb::SpikingAttention *>
ImageBuilder::addSpikingAttention(spike::SpikingAttentionOpInterface op) {
  auto engine = op->getAttrOfType<StringAttr>("engine");
  if (!engine)
    return op->emitOpError("needs an attention engine; run "
                           "spike-map-attention and spike-to-xbar first");
  FailureOr<int32_t> maskValue = -1;
  if (op.getMask())
    maskValue = addConstantValue(*op.getMask(), op, ".mask");
  if (failed(maskValue))
    return failure();
  FailureOr<pb::Instruction *> message =
      addInstruction(op, {op.getQ(), op.getK(), op.getV()});
  if (failed(message))
    return failure();
  (*message)->add_operands(*maskValue);
  (*message)->set_attention(uint32_t(contents.engines.attentions_size()));
  pb::SpikingAttention *attention = contents.engines.add_attentions();
  attention->set_node(getNode(op));
  attention->set_engine(engine.str());
  attention->set_steps(uint32_t(op.getSteps()));
  return attention;
}

static LogicalResult fillKind(spike::SdsaOp op, pb::SpikingAttention &message) {
  rt::SdsaParameters parameters = spike::getSdsaParameters(op);
  pb::Sdsa *sdsa = message.mutable_sdsa();
  sdsa->set_variant(uint32_t(parameters.variant));
  sdsa->set_scale(parameters.scale);
  fillNeuron(parameters.lif, *sdsa->mutable_neuron());
  if (!op.getScales())
    return success();
  FailureOr<rt::Tensor> scales =
      onnx::resolveConstant(*op.getScales(), op.getLoc());
  if (failed(scales))
    return failure();
  for (int64_t size : scales->shape())
    sdsa->add_scale_shape(uint32_t(size));
  sdsa->mutable_scales()->Add(scales->data<float>(),
                              scales->data<float>() + scales->size());
  return success();
}

static LogicalResult fillKind(spike::SsaOp op, pb::SpikingAttention &message) {
  rt::SsaParameters parameters = op.getParameters();
  pb::Ssa *ssa = message.mutable_ssa();
  fillStream(parameters.stream, *ssa->mutable_stream());
  ssa->set_lfsr(parameters.generator == rt::Generator::Lfsr32);
  ssa->set_norm_d(uint32_t(parameters.normD));
  ssa->set_norm_n(uint32_t(parameters.normN));
  ssa->set_reuse_row(parameters.reuseRow);
  ssa->set_mask_self(parameters.maskSelf);
  for (int64_t norm : parameters.norms)
    ssa->add_norms(uint32_t(norm));
  return success();
}

ImageBuilder::Added ImageBuilder::addAttention(Operation *op) {
  auto attention = dyn_cast<spike::SpikingAttentionOpInterface>(op);
  if (!attention)
    return std::nullopt;
  FailureOr<pb::SpikingAttention *> message = addSpikingAttention(attention);
  if (failed(message))
    return failure();
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<spike::SdsaOp, spike::SsaOp>(
          [&](auto kind) { return fillKind(kind, **message); })
      .Default([](Operation *) { return success(); });
}
