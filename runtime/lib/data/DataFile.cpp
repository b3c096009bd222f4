//===- DataFile.cpp - Named arrays in files ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/DataFile.h"

#include "data/Files.h"

#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

NamedArrays snn::rt::readArrays(const std::string &path) {
  std::string bytes = readFile(path);
  try {
    if (endsWith(path, ".npz"))
      return parseNpz(bytes);
    if (endsWith(path, ".npy"))
      return {{"", parseNpy(bytes)}};
    if (endsWith(path, ".pb"))
      return {parseTensorProto(bytes)};
  } catch (const Error &e) {
    throw Error(path + ": " + e.what());
  }
  throw Error(path + ": unknown kind of data file, expected .npz, .npy or .pb");
}

std::string snn::rt::formatArrays(const std::string &path,
                                  const NamedArrays &arrays) {
  if (endsWith(path, ".npz"))
    return formatNpz(arrays);
  if (endsWith(path, ".npy")) {
    if (arrays.size() != 1)
      throw Error(path + ": a .npy file holds one array, not " +
                  std::to_string(arrays.size()));
    return formatNpy(arrays.front().second);
  }
  throw Error(path + ": unknown kind of data file, expected .npz or .npy");
}

void snn::rt::writeArrays(const std::string &path, const NamedArrays &arrays) {
  writeFile(path, formatArrays(path, arrays));
}

void snn::rt::writeTextFile(const std::string &path, const std::string &text) {
  writeFile(path, text);
}

size_t snn::rt::detail::fileWidth(FileType type) {
  switch (type) {
  case FileType::Bool:
  case FileType::U8:
  case FileType::I8:
    return 1;
  case FileType::U16:
  case FileType::I16:
  case FileType::F16:
  case FileType::BF16:
    return 2;
  case FileType::U32:
  case FileType::I32:
  case FileType::F32:
    return 4;
  case FileType::U64:
  case FileType::I64:
  case FileType::F64:
    return 8;
  }
  return 0;
}

DType snn::rt::detail::widened(FileType type) {
  switch (type) {
  case FileType::Bool:
    return DType::Bool;
  case FileType::U8:
    return DType::U8;
  case FileType::I8:
    return DType::I8;
  case FileType::I16:
    return DType::I16;
  case FileType::U16:
  case FileType::I32:
    return DType::I32;
  case FileType::U32:
  case FileType::U64:
  case FileType::I64:
    return DType::I64;
  case FileType::F16:
  case FileType::BF16:
  case FileType::F32:
    return DType::F32;
  case FileType::F64:
    return DType::F64;
  }
  return DType::F32;
}

/// IEEE half precision to single, exactly.
static float fromHalf(uint16_t h) {
  uint32_t sign = static_cast<uint32_t>(h & 0x8000) << 16;
  uint32_t exponent = (h >> 10) & 31, fraction = h & 0x3ff;
  uint32_t bits;
  if (exponent == 31) {
    bits = sign | 0x7f800000 | fraction << 13;
  } else if (exponent) {
    bits = sign | (exponent + 112) << 23 | fraction << 13;
  } else {
    float f = static_cast<float>(fraction) * 5.9604644775390625e-8f; // 2^-24
    return sign ? -f : f;
  }
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}

Tensor snn::rt::detail::widen(FileType type, Shape shape,
                              std::string_view bytes) {
  Tensor t(widened(type), std::move(shape));
  int64_t n = t.size();
  size_t wanted = static_cast<size_t>(n) * fileWidth(type);
  if (bytes.size() != wanted)
    throw Error("array of shape " + toString(t.shape()) + " needs " +
                std::to_string(wanted) + " bytes, has " +
                std::to_string(bytes.size()));
  const char *p = bytes.data();
  switch (type) {
  case FileType::Bool:
    for (int64_t i = 0; i < n; ++i)
      t.data<bool>()[i] = p[i] != 0;
    break;
  case FileType::U16:
    for (int64_t i = 0; i < n; ++i)
      t.data<int32_t>()[i] = readLittle16(p + 2 * i);
    break;
  case FileType::U32:
    for (int64_t i = 0; i < n; ++i)
      t.data<int64_t>()[i] = readLittle32(p + 4 * i);
    break;
  case FileType::U64:
    for (int64_t i = 0; i < n; ++i) {
      uint64_t v = readLittle64(p + 8 * i);
      if (v > static_cast<uint64_t>(INT64_MAX))
        throw Error("unsigned value " + std::to_string(v) +
                    " does not fit 64 signed bits");
      t.data<int64_t>()[i] = static_cast<int64_t>(v);
    }
    break;
  case FileType::F16:
    for (int64_t i = 0; i < n; ++i)
      t.data<float>()[i] = fromHalf(readLittle16(p + 2 * i));
    break;
  case FileType::BF16:
    for (int64_t i = 0; i < n; ++i) {
      uint32_t bits = static_cast<uint32_t>(readLittle16(p + 2 * i)) << 16;
      std::memcpy(&t.data<float>()[i], &bits, sizeof bits);
    }
    break;
  default:
    if (wanted)
      std::memcpy(t.raw(), p, wanted);
  }
  return t;
}
