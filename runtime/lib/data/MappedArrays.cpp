//===- MappedArrays.cpp - Arrays that are read where they lie -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/MappedArrays.h"

#include "data/Files.h"

#include "snn/runtime/Weights.h"

#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

MappedArrays snn::rt::mapArrays(const std::vector<std::string> &paths) {
  MappedArrays mapped;
  for (const std::string &path : paths) {
    bool isArchive = endsWith(path, ".npz");
    if (!isArchive && !endsWith(path, ".npy")) {
      for (auto &array : readArrays(path))
        mapped.arrays.push_back(std::move(array));
      continue;
    }
    requireRegularFile(path);
    auto file = std::make_shared<const MappedFile>(path);
    std::string_view bytes(file->data(), file->size());
    try {
      if (isArchive) {
        size_t before = mapped.unchecked.size();
        for (auto &array : parseNpz(bytes, &mapped.unchecked))
          mapped.arrays.push_back(std::move(array));
        for (size_t i = before; i < mapped.unchecked.size(); ++i)
          mapped.unchecked[i].what =
              path + ": array '" + mapped.unchecked[i].what + "'";
      } else if (std::optional<Tensor> tensor = borrowNpy(bytes)) {
        mapped.arrays.emplace_back("", std::move(*tensor));
      } else {
        mapped.arrays.emplace_back("", parseNpy(bytes));
      }
    } catch (const Error &e) {
      throw Error(path + ": " + e.what());
    }
    mapped.files.push_back(std::move(file));
  }
  return mapped;
}

Tensor snn::rt::aligned(const Tensor &tensor) {
  if (reinterpret_cast<uintptr_t>(tensor.raw()) % byteWidth(tensor.dtype()) ==
      0)
    return tensor;
  Tensor copy(tensor.dtype(), tensor.shape());
  if (tensor.bytes())
    std::memcpy(copy.raw(), tensor.raw(), tensor.bytes());
  return copy;
}
