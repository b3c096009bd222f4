//===- Energy.cpp - Counts times constants --------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The formulas of docs/energy.md. No number of a chip stands here.
//
//===----------------------------------------------------------------------===//

#include "EnergyParts.h"
#include "llvm/ADT/DenseMap.h"

#include <cmath>

using namespace snn;
using namespace snn::chip;

llvm::StringRef snn::chip::toString(Component component) {
  static constexpr llvm::StringLiteral names[numComponents] = {
      "movement",        "weight_access",
      "crossbar_adc",    "crossbar_control",
      "crossbar_cells",  "crossbar_word_lines",
      "accumulate",      "threshold",
      "neuron",          "rng",
      "membrane_memory", "attention_memory",
      "digital_unit"};
  return names[unsigned(component)];
}

Breakdown &Breakdown::operator+=(const Breakdown &other) {
  for (unsigned i = 0; i < numComponents; ++i)
    pj[i] += other.pj[i];
  return *this;
}

double Breakdown::total() const {
  double sum = 0;
  for (double leaf : pj)
    sum += leaf;
  return sum;
}

Counts &Counts::operator+=(const Counts &other) {
#define COUNT(Field, Key, Meaning) Field += other.Field;
#include "snn/Report/Counts.def"
  return *this;
}

double AreaResult::total() const {
  double sum = 0;
  for (const auto &[key, area] : areaFields)
    sum += this->*area;
  return sum;
}

Breakdown OpEnergy::fullPerSynapse() const {
  Breakdown result = full;
  result[Component::Movement] = movementPerSynapse;
  return result;
}

/// Words of potentials, and of the operands of a network without spikes.
static constexpr double potentialBits = 32;

namespace {
/// Computes one op after the other.
class EnergyModel {
public:
  EnergyModel(const Workload &workload, const Chip &chip)
      : workload(workload), chip(chip), energy(chip.energy) {}

  OpEnergy compute(unsigned index);

private:
  void countSynapses(const Load &load, Counts &counts) const;
  void countCrossbar(const Load &load, Counts &counts) const;
  void countDigitalCore(const Load &load, Counts &counts) const;
  void countEngine(const Load &load, Counts &counts) const;
  /// What `steps` phases of neurons in their fire window cost.
  Breakdown priceNeuronSteps(double steps) const;
  void addPhaseNeurons(const Load &load, unsigned index, OpEnergy &op) const;
  /// A normalisation as a layer of fan-in 1, in the paper's accounting.
  void addNormalisation(const Load &load, OpEnergy &op) const;
  double priceWithoutSpikes(const Load &load) const;

  const Workload &workload;
  const Chip &chip;
  const Energy &energy;
};
} // namespace

/// Events, and their targets.
void EnergyModel::countSynapses(const Load &load, Counts &counts) const {
  double rate = 1, sent = 1;
  if (load.site >= 0) {
    rate = workload.sites[load.site].added();
    sent = workload.sites[load.site].sent();
  }
  counts.events = load.neurons * sent;
  counts.denseOperations = load.synapses;
  // A pair of trains meets where both fire.
  if (load.residentSite >= 0)
    rate *= workload.sites[load.residentSite].rate;
  counts.synapticOperations = load.synapses * rate;
}

void EnergyModel::countCrossbar(const Load &load, Counts &counts) const {
  const SiteLoad &site = workload.sites[load.site];
  const Mapping &map = *load.mapping;
  // (vector, input) pairs of one column block.
  double pairs = load.synapses / (load.outputs / load.groups);
  double columns = load.outputs * map.slices;
  double activeGroups = 0, density = 0;
  for (double q : site.bitDensity) {
    density += q;
    activeGroups +=
        site.groupsAlwaysActive ? 1 : 1 - std::pow(1 - q, map.activeRows);
  }
  if (load.activeGroups && !site.groupsAlwaysActive)
    activeGroups = *load.activeGroups * double(site.bitDensity.size());
  double all = load.vectors * map.rowGroups * columns;
  counts.conversions = all * activeGroups;
  counts.skippedConversions =
      all * (double(site.bitDensity.size()) - activeGroups);
  counts.drivenRows = pairs * density;
  counts.activeCells = load.synapses * map.slices * density;
  counts.tileFeeds = pairs * site.sent() * map.columnBlocks;
  // The first code of a result starts its sum.
  counts.partialSums =
      std::max(0.0, counts.conversions - load.vectors * load.outputs);
}

