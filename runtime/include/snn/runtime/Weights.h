//===- Weights.h - Weight archives ------------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_WEIGHTS_H
#define SNN_RUNTIME_WEIGHTS_H

#include "snn/runtime/Spiking.h"
#include "snn/runtime/Tensor.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace snn::rt {

/// A file mapped read-only into memory.
class MappedFile {
public:
  explicit MappedFile(const std::string &path);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  const char *data() const { return begin; }
  size_t size() const { return length; }
  /// Maps all pages at once, for a reader of the whole file.
  void populate() const;

private:
  const char *begin = nullptr;
  size_t length = 0;
};

/// Named tensors of a safetensors file, mapped and not copied.
/// Format: github.com/huggingface/safetensors, 8-byte header length, JSON,
/// data.
class Safetensors {
public:
  explicit Safetensors(const std::string &path);
  const std::map<std::string, Tensor> &tensors() const { return entries; }
  /// Throws `Error` naming file and key when there is none.
  const Tensor &get(const std::string &key) const;
  /// The strings of the header's `__metadata__`.
  const std::map<std::string, std::string> &metadata() const { return notes; }
  /// The bytes of the whole file.
  std::string_view bytes() const { return {file->data(), file->size()}; }
  /// Maps all pages at once.
  void populate() const { file->populate(); }

private:
  std::string path;
  std::shared_ptr<MappedFile> file;
  std::map<std::string, Tensor> entries;
  std::map<std::string, std::string> notes;
};

/// Writes a safetensors file atomically (temporary name, then rename). Data of
/// every tensor starts at a multiple of 64 bytes where padding allows; equal
/// contents give equal bytes.
void writeSafetensors(const std::string &path,
                      const std::map<std::string, Tensor> &tensors,
                      const std::map<std::string, std::string> &metadata = {});

/// The weights of one simulator: mapped tensors, and the matrices of linears in
/// the form that the kernels want, made at load.
class Weights {
public:
  explicit Weights(const std::string &path);
  const Safetensors &file() const { return archive; }
  const Tensor &tensor(const std::string &key) const;
  /// The matrix `key` prepared for `linear`; prepared once, thread-safe.
  const LinearWeights &matrix(const std::string &key) const;
  /// The filters `key` prepared for `convolution` in `group` groups.
  const ConvolutionWeights &filters(const std::string &key,
                                    int64_t group) const;
  /// The same of literal keys, for the emitted program: a key's address stands
  /// for its text.
  const Tensor &tensor(const char *key) const;
  const LinearWeights &matrix(const char *key) const;
  const ConvolutionWeights &filters(const char *key, int64_t group) const;

private:
  Safetensors archive;
  mutable std::map<std::string, std::unique_ptr<LinearWeights>> matrices;
  mutable std::map<std::pair<std::string, int64_t>,
                   std::unique_ptr<ConvolutionWeights>>
      convolutions;
  mutable std::shared_ptr<void> lock;
  uint64_t number; ///< of this object; from 1 on, none has another's
};

} // namespace snn::rt

#endif // SNN_RUNTIME_WEIGHTS_H
