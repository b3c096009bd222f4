//===- Archive.cpp - Weights outside the program --------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Onnx/Archive.h"
#include "snn/runtime/Weights.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

#include <cstring>

using namespace snn::onnx;
namespace rt = snn::rt;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

static Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

//===----------------------------------------------------------------------===//
// Safetensors
//===----------------------------------------------------------------------===//

namespace {
class SafetensorsArchive : public Archive {
public:
  explicit SafetensorsArchive(const std::string &path)
      : path(path), file(path) {}

  Expected<rt::Tensor> get(StringRef key) override {
    auto it = file.tensors().find(key.str());
    if (it == file.tensors().end())
      return makeError(path + ": has no tensor '" + key + "'");
    return it->second;
  }

private:
  std::string path;
  rt::Safetensors file;
};
} // namespace

Expected<std::unique_ptr<Archive>>
snn::onnx::openSafetensorsArchive(StringRef path) {
  try {
    return std::make_unique<SafetensorsArchive>(path.str());
  } catch (const std::exception &e) {
    std::string message = e.what();
    if (!StringRef(message).contains(path))
      message = path.str() + ": " + message;
    return makeError(message);
  }
}

//===----------------------------------------------------------------------===//
// Archives
//===----------------------------------------------------------------------===//

void Archives::setBaseDirectory(StringRef directory) {
  llvm::sys::SmartScopedWriter<true> guard(lock);
  base = directory.str();
}

/// The places where a relative archive path is looked up, most specific first.
static llvm::SmallVector<std::string>
candidates(StringRef archive, StringRef base, StringRef beside) {
  llvm::SmallVector<std::string> paths;
  if (!llvm::sys::path::is_absolute(archive))
    for (StringRef directory : {base, beside}) {
      if (directory.empty())
        continue;
      llvm::SmallString<128> path(directory);
      llvm::sys::path::append(path, archive);
      paths.push_back(path.str().str());
    }
  paths.push_back(archive.str());
  return paths;
}

Expected<Archive *> Archives::open(StringRef archive, StringRef beside) {
  {
    llvm::sys::SmartScopedReader<true> guard(lock);
    auto it = files.find(archive);
    if (it != files.end())
      return it->second.get();
  }
  llvm::sys::SmartScopedWriter<true> guard(lock);
  auto it = files.find(archive);
  if (it != files.end())
    return it->second.get();
  for (const std::string &path : candidates(archive, base, beside)) {
    if (!llvm::sys::fs::is_regular_file(path))
      continue;
    StringRef extension = llvm::sys::path::extension(path);
    Expected<std::unique_ptr<Archive>> opened =
        extension == ".safetensors" ? openSafetensorsArchive(path)
                                    : openOnnxArchive(path);
    if (!opened)
      return opened.takeError();
    return (files[archive] = std::move(*opened)).get();
  }
  return makeError("cannot find the weight archive '" + archive + "'");
}

Expected<rt::Tensor> Archives::get(StringRef archive, StringRef key,
                                   StringRef beside) {
  if (archive.empty()) {
    llvm::sys::SmartScopedReader<true> guard(lock);
    auto it = memory.find(key.str());
    if (it == memory.end())
      return makeError("the archive in memory has no tensor '" + key + "'");
    return it->second;
  }
  Expected<Archive *> opened = open(archive, beside);
  if (!opened)
    return makeError("cannot read '" + key +
                     "': " + llvm::toString(opened.takeError()));
  return (*opened)->get(key);
}

void Archives::releasePages() {
  llvm::sys::SmartScopedReader<true> guard(lock);
  for (auto &file : files)
    file.second->releasePages();
}

static bool equal(const rt::Tensor &a, const rt::Tensor &b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         (a.raw() == b.raw() || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

Archives::Dropped Archives::describe(const rt::Tensor &tensor) {
  auto *bytes = static_cast<const uint8_t *>(tensor.raw());
  return {tensor.dtype(), tensor.shape(),
          llvm::xxh3_64bits(llvm::ArrayRef(bytes, tensor.bytes()))};
}

std::string Archives::add(StringRef key, rt::Tensor tensor) {
  llvm::sys::SmartScopedWriter<true> guard(lock);
  std::string name = key.str();
  for (unsigned suffix = 1;; ++suffix) {
    auto old = dropped.find(name);
    if (old == dropped.end() || old->second == describe(tensor)) {
      if (old != dropped.end())
        dropped.erase(old);
      auto [it, inserted] = memory.try_emplace(name, tensor);
      if (inserted || equal(it->second, tensor))
        return name;
    }
    name = (key + "." + Twine(suffix)).str();
  }
}

std::map<std::string, rt::Tensor> Archives::inMemory() {
  llvm::sys::SmartScopedReader<true> guard(lock);
  return memory;
}

void Archives::erase(StringRef key) {
  llvm::sys::SmartScopedWriter<true> guard(lock);
  auto it = memory.find(key.str());
  if (it == memory.end())
    return;
  dropped.emplace(key.str(), describe(it->second));
  memory.erase(it);
}
