//===- Kernel.h - Ops that name a runtime kernel ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The bridge between IR and the runtime's kernel table: executing one op.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_KERNEL_H
#define SNN_DIALECT_KERNEL_KERNEL_H

#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "snn/runtime/KernelTable.h"
#include "snn/runtime/Tensor.h"
#include "llvm/Support/Error.h"

namespace snn {
/// A constant of an op that its kernel takes as a tensor.
struct KernelConstant {
  llvm::StringRef name;  ///< of the attribute
  mlir::TypedAttr value; ///< null where it is optional and absent
};
} // namespace snn

#include "snn/Dialect/Kernel/KernelOpInterface.h.inc"

namespace snn {

/// The runtime element type that stores elements of `type`: builtin integers
/// and floats (i1 is Bool, ui8 is U8), and the bytes that `registerByteStorage`
/// names for levels, spike trains and phase codes. None if there is no
/// such element type.
std::optional<rt::DType> getStorageType(mlir::Type elementType);

/// Says that elements of a type are stored as `storage`, U8 or I8. Called by
/// the dialects that define such types when they load; thread-safe.
void registerByteStorage(mlir::TypeID type, rt::DType storage);

/// The runtime's form of one kernel attribute; nullopt for an attribute of a
/// kind that no kernel takes.
std::optional<rt::KernelAttribute> toKernelAttribute(mlir::Attribute attribute);

/// Runs `op`, which implements KernelOpInterface, on tensors in the order of
/// `op->getOperands()`; `context` holds samples and seed of random numbers,
/// `constants` the tensors of the op's kernel constants, undefined where one is
/// absent. Reports nothing; the error says what went wrong.
llvm::Expected<llvm::SmallVector<rt::Tensor>>
invokeKernelOp(mlir::Operation *op, llvm::ArrayRef<rt::Tensor> operands,
               const rt::Context &context = {},
               llvm::ArrayRef<rt::Tensor> constants = {});

/// Runs `op`, which implements KernelOpInterface, on tensors in the order of
/// `op->getOperands()`, as invokeKernelOp does. Reports at `op` when that
/// fails.
mlir::FailureOr<llvm::SmallVector<rt::Tensor>>
executeKernelOp(mlir::Operation *op, llvm::ArrayRef<rt::Tensor> operands,
                const rt::Context &context = {},
                llvm::ArrayRef<rt::Tensor> constants = {});

/// The shape of a type without dynamic dimensions as the runtime writes it.
rt::Shape toRuntimeShape(mlir::ShapedType type);

} // namespace snn

#endif // SNN_DIALECT_KERNEL_KERNEL_H
