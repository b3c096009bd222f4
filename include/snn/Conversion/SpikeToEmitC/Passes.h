//===- Passes.h - From the spike dialect to EmitC ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CONVERSION_SPIKETOEMITC_PASSES_H
#define SNN_CONVERSION_SPIKETOEMITC_PASSES_H

#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/Pass/Pass.h"

namespace snn {

#define GEN_PASS_DECL
#include "snn/Conversion/SpikeToEmitC/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "snn/Conversion/SpikeToEmitC/Passes.h.inc"

} // namespace snn

#endif // SNN_CONVERSION_SPIKETOEMITC_PASSES_H
