//===- Interpreter.cpp - Executes IR op by op -----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Interpreter/Interpreter.h"
#include "FastProduct.h"
#include "SpikeExecution.h"
#include "mlir/IR/Threading.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Dialect/Xbar/Xbar.h"

using namespace mlir;
using namespace snn;

/// Runs a kernel, with the op's constants as tensors.
static FailureOr<SmallVector<rt::Tensor>>
executeKernel(KernelOpInterface op, ArrayRef<rt::Tensor> operands,
              const rt::Context &context) {
  SmallVector<rt::Tensor> constants;
  for (const KernelConstant &constant : op.getKernelConstants()) {
    if (!constant.value) {
      constants.emplace_back();
      continue;
    }
    FailureOr<rt::Tensor> tensor =
        onnx::resolveConstant(constant.value, op->getLoc());
    if (failed(tensor))
      return failure();
    constants.push_back(*tensor);
  }
  return executeKernelOp(op, operands, context, constants);
}

FailureOr<SmallVector<rt::Tensor>> snn::executeOp(Operation *op,
                                                  ArrayRef<rt::Tensor> operands,
                                                  const rt::Context &context) {
  if (auto constant = dyn_cast<onnx::ConstantOp>(op)) {
    FailureOr<rt::Tensor> value =
        onnx::resolveConstant(constant.getValue(), op->getLoc());
    if (failed(value))
      return failure();
    return SmallVector<rt::Tensor>{*value};
  }
  if (auto kernel = dyn_cast<KernelOpInterface>(op);
      kernel && !kernel.getKernelName().empty())
    return executeKernel(kernel, operands, context);
  if (isa<spike::SpikeDialect, xbar::XbarDialect>(op->getDialect()))
    return executeSpikeOp(op, operands, context);
  return op->emitOpError(
      "cannot be executed: it is no op of the onnx, spike or xbar "
      "dialect");
}

/// `executeOp`; what the runtime throws, or memory that there is not, is an
/// error at the op.
static FailureOr<SmallVector<rt::Tensor>>
executeGuarded(Operation *op, ArrayRef<rt::Tensor> operands,
               const rt::Context &context) {
  try {
    return executeOp(op, operands, context);
  } catch (const std::bad_alloc &) {
    InFlightDiagnostic error = op->emitOpError(
        "needs more memory than there is, for results of type ");
    llvm::interleaveComma(op->getResultTypes(), error);
    return error;
  } catch (const std::exception &e) {
    return op->emitOpError("failed: ") << e.what();
  }
}

/// The samples of every group of rows: where it starts, and how many it has.
static SmallVector<rt::Context>
numberSamples(const std::vector<SampleTensors> &arguments,
              const rt::Context &first) {
  SmallVector<rt::Context> contexts(1, first);
  for (const SampleTensors &argument : arguments) {
    if (argument.empty() || argument[0].rank() == 0)
      continue;
    contexts.resize(argument.size(), first);
    int64_t sample = first.sample;
    for (auto [context, tensor] : llvm::zip(contexts, argument)) {
      context.sample = sample;
      context.batch = tensor.dim(0);
      sample += tensor.dim(0);
    }
    break;
  }
  return contexts;
}

/// Runs `product`, the fast form of `op`.
static FailureOr<SmallVector<rt::Tensor>>
executeFast(Operation *op, const FastProduct &product,
            ArrayRef<rt::Tensor> operands) {
  try {
    return SmallVector<rt::Tensor>{product.run(operands)};
  } catch (const std::exception &e) {
    return op->emitOpError("failed: ") << e.what();
  }
}

FailureOr<std::vector<SampleTensors>>
Interpreter::run(const std::vector<SampleTensors> &arguments) {
  if (arguments.size() != function.getNumArguments())
    return function.emitError("needs ")
           << function.getNumArguments() << " inputs, has " << arguments.size();
  if (!function.getBody().hasOneBlock())
    return function.emitError("has control flow, which is not executed");

  DenseMap<Value, SampleTensors> values;
  DenseMap<Value, unsigned> uses; // operands that have not run yet
  for (auto [argument, tensors] : llvm::zip(function.getArguments(), arguments))
    values[argument] = tensors;
  SmallVector<rt::Context> contexts = numberSamples(arguments, context);
  Block &block = function.getBody().front();
  for (Operation &op : block)
    for (Value operand : op.getOperands())
      ++uses[operand];

  // Constants are read before their first reader: the weights of all layers at
  // once would be a second copy of the model.
  auto readConstants = [&](Operation &op) -> LogicalResult {
    for (Value operand : op.getOperands()) {
      auto constant = operand.getDefiningOp<onnx::ConstantOp>();
      if (!constant || values.contains(operand))
        continue;
      if (before && failed(before(constant, {})))
        return failure();
      FailureOr<SmallVector<rt::Tensor>> read =
          executeGuarded(constant, {}, contexts.front());
      if (failed(read))
        return failure();
      const SampleTensors &tensors = values[operand] = {read->front()};
      if (after && failed(after(constant, &tensors)))
        return failure();
    }
    return success();
  };

  for (Operation &op : block) {
    if (isa<onnx::ConstantOp>(op))
      continue;
    if (failed(readConstants(op)))
      return failure();
    SmallVector<const SampleTensors *> operands;
    // An op that draws has results of its own for every sample.
    size_t samples = op.hasTrait<DrawsNumbers>() ? contexts.size() : 1;
    for (Value operand : op.getOperands()) {
      operands.push_back(&values[operand]);
      samples = std::max(samples, operands.back()->size());
    }
    if (op.hasTrait<OpTrait::IsTerminator>()) {
      std::vector<SampleTensors> results;
      for (const SampleTensors *operand : operands)
        results.push_back(*operand);
      return results;
    }
    if (before && failed(before(&op, operands)))
      return failure();

    // After the hook, which may have changed the op.
    std::unique_ptr<FastProduct> fast;
    if (isFast) {
      FailureOr<std::unique_ptr<FastProduct>> prepared =
          FastProduct::prepare(&op);
      if (failed(prepared))
        return failure();
      fast = std::move(*prepared);
    }
    std::vector<SampleTensors> results(op.getNumResults(),
                                       SampleTensors(samples));
    LogicalResult ran = failableParallelForEachN(
        op.getContext(), 0, samples, [&](size_t sample) {
          SmallVector<rt::Tensor> inputs;
          for (const SampleTensors *operand : operands)
            inputs.push_back((*operand)[operand->size() == 1 ? 0 : sample]);
          FailureOr<SmallVector<rt::Tensor>> outputs =
              fast
                  ? executeFast(&op, *fast, inputs)
                  : executeGuarded(&op, inputs,
                                   contexts[contexts.size() == 1 ? 0 : sample]);
          if (failed(outputs))
            return failure();
          for (auto [index, tensor] : llvm::enumerate(*outputs))
            results[index][sample] = std::move(tensor);
          return success();
        });
    if (failed(ran))
      return failure();
    if (after) {
      SmallVector<const SampleTensors *> seen;
      for (const SampleTensors &result : results)
        seen.push_back(&result);
      if (failed(after(&op, seen)))
        return failure();
    }
    for (auto [value, tensors] : llvm::zip(op.getResults(), results))
      if (!value.use_empty())
        values[value] = std::move(tensors);
    for (Value operand : op.getOperands())
      if (--uses[operand] == 0)
        values.erase(operand);
  }
  return function.emitError("has no return");
}
