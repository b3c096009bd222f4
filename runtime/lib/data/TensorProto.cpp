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
#include "snn/runtime/Wire.h"

#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
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
static void readIntegers(const WireField &field, std::vector<int64_t> &to) {
  if (field.type == WireType::Varint) {
    to.push_back(static_cast<int64_t>(field.value));
    return;
  }
  if (!field.isBytes())
    throw Error("damaged TensorProto: wrong field type");
  WireReader packed(field.bytes);
  uint64_t value;
  while (!packed.atEnd() && packed.readVarint(value))
    to.push_back(static_cast<int64_t>(value));
  if (packed.hasFailed())
    throw Error("damaged TensorProto: broken element");
}

/// Adds one repeated field of fixed width, packed or not.
static void readFixed(const WireField &field, size_t width, std::string &to) {
  if (field.isBytes())
    to += field.bytes;
  else if (field.type == (width == 4 ? WireType::Fixed32 : WireType::Fixed64))
    for (size_t i = 0; i < width; ++i)
      to += static_cast<char>(field.value >> (8 * i));
  else
    throw Error("damaged TensorProto: wrong field type");
  if (to.size() % width)
    throw Error("damaged TensorProto: broken element");
}

static Message readMessage(std::string_view bytes) {
  Message m;
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    switch (field.number) {
    case 1:
      readIntegers(field, m.dims);
      break;
    case 2:
      m.type = static_cast<int64_t>(field.value);
      break;
    case 4:
      readFixed(field, 4, m.floats);
      break;
    case 5:
    case 7:
    case 11:
      readIntegers(field, m.integers);
      break;
    case 8:
      m.name = field.bytes;
      break;
    case 9:
      m.raw = field.bytes;
      m.hasRaw = field.isBytes();
      break;
    case 10:
      readFixed(field, 8, m.doubles);
      break;
    case 14: // data_location; 1 is EXTERNAL
      m.external = field.value == 1;
      break;
    default:
      break;
    }
  }
  if (reader.hasFailed())
    throw Error("damaged or truncated TensorProto at byte " +
                std::to_string(reader.failedAt() - bytes.data()));
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
