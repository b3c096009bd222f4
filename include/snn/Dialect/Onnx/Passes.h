//===- Passes.h - Passes over the onnx dialect ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_PASSES_H
#define SNN_DIALECT_ONNX_PASSES_H

#include "mlir/Pass/Pass.h"

namespace snn::onnx {

#define GEN_PASS_DECL
#include "snn/Dialect/Onnx/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Dialect/Onnx/Passes.h.inc"

} // namespace snn::onnx

#endif // SNN_DIALECT_ONNX_PASSES_H
