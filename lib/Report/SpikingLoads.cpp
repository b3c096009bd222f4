//===- SpikingLoads.cpp - Work of networks that are trained to spike ------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DigitalCost.h"
#include "WorkloadBuilder.h"
#include "snn/Dialect/Spike/Neuron.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::chip;

bool snn::chip::isSpikingAttention(Operation *op) {
  return isa<spike::SdsaOp, spike::SsaOp>(op);
}

bool snn::chip::isSpikingUnit(Operation *op) {
  return isa<spike::LifOp, spike::BernoulliOp>(op) || isSpikingAttention(op);
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
    if (site && isa<spike::BinaryType>(getElementTypeOrSelf(site->result)))
      return workload.findSite(site->name);
    seen.insert(op->operand_begin(), op->operand_end());
  }
  return std::nullopt;
}

void WorkloadBuilder::addSpiking(Operation *op, int site, Load &load) {
  SpikingLoad spiking;
  spiking.site = site;
  spiking.neurons = countElements(op->getResult(0));
  auto setHeads = [&](auto attention, EngineKind kind) {
    auto type = cast<RankedTensorType>(attention.getQ().getType());
    int64_t rank = type.getRank();
    spiking.tokens = double(type.getDimSize(rank - 2));
    spiking.channels = double(type.getDimSize(rank - 1));
    spiking.heads = spiking.neurons / (spiking.tokens * spiking.channels);
    spiking.isMasked = bool(attention.getMask());
    spiking.query = findSiteOf(attention.getQ());
    spiking.key = findSiteOf(attention.getK());
    spiking.value = findSiteOf(attention.getV());
    load.engine = kind;
    load.batches = spiking.heads;
    load.unit = chip.findEngine(kind) ? Unit::Engine : Unit::DigitalUnit;
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](spike::LifOp o) {
        spiking.kind = SpikingLoad::Kind::Lif;
        spiking.tau = spike::getNeuron(o).tau;
        spiking.softReset = o.getSoftReset();
      })
      .Case([&](spike::BernoulliOp) {
        spiking.kind = SpikingLoad::Kind::Bernoulli;
      })
      .Case([&](spike::SsaOp o) {
        spiking.kind = SpikingLoad::Kind::Ssa;
        spiking.reusesDraws = o.getReuseRow();
        setHeads(o, EngineKind::Ssa);
      })
      .Case([&](spike::SdsaOp o) {
        spiking.kind = SpikingLoad::Kind::Sdsa;
        spiking.variant = int(o.getVariant());
        spiking.tau = spike::getSdsaParameters(o).lif.tau;
        spiking.softReset = o.getSoftReset();
        setHeads(o, EngineKind::Sdsa);
        // Variants 1 and 2 have a neuron a channel.
        if (spiking.variant <= 2)
          spiking.neurons /= spiking.tokens;
      });
  load.spiking = spiking;
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
