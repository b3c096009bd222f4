//===- LoadModule.h - Reads what the tools are given ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_PIPELINE_LOADMODULE_H
#define SNN_PIPELINE_LOADMODULE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "snn/Import/Import.h"
#include "snn/runtime/DataFile.h"

namespace snn {

/// Reads an .onnx model (imported) or MLIR text (weight archives
/// are looked up beside the file). Diagnostics go to the context's handler;
/// returns null on failure.
mlir::OwningOpRef<mlir::ModuleOp> loadModule(llvm::StringRef path,
                                             mlir::MLIRContext &context,
                                             const ImportOptions &options = {});

/// The shapes of arrays, of which no more than `limit` rows are used unless
/// that is 0.
ArrayShapes getShapes(const rt::NamedArrays &arrays, int64_t limit = 0);

/// The shapes of the arrays that `inputs` names, as `loadSamples` takes them;
/// none for random ones, which have the model's shapes.
llvm::Expected<ArrayShapes> readShapes(llvm::StringRef inputs);

} // namespace snn

#endif // SNN_PIPELINE_LOADMODULE_H
