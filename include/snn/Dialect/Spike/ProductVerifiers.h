//===- ProductVerifiers.h - Shapes of integer products ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the products of the spike dialect, and their mapped forms in the xbar
// dialect, ask of their operands. Each reports at `op`.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_PRODUCTVERIFIERS_H
#define SNN_DIALECT_SPIKE_PRODUCTVERIFIERS_H

#include "snn/Dialect/Spike/Spike.h"

namespace snn::spike {

/// x [..., K] through weight [K, N] (i8 or i16) gives result [..., N]; the
/// optional offset is i32 [N] and belongs to trains only.
mlir::LogicalResult verifyLinear(mlir::Operation *op, mlir::Value x,
                                 mlir::Value result, mlir::TypedAttr weight,
                                 mlir::TypedAttr offset);

/// x [B, C, spatial...] through weight [O, C/group, kernel...]; the optional
/// offset is i32 [O, spatial...] and belongs to trains only.
mlir::LogicalResult verifyConv(mlir::Operation *op, mlir::Value x,
                               mlir::Value result, mlir::TypedAttr weight,
                               mlir::TypedAttr offset, const Window &window);

/// Scales and biases of a product on phase codes, which may be null, fit the
/// outputs that `result` has on `axis`.
mlir::LogicalResult verifyPhaseParameters(mlir::Operation *op,
                                          mlir::Value result,
                                          mlir::TypedAttr weightScale,
                                          mlir::TypedAttr bias, int64_t axis);

/// lhs [..., i, c] times rhs [..., c, j] (transposed: [..., j, c]).
mlir::LogicalResult verifyProduct(mlir::Operation *op, mlir::Value lhs,
                                  mlir::Value rhs, mlir::Value result,
                                  bool transposed);

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_PRODUCTVERIFIERS_H
