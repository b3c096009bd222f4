//===- QuantizerGrid.h - Values that lie on a quantiser's levels -*- C++
//-*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Data movement keeps values on the levels of the quantiser that they come
// from. Quantising them again with the same parameters changes nothing, so that
// a product may have a quantiser directly before it.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_ONNX_TRANSFORMS_QUANTIZERGRID_H
#define SNN_LIB_DIALECT_ONNX_TRANSFORMS_QUANTIZERGRID_H

#include "snn/Dialect/Onnx/Onnx.h"

#include <optional>

namespace snn::onnx {

/// The one number that a small constant holds, of any element type.
std::optional<double> getNumber(mlir::Value value);
/// Whether `value` has one element.
bool isSingle(mlir::Value value);
/// Whether the levels of a dequantiser are a constant.
bool isOfConstant(DequantizeLinearOp op);

/// Whether `op` selects or moves elements of its operand `0`, and nothing else.
bool isMovement(mlir::Operation *op);
/// The operands whose elements become the results of data movement:
/// `isMovement` or the joining of several tensors; empty if `op` is none.
llvm::SmallVector<mlir::OpOperand *> getMovedOperands(mlir::Operation *op);

/// Puts QuantizeLinear, Clip, DequantizeLinear before each operand of a product
/// that lies on the levels of dequantisers, but does not come from one
/// directly, and removes quantisers whose values all go that way.
void quantizeAtProducts(mlir::Operation *root);

} // namespace snn::onnx

#endif // SNN_LIB_DIALECT_ONNX_TRANSFORMS_QUANTIZERGRID_H
