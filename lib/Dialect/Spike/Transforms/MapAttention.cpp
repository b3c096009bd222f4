//===- MapAttention.cpp - Give dynamic products their engine --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/EngineKinds.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/Spike.h"
#include "llvm/ADT/TypeSwitch.h"

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
    getOperation().walk([&](Operation *op) {
      StringRef engine =
          TypeSwitch<Operation *, StringRef>(op)
              .Case([](spike::MatMulOp) { return "mttfs"; })
              .Case<PhaseMatMulOp, WossOp>([](auto) { return "trace_woss"; })
              .Case([](SdsaOp) { return "sdsa"; })
              .Case([](SsaOp) { return "ssa"; })
              .Default([](Operation *) { return ""; });
      if (engine.empty() || wanted == "auto" || wanted == engine)
        return;
      op->emitOpError("is ")
          << (engine == "sdsa"  ? "spike-driven"
              : engine == "ssa" ? "stochastic"
                                : "softmax")
          << " attention, which engine '" << wanted
          << "' does not compute: another attention needs a network trained "
             "for it; use --attention auto or "
          << engine;
      failedAny = true;
    });
    getOperation().walk([&](spike::MatMulOp op) {
      if (!isTrain(op.getLhs().getType())) {
        op.emitOpError("needs a spike train as its left operand; run "
                       "spike-mttfs first");
        failedAny = true;
        return;
      }
      op.setEngine("mttfs");
    });
    getOperation().walk([](Operation *op) {
      TypeSwitch<Operation *>(op).Case<PhaseMatMulOp, WossOp>(
          [](auto attention) { attention.setEngine("trace_woss"); });
      if (auto sdsa = dyn_cast<SdsaOp>(op))
        sdsa.setEngine("sdsa");
      if (auto ssa = dyn_cast<SsaOp>(op))
        ssa.setEngine("ssa");
    });
    if (failedAny)
      signalPassFailure();
  }
};

} // namespace
