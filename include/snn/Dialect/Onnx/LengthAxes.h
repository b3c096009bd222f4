//===- LengthAxes.h - Inputs and outputs of several lengths -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A network that masks its padding serves samples of fewer tokens than it was
// compiled for. Its arguments then have the attribute `onnx.length_axes`, an
// array of axes behind the first, and `onnx.padding`, the number that they are
// filled up with; its results have `onnx.length_axes` where they are cut.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_LENGTHAXES_H
#define SNN_DIALECT_ONNX_LENGTHAXES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <vector>

namespace snn {

/// Axes that run over tokens; none where a tensor has one size only.
struct LengthAxes {
  std::vector<int64_t> axes;
  double padding = 0;
};

/// What an argument or result says. Reports axes that it does not have at the
/// function.
mlir::FailureOr<LengthAxes> getArgumentLengths(mlir::func::FuncOp function,
                                               unsigned index);
mlir::FailureOr<LengthAxes> getResultLengths(mlir::func::FuncOp function,
                                             unsigned index);

void setArgumentLengths(mlir::func::FuncOp function, unsigned index,
                        const LengthAxes &lengths);
void setResultLengths(mlir::func::FuncOp function, unsigned index,
                      const LengthAxes &lengths);

} // namespace snn

#endif // SNN_DIALECT_ONNX_LENGTHAXES_H