void EnergyModel::countDigitalCore(const Load &load, Counts &counts) const {
  double pairs = load.synapses / (load.outputs / load.groups);
  double bits = load.weights * load.weightBits;
  double cores = std::ceil(bits / (chip.core.weightKib * 8192.0));
  counts.weightBits =
      counts.synapticOperations *
      std::max(load.weightBits, chip.core.minimumFetchBits.value);
  counts.tileFeeds = pairs * workload.sites[load.site].sent() * cores;
}

void EnergyModel::countEngine(const Load &load, Counts &counts) const {
  const Engine *engine = chip.findEngine(load.engine);
  unsigned least = engine ? engine->minimumFetchBits.value : 1;
  counts.tileFeeds = counts.events * load.keyTiles;
  counts.attentionBits =
      counts.synapticOperations * std::max(load.weightBits, least);
  // SpikedAttention's model does not count that operands are written.
  if (load.residentSite < 0)
    counts.attentionBits += load.weights * load.weightBits;
}

Breakdown EnergyModel::priceNeuronSteps(double steps) const {
  // A potential is read, grows, is compared and written, and a spike bit is
  // written.
  Breakdown price;
  price[Component::MembraneMemory] =
      steps * 2 * potentialBits * energy.membranePjPerBit;
  price[Component::Neuron] = steps * energy.neuronPj;
  price[Component::Movement] = steps * energy.movementPjPerBitHop * energy.hops;
  return price;
}

void EnergyModel::addPhaseNeurons(const Load &load, unsigned index,
                                  OpEnergy &op) const {
  for (const SiteLoad &site : workload.sites)
    if (site.phase && site.owner == int(index))
      op.counts.neuronStepsPaper += site.neurons * site.unfired;
  if (op.isPaper)
    op.paper += priceNeuronSteps(op.counts.neuronStepsPaper);
  if (load.fireSite < 0 || !workload.sites[load.fireSite].phase)
    return;
  const SiteLoad &site = workload.sites[load.fireSite];
  op.counts.neuronSteps = site.neurons * site.unfired;
  op.counts.comparisons = op.counts.neuronSteps;
  op.counts.growthSteps = site.neurons * site.phase->phases;
  Breakdown fire = priceNeuronSteps(op.counts.neuronSteps);
  op.movementPerSynapse += fire[Component::Movement];
  op.full += fire;
  op.full[Component::MembraneMemory] +=
      op.counts.growthSteps * 2 * potentialBits * energy.membranePjPerBit;
  op.full[Component::Neuron] += op.counts.growthSteps * energy.floatMacPj;
}

void EnergyModel::addNormalisation(const Load &load, OpEnergy &op) const {
  double rate = load.site >= 0 ? workload.sites[load.site].rate : 1;
  double events = load.synapses * rate;
  op.isPaper = true;
  op.counts.denseOperations = load.synapses;
  op.paper[Component::WeightAccess] =
      events * potentialBits * energy.weightPjPerBit;
  op.paper[Component::Movement] =
      events * energy.movementPjPerBitHop * energy.hops;
  op.paper[Component::Accumulate] = events * energy.accumulatePj;
}

double EnergyModel::priceWithoutSpikes(const Load &load) const {
  if (!load.isSynaptic && !load.isNormalisation)
    return 0;
  double results = load.vectors * load.outputs;
  return load.synapses * energy.floatMacPj +
         (2 * load.synapses + results) * potentialBits * energy.digitalPjPerBit;
}

