//===- Trigonometry.h - Circular and hyperbolic functions -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fixed sequences of rounded double additions, multiplications, divisions and
// square roots, as those of Math.h, so that the rounded float is nearly always
// the nearest one and every machine gives the same bits. They serve shape and
// position arithmetic, not inner loops: no vector form is needed.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_KERNELS_TRIGONOMETRY_H
#define SNN_LIB_KERNELS_TRIGONOMETRY_H

#include "snn/runtime/Math.h"

#include <cmath>
#include <cstdint>
#include <limits>

namespace snn::rt::detail {

constexpr double halfPi = 1.57079632679489661923;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// Circular functions
//===----------------------------------------------------------------------===//

/// x = quadrant * pi / 2 + rest, the rest in [-pi / 4, pi / 4]; the quadrant is
/// taken modulo 4.
struct Reduced {
  int quadrant;
  double rest;
};

/// 32 bits of 2 / pi behind the binary point, from bit `position` on; bits in
/// front of the point are 0.
inline uint64_t inversePiBits(int position) {
  static constexpr uint32_t words[] = {0xa2f9836e, 0x4e441529, 0xfc2757d1,
                                       0xf534ddc0, 0xdb629599, 0x3c439041,
                                       0xfe5163ab, 0xdebbc561};
  auto word = [](int i) -> uint64_t { return i < 0 || i >= 8 ? 0 : words[i]; };
  int index = position >= 0 ? position / 32 : -((31 - position) / 32);
  int shift = position - 32 * index;
  return ((word(index) << 32 | word(index + 1)) << shift) >> 32;
}

/// Exact for every float: the product of its 24 bits with those bits of 2 / pi
/// that count modulo 4 (Payne and Hanek).
inline Reduced reduceAngle(float x) {
  double a = x < 0 ? -static_cast<double>(x) : static_cast<double>(x);
  if (a <= 0.5 * halfPi)
    return {0, static_cast<double>(x)};
  int32_t bits = math::toBits(x) & 0x7fffffff;
  int exponent = (bits >> 23) - 150;
  uint64_t mantissa = (bits & 0x7fffff) | 0x800000;
  // The product modulo 4, in units of 2^-62: two bits in front of the point.
  uint64_t product = 0;
  int first = exponent - 2;
  uint64_t high = inversePiBits(first), middle = inversePiBits(first + 32),
           low = inversePiBits(first + 64);
  product = (mantissa * high) << 32;
  product += mantissa * middle;
  product += (mantissa * low) >> 32;
  uint64_t quadrant = (product + (uint64_t(1) << 61)) >> 62;
  int64_t fraction = static_cast<int64_t>(product - (quadrant << 62));
  double rest = static_cast<double>(fraction) * 2.168404344971008868e-19 *
                halfPi; // 2^-62
  if (x < 0)
    return {static_cast<int>((4 - quadrant) & 3), -rest};
  return {static_cast<int>(quadrant & 3), rest};
}

/// The Taylor series of sin and cos in [-pi / 4, pi / 4].
inline double sinSeries(double r) {
  double square = r * r, sum = 1.0;
  for (int k = 16; k >= 2; k -= 2)
    sum = 1.0 - sum * square / (k * (k + 1));
  return r * sum;
}
inline double cosSeries(double r) {
  double square = r * r, sum = 1.0;
  for (int k = 17; k >= 1; k -= 2)
    sum = 1.0 - sum * square / (k * (k + 1));
  return sum;
}

inline bool isFinite(float x) { return x - x == 0.0f; }

inline double sine(float x) {
  if (!isFinite(x))
    return nan;
  if (x == 0.0f)
    return x; // keeps the sign
  Reduced r = reduceAngle(x);
  double value = r.quadrant & 1 ? cosSeries(r.rest) : sinSeries(r.rest);
  return r.quadrant & 2 ? -value : value;
}
inline double cosine(float x) {
  if (!isFinite(x))
    return nan;
  Reduced r = reduceAngle(x);
  double value = r.quadrant & 1 ? sinSeries(r.rest) : cosSeries(r.rest);
  return r.quadrant == 1 || r.quadrant == 2 ? -value : value;
}
inline double tangent(float x) {
  if (!isFinite(x))
    return nan;
  if (x == 0.0f)
    return x;
  Reduced r = reduceAngle(x);
  double s = sinSeries(r.rest), c = cosSeries(r.rest);
  return r.quadrant & 1 ? -c / s : s / c;
}

//===----------------------------------------------------------------------===//
// Their inverses
//===----------------------------------------------------------------------===//

/// Halving the angle twice leaves less than 0.2, where the series is short.
inline double arcTangent(double x) {
  double a = x < 0 ? -x : x;
  if (!(a == a))
    return x;
  bool inverts = a > 1.0;
  double t = inverts ? 1.0 / a : a;
  for (int i = 0; i < 2; ++i)
    t = t / (1.0 + std::sqrt(1.0 + t * t));
  double square = t * t, sum = 0.0;
  for (int k = 25; k >= 1; k -= 2)
    sum = 1.0 / k - square * sum;
  double angle = 4.0 * t * sum;
  if (inverts)
    angle = halfPi - angle;
  return x < 0 ? -angle : angle;
}
inline double arcSine(double x) {
  if (!(x >= -1.0 && x <= 1.0))
    return nan;
  return x == 0.0 ? x : arcTangent(x / std::sqrt((1.0 - x) * (1.0 + x)));
}
inline double arcCosine(double x) {
  if (!(x >= -1.0 && x <= 1.0))
    return nan;
  return 2.0 * arcTangent(std::sqrt((1.0 - x) / (1.0 + x)));
}

//===----------------------------------------------------------------------===//
// Hyperbolic functions
//===----------------------------------------------------------------------===//

/// e^x of a double with |x| <= 200, as in Math.h's pow.
inline double exponential(double x) {
  double n = x * 1.44269504088896340736;
  int64_t k = static_cast<int64_t>(n < 0 ? n - 0.5 : n + 0.5);
  double r = x - static_cast<double>(k) * 0.69314718055994530942;
  double sum = 1.0;
  for (int i = 14; i >= 1; --i)
    sum = 1.0 + sum * r / i;
  int64_t bits = (k + 1023) * (int64_t(1) << 52);
  double scale;
  __builtin_memcpy(&scale, &bits, sizeof scale);
  return sum * scale;
}

/// Beyond 200 every result is infinite as a float.
inline double limitExponent(double x) {
  return x > 200.0 ? 200.0 : x < -200.0 ? -200.0 : x;
}

inline double hyperbolicSine(double x) {
  if (!(x == x))
    return x;
  if (x > -1.0 && x < 1.0) {
    double square = x * x, sum = 1.0;
    for (int k = 16; k >= 2; k -= 2)
      sum = 1.0 + sum * square / (k * (k + 1));
    return x * sum;
  }
  double e = exponential(limitExponent(x));
  return 0.5 * (e - 1.0 / e);
}
inline double hyperbolicCosine(double x) {
  if (!(x == x))
    return x;
  double e = exponential(limitExponent(x));
  return 0.5 * (e + 1.0 / e);
}

/// ln(1 + x) for x >= 0, exact enough for a float.
inline double logarithmOfOnePlus(double x) {
  if (x < 1e-3)
    return x * (1.0 - x * (0.5 - x * (1.0 / 3 - x * (0.25 - x * 0.2))));
  return math::logarithm(1.0 + x);
}

inline double areaSine(double x) {
  double a = x < 0 ? -x : x;
  if (!(a == a) || a == infinity || a == 0.0)
    return x;
  double area = logarithmOfOnePlus(a + a * a / (1.0 + std::sqrt(a * a + 1.0)));
  return x < 0 ? -area : area;
}
inline double areaCosine(double x) {
  if (!(x >= 1.0))
    return nan;
  if (x == infinity)
    return x;
  double d = x - 1.0;
  return logarithmOfOnePlus(d + std::sqrt(d * (2.0 + d)));
}
inline double areaTangent(double x) {
  double a = x < 0 ? -x : x;
  if (!(a <= 1.0))
    return nan;
  if (a == 0.0)
    return x;
  double area =
      a == 1.0 ? infinity : 0.5 * logarithmOfOnePlus(2.0 * a / (1.0 - a));
  return x < 0 ? -area : area;
}

} // namespace snn::rt::detail

#endif // SNN_LIB_KERNELS_TRIGONOMETRY_H
