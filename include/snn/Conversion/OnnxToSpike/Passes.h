//===- Passes.h - From the onnx to the spike dialect ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CONVERSION_ONNXTOSPIKE_PASSES_H
#define SNN_CONVERSION_ONNXTOSPIKE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace snn {

#define GEN_PASS_DECL
#include "snn/Conversion/OnnxToSpike/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Conversion/OnnxToSpike/Passes.h.inc"

} // namespace snn

#endif // SNN_CONVERSION_ONNXTOSPIKE_PASSES_H
