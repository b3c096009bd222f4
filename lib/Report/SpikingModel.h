//===- SpikingModel.h - Energy of one spiking unit --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What reports count and charge for one kind of neurons or attention of binary
// trains. One file a kind; an attention engine (EngineKinds.h) without one does
// not link.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_REPORT_SPIKINGMODEL_H
#define SNN_LIB_REPORT_SPIKINGMODEL_H

#include "snn/Chip/EngineKinds.h"
#include "snn/Report/Energy.h"

#include <algorithm>
#include <memory>

namespace snn::chip {

/// Counts and energies of one op, with what several models charge.
class SpikingCharges {
public:
  SpikingCharges(const Load &load, const Workload &workload, const Chip &chip,
                 OpEnergy &op)
      : load(load), spiking(*load.spiking), workload(workload), chip(chip),
        energy(chip.energy), op(op), counts(op.counts) {}

  const SiteLoad &site() const {
    return workload.sites[unsigned(spiking.site)];
  }
  /// Spikes per neuron and step; 1 for a train of no site.
  double rateOf(int site) const {
    return site >= 0 ? workload.sites[unsigned(site)].rate : 1;
  }
  /// The largest count of a site's train.
  double largestOf(int site) const {
    return site >= 0 ? std::max(1u, workload.sites[unsigned(site)].maxCount)
                     : 1;
  }
  bool isOnEngine() const { return load.unit == Unit::Engine; }

  /// Of both accountings.
  void charge(Component component, double pj) {
    op.paper[component] += pj;
    op.full[component] += pj;
  }
  /// Membranes that are updated, of which `rate` fire.
  void addNeurons(double rate);
  /// The random numbers and comparisons that have been counted.
  void addDraws();
  /// Q, K and V travel to the engine and lie in its memory.
  void addOperands();

  const Load &load;
  const SpikingLoad &spiking;
  const Workload &workload;
  const Chip &chip;
  const Energy &energy;
  OpEnergy &op;
  Counts &counts;
};

class SpikingModel {
public:
  virtual ~SpikingModel() = default;
  virtual void charge(SpikingCharges &charges) const = 0;
};

using SpikingModelPtr = std::shared_ptr<const SpikingModel>;

// The model of an op; null for an op of another kind.
SpikingModelPtr makeNeuronModel(mlir::Operation *op);
#define ENGINE(Enumerator, Name, Coding, Help)                                 \
  SpikingModelPtr make##Enumerator##Model(mlir::Operation *op);
SNN_SPIKING_ATTENTION_ENGINES(ENGINE)
#undef ENGINE

/// The model of any op of a network that was trained to spike; null for others.
inline SpikingModelPtr makeSpikingModel(mlir::Operation *op) {
  if (SpikingModelPtr model = makeNeuronModel(op))
    return model;
#define ENGINE(Enumerator, Name, Coding, Help)                                 \
  if (SpikingModelPtr model = make##Enumerator##Model(op))                     \
    return model;
  SNN_SPIKING_ATTENTION_ENGINES(ENGINE)
#undef ENGINE
  return nullptr;
}

} // namespace snn::chip

#endif // SNN_LIB_REPORT_SPIKINGMODEL_H
