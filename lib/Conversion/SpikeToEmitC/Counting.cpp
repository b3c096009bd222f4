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
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

static EventTargets getConvTargets(spike::ConvOp conv) {
  auto x = cast<RankedTensorType>(conv.getX().getType());
  auto y = cast<RankedTensorType>(conv.getResult().getType());
  auto weight = cast<RankedTensorType>(conv.getWeight().getType());
  EventTargets targets;
  targets.count = weight.getDimSize(0) / conv.getGroup();
  for (int64_t axis = 2; axis < x.getRank(); ++axis) {
    SmallVector<int64_t> reads = countReadsAlongAxis(
        x.getDimSize(axis), y.getDimSize(axis), weight.getDimSize(axis),
        conv.getStrides()[axis - 2], conv.getDilations()[axis - 2],
        conv.getPads()[axis - 2]);
    targets.uneven |= !llvm::all_equal(reads);
    targets.count *= reads.front();
  }
  return targets;
}

EventTargets snn::getEventTargets(Operation *op) {
  return TypeSwitch<Operation *, EventTargets>(op)
      .Case([](LinearOp linear) {
        auto weight = cast<RankedTensorType>(linear.getWeight().getType());
        return EventTargets{weight.getDimSize(1), {}, false};
      })
      .Case([](spike::ConvOp conv) { return getConvTargets(conv); })
      .Case([](spike::MatMulOp product) {
        auto result = cast<RankedTensorType>(product.getResult().getType());
        EventTargets targets{result.getShape().back(), {}, false};
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

/// The axis of `to`, a reshape of `from`, that holds `axis` of it; nullopt if
/// none does.
static std::optional<int64_t> reshapeAxis(ArrayRef<int64_t> from,
                                          ArrayRef<int64_t> to, int64_t axis) {
  auto countBefore = [](ArrayRef<int64_t> shape, int64_t end) {
    int64_t count = 1;
    for (int64_t size : shape.take_front(end))
      count *= size;
    return count;
  };
  int64_t before = countBefore(from, axis);
  for (int64_t a = 0, rank = to.size(); a < rank; ++a)
    if (to[a] == from[axis] && countBefore(to, a) == before)
      return a;
  return std::nullopt;
}

/// The axis of `value` that holds `axis` of the site result it is moved from;
/// nullopt if none does.
static std::optional<int64_t> traceAxis(Value value, Value result,
                                        int64_t axis) {
  if (value == result)
    return axis;
  Operation *op = value.getDefiningOp();
  if (!op || !isa<onnx::ReshapeOp, onnx::TransposeOp>(op))
    return std::nullopt;
  Value source = op->getOperand(0);
  std::optional<int64_t> at = traceAxis(source, result, axis);
  if (!at)
    return std::nullopt;
  if (auto transpose = dyn_cast<onnx::TransposeOp>(op))
    return llvm::find(transpose.getPermutation(), *at) -
           transpose.getPermutation().begin();
  return reshapeAxis(cast<RankedTensorType>(source.getType()).getShape(),
                     cast<RankedTensorType>(value.getType()).getShape(), *at);
}

CountedTokens snn::getCountedTokens(spike::ConvOp conv) {
  Operation *op = getProducingSite(conv.getX());
  if (!op || !getEventTargets(conv).uneven)
    return {};
  Site site = *getSite(op);
  CountedTokens tokens{site.valid, {}};
  if (!site.valid)
    return tokens;
  // The samples have to stay where they are, too.
  std::optional<int64_t> batch = traceAxis(conv.getX(), site.result, 0);
  if (!batch || *batch != 0)
    return {};
  for (int64_t axis : site.tokenAxes) {
    std::optional<int64_t> at = traceAxis(conv.getX(), site.result, axis);
    if (!at)
      return {};
    tokens.axes.push_back(*at);
  }
  return tokens;
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
    if (reached.uneven)
      continue;
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

/// Counts an op that `countSite` could not: one that reads a part of a train,
/// or a convolution whose events differ.
void FunctionEmitter::countConsumer(Operation *consumer, Value train) {
  EventTargets reached = getEventTargets(consumer);
  Value source = train;
  while (Operation *op = source.getDefiningOp()) {
    if (!isa<onnx::ReshapeOp, onnx::TransposeOp>(op))
      break;
    source = op->getOperand(0);
  }
  if (Operation *op = source.getDefiningOp();
      op && getSite(op) && !reached.uneven)
    return;
  Operation *site = getProducingSite(train);
  if (!site) {
    consumer->emitWarning("its synaptic operations are not counted, as its "
                          "spikes come from no single site");
    return;
  }
  if (reached.uneven)
    return countConvolution(cast<spike::ConvOp>(consumer), *getSite(site));
  call(consumer, "countSynapticOperations")
      .text("run.context")
      .text(cpp::quote(getSite(site)->name))
      .tensor(use(train))
      .text(coding(train))
      .text("nullptr")
      .text("{}")
      .text(cpp::integer(reached.count))
      .create();
}

/// Counts a convolution by the positions of its events.
void FunctionEmitter::countConvolution(spike::ConvOp conv, const Site &site) {
  CountedTokens tokens = getCountedTokens(conv);
  if (site.valid && !tokens.valid)
    conv.emitWarning("its synaptic operations are counted on all tokens, as "
                     "its input has no axis that runs over them");
  auto weight = cast<RankedTensorType>(conv.getWeight().getType());
  call(conv, "countConvolutionOperations")
      .text("run.context")
      .text(cpp::quote(site.name))
      .tensor(use(conv.getX()))
      .text(coding(conv.getX()))
      .address(useOptional(tokens.valid))
      .text(cpp::list(tokens.axes))
      .text(cpp::list(weight.getShape()))
      .text(cpp::list(conv.getStrides()))
      .text(cpp::list(conv.getPads()))
      .text(cpp::list(conv.getDilations()))
      .text(cpp::integer(conv.getGroup()))
      .create();
}
