//===- Version.cpp - What built an artefact -------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The only source that a new revision compiles again.
//
//===----------------------------------------------------------------------===//

#include "snn/Support/Version.h"
#include "Revision.inc"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

using llvm::StringRef;

StringRef snn::getRelease() { return SNN_VERSION; }

StringRef snn::getVersion() {
#ifdef SNN_REVISION
  static const std::string version =
      (SNN_VERSION " (" + StringRef(SNN_REVISION).take_front(7) + ")").str();
  return version;
#else
  return getRelease();
#endif
}

void snn::setVersionPrinter(llvm::StringLiteral tool) {
  llvm::cl::SetVersionPrinter([tool](llvm::raw_ostream &os) {
    os << tool << ' ' << getVersion() << ", LLVM " << LLVM_VERSION_STRING
       << '\n';
  });
}
