//===- SpikeCalls.cpp - The calls of the spike dialect's ops --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One call of snn/runtime/Spiking.h an op.
//
//===----------------------------------------------------------------------===//

#include "FunctionEmitter.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

/// `axis` counted from the front.
static std::string axisText(Value x, int64_t axis) {
  return cpp::integer(
      axis < 0 ? axis + cast<RankedTensorType>(x.getType()).getRank() : axis);
}

/// Integration runs on spikes; resident operands alone stay levels.
static LogicalResult checkTrain(Operation *op, Value x) {
  if (isTrain(x.getType()))
    return success();
  return op->emitOpError("needs a spike train in a simulator, has ")
         << getElementTypeOrSelf(x.getType()) << "; run spike-mttfs first";
}

FunctionEmitter::Emitted FunctionEmitter::emitSpike(Operation *op) {
  return TypeSwitch<Operation *, Emitted>(op)
      .Case([&](FireOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        CallBuilder statement = call(o, "fire");
        statement.text("run.context")
            .tensor(use(o.getX()))
            .text(weight(o, o.getThresholds(), ".thresholds"));
        if (std::optional<TypedAttr> scale = o.getScale())
          statement.text(weight(o, *scale, ".scale"))
              .text(optionalWeight(o, o.getBias(), ".bias"));
        statement.tensor(result).text(coding(o.getResult()));
        if (o.getScale())
          statement.text(o.getRelu() ? "1" : "0")
              .text(cpp::integer(o.getDeadZone()));
        statement.text(axisText(o.getX(), o.getAxis())).create();
        countSite(*getSite(o));
        return success();
      })
      .Case([&](LinearOp o) -> LogicalResult {
        if (failed(checkTrain(o, o.getX())))
          return failure();
        Value result = declare(o.getResult());
        call(o, "linear")
            .text("run.context")
            .tensor(use(o.getX()))
            .text(weight(o, o.getWeight(), ".weight", /*matrix=*/true))
            .text(optionalWeight(o, o.getOffset(), ".offset"))
            .tensor(result)
            .text(coding(o.getX()))
            .create();
        countConsumer(o.getXMutable());
        return success();
      })
      .Case([&](spike::ConvOp o) -> LogicalResult {
        if (failed(checkTrain(o, o.getX())))
          return failure();
        Value result = declare(o.getResult());
        call(o, "convolution")
            .text("run.context")
            .tensor(use(o.getX()))
            .text(filters(o))
            .text(optionalWeight(o, o.getOffset(), ".offset"))
            .tensor(result)
            .text(coding(o.getX()))
            .text(cpp::list(o.getStrides()))
            .text(cpp::list(o.getPads()))
            .text(cpp::list(o.getDilations()))
            .create();
        countConsumer(o.getXMutable());
        return success();
      })
      .Case([&](spike::MatMulOp o) -> LogicalResult {
        if (failed(checkTrain(o, o.getLhs())))
          return failure();
        rt::Coding resident = *getCoding(o.getRhs().getType());
        Value result = declare(o.getResult());
        call(o, "dynamicProduct")
            .text("run.context")
            .tensor(use(o.getLhs()))
            .tensor(use(o.getRhs()))
            .tensor(result)
            .text(coding(o.getLhs()))
            .text(cpp::integer(resident.bits))
            .text(cpp::integer(resident.zero))
            .text(o.getTransposed() ? "1" : "0")
            .create();
        countConsumer(o.getLhsMutable());
        return success();
      })
      .Default([](Operation *) { return std::nullopt; });
}
