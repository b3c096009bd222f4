//===- SdsaEnergy.cpp - Energy of spike-driven self-attention -------------===//
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
struct SdsaModel : SpikingModel {
  explicit SdsaModel(spike::SdsaOp op)
      : variant(int(op.getVariant())), isMasked(bool(op.getMask())) {}
  void charge(SpikingCharges &c) const override;

  int variant;
  bool isMasked;
};
} // namespace

void SdsaModel::charge(SpikingCharges &c) const {
  double heads = c.spiking.heads, tokens = c.spiking.tokens,
         channels = c.spiking.channels;
  double query = c.rateOf(c.spiking.query), key = c.rateOf(c.spiking.key),
         value = c.rateOf(c.spiking.value);
  double size = heads * tokens * channels, width = c.spiking.width;
  bool isMatrix = variant >= 3;
  // Additions of the second product, a word of K^T V each.
  double reads = isMatrix && !isMasked ? size * query * width : 0;
  double expected;
  if (variant == 1)
    expected = size * key * value;
  else if (variant == 2)
    expected = size * query;
  else if (isMasked)
    expected =
        heads * tokens * tokens * (channels * query * key + width * value) / 2;
  else
    expected = size * width * key * value + reads;
  c.counts.denseOperations = !isMatrix ? size
                             : isMasked
                                 ? heads * tokens * tokens * (channels + width)
                                 : 2 * size * width;
  const SiteLoad &site = c.site();
  double accumulations = site.accumulations.value_or(expected);
  c.counts.synapticOperations = accumulations;
  double gate = variant == 1 ? query : variant == 2 ? value : 1;
  c.addNeurons(gate > 0 ? c.rateOf(c.spiking.site) / gate : 0);
  if (!c.isOnEngine()) {
    c.counts.integerMacs = c.counts.denseOperations;
    c.counts.memoryBits = 4 * size;
    return;
  }
  c.counts.accumulations = accumulations;
  c.charge(Component::Accumulate, accumulations * c.energy.accumulatePj);
  c.addOperands();
  // A sum of K^T V is at most the number of tokens, of counts so many times the
  // largest of both.
  double most =
      tokens * c.largestOf(c.spiking.key) * c.largestOf(c.spiking.value);
  double wordBits = std::ceil(std::log2(most + 1));
  c.counts.attentionBits +=
      (reads + (isMatrix ? heads * channels * width : 0)) * wordBits;
  c.op.full[Component::AttentionMemory] +=
      c.counts.attentionBits * c.energy.attentionPjPerBit;
  const Engine &engine = *c.chip.findEngine(c.load.engine);
  c.op.engineCycles =
      accumulations / heads /
      std::min(engine.broadcastWidth.value, engine.processingElements.value);
}

SpikingModelPtr snn::chip::makeSdsaModel(Operation *op) {
  auto sdsa = dyn_cast<spike::SdsaOp>(op);
  return sdsa ? std::make_shared<SdsaModel>(sdsa) : nullptr;
}
