//===- DigitalCost.h - What an op costs in the digital unit -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_DIGITALCOST_H
#define SNN_DIALECT_KERNEL_DIGITALCOST_H

#include "mlir/IR/OpDefinition.h"

namespace snn {

/// Operations of the digital unit.
struct DigitalCost {
  /// What the numbers are counted for.
  enum class Basis { Result, Operand, Product };

  double multiplyAdds = 0;
  double exponentials = 0;
  Basis basis = Basis::Result;

  /// For each element of the first result.
  static DigitalCost ofResult(double multiplyAdds, double exponentials) {
    return {multiplyAdds, exponentials, Basis::Result};
  }
  /// For each element of the first operand.
  static DigitalCost ofOperand(double multiplyAdds, double exponentials) {
    return {multiplyAdds, exponentials, Basis::Operand};
  }
  /// For the op, whose multiply-adds stand for synapses.
  static DigitalCost ofProduct(double multiplyAdds) {
    return {multiplyAdds, 0, Basis::Product};
  }
};

} // namespace snn

#include "snn/Dialect/Kernel/DigitalCostInterface.h.inc"

#endif // SNN_DIALECT_KERNEL_DIGITALCOST_H
