//===- KernelOpInterface.td - Ops that name a runtime kernel -*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_KERNELOPINTERFACE_TD
#define SNN_DIALECT_KERNEL_KERNELOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def KernelOpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::snn";
  let description = [{
    An op that the digital unit executes. The op names the runtime kernel that
    gives its meaning and the attributes that the kernel takes after its
    tensors. The interpreter looks the kernel up in the runtime's table; the C++
    emitter prints a call to the function of the same name. There is no second
    table.

    A kernel's parameters stand in the order: operands, results, attributes.
    Absent optional operands are passed as null.
  }];
  let methods = [
    InterfaceMethod<"The kernel's name in the runtime's table.",
      "::llvm::StringRef", "getKernelName", (ins), [{}],
      [{ return $_op->getName().stripDialect(); }]>,
    InterfaceMethod<[{The kernel's attributes, in the order of its parameters:
        integer, float, string and integer-array attributes.}],
      "::llvm::SmallVector<::mlir::Attribute>", "getKernelAttributes", (ins),
      [{}], [{ return {}; }]>,
    InterfaceMethod<[{The operands in the order of the kernel's parameters; a null
        value stands for an absent optional operand.}],
      "::llvm::SmallVector<::mlir::Value>", "getKernelOperands", (ins), [{}],
      [{ return ::llvm::to_vector($_op->getOperands()); }]>
  ];
}

#endif // SNN_DIALECT_KERNEL_KERNELOPINTERFACE_TD
