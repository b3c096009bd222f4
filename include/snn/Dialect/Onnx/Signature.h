//===- Signature.h - What a network is called and takes ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_SIGNATURE_H
#define SNN_DIALECT_ONNX_SIGNATURE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace snn {

/// The function that a module of the float, quantised or spiking level runs:
/// @main, or the only function. Reports at the module and returns null.
mlir::func::FuncOp getEntryPoint(mlir::ModuleOp module);

/// The name of an argument or result: its `onnx.name`, or "argN" / "resultN".
std::string getArgumentName(mlir::func::FuncOp function, unsigned index);
std::string getResultName(mlir::func::FuncOp function, unsigned index);

/// Whether a result is the same for all samples: it depends on no argument, and
/// on no random number.
bool isConstantResult(mlir::func::FuncOp function, unsigned index);

} // namespace snn

#endif // SNN_DIALECT_ONNX_SIGNATURE_H
