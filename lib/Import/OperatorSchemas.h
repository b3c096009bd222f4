//===- OperatorSchemas.h - What a node of an operator may have --*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_OPERATORSCHEMAS_H
#define SNN_LIB_IMPORT_OPERATORSCHEMAS_H

#include "ModelFile.h"
#include "llvm/ADT/StringMap.h"

#include <map>
#include <optional>
#include <vector>

namespace snn::import {

struct AttributeSchema {
  std::string name;
  AttributeEntry::Kind kind = AttributeEntry::Other;
  bool isRequired = false;
};

/// An operator of the standard domain as of opset `since`. Numbers of -1 are
/// without a limit.
struct OperatorSchema {
  int64_t since = 1;
  int minInputs = 0, maxInputs = 0, minOutputs = 0, maxOutputs = 0;
  std::vector<AttributeSchema> attributes;
  bool hasOthers = false; ///< attributes that are not listed
  bool isDeprecated = false;
};

/// The schemas of ONNX's operators, made when they are asked for.
class OperatorSchemas {
public:
  /// The schema of `op` in `opset`, or its first one where the operator is
  /// newer; null for an operator that is not known.
  const OperatorSchema *find(llvm::StringRef op, int64_t opset);

private:
  std::map<int64_t, llvm::StringMap<std::optional<OperatorSchema>>> made;
};

} // namespace snn::import

#endif // SNN_LIB_IMPORT_OPERATORSCHEMAS_H
