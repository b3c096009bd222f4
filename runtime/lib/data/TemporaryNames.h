//===- TemporaryNames.h - Names of unfinished files -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DATA_TEMPORARYNAMES_H
#define SNN_LIB_DATA_TEMPORARYNAMES_H

#include <string>

namespace snn::rt::detail {

/// A new name beside `path`, FILE.snn-tmp-PROCESS-NUMBER, which a signal that
/// ends the program removes.
std::string registerTemporary(const std::string &path);
/// The name is free again, or the file has got its own.
void releaseTemporary(const std::string &name);
/// Removes the unfinished files that processes which are no more left in a
/// folder; once a folder and process.
void removeLeftovers(const std::string &folder);

} // namespace snn::rt::detail

#endif // SNN_LIB_DATA_TEMPORARYNAMES_H
