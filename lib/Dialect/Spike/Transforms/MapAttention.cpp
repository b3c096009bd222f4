//===- MapAttention.cpp - Give dynamic products their engine --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/EngineKinds.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/Spike.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEMAPATTENTION
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

struct MapAttention : spike::impl::SpikeMapAttentionBase<MapAttention> {
  using SpikeMapAttentionBase::SpikeMapAttentionBase;

  void runOnOperation() override {
    bool failedAny = false;
    std::string wanted = chip::normaliseName(attention.getValue());
    // What asks for another function than the network's attention is refused.
    getOperation().walk([&](AttentionEngineOpInterface op) {
      std::string engine = op.getEngineOption();
      if (wanted == "auto" || wanted == op.getEngineName())
        return;
      op->emitOpError("is ")
          << op.getAttentionName() << " attention, which engine '" << wanted
          << "' does not compute: another attention needs a network trained "
             "for it; use --attention auto or "
          << engine;
      failedAny = true;
    });
    getOperation().walk([&](AttentionEngineOpInterface op) {
      if (failed(op.verifyEngineOperands()))
        failedAny = true;
      else
        op.setEngine(op.getEngineName());
    });
    if (failedAny)
      signalPassFailure();
  }
};

} // namespace
