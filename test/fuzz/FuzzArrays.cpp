//===- FuzzArrays.cpp - Array files are read ----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"
#include "snn/runtime/DataFile.h"
#include "snn/runtime/Weights.h"

using namespace snn;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // The last byte chooses the kind, so that seeds are files with one byte more.
  static const char *const kinds[] = {".npz", ".npy", ".pb", ".safetensors"};
  if (size == 0)
    return 0;
  const char *kind = kinds[data[size - 1] % std::size(kinds)];
  std::string path = fuzz::writeInput(data, size - 1, kind);
  try {
    if (kind == kinds[3])
      rt::Safetensors file(path);
    else
      rt::readArrays(path);
  } catch (const rt::Error &) {
  }
  return 0;
}
