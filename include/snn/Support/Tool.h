//===- Tool.h - The frame of a command line tool ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_TOOL_H
#define SNN_SUPPORT_TOOL_H

#include "llvm/ADT/STLFunctionalExtras.h"

namespace snn {

/// Runs what a tool does and returns its exit status. An exception (of the
/// runtime, of an allocation) and an output that cannot be written become one
/// error and status 1. To be called behind llvm::InitLLVM, which would end the
/// process when memory is short.
int runTool(llvm::function_ref<int()> body);

} // namespace snn

#endif // SNN_SUPPORT_TOOL_H