OpEnergy EnergyModel::compute(unsigned index) {
  const Load &load = workload.loads[index];
  OpEnergy op;
  op.load = index;
  Counts &counts = op.counts;
  double bitHops = energy.movementPjPerBitHop * energy.hops;

  if (load.isSynaptic) {
    countSynapses(load, counts);
    const SiteLoad &site = workload.sites[load.site];
    if (load.unit == Unit::Crossbar)
      countCrossbar(load, counts);
    else if (load.unit == Unit::DigitalCore)
      countDigitalCore(load, counts);
    else
      countEngine(load, counts);
    bool isStatic = load.unit != Unit::Engine;
    // The neurons behind a binary train's layer compare by themselves.
    if (isStatic && site.steps == 0)
      counts.comparisonsPaper =
          site.phase ? 0 : load.vectors * load.outputs * site.window();

    // Leaves that both accountings share.
    Breakdown shared;
    shared[Component::WeightAccess] = counts.weightBits * energy.weightPjPerBit;
    shared[Component::CrossbarAdc] = counts.conversions * energy.adcPj;
    shared[Component::CrossbarControl] = counts.conversions * energy.controlPj;
    shared[Component::CrossbarCells] = counts.activeCells * energy.cellPj;
    shared[Component::CrossbarWordLines] =
        counts.drivenRows * (load.mapping ? load.mapping->columnBlocks : 0) *
        energy.wordLinePj;
    shared[Component::AttentionMemory] =
        counts.attentionBits * energy.attentionPjPerBit;
    if (load.unit != Unit::Crossbar)
      shared[Component::Accumulate] =
          counts.synapticOperations * energy.accumulatePj;

    double perEvent = site.spikeBits() * bitHops;
    op.full = shared;
    op.full[Component::Accumulate] += counts.partialSums * energy.partialSumPj;
    op.full[Component::Movement] = counts.tileFeeds * perEvent;
    // A target of a count gets one word of it, or every spike.
    op.movementPerSynapse = (site.maxCount ? load.synapses * site.sent()
                                           : counts.synapticOperations) *
                            perEvent;
    if (load.residentSite >= 0)
      op.full[Component::AttentionMemory] +=
          load.weights * load.weightBits * energy.attentionPjPerBit;
    op.isPaper = !load.isSecondLinear;
    if (op.isPaper)
      op.paper = shared;
  }
  if (op.isPaper) {
    op.paper[Component::Movement] = op.movementPerSynapse;
    op.paper[Component::Threshold] = counts.comparisonsPaper * energy.comparePj;
  }
  if (load.isNormalisation)
    addNormalisation(load, op);
  addPhaseNeurons(load, index, op);
  op.annPj = priceWithoutSpikes(load);

  if (load.fireSite >= 0 && !workload.sites[load.fireSite].phase) {
    const SiteLoad &site = workload.sites[load.fireSite];
    counts.comparisons = site.neurons * site.comparisons;
    op.full[Component::Threshold] = counts.comparisons * energy.comparePj;
  }
  if (load.spiking)
    addSpikingEnergy(load, workload, chip, op);
  counts.floatMacs +=
      load.floatMacs + load.exponentials * chip.digital.macsPerExponential;
  counts.integerMacs += load.integerMacs;
  counts.memoryBits += load.memoryBits;
  if (load.isFloatProduct || load.integerMacs > 0)
    counts.denseOperations = load.synapses;
  op.full[Component::DigitalUnit] += counts.floatMacs * energy.floatMacPj +
                                     counts.integerMacs * energy.integerMacPj +
                                     counts.memoryBits * energy.digitalPjPerBit;
  double moved = load.movedBits * bitHops;
  op.full[Component::Movement] += moved;
  op.movementPerSynapse += moved;
  if (chip.primitives)
    composeEnergy(load, workload, chip, op);
  if (chip.countsFiringRates())
    countFiringRates(load, workload, chip, op);
  return op;
}

