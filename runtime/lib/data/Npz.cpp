//===- Npz.cpp - Archives of numpy arrays -----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A zip archive (PKWARE APPNOTE 6.3) of .npy files, stored or deflated, with
// the 64-bit extensions that numpy writes.
//
//===----------------------------------------------------------------------===//

#include "data/Files.h"

#include <algorithm>
#include <set>
#include <zlib.h>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
constexpr uint32_t localSignature = 0x04034b50;
constexpr uint32_t centralSignature = 0x02014b50;
constexpr uint32_t endSignature = 0x06054b50;
constexpr uint32_t end64Signature = 0x06064b50;
constexpr uint32_t locator64Signature = 0x07064b50;

/// Bounded access to the archive's bytes.
class Bytes {
public:
  explicit Bytes(std::string_view bytes) : bytes(bytes) {}
  std::string_view range(uint64_t at, uint64_t length) const {
    if (at > bytes.size() || length > bytes.size() - at)
      throw Error("truncated zip archive");
    return bytes.substr(at, length);
  }
  uint16_t u16(uint64_t at) const { return readLittle16(range(at, 2).data()); }
  uint32_t u32(uint64_t at) const { return readLittle32(range(at, 4).data()); }
  uint64_t u64(uint64_t at) const { return readLittle64(range(at, 8).data()); }

private:
  std::string_view bytes;
};

/// One file of the central directory.
struct Entry {
  std::string name;
  uint16_t flags, method;
  uint32_t crc;
  uint64_t packed, size, header;
};
} // namespace

/// Where the central directory is: position and number of entries.
static std::pair<uint64_t, uint64_t> findDirectory(std::string_view archive) {
  Bytes b(archive);
  if (archive.size() < 22)
    throw Error("not a zip archive: too short");
  // The end record is last, but for a comment of at most 64 KiB.
  uint64_t lowest = archive.size() > 65557 ? archive.size() - 65557 : 0;
  for (uint64_t at = archive.size() - 22;; --at) {
    if (b.u32(at) == endSignature) {
      uint64_t count = b.u16(at + 10), start = b.u32(at + 16);
      if ((count == 0xffff || start == 0xffffffff) && at >= 20 &&
          b.u32(at - 20) == locator64Signature) {
        uint64_t end64 = b.u64(at - 12);
        if (b.u32(end64) != end64Signature)
          throw Error("damaged zip archive: no 64-bit end record");
        count = b.u64(end64 + 32);
        start = b.u64(end64 + 48);
      }
      return {start, count};
    }
    if (at == lowest)
      break;
  }
  throw Error("not a zip archive, or truncated: no end record");
}

/// Reads the central directory entry at `at` and moves on.
static Entry readEntry(const Bytes &b, uint64_t &at) {
  if (b.u32(at) != centralSignature)
    throw Error("damaged zip archive: bad directory entry");
  Entry e;
  e.flags = b.u16(at + 8);
  e.method = b.u16(at + 10);
  e.crc = b.u32(at + 16);
  e.packed = b.u32(at + 20);
  e.size = b.u32(at + 24);
  uint64_t nameLength = b.u16(at + 28), extraLength = b.u16(at + 30);
  uint64_t commentLength = b.u16(at + 32);
  e.header = b.u32(at + 42);
  e.name = std::string(b.range(at + 46, nameLength));
  uint64_t extra = at + 46 + nameLength, end = extra + extraLength;
  while (extra + 4 <= end) {
    uint16_t id = b.u16(extra), length = b.u16(extra + 2);
    uint64_t field = extra + 4;
    if (id == 1) // 64-bit sizes, each only where the short one is all ones
      for (uint64_t *value : {&e.size, &e.packed, &e.header})
        if (*value == 0xffffffff) {
          *value = b.u64(field);
          field += 8;
        }
    extra += 4 + length;
  }
  at += 46 + nameLength + extraLength + commentLength;
  return e;
}

