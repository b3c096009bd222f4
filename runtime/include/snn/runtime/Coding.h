//===- Coding.h - Levels, masks and dead zones ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// M-TTFS coding (Matterhorn, arXiv 2601.22876): a level q in 0..T, T = 2^b - 1,
// stands for the value scale * (q - zero). A level within `radius` of `mask`
// is silent; any other level q fires once, in slot T - q.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_CODING_H
#define SNN_RUNTIME_CODING_H

#include <cstdint>

namespace snn::rt {

/// The coding of one encode site.
struct Coding {
  int32_t bits;   ///< b; levels 0..2^b - 1
  int32_t zero;   ///< zero point z: the level of the value 0
  int32_t mask;   ///< m: the level that is silent
  int32_t radius; ///< k: levels within k of m are silent and read as m
  float scale;    ///< alpha: value of one level step

  int32_t maxLevel() const { return (1 << bits) - 1; }
  /// D(q): the dead-zone map.
  int32_t deadZone(int32_t q) const {
    int32_t d = q - mask;
    return (d <= radius && d >= -radius) ? mask : q;
  }
};

/// ONNX QuantizeLinear with a `bits` wide unsigned range: x / scale rounded
/// half to even, plus zero, clipped to 0..2^bits - 1. NaN gives the zero point.
/// The one rounding routine of every level.
inline int32_t quantizeLevel(float x, float scale, int32_t zero,
                             int32_t maxLevel) {
  // As std::nearbyint; <cmath> would take a tenth of an emitted file's
  // compilation.
  float r = __builtin_nearbyintf(x / scale);
  if (!(r == r))
    return zero;
  if (maxLevel == 1) // one bit holds the sign: +scale or -scale
    return x >= 0 ? 1 : 0;
  float lo = static_cast<float>(-zero);
  float hi = static_cast<float>(maxLevel - zero);
  r = r < lo ? lo : (r > hi ? hi : r);
  return static_cast<int32_t>(r) + zero;
}

/// The float that an accumulator stands for: acc * scale + bias, two rounded
/// float operations in this order (never fused).
inline float rescaleAccumulator(int32_t acc, float scale, float bias) {
  float product = static_cast<float>(acc) * scale;
  return product + bias;
}

/// B of mttfs.md section 2: the least number of bits that holds every digit
/// q - m of a level that can spike; unsigned when no digit is negative, else
/// two's complement. A crossbar drives its rows in that many passes. 0 when
/// every level is silent.
int bitSerialPasses(const Coding &coding);

} // namespace snn::rt

#endif // SNN_RUNTIME_CODING_H
