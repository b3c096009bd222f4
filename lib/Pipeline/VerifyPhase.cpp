//===- VerifyPhase.cpp - Check that a module is what its phase promises ---===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "snn/Pipeline/Options.h"
#include "snn/Pipeline/Passes.h"

namespace snn {
#define GEN_PASS_DEF_SNNVERIFYPHASE
#include "snn/Pipeline/Passes.h.inc"
} // namespace snn

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

Type elementType(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType();
}

/// A product on trains whose silent inputs contribute has its constant.
template <typename Op> LogicalResult verifyOffset(Op op) {
  auto train = dyn_cast<TTFSType>(elementType(op.getX()));
  if (train && train.getMask() != train.getZero() && !op.getOffset())
    return op.emitOpError("needs an offset for its silent inputs after phase "
                          "'spike' (mask ")
           << train.getMask() << ", zero point " << train.getZero() << ")";
  return success();
}

LogicalResult verifySpiking(Operation *op) {
  if (std::optional<Site> site = getSite(op);
      site && isSpiking(site->kind) &&
      isa<LevelType>(elementType(site->result)))
    return op->emitOpError("needs a spike train after phase 'spike', makes "
                           "levels");
  // Quantisers of phase codes are kernels of no unit.
  if (auto kernel = dyn_cast<KernelOpInterface>(op);
      kernel && kernel.getKernelName().empty())
    return op->emitOpError("is no neuron after phase 'spike'; run spike-phase");
  if (auto linear = dyn_cast<LinearOp>(op))
    return verifyOffset(linear);
  if (auto conv = dyn_cast<ConvOp>(op))
    return verifyOffset(conv);
  return success();
}

/// Every product is bound to a unit, and every layer has its place.
LogicalResult verifyMapped(Operation *op) {
  if (isa<spike::MatMulOp>(op))
    return op->emitOpError("is bound to no engine after phase 'image'");
  auto consumer = dyn_cast<EventConsumerOpInterface>(op);
  if (consumer && consumer.getWeight() && !isa<xbar::LayerOpInterface>(op)) {
    // A chip without crossbars programs none.
    auto rounds = op->getParentOfType<ModuleOp>()->getAttrOfType<IntegerAttr>(
        xbar::roundsAttrName);
    if (!rounds || !rounds.getValue().isZero())
      return op->emitOpError("is bound to no crossbar after phase 'image'");
  }
  std::optional<xbar::Layer> layer = xbar::getLayer(op);
  if (layer && !layer->placement)
    return op->emitOpError("needs a placement after phase 'image'");
  return success();
}

LogicalResult verifyOp(Operation *op, Phase phase) {
  bool isSpike = isa_and_nonnull<SpikeDialect>(op->getDialect());
  bool isOnnx = isa_and_nonnull<onnx::OnnxDialect>(op->getDialect());
  // Neurons that the file states, and the numbers of their spikes.
  auto decode = dyn_cast<DequantizeOp>(op);
  bool isNeuron =
      isa<LifOp>(op) || (decode && isStepTrain(decode.getX().getType()));
  if (phase == Phase::Import && isSpike && !isNeuron)
    return op->emitOpError("does not belong in phase 'import'");
  if (phase == Phase::Sim && (isSpike || isOnnx))
    return op->emitOpError("does not belong in phase 'sim'");
  if (phase >= Phase::Quantise && isa<SiteOp>(op))
    return op->emitOpError("is not quantised after phase 'quantise'");
  if ((phase == Phase::Spike || phase == Phase::Engines ||
       phase == Phase::Image) &&
      failed(verifySpiking(op)))
    return failure();
  auto attention = dyn_cast<AttentionEngineOpInterface>(op);
  if (phase == Phase::Engines && attention && !attention.getEngine())
    return op->emitOpError("needs an attention engine after phase 'engines'");
  if (phase == Phase::Image)
    return verifyMapped(op);
  return success();
}

struct VerifyPhase : snn::impl::SnnVerifyPhaseBase<VerifyPhase> {
  using SnnVerifyPhaseBase::SnnVerifyPhaseBase;

  void runOnOperation() override {
    std::optional<Phase> last = parseChoice<Phase>(phase);
    if (!last) {
      getOperation().emitError("has no phase '")
          << phase.getValue() << "'; it may be "
          << listChoices(getChoices<Phase>());
      return signalPassFailure();
    }
    WalkResult result = getOperation().walk([&](Operation *op) {
      return failed(verifyOp(op, *last)) ? WalkResult::interrupt()
                                         : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
