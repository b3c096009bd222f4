//===- Container.cpp - Checked sections in one file -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Layout, all integers little-endian:
//
//   0   8  magic
//   8   4  schema version
//   12  4  number of sections
//   16  8  length of the file
//   24  4  CRC-32 of header and table, with this field as zeros
//   28  4  zero
//   32     table: 64 bytes a section
//          0   32  name, padded with zeros
//          32   8  offset
//          40   8  length
//          48   4  CRC-32 of the section
//          52  12  zeros
//   ...    sections at multiples of 64, zeros between them
//
//===----------------------------------------------------------------------===//

#include "snn/image/Container.h"

#include "snn/runtime/DataFile.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <zlib.h>

using namespace snn;
using namespace snn::image;

static constexpr char magic[8] = {'\x89', 'S', 'N', 'N', 'I', 'M', 'G', '\n'};
static constexpr size_t headerBytes = 32, entryBytes = 64, nameBytes = 32;
static constexpr size_t checksumOffset = 24;
/// A table longer than this is taken for damage.
static constexpr uint32_t mostSections = 1024;

template <typename T> static T readLittle(const char *p) {
  T value = 0;
  for (size_t i = sizeof(T); i-- > 0;)
    value = T(value << 8) | static_cast<unsigned char>(p[i]);
  return value;
}

template <typename T> static void writeLittle(char *p, T value) {
  for (size_t i = 0; i < sizeof(T); ++i)
    p[i] = static_cast<char>(uint64_t(value) >> (8 * i));
}

/// zlib's CRC-32, in pieces that fit its length type.
uint32_t snn::image::checksum(std::string_view bytes, uint32_t crc) {
  while (!bytes.empty()) {
    size_t part = std::min<size_t>(bytes.size(), size_t(1) << 30);
    crc = uint32_t(
        crc32(crc, reinterpret_cast<const Bytef *>(bytes.data()), uInt(part)));
    bytes.remove_prefix(part);
  }
  return crc;
}

/// The checksum of header and table, whose own field counts as zeros.
static uint32_t headerChecksum(std::string_view head) {
  const std::string zeros(4, '\0');
  uint32_t crc = checksum(head.substr(0, checksumOffset));
  crc = checksum(zeros, crc);
  return checksum(head.substr(checksumOffset + 4), crc);
}

static uint64_t alignUp(uint64_t offset) {
  return (offset + sectionAlignment - 1) / sectionAlignment * sectionAlignment;
}

static bool isZero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return !c; });
}

//===----------------------------------------------------------------------===//
// Container
//===----------------------------------------------------------------------===//

Container::Container(const std::string &path)
    : name(path), file(std::make_shared<rt::MappedFile>(path)) {
  all = std::string_view(file->data(), file->size());
  read();
}

Container::Container(std::string name, std::string bytes)
    : name(std::move(name)),
      storage(std::make_shared<const std::string>(std::move(bytes))),
      all(*storage) {
  read();
}

void Container::fail(const std::string &what) const {
  throw rt::Error(name + ": " + what);
}

std::string_view Container::bytes(std::string_view section) const {
  for (const SectionInfo &info : table)
    if (info.name == section)
      return all.substr(info.offset, info.length);
  fail("has no section '" + std::string(section) + "'");
}

void Container::read() {
  if (all.size() < sizeof magic || std::memcmp(all.data(), magic, sizeof magic))
    fail("is no programming image: it does not begin with the magic number");
  if (all.size() < headerBytes)
    fail("is truncated: the header needs " + std::to_string(headerBytes) +
         " bytes, has " + std::to_string(all.size()));
  auto version = readLittle<uint32_t>(all.data() + 8);
  auto count = readLittle<uint32_t>(all.data() + 12);
  auto length = readLittle<uint64_t>(all.data() + 16);
  if (count > mostSections)
    fail("its header is corrupted: it counts " + std::to_string(count) +
         " sections");
  size_t headBytes = headerBytes + count * entryBytes;
  if (all.size() < headBytes)
    fail("is truncated: header and table need " + std::to_string(headBytes) +
         " bytes, has " + std::to_string(all.size()));
  auto expected = readLittle<uint32_t>(all.data() + checksumOffset);
  if (headerChecksum(all.substr(0, headBytes)) != expected)
    fail("its header is corrupted: the checksum of header and table does not "
         "match");
  // The header is sound, so the version is what the writer meant.
  if (version != schemaVersion)
    fail("has schema version " + std::to_string(version) +
         (version < schemaVersion ? " (older)" : " (newer)") +
         ", needs version " + std::to_string(schemaVersion) +
         "; compile the model again with the snnc of this installation");
  readTable(count);
  if (all.size() < length) {
    for (const SectionInfo &info : table)
      if (info.offset + info.length > all.size())
        fail("is truncated in section '" + info.name + "': needs " +
             std::to_string(length) + " bytes, has " +
             std::to_string(all.size()));
    fail("is truncated: needs " + std::to_string(length) + " bytes, has " +
         std::to_string(all.size()));
  }
  if (all.size() > length)
    fail("has " + std::to_string(all.size() - length) +
         " bytes behind its end at " + std::to_string(length));
  checkSections();
}

