//===- Neurons.cpp - Neurons and attention of binary trains ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builder.h"
#include "snn/Dialect/Spike/Neuron.h"
#include "snn/Dialect/Spike/Stochastic.h"

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
}

LogicalResult ImageBuilder::addNeurons(spike::LifOp op) {
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

LogicalResult ImageBuilder::addNeurons(spike::BernoulliOp op) {
  FailureOr<pb::Instruction *> message = addInstruction(op, op.getP());
  if (failed(message))
    return failure();
  pb::Bernoulli *bernoulli = (*message)->mutable_bernoulli();
  bernoulli->set_steps(uint32_t(op.getSteps()));
  bernoulli->set_stage(uint32_t(spike::getStage(op)));
  fillStream(spike::getStream(op), *bernoulli->mutable_stream());
  return success();
}

FailureOr<pb::SpikingAttention *>
ImageBuilder::addAttention(Operation *op, TypedAttr mask, int64_t steps) {
  auto engine = op->getAttrOfType<StringAttr>("engine");
  if (!engine)
    return op->emitOpError("needs an attention engine; run "
                           "spike-map-attention and spike-to-xbar first");
  FailureOr<int32_t> maskValue = -1;
  if (mask)
    maskValue = addConstantValue(mask, op, ".mask");
  if (failed(maskValue))
    return failure();
  FailureOr<pb::Instruction *> message =
      addInstruction(op, llvm::to_vector(op->getOperands()));
  if (failed(message))
    return failure();
  (*message)->add_operands(*maskValue);
  (*message)->set_attention(uint32_t(contents.engines.attentions_size()));
  pb::SpikingAttention *attention = contents.engines.add_attentions();
  attention->set_node(getNode(op));
  attention->set_engine(engine.str());
  attention->set_steps(uint32_t(steps));
  return attention;
}

LogicalResult ImageBuilder::addAttention(spike::SdsaOp op) {
  FailureOr<pb::SpikingAttention *> message =
      addAttention(op, op.getMask().value_or(TypedAttr()), op.getSteps());
  if (failed(message))
    return failure();
  rt::SdsaParameters parameters = spike::getSdsaParameters(op);
  pb::Sdsa *sdsa = (*message)->mutable_sdsa();
  sdsa->set_variant(uint32_t(parameters.variant));
  sdsa->set_scale(parameters.scale);
  fillNeuron(parameters.lif, *sdsa->mutable_neuron());
  return success();
}

LogicalResult ImageBuilder::addAttention(spike::SsaOp op) {
  FailureOr<pb::SpikingAttention *> message =
      addAttention(op, op.getMask().value_or(TypedAttr()), op.getSteps());
  if (failed(message))
    return failure();
  rt::SsaParameters parameters = spike::getSsaParameters(op);
  pb::Ssa *ssa = (*message)->mutable_ssa();
  fillStream(parameters.stream, *ssa->mutable_stream());
  ssa->set_lfsr(parameters.generator == rt::Generator::Lfsr32);
  ssa->set_norm_d(uint32_t(parameters.normD));
  ssa->set_norm_n(uint32_t(parameters.normN));
  ssa->set_reuse_row(parameters.reuseRow);
  ssa->set_mask_self(parameters.maskSelf);
  return success();
}
