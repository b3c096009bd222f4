//===- Values.h - What is known of a value ----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_VALUES_H
#define SNN_DIALECT_ONNX_VALUES_H

#include "mlir/IR/Value.h"

#include <optional>

namespace snn {

/// Whether `value` may differ from sample to sample: an argument of the
/// function, or a random number, goes into it.
bool dependsOnInput(mlir::Value value);

namespace onnx {

/// The number that every element of a small constant holds.
std::optional<double> getUniformConstant(mlir::Value value);

} // namespace onnx
} // namespace snn

#endif // SNN_DIALECT_ONNX_VALUES_H
