//===- QuantizerPatterns.h - Quantised networks in one form -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The patterns of onnx-normalize-quantizers.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_ONNX_TRANSFORMS_QUANTIZERPATTERNS_H
#define SNN_LIB_DIALECT_ONNX_TRANSFORMS_QUANTIZERPATTERNS_H

#include "Patterns.h"
#include "QuantizerGrid.h"
#include "snn/Dialect/Onnx/RewriteErrors.h"

namespace snn::onnx {

/// A pattern that may find a network at fault.
template <typename Op> struct CheckedPattern : mlir::OpRewritePattern<Op> {
  CheckedPattern(mlir::MLIRContext *context, RewriteErrors &errors)
      : mlir::OpRewritePattern<Op>(context), errors(errors) {}
  RewriteErrors &errors;
};

/// Constants that are quantised or dequantised, and scales that are equal.
void populateQuantizedConstantPatterns(mlir::RewritePatternSet &patterns,
                                       RewriteErrors &errors);
/// Data movement between quantisers and dequantisers.
void populateQuantizerMovementPatterns(mlir::RewritePatternSet &patterns);
/// Integer products and the scales behind them.
void populateIntegerProductPatterns(mlir::RewritePatternSet &patterns,
                                    RewriteErrors &errors);

/// The name that what replaces a constant has.
std::string nameOfConstant(mlir::Value value);
mlir::Value makeConstant(mlir::OpBuilder &b, mlir::Location loc,
                         llvm::StringRef name, const rt::Tensor &tensor,
                         mlir::Type elementType);

/// Whether `value` reaches the static operand of a product, or one that may be
/// multiplied from the left.
bool isWeight(mlir::Value value);

} // namespace snn::onnx

#endif // SNN_LIB_DIALECT_ONNX_TRANSFORMS_QUANTIZERPATTERNS_H
