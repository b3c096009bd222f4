//===- StaticWeight.h - Constant operands of products -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The constant that a product's operand is, seen through dequantisation, casts
// of layout (transpose, reshape) and constants in archives.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_STATICWEIGHT_H
#define SNN_DIALECT_SPIKE_STATICWEIGHT_H

#include "snn/Dialect/Onnx/Onnx.h"

namespace snn::spike {

/// A static weight: real values, or integers with scales.
struct StaticWeight {
  std::string name;  ///< key for derived weights
  rt::Tensor values; ///< F32, or the integers (zero point subtracted) as I32
  bool quantised = false;
  std::vector<float> scale; ///< one, or one per element of `axis`
  int64_t axis = 0;
};

/// Whether `value` is computed from one constant by dequantisation and layout.
bool isStaticWeight(mlir::Value value);

/// Reads the static weight that `value` is, for an op at `location`. The error
/// says what is wrong, for a diagnostic of that op.
llvm::Expected<StaticWeight> readStaticWeight(mlir::Value value,
                                              mlir::Location location);

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_STATICWEIGHT_H
