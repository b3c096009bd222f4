//===- DrawsNumbers.td - Ops that draw random numbers ------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_DRAWSNUMBERS_TD
#define SNN_DIALECT_KERNEL_DRAWSNUMBERS_TD

include "mlir/IR/OpBase.td"

/// The results depend on random numbers, and so on the run's seed and on the
/// numbers of the samples, even where the operands are the same for all
/// samples.
def DrawsNumbers : NativeOpTrait<"DrawsNumbers"> { let cppNamespace = "::snn"; }

#endif // SNN_DIALECT_KERNEL_DRAWSNUMBERS_TD
