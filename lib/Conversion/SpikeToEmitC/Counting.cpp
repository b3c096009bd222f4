//===- Counting.cpp - What a simulator counts -----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Spikes are counted where they are made, and with them the synaptic operations
// of all consumers that read the train whole, in whatever order of axes.
//
//===----------------------------------------------------------------------===//

#include "FunctionEmitter.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

static EventTargets getConvTargets(spike::ConvOp conv) {
  auto x = cast<RankedTensorType>(conv.getX().getType());
  auto y = cast<RankedTensorType>(conv.getResult().getType());
  auto weight = cast<RankedTensorType>(conv.getWeight().getType());
  EventTargets targets;
  double mean = double(weight.getDimSize(0)) / double(conv.getGroup());
  for (int64_t axis = 2; axis < x.getRank(); ++axis) {
    SmallVector<int64_t> reads = countReadsAlongAxis(
        x.getDimSize(axis), y.getDimSize(axis), weight.getDimSize(axis),
        conv.getStrides()[axis - 2], conv.getDilations()[axis - 2],
        conv.getPads()[axis - 2]);
    targets.exact &= llvm::all_equal(reads);
    double sum = 0;
    for (int64_t count : reads)
      sum += double(count);
    mean *= sum / double(reads.size());
  }
  targets.count = std::llround(mean);
  return targets;
}

EventTargets snn::getEventTargets(Operation *op) {
  return TypeSwitch<Operation *, EventTargets>(op)
      .Case([](LinearOp linear) {
        auto weight = cast<RankedTensorType>(linear.getWeight().getType());
        return EventTargets{weight.getDimSize(1), true, {}};
      })
      .Case([](spike::ConvOp conv) { return getConvTargets(conv); })
      .Case([](spike::MatMulOp product) {
        auto result = cast<RankedTensorType>(product.getResult().getType());
        EventTargets targets{result.getShape().back(), true, {}};
        // A query's events go to the kept keys; a probability's to all columns
        // of its value.
        Operation *resident = getProducingSite(product.getRhs());
        bool keys = resident ? getSite(resident)->kind == SiteKind::Key
                             : product.getTransposed();
        if (keys)
          targets.valid = product.getValid();
        return targets;
      })
      .Default([](Operation *) { return EventTargets(); });
}

/// Appends the ops that integrate `train`, also behind reshapes and transposes,
/// which keep every neuron.
static void collectConsumers(Value train, SmallVectorImpl<Operation *> &ops) {
  for (OpOperand &operand : train.getUses()) {
    Operation *user = operand.getOwner();
    if (isa<onnx::ReshapeOp, onnx::TransposeOp>(user))
      collectConsumers(user->getResult(0), ops);
    else if (operand.getOperandNumber() == 0 &&
             isa<LinearOp, spike::ConvOp, spike::MatMulOp>(user))
      ops.push_back(user);
  }
}

/// Whether `value` is known when `op` runs.
static bool isDefinedBefore(Value value, Operation *op) {
  Operation *definition = value.getDefiningOp();
  return !definition || definition->isBeforeInBlock(op);
}

void FunctionEmitter::countSite(const Site &site) {
  Value train = use(site.result), valid = useOptional(site.valid);
  std::string constant = coding(site.result);
  std::string name = cpp::quote(site.name);
  std::string axes = cpp::list(site.tokenAxes);
  call(site.op, "countSpikes")
      .text("run.context")
      .text(name)
      .tensor(train)
      .text(constant)
      .address(valid)
      .text(axes)
      .create();

  auto countOperations = [&]() {
    return call(site.op, "countSynapticOperations")
        .text("run.context")
        .text(name)
        .tensor(train)
        .text(constant)
        .address(valid)
        .text(axes);
  };
  SmallVector<Operation *> consumers;
  collectConsumers(site.result, consumers);
  int64_t targets = 0;
  for (Operation *consumer : consumers) {
    EventTargets reached = getEventTargets(consumer);
    if (!reached.exact)
      consumer->emitRemark("its synaptic operations are counted with the mean "
                           "number of targets of an input");
    if (reached.valid && isDefinedBefore(reached.valid, site.op))
      countOperations().tensor(countKept(reached.valid, site.op)).create();
    else
      targets += reached.count;
  }
  if (targets > 0)
    countOperations().text(cpp::integer(targets)).create();
}

/// The number of true elements of `valid`, a variable of the program.
Value FunctionEmitter::countKept(Value valid, Operation *op) {
  Value &count = keptCounts[valid];
  if (!count)
    count =
        emitc::CallOpaqueOp::create(builder, op->getLoc(), builder.getI64Type(),
                                    "countKept", ValueRange{use(valid)})
            .getResult(0);
  return count;
}

/// Counts an op that reads a part of a train, where `countSite` could not.
void FunctionEmitter::countConsumer(Operation *consumer, Value train) {
  Value source = train;
  while (Operation *op = source.getDefiningOp()) {
    if (!isa<onnx::ReshapeOp, onnx::TransposeOp>(op))
      break;
    source = op->getOperand(0);
  }
  if (Operation *op = source.getDefiningOp(); op && getSite(op))
    return;
  Operation *site = getProducingSite(train);
  if (!site) {
    consumer->emitWarning("its synaptic operations are not counted, as its "
                          "spikes come from no single site");
    return;
  }
  call(consumer, "countSynapticOperations")
      .text("run.context")
      .text(cpp::quote(getSite(site)->name))
      .tensor(use(train))
      .text(coding(train))
      .text("nullptr")
      .text("{}")
      .text(cpp::integer(getEventTargets(consumer).count))
      .create();
}
