//===- PhaseSupport.h - Plain references of phase coding --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// SpikedAttention written out from its definition: a linear search for the
// phase, and loops over decoded values.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_UNITTESTS_PHASESUPPORT_H
#define SNN_UNITTESTS_PHASESUPPORT_H

#include "TestSupport.h"

#include "snn/runtime/Phase.h"

#include <cmath>

namespace snn::rt::test {

constexpr Mode allModes[] = {Mode::Fast, Mode::Event, Mode::Stepped};

/// Swin-T's, MA-BERT's and the binary coding.
inline const PhaseCoding phaseCodings[] = {
    {1.15, 40, 1.0f, false, PhaseRelease::None},
    {1.4, 16, 2.5f, false, PhaseRelease::None},
    {2.0, 8, 0.75f, true, PhaseRelease::None},
    {1.15, 40, 3.0f, false, PhaseRelease::Swin}};

inline PhaseCoding unitCoding(double base, int32_t phases) {
  return {base, phases, 1.0f, false, PhaseRelease::None};
}

inline double levelOf(const PhaseCoding &c, int t) {
  return std::pow(c.base, -(t + (c.release == PhaseRelease::Swin ? 1 : 0)));
}
inline int8_t referenceCode(float x, float scale, const PhaseCoding &c) {
  float u = x / scale;
  if (u < 0 && c.unipolar)
    return 0;
  for (int t = 0; t < c.phases; ++t) {
    float threshold = static_cast<float>(levelOf(c, t) * (1 + 1 / c.base) / 2);
    if (std::fabs(u) >= threshold)
      return static_cast<int8_t>(u < 0 ? -(t + 1) : t + 1);
  }
  return 0;
}
/// sign * B^-t.
inline double referenceUnit(int8_t code, const PhaseCoding &c) {
  if (code == 0)
    return 0;
  double level = levelOf(c, std::abs(code) - 1);
  return code > 0 ? level : -level;
}

/// Codes with all phases and signs, a fifth of them silent.
inline Tensor randomCodes(Random &random, const PhaseCoding &c, Shape shape) {
  Tensor t(DType::I8, std::move(shape));
  for (int64_t i = 0; i < t.size(); ++i) {
    int64_t code = random.integer(1, c.phases);
    if (random.integer(0, 4) == 0)
      code = 0;
    else if (!c.unipolar && random.integer(0, 1))
      code = -code;
    t.data<int8_t>()[i] = static_cast<int8_t>(code);
  }
  return t;
}

inline Tensor gaussian(std::mt19937 &engine, Shape shape, double deviation) {
  std::normal_distribution<double> normal(0, deviation);
  Tensor t(DType::F32, std::move(shape));
  for (int64_t i = 0; i < t.size(); ++i)
    t.data<float>()[i] = static_cast<float>(normal(engine));
  return t;
}

inline float largest(const Tensor &t) {
  float most = 0;
  for (int64_t i = 0; i < t.size(); ++i)
    most = std::max(most, std::fabs(t.data<float>()[i]));
  return most;
}

inline Context contextOf(Mode mode, Statistics *statistics = nullptr) {
  Context context;
  context.mode = mode;
  context.statistics = statistics;
  return context;
}

/// Floats equal but for a unit in the last place in one of 10^4, which is how
/// rarely two orders of an F64 sum round to different F32 values.
inline ::testing::AssertionResult sameButForRounding(const Tensor &a,
                                                     const Tensor &b) {
  if (a.shape() != b.shape())
    return ::testing::AssertionFailure() << "shapes differ";
  int64_t differ = 0;
  for (int64_t i = 0; i < a.size(); ++i) {
    float x = a.data<float>()[i], y = b.data<float>()[i];
    // Terms that cancel leave the rounding of the F64 sum.
    if (x == y || std::fabs(x - y) < 1e-12)
      continue;
    ++differ;
    if (!(std::fabs(x - y) <= 2e-7 * std::fabs(y)))
      return ::testing::AssertionFailure()
             << "element " << i << ": " << x << " against " << y;
  }
  if (differ > 1 + a.size() / 10000)
    return ::testing::AssertionFailure() << differ << " elements differ";
  return ::testing::AssertionSuccess();
}

} // namespace snn::rt::test

#endif // SNN_UNITTESTS_PHASESUPPORT_H
