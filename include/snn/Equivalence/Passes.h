//===- Passes.h - Comparing forms of one network ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_EQUIVALENCE_PASSES_H
#define SNN_EQUIVALENCE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace snn {

#define GEN_PASS_DECL
#include "snn/Equivalence/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Equivalence/Passes.h.inc"

} // namespace snn

#endif // SNN_EQUIVALENCE_PASSES_H
