//===- NarrowedInput.h - Inputs of doubles ----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_NARROWEDINPUT_H
#define SNN_DIALECT_ONNX_NARROWEDINPUT_H

#include "llvm/ADT/StringRef.h"

namespace snn {

/// The attribute of an argument that the model declares with a wider type, and
/// that is computed in float32: that type. The interpreter takes data of
/// either; for any other argument, doubles are refused.
inline constexpr llvm::StringLiteral narrowedAttrName = "onnx.narrowed_from";

} // namespace snn

#endif // SNN_DIALECT_ONNX_NARROWEDINPUT_H
