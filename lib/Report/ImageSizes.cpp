//===- ImageSizes.cpp - What the sections of an image take ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Report/Report.h"
#include "snn/image/Container.h"

using namespace snn;
using namespace snn::chip;

llvm::Expected<ImageSizes> snn::chip::readImageSizes(llvm::StringRef path) {
  // The runtime reports by exceptions.
  try {
    image::Container container(path.str());
    ImageSizes sizes;
    sizes.bytes = container.size();
    for (const image::SectionInfo &section : container.sections())
      sizes.sections.push_back({section.name, section.length});
    return sizes;
  } catch (const std::exception &e) {
    return llvm::createStringError(e.what());
  }
}
