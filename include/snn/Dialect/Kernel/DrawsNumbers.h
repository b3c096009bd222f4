//===- DrawsNumbers.h - Ops that draw random numbers ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_DRAWSNUMBERS_H
#define SNN_DIALECT_KERNEL_DRAWSNUMBERS_H

#include "mlir/IR/OpDefinition.h"

namespace snn {

/// Results depend on random numbers: see DrawsNumbers.td.
template <typename ConcreteType>
class DrawsNumbers
    : public mlir::OpTrait::TraitBase<ConcreteType, DrawsNumbers> {};

} // namespace snn

#endif // SNN_DIALECT_KERNEL_DRAWSNUMBERS_H