/// The first `size` bytes of a deflated file, which are all of them unless
/// `isPart`.
static std::string inflateBytes(std::string_view packed, uint64_t size,
                                bool isPart) {
  std::string bytes(size, '\0');
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    throw Error("cannot start inflating");
  uint64_t in = 0, out = 0;
  int status = Z_OK;
  constexpr uint64_t most = 1u << 30;
  char nothing;
  while (status == Z_OK) {
    uint64_t inNow = std::min<uint64_t>(packed.size() - in, most);
    uint64_t outNow = std::min<uint64_t>(size - out, most);
    stream.next_in =
        reinterpret_cast<Bytef *>(const_cast<char *>(packed.data() + in));
    stream.avail_in = static_cast<uInt>(inNow);
    stream.next_out =
        reinterpret_cast<Bytef *>(outNow ? &bytes[out] : &nothing);
    stream.avail_out = static_cast<uInt>(outNow);
    status = inflate(&stream, Z_NO_FLUSH);
    uint64_t used = inNow - stream.avail_in, made = outNow - stream.avail_out;
    in += used;
    out += made;
    if (status == Z_OK && ((used == 0 && made == 0) || (isPart && out == size)))
      break;
  }
  inflateEnd(&stream);
  bool isGood = status == Z_STREAM_END || (isPart && status == Z_OK);
  if (!isGood || out != size)
    throw Error("damaged zip archive: deflated data are wrong");
  return bytes;
}

/// The contents of a deflated array, after its header says that it has them: a
/// few bytes can inflate to a thousand times as many.
static std::string inflateArray(std::string_view packed, uint64_t size) {
  // Deflate cannot do better than about 1032 to 1.
  if (size / 1040 > packed.size())
    throw Error("damaged zip archive: impossible size");
  uint64_t part = std::min<uint64_t>(size, longestNpyHeader);
  uint64_t needed = npyBytes(inflateBytes(packed, part, part < size));
  if (needed != size)
    throw Error("has " + std::to_string(size) + " bytes, its header asks for " +
                std::to_string(needed));
  return inflateBytes(packed, size, /*isPart=*/false);
}

uint32_t snn::rt::checksumOf(std::string_view bytes) {
  uLong crc = crc32(0, nullptr, 0);
  constexpr size_t most = 1u << 30;
  for (size_t at = 0; at < bytes.size(); at += most)
    crc = crc32(crc, reinterpret_cast<const Bytef *>(bytes.data() + at),
                static_cast<uInt>(std::min(most, bytes.size() - at)));
  return static_cast<uint32_t>(crc);
}

uint32_t snn::rt::joinChecksums(uint32_t first, uint32_t second,
                                uint64_t length) {
  return static_cast<uint32_t>(
      crc32_combine(first, second, static_cast<z_off_t>(length)));
}

NamedArrays snn::rt::detail::parseNpz(std::string_view bytes,
                                      std::vector<UncheckedBytes> *unchecked) {
  Bytes b(bytes);
  auto [at, count] = findDirectory(bytes);
  NamedArrays arrays;
  std::set<std::string> names;
  uint64_t packed = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Entry e = readEntry(b, at);
    if (!endsWith(e.name, ".npy"))
      continue;
    // Messages end at a NUL, too.
    if (size_t nul = e.name.find('\0'); nul != std::string::npos)
      throw Error("array '" + e.name.substr(0, nul) +
                  "': its name holds a NUL");
    try {
      if (!names.insert(e.name).second)
        throw Error("is there twice");
      if (e.flags & 1)
        throw Error("is encrypted");
      if (b.u32(e.header) != localSignature)
        throw Error("damaged zip archive: bad local header");
      uint64_t data =
          e.header + 30 + b.u16(e.header + 26) + b.u16(e.header + 28);
      std::string_view contents = b.range(data, e.packed);
      // Files that share their bytes would be more than the archive holds.
      packed += e.packed;
      if (packed > bytes.size())
        throw Error("damaged zip archive: files overlap");
      std::string inflated;
      if (e.method == 8) {
        inflated = inflateArray(contents, e.size);
        contents = inflated;
      } else if (e.method != 0) {
        throw Error("zip compression method " + std::to_string(e.method) +
                    " is not supported");
      }
      std::string arrayName = e.name.substr(0, e.name.size() - 4);
      if (unchecked && e.method == 0)
        if (std::optional<Tensor> tensor = borrowNpy(contents)) {
          unchecked->push_back({e.name, contents, e.crc});
          arrays.emplace_back(std::move(arrayName), std::move(*tensor));
          continue;
        }
      if (checksumOf(contents) != e.crc)
        throw Error("damaged zip archive: wrong checksum");
      arrays.emplace_back(std::move(arrayName), parseNpy(contents));
    } catch (const Error &error) {
      throw Error("array '" + e.name + "': " + error.what());
    }
  }
  return arrays;
}

