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

/// The ops of phase coding, and `spike.quantize` and `spike.dequantize` on
/// phase codes.
mlir::FailureOr<llvm::SmallVector<rt::Tensor>>
executePhaseOp(mlir::Operation *op, llvm::ArrayRef<rt::Tensor> operands);

/// Random spikes: `spike.bernoulli` and `spike.ssa`. `context` says of which
/// samples the operands are.
mlir::FailureOr<llvm::SmallVector<rt::Tensor>>
executeStochasticOp(mlir::Operation *op, llvm::ArrayRef<rt::Tensor> operands,
                    const rt::Context &context);

} // namespace snn

#endif // SNN_LIB_INTERPRETER_SPIKEEXECUTION_H
