//===- LockedFolder.h - Folders that end with their process -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The kernel drops a lock when the process that holds it ends, however it ends.
// So a lock tells whose files are in use and whose are leftovers; process
// numbers come again and would not.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_LOCKEDFOLDER_H
#define SNN_SUPPORT_LOCKEDFOLDER_H

#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace snn {

/// An exclusive lock on a file, which holds this process's number for who meets
/// it. The file is removed with the lock.
class FileLock {
public:
  /// Null when another process has the lock; `owner` is then its number, as far
  /// as it is known.
  static llvm::Expected<std::unique_ptr<FileLock>> tryTake(std::string path,
                                                           std::string &owner);
  ~FileLock();
  FileLock(const FileLock &) = delete;
  FileLock &operator=(const FileLock &) = delete;

private:
  FileLock(std::string path, int file) : path(std::move(path)), file(file) {}

  std::string path;
  int file;
};

/// A folder of this process, removed with all that is in it at the end: of the
/// object, or of the process by SIGTERM, SIGINT or SIGHUP.
class TemporaryFolder {
public:
  /// Makes the folder `parent`/`prefix`XXXXXX.
  static llvm::Expected<std::unique_ptr<TemporaryFolder>>
  create(llvm::StringRef parent, llvm::StringRef prefix);
  /// The same where temporary files lie, after removing those of dead
  /// processes.
  static llvm::Expected<std::unique_ptr<TemporaryFolder>>
  createInTemp(llvm::StringRef prefix);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  llvm::StringRef path() const { return name; }

private:
  explicit TemporaryFolder(std::string name);

  std::string name;
  std::unique_ptr<FileLock> lock;
};

/// Removes a file, or a folder with all that is in it; links are not followed.
/// Safe in a signal handler.
void removeTree(const char *path);

/// Holds back SIGTERM, SIGINT and SIGHUP while it lives: what is half done then
/// is finished first.
class SignalHold {
public:
  SignalHold();
  ~SignalHold();
};

} // namespace snn

#endif // SNN_SUPPORT_LOCKEDFOLDER_H
