//===- LockedFolder.cpp - Folders that end with their process -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Support/LockedFolder.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <mutex>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace llvm;
using namespace snn;

//===----------------------------------------------------------------------===//
// Removing
//===----------------------------------------------------------------------===//

namespace {
/// What getdents64 writes.
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[1];
};
} // namespace

/// Deeper folders are none of ours.
static constexpr int deepestFolder = 16;

static void removeAt(int parent, const char *name, int depth) {
  int folder =
      openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) {
    unlinkat(parent, name, 0);
    return;
  }
  // Removal may hide entries from a scan that is under way, so it starts again
  // until it meets none.
  for (bool found = true; found && depth < deepestFolder;) {
    found = false;
    lseek(folder, 0, SEEK_SET);
    alignas(DirectoryEntry) char buffer[2048];
    for (long length;
         (length = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0;)
      for (long at = 0; at < length;) {
        auto *entry = reinterpret_cast<DirectoryEntry *>(buffer + at);
        at += entry->length;
        if (!std::strcmp(entry->name, ".") || !std::strcmp(entry->name, ".."))
          continue;
        removeAt(folder, entry->name, depth + 1);
        struct stat status;
        found |=
            fstatat(folder, entry->name, &status, AT_SYMLINK_NOFOLLOW) != 0;
      }
  }
  close(folder);
  unlinkat(parent, name, AT_REMOVEDIR);
}

void snn::removeTree(const char *path) { removeAt(AT_FDCWD, path, 0); }

//===----------------------------------------------------------------------===//
// Signals
//===----------------------------------------------------------------------===//

namespace {
/// Paths that go when a signal ends the process. Of fixed size: a handler reads
/// them.
struct Doomed {
  std::atomic<bool> isSet{false};
  char path[4096];
};
} // namespace

static Doomed doomed[16];
static std::mutex doomedLock; // for who writes
static std::atomic<int> holds{0}, heldSignal{0};
static constexpr int endingSignals[] = {SIGTERM, SIGINT, SIGHUP};
static struct sigaction previous[std::size(endingSignals)];

static void endBySignal(int number) {
  if (holds > 0) {
    heldSignal = number;
    return;
  }
  for (Doomed &entry : doomed)
    if (entry.isSet)
      removeTree(entry.path);
  // Whoever was asked before comes next, when this returns.
  for (size_t i = 0; i < std::size(endingSignals); ++i)
    if (endingSignals[i] == number)
      sigaction(number, &previous[i], nullptr);
  raise(number);
}

static void installHandlers() {
  static const bool once = [] {
    for (size_t i = 0; i < std::size(endingSignals); ++i) {
      struct sigaction action = {};
      // Who is to be left alone (nohup) is.
      if (sigaction(endingSignals[i], nullptr, &previous[i]) == 0 &&
          previous[i].sa_handler == SIG_IGN)
        continue;
      action.sa_handler = endBySignal;
      sigemptyset(&action.sa_mask);
      sigaction(endingSignals[i], &action, nullptr);
    }
    return true;
  }();
  (void)once;
}

static void removeOnSignal(StringRef path) {
  installHandlers();
  std::lock_guard<std::mutex> guard(doomedLock);
  for (Doomed &entry : doomed) {
    if (entry.isSet || path.size() >= sizeof entry.path)
      continue;
    std::memcpy(entry.path, path.data(), path.size());
    entry.path[path.size()] = '\0';
    entry.isSet = true;
    return;
  }
}

static void keepOnSignal(StringRef path) {
  std::lock_guard<std::mutex> guard(doomedLock);
  for (Doomed &entry : doomed)
    if (entry.isSet && path == entry.path)
      entry.isSet = false;
}

SignalHold::SignalHold() { ++holds; }

SignalHold::~SignalHold() {
  if (--holds == 0)
    if (int number = heldSignal.exchange(0))
      raise(number);
}

//===----------------------------------------------------------------------===//
// FileLock
//===----------------------------------------------------------------------===//

static Error makeError(const Twine &what) {
  std::error_code code(errno, std::generic_category());
  return createStringError(code, what + ": " + code.message());
}

