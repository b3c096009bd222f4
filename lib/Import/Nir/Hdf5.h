//===- Hdf5.h - What an HDF5 file holds, read at arm's length ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The groups and datasets of a file as a tree of numbers and texts. The HDF5
// library is not safe against damaged files: it runs in a child process, which
// may crash, hang or ask for too much memory without harm, and writes nothing.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_NIR_HDF5_H
#define SNN_LIB_IMPORT_NIR_HDF5_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace snn::nir {

struct Hdf5Dataset {
  std::vector<int64_t> shape;       // empty: a scalar
  std::vector<double> numbers;      // of a dataset of integers or floats
  std::vector<std::string> strings; // of one of strings
  bool isText = false;

  int64_t size() const { return isText ? strings.size() : numbers.size(); }
};

struct Hdf5Group {
  std::map<std::string, Hdf5Group> groups;
  std::map<std::string, Hdf5Dataset> datasets;
};

/// Reads a whole file, but for groups named `metadata` outside of `nodes`.
/// Refuses soft and external links, data in other files, filters but gzip's,
/// an object that is linked twice, groups nested deeper than 40, more than 4
/// million objects, and datasets that are larger than what the file stores of
/// them. The error says what is wrong, without the path.
llvm::Expected<Hdf5Group> readHdf5(llvm::StringRef path);

} // namespace snn::nir

#endif // SNN_LIB_IMPORT_NIR_HDF5_H