void Container::readTable(uint32_t count) {
  if (readLittle<uint32_t>(all.data() + 28))
    fail("its header is malformed: reserved bytes are not zero");
  auto length = readLittle<uint64_t>(all.data() + 16);
  uint64_t end = headerBytes + count * entryBytes;
  for (uint32_t i = 0; i < count; ++i) {
    const char *entry = all.data() + headerBytes + i * entryBytes;
    SectionInfo info;
    info.name.assign(entry, strnlen(entry, nameBytes));
    info.offset = readLittle<uint64_t>(entry + 32);
    info.length = readLittle<uint64_t>(entry + 40);
    info.checksum = readLittle<uint32_t>(entry + 48);
    if (info.offset != alignUp(end) || info.offset > length ||
        info.length > length - info.offset)
      fail("its table is malformed: section '" + info.name +
           "' does not follow the one before it");
    end = info.offset + info.length;
    table.push_back(std::move(info));
  }
  if (end != length)
    fail("its table is malformed: the sections end at " + std::to_string(end) +
         ", the file at " + std::to_string(length));
}

void Container::checkSections() const {
  uint64_t end = headerBytes + table.size() * entryBytes;
  for (const SectionInfo &info : table) {
    if (!isZero(all.substr(end, info.offset - end)))
      fail("is corrupted: the padding before section '" + info.name +
           "' is not zero");
    if (checksum(all.substr(info.offset, info.length)) != info.checksum)
      fail("its section '" + info.name +
           "' is corrupted: the checksum does not match");
    end = info.offset + info.length;
  }
}

std::string snn::image::formatSizes(const Container &container) {
  char line[96];
  std::string text = "section             bytes   share     crc32\n";
  for (const SectionInfo &info : container.sections()) {
    std::snprintf(line, sizeof line, "%-14s %10llu %6.1f%%  %08x\n",
                  info.name.c_str(), (unsigned long long)info.length,
                  100.0 * double(info.length) / double(container.size()),
                  info.checksum);
    text += line;
  }
  std::snprintf(line, sizeof line, "%-14s %10llu\n", "file",
                (unsigned long long)container.size());
  return text + line;
}

//===----------------------------------------------------------------------===//
// ContainerWriter
//===----------------------------------------------------------------------===//

void ContainerWriter::add(std::string name, std::string bytes) {
  if (name.empty() || name.size() > nameBytes)
    throw rt::Error("section name '" + name + "' needs 1 to 32 characters");
  for (const auto &[other, unused] : sections)
    if (other == name)
      throw rt::Error("section '" + name + "' is there twice");
  sections.emplace_back(std::move(name), std::move(bytes));
}

std::string ContainerWriter::finish() const {
  std::string head(headerBytes + sections.size() * entryBytes, '\0');
  uint64_t end = head.size();
  for (size_t i = 0; i < sections.size(); ++i) {
    const auto &[name, bytes] = sections[i];
    char *entry = head.data() + headerBytes + i * entryBytes;
    uint64_t offset = alignUp(end);
    std::memcpy(entry, name.data(), name.size());
    writeLittle<uint64_t>(entry + 32, offset);
    writeLittle<uint64_t>(entry + 40, bytes.size());
    writeLittle<uint32_t>(entry + 48, checksum(bytes));
    end = offset + bytes.size();
  }
  std::memcpy(head.data(), magic, sizeof magic);
  writeLittle<uint32_t>(head.data() + 8, version);
  writeLittle<uint32_t>(head.data() + 12, uint32_t(sections.size()));
  writeLittle<uint64_t>(head.data() + 16, end);
  writeLittle<uint32_t>(head.data() + checksumOffset, headerChecksum(head));
  std::string file = std::move(head);
  file.reserve(end);
  for (const auto &[name, bytes] : sections) {
    file.resize(alignUp(file.size()), '\0');
    file += bytes;
  }
  return file;
}

void ContainerWriter::write(const std::string &path) const {
  rt::writeFile(path, finish());
}
