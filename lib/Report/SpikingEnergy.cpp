//===- SpikingEnergy.cpp - Energy of neurons and binary attention ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EnergyParts.h"

#include <cmath>

using namespace snn;
using namespace snn::chip;

namespace {
/// The charges of one op.
class SpikingModel {
public:
  SpikingModel(const Load &load, const Workload &workload, const Chip &chip,
               OpEnergy &op)
      : load(load), spiking(*load.spiking), workload(workload), chip(chip),
        energy(chip.energy), op(op), counts(op.counts) {}

  void run() {
    op.isPaper = true;
    switch (spiking.kind) {
    case SpikingLoad::Kind::Lif:
      return addNeurons(rateOf(spiking.site));
    case SpikingLoad::Kind::Bernoulli:
      counts.randomNumbers = counts.randomComparisons = spiking.neurons;
      return addDraws();
    case SpikingLoad::Kind::Sdsa:
      return addSdsa();
    case SpikingLoad::Kind::Ssa:
      return addSsa();
    }
  }

private:
  double rateOf(int site) const {
    return site >= 0 ? workload.sites[unsigned(site)].rate : 1;
  }
  void charge(Component component, double pj) {
    op.paper[component] += pj;
    op.full[component] += pj;
  }
  bool isOnEngine() const { return load.unit == Unit::Engine; }

  void addNeurons(double rate) {
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
  }

  void addDraws() {
    charge(Component::Rng, counts.randomNumbers * energy.rngPj);
    charge(Component::Threshold, counts.randomComparisons * energy.comparePj);
  }

  /// Q, K and V travel to the engine and lie in its memory.
  void addOperands() {
    double size = spiking.heads * spiking.tokens * spiking.channels;
    counts.events = size * (rateOf(spiking.query) + rateOf(spiking.key) +
                            rateOf(spiking.value));
    counts.tileFeeds = counts.events;
    counts.attentionBits = 3 * size;
    double moved = counts.events * energy.movementPjPerBitHop * energy.hops;
    op.full[Component::Movement] += moved;
    op.movementPerSynapse += moved;
  }

  void addSdsa() {
    double heads = spiking.heads, tokens = spiking.tokens,
           channels = spiking.channels;
    double query = rateOf(spiking.query), key = rateOf(spiking.key),
           value = rateOf(spiking.value);
    double size = heads * tokens * channels;
    bool isMatrix = spiking.variant >= 3;
    // Additions of the second product, a word of K^T V each.
    double reads = isMatrix && !spiking.isMasked ? size * query * channels : 0;
    double expected;
    if (spiking.variant == 1)
      expected = size * key * value;
    else if (spiking.variant == 2)
      expected = size * query;
    else if (spiking.isMasked)
      expected = size * tokens * (query * key + value) / 2;
    else
      expected = size * channels * key * value + reads;
    counts.denseOperations = !isMatrix          ? size
                             : spiking.isMasked ? 2 * size * tokens
                                                : 2 * size * channels;
    const SiteLoad &site = workload.sites[unsigned(spiking.site)];
    double accumulations = site.accumulations.value_or(expected);
    counts.synapticOperations = accumulations;
    double gate = spiking.variant == 1   ? query
                  : spiking.variant == 2 ? value
                                         : 1;
    addNeurons(gate > 0 ? rateOf(spiking.site) / gate : 0);
    if (!isOnEngine()) {
      counts.integerMacs = counts.denseOperations;
      counts.memoryBits = 4 * size;
      return;
    }
    counts.accumulations = accumulations;
    charge(Component::Accumulate, accumulations * energy.accumulatePj);
    addOperands();
    // A sum of K^T V is at most the number of tokens.
    double wordBits = std::ceil(std::log2(tokens + 1));
    counts.attentionBits +=
        (reads + (isMatrix ? heads * channels * channels : 0)) * wordBits;
    op.full[Component::AttentionMemory] +=
        counts.attentionBits * energy.attentionPjPerBit;
    const Engine &engine = *chip.findEngine(EngineKind::Sdsa);
    op.engineCycles =
        accumulations / heads /
        std::min(engine.broadcastWidth.value, engine.processingElements.value);
  }

  void addSsa() {
    double heads = spiking.heads, tokens = spiking.tokens,
           channels = spiking.channels;
    double pairs = heads * tokens * tokens * channels;
    const SiteLoad &site = workload.sites[unsigned(spiking.site)];
    counts.denseOperations = 2 * pairs;
    counts.coincidences = site.coincidences.value_or(
        pairs * rateOf(spiking.query) * rateOf(spiking.key));
    counts.synapticOperations = counts.coincidences;
    counts.randomComparisons = heads * tokens * (tokens + channels);
    counts.randomNumbers =
        spiking.reusesDraws ? 2 * heads * tokens : counts.randomComparisons;
    addDraws();
    if (!isOnEngine()) {
      counts.integerMacs = counts.denseOperations;
      counts.memoryBits = 4 * heads * tokens * channels;
      return;
    }
    counts.ands = 2 * pairs;
    counts.smallAdds = heads * tokens * channels * (tokens - 1);
    charge(Component::Accumulate, counts.ands * energy.andPj +
                                      counts.coincidences * energy.counterPj +
                                      counts.smallAdds * energy.smallAddPj);
    addOperands();
    charge(Component::AttentionMemory,
           counts.attentionBits * energy.attentionPjPerBit);
    // An array of cells sees a channel a cycle; the outputs follow one behind.
    const Engine &engine = *chip.findEngine(EngineKind::Ssa);
    double turns = std::ceil(tokens * tokens / engine.processingElements);
    op.engineCycles = (turns + 1) * channels;
  }

  const Load &load;
  const SpikingLoad &spiking;
  const Workload &workload;
  const Chip &chip;
  const Energy &energy;
  OpEnergy &op;
  Counts &counts;
};
} // namespace

void snn::chip::addSpikingEnergy(const Load &load, const Workload &workload,
                                 const Chip &chip, OpEnergy &op) {
  SpikingModel(load, workload, chip, op).run();
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
        load.synapses * workload.sites[unsigned(*load.rateSite)].rate *
        chip.energy.accumulatePj;
  else
    op.paper[Component::DigitalUnit] =
        load.synapses * load.repeats * chip.energy.floatMacPj;
}
