//===- Process.h - Running another program ----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_PROCESS_H
#define SNN_SUPPORT_PROCESS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace snn {

/// Runs `command` (the first word is looked up in PATH) and waits for it. When
/// it cannot be started or fails, the error holds the command and its stderr.
/// Its stdout goes to the file `output`, or where ours goes. With `temporary`,
/// that folder takes its temporary files.
///
/// The program and what it starts end with this process, however this process
/// ends.
llvm::Error runProcess(llvm::ArrayRef<std::string> command,
                       llvm::StringRef output = "",
                       llvm::StringRef temporary = "");

} // namespace snn

#endif // SNN_SUPPORT_PROCESS_H
