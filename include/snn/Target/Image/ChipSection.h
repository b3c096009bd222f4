//===- ChipSection.h - The chip of an image ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TARGET_IMAGE_CHIPSECTION_H
#define SNN_TARGET_IMAGE_CHIPSECTION_H

#include "snn/Chip/Chip.h"
#include "snn/image/Image.h"
#include "llvm/Support/Error.h"

namespace snn {

/// The section `chip` of images that are made for a chip.
image::pb::ChipSection makeChipSection(const chip::Chip &chip);

/// Whether the section `chip` is the one of the description that it holds, the
/// fingerprint computed again.
llvm::Error verifyChipSection(const image::Image &image);

} // namespace snn

#endif // SNN_TARGET_IMAGE_CHIPSECTION_H
