//===- Archive.h - Weights outside the program ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weight archives by path, opened and mapped on first use, and the archive in
// memory that passes add quantised weights to.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_ARCHIVE_H
#define SNN_DIALECT_ONNX_ARCHIVE_H

#include "snn/runtime/Tensor.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/RWMutex.h"

#include <map>
#include <memory>
#include <string>

namespace snn::onnx {

/// A set of named tensors. Thread-safe once made.
class Archive {
public:
  virtual ~Archive() = default;
  virtual llvm::Expected<rt::Tensor> get(llvm::StringRef key) = 0;
  /// Gives the mapped pages back, which the next reader finds in the system's
  /// cache or in the file.
  virtual void releasePages() {}
};

/// Maps the initialisers and `Constant` tensors of an .onnx file (raw data in
/// the file, typed data, external data). Scans the protobuf wire format;
/// nothing but names, shapes and offsets is kept. Raw data is not copied where
/// the file aligns it to its elements; half floats are widened to F32.
llvm::Expected<std::unique_ptr<Archive>> openOnnxArchive(llvm::StringRef path);
llvm::Expected<std::unique_ptr<Archive>>
openSafetensorsArchive(llvm::StringRef path);

/// The archives of one MLIR context.
class Archives {
public:
  /// Relative archive paths are looked up below `directory` first.
  void setBaseDirectory(llvm::StringRef directory);
  /// The tensor `key` of `archive`; "" is the archive in memory. A relative
  /// path is also looked up in the directory `beside`, then in the working
  /// directory. The error names both and says what is wrong.
  llvm::Expected<rt::Tensor> get(llvm::StringRef archive, llvm::StringRef key,
                                 llvm::StringRef beside = "");
  /// Adds a tensor to the archive in memory under `key`, or under `key.1`,
  /// `key.2`, ... when other contents have that name; returns the name.
  std::string add(llvm::StringRef key, rt::Tensor tensor);
  /// Tensors in memory by name.
  std::map<std::string, rt::Tensor> inMemory();
  /// Drops a tensor in memory that nothing refers to any more. Its name is not
  /// given to other contents, so that names do not depend on what was dropped.
  void erase(llvm::StringRef key);
  /// Archive::releasePages of every file.
  void releasePages();

private:
  /// What is kept of a dropped tensor.
  struct Dropped {
    rt::DType type;
    rt::Shape shape;
    uint64_t hash;
    bool operator==(const Dropped &other) const {
      return type == other.type && shape == other.shape && hash == other.hash;
    }
  };
  static Dropped describe(const rt::Tensor &tensor);
  llvm::Expected<Archive *> open(llvm::StringRef archive,
                                 llvm::StringRef beside);

  llvm::sys::SmartRWMutex<true> lock;
  std::string base;
  llvm::StringMap<std::unique_ptr<Archive>> files;
  std::map<std::string, rt::Tensor> memory;
  std::map<std::string, Dropped> dropped;
};

} // namespace snn::onnx

#endif // SNN_DIALECT_ONNX_ARCHIVE_H
