//===- Passes.h - Passes that end a phase -----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_PIPELINE_PASSES_H
#define SNN_PIPELINE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace snn {

#define GEN_PASS_DECL
#include "snn/Pipeline/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Pipeline/Passes.h.inc"

} // namespace snn

#endif // SNN_PIPELINE_PASSES_H
