//===- Process.cpp - Running another program ------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Target/Cpp/Process.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

using namespace llvm;

/// `command` as one would type it.
static std::string toText(ArrayRef<std::string> command) {
  std::string text;
  for (const std::string &word : command) {
    bool plain = word.find_first_of(" \t'\"\\$`*?&|;<>()") == std::string::npos;
    text += text.empty() ? "" : " ";
    text += plain ? word : "'" + word + "'";
  }
  return text;
}

Error snn::runProcess(ArrayRef<std::string> command, StringRef output) {
  auto fail = [&](const Twine &reason) {
    return createStringError(inconvertibleErrorCode(),
                             reason + "\n  command: " + toText(command));
  };
  ErrorOr<std::string> program = sys::findProgramByName(command.front());
  if (!program)
    return fail("cannot find the program '" + command.front() + "'");

  SmallString<128> log;
  if (std::error_code error =
          sys::fs::createTemporaryFile("snnc-stderr", "txt", log))
    return fail("cannot make a temporary file: " + error.message());
  FileRemover remover(log);
  std::optional<StringRef> redirects[] = {std::nullopt, std::nullopt,
                                          log.str()};
  if (!output.empty())
    redirects[1] = output;
  SmallVector<StringRef> arguments(command.begin(), command.end());
  std::string message;
  int status = sys::ExecuteAndWait(*program, arguments, std::nullopt, redirects,
                                   0, 0, &message);
  std::string printed;
  if (auto buffer = MemoryBuffer::getFile(log))
    printed = (*buffer)->getBuffer().rtrim().str();
  if (status == 0) {
    errs() << printed << (printed.empty() ? "" : "\n");
    return Error::success();
  }
  std::string reason = "'" + command.front() + "' ";
  reason += status > 0 ? "failed with exit status " + std::to_string(status)
                       : "could not be run: " + message;
  if (!printed.empty())
    reason += "\n" + printed;
  return fail(reason);
}
