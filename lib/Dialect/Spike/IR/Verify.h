//===- Verify.h - What verifiers of spike ops share -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_SPIKE_IR_VERIFY_H
#define SNN_LIB_DIALECT_SPIKE_IR_VERIFY_H

#include "snn/Dialect/Spike/ProductVerifiers.h"

namespace snn::spike::detail {

mlir::RankedTensorType tensorType(mlir::Value value);

/// "2x?x4"; "a scalar".
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// The result of an elementwise op has its operand's shape.
mlir::LogicalResult verifySameShape(mlir::Operation *op, mlir::Value x,
                                    mlir::Value result);

/// The time steps of a binary train.
int64_t stepsOf(mlir::Value train);

/// Axis 0 holds whole time steps. With a batch that is not known, it may be.
mlir::LogicalResult verifyTime(mlir::Operation *op, mlir::Value train);

/// The mask of an attention, if it has one, is [tokens, tokens] of ui8.
mlir::LogicalResult verifyTokenMask(mlir::Operation *op,
                                    std::optional<mlir::TypedAttr> mask,
                                    int64_t tokens);

/// A site's validity is [batch, tokens], and its token axes are axes of it.
mlir::LogicalResult verifySite(mlir::Operation *op, mlir::Value x,
                               mlir::Value valid,
                               llvm::ArrayRef<int64_t> tokenAxes);

/// A per-channel parameter has one value or one per element of the axis.
mlir::LogicalResult verifyChannel(mlir::Operation *op, mlir::Value x,
                                  mlir::TypedAttr attribute, int64_t axis,
                                  llvm::StringRef what);

/// The result of the shape that `shape` is.
mlir::LogicalResult verifyShape(mlir::Operation *op, mlir::Value result,
                                llvm::ArrayRef<int64_t> shape);

/// The shape of a convolution's result. `weight` is [O, I/group, kernel...].
mlir::FailureOr<llvm::SmallVector<int64_t>>
inferConvolution(mlir::Operation *op, mlir::RankedTensorType x,
                 mlir::RankedTensorType weight, const Window &window);

} // namespace snn::spike::detail

#endif // SNN_LIB_DIALECT_SPIKE_IR_VERIFY_H
