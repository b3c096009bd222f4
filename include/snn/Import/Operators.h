//===- Operators.h - What the importer reads --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMPORT_OPERATORS_H
#define SNN_IMPORT_OPERATORS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace snn {

/// An operator that models may have.
struct OperatorInfo {
  std::string domain; ///< "" for ONNX's
  std::string name;
  /// The first and the last opset of ONNX's domain in which it is read; 0 in
  /// other domains, whose versions do not matter.
  int64_t first = 0, last = 0;
  bool isBody = false; ///< it is read as ONNX's body of other operators
  std::string refused; ///< its forms that are refused
};

/// All of them: ONNX's domain first, then by domain and name. Collected from
/// the declarations of the handlers and ONNX's own schemas.
std::vector<OperatorInfo> listOperators();

/// Prints them as a table in Markdown.
void printOperators(llvm::raw_ostream &os);

} // namespace snn

#endif // SNN_IMPORT_OPERATORS_H
