//===- Verify.h - Whether an image means what it says -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reading an image checks that its indices may be followed. This checks that
// its fields agree: whatever follows from other fields is computed again and
// compared, cells and thresholds are read one by one. What passes is executed
// without undefined behaviour, and is wrong only where it may be chosen freely:
// in the numbers of weights, thresholds and constants.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMAGE_VERIFY_H
#define SNN_IMAGE_VERIFY_H

#include "snn/image/Image.h"

namespace snn::image {

/// What was checked.
struct Verified {
  uint64_t tiles = 0; ///< once per layer, whatever their replicas
  uint64_t cells = 0; ///< used cells or pairs of them
};

/// Checks everything that an image says of itself. Throws `rt::Error` that
/// names the file, the section and the first fault.
Verified verify(const Image &image);

/// The drive of an input of this coding, `bits` of a digit a pass. A digit is
/// the level that a spike carries relative to the mask, of resident levels to
/// the zero point. With `countSlots` counts drive a pass for each spike.
pb::Drive makeDrive(const pb::Coding &coding, uint32_t bits,
                    bool countSlots = false);

/// One route for every operand of every instruction that crosses units, and for
/// every output: what the program, the layers and the chip say.
pb::RoutingSection makeRouting(const Contents &contents);

/// What the layers and their tiles add up to.
pb::StatisticsSection makeStatistics(const Contents &contents);

} // namespace snn::image

#endif // SNN_IMAGE_VERIFY_H