/// Appends integers in little-endian order.
static void append(std::string &bytes, uint64_t value, int width) {
  for (int i = 0; i < width; ++i)
    bytes += static_cast<char>(value >> (8 * i));
}

static bool isAscii(const std::string &text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
}

std::string snn::rt::detail::formatNpz(const NamedArrays &arrays) {
  // 1 January 1980, so that equal arrays give equal bytes.
  constexpr uint16_t date = 1 << 5 | 1;
  std::string bytes, directory;
  for (const auto &[arrayName, tensor] : arrays) {
    std::string contents = formatNpy(tensor);
    std::string file = arrayName + ".npy";
    uint64_t start = bytes.size();
    uint32_t crc = checksumOf(contents);
    bool large = contents.size() >= 0xffffffff, far = start >= 0xffffffff;
    auto common = [&](std::string &to, uint64_t extraLength) {
      append(to, large || far ? 45 : 20, 2); // version needed
      // Bit 11: the name is UTF-8. Readers take others for code page 437.
      append(to, isAscii(file) ? 0 : 1 << 11, 2);
      append(to, 0, 2); // stored
      append(to, 0, 2); // time
      append(to, date, 2);
      append(to, crc, 4);
      append(to, large ? 0xffffffff : contents.size(), 4);
      append(to, large ? 0xffffffff : contents.size(), 4);
      append(to, file.size(), 2);
      append(to, extraLength, 2);
    };
    append(bytes, localSignature, 4);
    common(bytes, large ? 20 : 0);
    bytes += file;
    if (large) {
      append(bytes, 1, 2);
      append(bytes, 16, 2);
      append(bytes, contents.size(), 8);
      append(bytes, contents.size(), 8);
    }
    bytes += contents;

    uint64_t extra = (large ? 16 : 0) + (far ? 8 : 0);
    append(directory, centralSignature, 4);
    append(directory, 3 << 8 | 45, 2); // made by: Unix
    common(directory, extra ? 4 + extra : 0);
    append(directory, 0, 2); // comment
    append(directory, 0, 2); // disk
    append(directory, 0, 2); // internal attributes
    append(directory, uint64_t(0100644) << 16, 4);
    append(directory, far ? 0xffffffff : start, 4);
    directory += file;
    if (extra) {
      append(directory, 1, 2);
      append(directory, extra, 2);
      if (large) {
        append(directory, contents.size(), 8);
        append(directory, contents.size(), 8);
      }
      if (far)
        append(directory, start, 8);
    }
  }
  uint64_t start = bytes.size(), count = arrays.size();
  bytes += directory;
  bool far =
      start >= 0xffffffff || count >= 0xffff || directory.size() >= 0xffffffff;
  if (far) {
    uint64_t end64 = bytes.size();
    append(bytes, end64Signature, 4);
    append(bytes, 44, 8);
    append(bytes, 45, 2);
    append(bytes, 45, 2);
    append(bytes, 0, 4);
    append(bytes, 0, 4);
    append(bytes, count, 8);
    append(bytes, count, 8);
    append(bytes, directory.size(), 8);
    append(bytes, start, 8);
    append(bytes, locator64Signature, 4);
    append(bytes, 0, 4);
    append(bytes, end64, 8);
    append(bytes, 1, 4);
  }
  append(bytes, endSignature, 4);
  append(bytes, 0, 2);
  append(bytes, 0, 2);
  append(bytes, far ? 0xffff : count, 2);
  append(bytes, far ? 0xffff : count, 2);
  append(bytes, far ? 0xffffffff : directory.size(), 4);
  append(bytes, far ? 0xffffffff : start, 4);
  append(bytes, 0, 2);
  return bytes;
}
