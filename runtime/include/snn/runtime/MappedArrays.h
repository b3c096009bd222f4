//===- MappedArrays.h - Arrays that are read where they lie -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A process that runs some samples of many reads those, not whole files. Arrays
// that a file stores as the runtime does (not compressed, little-endian, rows
// first, of one of the types of `DType`) stay in the mapped file; others are
// read.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_MAPPEDARRAYS_H
#define SNN_RUNTIME_MAPPEDARRAYS_H

#include "snn/runtime/DataFile.h"

#include <memory>
#include <string_view>

namespace snn::rt {

class MappedFile;

/// Bytes of an archive that were not compared with their checksum, as that
/// would have read them.
struct UncheckedBytes {
  std::string what; ///< "in.npz: array 'x.npy'"
  std::string_view bytes;
  uint32_t checksum; ///< CRC-32, as in zip archives
};

/// The arrays of some files.
struct MappedArrays {
  /// Elements may lie at any address: `aligned` before typed access.
  NamedArrays arrays;
  std::vector<UncheckedBytes> unchecked;
  std::vector<std::shared_ptr<const MappedFile>> files;
};

/// Maps the arrays of all files. Throws as `readArrays` does, but for checksums
/// of what is in `unchecked`.
MappedArrays mapArrays(const std::vector<std::string> &paths);

/// The tensor, or a copy where its elements are not aligned.
Tensor aligned(const Tensor &tensor);

/// The checksum of bytes, as of an archive's.
uint32_t checksumOf(std::string_view bytes);
/// The checksum of two stretches, of their checksums and the second's length.
uint32_t joinChecksums(uint32_t first, uint32_t second, uint64_t length);

} // namespace snn::rt

#endif // SNN_RUNTIME_MAPPEDARRAYS_H
