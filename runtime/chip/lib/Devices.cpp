//===- Devices.cpp - Conductances of cells --------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/Devices.h"

#include "Normal.h"
#include "Purpose.h"

#include "snn/runtime/Philox.h"

#include <algorithm>
#include <cstring>

using namespace snn::vchip;
using namespace snn::rt;

/// The model's time constants, seconds.
constexpr double driftStart = 20.0, readTime = 250e-9;

float snn::vchip::normalOf(uint32_t word) {
  return detail::normalFromWord(word);
}

float snn::vchip::pcmProgrammingDeviation(float r) {
  return (0.26348f + 1.9650f * r - 1.1731f * (r * r)) / 25.0f;
}

DriftMoments snn::vchip::pcmDrift(float r) {
  // The logarithm of 0 is -infinity, which the limits cut off.
  float logarithm = math::log(std::max(r, 1e-12f));
  return {std::clamp(-0.0155f * logarithm + 0.0244f, 0.049f, 0.1f),
          std::clamp(-0.0125f * logarithm - 0.0059f, 0.008f, 0.045f)};
}

PhiloxKey snn::vchip::keyOfTime(uint64_t seed, uint32_t purpose,
                                double seconds) {
  PhiloxKey key = PhiloxKey::make(seed, purpose);
  uint64_t bits;
  std::memcpy(&bits, &seconds, sizeof bits);
  PhiloxWords words = philox(
      {{static_cast<uint32_t>(bits), static_cast<uint32_t>(bits >> 32), 0, 0}},
      key);
  return {words.word[0], words.word[1]};
}

Cells::Cells(const CellDevice &cellDevice, const NoiseModel &noiseModel)
    : device(cellDevice), noise(noiseModel),
      programming(noise.has(Effect::ProgrammingNoise)),
      relativeProgramming(noise[Effect::ProgrammingNoise].model == "gaussian"),
      variation(noise.has(Effect::Variation)),
      stuck(noise.has(Effect::StuckOn) || noise.has(Effect::StuckOff)),
      drift(noise.has(Effect::Drift)), flicker(noise.has(Effect::FlickerNoise)),
      timeFactor(math::log(
          static_cast<float>((noise.seconds + driftStart) / driftStart))),
      flickerFresh(noise, 0), flickerNow(noise, noise.seconds) {}

Cells::Flicker::Flicker(const NoiseModel &noise, double seconds)
    : factor(__builtin_sqrtf(math::log(static_cast<float>(
          (seconds + driftStart + readTime) / (2 * readTime))))),
      key(keyOfTime(noise.seed, FlickerPurpose, seconds)) {}

float Cells::flickered(float value, float g, CellAddress address,
                       const Flicker &when) const {
  PhiloxWords draw =
      philox({{address.column, address.row, address.crossbar, 0}}, when.key);
  float ratio = std::max(g / static_cast<float>(device.gOnUs), 1e-12f);
  float power = math::exp(0.65f * math::log(ratio));
  float q = std::min(0.0088f / std::max(power, 1e-3f), 0.2f) *
            static_cast<float>(noise[Effect::FlickerNoise].magnitude);
  return std::max(0.0f,
                  value * (1.0f + q * when.factor * normalOf(draw.word[0])));
}

CellState Cells::state(float target, CellAddress address) const {
  PhiloxWords counter = {{address.column, address.row, address.crossbar, 0}};
  PhiloxWords draw = philox(counter, PhiloxKey::make(noise.seed, CellPurpose));
  auto gOn = static_cast<float>(device.gOnUs);
  if (stuck) {
    // One uniform number decides, so that both fractions are exact.
    double u = (draw.word[2] + 0.5) * 0x1p-32;
    double on =
        noise.has(Effect::StuckOn) ? noise[Effect::StuckOn].magnitude : 0.0;
    double off =
        noise.has(Effect::StuckOff) ? noise[Effect::StuckOff].magnitude : 0.0;
    if (u < on)
      return {gOn, gOn, gOn};
    if (u < on + off) {
      auto gOff = static_cast<float>(device.gOffUs);
      return {gOff, gOff, gOff};
    }
  }
  float r = target / gOn, g = target;
  if (programming) {
    auto magnitude =
        static_cast<float>(noise[Effect::ProgrammingNoise].magnitude);
    float deviation =
        magnitude * (relativeProgramming ? 1.0f : pcmProgrammingDeviation(r));
    g = std::max(0.0f, g + deviation * gOn * normalOf(draw.word[0]));
  }
  if (variation)
    g *= math::exp(static_cast<float>(noise[Effect::Variation].magnitude) *
                   normalOf(draw.word[3]));
  float now = g;
  if (drift) {
    DriftMoments moments = pcmDrift(r);
    float nu = moments.mean + moments.deviation * normalOf(draw.word[1]);
    nu = (nu < 0 ? -nu : nu) *
         static_cast<float>(noise[Effect::Drift].magnitude);
    now = g * math::exp(-nu * timeFactor);
  }
  if (!flicker)
    return {g, g, now};
  // Only compensation asks for the first read-out.
  float fresh = noise.compensate ? flickered(g, g, address, flickerFresh) : g;
  return {g, fresh, flickered(now, g, address, flickerNow)};
}
