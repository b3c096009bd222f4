//===- Compilation.h - Which compilation a file is of -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every artefact carries the digest of its compilation; a manifest beside them
// says which there are and whether they are all there. Neither keeps out who
// means to deceive: they tell files apart that met by accident.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_COMPILATION_H
#define SNN_RUNTIME_COMPILATION_H

#include <cstdint>
#include <string>
#include <string_view>

namespace snn::rt {

/// The manifest's file name.
constexpr char manifestName[] = "artefacts.json";
/// The key of the digest in the metadata of a safetensors file.
constexpr char digestKey[] = "snnc.digest";

/// A hash of all bytes, equal on all machines.
uint64_t contentHash(std::string_view bytes);
/// 16 hexadecimal digits.
std::string toHex(uint64_t hash);

/// Throws `Error` when a manifest in the folder of the file `path`, or in the
/// folder around it, lists the file and belongs to another compilation than
/// `digest` (empty: not known, which fits), or says that its files are being
/// replaced.
void checkArtefact(const std::string &path, const std::string &digest);

/// Which compilation a simulator is of, and its weights.
struct Compilation {
  std::string digest;
  std::string weightsHash;
  std::string release = {}; ///< of snnc; empty: not known
};

} // namespace snn::rt

#endif // SNN_RUNTIME_COMPILATION_H
