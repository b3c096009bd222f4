//===- Npy.cpp - The numpy array format -------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// numpy.lib.format, versions 1 to 3: a magic string, a header that is a Python
// dictionary, and the elements.
//
//===----------------------------------------------------------------------===//

#include "data/Files.h"

#include <algorithm>
#include <cctype>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
/// The header's dictionary.
struct Header {
  std::string type; ///< "<f4"
  bool fortran = false;
  Shape shape;
};

/// Parses the dictionary literal that numpy writes.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : text(text) {}

  Header parse() {
    Header header;
    bool hasType = false, hasShape = false;
    expect('{');
    while (!accept('}')) {
      std::string key = string();
      expect(':');
      if (key == "descr") {
        header.type = string();
        hasType = true;
      } else if (key == "fortran_order") {
        header.fortran = boolean();
      } else if (key == "shape") {
        header.shape = tuple();
        hasShape = true;
      } else {
        fail();
      }
      if (!accept(','))
        if (peek() != '}')
          fail();
    }
    if (!hasType || !hasShape)
      fail();
    return header;
  }

private:
  [[noreturn]] static void fail() { throw Error("damaged npy header"); }
  char peek() {
    while (at < text.size() &&
           std::isspace(static_cast<unsigned char>(text[at])))
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
  std::string string() {
    char quote = peek();
    if (quote != '\'' && quote != '"')
      fail();
    size_t end = text.find(quote, ++at);
    if (end == std::string_view::npos)
      fail();
    std::string value(text.substr(at, end - at));
    at = end + 1;
    return value;
  }
  bool boolean() {
    peek();
    if (text.substr(at, 4) == "True") {
      at += 4;
      return true;
    }
    if (text.substr(at, 5) != "False")
      fail();
    at += 5;
    return false;
  }
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      if (!std::isdigit(static_cast<unsigned char>(peek())))
        fail();
      int64_t value = 0;
      while (at < text.size() &&
             std::isdigit(static_cast<unsigned char>(text[at]))) {
        if (value > (int64_t(1) << 48))
          fail();
        value = value * 10 + (text[at++] - '0');
      }
      accept('L');
      shape.push_back(value);
      if (!accept(',') && peek() != ')')
        fail();
    }
    return shape;
  }

  std::string_view text;
  size_t at = 0;
};
} // namespace

static FileType typeOf(const std::string &descr) {
  struct Entry {
    const char *code;
    FileType type;
  };
  static const Entry entries[] = {
      {"b1", FileType::Bool}, {"u1", FileType::U8},  {"i1", FileType::I8},
      {"u2", FileType::U16},  {"i2", FileType::I16}, {"u4", FileType::U32},
      {"i4", FileType::I32},  {"u8", FileType::U64}, {"i8", FileType::I64},
      {"f2", FileType::F16},  {"f4", FileType::F32}, {"f8", FileType::F64}};
  if (descr.size() == 3)
    for (const Entry &e : entries)
      if (descr.compare(1, 2, e.code) == 0)
        return e.type;
  throw Error("npy element type '" + descr + "' is not supported");
}

/// Column-major elements in row-major order.
static std::string transposed(std::string_view bytes, const Shape &shape,
                              size_t width) {
  std::string result(bytes.size(), '\0');
  std::vector<int64_t> index(shape.size(), 0), strides(shape.size());
  int64_t step = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    strides[i] = step;
    step *= shape[i];
  }
  for (size_t to = 0; to < bytes.size(); to += width) {
    int64_t from = 0;
    for (size_t i = 0; i < shape.size(); ++i)
      from += index[i] * strides[i];
    std::copy_n(bytes.data() + from * width, width, &result[to]);
    for (size_t i = shape.size(); i-- > 0;) {
      if (++index[i] < shape[i])
        break;
      index[i] = 0;
    }
  }
  return result;
}

/// Reads the header; `start` becomes where the elements begin.
static Header readHeader(std::string_view bytes, size_t &start) {
  if (bytes.size() < 10 || bytes.substr(0, 6) != "\x93NUMPY")
    throw Error("not a npy array");
  int major = bytes[6];
  if (major < 1 || major > 3)
    throw Error("npy format version " + std::to_string(major) +
                " is not supported");
  start = major == 1 ? 10 : 12;
  if (bytes.size() < start)
    throw Error("truncated npy header");
  size_t length =
      major == 1 ? readLittle16(&bytes[8]) : readLittle32(&bytes[8]);
  if (length > bytes.size() - start || start + length > longestNpyHeader)
    throw Error("truncated npy header");
  Header header = HeaderParser(bytes.substr(start, length)).parse();
  start += length;
  return header;
}

