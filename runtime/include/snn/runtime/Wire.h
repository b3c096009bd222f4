//===- Wire.h - Reading the protobuf wire format ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one reader of the wire format (protobuf.dev/programming-guides/encoding)
// that does not go through the protobuf library, which copies every weight of a
// model and which simulators do without. It gives views of the bytes, never
// reads beyond them, and needs no memory of its own.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_WIRE_H
#define SNN_RUNTIME_WIRE_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace snn::rt {

/// How a field is stored. Groups do not occur in proto3.
enum class WireType { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

/// One field of a message.
struct WireField {
  uint32_t number = 0;
  WireType type = WireType::Varint;
  uint64_t value = 0;       ///< unless it is `Bytes`
  std::string_view bytes;   ///< of `Bytes`
  std::string_view encoded; ///< the whole field, its tag included

  bool isBytes() const { return type == WireType::Bytes; }
};

/// Reads the fields of a message, or the elements of a packed field, one after
/// the other. After an error nothing more comes.
class WireReader {
public:
  explicit WireReader(std::string_view bytes) : rest(bytes) {}

  /// The next field; false at the end, and where the bytes are no field.
  bool next(WireField &field) {
    if (rest.empty() || damage)
      return false;
    std::string_view start = rest;
    uint64_t tag = 0, length = 0;
    if (!readVarint(tag))
      return false;
    field = WireField();
    field.number = static_cast<uint32_t>(tag >> 3);
    if (field.number == 0 || tag >> 3 > maximumNumber)
      return fail(start);
    bool ok = false;
    switch (tag & 7) {
    case 0:
      ok = readVarint(field.value);
      break;
    case 1:
      ok = readFixed(8, field.value);
      break;
    case 2:
      if (!readVarint(length) || length > rest.size())
        return fail(start);
      field.bytes = rest.substr(0, length);
      rest.remove_prefix(length);
      ok = true;
      break;
    case 5:
      ok = readFixed(4, field.value);
      break;
    default:
      break;
    }
    if (!ok)
      return fail(start);
    field.type = static_cast<WireType>(tag & 7);
    field.encoded = start.substr(0, start.size() - rest.size());
    return true;
  }

  /// An element of a packed field of integers.
  bool readVarint(uint64_t &value) {
    std::string_view start = rest;
    value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80)
        return true;
    }
    return fail(start);
  }

  /// An element of a packed field of 4 or 8 bytes an element.
  bool readFixed(size_t width, uint64_t &value) {
    if (rest.size() < width)
      return fail(rest);
    value = 0;
    for (size_t i = 0; i < width; ++i)
      value |= static_cast<uint64_t>(static_cast<unsigned char>(rest[i]))
               << (8 * i);
    rest.remove_prefix(width);
    return true;
  }

  bool atEnd() const { return rest.empty(); }
  bool hasFailed() const { return damage != nullptr; }
  /// Where the field or element stands that could not be read.
  const char *failedAt() const { return damage; }

private:
  static constexpr uint64_t maximumNumber = (uint64_t(1) << 29) - 1;

  bool fail(std::string_view start) {
    damage = start.data();
    rest = {};
    return false;
  }

  std::string_view rest;
  const char *damage = nullptr;
};

} // namespace snn::rt

#endif // SNN_RUNTIME_WIRE_H
