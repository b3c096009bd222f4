//===- NirFile.h - Writing the HDF5 file of a NIR graph ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_TARGET_NIR_NIRFILE_H
#define SNN_LIB_TARGET_NIR_NIRFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace snn::nir {

/// An array of floats, doubles or integers; no axes: a scalar.
struct FileArray {
  std::vector<int64_t> shape;
  std::variant<std::vector<float>, std::vector<double>, std::vector<int64_t>>
      values;
};

struct FileNode {
  std::string name, type;
  std::vector<std::pair<std::string, FileArray>> parameters;
};

struct FileGraph {
  std::vector<FileNode> nodes;
  std::vector<std::pair<std::string, std::string>> edges;
};

/// Writes the graph with what package `nir` writes around one.
llvm::Error writeFile(const FileGraph &graph, llvm::StringRef path);

} // namespace snn::nir

#endif // SNN_LIB_TARGET_NIR_NIRFILE_H
