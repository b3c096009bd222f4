//===- SsaEnergy.cpp - Energy of stochastic spiking attention -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpikingModel.h"
#include "snn/Dialect/Spike/Spike.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::chip;

namespace {
struct SsaModel : SpikingModel {
  explicit SsaModel(spike::SsaOp op) : reusesDraws(op.getReuseRow()) {}
  void charge(SpikingCharges &c) const override;

  bool reusesDraws; ///< one draw for a row
};
} // namespace

void SsaModel::charge(SpikingCharges &c) const {
  double heads = c.spiking.heads, tokens = c.spiking.tokens,
         channels = c.spiking.channels;
  double pairs = heads * tokens * tokens * channels;
  const SiteLoad &site = c.site();
  c.counts.denseOperations = 2 * pairs;
  c.counts.coincidences = site.coincidences.value_or(
      pairs * c.rateOf(c.spiking.query) * c.rateOf(c.spiking.key));
  c.counts.synapticOperations = c.counts.coincidences;
  c.counts.randomComparisons = heads * tokens * (tokens + channels);
  c.counts.randomNumbers =
      reusesDraws ? 2 * heads * tokens : c.counts.randomComparisons;
  c.addDraws();
  if (!c.isOnEngine()) {
    c.counts.integerMacs = c.counts.denseOperations;
    c.counts.memoryBits = 4 * heads * tokens * channels;
    return;
  }
  c.counts.ands = 2 * pairs;
  c.counts.smallAdds = heads * tokens * channels * (tokens - 1);
  c.charge(Component::Accumulate,
           c.counts.ands * c.energy.andPj +
               c.counts.coincidences * c.energy.counterPj +
               c.counts.smallAdds * c.energy.smallAddPj);
  c.addOperands();
  c.charge(Component::AttentionMemory,
           c.counts.attentionBits * c.energy.attentionPjPerBit);
  // An array of cells sees a channel a cycle; the outputs follow one behind.
  const Engine &engine = *c.chip.findEngine(c.load.engine);
  double turns = std::ceil(tokens * tokens / engine.processingElements);
  c.op.engineCycles = (turns + 1) * channels;
}

SpikingModelPtr snn::chip::makeSsaModel(Operation *op) {
  auto ssa = dyn_cast<spike::SsaOp>(op);
  return ssa ? std::make_shared<SsaModel>(ssa) : nullptr;
}
