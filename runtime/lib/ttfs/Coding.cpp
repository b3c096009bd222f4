//===- Coding.cpp - Levels, masks and dead zones ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Coding.h"

snn::rt::Coding snn::rt::uniformCoding(const Coding &coding) {
  Coding uniform = {coding.bits, coding.value(coding.zero),
                    coding.value(coding.mask), /*radius=*/0, coding.scale};
  while (uniform.maxLevel() < coding.value(coding.maxLevel()))
    ++uniform.bits;
  return uniform;
}

int snn::rt::bitSerialPasses(const Coding &coding) {
  // The used digits are those of the levels outside the window: the extremes
  // are the ends of the range, where they are used.
  int32_t top = coding.maxLevel();
  int32_t low = 0, high = 0;
  if (coding.mask > coding.radius)
    low = coding.digit(0);
  if (top - coding.mask > coding.radius)
    high = coding.digit(top);
  int bits = 0;
  if (low >= 0) {
    while ((1 << bits) - 1 < high)
      ++bits;
    return bits;
  }
  // Two's complement: -2^(bits - 1) .. 2^(bits - 1) - 1.
  bits = 1;
  while (-(1 << (bits - 1)) > low || (1 << (bits - 1)) - 1 < high)
    ++bits;
  return bits;
}
