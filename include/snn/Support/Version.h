//===- Version.h - What built an artefact -----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_VERSION_H
#define SNN_SUPPORT_VERSION_H

#include "llvm/ADT/StringRef.h"

namespace snn {

/// "0.1.0".
llvm::StringRef getRelease();

/// "0.1.0 (abc1234)": the release and the revision of the sources; the release
/// alone where they were no checkout of git.
llvm::StringRef getVersion();

/// Lets --version of a tool print "TOOL 0.1.0 (abc1234), LLVM 22.1.8".
void setVersionPrinter(llvm::StringLiteral tool);

} // namespace snn

#endif // SNN_SUPPORT_VERSION_H
