//===- TensorProto.cpp - ONNX tensors on the wire ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads one TensorProto message (onnx.proto3) from the protobuf wire format.
//
//===----------------------------------------------------------------------===//

#include "data/Files.h"

#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
/// A reader of wire-format fields that never runs beyond its bytes.
class Wire {
public:
  explicit Wire(std::string_view bytes) : bytes(bytes) {}
  bool atEnd() const { return at == bytes.size(); }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80)
        return value;
    }
    throw Error("damaged TensorProto: overlong integer");
  }
  std::string_view take(uint64_t length) {
    if (length > bytes.size() - at)
      throw Error("truncated TensorProto");
    std::string_view part = bytes.substr(at, length);
    at += length;
    return part;
  }
  std::string_view delimited() { return take(varint()); }

private:
  std::string_view bytes;
  size_t at = 0;
};

/// The fields of the message that carry the value.
struct Message {
  Shape dims;
  int64_t type = 0;
  std::string name;
  std::string_view raw;
  bool hasRaw = false, external = false;
  std::string floats, doubles;   // 4 and 8 bytes each
  std::vector<int64_t> integers; // int32_data, int64_data, uint64_data
};
} // namespace

/// Adds one repeated integer field, packed or not.
static void readIntegers(Wire &wire, int wireType, std::vector<int64_t> &to) {
  if (wireType == 0) {
    to.push_back(static_cast<int64_t>(wire.varint()));
    return;
  }
  if (wireType != 2)
    throw Error("damaged TensorProto: wrong field type");
  Wire packed(wire.delimited());
  while (!packed.atEnd())
    to.push_back(static_cast<int64_t>(packed.varint()));
}

/// Adds one repeated field of fixed width, packed or not.
static void readFixed(Wire &wire, int wireType, size_t width, std::string &to) {
  if (wireType == 2)
    to += wire.delimited();
  else
    to += wire.take(width);
  if (to.size() % width)
    throw Error("damaged TensorProto: broken element");
}

static Message readMessage(std::string_view bytes) {
  Message m;
  Wire wire(bytes);
  while (!wire.atEnd()) {
    uint64_t key = wire.varint();
    int type = key & 7;
    switch (key >> 3) {
    case 1:
      readIntegers(wire, type, m.dims);
      continue;
    case 4:
      readFixed(wire, type, 4, m.floats);
      continue;
    case 5:
    case 7:
    case 11:
      readIntegers(wire, type, m.integers);
      continue;
    case 10:
      readFixed(wire, type, 8, m.doubles);
      continue;
    default:
      break;
    }
    switch (type) {
    case 0: {
      uint64_t value = wire.varint();
      if (key >> 3 == 2)
        m.type = static_cast<int64_t>(value);
      else if (key >> 3 == 14)
        m.external = value == 1;
      break;
    }
    case 1:
      wire.take(8);
      break;
    case 5:
      wire.take(4);
      break;
    case 2: {
      std::string_view value = wire.delimited();
      if (key >> 3 == 8)
        m.name = value;
      else if (key >> 3 == 9) {
        m.raw = value;
        m.hasRaw = true;
      }
      break;
    }
    default:
      throw Error("damaged TensorProto: unknown wire type " +
                  std::to_string(type));
    }
  }
  return m;
}

static FileType typeOf(int64_t type) {
  switch (type) {
  case 1:
    return FileType::F32;
  case 2:
    return FileType::U8;
  case 3:
    return FileType::I8;
  case 4:
    return FileType::U16;
  case 5:
    return FileType::I16;
  case 6:
    return FileType::I32;
  case 7:
    return FileType::I64;
  case 9:
    return FileType::Bool;
  case 10:
    return FileType::F16;
  case 11:
    return FileType::F64;
  case 12:
    return FileType::U32;
  case 13:
    return FileType::U64;
  case 16:
    return FileType::BF16;
  default:
    throw Error("TensorProto element type " + std::to_string(type) +
                " is not supported");
  }
}

std::pair<std::string, Tensor>
snn::rt::detail::parseTensorProto(std::string_view bytes) {
  Message m = readMessage(bytes);
  if (m.external)
    throw Error("TensorProto '" + m.name + "' keeps its data in another file");
  FileType type = typeOf(m.type);
  size_t width = fileWidth(type);
  std::string storage;
  std::string_view data = m.raw;
  if (!m.hasRaw) {
    if (type == FileType::F32) {
      storage = m.floats;
    } else if (type == FileType::F64) {
      storage = m.doubles;
    } else {
      // Integer fields hold the element's bit pattern in their low bytes.
      for (int64_t v : m.integers)
        for (size_t i = 0; i < width; ++i)
          storage += static_cast<char>(static_cast<uint64_t>(v) >> (8 * i));
    }
    data = storage;
  }
  uint64_t count = 1;
  for (int64_t d : m.dims) {
    if (d < 0)
      throw Error("TensorProto '" + m.name + "' has a negative axis");
    count = d && count > data.size() / static_cast<uint64_t>(d)
                ? data.size() + 1
                : count * static_cast<uint64_t>(d);
  }
  if (count * width != data.size())
    throw Error("TensorProto '" + m.name + "' of shape " + toString(m.dims) +
                " has " + std::to_string(data.size()) + " bytes of data");
  return {m.name, widen(type, m.dims, data)};
}
