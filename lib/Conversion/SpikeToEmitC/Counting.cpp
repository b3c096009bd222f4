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

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

template <typename Conv> static EventTargets getConvTargets(Conv conv) {
  auto x = cast<RankedTensorType>(conv.getX().getType());
  auto y = cast<RankedTensorType>(conv.getResult().getType());
  auto weight = cast<RankedTensorType>(conv.getWeight().getType());
  EventTargets targets;
  targets.count = weight.getDimSize(0) / conv.getGroup();
  double mean = double(targets.count);
  for (int64_t axis = 2; axis < x.getRank(); ++axis) {
    SmallVector<int64_t> reads = countReadsAlongAxis(
        x.getDimSize(axis), y.getDimSize(axis), weight.getDimSize(axis),
        conv.getStrides()[axis - 2], conv.getDilations()[axis - 2],
        conv.getPads()[axis - 2]);
    targets.uneven |= !llvm::all_equal(reads);
    targets.count *= reads.front();
    mean *= double(std::accumulate(reads.begin(), reads.end(), int64_t(0))) /
            double(reads.size());
  }
  // Phase-coded images are counted with the mean.
  if (std::is_same_v<Conv, PhaseConvOp> && targets.uneven)
    return {std::llround(mean), {}, false};
  return targets;
}

EventTargets snn::getEventTargets(OpOperand &operand) {
  return TypeSwitch<Operation *, EventTargets>(operand.getOwner())
      .Case<LinearOp, PhaseLinearOp>([](auto linear) {
        auto weight = cast<RankedTensorType>(linear.getWeight().getType());
        return EventTargets{weight.getDimSize(1), {}, false};
      })
      .Case<spike::ConvOp, PhaseConvOp>(
          [](auto conv) { return getConvTargets(conv); })
      .Case<spike::MatMulOp, PhaseMatMulOp>([&](auto product) {
        auto result = cast<RankedTensorType>(product.getResult().getType());
        // In a trace product the right operand has events too, for all rows.
        if (operand.getOperandNumber() == 1)
          return EventTargets{
              result.getShape()[result.getRank() - 2], {}, false};
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
      // A score's event reaches the one neuron of its key.
      .Case([](WossOp) {
        return EventTargets{1, {}, false};
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
  if (!op || !getEventTargets(conv.getXMutable()).uneven)
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

/// Whether events of a train arrive at `operand`, rather than stored levels.
static bool isSpikingOperand(OpOperand &operand) {
  Operation *op = operand.getOwner();
  if (isa<PhaseMatMulOp>(op))
    return operand.getOperandNumber() <= 1;
  return operand.getOperandNumber() == 0 &&
         isa<LinearOp, spike::ConvOp, spike::MatMulOp, PhaseLinearOp,
             PhaseConvOp, WossOp>(op);
}

/// Appends the operands that integrate `train`, also behind reshapes and
/// transposes, which keep every neuron.
static void collectConsumers(Value train, SmallVectorImpl<OpOperand *> &uses) {
  for (OpOperand &operand : train.getUses()) {
    Operation *user = operand.getOwner();
    if (isa<onnx::ReshapeOp, onnx::TransposeOp>(user))
      collectConsumers(user->getResult(0), uses);
    else if (isSpikingOperand(operand))
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
  call(site.op, "countSpikes")
      .text("run.context")
      .text(cpp::quote(site.name))
      .tensor(train)
      .text(coding(site.result))
      .address(valid)
      .text(cpp::list(site.tokenAxes))
      .create();
  countOperations(site);
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
  countOperations(site);
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

void FunctionEmitter::countOperations(const Site &site) {
  SmallVector<OpOperand *> consumers;
  collectConsumers(site.result, consumers);
  auto count = [&]() {
    return countTargets(site.op, site.name, site.result, site.valid,
                        site.tokenAxes);
  };
  int64_t targets = 0;
  for (OpOperand *consumer : consumers) {
    EventTargets reached = getEventTargets(*consumer);
    if (reached.uneven)
      continue;
    if (reached.valid && isDefinedBefore(reached.valid, site.op))
      count().tensor(countKept(reached.valid, site.op)).create();
    else
      targets += reached.count;
  }
  if (targets > 0)
    count().text(cpp::integer(targets)).create();
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
  EventTargets reached = getEventTargets(operand);
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
    return countConvolution(cast<spike::ConvOp>(consumer), *getSite(site));
  countTargets(consumer, getSite(site)->name, operand.get(), Value(), {})
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
