//===- ArtefactSet.cpp - The files of one compilation ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Support/ArtefactSet.h"
#include "snn/Support/InputFile.h"
#include "snn/Support/Nesting.h"
#include "snn/Support/Version.h"
#include "snn/runtime/Compilation.h"
#include "snn/runtime/FileOutput.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;
using namespace snn;

static constexpr StringLiteral lockName = ".snnc.lock";
static constexpr StringLiteral stagingPrefix = ".snnc-";
// In the staging folder, beside what `listFiles` finds.
static constexpr StringLiteral filesName = "new", oldName = "old",
                               temporaryName = "tmp";

static std::string joinPath(StringRef folder, StringRef name) {
  SmallString<128> path(folder);
  sys::path::append(path, name);
  return path.str().str();
}

static Error makeError(const Twine &what) {
  std::error_code code(errno, std::generic_category());
  return createStringError(code, what + ": " + code.message());
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

Expected<std::unique_ptr<ArtefactSet>> ArtefactSet::open(StringRef directory) {
  std::unique_ptr<ArtefactSet> set(new ArtefactSet);
  set->directory = directory.str();
  set->isNew = !sys::fs::exists(directory);
  if (std::error_code error = sys::fs::create_directories(directory))
    return createStringError(error, "cannot make directory '" + directory +
                                        "': " + error.message());
  std::string owner;
  Expected<std::unique_ptr<FileLock>> lock =
      FileLock::tryTake(joinPath(directory, lockName), owner);
  if (!lock)
    return createStringError("cannot write to '" + directory +
                             "': " + toString(lock.takeError()));
  if (!*lock)
    return createStringError("cannot write to '" + directory + "': process " +
                             (owner.empty() ? "?" : owner) +
                             " is compiling to it (" +
                             joinPath(directory, lockName) + ")");
  set->lock = std::move(*lock);
  // With the lock, whoever made these is gone.
  std::error_code error;
  for (sys::fs::directory_iterator it(directory, error,
                                      /*follow_symlinks=*/false),
       end;
       it != end && !error; it.increment(error))
    if (sys::path::filename(it->path()).starts_with(stagingPrefix))
      removeTree(it->path().c_str());
  Expected<std::unique_ptr<TemporaryFolder>> staging =
      TemporaryFolder::create(directory, stagingPrefix);
  if (!staging)
    return createStringError("cannot write to '" + directory +
                             "': " + toString(staging.takeError()));
  set->staging = std::move(*staging);
  for (StringRef name : {filesName, oldName, temporaryName})
    if (mkdir(joinPath(set->staging->path(), name).c_str(), 0777) != 0)
      return makeError("cannot write to '" + directory + "'");
  return set;
}

ArtefactSet::~ArtefactSet() {
  staging.reset();
  lock.reset();
  // A directory of the user's own is not empty, or stays one.
  if (isNew)
    rmdir(directory.c_str());
}

std::string ArtefactSet::folder() const {
  return joinPath(staging->path(), filesName);
}

std::string ArtefactSet::temporaryFolder() const {
  return joinPath(staging->path(), temporaryName);
}

Expected<std::string> ArtefactSet::path(StringRef name) const {
  std::string result = joinPath(folder(), name);
  StringRef parent = sys::path::parent_path(result);
  if (std::error_code error = sys::fs::create_directories(parent))
    return createStringError(error, "cannot write to '" + directory +
                                        "': " + error.message());
  return result;
}

std::string ArtefactSet::withFinalNames(StringRef text) const {
  std::string from = folder(), result;
  for (;;) {
    size_t at = text.find(from);
    result += text.take_front(at);
    if (at == StringRef::npos)
      return result;
    result += directory;
    text = text.drop_front(at + from.size());
  }
}

//===----------------------------------------------------------------------===//
// Manifests
//===----------------------------------------------------------------------===//

namespace {
/// What counts of a manifest that is there.
struct OldManifest {
  bool isComplete = false;
  std::string digest, mapping;
  json::Object files;
};
} // namespace

/// The manifest of a directory; one that cannot be read lists nothing.
static OldManifest readManifest(StringRef directory) {
  OldManifest manifest;
  auto buffer = readRegularFile(joinPath(directory, rt::manifestName),
                                /*isText=*/true, /*mostBytes=*/1 << 24);
  if (!buffer) {
    consumeError(buffer.takeError());
    return manifest;
  }
  if (Error error = checkJsonNesting((*buffer)->getBuffer())) {
    consumeError(std::move(error));
    return manifest;
  }
  Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value) {
    consumeError(value.takeError());
    return manifest;
  }
  json::Object *object = value->getAsObject();
  if (!object)
    return manifest;
  manifest.isComplete = object->getBoolean("complete").value_or(false);
  manifest.digest = object->getString("digest").value_or("").str();
  manifest.mapping = object->getString("mapping").value_or("").str();
  if (json::Object *files = object->getObject("files"))
    manifest.files = std::move(*files);
  return manifest;
}

