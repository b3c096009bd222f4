//===- PhaseWorkload.cpp - What SpikedAttention's model counts ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The released energy model of SpikedAttention (docs/spikedattention.md section
// 7) charges every group of layers for its events and for the neurons that its
// results fire in. This file finds those neurons, the normalisations that count
// as layers, and the linears that the released totals leave out.
//
//===----------------------------------------------------------------------===//

#include "DigitalCost.h"
#include "WorkloadBuilder.h"

using namespace mlir;
using namespace snn;
using namespace snn::chip;

/// Whether `op` computes one element from one element of each operand, or only
/// moves elements: potentials stay what they are.
static bool isElementwise(Operation *op) {
  return spike::isDataMovement(op) ||
         isa<onnx::AddOp, onnx::SubOp, onnx::MulOp, onnx::DivOp, onnx::ReluOp,
             onnx::GeluOp, onnx::SiluOp, onnx::TanhOp,
             onnx::BatchNormalizationOp, onnx::LayerNormalizationOp,
             onnx::ConcatOp, spike::PhaseResidualOp>(op);
}

static bool isActivation(Operation *op) {
  return isa<onnx::ReluOp, onnx::GeluOp, onnx::SiluOp, onnx::TanhOp>(op);
}

/// The value in front of data movement.
static Value skipMovement(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!spike::isDataMovement(op) && !isa<onnx::ConcatOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

void WorkloadBuilder::addNormalisation(Operation *op, Load &load) {
  auto norm = dyn_cast<onnx::BatchNormalizationOp>(op);
  if (!norm)
    return;
  // The stream: a decoded train, or a sum that has not fired.
  Value stream = skipMovement(norm->getOperand(0));
  if (auto decode = stream.getDefiningOp<spike::PhaseDecodeOp>())
    load.site = findSiteOf(decode.getX());
  else if (!stream.getDefiningOp<spike::PhaseResidualOp>())
    return;
  load.isNormalisation = true;
  load.vectors = countElements(op->getResult(0));
  load.inputs = load.outputs = 1;
  load.neurons = load.synapses = load.vectors;
}

int WorkloadBuilder::findMaker(Value value) const {
  Operation *op = value.getDefiningOp();
  if (!op)
    return -1;
  if (auto found = entryOf.find(value); found != entryOf.end()) {
    const Load &load = workload.loads[found->second];
    if (load.isSynaptic || load.isNormalisation)
      return int(found->second);
  }
  if (!isElementwise(op))
    return -1;
  for (Value operand : op->getOperands())
    if (int maker = isTrain(operand) ? -1 : findMaker(operand); maker >= 0)
      return maker;
  return -1;
}

/// Each site belongs to what made its potentials. Of scores and the race that
/// follows only one layer is charged: the race, or (positive scores, as in the
/// released ReLU model) the scores.
void WorkloadBuilder::assignOwners() {
  for (unsigned i = 0; i < workload.loads.size(); ++i) {
    workload.loads[i].isSecondLinear = isSecondLinear(i);
    int fired = workload.loads[i].fireSite;
    if (fired < 0 || !workload.sites[fired].phase)
      continue;
    SiteLoad &site = workload.sites[fired];
    auto woss = dyn_cast<spike::WossOp>(ops[i]);
    if (!woss) {
      site.owner = findMaker(ops[i]->getOperand(0));
      continue;
    }
    int scores = findSiteOf(woss.getScores());
    if (scores < 0 || workload.sites[scores].phase->unipolar)
      continue;
    site.owner = workload.sites[scores].owner;
    workload.sites[scores].owner = -1;
  }
}

/// Whether `value` is added to a skip connection, behind biases and movement.
static bool reachesSkip(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    if (isa<spike::PhaseResidualOp>(user))
      return true;
    auto isVariable = [](Value operand) {
      return !operand.getDefiningOp<onnx::ConstantOp>();
    };
    if (isa<onnx::AddOp>(user) && llvm::all_of(user->getOperands(), isVariable))
      return true;
    return (spike::isDataMovement(user) || isa<onnx::AddOp>(user)) &&
           reachesSkip(user->getResult(0));
  });
}

/// Whether an activation function lies between a static layer and `value`.
static bool hasActivation(Value value, bool seen) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (isStaticLayer(op))
    return seen;
  if (!isElementwise(op) || isa<spike::PhaseResidualOp>(op))
    return false;
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return !isTrain(operand) &&
           hasActivation(operand, seen || isActivation(op));
  });
}

bool WorkloadBuilder::isSecondLinear(unsigned index) const {
  Operation *op = ops[index];
  if (!isStaticLayer(op) || workload.loads[index].site < 0 ||
      !workload.sites[workload.loads[index].site].phase)
    return false;
  Operation *site = spike::getProducingSite(op->getOperand(0));
  if (!site || !reachesSkip(op->getResult(0)))
    return false;
  // A positive code rectifies.
  bool rectifies = spike::getPhaseCoding(op->getOperand(0).getType())->unipolar;
  return hasActivation(spike::getSite(site)->input, rectifies);
}
