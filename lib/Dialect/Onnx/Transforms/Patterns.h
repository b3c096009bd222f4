//===- Patterns.h - Shared by the onnx passes -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_ONNX_TRANSFORMS_PATTERNS_H
#define SNN_LIB_DIALECT_ONNX_TRANSFORMS_PATTERNS_H

#include "mlir/IR/PatternMatch.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Onnx/Values.h"

#include <optional>

namespace snn::onnx {

/// Splits `value` = x * factor, written as Mul or Div with a uniform constant.
/// Nothing when it is not such a product or when the shape of x changes.
struct ScaledValue {
  mlir::Value x;
  double factor;
};
std::optional<ScaledValue> getScaledValue(mlir::Value value);

/// Whether `value` is within 0.1 % of `wanted`; exporters round constants.
bool isNearly(double value, double wanted);

mlir::RankedTensorType getTensorType(mlir::Value value);

/// Applies `patterns` and drops what becomes dead; folds nothing else.
mlir::LogicalResult applyRecognition(mlir::Operation *root,
                                     mlir::RewritePatternSet &&patterns);

/// Makes the leading axes of attention operands equal.
void populateAlignAttentionPatterns(mlir::RewritePatternSet &patterns);
/// Moves reshapes of scores and probabilities to the operands of products.
void populateReshapedScoresPatterns(mlir::RewritePatternSet &patterns);
/// A remark for each product of a softmax that is no `onnx.attention`.
void reportMissedAttention(mlir::Operation *root);

} // namespace snn::onnx

#endif // SNN_LIB_DIALECT_ONNX_TRANSFORMS_PATTERNS_H
