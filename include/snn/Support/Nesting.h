//===- Nesting.h - How deep a text is nested --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's parsers of JSON, YAML and MLIR call themselves for what is nested, and
// a text of brackets ends the process with the stack. No file of ours is nested
// deeper than some levels.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_NESTING_H
#define SNN_SUPPORT_NESTING_H

#include "llvm/Support/Error.h"

namespace snn {

/// Fails where arrays and objects are nested deeper than a reader bears. The
/// error names the line.
llvm::Error checkJsonNesting(llvm::StringRef text);
/// The same for flow and block collections.
llvm::Error checkYamlNesting(llvm::StringRef text);
/// The same for MLIR text. Bytecode fails, too: MLIR's reader does what it
/// says, such as to make room for 2^32 values.
llvm::Error checkMlirNesting(llvm::StringRef text);
/// Whether a file holds MLIR's bytecode.
bool isMlirBytecode(llvm::StringRef text);

} // namespace snn

#endif // SNN_SUPPORT_NESTING_H
