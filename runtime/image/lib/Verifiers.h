//===- Verifiers.h - The parts of the verification --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMAGE_LIB_VERIFIERS_H
#define SNN_IMAGE_LIB_VERIFIERS_H

#include "snn/image/Verify.h"

namespace snn::image::detail {

/// The sections `chip`, `layers` and `conductances`.
Verified verifyLayers(const Image &image);
/// The sections `requantisers` and `engines`.
void verifyUnits(const Image &image);
/// The sections `interface`, `program`, `routing` and `statistics`.
void verifyProgram(const Image &image);

/// Whether two codings are the same.
bool isEqual(const pb::Coding &a, const pb::Coding &b);

} // namespace snn::image::detail

#endif // SNN_IMAGE_LIB_VERIFIERS_H
