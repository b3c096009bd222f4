//===- OperatorSchemas.h - What a node of each operator may have -*- C++
//-*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_OPERATORSCHEMAS_H
#define SNN_LIB_IMPORT_OPERATORSCHEMAS_H

#include "ModelFile.h"

#include <vector>

namespace snn::import {

struct AttributeSchema {
  llvm::StringRef name;
  AttributeEntry::Kind kind = AttributeEntry::Other;
  bool isRequired = false;
};

/// An operator of the standard domain as of opset `since`. Numbers of -1 are
/// without a limit.
struct OperatorSchema {
  llvm::StringLiteral op;
  int since;
  int minInputs, maxInputs, minOutputs, maxOutputs;
  /// "axis:i perm:is! ...": name, kind (i, f, s, t or g, and lists is, fs, ss),
  /// and '!' where there is no default; '*' at the end stands for any others.
  llvm::StringLiteral attributes;

  std::vector<AttributeSchema> listAttributes() const;
  bool hasOthers() const { return attributes.ends_with("*"); }
};

/// The schema of `op` in `opset`, or its first one where the operator is newer;
/// null for an operator that the importer does not know.
const OperatorSchema *findSchema(llvm::StringRef op, int64_t opset);

} // namespace snn::import

#endif // SNN_LIB_IMPORT_OPERATORSCHEMAS_H
