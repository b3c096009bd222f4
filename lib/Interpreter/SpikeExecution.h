//===- SpikeExecution.h - Parts of the spike dialect's execution *- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_INTERPRETER_SPIKEEXECUTION_H
#define SNN_LIB_INTERPRETER_SPIKEEXECUTION_H

#include "snn/Interpreter/Interpreter.h"

namespace snn {

/// The part of `executeOp` for ops of the spike and xbar dialects that are no
/// kernels. `context` says of which samples the operands are.
mlir::FailureOr<llvm::SmallVector<rt::Tensor>>
executeSpikeOp(mlir::Operation *op, llvm::ArrayRef<rt::Tensor> operands,
               const rt::Context &context);

// What each family of ops makes of `op`; nullopt where it is none of them.
using Executed = std::optional<mlir::FailureOr<llvm::SmallVector<rt::Tensor>>>;

/// Phase coding, and quantisers of phase codes.
Executed executePhaseOp(mlir::Operation *op,
                        llvm::ArrayRef<rt::Tensor> operands);

/// Neurons and attention of binary trains.
Executed executeNeuronOp(mlir::Operation *op,
                         llvm::ArrayRef<rt::Tensor> operands);

/// Random spikes.
Executed executeStochasticOp(mlir::Operation *op,
                             llvm::ArrayRef<rt::Tensor> operands,
                             const rt::Context &context);

/// The tensor of an optional constant; undefined where it is absent.
mlir::FailureOr<rt::Tensor>
resolveOptional(mlir::Operation *op, std::optional<mlir::TypedAttr> constant);

} // namespace snn

#endif // SNN_LIB_INTERPRETER_SPIKEEXECUTION_H
