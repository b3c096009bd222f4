//===- Verify.cpp - Checks beyond reading ---------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "snn/Target/Image/ChipSection.h"
#include "snn/image/Verify.h"
#include "snn/vchip/VirtualChip.h"

using namespace snn;
using namespace snn::image;

llvm::Error snn::image::verify(const Image &image, llvm::raw_ostream &os) {
  Verified verified = image::verify(image);
  if (llvm::Error error = verifyChipSection(image))
    return error;
  vchip::VirtualChip::rehearse(image);
  os << image.container().path() << ": ok, "
     << image.container().sections().size() << " sections, "
     << image.layers().layers_size() << " layers, " << verified.tiles
     << " tiles, " << verified.cells << " cells, "
     << image.requantisers().requantisers_size() << " firing sites, "
     << image.program().instructions_size() << " instructions\n";
  return llvm::Error::success();
}
