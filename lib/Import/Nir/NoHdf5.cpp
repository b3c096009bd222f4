//===- NoHdf5.cpp - A build without the HDF5 library ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Hdf5.h"

using namespace snn;

llvm::Expected<nir::Hdf5Group> nir::readHdf5(llvm::StringRef) {
  return llvm::createStringError(
      "this build reads no .nir files: it was configured with "
      "SNN_ENABLE_NIR=OFF");
}
