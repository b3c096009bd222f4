//===- Import.h - ONNX protobuf to the onnx dialect -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMPORT_IMPORT_H
#define SNN_IMPORT_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <string>

namespace snn {

struct ImportOptions {
  /// Shapes of graph inputs by name. A negative entry leaves the dimension as
  /// the model has it.
  std::map<std::string, llvm::SmallVector<int64_t>> shapes;
};

/// Adds the binding that `text` ("input_ids=1x128") asks for.
llvm::Error addShapeBinding(ImportOptions &options, llvm::StringRef text);

/// Reads an .onnx file as a module that holds `func.func @main`. Weights are
/// not read: they become keys of the file (`#onnx.param`). Reports one error at
/// the file or node and returns null when the model cannot be imported.
///
/// Opsets 9 to 23. Shape arithmetic is evaluated, so that every shape, axis and
/// bound is an attribute; the first dimension of the inputs may stay dynamic.
/// The module has the attributes `onnx.opset`, `onnx.source` and
/// `onnx.metadata`, arguments and results have `onnx.name`, and quantize ops
/// have `onnx.output`, the name that the model gives their result.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path,
                                             mlir::MLIRContext &context,
                                             const ImportOptions &options = {});

} // namespace snn

#endif // SNN_IMPORT_IMPORT_H
