//===- OutputFile.h - Files and output of the tools -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What LLVM's streams print goes through the one writer of the runtime, as an
// LLVM stream that cannot be written ends the program without naming the file.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_OUTPUTFILE_H
#define SNN_SUPPORT_OUTPUTFILE_H

#include "snn/runtime/FileOutput.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

#include <exception>

namespace snn {

/// Whether everything that was printed to standard output has arrived.
inline llvm::Error flushStandardOutput() {
  llvm::raw_fd_ostream &os = llvm::outs();
  os.flush();
  if (!os.has_error())
    return llvm::Error::success();
  std::error_code error = os.error();
  os.clear_error();
  return llvm::createStringError(error, "cannot write standard output: " +
                                            error.message());
}

/// The exit status of a tool whose work ended with `status`.
inline int exitStatus(int status) {
  llvm::Error error = flushStandardOutput();
  if (!error)
    return status;
  llvm::WithColor::error() << llvm::toString(std::move(error)) << '\n';
  return status ? status : 1;
}

/// Writes a file as a whole (snn/runtime/FileOutput.h), or standard output
/// where the path is "-". The error reads: cannot write 'FILE': reason.
inline llvm::Error
writeOutputFile(llvm::StringRef path,
                llvm::function_ref<void(llvm::raw_ostream &)> print) {
  if (path == "-") {
    print(llvm::outs());
    return flushStandardOutput();
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  print(os);
  try {
    rt::writeFile(path.str(), text);
  } catch (const std::exception &e) {
    return llvm::createStringError(e.what());
  }
  return llvm::Error::success();
}

} // namespace snn

#endif // SNN_SUPPORT_OUTPUTFILE_H
