//===- DigitalCostInterface.td - Cost in the digital unit ----*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_DIGITALCOSTINTERFACE_TD
#define SNN_DIALECT_KERNEL_DIGITALCOSTINTERFACE_TD

include "mlir/IR/OpBase.td"

def DigitalCostInterface : OpInterface<"DigitalCostInterface"> {
  let cppNamespace = "::snn";
  let description = [{
    An op that the digital unit can execute says what it costs there: operations
    of a lane, which the energy model prices as multiply-adds, and exponentials
    (also logarithms, divisions, roots and what is made of them). Words that are
    read and written are counted from the types and belong to no op.

    There is no default: an op that does not say what it costs does not compile.
    An op that only moves words says so with `NoArithmetic`.
  }];
  let methods = [
    InterfaceMethod<[{The cost of one element, or (products) of the op; operands and
        results of a product have static shapes.}],
      "::snn::DigitalCost", "getDigitalCost", (ins)>
  ];
}

// The cost of an op as a C++ expression; the base classes of ops turn it into
// the interface's method.
class DigitalCost<string expression> {
  string cpp = expression;
}

/// Counted for each element of the first result.
class CostOfResult<int multiplyAdds, int exponentials = 0>
    : DigitalCost<"::snn::DigitalCost::ofResult(" # multiplyAdds # ", "
                  # exponentials # ")">;

/// Counted for each element of the first operand: reductions.
class CostOfOperand<int multiplyAdds, int exponentials = 0>
    : DigitalCost<"::snn::DigitalCost::ofOperand(" # multiplyAdds # ", "
                  # exponentials # ")">;

/// Multiply-adds of the whole op, a C++ expression: products of tensors.
class CostOfProduct<string multiplyAdds>
    : DigitalCost<"::snn::DigitalCost::ofProduct(" # multiplyAdds # ")">;

/// Words are moved, nothing is computed.
def NoArithmetic : CostOfResult<0>;

#endif // SNN_DIALECT_KERNEL_DIGITALCOSTINTERFACE_TD
