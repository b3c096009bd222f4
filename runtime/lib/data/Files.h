//===- Files.h - Parts of the data file readers -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_FILES_H
#define SNN_LIB_FILES_H

#include "snn/runtime/MappedArrays.h"

#include <optional>
#include <string_view>

namespace snn::rt::detail {

/// Throws `Error` where a path names a pipe, which would wait for a writer, or
/// a device, which has no end, or holds a NUL.
void requireRegularFile(const std::string &path);
/// The bytes of a file. Throws `Error` that names it.
std::string readFile(const std::string &path);
bool endsWith(std::string_view text, std::string_view suffix);

/// Little-endian integers, wherever they lie.
uint16_t readLittle16(const char *p);
uint32_t readLittle32(const char *p);
uint64_t readLittle64(const char *p);

/// How the elements of a file are stored, a superset of DType.
enum class FileType {
  Bool,
  U8,
  I8,
  U16,
  I16,
  U32,
  I32,
  U64,
  I64,
  F16,
  BF16,
  F32,
  F64
};
size_t fileWidth(FileType type);
/// The runtime's type for it: F16 and BF16 become F32, U16 I32, U32 and U64
/// I64.
DType widened(FileType type);
/// A tensor from little-endian elements; `bytes` must have the size that the
/// shape asks for.
Tensor widen(FileType type, Shape shape, std::string_view bytes);

/// One .npy array.
Tensor parseNpy(std::string_view bytes);
/// The same over `bytes`, which may lie at any address; none where elements
/// would have to be converted or moved.
std::optional<Tensor> borrowNpy(std::string_view bytes);
/// The bytes of the whole array, as its first bytes say. `parseNpy` refuses any
/// other number.
uint64_t npyBytes(std::string_view start);
/// A header ends within so many bytes.
constexpr size_t longestNpyHeader = 1 << 16;
std::string formatNpy(const Tensor &tensor);
/// The arrays of a .npz archive. With `unchecked`, those that can lie over
/// `bytes` do, and are listed with their names instead of being checked.
NamedArrays parseNpz(std::string_view bytes,
                     std::vector<UncheckedBytes> *unchecked = nullptr);
std::string formatNpz(const NamedArrays &arrays);
/// An ONNX TensorProto: its name and its value.
std::pair<std::string, Tensor> parseTensorProto(std::string_view bytes);

} // namespace snn::rt::detail

#endif // SNN_LIB_FILES_H
