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
// With a table a_0 < a_1 < ... level q stands for scale * (a_q - a_zero).
// Level, mask, radius and slot stay indices: a spike in slot T - q carries a_q.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_CODING_H
#define SNN_RUNTIME_CODING_H

#include <cstdint>

namespace snn::rt {

/// The most levels that a table has.
constexpr int32_t maxTableLevels = 64;

/// The coding of one encode site.
struct Coding {
  int32_t bits;   ///< b; levels 0..2^b - 1
  int32_t zero;   ///< zero point z: the level of the value 0
  int32_t mask;   ///< m: the level that is silent
  int32_t radius; ///< k: levels within k of m are silent and read as m
  float scale;    ///< alpha: value of one level step
  /// The integers a_0 < a_1 < ... of T + 1 levels; all 0: level q is q.
  uint8_t table[maxTableLevels] = {};

  int32_t maxLevel() const { return (1 << bits) - 1; }
  bool hasTable() const { return table[1] != 0; }
  /// The integer that level `q` is.
  int32_t value(int32_t q) const {
    return hasTable() ? table[q & (maxTableLevels - 1)] : q;
  }
  /// What a spike of level `q` carries: its integer relative to the mask's.
  int32_t digit(int32_t q) const { return value(q) - value(mask); }
  /// What a silent input stands for.
  int32_t silentDigit() const { return value(mask) - value(zero); }
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

/// The level of `x`: `quantizeLevel` or, with a table, the level whose value is
/// the nearest; of two as near the upper one. NaN gives the zero point.
inline int32_t levelOf(float x, const Coding &coding) {
  int32_t top = coding.maxLevel();
  if (!coding.hasTable())
    return quantizeLevel(x, coding.scale, coding.zero, top);
  float steps = x / coding.scale;
  if (!(steps == steps))
    return coding.zero;
  // Twice the steps, as the middle of two integers may be a half.
  steps *= 2;
  int32_t origin = 2 * coding.table[coding.zero & (maxTableLevels - 1)];
  int32_t level = 0;
  for (int32_t q = 1; q <= top; ++q)
    level += steps >=
             static_cast<float>(coding.table[q - 1] + coding.table[q] - origin);
  return level;
}

/// The same levels on a uniform scale: each level is its integer, and so are
/// zero point and mask. The dead zone, which is one of indices, is gone.
Coding uniformCoding(const Coding &coding);

/// The float that an accumulator stands for: acc * scale + bias, two rounded
/// float operations in this order (never fused).
inline float rescaleAccumulator(int32_t acc, float scale, float bias) {
  float product = static_cast<float>(acc) * scale;
  return product + bias;
}

/// B of mttfs.md section 2: the least number of bits that holds every digit
/// of a level that can spike; unsigned when no digit is negative, else
/// two's complement. A crossbar drives its rows in that many passes. 0 when
/// every level is silent.
int bitSerialPasses(const Coding &coding);

} // namespace snn::rt

#endif // SNN_RUNTIME_CODING_H