Expected<std::unique_ptr<FileLock>> FileLock::tryTake(std::string path,
                                                      std::string &owner) {
  for (;;) {
    int file =
        open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0)
      return makeError("cannot write '" + path + "'");
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
      bool isTaken = errno == EWOULDBLOCK;
      Error error = makeError("cannot lock '" + path + "'");
      char text[32] = {};
      ssize_t length = pread(file, text, sizeof text - 1, 0);
      owner = StringRef(text, std::max<ssize_t>(length, 0)).trim().str();
      close(file);
      if (!isTaken)
        return error;
      consumeError(std::move(error));
      return nullptr;
    }
    // The owner before may have removed the file while this one was opened.
    struct stat ours, named;
    if (fstat(file, &ours) != 0 || stat(path.c_str(), &named) != 0 ||
        ours.st_ino != named.st_ino || ours.st_dev != named.st_dev) {
      close(file);
      continue;
    }
    // A full disk takes the lock, if not the number.
    std::string number = std::to_string(getpid()) + "\n";
    if (ftruncate(file, 0) == 0)
      (void)!pwrite(file, number.data(), number.size(), 0);
    removeOnSignal(path);
    return std::unique_ptr<FileLock>(new FileLock(std::move(path), file));
  }
}

FileLock::~FileLock() {
  unlink(path.c_str());
  close(file);
  keepOnSignal(path);
}

//===----------------------------------------------------------------------===//
// TemporaryFolder
//===----------------------------------------------------------------------===//

static constexpr StringLiteral lockName = ".lock";

TemporaryFolder::TemporaryFolder(std::string name) : name(std::move(name)) {
  removeOnSignal(this->name);
}

TemporaryFolder::~TemporaryFolder() {
  lock.reset();
  removeTree(name.c_str());
  keepOnSignal(name);
}

Expected<std::unique_ptr<TemporaryFolder>>
TemporaryFolder::create(StringRef parent, StringRef prefix) {
  SmallString<128> path(parent);
  sys::path::append(path, prefix + "XXXXXX");
  std::string name = path.str().str();
  if (!mkdtemp(name.data()))
    return makeError("cannot make a folder in '" + parent + "'");
  return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(name));
}

/// Removes the folders that begin with `prefix` and whose owner is gone.
static void removeDeadFolders(StringRef parent, StringRef prefix) {
  std::error_code error;
  for (sys::fs::directory_iterator it(parent, error, /*follow_symlinks=*/false),
       end;
       it != end && !error; it.increment(error)) {
    if (!sys::path::filename(it->path()).starts_with(prefix))
      continue;
    struct stat status;
    if (lstat(it->path().c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
        status.st_uid != geteuid())
      continue;
    SmallString<128> file(it->path());
    sys::path::append(file, lockName);
    // One without a lock is perhaps just being made.
    if (!sys::fs::exists(file)) {
      if (std::time(nullptr) - status.st_mtime > 60)
        removeTree(it->path().c_str());
      continue;
    }
    std::string owner;
    Expected<std::unique_ptr<FileLock>> lock =
        FileLock::tryTake(file.str().str(), owner);
    if (!lock)
      consumeError(lock.takeError());
    else if (*lock)
      removeTree(it->path().c_str());
  }
}

Expected<std::unique_ptr<TemporaryFolder>>
TemporaryFolder::createInTemp(StringRef prefix) {
  SmallString<128> parent;
  sys::path::system_temp_directory(/*ErasedOnReboot=*/true, parent);
  removeDeadFolders(parent, prefix);
  Expected<std::unique_ptr<TemporaryFolder>> folder = create(parent, prefix);
  if (!folder)
    return folder.takeError();
  SmallString<128> file((*folder)->path());
  sys::path::append(file, lockName);
  std::string owner;
  Expected<std::unique_ptr<FileLock>> lock =
      FileLock::tryTake(file.str().str(), owner);
  if (!lock)
    return lock.takeError();
  (*folder)->lock = std::move(*lock);
  return std::move(*folder);
}
