//===- Patterns.h - Patterns of onnx-to-spike -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CONVERSION_ONNXTOSPIKE_PATTERNS_H
#define SNN_LIB_CONVERSION_ONNXTOSPIKE_PATTERNS_H

#include "mlir/IR/PatternMatch.h"
#include "snn/Dialect/Onnx/RewriteErrors.h"
#include "snn/Dialect/Spike/StaticWeight.h"

namespace snn {

/// A pattern that may find a network at fault.
template <typename Op> struct CheckedPattern : mlir::OpRewritePattern<Op> {
  CheckedPattern(mlir::MLIRContext *context, onnx::RewriteErrors &errors)
      : mlir::OpRewritePattern<Op>(context), errors(errors) {}
  onnx::RewriteErrors &errors;
};

/// Softmax between phase-coded scores and probabilities to `spike.woss`.
void populatePhaseAttentionPatterns(mlir::RewritePatternSet &patterns,
                                    onnx::RewriteErrors &errors);

/// Biases, factors and ReLU into the ops of phase coding.
void populatePhasePatterns(mlir::RewritePatternSet &patterns,
                           onnx::RewriteErrors &errors);

/// Whether the elements of `value` are phase codes.
bool isPhaseCoded(mlir::Value value);

/// Integers (I32) as I8 if they fit, else as I16, in an attribute `name`.
mlir::TypedAttr makeNarrowWeight(mlir::MLIRContext *context,
                                 llvm::StringRef name,
                                 const rt::Tensor &integers);

/// The product of `op` on phase codes `x` with static weights: [inputs,
/// outputs] for MatMul and Gemm.
mlir::Value makePhaseLinear(mlir::PatternRewriter &rewriter,
                            mlir::Operation *op, mlir::Value x,
                            const spike::StaticWeight &weight);
/// `bias` may be null.
mlir::Value makePhaseConv(mlir::PatternRewriter &rewriter, onnx::ConvOp op,
                          mlir::Value x, const spike::StaticWeight &weight,
                          const rt::Tensor *bias);

/// The product of two decoded phase codes, `a` perhaps divided by the Z of a
/// `spike.woss`; null if `op` is none.
mlir::Value makePhaseProduct(mlir::PatternRewriter &rewriter,
                             onnx::MatMulOp op);

/// The elements of `value` if it is a constant that, broadcast to `type`,
/// varies along `axis` only: as many as the axis has, or one. What is wrong
/// with the constant is noted as an error of `op`.
std::optional<rt::Tensor> readChannelConstant(mlir::Operation *op,
                                              mlir::Value value,
                                              mlir::RankedTensorType type,
                                              int64_t axis,
                                              onnx::RewriteErrors &errors);

/// A dequantiser and the data movement below it change places.
void populateSinkPatterns(mlir::RewritePatternSet &patterns,
                          onnx::RewriteErrors &errors);

/// Float products of dequantised operands to integer products and rescaling.
void populateProductPatterns(mlir::RewritePatternSet &patterns,
                             onnx::RewriteErrors &errors);

/// Biases into rescaling, quantisers up to the accumulator.
void populateRequantizePatterns(mlir::RewritePatternSet &patterns,
                                onnx::RewriteErrors &errors);

} // namespace snn

#endif // SNN_LIB_CONVERSION_ONNXTOSPIKE_PATTERNS_H
