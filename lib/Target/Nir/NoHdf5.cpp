//===- NoHdf5.cpp - A build without the HDF5 library ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NirFile.h"

llvm::Error snn::nir::writeFile(const FileGraph &, llvm::StringRef) {
  return llvm::createStringError(
      "this build writes no .nir files: it was configured with "
      "SNN_ENABLE_NIR=OFF");
}
