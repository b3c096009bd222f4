//===- PhaseCalls.cpp - The calls of the ops of phase coding --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One call of snn/runtime/Phase.h an op.
//
//===----------------------------------------------------------------------===//

#include "FunctionEmitter.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

FunctionEmitter::Emitted FunctionEmitter::emitPhase(Operation *op) {
  return TypeSwitch<Operation *, Emitted>(op)
      .Case([&](PhaseEncodeOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        call(o, "phaseEncode")
            .text("run.context")
            .tensor(use(o.getX()))
            .text("nullptr")
            .tensor(result)
            .text(coding(o.getResult()))
            .create();
        countPhaseSite(*getSite(o));
        return success();
      })
      .Case([&](PhaseDecodeOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        call(o, "phaseDecode")
            .text("run.context")
            .tensor(use(o.getX()))
            .text("nullptr")
            .tensor(result)
            .text(coding(o.getX()))
            .create();
        return success();
      })
      .Case([&](PhaseResidualOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        call(o, "phaseResidual")
            .text("run.context")
            .tensor(use(o.getValue()))
            .tensor(use(o.getTrain()))
            .text("nullptr")
            .tensor(result)
            .text(coding(o.getTrain()))
            .create();
        return success();
      })
      .Case([&](PhaseLinearOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        call(o, "phaseLinear")
            .text("run.context")
            .tensor(use(o.getX()))
            .text(weight(o, o.getWeight(), ".weight"))
            .text(optionalWeight(o, o.getWeightScale(), ".scale"))
            .text(optionalWeight(o, o.getBias(), ".bias"))
            .tensor(result)
            .text(coding(o.getX()))
            .create();
        countConsumer(o.getXMutable());
        return success();
      })
      .Case([&](PhaseConvOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        call(o, "phaseConvolution")
            .text("run.context")
            .tensor(use(o.getX()))
            .text(weight(o, o.getWeight(), ".weight"))
            .text(optionalWeight(o, o.getWeightScale(), ".scale"))
            .text(optionalWeight(o, o.getBias(), ".bias"))
            .tensor(result)
            .text(coding(o.getX()))
            .text(cpp::list(o.getStrides()))
            .text(cpp::list(o.getPads()))
            .text(cpp::list(o.getDilations()))
            .text(cpp::integer(o.getGroup()))
            .create();
        countConsumer(o.getXMutable());
        return success();
      })
      .Case([&](PhaseMatMulOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        call(o, "phaseProduct")
            .text("run.context")
            .tensor(use(o.getLhs()))
            .tensor(use(o.getRhs()))
            .address(useOptional(o.getDivisor()))
            .tensor(result)
            .text(coding(o.getLhs()))
            .text(coding(o.getRhs()))
            .text(cpp::number(o.getFactor().convertToDouble()))
            .text(o.getTransposed() ? "1" : "0")
            .text(o.getSignBug() ? "1" : "0")
            .create();
        countConsumer(o.getLhsMutable());
        countConsumer(o.getRhsMutable());
        return success();
      })
      .Case([&](WossOp o) -> LogicalResult {
        Value train = declare(o.getTrain());
        Value z = declare(o.getZ());
        call(o, "phaseWoss")
            .text("run.context")
            .tensor(use(o.getScores()))
            .address(useOptional(o.getMultiplicative()))
            .address(useOptional(o.getAdditive()))
            .tensor(train)
            .tensor(z)
            .text(coding(o.getScores()))
            .text(coding(o.getTrain()))
            .create();
        countPhaseSite(*getSite(o));
        return success();
      })
      // Of phase codes; those of levels are kernels.
      .Case<QuantizeOp, DequantizeOp>([](Operation *o) -> LogicalResult {
        return o->emitOpError("is no neuron in a simulator; run spike-phase "
                              "first");
      })
      .Default([](Operation *) { return std::nullopt; });
}
