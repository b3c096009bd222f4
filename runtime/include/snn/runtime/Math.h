//===- Math.h - The runtime's own elementary functions ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// exp, log, erf, tanh and pow as fixed sequences of rounded additions,
// multiplications and divisions, so that every machine and every instruction
// set gives the same bits. Branch-free, so that a loop over them vectorises.
// The polynomials interpolate at Chebyshev nodes. No step may be contracted to
// a fused multiply-add: compile with -ffp-contract=off.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_MATH_H
#define SNN_RUNTIME_MATH_H

#include <cstdint>

// Internal linkage and forced inlining: one program holds these functions
// compiled for several instruction sets, and the linker must not mix them.
#define SNN_MATH_INLINE static inline __attribute__((always_inline))

namespace snn::rt::math {

SNN_MATH_INLINE float fromBits(int32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}
SNN_MATH_INLINE int32_t toBits(float x) {
  int32_t bits;
  __builtin_memcpy(&bits, &x, sizeof x);
  return bits;
}

/// e^v = 2^n times the result, for -104 <= v <= 89.
SNN_MATH_INLINE float expMantissa(float v, float &n) {
  // n = round(v / ln 2), by adding and subtracting 1.5 * 2^23.
  n = (v * 1.44269504f + 12582912.0f) - 12582912.0f;
  float r = (v - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.392625083e-3f;
  p = p * r + 8.363232884e-3f;
  p = p * r + 4.166655421e-2f;
  p = p * r + 1.666657667e-1f;
  p = p * r + 5.000000000e-1f;
  return (p * (r * r) + r) + 1.0f;
}

/// The bits of `exp` for -87 <= x <= 87, whose results are normal numbers.
SNN_MATH_INLINE float expNormal(float x) {
  float n;
  float e = expMantissa(x, n);
  return e * fromBits((static_cast<int32_t>(n) + 127) << 23);
}

/// e^x, within 1.5 ulp (also for subnormal results). Overflow gives infinity.
SNN_MATH_INLINE float exp(float x) {
  float v = x < -104.0f ? -104.0f : x;
  v = v > 89.0f ? 89.0f : v;
  v = v == v ? v : 0.0f;
  float n;
  float e = expMantissa(v, n);
  // Two factors, because 2^n alone may leave the range of normal numbers.
  int32_t whole = static_cast<int32_t>(n);
  int32_t half = whole >> 1;
  e = e * fromBits((half + 127) << 23) * fromBits((whole - half + 127) << 23);
  return x == x ? e : x;
}

/// Natural logarithm, within 1.5 ulp. Zero gives -infinity, a negative number
/// NaN.
SNN_MATH_INLINE float log(float x) {
  float tiny = x < 1.17549435e-38f ? 8388608.0f : 1.0f;
  float shift = x < 1.17549435e-38f ? -23.0f : 0.0f;
  int32_t bits = toBits(x * tiny);
  // Mantissa in [sqrt(1/2), sqrt(2)).
  int32_t exponent = (bits - 0x3f3504f3) >> 23;
  float m = fromBits(
      bits - static_cast<int32_t>(static_cast<uint32_t>(exponent) << 23));
  float e = static_cast<float>(exponent) + shift;
  float f = m - 1.0f;
  float p = 6.971611443e-2f;
  p = p * f + -1.147973381e-1f;
  p = p * f + 1.168541992e-1f;
  p = p * f + -1.242568734e-1f;
  p = p * f + 1.424905765e-1f;
  p = p * f + -1.666780232e-1f;
  p = p * f + 2.000071575e-1f;
  p = p * f + -2.499999696e-1f;
  p = p * f + 3.333333118e-1f;
  float square = f * f;
  float y = p * f * square + e * -2.12194440e-4f;
  y = (y - 0.5f * square) + f + e * 0.693359375f;
  float infinity = fromBits(0x7f800000);
  y = x == infinity ? infinity : y;
  y = x == 0.0f ? -infinity : y;
  return x >= 0.0f ? y : fromBits(0x7fc00000);
}

/// Error function, within 2e-7 absolute.
SNN_MATH_INLINE float erf(float x) {
  float a = x < 0.0f ? -x : x;
  // |x| < 1: x + x * P(x^2).
  float u = a < 1.0f ? a * a : 1.0f;
  float p = -9.667044413e-6f;
  p = p * u + 1.126595894e-4f;
  p = p * u + -8.484080391e-4f;
  p = p * u + 5.221031807e-3f;
  p = p * u + -2.686543073e-2f;
  p = p * u + 1.128378250e-1f;
  p = p * u + -3.761263847e-1f;
  p = p * u + 1.283791671e-1f;
  float small = x + x * p;
  // Else 1 - exp(-Q(|x|)), Q = -log(erfc); erf is 1 in float from 4 on.
  float v = (a < 4.0f ? a : 4.0f) - 2.5f;
  float q = -1.637151417e-6f;
  q = q * v + 1.331501440e-5f;
  q = q * v + -7.729137615e-5f;
  q = q * v + 4.201225235e-4f;
  q = q * v + -2.165303549e-3f;
  q = q * v + 1.085854164e-2f;
  q = q * v + 9.438937036e-1f;
  q = q * v + 5.352680674e+0f;
  q = q * v + 7.806815273e+0f;
  // q lies between 0 and 16.
  float large = 1.0f - expNormal(-q);
  large = x < 0.0f ? -large : large;
  return a < 1.0f ? small : (x == x ? large : x);
}

/// Hyperbolic tangent, within 2 ulp.
SNN_MATH_INLINE float tanh(float x) {
  float a = x < 0.0f ? -x : x;
  float u = a < 0.625f ? x * x : 0.0f;
  float p = 2.269501660e-3f;
  p = p * u + -8.323187027e-3f;
  p = p * u + 2.176250289e-2f;
  p = p * u + -5.395846162e-2f;
  p = p * u + 1.333330015e-1f;
  p = p * u + -3.333333315e-1f;
  float small = x + x * (p * u);
  float large = 1.0f - 2.0f / (exp(a + a) + 1.0f);
  large = x < 0.0f ? -large : large;
  return a < 0.625f ? small : (x == x ? large : x);
}

/// 1 / (1 + e^-x).
SNN_MATH_INLINE float sigmoid(float x) { return 1.0f / (1.0f + exp(-x)); }

/// ln of a positive, normal F64: e ln 2 + 2 atanh((m - 1) / (m + 1)).
inline double logarithm(double value) {
  int64_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  int64_t e = (bits - 0x3fe6a09e667f3bcdLL) >> 52;
  bits -= e * (1LL << 52);
  double m;
  __builtin_memcpy(&m, &bits, sizeof m);
  double s = (m - 1.0) / (m + 1.0), s2 = s * s, sum = 0.0;
  for (int k = 23; k >= 1; k -= 2)
    sum = sum * s2 + 1.0 / k;
  return 2.0 * s * sum + static_cast<double>(e) * 0.69314718055994530942;
}

/// x^y through double-precision series, so that the rounded float is nearly
/// always the nearest one. Special values as C's pow.
inline float pow(float x, float y) {
  const float infinity = fromBits(0x7f800000);
  const float nan = fromBits(0x7fc00000);
  if (y == 0.0f || x == 1.0f)
    return 1.0f;
  if (x != x || y != y)
    return nan;
  float magnitude = y < 0 ? -y : y;
  bool whole = magnitude >= 8388608.0f ||
               magnitude == static_cast<float>(static_cast<int32_t>(magnitude));
  bool odd =
      whole && magnitude < 16777216.0f && (static_cast<int32_t>(magnitude) & 1);
  float a = x < 0 ? -x : x;
  bool negative = toBits(x) < 0 && odd;
  if (a == 0.0f || a == infinity || magnitude == infinity) {
    float result;
    if (a == 1.0f)
      result = 1.0f;
    else if (magnitude == infinity)
      result = ((a > 1.0f) == (y > 0)) ? infinity : 0.0f;
    else
      result = ((a == infinity) == (y > 0)) ? infinity : 0.0f;
    return negative ? -result : result;
  }
  if (x < 0 && !whole)
    return nan;
  double t = y * logarithm(static_cast<double>(a));
  if (t > 200.0)
    t = 200.0;
  if (t < -200.0)
    t = -200.0;
  double n = t * 1.44269504088896340736;
  int64_t k = static_cast<int64_t>(n < 0 ? n - 0.5 : n + 0.5);
  double r = t - static_cast<double>(k) * 0.69314718055994530942;
  double term = 1.0;
  for (int i = 14; i >= 1; --i)
    term = 1.0 + term * r / i;
  int64_t scaleBits = (k + 1023) * (1LL << 52);
  double scale;
  __builtin_memcpy(&scale, &scaleBits, sizeof scale);
  float result = static_cast<float>(term * scale);
  return negative ? -result : result;
}

} // namespace snn::rt::math

#endif // SNN_RUNTIME_MATH_H
