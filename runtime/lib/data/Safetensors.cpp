//===- Safetensors.cpp - Mapped archives of tensors -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "data/Files.h"

#include "snn/runtime/Json.h"
#include "snn/runtime/Weights.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// MappedFile
//===----------------------------------------------------------------------===//

MappedFile::MappedFile(const std::string &path) {
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    throw Error(path + ": cannot be opened: " + std::strerror(errno));
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(file);
    throw Error(path + ": is not a regular file");
  }
  length = static_cast<size_t>(status.st_size);
  if (length == 0) {
    close(file);
    return;
  }
  void *p = mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file, 0);
  int why = errno;
  close(file);
  if (p == MAP_FAILED)
    throw Error(path + ": cannot be mapped: " + std::strerror(why));
  begin = static_cast<const char *>(p);
}

void MappedFile::populate() const {
#if defined(MADV_POPULATE_READ)
  // Without it, pages come one fault after the other.
  if (begin)
    madvise(const_cast<char *>(begin), length, MADV_POPULATE_READ);
#endif
}

MappedFile::~MappedFile() {
  if (begin)
    munmap(const_cast<char *>(begin), length);
}

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

namespace {
/// One tensor of the header.
struct HeaderEntry {
  std::string key, type;
  Shape shape;
  uint64_t begin = 0, end = 0;
};

/// Reads the JSON that a safetensors header may hold.
class HeaderReader {
public:
  explicit HeaderReader(std::string_view text) : text(text) {}

  std::vector<HeaderEntry> read() {
    std::vector<HeaderEntry> entries;
    expect('{');
    if (!accept('}'))
      do {
        std::string key = string();
        expect(':');
        if (key == "__metadata__")
          readMetadata();
        else
          entries.push_back(entry(std::move(key)));
      } while (accept(',') || (expect('}'), false));
    if (peek() != '\0')
      fail();
    return entries;
  }

