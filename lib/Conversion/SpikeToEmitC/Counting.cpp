//===- Counting.cpp - What a simulator counts -----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Spikes are counted where they are made, and with them the synaptic operations
// of all consumers that read the train whole, in whatever order of axes. The
// events of an overlapping convolution have different numbers of targets and
// are counted where it reads them.
//
//===----------------------------------------------------------------------===//

#include "Counting.h"
#include "FunctionEmitter.h"
#include "snn/Dialect/Spike/SiteUtils.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

/// The op that integrates the events of `operand`; null for an operand that
/// receives none.
static EventConsumerOpInterface getConsumer(OpOperand &operand) {
  auto consumer = dyn_cast<EventConsumerOpInterface>(operand.getOwner());
  if (consumer && consumer.receivesEvents(operand.getOperandNumber()))
    return consumer;
  return {};
}

CountedTokens snn::getCountedTokens(OpOperand &operand) {
  EventConsumerOpInterface consumer = getConsumer(operand);
  Operation *op = getProducingSite(operand.get());
  if (!consumer || !op || !consumer.getEventTargets(operand).uneven)
    return {};
  Site site = *getSite(op);
  CountedTokens tokens{site.valid, {}};
  if (!site.valid)
    return tokens;
  // The samples have to stay where they are, too: in front of the tokens, or
  // right behind them.
  int64_t samples = llvm::is_contained(site.tokenAxes, 0) ? 1 : 0;
  std::optional<int64_t> batch = traceAxis(operand.get(), site.result, samples);
  if (!batch || *batch != samples)
    return {};
  for (int64_t axis : site.tokenAxes) {
    std::optional<int64_t> at = traceAxis(operand.get(), site.result, axis);
    if (!at)
      return {};
    tokens.axes.push_back(*at);
  }
  if (llvm::is_contained(tokens.axes, 0) != (samples == 1))
    return {};
  return tokens;
}

/// Appends the operands that integrate `train`, also behind reshapes and
/// transposes, which keep every neuron.
static void collectConsumers(Value train, SmallVectorImpl<OpOperand *> &uses) {
  for (OpOperand &operand : train.getUses()) {
    Operation *user = operand.getOwner();
    if (isa<onnx::ReshapeOp, onnx::TransposeOp>(user))
      collectConsumers(user->getResult(0), uses);
    else if (getConsumer(operand))
      uses.push_back(&operand);
  }
}

/// Whether `value` is known when `op` runs.
static bool isDefinedBefore(Value value, Operation *op) {
  Operation *definition = value.getDefiningOp();
  return !definition || definition->isBeforeInBlock(op);
}

void FunctionEmitter::countSite(const Site &site) {
  Value train = use(site.result), valid = useOptional(site.valid);
  Consumers consumers = findConsumers(site);
  CallBuilder count = call(site.op, "countSpikes");
  count.text("run.context")
      .text(cpp::quote(site.name))
      .tensor(train)
      .text(coding(site.result))
      .address(valid)
      .text(cpp::list(site.tokenAxes));
  // What an event reaches whatever the mask is needs no look of its own.
  if (consumers.targets > 0)
    count.text(cpp::integer(consumers.targets));
  count.create();
  if (isa<CountType>(getElementTypeOrSelf(site.result.getType())))
    call(site.op, "markCounts")
        .text("run.context")
        .text(cpp::quote(site.name))
        .text(cpp::integer(getMaxCount(site.result.getType())))
        .create();
  countMasked(site, consumers);
}

void FunctionEmitter::countPhaseSite(const Site &site) {
  Value train = use(site.result), valid = useOptional(site.valid);
  // A softmax's neurons have no potential of their own.
  Value potential = isa<PhaseEncodeOp>(site.op) ? use(site.input) : Value();
  call(site.op, "countPhases")
      .text("run.context")
      .text(cpp::quote(site.name))
      .tensor(train)
      .address(potential)
      .text("nullptr")
      .text(coding(site.result))
      .address(valid)
      .text(cpp::list(site.tokenAxes))
      .create();
  Consumers consumers = findConsumers(site);
  countMasked(site, consumers);
  if (consumers.targets > 0)
    countTargets(site.op, site.name, site.result, site.valid, site.tokenAxes)
        .text(cpp::integer(consumers.targets))
        .create();
}

