//===- FileOutput.cpp - Files that are whole --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/FileOutput.h"

#include "data/TemporaryNames.h"

#include "snn/runtime/Tensor.h"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
/// Keeps the signal of a file size limit from ending the program: write(2) says
/// EFBIG instead.
class FileSizeSignalBlocked {
public:
  FileSizeSignalBlocked() {
    sigset_t pending;
    sigpending(&pending);
    wasPending = sigismember(&pending, SIGXFSZ);
    sigemptyset(&signals);
    sigaddset(&signals, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
  }
  ~FileSizeSignalBlocked() {
    timespec none = {0, 0};
    if (!wasPending)
      while (sigtimedwait(&signals, nullptr, &none) > 0) {
      }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

private:
  bool wasPending;
  sigset_t signals, before;
};
} // namespace

[[noreturn]] static void fail(const std::string &path, int error) {
  throw Error("cannot write '" + path + "': " + std::strerror(error));
}

/// Writes everything; errno, or 0.
static int writeAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return 0;
}

/// The folder of a file.
static std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// The file that a link names, so that the link stays.
static std::string resolve(const std::string &path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode))
    return path;
  char *real = realpath(path.c_str(), nullptr);
  if (!real)
    return path;
  std::string result = real;
  std::free(real);
  return result;
}

/// Writes one part after the other; 0, or why it failed.
static int writeAll(int file, const std::vector<std::string_view> &parts) {
  for (std::string_view part : parts)
    if (int error = writeAll(file, part))
      return error;
  return 0;
}

PendingFile::PendingFile(std::string name,
                         const std::vector<std::string_view> &parts)
    : path(std::move(name)) {
  FileSizeSignalBlocked blocked;
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
    fail(path, EISDIR);
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    // A device or pipe has no place for another file beside it.
    int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    int error = file < 0 ? errno : writeAll(file, parts);
    if (file >= 0 && close(file) != 0 && !error)
      error = errno;
    if (error)
      fail(path, error);
    return;
  }
  target = resolve(path);
  removeLeftovers(folderOf(target));
  temporary = registerTemporary(target);
  int file =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  int error = file < 0 ? errno : writeAll(file, parts);
  if (file >= 0 && !error && fsync(file) != 0 && errno != EINVAL)
    error = errno;
  if (file >= 0 && close(file) != 0 && !error)
    error = errno;
  if (!error)
    return;
  discard();
  fail(path, error);
}

PendingFile::~PendingFile() { discard(); }

void PendingFile::discard() {
  if (temporary.empty())
    return;
  unlink(temporary.c_str());
  releaseTemporary(temporary);
  temporary.clear();
}

void PendingFile::commit() {
  if (temporary.empty())
    return;
  if (std::rename(temporary.c_str(), target.c_str()) != 0) {
    int error = errno;
    discard();
    fail(path, error);
  }
  releaseTemporary(temporary);
  temporary.clear();
  // The name, too, shall outlive the machine's power. Not every file system
  // can.
  int folder = open(folderOf(target).c_str(), O_RDONLY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
}

void snn::rt::writeFile(const std::string &path, std::string_view bytes) {
  writeFile(path, std::vector{bytes});
}

void snn::rt::writeFile(const std::string &path,
                        const std::vector<std::string_view> &parts) {
  PendingFile file(path, parts);
  file.commit();
}
