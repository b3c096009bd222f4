//===- InputFile.h - Files that the user names ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_INPUTFILE_H
#define SNN_SUPPORT_INPUTFILE_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace snn {

/// Fails unless `path` is a regular file: a pipe would wait for a writer, and a
/// device has no end. The error says what is wrong, without the path.
llvm::Error checkRegularFile(llvm::StringRef path);

/// The contents of a regular file of at most `mostBytes`. Text has a NUL behind
/// it. The error says what is wrong, without the path.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
readRegularFile(llvm::StringRef path, bool isText = false,
                uint64_t mostBytes = UINT64_MAX);

/// The file `location` below `folder`, where a model's external data lies.
/// Fails for an absolute path, for "..", and where symbolic links lead out of
/// the folder; the error quotes `location`.
llvm::Expected<std::string> resolveInFolder(llvm::StringRef folder,
                                            llvm::StringRef location);

} // namespace snn

#endif // SNN_SUPPORT_INPUTFILE_H
