//===- SelfCheck.cpp - Is what was recognised what was imported? ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Equivalence/SelfCheck.h"
#include "Difference.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Interpreter/Interpreter.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"

#include <chrono>
#include <cmath>

using namespace mlir;
using namespace snn;

namespace {

/// How a value is known in both forms; empty for one without a node.
std::string getKey(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return "argument " + std::to_string(argument.getArgNumber());
  Operation *op = value.getDefiningOp();
  StringRef node = onnx::getNodeName(op->getLoc());
  if (node.empty())
    return "";
  std::string type;
  llvm::raw_string_ostream(type) << value.getType();
  return (node + "#" + Twine(cast<OpResult>(value).getResultNumber()) + " " +
          type)
      .str();
}

class Checker {
public:
  Checker(func::FuncOp imported, func::FuncOp recognised,
          SelfCheckMeasure measure, double seconds)
      : imported(imported), recognised(recognised), measure(measure),
        end(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                               std::chrono::duration<double>(seconds))) {
    for (Operation &op : imported.getBody().front())
      for (Value result : op.getResults())
        if (std::string key = getKey(result); !key.empty())
          definitions[key] = result; // a node's last op has its result
    findChanged();
  }

  bool isOver() const { return Clock::now() >= end; }
  bool hasChanged() const { return !changed.empty(); }

  /// Checks one sample, numbered `sample`; false if the time was over before.
  FailureOr<bool> check(const std::vector<SampleTensors> &arguments,
                        int64_t sample) {
    bool keepAll = false;
    do {
      if (FailureOr<bool> ran = runImported(arguments, sample, keepAll);
          failed(ran) || !*ran)
        return ran;
      keepAll = !keepAll;
      suspects.clear();
      FailureOr<bool> ran = runRecognised(arguments, sample);
      if (failed(ran) || !*ran)
        return ran;
      // What hangs on an op that differs needs the values of all the others.
    } while (!suspects.empty() && keepAll);
    return true;
  }

  int64_t compared = 0;

private:
  using Clock = std::chrono::steady_clock;

  /// A value of the recognised form.
  struct Known {
    rt::Tensor tensor;
    bool isReference = false;
  };

  double compare(const rt::Tensor &wanted, const rt::Tensor &have) const {
    return measure == SelfCheckMeasure::Worst ? compareToRange(wanted, have)
                                              : compareMeans(wanted, have);
  }
  double tolerance() const {
    return measure == SelfCheckMeasure::Worst ? rangeTolerance : meanTolerance;
  }

  /// Whether the imported form has `op` as it is, operands by their names.
  bool isSame(Operation &op) const {
    if (op.getNumResults() == 0)
      return false;
    auto found = definitions.find(getKey(op.getResult(0)));
    if (found == definitions.end())
      return false;
    Operation *other = found->second.getDefiningOp();
    if (other->getName() != op.getName() ||
        other->getNumOperands() != op.getNumOperands() ||
        other->getAttrDictionary() != op.getAttrDictionary())
      return false;
    for (auto [mine, its] : llvm::zip(op.getOperands(), other->getOperands())) {
      TypedAttr constant = onnx::getConstantAttr(mine);
      if (constant != onnx::getConstantAttr(its))
        return false;
      if (constant)
        continue;
      std::string key = getKey(mine);
      if (key.empty() || key != getKey(its))
        return false;
      if (!isa<BlockArgument>(mine)) {
        auto source = definitions.find(key);
        if (source == definitions.end() || source->second != its)
          return false;
      }
    }
    return true;
  }

  /// Finds the ops that recognition made, and the values that checking them
  /// reads.
  void findChanged() {
    DenseSet<Value> unnamed; // values that the imported form does not have
    for (Operation &op : recognised.getBody().front()) {
      if (isa<onnx::ConstantOp>(op))
        continue;
      bool computed = !isSame(op);
      for (Value operand : op.getOperands())
        computed |= unnamed.contains(operand);
      if (!computed)
        continue;
      if (!op.hasTrait<OpTrait::IsTerminator>())
        changed.insert(&op);
      for (Value value : op.getOperands())
        needed.insert(getKey(value));
      for (Value result : op.getResults()) {
        std::string key = getKey(result);
        if (definitions.count(key))
          needed.insert(key);
        else
          unnamed.insert(result);
      }
    }
  }

  FailureOr<bool> runImported(const std::vector<SampleTensors> &arguments,
                              int64_t sample, bool keepAll) {
    references.clear();
    bool stopped = false;
    Interpreter interpreter(imported);
    interpreter.setRandom(std::nullopt, sample);
    interpreter.setAfter(
        [&](Operation *op, ArrayRef<const SampleTensors *> results) {
          if (isa<onnx::ConstantOp>(op))
            return success();
          for (auto [value, tensors] : llvm::zip(op->getResults(), results)) {
            std::string key = getKey(value);
            if (!key.empty() && (keepAll || needed.contains(key)) &&
                definitions.lookup(key) == value)
              references[key] = (*tensors)[0];
          }
          stopped = isOver();
          return failure(stopped);
        });
    FailureOr<std::vector<SampleTensors>> ran = interpreter.run(arguments);
    if (stopped)
      return false;
    if (failed(ran))
      return failure();
    results = std::move(*ran);
    return true;
  }