uint64_t snn::rt::detail::npyBytes(std::string_view prefix) {
  size_t start;
  Header header = readHeader(prefix, start);
  uint64_t bytes = fileWidth(typeOf(header.type));
  for (int64_t d : header.shape)
    if (d == 0)
      return start;
  for (int64_t d : header.shape)
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(d), &bytes))
      throw Error("npy array of impossible shape " + toString(header.shape));
  return start + bytes;
}

/// The elements behind the header, which are as many as it says.
static std::string_view elementsOf(std::string_view bytes, const Header &header,
                                   size_t start) {
  size_t width = fileWidth(typeOf(header.type));
  std::string_view data = bytes.substr(start);
  // A damaged shape must not ask for memory that the file cannot fill.
  uint64_t count = 1;
  bool empty = std::count(header.shape.begin(), header.shape.end(), 0) > 0;
  for (int64_t d : header.shape) {
    if (empty)
      break;
    count *= static_cast<uint64_t>(d);
    if (count > data.size())
      break;
  }
  if (empty)
    count = 0;
  if (count > data.size() / width)
    throw Error("truncated npy array: shape " + toString(header.shape) +
                ", has " + std::to_string(data.size()) + " bytes");
  if (count * width != data.size())
    throw Error("npy array of shape " + toString(header.shape) + " has " +
                std::to_string(data.size()) + " bytes, expected " +
                std::to_string(count * width));
  return data;
}

Tensor snn::rt::detail::parseNpy(std::string_view bytes) {
  size_t start;
  Header header = readHeader(bytes, start);
  FileType type = typeOf(header.type);
  size_t width = fileWidth(type);
  std::string_view data = elementsOf(bytes, header, start);
  std::string storage;
  if (header.type[0] == '>' && width > 1) {
    storage = data;
    for (size_t i = 0; i < storage.size(); i += width)
      std::reverse(&storage[i], &storage[i] + width);
    data = storage;
  }
  std::string rows;
  if (header.fortran && header.shape.size() > 1) {
    rows = transposed(data, header.shape, width);
    data = rows;
  }
  return widen(type, header.shape, data);
}

std::optional<Tensor> snn::rt::detail::borrowNpy(std::string_view bytes) {
  size_t start;
  Header header = readHeader(bytes, start);
  FileType type = typeOf(header.type);
  std::string_view data = elementsOf(bytes, header, start);
  bool isTurned = header.type[0] == '>' && fileWidth(type) > 1;
  bool isTransposed = header.fortran && header.shape.size() > 1;
  // A Boolean may be any byte in a file, and is 0 or 1 here; 64 bits without
  // sign may not fit.
  if (isTurned || isTransposed || type == FileType::Bool ||
      type == FileType::U64 || fileWidth(type) != byteWidth(widened(type)))
    return std::nullopt;
  return Tensor::borrow(widened(type), header.shape, data.data(), data.size());
}

std::string snn::rt::detail::formatNpy(const Tensor &tensor) {
  static const char *const codes[] = {"|b1", "|u1", "|i1", "<i2",
                                      "<i4", "<i8", "<f4", "<f8"};
  std::string header = "{'descr': '";
  header += codes[static_cast<size_t>(tensor.dtype())];
  header += "', 'fortran_order': False, 'shape': (";
  for (size_t i = 0; i < tensor.shape().size(); ++i) {
    if (i)
      header += ", ";
    header += std::to_string(tensor.shape()[i]);
  }
  header += tensor.rank() == 1 ? ",), }" : "), }";
  // Padded so that the elements start at a multiple of 64.
  size_t length = (10 + header.size() + 1 + 63) / 64 * 64 - 10;
  header.resize(length - 1, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(length & 255);
  bytes += static_cast<char>(length >> 8);
  bytes += header;
  bytes.append(static_cast<const char *>(tensor.raw()), tensor.bytes());
  return bytes;
}
