//===- InputFile.cpp - Files that the user names --------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Support/InputFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

Error snn::checkRegularFile(StringRef path) {
  if (path.contains('\0'))
    return createStringError("its name holds a NUL");
  sys::fs::file_status status;
  if (std::error_code error = sys::fs::status(path, status))
    return createStringError(error, error.message());
  if (sys::fs::is_directory(status))
    return createStringError("is a directory");
  if (!sys::fs::is_regular_file(status))
    return createStringError("is no regular file");
  return Error::success();
}

Expected<std::unique_ptr<MemoryBuffer>>
snn::readRegularFile(StringRef path, bool isText, uint64_t mostBytes) {
  if (Error error = checkRegularFile(path))
    return error;
  uint64_t size = 0;
  if (std::error_code error = sys::fs::file_size(path, size))
    return createStringError(error, error.message());
  if (size > mostBytes)
    return createStringError("has " + Twine(size) + " bytes, at most " +
                             Twine(mostBytes) + " are read");
  auto buffer =
      MemoryBuffer::getFile(path, isText, /*RequiresNullTerminator=*/isText);
  if (!buffer)
    return createStringError(buffer.getError(), buffer.getError().message());
  return std::move(*buffer);
}

Expected<std::string> snn::resolveInFolder(StringRef folder,
                                           StringRef location) {
  auto outside = [&] {
    return createStringError(
        "its external data lies outside the model's folder: '" + location +
        "'");
  };
  if (location.contains('\0'))
    return createStringError("the name of its external data holds a NUL");
  if (sys::path::is_absolute(location) ||
      llvm::is_contained(llvm::make_range(sys::path::begin(location),
                                          sys::path::end(location)),
                         ".."))
    return outside();
  SmallString<128> path(folder);
  sys::path::append(path, location);
  // What does not exist is reported by who opens it.
  SmallString<128> real, base;
  if (sys::fs::real_path(path, real) ||
      sys::fs::real_path(folder.empty() ? "." : folder, base))
    return path.str().str();
  StringRef rest = real;
  bool isInside =
      base == "/" || (rest.consume_front(base) && rest.starts_with("/"));
  if (!isInside)
    return outside();
  return path.str().str();
}
