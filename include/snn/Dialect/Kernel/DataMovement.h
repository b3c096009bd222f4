//===- DataMovement.h - Ops that only move elements -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_DATAMOVEMENT_H
#define SNN_DIALECT_KERNEL_DATAMOVEMENT_H

#include "mlir/IR/OpDefinition.h"

namespace snn {

/// Results hold elements of operand 0 and no others: see DataMovement.td.
template <typename ConcreteType>
class DataMovement
    : public mlir::OpTrait::TraitBase<ConcreteType, DataMovement> {};

} // namespace snn

#endif // SNN_DIALECT_KERNEL_DATAMOVEMENT_H