  std::map<std::string, std::string> metadata;

private:
  [[noreturn]] static void fail() { throw Error("damaged safetensors header"); }
  char peek() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n' ||
                                text[at] == '\t' || text[at] == '\r'))
      ++at;
    return at < text.size() ? text[at] : '\0';
  }
  bool accept(char c) {
    if (peek() != c)
      return false;
    ++at;
    return true;
  }
  void expect(char c) {
    if (!accept(c))
      fail();
  }
  uint64_t number() {
    if (peek() < '0' || peek() > '9')
      fail();
    uint64_t value = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      if (value > (uint64_t(1) << 58))
        fail();
      value = value * 10 + static_cast<uint64_t>(text[at++] - '0');
    }
    return value;
  }
  std::vector<uint64_t> numbers() {
    std::vector<uint64_t> values;
    expect('[');
    if (!accept(']'))
      do
        values.push_back(number());
      while (accept(',') || (expect(']'), false));
    return values;
  }
  unsigned hex4() {
    unsigned value = 0;
    for (int i = 0; i < 4; ++i) {
      if (at >= text.size())
        fail();
      char c = text[at++];
      value = value * 16 + (c >= '0' && c <= '9'   ? c - '0'
                            : c >= 'a' && c <= 'f' ? c - 'a' + 10
                            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                   : (fail(), 0));
    }
    return value;
  }
  std::string string() {
    expect('"');
    std::string value;
    for (;;) {
      if (at >= text.size())
        fail();
      char c = text[at++];
      if (c == '"')
        return value;
      if (c != '\\') {
        value += c;
        continue;
      }
      if (at >= text.size())
        fail();
      switch (char escape = text[at++]) {
      case 'b':
        value += '\b';
        break;
      case 'f':
        value += '\f';
        break;
      case 'n':
        value += '\n';
        break;
      case 'r':
        value += '\r';
        break;
      case 't':
        value += '\t';
        break;
      case 'u': {
        uint32_t code = hex4();
        if (code >= 0xd800 && code < 0xdc00) {
          if (text.substr(at, 2) != "\\u")
            fail();
          at += 2;
          code = 0x10000 + ((code - 0xd800) << 10) + (hex4() - 0xdc00);
        }
        appendUtf8(value, code);
        break;
      }
      default:
        value += escape;
      }
    }
  }
  static void appendUtf8(std::string &to, uint32_t code) {
    if (code < 0x80) {
      to += static_cast<char>(code);
      return;
    }
    if (code < 0x800) {
      to += static_cast<char>(0xc0 | code >> 6);
    } else {
      if (code < 0x10000) {
        to += static_cast<char>(0xe0 | code >> 12);
      } else {
        to += static_cast<char>(0xf0 | code >> 18);
        to += static_cast<char>(0x80 | (code >> 12 & 63));
      }
      to += static_cast<char>(0x80 | (code >> 6 & 63));
    }
    to += static_cast<char>(0x80 | (code & 63));
  }
  /// Skips any value.
  void skip(int depth) {
    if (depth > 64)
      fail();
    char c = peek();
    if (c == '"') {
      string();
    } else if (c == '{' || c == '[') {
      ++at;
      char close = c == '{' ? '}' : ']';
      if (accept(close))
        return;
      do {
        if (c == '{') {
          string();
          expect(':');
        }
        skip(depth + 1);
      } while (accept(',') || (expect(close), false));
    } else {
      size_t start = at;
      while (at < text.size() &&
             std::strchr("+-.0123456789eEtrufalsn", text[at]))
        ++at;
      if (at == start)
        fail();
    }
  }
  /// Strings by name; values of another kind are not read.
  void readMetadata() {
    if (peek() != '{')
      return skip(0);
    ++at;
    if (accept('}'))
      return;
    do {
      std::string key = string();
      expect(':');
      if (peek() == '"')
        metadata[key] = string();
      else
        skip(1);
    } while (accept(',') || (expect('}'), false));
  }
  HeaderEntry entry(std::string key) {
    HeaderEntry e;
    e.key = std::move(key);
    bool hasType = false, hasShape = false, hasOffsets = false;
    expect('{');
    do {
      std::string field = string();
      expect(':');
      if (field == "dtype") {
        e.type = string();
        hasType = true;
      } else if (field == "shape") {
        for (uint64_t d : numbers())
          e.shape.push_back(static_cast<int64_t>(d));
        hasShape = true;
      } else if (field == "data_offsets") {
        std::vector<uint64_t> offsets = numbers();
        if (offsets.size() != 2)
          fail();
        e.begin = offsets[0];
        e.end = offsets[1];
        hasOffsets = true;
      } else {
        skip(0);
      }
    } while (accept(',') || (expect('}'), false));
    if (!hasType || !hasShape || !hasOffsets)
      fail();
    return e;
  }

  std::string_view text;
  size_t at = 0;
};
} // namespace

static FileType typeOf(const std::string &type) {
  struct Entry {
    const char *name;
    FileType type;
  };
  static const Entry entries[] = {
      {"BOOL", FileType::Bool}, {"U8", FileType::U8},
      {"I8", FileType::I8},     {"U16", FileType::U16},
      {"I16", FileType::I16},   {"U32", FileType::U32},
      {"I32", FileType::I32},   {"U64", FileType::U64},
      {"I64", FileType::I64},   {"F16", FileType::F16},
      {"BF16", FileType::BF16}, {"F32", FileType::F32},
      {"F64", FileType::F64}};
  for (const Entry &e : entries)
    if (type == e.name)
      return e.type;
  throw Error("element type '" + type + "' is not supported");
}

/// Whether a tensor can use the mapped bytes as they stand.
static bool isDirect(FileType type) {
  switch (type) {
  case FileType::U16:
  case FileType::U32:
  case FileType::U64:
  case FileType::F16:
  case FileType::BF16:
    return false;
  default:
    return true;
  }
}