/// Cells and rows of all layers; rows of one core are written one after the
/// other, cores work side by side.
static Programming computeProgramming(const Workload &workload,
                                      const Chip &chip) {
  Programming result;
  if (!chip.hasCrossbars()) {
    double words = 0;
    for (const Load &load : workload.loads)
      if (load.unit == Unit::DigitalCore) {
        result.cells += load.weights * load.weightBits;
        words += load.weights / chip.core.processingElements;
      }
    result.rows = words;
    result.timeNs = words / chip.cores * chip.timing.programNsPerRow;
    result.energyPj = result.cells * chip.energy.programPjPerCell;
    return result;
  }
  bool isPair = chip.crossbar.encoding.value == WeightEncoding::Differential;
  // Rounds follow each other, so that their times add.
  llvm::DenseMap<std::pair<unsigned, int64_t>, double> rowsOfCore;
  for (const Load &load : workload.loads) {
    if (!load.mapping || load.cellsOf >= 0)
      continue;
    const Mapping &map = *load.mapping;
    result.cells += load.weights * map.slices * map.replicas * (isPair ? 2 : 1);
    double rows = load.inputs * map.columnBlocks * load.groups * map.replicas;
    result.rows += rows;
    unsigned round = map.round;
    size_t tile = 0;
    auto addTiles = [&](size_t end) {
      for (; tile < end; ++tile)
        rowsOfCore[{round, map.crossbars[tile] / chip.core.crossbars}] +=
            rows / double(map.crossbars.size());
      ++round;
    };
    for (int64_t tiles : map.roundTiles)
      addTiles(tile + size_t(tiles));
    addTiles(map.crossbars.size());
  }
  result.roundNs.assign(size_t(workload.rounds), 0);
  for (const auto &[key, rows] : rowsOfCore) {
    double &ns = result.roundNs[key.first];
    ns = std::max(ns, rows * chip.timing.programNsPerRow);
  }
  for (double ns : result.roundNs)
    result.timeNs += ns;
  result.energyPj = result.cells * chip.energy.programPjPerCell;
  return result;
}

/// All units leak, used or not.
static double computeLeakage(const Chip &chip) {
  double uw = double(chip.crossbars()) * chip.leakage.crossbarUw +
              chip.cores * chip.leakage.coreUw +
              chip.digital.lanes * chip.leakage.laneUw;
  for (const Engine &engine : chip.engines)
    uw += double(engine.count) * engine.processingElements *
          chip.leakage.elementUw;
  return uw;
}

EnergyResult snn::chip::computeEnergy(const Workload &workload,
                                      const Chip &chip) {
  EnergyResult result;
  EnergyModel model(workload, chip);
  for (unsigned i = 0; i < workload.loads.size(); ++i)
    result.ops.push_back(model.compute(i));
  result.programming = computeProgramming(workload, chip);
  result.leakageUw = computeLeakage(chip);
  return result;
}

AreaResult snn::chip::computeArea(const Chip &chip) {
  const Area &area = chip.area;
  AreaResult um2;
  double crossbars = double(chip.crossbars());
  um2.cells =
      crossbars * chip.crossbar.rows * chip.crossbar.columns * area.cellUm2;
  um2.converters = crossbars * chip.crossbar.adcsPerCrossbar * area.adcUm2;
  um2.periphery = crossbars * area.crossbarPeripheryUm2;
  double memoryBits =
      (double(chip.core.bufferKib) + chip.core.weightKib) * 8192;
  um2.cores =
      chip.cores * (area.corePeripheryUm2 + memoryBits * area.memoryUm2PerBit +
                    chip.core.processingElements * area.elementUm2);
  for (const Engine &engine : chip.engines)
    um2.engines +=
        double(engine.count) * engine.processingElements *
        (area.elementUm2 + engine.kvBitsPerElement * area.memoryUm2PerBit);
  um2.digitalUnit = chip.digital.lanes * area.laneUm2;
  for (const auto &[key, part] : areaFields)
    um2.*part *= 1e-6;
  return um2;
}
