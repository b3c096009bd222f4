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

snn::ArrayShapes snn::getShapes(const rt::NamedArrays &arrays, int64_t limit) {
  ArrayShapes shapes;
  for (const auto &[name, tensor] : arrays) {
    SmallVector<int64_t> shape(tensor.shape().begin(), tensor.shape().end());
    if (limit > 0 && !shape.empty())
      shape[0] = std::min(shape[0], limit);
    shapes[name] = std::move(shape);
  }
  return shapes;
}

llvm::Expected<snn::ArrayShapes> snn::readShapes(StringRef inputs) {
  if (inputs.empty() || inputs.starts_with("random:"))
    return ArrayShapes();
  try {
    return getShapes(rt::readArrays(inputs.str()));
  } catch (const std::exception &e) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   "cannot read inputs: %s", e.what());
  }
}
