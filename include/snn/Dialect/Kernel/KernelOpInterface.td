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

    A kernel's parameters stand in the order: operands, constants, results,
    attributes. Absent optional operands and constants are passed as null. A
    parameter that is a coding takes five attributes: bits, zero point, mask, radius
    (integers) and scale (a float).
  }];
  let methods = [
    InterfaceMethod<[{The kernel's name in the runtime's table; empty for an op that
        has no kernel on operands of its types.}],
      "::llvm::StringRef", "getKernelName", (ins), [{}],
      [{ return $_op->getName().stripDialect(); }]>,
    InterfaceMethod<[{The kernel's attributes, in the order of its parameters:
        integer, float, string and integer-array attributes.}],
      "::llvm::SmallVector<::mlir::Attribute>", "getKernelAttributes", (ins),
      [{}], [{ return {}; }]>,
    InterfaceMethod<[{The operands in the order of the kernel's parameters; a null
        value stands for an absent optional operand.}],
      "::llvm::SmallVector<::mlir::Value>", "getKernelOperands", (ins), [{}],
      [{ return ::llvm::to_vector($_op->getOperands()); }]>,
    InterfaceMethod<[{Constants that the kernel takes as tensors behind the operands,
        though the op holds them as attributes.}],
      "::llvm::SmallVector<::snn::KernelConstant>", "getKernelConstants", (ins),
      [{}], [{ return {}; }]>,
    InterfaceMethod<[{The operand or result whose coding a parameter of the kernel is;
        null where the kernel takes no coding. An emitted program names the coding.}],
      "::mlir::Value", "getKernelCoded", (ins), [{}], [{ return {}; }]>
  ];
}

#endif // SNN_DIALECT_KERNEL_KERNELOPINTERFACE_TD
