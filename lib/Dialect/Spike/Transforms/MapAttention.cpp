//===- MapAttention.cpp - Give dynamic products their engine --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

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
    getOperation().walk([&](spike::MatMulOp op) {
      if (!isa<TTFSType>(
              cast<RankedTensorType>(op.getLhs().getType()).getElementType())) {
        op.emitOpError("needs a spike train as its left operand; run "
                       "spike-mttfs first");
        failedAny = true;
        return;
      }
      op.setEngine("mttfs");
    });
    getOperation().walk([](Operation *op) {
      TypeSwitch<Operation *>(op).Case<PhaseMatMulOp, WossOp>(
          [](auto attention) { attention.setEngine("trace-woss"); });
    });
    if (failedAny)
      signalPassFailure();
  }
};

} // namespace
