//===- LoadModule.cpp - Reads what the tools are given --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Pipeline/LoadModule.h"
#include "mlir/Parser/Parser.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "llvm/Support/Path.h"

using namespace mlir;

OwningOpRef<ModuleOp> snn::loadModule(StringRef path, MLIRContext &context,
                                      const ImportOptions &options) {
  if (path.ends_with(".onnx"))
    return importOnnx(path, context, options);
  context.getOrLoadDialect<onnx::OnnxDialect>()->getArchives().setBaseDirectory(
      llvm::sys::path::parent_path(path));
  if (!options.shapes.empty()) {
    emitError(FileLineColLoc::get(&context, path, 0, 0),
              "shapes are bound when an .onnx model is imported, not in MLIR");
    return nullptr;
  }
  return parseSourceFile<ModuleOp>(path, ParserConfig(&context));
}
