//===- Normal.h - Normal numbers from random words --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One word gives one number, by the inverse of the normal distribution: M.
// Giles, "Approximating the erfinv function", GPU Computing Gems 2, 2011.
// Branch-free and of rounded basic operations, so that every instruction set
// gives the same bits. The sign is the word's top bit; the other 31 bits place
// the number in its tail, which reaches 6.3 standard deviations.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_NORMAL_H
#define SNN_VCHIP_LIB_NORMAL_H

#include "snn/runtime/Math.h"

namespace snn::vchip::detail {

SNN_MATH_INLINE float normalFromWord(uint32_t word) {
  int32_t magnitude = static_cast<int32_t>(word & 0x7fffffffu);
  // The probability of the tail, in (0, 1/2].
  float p = (static_cast<float>(magnitude) + 0.5f) * 2.3283064365386963e-10f;
  float x = 1.0f - 2.0f * p;
  float w = -snn::rt::math::log(4.0f * p * (1.0f - p));
  float a = w - 2.5f;
  float central = 2.81022636e-08f;
  central = central * a + 3.43273939e-07f;
  central = central * a + -3.5233877e-06f;
  central = central * a + -4.39150654e-06f;
  central = central * a + 0.00021858087f;
  central = central * a + -0.00125372503f;
  central = central * a + -0.00417768164f;
  central = central * a + 0.246640727f;
  central = central * a + 1.50140941f;
  float b = __builtin_sqrtf(w < 0.0f ? 0.0f : w) - 3.0f;
  float tail = -0.000200214257f;
  tail = tail * b + 0.000100950558f;
  tail = tail * b + 0.00134934322f;
  tail = tail * b + -0.00367342844f;
  tail = tail * b + 0.00573950773f;
  tail = tail * b + -0.0076224613f;
  tail = tail * b + 0.00943887047f;
  tail = tail * b + 1.00167406f;
  tail = tail * b + 2.83297682f;
  float z = (w < 5.0f ? central : tail) * x * 1.41421356f;
  return word >> 31 ? -z : z;
}

} // namespace snn::vchip::detail

#endif // SNN_VCHIP_LIB_NORMAL_H
