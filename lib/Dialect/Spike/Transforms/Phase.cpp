//===- Phase.cpp - Code a network of phase levels as spikes ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEPHASE
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

bool isPhase(Value value) {
  return isa<PhaseType>(getElementTypeOrSelf(value.getType()));
}

struct Phase : spike::impl::SpikePhaseBase<Phase> {
  using SpikePhaseBase::SpikePhaseBase;

  /// value + decode(train): the train of a skip connection.
  static bool makeResidual(onnx::AddOp add) {
    for (auto [value, skip] : {std::pair(add.getA(), add.getB()),
                               std::pair(add.getB(), add.getA())}) {
      auto decode = skip.getDefiningOp<PhaseDecodeOp>();
      if (!decode || value.getType() != skip.getType())
        continue;
      OpBuilder b(add);
      Value y = PhaseResidualOp::create(b, add.getLoc(), add.getType(), value,
                                        decode.getX());
      add.getResult().replaceAllUsesWith(y);
      add.erase();
      if (decode.use_empty())
        decode.erase();
      return true;
    }
    return false;
  }

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    SmallVector<onnx::AddOp> adds;
    for (Operation *op : ops) {
      OpBuilder b(op);
      if (auto site = dyn_cast<SiteOp>(op)) {
        site.emitOpError("is not quantised; run spike-quantize first");
        return signalPassFailure();
      }
      if (auto add = dyn_cast<onnx::AddOp>(op))
        adds.push_back(add);
      Value result;
      if (auto quantize = dyn_cast<QuantizeOp>(op)) {
        if (!isPhase(quantize.getResult())) {
          quantize.emitOpError("needs a phase code, makes ")
              << getElementTypeOrSelf(quantize.getResult().getType());
          return signalPassFailure();
        }
        result = PhaseEncodeOp::create(
            b, op->getLoc(), quantize.getType(), quantize.getX(),
            quantize.getValid(), quantize.getSiteAttr(), quantize.getKindAttr(),
            quantize.getTokenAxesAttr());
      } else if (auto dequantize = dyn_cast<DequantizeOp>(op);
                 dequantize && isPhase(dequantize.getX())) {
        result = PhaseDecodeOp::create(b, op->getLoc(), dequantize.getType(),
                                       dequantize.getX());
      }
      if (!result)
        continue;
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    }
    for (onnx::AddOp add : adds)
      makeResidual(add);
    facts(getOperation())
        .getCodingAttrHelper()
        .setAttr(getOperation(), StringAttr::get(&getContext(), "phase"));
  }
};

} // namespace
