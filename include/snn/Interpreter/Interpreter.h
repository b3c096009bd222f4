//===- Interpreter.h - Executes IR op by op ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs a module of any tensor phase. Ops of the digital unit run through the
// kernel table; quantised ops (levels) and spiking ops (trains) have plain
// implementations of their own here, which share nothing with the simulator's.
// All samples advance together, op by op, so that calibration can decide about
// an op from all samples before anything downstream has run.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_INTERPRETER_INTERPRETER_H
#define SNN_INTERPRETER_INTERPRETER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "snn/Dialect/Onnx/Signature.h"
#include "snn/runtime/DataFile.h"
#include "snn/runtime/Spiking.h"

#include <functional>
#include <vector>

namespace snn {

/// One value over all samples. A value that depends on constants only has one
/// tensor, whatever the number of samples.
using SampleTensors = std::vector<rt::Tensor>;

/// The calibration or test inputs of `function`, per argument, per sample.
/// Arrays are matched by name (a single nameless array goes to a single
/// argument). Where the batch is static, the first axis is a list of samples;
/// where it is dynamic, samples are groups of at most `group` rows. `limit` > 0
/// takes only so many rows.
mlir::FailureOr<std::vector<SampleTensors>>
splitSamples(mlir::func::FuncOp function, const rt::NamedArrays &arrays,
             int64_t group = 32, int64_t limit = 0);

/// Reads `inputs`: a data file, or "random:N" for N seeded random samples
/// (normal floats; integers that index a table are uniform over it, others are
/// 1).
mlir::FailureOr<std::vector<SampleTensors>>
loadSamples(mlir::func::FuncOp function, llvm::StringRef inputs,
            int64_t group = 32);

/// Joins the samples of every result along the first axis.
rt::NamedArrays joinResults(mlir::func::FuncOp function,
                            const std::vector<SampleTensors> &results);

class Interpreter {
public:
  /// Sees the tensors of an op's operands (before) or results (after), per
  /// operand, per sample. May change the op's attributes and result types
  /// before it runs. A failure stops the run.
  using Hook = std::function<mlir::LogicalResult(
      mlir::Operation *op, llvm::ArrayRef<const SampleTensors *> values)>;

  explicit Interpreter(mlir::func::FuncOp function) : function(function) {}

  /// Random numbers: a seed that replaces those of the module, and the number
  /// of the first sample in the whole run.
  void setRandom(std::optional<uint64_t> seed, int64_t firstSample) {
    context.seed = seed;
    context.sample = firstSample;
  }

  /// Computes integer products and LIF neurons by the runtime's fast mode,
  /// which gives the same integers sooner. For runs whose purpose is their
  /// values, as calibration's; a run that the simulator is checked against
  /// keeps the plain loops.
  void setFast(bool enable) { isFast = enable; }

  void setBefore(Hook hook) { before = std::move(hook); }
  void setAfter(Hook hook) { after = std::move(hook); }

  /// Runs the function; the results are per result, per sample.
  mlir::FailureOr<std::vector<SampleTensors>>
  run(const std::vector<SampleTensors> &arguments);

private:
  mlir::func::FuncOp function;
  Hook before, after;
  rt::Context context; // of the first sample
  bool isFast = false;
};

/// Executes one op on tensors in operand order: kernels, constants, and the ops
/// of the spike and xbar dialects. `context` says of which samples the operands
/// are, for random numbers.
mlir::FailureOr<llvm::SmallVector<rt::Tensor>>
executeOp(mlir::Operation *op, llvm::ArrayRef<rt::Tensor> operands,
          const rt::Context &context = {});

} // namespace snn

#endif // SNN_INTERPRETER_INTERPRETER_H
