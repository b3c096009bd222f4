//===- Passes.h - Passes on the spike dialect -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_PASSES_H
#define SNN_DIALECT_SPIKE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace snn::spike {

#define GEN_PASS_DECL
#include "snn/Dialect/Spike/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Dialect/Spike/Passes.h.inc"

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_PASSES_H
