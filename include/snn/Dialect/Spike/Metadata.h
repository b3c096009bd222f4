//===- Metadata.h - What the model says of its coding -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_METADATA_H
#define SNN_DIALECT_SPIKE_METADATA_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"

namespace snn::spike {

/// The value of an ONNX metadata property that the importer kept in the
/// module's `onnx.metadata`; empty if there is none.
inline llvm::StringRef getMetadata(mlir::ModuleOp module, llvm::StringRef key) {
  auto metadata = module->getAttrOfType<mlir::DictionaryAttr>("onnx.metadata");
  if (!metadata)
    return "";
  auto value = metadata.getAs<mlir::StringAttr>(key);
  return value ? value.getValue() : "";
}

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_METADATA_H
