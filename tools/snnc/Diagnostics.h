//===- Diagnostics.h - Errors and warnings as JSON --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// --diagnostics=json: one object a line on stderr, with `severity` (error,
// warning, remark), `message`, `node` (the ONNX node, empty if none), `file`,
// `line`, `column` (0: none) and `notes`, a list of objects with `message`,
// `node`, `file`, `line` and `column`.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TOOLS_SNNC_DIAGNOSTICS_H
#define SNN_TOOLS_SNNC_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

#include <string>

namespace snn {

/// Prints a diagnostic; `rename` maps its texts.
void printJson(const mlir::Diagnostic &diagnostic,
               llvm::function_ref<std::string(std::string)> rename);

/// Prints an error that has no place.
void printJsonError(llvm::StringRef message);

} // namespace snn

#endif // SNN_TOOLS_SNNC_DIAGNOSTICS_H