  FailureOr<bool> runRecognised(const std::vector<SampleTensors> &arguments,
                                int64_t sample) {
    DenseMap<Value, Known> values;
    for (auto [value, tensors] :
         llvm::zip(recognised.getArguments(), arguments))
      values[value] = {tensors[0], true};
    rt::Context context;
    context.sample = sample;
    if (!arguments.empty() && arguments[0][0].rank() > 0)
      context.batch = arguments[0][0].dim(0);
    auto hasReference = [&](Value value) {
      return references.count(getKey(value)) > 0;
    };
    for (Operation &op : recognised.getBody().front()) {
      if (op.hasTrait<OpTrait::IsTerminator>())
        return checkResults(op, values);
      // Constants are read where they are used, and not kept.
      if (isa<onnx::ConstantOp>(op))
        continue;
      bool computed = changed.contains(&op);
      for (Value operand : op.getOperands())
        computed |= values.count(operand) && !values[operand].isReference;
      if (!computed) {
        for (Value result : op.getResults())
          if (hasReference(result))
            values[result] = {references[getKey(result)], true};
        continue;
      }
      SmallVector<rt::Tensor> operands;
      bool known = true;
      for (Value operand : op.getOperands()) {
        if (auto constant = operand.getDefiningOp<onnx::ConstantOp>()) {
          FailureOr<SmallVector<rt::Tensor>> value =
              executeOp(constant, {}, context);
          if (failed(value))
            return failure();
          operands.push_back(value->front());
          continue;
        }
        auto found = values.find(operand);
        known &= found != values.end();
        if (known)
          operands.push_back(found->second.tensor);
      }
      // The other values of the imported form are not here: the next round
      // has them.
      if (!known)
        continue;
      FailureOr<SmallVector<rt::Tensor>> outputs =
          executeOp(&op, operands, context);
      if (failed(outputs))
        return failure();
      for (auto [value, tensor] : llvm::zip(op.getResults(), *outputs)) {
        if (!hasReference(value)) {
          values[value] = {tensor, false};
          continue;
        }
        const rt::Tensor &reference = references[getKey(value)];
        double difference = compare(reference, tensor);
        ++compared;
        if (difference <= tolerance()) {
          values[value] = {reference, true};
          continue;
        }
        suspects[value] = difference;
        values[value] = {tensor, false};
      }
      if (isOver())
        return false;
    }
    return recognised.emitError("has no return");
  }

  /// Compares what the function returns, and names the op that made the
  /// difference.
  FailureOr<bool> checkResults(Operation &terminator,
                               DenseMap<Value, Known> &values) {
    for (auto [index, value] : llvm::enumerate(terminator.getOperands())) {
      auto found = values.find(value);
      if (found == values.end() || found->second.isReference)
        continue;
      double difference = compare(results[index][0], found->second.tensor);
      if (difference <= tolerance())
        continue;
      Operation *first = value.getDefiningOp();
      for (auto [suspect, unused] : suspects)
        if (!first || suspect.getDefiningOp()->isBeforeInBlock(first))
          first = suspect.getDefiningOp();
      auto error = first ? first->emitError() : recognised.emitError();
      error << "'" << (first ? first->getName().getStringRef() : "func.func")
            << "', which was recognised here, differs from the graph as "
               "imported by ";
      double worst = difference;
      if (first)
        if (auto at = suspects.find(first->getResult(0)); at != suspects.end())
          worst = at->second;
      if (std::isfinite(worst)) {
        std::string percent;
        llvm::raw_string_ostream(percent) << llvm::format("%.3g", 100 * worst);
        error << percent << " % of the value's range"
              << (measure == SelfCheckMeasure::Mean ? " in the mean" : "");
      } else {
        error << "values of another type, or NaN";
      }
      error << ", and with it result " << index
            << "; this is a fault of the compiler (--self-check=off leaves the "
               "check out)";
      return failure();
    }
    return true;
  }

  func::FuncOp imported, recognised;
  SelfCheckMeasure measure;
  Clock::time_point end;
  llvm::StringMap<Value> definitions; // of the imported form
  DenseSet<Operation *> changed;
  llvm::StringSet<> needed;
  llvm::StringMap<rt::Tensor> references;
  std::vector<SampleTensors> results; // of the imported form
  llvm::MapVector<Value, double> suspects;
};

} // namespace

FailureOr<SelfCheck> snn::checkRecognition(ModuleOp imported,
                                           ModuleOp recognised,
                                           StringRef inputs, double seconds,
                                           SelfCheckMeasure measure) {
  func::FuncOp before = getEntryPoint(imported),
               after = getEntryPoint(recognised);
  if (!before || !after)
    return failure();
  SelfCheck result;
  Checker checker(before, after, measure, seconds);
  if (!checker.hasChanged()) {
    result.complete = true;
    return result;
  }
  if (inputs.empty()) {
    // Numbers can be drawn where all axes but the batch are known.
    for (Type type : before.getArgumentTypes()) {
      auto tensor = cast<RankedTensorType>(type);
      if (tensor.getRank() > 0 &&
          ShapedType::isDynamicShape(tensor.getShape().drop_front()))
        return result;
    }
    inputs = "random:4";
  }
  FailureOr<std::vector<SampleTensors>> samples =
      loadSamples(before, inputs, /*group=*/1);
  if (failed(samples))
    return failure();
  size_t count = 0;
  for (const SampleTensors &argument : *samples)
    count = std::max(count, argument.size());
  for (size_t sample = 0; sample < count && !checker.isOver(); ++sample) {
    std::vector<SampleTensors> arguments;
    for (const SampleTensors &argument : *samples)
      arguments.push_back({argument[argument.size() == 1 ? 0 : sample]});
    FailureOr<bool> checked = checker.check(arguments, int64_t(sample));
    if (failed(checked))
      return failure();
    if (!*checked)
      break;
    result.complete = true;
    ++result.samples;
  }
  result.ops = checker.compared;
  return result;
}
