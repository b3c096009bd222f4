//===- ConstantTable.h - The weights of a simulator by name -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CONVERSION_SPIKETOEMITC_CONSTANTTABLE_H
#define SNN_LIB_CONVERSION_SPIKETOEMITC_CONSTANTTABLE_H

#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"

namespace snn {

/// Gives every constant a key of the weight archive.
class ConstantTable {
public:
  /// The key of `value`: an archived tensor keeps its own, others get `name`; a
  /// key that another tensor has is numbered.
  llvm::StringRef getKey(mlir::TypedAttr value, llvm::StringRef name);
  /// Keys and tensors, sorted by key.
  mlir::DictionaryAttr getConstants(mlir::MLIRContext *context) const;

private:
  llvm::DenseMap<mlir::Attribute, mlir::StringAttr> keys;
  llvm::StringSet<> used;
};

} // namespace snn

#endif // SNN_LIB_CONVERSION_SPIKETOEMITC_CONSTANTTABLE_H
