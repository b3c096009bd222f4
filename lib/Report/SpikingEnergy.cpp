//===- SpikingEnergy.cpp - Energy of neurons and binary attention ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EnergyParts.h"
#include "SpikingModel.h"
#include "snn/Dialect/Spike/SpikeInterfaces.h"

using namespace mlir;
using namespace snn;
using namespace snn::chip;

void SpikingCharges::addNeurons(double rate) {
  constexpr double membraneBits = 32; // F32
  counts.neuronUpdates = spiking.neurons;
  counts.neuronSpikes = spiking.neurons * std::min(1.0, rate);
  counts.membraneBits = 2 * membraneBits * spiking.neurons;
  op.paper[Component::Neuron] +=
      counts.neuronUpdates * (energy.neuronPj + energy.spikePj);
  op.full[Component::Neuron] += counts.neuronUpdates * energy.neuronPj +
                                counts.neuronSpikes * energy.spikePj;
  op.full[Component::MembraneMemory] +=
      counts.membraneBits * energy.membranePjPerBit;
  // A neuron compares with every level that it counts; the first is part of its
  // update.
  if (double levels = largestOf(spiking.site); levels > 1) {
    counts.comparisons = spiking.neurons * levels;
    op.full[Component::Threshold] +=
        spiking.neurons * (levels - 1) * energy.comparePj;
  }
}

void SpikingCharges::addDraws() {
  charge(Component::Rng, counts.randomNumbers * energy.rngPj);
  charge(Component::Threshold, counts.randomComparisons * energy.comparePj);
}

void SpikingCharges::addOperands() {
  double rows = spiking.heads * spiking.tokens, movedBits = 0;
  counts.events = counts.attentionBits = 0;
  auto add = [&](int index, double channels) {
    SiteLoad binary;
    binary.coding.bits = 1;
    binary.rate = 1;
    const SiteLoad &train =
        index >= 0 ? workload.sites[unsigned(index)] : binary;
    double events = rows * channels * train.sent();
    counts.events += events;
    movedBits += events * train.spikeBits();
    counts.attentionBits += rows * channels * train.coding.bits;
  };
  add(spiking.query, spiking.channels);
  add(spiking.key, spiking.channels);
  add(spiking.value, spiking.width);
  counts.tileFeeds = counts.events;
  double moved = movedBits * energy.movementPjPerBitHop * energy.hops;
  op.full[Component::Movement] += moved;
  op.movementPerSynapse += moved;
}

namespace {
/// Neurons that keep a membrane.
struct MembraneModel : SpikingModel {
  void charge(SpikingCharges &c) const override {
    c.addNeurons(c.rateOf(c.spiking.site));
  }
};

/// Neurons that fire by chance.
struct RandomModel : SpikingModel {
  void charge(SpikingCharges &c) const override {
    c.counts.randomNumbers = c.counts.randomComparisons = c.spiking.neurons;
    c.addDraws();
  }
};
} // namespace

SpikingModelPtr snn::chip::makeNeuronModel(Operation *op) {
  auto neurons = dyn_cast<spike::NeuronOpInterface>(op);
  if (!neurons || isa<spike::SpikingAttentionOpInterface>(op))
    return nullptr;
  switch (neurons.getNeuronModel()) {
  case spike::NeuronModel::Threshold:
    return nullptr;
  case spike::NeuronModel::Membrane:
    return std::make_shared<MembraneModel>();
  case spike::NeuronModel::Random:
    return std::make_shared<RandomModel>();
  }
  llvm_unreachable("unknown neurons");
}

void snn::chip::addSpikingEnergy(const Load &load, const Workload &workload,
                                 const Chip &chip, OpEnergy &op) {
  op.isPaper = true;
  SpikingCharges charges(load, workload, chip, op);
  load.spiking->model->charge(charges);
}

/// The firing rate of published energies; of integer neurons it is the mean
/// count, as if every count were so many steps (Yao et al., Spike-driven
/// Transformer V3).
static double publishedRate(const SiteLoad &site) {
  return site.maxCount ? site.unitEvents : site.rate;
}

void snn::chip::countFiringRates(const Load &load, const Workload &workload,
                                 const Chip &chip, OpEnergy &op) {
  op.paper = Breakdown();
  if (load.spiking && load.spiking->heads > 0)
    op.paper[Component::Accumulate] =
        op.counts.synapticOperations * chip.energy.accumulatePj;
  if (!load.isSynaptic || load.unit == Unit::Engine)
    return;
  if (load.rateSite)
    op.paper[Component::Accumulate] =
        load.synapses *
        publishedRate(workload.sites[unsigned(*load.rateSite)]) *
        chip.energy.accumulatePj;
  else
    op.paper[Component::DigitalUnit] =
        load.synapses * load.repeats * chip.energy.floatMacPj;
}
