//===- Lengths.h - Results of shorter samples -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_INTERPRETER_LENGTHS_H
#define SNN_INTERPRETER_LENGTHS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "snn/runtime/DataFile.h"

namespace snn {

/// Cuts `results`, of samples that `splitSamples` has filled up (LengthAxes.h),
/// to the number of tokens in `arrays`, which it took them from.
void cutToLength(mlir::func::FuncOp function, const rt::NamedArrays &arrays,
                 rt::NamedArrays &results);

} // namespace snn

#endif // SNN_INTERPRETER_LENGTHS_H
