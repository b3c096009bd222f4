//===- FileInput.cpp - Reading of files -------------------------*- C++ -*-===//
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

using namespace snn::rt;
using namespace snn::rt::detail;

/// Checks the name; what `stat` says, or nothing.
static struct stat checkFile(const std::string &path) {
  struct stat status = {};
  if (path.find('\0') != std::string::npos)
    throw Error(path + ": cannot be opened: its name holds a NUL");
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
      !S_ISDIR(status.st_mode))
    throw Error(path + ": is no regular file");
  return status;
}

void snn::rt::detail::requireRegularFile(const std::string &path) {
  checkFile(path);
}

std::string snn::rt::detail::readFile(const std::string &path) {
  struct stat status = checkFile(path);
  std::FILE *file = std::fopen(path.c_str(), "rb");
  if (!file)
    throw Error(path + ": cannot be opened: " + std::strerror(errno));
  std::string bytes;
  // The size that the file says, and what it turns out to have.
  if (status.st_size > 0)
    bytes.reserve(static_cast<size_t>(status.st_size));
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
