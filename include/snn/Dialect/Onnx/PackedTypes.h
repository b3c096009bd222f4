//===- PackedTypes.h - Elements of less than a byte -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// TensorProto's integers of 2 and 4 bits. A byte holds several of them, the
// first in its lowest bits; the typed field holds such bytes. They are handed
// out as integers of 8 bits.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_PACKEDTYPES_H
#define SNN_DIALECT_ONNX_PACKEDTYPES_H

#include <cstdint>
#include <optional>

namespace snn::onnx {

/// The bits of an element of a TensorProto data type that is packed.
inline std::optional<int> packedWidth(int64_t dataType) {
  switch (dataType) {
  case 21: // UINT4
  case 22: // INT4
    return 4;
  case 25: // UINT2
  case 26: // INT2
    return 2;
  default:
    return std::nullopt;
  }
}

inline bool isPackedSigned(int64_t dataType) {
  return dataType == 22 || dataType == 26;
}

/// Bytes that `count` elements of `bits` bits take.
inline int64_t packedBytes(int64_t count, int bits) {
  return (count + 8 / bits - 1) / (8 / bits);
}

/// Element `index` of `bytes`, as an integer of 8 bits (two's complement).
template <typename Byte>
uint8_t unpackElement(const Byte *bytes, int64_t index, int bits,
                      bool isSigned) {
  int perByte = 8 / bits;
  auto byte = static_cast<uint8_t>(bytes[index / perByte]);
  unsigned value = byte >> (index % perByte * bits) & ((1u << bits) - 1);
  if (isSigned && value >> (bits - 1))
    value |= 0xffu << bits;
  return static_cast<uint8_t>(value);
}

} // namespace snn::onnx

#endif // SNN_DIALECT_ONNX_PACKEDTYPES_H
