//===- ComposedEnergy.cpp - Units composed of primitives ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One table of what every unit does with adders, comparators, shifters,
// multipliers, random bits, memory bits and wires: equal operations cost the
// same, whatever the system. docs/energy.md has it in words.
//
//===----------------------------------------------------------------------===//

#include "EnergyParts.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace snn;
using namespace snn::chip;

Operations &Operations::operator+=(const Operations &other) {
  for (const OperationField &field : operationFields)
    this->*field.count += other.*field.count;
  return *this;
}

bool Operations::empty() const {
  return llvm::all_of(operationFields, [&](const OperationField &field) {
    return this->*field.count == 0;
  });
}

double Operations::energyPj(const Primitives &primitives) const {
  double sum = 0;
  for (const OperationField &field : operationFields)
    sum += this->*field.count * (primitives.*field.pj).value;
  return sum;
}

/// The bits that a comparator of random numbers has.
constexpr double randomWordBits = 8;
/// The bits of an adder: an AND, or one bit of a sum, is a part of it.
constexpr double adderBits = 16;

/// One step of leaky integrate-and-fire neurons.
static Operations getUpdates(const SpikingLoad &spiking, const Counts &counts) {
  Operations result;
  double updates = counts.neuronUpdates;
  result.compares = updates;
  if (std::isinf(spiking.tau) || spiking.tau == 1) {
    result.adds = updates;
  } else {
    // The leak is a shift where 1/tau is a power of two.
    int exponent;
    bool isShift = std::frexp(spiking.tau, &exponent) == 0.5;
    (isShift ? result.shifts : result.multiplies) = updates;
    result.adds = 2 * updates;
  }
  if (spiking.softReset)
    result.adds += counts.neuronSpikes;
  return result;
}

void snn::chip::composeEnergy(const Load &load, const Workload &workload,
                              const Chip &chip, OpEnergy &op) {
  const Counts &counts = op.counts;
  double hops = chip.energy.hops;
  auto &operations = op.operations;
  double eventBits = 1;
  if (load.isSynaptic) {
    const SiteLoad &site = workload.sites[unsigned(load.site)];
    Operations &accumulate = operations[Component::Accumulate];
    eventBits = site.spikeBits();
    if (load.unit == Unit::Crossbar) {
      // Bits count powers of two, slots of a phase code powers of its base.
      accumulate.adds = counts.partialSums;
      (site.phase ? accumulate.multiplies : accumulate.shifts) =
          counts.partialSums;
    } else {
      accumulate.adds = counts.synapticOperations;
      // An event carries a digit; on one bit it is the other operand itself.
      if (eventBits > 1 && load.weightBits > 1)
        accumulate.multiplies = counts.synapticOperations;
    }
  }
  if (load.spiking) {
    operations[Component::Neuron] = getUpdates(*load.spiking, counts);
    operations[Component::MembraneMemory].sramBits = counts.membraneBits;
    operations[Component::Rng].randomBits =
        counts.randomNumbers * randomWordBits;
    operations[Component::Threshold].compares = counts.randomComparisons;
    operations[Component::Accumulate].adds =
        counts.accumulations + counts.coincidences * (counts.ands > 0) +
        (counts.ands + counts.smallAdds) / adderBits;
  }
  if (load.fireSite >= 0) {
    operations[Component::Threshold].compares = counts.comparisons;
    // Potentials of phase codes grow by the base in every phase.
    constexpr double potentialBits = 32;
    double steps = counts.neuronSteps + counts.growthSteps;
    operations[Component::Neuron].multiplies = steps;
    operations[Component::MembraneMemory].sramBits = 2 * potentialBits * steps;
  }
  operations[Component::WeightAccess].sramBits = counts.weightBits;
  operations[Component::AttentionMemory].sramBits =
      counts.attentionBits +
      (load.residentSite >= 0 ? load.weights * load.weightBits : 0);
  operations[Component::Movement].bitHops =
      (counts.tileFeeds * eventBits + load.movedBits) * hops;
  Operations &digital = operations[Component::DigitalUnit];
  digital.adds = digital.multiplies = counts.integerMacs;
  digital.sramBits = counts.memoryBits;
  for (const auto &[component, count] : operations)
    op.full[component] = count.energyPj(*chip.primitives);
  // Floating point is the same unit for every system.
  op.full[Component::DigitalUnit] += counts.floatMacs * chip.energy.floatMacPj;
}
