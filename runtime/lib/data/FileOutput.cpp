//===- FileOutput.cpp - Reading and atomic writing of files -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "data/Files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

using namespace snn::rt;
using namespace snn::rt::detail;

static std::string reason() { return std::strerror(errno); }

std::string snn::rt::detail::readFile(const std::string &path) {
  std::FILE *file = std::fopen(path.c_str(), "rb");
  if (!file)
    throw Error(path + ": cannot be opened: " + reason());
  std::string bytes;
  char buffer[1 << 16];
  size_t n;
  while ((n = std::fread(buffer, 1, sizeof buffer, file)) > 0)
    bytes.append(buffer, n);
  bool failed = std::ferror(file);
  std::fclose(file);
  if (failed)
    throw Error(path + ": cannot be read");
  return bytes;
}

void snn::rt::detail::writeFileAtomically(const std::string &path,
                                          std::string_view bytes) {
  // A name of our own in the same folder, so that the rename stays inside one
  // file system.
  std::string temporary = path + ".tmp" + std::to_string(getpid());
  std::FILE *file = std::fopen(temporary.c_str(), "wb");
  if (!file)
    throw Error(path + ": cannot be written: " + reason());
  bool good = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  std::string why = good ? "" : reason();
  if (std::fclose(file) != 0 && good) {
    good = false;
    why = reason();
  }
  if (good && std::rename(temporary.c_str(), path.c_str()) != 0) {
    good = false;
    why = reason();
  }
  if (good)
    return;
  std::remove(temporary.c_str());
  throw Error(path + ": cannot be written: " + why);
}

bool snn::rt::detail::endsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         text.substr(text.size() - suffix.size()) == suffix;
}

uint16_t snn::rt::detail::readLittle16(const char *p) {
  const auto *u = reinterpret_cast<const unsigned char *>(p);
  return static_cast<uint16_t>(u[0] | u[1] << 8);
}
uint32_t snn::rt::detail::readLittle32(const char *p) {
  return readLittle16(p) | static_cast<uint32_t>(readLittle16(p + 2)) << 16;
}
uint64_t snn::rt::detail::readLittle64(const char *p) {
  return readLittle32(p) | static_cast<uint64_t>(readLittle32(p + 4)) << 32;
}
