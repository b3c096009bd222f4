//===- Passes.h - Writing programming images --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TARGET_IMAGE_PASSES_H
#define SNN_TARGET_IMAGE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace snn {

#define GEN_PASS_DECL
#include "snn/Target/Image/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Target/Image/Passes.h.inc"

} // namespace snn

#endif // SNN_TARGET_IMAGE_PASSES_H
