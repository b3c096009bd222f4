//===- Onnx.h - The onnx dialect --------------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_ONNX_H
#define SNN_DIALECT_ONNX_ONNX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "snn/Dialect/Kernel/DataMovement.h"
#include "snn/Dialect/Kernel/DigitalCost.h"
#include "snn/Dialect/Kernel/DrawsNumbers.h"
#include "snn/Dialect/Kernel/Kernel.h"
#include "snn/Dialect/Kernel/SampleAxes.h"
#include "snn/Dialect/Onnx/Archive.h"

#include "snn/Dialect/Onnx/OnnxOpsDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "snn/Dialect/Onnx/OnnxAttrs.h.inc"

#define GET_OP_CLASSES
#include "snn/Dialect/Onnx/OnnxOps.h.inc"

namespace snn::onnx {

/// A module's attribute: the digest of its compilation, 32 hexadecimal digits.
constexpr llvm::StringLiteral digestAttrName = "onnx.digest";

/// The tensor that a constant attribute (dense elements, or `#onnx.param`)
/// holds. Mapped data is not copied. Reports at `location` and fails when the
/// archive or the key is missing or has other data than the type says.
mlir::FailureOr<rt::Tensor> resolveConstant(mlir::Attribute value,
                                            mlir::Location location);

/// The same without a report, for patterns.
llvm::Expected<rt::Tensor> readConstant(mlir::Attribute value,
                                        mlir::Location location);

/// An attribute for `tensor`, of element type `elementType`: dense elements
/// when it is small (at most `maxInlineElements`), otherwise a key `name` in
/// memory.
mlir::TypedAttr makeConstantAttr(mlir::MLIRContext *context,
                                 llvm::StringRef name, rt::Tensor tensor,
                                 mlir::Type elementType,
                                 int64_t maxInlineElements = 64);

/// The builtin element type that stores `type`.
mlir::Type toElementType(mlir::MLIRContext *context, rt::DType type);

/// The constant that defines `value` as an `onnx.constant`'s attribute, or
/// null.
mlir::TypedAttr getConstantAttr(mlir::Value value);

/// x of Where(IsNaN(x), 0, x), which exporters put behind a softmax whose rows
/// may be hidden as a whole; `value` itself where it is none.
mlir::Value skipNanGuard(mlir::Value value);

/// The number of elements of a shape, dynamic axes counted as 1; nothing where
/// a size is negative or the product is beyond 2^40, more than any tensor of a
/// network has and few enough that bytes and offsets fit 64 bits.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape);

/// The name of the ONNX node (or value) that a location carries; empty if none.
llvm::StringRef getNodeName(mlir::Location location);

/// Gives every op below `root` that has no name one that no other has: its kind
/// and a number, "matmul#1". Sites, layers and what is counted of them are told
/// apart by name. Constants, which their users name, and terminators stay as
/// they are.
void nameNodes(mlir::Operation *root);

} // namespace snn::onnx

#endif // SNN_DIALECT_ONNX_ONNX_H
