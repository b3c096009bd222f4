//===- SpikingLoads.cpp - Work of networks that are trained to spike ------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DigitalCost.h"
#include "SpikingModel.h"
#include "WorkloadBuilder.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace snn;
using namespace snn::chip;

bool snn::chip::isSpikingAttention(Operation *op) {
  return isa<spike::SpikingAttentionOpInterface>(op);
}

bool snn::chip::isSpikingUnit(Operation *op) {
  auto neurons = dyn_cast<spike::NeuronOpInterface>(op);
  return neurons && neurons.getNeuronModel() != spike::NeuronModel::Threshold;
}

std::optional<int> WorkloadBuilder::findBinarySite(Value value) {
  // Breadth first: the nearest one.
  llvm::SetVector<Value> seen;
  seen.insert(value);
  for (size_t next = 0; next < seen.size(); ++next) {
    Operation *op = seen[next].getDefiningOp();
    if (!op)
      continue;
    std::optional<spike::Site> site = spike::getSite(op);
    if (site && spike::isStepTrain(site->result.getType()))
      return workload.findSite(site->name);
    seen.insert(op->operand_begin(), op->operand_end());
  }
  return std::nullopt;
}

LogicalResult WorkloadBuilder::addSpiking(Operation *op, int site, Load &load) {
  SpikingLoad spiking;
  spiking.site = site;
  spiking.model = makeSpikingModel(op);
  if (!spiking.model)
    return op->emitOpError("has no energy model");
  auto neurons = cast<spike::NeuronOpInterface>(op);
  spiking.neurons = double(neurons.countNeurons());
  if (std::optional<rt::LifNeuron> membrane = neurons.getMembrane()) {
    spiking.tau = membrane->tau;
    spiking.softReset = membrane->softReset;
  }
  if (auto attention = dyn_cast<spike::SpikingAttentionOpInterface>(op)) {
    auto type = cast<RankedTensorType>(attention.getQ().getType());
    int64_t rank = type.getRank();
    spiking.tokens = double(type.getDimSize(rank - 2));
    spiking.channels = double(type.getDimSize(rank - 1));
    spiking.width = double(
        cast<RankedTensorType>(attention.getV().getType()).getShape().back());
    spiking.heads =
        countElements(attention.getQ()) / (spiking.tokens * spiking.channels);
    spiking.query = findSiteOf(attention.getQ());
    spiking.key = findSiteOf(attention.getK());
    spiking.value = findSiteOf(attention.getV());
    load.engine = cast<spike::AttentionEngineOpInterface>(op).getEngineKind();
    load.batches = spiking.heads;
    load.unit = chip.findEngine(load.engine) ? Unit::Engine : Unit::DigitalUnit;
  }
  load.spiking = spiking;
  return success();
}

void WorkloadBuilder::assignRepeats() {
  unsigned steps = 1;
  for (const SiteLoad &site : workload.sites)
    steps = std::max(steps, site.steps);
  for (const auto &[load, op] : llvm::zip(workload.loads, ops)) {
    if (!load.isSynaptic || load.rateSite)
      continue;
    // Time is in front, alone or with the batch.
    auto result = cast<RankedTensorType>(op->getResult(0).getType());
    if (result.getDimSize(0) % steps != 0)
      load.repeats = steps;
  }
}