/// `countSynapticOperations`, or `countPhaseOperations`, of a train; its last
/// argument, the number of targets, is missing.
CallBuilder FunctionEmitter::countTargets(Operation *op, StringRef site,
                                          Value train, Value valid,
                                          ArrayRef<int64_t> tokenAxes) {
  bool phase = isa<PhaseType>(getElementTypeOrSelf(train.getType()));
  CallBuilder statement =
      call(op, phase ? "countPhaseOperations" : "countSynapticOperations");
  statement.text("run.context").text(cpp::quote(site)).tensor(use(train));
  if (!phase)
    statement.text(coding(train));
  statement.address(useOptional(valid)).text(cpp::list(tokenAxes));
  return statement;
}

FunctionEmitter::Consumers FunctionEmitter::findConsumers(const Site &site) {
  SmallVector<OpOperand *> operands;
  collectConsumers(site.result, operands);
  Consumers consumers;
  for (OpOperand *operand : operands) {
    EventTargets reached = getConsumer(*operand).getEventTargets(*operand);
    if (reached.uneven)
      continue;
    if (reached.valid && isDefinedBefore(reached.valid, site.op))
      consumers.masked.push_back(reached.valid);
    else
      consumers.targets += reached.count;
  }
  return consumers;
}

void FunctionEmitter::countMasked(const Site &site,
                                  const Consumers &consumers) {
  for (Value mask : consumers.masked)
    countTargets(site.op, site.name, site.result, site.valid, site.tokenAxes)
        .tensor(countKept(mask, site.op))
        .create();
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

/// Counts an op that `countSite` could not: one that reads a part of a train,
/// or a convolution whose events differ.
void FunctionEmitter::countConsumer(OpOperand &operand) {
  Operation *consumer = operand.getOwner();
  EventTargets reached = getConsumer(operand).getEventTargets(operand);
  Value source = operand.get();
  while (Operation *op = source.getDefiningOp()) {
    if (!isa<onnx::ReshapeOp, onnx::TransposeOp>(op))
      break;
    source = op->getOperand(0);
  }
  if (Operation *op = source.getDefiningOp();
      op && getSite(op) && !reached.uneven)
    return;
  Operation *site = getProducingSite(operand.get());
  if (!site) {
    consumer->emitWarning("its synaptic operations are not counted, as its "
                          "spikes come from no single site");
    return;
  }
  if (reached.uneven)
    return countConvolution(operand, *getSite(site));
  countTargets(consumer, getSite(site)->name, operand.get(), Value(), {})
      .text(cpp::integer(reached.count))
      .create();
}

/// Counts a convolution by the positions of its events.
void FunctionEmitter::countConvolution(OpOperand &operand, const Site &site) {
  EventConsumerOpInterface consumer = getConsumer(operand);
  Operation *op = consumer;
  CountedTokens tokens = getCountedTokens(operand);
  if (site.valid && !tokens.valid)
    op->emitWarning("its synaptic operations are counted on all tokens, as its "
                    "input has no axis that runs over them");
  auto weight = cast<RankedTensorType>(consumer.getWeight().getType());
  Window window = *consumer.getWindow();
  call(op, "countConvolutionOperations")
      .text("run.context")
      .text(cpp::quote(site.name))
      .tensor(use(operand.get()))
      .text(coding(operand.get()))
      .address(useOptional(tokens.valid))
      .text(cpp::list(tokens.axes))
      .text(cpp::list(weight.getShape()))
      .text(cpp::list(window.strides))
      .text(cpp::list(window.pads))
      .text(cpp::list(window.dilations))
      .text(cpp::integer(window.group))
      .create();
}
