//===- Container.h - Checked sections in one file ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The file of a programming image: a header, a table of sections, sections.
// Every byte is covered by a checksum or must be zero, so that a single flipped
// bit anywhere is found. docs/image-format.md describes it byte for byte.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMAGE_CONTAINER_H
#define SNN_IMAGE_CONTAINER_H

#include "snn/runtime/Weights.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace snn::image {

/// The version of the schema that this library writes, and the only one that it
/// reads.
inline constexpr uint32_t schemaVersion = 8;

/// Sections start at multiples of this many bytes.
inline constexpr uint64_t sectionAlignment = 64;

/// CRC-32 (zlib's) of `bytes`, behind bytes whose CRC-32 is `crc`.
uint32_t checksum(std::string_view bytes, uint32_t crc = 0);

/// One section of a file.
struct SectionInfo {
  std::string name;
  uint64_t offset;   ///< first byte in the file
  uint64_t length;   ///< bytes
  uint32_t checksum; ///< CRC-32 (zlib's) of its bytes
};

/// A container in memory or mapped from a file. The constructors check
/// everything and throw `rt::Error` that names the file, the section and what
/// is wrong.
class Container {
public:
  /// Maps the file `path`.
  explicit Container(const std::string &path);
  /// Reads `bytes`; `name` stands for the file's name in messages.
  Container(std::string name, std::string bytes);

  const std::string &path() const { return name; }
  /// In file order.
  const std::vector<SectionInfo> &sections() const { return table; }
  /// The bytes of a section. Throws when there is none of that name.
  std::string_view bytes(std::string_view section) const;
  /// The length of the file.
  uint64_t size() const { return all.size(); }

private:
  void read();
  void readTable(uint32_t count);
  void checkSections() const;
  [[noreturn]] void fail(const std::string &what) const;

  std::string name;
  std::shared_ptr<const std::string> storage;
  std::shared_ptr<rt::MappedFile> file;
  std::string_view all;
  std::vector<SectionInfo> table;
};

/// A table of the sections: bytes, share of the file, checksum.
std::string formatSizes(const Container &container);

/// Collects sections and lays them out. Equal sections give equal bytes.
class ContainerWriter {
public:
  /// `version` differs from the default in tests only.
  explicit ContainerWriter(uint32_t version = schemaVersion)
      : version(version) {}
  /// Adds a section; names have 1 to 32 characters and are unique.
  void add(std::string name, std::string bytes);
  /// The file.
  std::string finish() const;
  /// Writes the file under a temporary name and renames it.
  void write(const std::string &path) const;

private:
  uint32_t version;
  std::vector<std::pair<std::string, std::string>> sections;
};

} // namespace snn::image

#endif // SNN_IMAGE_CONTAINER_H
