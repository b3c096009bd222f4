//===- DataMovement.td - Ops that only move elements ---------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_DATAMOVEMENT_TD
#define SNN_DIALECT_KERNEL_DATAMOVEMENT_TD

include "mlir/IR/OpBase.td"

/// The results hold elements of operand 0 and no others, wherever the other
/// operands say; so what an element stands for (its scale, its coding, the site
/// that it comes from) is the same in front of the op and behind it, and
/// quantisers can pass it.
def DataMovement : NativeOpTrait<"DataMovement"> {
  let cppNamespace = "::snn";
}

#endif // SNN_DIALECT_KERNEL_DATAMOVEMENT_TD