/// Whether a listed name can be one of ours: manifests are read back, and must
/// not lead out of the directory.
static bool isInside(StringRef name) {
  return !name.empty() && !sys::path::is_absolute(name) &&
         !name.contains('\0') &&
         !is_contained(make_range(sys::path::begin(name), sys::path::end(name)),
                       "..");
}

static std::string format(const CompilationInfo &info, json::Object files,
                          bool isComplete) {
  json::Object object{
      {"schema_version", 1},      {"complete", isComplete},
      {"digest", info.digest},    {"mapping", info.mapping},
      {"model", info.model},      {"producer", ("snnc " + getRelease()).str()},
      {"files", std::move(files)}};
  std::string text;
  raw_string_ostream os(text);
  os << formatv("{0:2}", json::Value(std::move(object))) << '\n';
  return text;
}

Error snn::checkArtefact(StringRef path, StringRef digest) {
  try {
    rt::checkArtefact(path.str(), digest.str());
  } catch (const std::exception &e) {
    return createStringError(e.what());
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Commit
//===----------------------------------------------------------------------===//

/// Waits until a file's contents are on the disk.
static Error sync(const std::string &path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  bool isDone = file >= 0 && fsync(file) == 0;
  Error error =
      isDone ? Error::success() : makeError("cannot write '" + path + "'");
  if (file >= 0)
    close(file);
  return error;
}

static Error writeText(const std::string &path, const std::string &text) {
  try {
    rt::writeFile(path, text);
  } catch (const std::exception &e) {
    return createStringError(e.what());
  }
  return Error::success();
}

Expected<ArtefactSet::Files> ArtefactSet::listFiles() const {
  Files files;
  std::string base = folder();
  std::error_code error;
  for (sys::fs::recursive_directory_iterator it(base, error,
                                                /*follow_symlinks=*/false),
       end;
       it != end && !error; it.increment(error)) {
    if (sys::fs::is_directory(it->path()))
      continue;
    std::string path = it->path();
    if (Error failed = sync(path))
      return failed;
    auto buffer = readRegularFile(path);
    if (!buffer)
      return createStringError("cannot read '" + path +
                               "': " + toString(buffer.takeError()));
    StringRef bytes = (*buffer)->getBuffer();
    files[StringRef(path).drop_front(base.size() + 1).str()] = {
        bytes.size(), rt::toHex(rt::contentHash(bytes))};
  }
  if (error)
    return createStringError(error,
                             "cannot read '" + base + "': " + error.message());
  return files;
}

Error ArtefactSet::commit(const CompilationInfo &info) {
  Expected<Files> files = listFiles();
  if (!files)
    return files.takeError();
  OldManifest before = readManifest(directory);
  bool isSame = before.isComplete && before.digest == info.digest &&
                before.mapping == info.mapping;
  json::Object listed, pending;
  for (const auto &[name, file] : *files) {
    listed[name] =
        json::Object{{"bytes", int64_t(file.bytes)}, {"hash", file.hash}};
    pending[name] = nullptr;
  }
  std::vector<std::string> old;
  for (auto &[key, entry] : before.files) {
    std::string name = key.str();
    if (!isInside(name) || files->count(name))
      continue;
    if (isSame && sys::fs::exists(joinPath(directory, name))) {
      listed[name] = entry;
    } else {
      old.push_back(name);
      pending[name] = nullptr;
    }
  }
  for (StringRef name : make_first_range(*files)) {
    std::string target = joinPath(directory, name);
    if (sys::fs::is_directory(target))
      return createStringError("cannot write '" + target + "': is a directory");
  }
  // All that needs room on the disk comes before anything is moved.
  if (Error error = writeText(joinPath(staging->path(), "pending"),
                              format(info, std::move(pending), false)))
    return error;
  if (Error error = writeText(joinPath(staging->path(), "manifest"),
                              format(info, std::move(listed), true)))
    return error;
  for (StringRef name : make_first_range(*files))
    for (const std::string &root :
         {directory, joinPath(staging->path(), oldName)}) {
      std::string parent = sys::path::parent_path(joinPath(root, name)).str();
      if (std::error_code error = sys::fs::create_directories(parent))
        return createStringError(error, "cannot make directory '" + parent +
                                            "': " + error.message());
    }
  SignalHold hold;
  if (Error error = exchange(*files, old))
    return error;
  isNew = false;
  return Error::success();
}

Error ArtefactSet::exchange(const Files &files,
                            const std::vector<std::string> &old) {
  std::vector<std::pair<std::string, std::string>> moved;
  auto move = [&](const std::string &from, const std::string &to) {
    if (std::rename(from.c_str(), to.c_str()) != 0)
      return false;
    moved.emplace_back(from, to);
    return true;
  };
  auto saved = [&](StringRef name) {
    std::string path = joinPath(joinPath(staging->path(), oldName), name);
    // Subfolders of names that only the old set has.
    (void)sys::fs::create_directories(sys::path::parent_path(path));
    return path;
  };
  /// Moves what is in the way aside, where it can be taken back from.
  auto clear = [&](StringRef name) {
    std::string path = joinPath(directory, name);
    return move(path, saved(name)) || errno == ENOENT;
  };
  auto undo = [&](StringRef name) {
    Error error = makeError("cannot write '" + joinPath(directory, name) + "'");
    for (auto &[from, to] : llvm::reverse(moved))
      (void)std::rename(to.c_str(), from.c_str());
    return error;
  };
  std::string manifest = joinPath(directory, rt::manifestName);
  // From the next line on every tool refuses what the directory holds. The old
  // manifest is linked aside: at no moment is there none.
  std::string kept = saved(rt::manifestName);
  bool hadManifest = link(manifest.c_str(), kept.c_str()) == 0;
  if (std::rename(joinPath(staging->path(), "pending").c_str(),
                  manifest.c_str()) != 0)
    return makeError("cannot write '" + manifest + "'");
  auto undoAll = [&](StringRef name) {
    Error error = undo(name);
    if (hadManifest)
      (void)std::rename(kept.c_str(), manifest.c_str());
    else
      unlink(manifest.c_str());
    return error;
  };
  for (const std::string &name : old)
    if (!clear(name))
      return undoAll(name);
  for (StringRef name : make_first_range(files))
    if (!clear(name) ||
        !move(joinPath(folder(), name), joinPath(directory, name)))
      return undoAll(name);
  if (std::rename(joinPath(staging->path(), "manifest").c_str(),
                  manifest.c_str()) != 0)
    return undoAll(rt::manifestName);
  // Folders that only the old set had a file in.
  for (const std::string &name : old)
    for (StringRef at = sys::path::parent_path(name); !at.empty();
         at = sys::path::parent_path(at))
      rmdir(joinPath(directory, at).c_str());
  if (int self = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY); self >= 0) {
    fsync(self);
    close(self);
  }
  return Error::success();
}