Safetensors::Safetensors(const std::string &file)
    : path(file), file(std::make_shared<MappedFile>(file)) {
  try {
    std::string_view bytes(this->file->data(), this->file->size());
    if (bytes.size() < 8)
      throw Error("truncated safetensors file");
    uint64_t length = readLittle64(bytes.data());
    if (length > bytes.size() - 8)
      throw Error("truncated safetensors header");
    std::string_view data = bytes.substr(8 + length);
    HeaderReader reader(bytes.substr(8, length));
    std::vector<HeaderEntry> header = reader.read();
    notes = std::move(reader.metadata);
    for (HeaderEntry &e : header) {
      try {
        FileType type = typeOf(e.type);
        if (e.begin > e.end || e.end > data.size())
          throw Error("data lie outside of the file");
        std::string_view part = data.substr(e.begin, e.end - e.begin);
        // Shape against size before anything is allocated.
        uint64_t count = 1;
        for (int64_t d : e.shape)
          count = d && count > part.size() / static_cast<uint64_t>(d)
                      ? part.size() + 1
                      : count * static_cast<uint64_t>(d);
        if (count * fileWidth(type) != part.size())
          throw Error("shape " + toString(e.shape) + " of " + e.type +
                      " does not fit " + std::to_string(part.size()) +
                      " bytes");
        bool aligned =
            reinterpret_cast<uintptr_t>(part.data()) % fileWidth(type) == 0;
        Tensor t = isDirect(type) && aligned
                       ? Tensor::borrow(widened(type), e.shape, part.data(),
                                        part.size())
                       : widen(type, e.shape, part);
        if (!entries.emplace(e.key, std::move(t)).second)
          throw Error("occurs twice");
      } catch (const Error &error) {
        throw Error("tensor '" + e.key + "': " + error.what());
      }
    }
  } catch (const Error &error) {
    throw Error(path + ": " + error.what());
  }
}

const Tensor &Safetensors::get(const std::string &key) const {
  auto it = entries.find(key);
  if (it == entries.end())
    throw Error(path + ": has no tensor '" + key + "'");
  return it->second;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void snn::rt::writeSafetensors(
    const std::string &path, const std::map<std::string, Tensor> &tensors,
    const std::map<std::string, std::string> &metadata) {
  // The format allows no holes. Tensors of whole cache lines come first and are
  // all aligned; the rest follow by element width, so that each is aligned to
  // its own elements.
  std::vector<const std::pair<const std::string, Tensor> *> order;
  for (const auto &entry : tensors)
    order.push_back(&entry);
  auto rank = [](const Tensor &t) {
    return t.bytes() % 64 == 0 ? 64 : byteWidth(t.dtype());
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const auto *a, const auto *b) {
                     return rank(a->second) > rank(b->second);
                   });
  using Layout = JsonWriter::Layout;
  JsonWriter json;
  json.beginObject(Layout::Tight);
  if (!metadata.empty()) {
    json.key("__metadata__").beginObject(Layout::Tight);
    for (const auto &[key, value] : metadata)
      json.member(key, value);
    json.endObject();
  }
  uint64_t offset = 0;
  for (const auto *entry : order) {
    const Tensor &t = entry->second;
    json.key(entry->first).beginObject(Layout::Tight);
    json.member("dtype", name(t.dtype()));
    json.key("shape").beginList(Layout::Tight);
    for (int64_t size : t.shape())
      json.value(size);
    json.endList().key("data_offsets").beginList(Layout::Tight);
    json.value(offset).value(offset + t.bytes()).endList().endObject();
    offset += t.bytes();
  }
  std::string header = json.endObject().str();
  header.resize((8 + header.size() + 63) / 64 * 64 - 8, ' ');
  std::string size(8, '\0');
  for (int i = 0; i < 8; ++i)
    size[i] = static_cast<char>(header.size() >> (8 * i));
  // Tensors go to the file from where they are.
  std::vector<std::string_view> parts = {size, header};
  for (const auto *entry : order)
    parts.emplace_back(static_cast<const char *>(entry->second.raw()),
                       entry->second.bytes());
  writeFile(path, parts);
}
