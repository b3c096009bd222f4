//===- Patterns.h - Patterns of onnx-to-spike -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CONVERSION_ONNXTOSPIKE_PATTERNS_H
#define SNN_LIB_CONVERSION_ONNXTOSPIKE_PATTERNS_H

#include "mlir/IR/PatternMatch.h"

namespace snn {

/// Float products of dequantised operands to integer products and rescaling.
void populateProductPatterns(mlir::RewritePatternSet &patterns);

/// Biases into rescaling, quantisers up to the accumulator.
void populateRequantizePatterns(mlir::RewritePatternSet &patterns);

} // namespace snn

#endif // SNN_LIB_CONVERSION_ONNXTOSPIKE_PATTERNS_H
