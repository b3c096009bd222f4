//===- ConstantTable.cpp - The weights of a simulator by name -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantTable.h"
#include "snn/Dialect/Onnx/Onnx.h"

using namespace mlir;
using namespace snn;

StringRef ConstantTable::getKey(TypedAttr value, StringRef name) {
  StringAttr &key = keys[value];
  if (key)
    return key;
  if (auto param = dyn_cast<onnx::ParamAttr>(value))
    name = param.getKey();
  std::string unique = name.empty() ? "constant" : name.str();
  std::string base = unique;
  for (unsigned i = 1; !used.insert(unique).second; ++i)
    unique = base + "." + std::to_string(i);
  key = StringAttr::get(value.getContext(), unique);
  return key;
}

DictionaryAttr ConstantTable::getConstants(MLIRContext *context) const {
  SmallVector<NamedAttribute> entries;
  for (auto [value, key] : keys)
    entries.emplace_back(key, value);
  return DictionaryAttr::get(context, entries); // sorts
}
